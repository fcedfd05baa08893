namespace Bnn.Core

open System.Collections.Generic

/// The symbolic derivative. Where a test decides, the derivative is that of the branch taken; a surrogate has its carrier's.
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

    /// The derivative of e with respect to the input or slot `variable`, everything else held fixed.
    let wrt (variable: Expr) (e: Expr) =
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
                        | Floor
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
                    | Surrogate(_, carrier) -> go carrier

                memo[e] <- derivative
                derivative

        go e
