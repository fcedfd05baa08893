namespace Bnn

open System

/// Formulas made shorter to read. What is evaluated, compiled and printed by `Print.text` is the formula as written, so that
/// its numbers are those of the papers' code to the bit.
[<EditorBrowsable(Never)>]
module Simplify =
    let private number test =
        function
        | Const c when test c -> true
        | _ -> false

    let private isZero = number (fun c -> c = 0.0)
    let private isOne = number (fun c -> c = 1.0)
    let private isMinusOne = number (fun c -> c = -1.0)

    /// -e where e has a minus sign to take away.
    let rec private negated e =
        match e with
        | Const c when c < 0.0 -> Some(Const -c)
        | Unary(Neg, x) -> Some x
        | Binary((Mul | Div) as op, a, b) ->
            match negated a, b with
            | Some a, _ -> Some(Binary(op, a, b))
            | None, (Const _ | Unary(Neg, _)) -> negated b |> Option.map (fun b -> Binary(op, a, b))
            | _ -> None
        | _ -> None

    let private (|Negated|_|) e = negated e

    /// A calculation with numbers, where its result is no longer to read: 2 * 3 is 6, but 1 / 3 and 1 - 0.9 stay.
    let private calculated e =
        let isNumber = number (fun _ -> true)

        match e with
        | Unary _
        | Binary _ when List.forall isNumber e.Children ->
            let result = Algebra.evaluateExpr Algebra.float64 (fun _ -> nan) e

            if
                Double.IsFinite result
                && (Print.expr (Const result)).Length <= (Print.expr e).Length
            then
                Const result
            else
                e
        | _ -> e

    let private unary op a =
        match op, a with
        | Neg, Negated x -> x
        | Neg, Binary(Mul, Const c, x) -> Const -c * x
        | Neg, Binary(Div, Const c, x) -> Const -c / x
        | Neg, Binary(Sub, x, y) -> y - x
        | (Abs | Cos), Unary(Neg, x) -> Unary(op, x)
        | Abs, Unary((Abs | Sqrt | Exp), _)
        | (Floor | Round), Unary((Floor | Round | Signum | SignPlus), _)
        | Signum, Unary((Signum | SignPlus), _)
        | SignPlus, Unary(SignPlus, _) -> a
        | _ -> Unary(op, a)

    let private binary op a b =
        match op with
        | Add when isZero a -> b
        | (Add | Sub) when isZero b -> a
        | Sub when isZero a -> -b
        | Sub when a = b -> Const 0.0
        | Mul when isZero a || isZero b -> Const 0.0
        | Div when isZero a -> Const 0.0
        | Mul when isOne a -> b
        | (Mul | Div | Pow) when isOne b -> a
        | Mul when isMinusOne a -> -b
        | (Mul | Div) when isMinusOne b -> -a
        | Div when a = b -> Const 1.0
        | Pow when isZero b || isOne a -> Const 1.0
        | (Max | Min) when a = b -> a
        | _ ->
            match op, a, b with
            | Add, _, Negated b -> a - b
            | Add, Negated a, _ -> b - a
            | Sub, _, Negated b -> a + b
            | (Mul | Div), Negated a, Negated b -> Binary(op, a, b)
            | _ -> Binary(op, a, b)

    let private select test a b x y =
        match test with
        | _ when x = y -> x
        | (LessOrEqual | Equal) when a = b -> x
        | Less when a = b -> y
        | _ -> Select(test, a, b, x, y)

    let private reduce reduction over a =
        match reduction, a with
        | _ when isZero a -> Const 0.0
        | Largest, Unary((Neg | Abs), x) -> Reduce(Largest, over, x)
        | _ -> Reduce(reduction, over, a)

    // Each makes the formula smaller, or takes a minus sign away.
    let private once e =
        match e with
        | Const c when c = 0.0 -> Const 0.0
        | Unary(op, a) -> unary op a
        | Binary(op, a, b) -> binary op a b
        | Select(test, a, b, x, y) -> select test a b x y
        | Reduce(reduction, over, a) -> reduce reduction over a
        | Surrogate(value, surrogate) when value = surrogate -> value
        | other -> other
        |> calculated

    /// The formula without what does not matter: x + 0, 1 x, --x, x^1, tests that are decided, calculations with numbers whose
    /// results are shorter. Wherever every part of e is finite its value is the same number; what e would make of 0 times an
    /// infinite number is lost. It is never longer and reads nothing that e does not read. For reading only.
    let rec forReading (e: Expr) =
        let simpler = e |> Expr.decide |> Expr.rewrite once
        if simpler = e then e else forReading simpler

    /// The rule with every formula made shorter to read; slots stay, also those that nothing reads any more.
    let rule (rule: Rule) =
        let first (slot: Slot) =
            { slot with
                Init = forReading slot.Init
            }

        Rule.map
            forReading
            { rule with
                Slots = List.map first rule.Slots
            }
