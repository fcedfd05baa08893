namespace Bnn

open System.Collections.Generic

/// The symbolic derivative. Where a test decides, the derivative is that of the branch taken; a surrogate has its surrogate's;
/// the largest magnitude has that of the number it is (of several, their mean).
[<EditorBrowsable(Never)>]
module Derive =
    let private zero = Const 0.0
    let private one = Const 1.0
    let private isZero e = (e = zero)
    let private isOne e = (e = one)

    // Terms that are 0 wherever the formula is defined are dropped; nothing else is simplified.
    let private add a b =
        if isZero a then b
        elif isZero b then a
        else a + b

    let private sub a b =
        if isZero b then a
        elif isZero a then -b
        else a - b

    let private mul a b =
        if isZero a || isZero b then zero
        elif isOne a then b
        elif isOne b then a
        else a * b

    let private div a b = if isZero a then zero else a / b

    let private choose c a b x y =
        if x = y then x else Select(c, a, b, x, y)

    /// What a number contributes to a reduction's derivative, given the reduction's value and the number's own derivative.
    let private contribution reduction over body value dBody =
        match reduction with
        | Sum -> dBody
        | Largest ->
            let isLargest x = choose Equal (abs body) value x zero
            mul (isLargest (Unary(Signum, body))) dBody / Reduce(Sum, over, isLargest one)

    /// The derivative of e with respect to the input or slot `variable`, everything else held fixed. A variable that is the
    /// same for all weights is followed through reductions; with respect to one weight's own number, reductions over many weights count
    /// as fixed: what a reduction passes back to each weight is in `pullback`.
    let wrt (variable: Expr) (e: Expr) =
        let throughReductions = (Expr.extent variable = Once)
        let memo = Dictionary<Expr, Expr>(HashIdentity.Reference)

        let rec go (e: Expr) =
            match memo.TryGetValue e with
            | true, known -> known
            | _ ->
                let derivative =
                    match e with
                    | Const _ -> zero
                    | Input _
                    | Slot _ -> if e = variable then one else zero
                    | Unary(op, a) ->
                        let da = go a

                        match op with
                        | Neg -> if isZero da then zero else -da
                        | Abs -> mul (Unary(Signum, a)) da
                        | Sqrt -> div da (2.0 * e)
                        | Exp -> mul e da
                        | Log -> div da a
                        | Tanh -> mul (1.0 - e * e) da
                        | Cos -> mul (cos (a + System.Math.PI / 2.0)) da
                        | Floor
                        | Round
                        | Signum
                        | SignPlus -> zero
                    | Binary(op, a, b) ->
                        let da, db = go a, go b

                        match op with
                        | Add -> add da db
                        | Sub -> sub da db
                        | Mul -> add (mul da b) (mul a db)
                        | Div -> sub (div da b) (div (mul e db) b)
                        | Max -> choose LessOrEqual b a da db
                        | Min -> choose LessOrEqual a b da db
                        | Pow ->
                            let byBase = mul (b * Binary(Pow, a, b - 1.0)) da
                            let byExponent = mul (e * Unary(Log, a)) db
                            add byBase byExponent
                        | Mod ->
                            // a mod b = a - b * n, n the quotient cut towards 0
                            let quotient = a / b
                            let n = Unary(Signum, quotient) * Unary(Floor, Unary(Abs, quotient))
                            sub da (mul n db)
                    | Select(c, a, b, x, y) -> choose c a b (go x) (go y)
                    | Reduce(reduction, over, a) ->
                        match throughReductions, go a with
                        | true, da when not (isZero da) -> Reduce(Sum, over, contribution reduction over a e da)
                        | _ -> zero
                    | Surrogate(_, surrogate) -> go surrogate

                memo[e] <- derivative
                derivative

        go e

    /// The reductions inside e, innermost first, each with a stand-in for its value, and e over those stand-ins.
    let private standIns (e: Expr) =
        let reductions = ResizeArray<Expr * Reduction * Over * Expr>()

        let replaced =
            e
            |> Expr.rewrite (function
                | Reduce(reduction, over, body) as node ->
                    match
                        reductions
                        |> Seq.tryFind (fun (_, f, o, b) -> f = reduction && o = over && b = body)
                    with
                    | Some(standIn, _, _, _) -> standIn
                    | None ->
                        let standIn = Input($"reduction %d{reductions.Count}", Expr.extent node)
                        reductions.Add(standIn, reduction, over, body)
                        standIn
                | other -> other)

        List.ofSeq reductions, replaced

    /// What each number contributes to the derivative of a loss with respect to `variable`, where `dy` is the loss's derivative
    /// with respect to e's value: dy de/dvariable, and what comes back through the reductions in which the number takes part. With
    /// respect to a channel's number the contributions of the channel are to be summed.
    let pullback (dy: Expr) (variable: Expr) (e: Expr) =
        let reductions, replaced = standIns e

        // Outermost first: the loss's derivative with respect to each reduction's value, and what its body does with it.
        let weighted =
            (reductions, [ dy, replaced ])
            ||> List.foldBack (fun (standIn, reduction, over, body) above ->
                let adjoint =
                    above
                    |> List.map (fun (weight, formula) -> mul weight (wrt standIn formula))
                    |> List.reduce add

                if isZero adjoint then
                    above
                else
                    above
                    @ [ contribution reduction over body standIn (Reduce(Sum, over, adjoint)), body ])

        let restore =
            let values = Dictionary<Expr, Expr>()

            let restore e =
                Expr.substitute
                    (fun leaf ->
                        match values.TryGetValue leaf with
                        | true, value -> Some value
                        | _ -> None)
                    e

            for standIn, reduction, over, body in reductions do
                values[standIn] <- Reduce(reduction, over, restore body)

            restore

        weighted
        |> List.map (fun (weight, formula) -> mul weight (wrt variable formula))
        |> List.reduce add
        |> restore
