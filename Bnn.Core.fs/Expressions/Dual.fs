namespace Bnn

/// A number a + b e with e e = 0: a formula over such numbers has its value in `Primal` and its derivative in `Derivative`.
[<Struct>]
[<EditorBrowsable(Never)>]
type Dual = { Primal: float; Derivative: float }

/// Forward derivatives: the algebra of dual numbers.
///
/// Where a formula has a kink or a jump the derivative is that of the side that is taken, as in `Derive`:
/// |x| has 0 at 0; max(a, b) and min(a, b) have a's where a = b; sign, floor and round have 0; a select has its branch's;
/// a mod b counts the quotient's whole part as fixed; a largest magnitude has the first largest number's (`Derive`: the mean of
/// all that are largest). A surrogate has its value's derivative, 0 for sign; `Derive` has its surrogate's. What does not vary
/// contributes 0, also where the factor is infinite: sqrt at a constant 0 has 0.
[<EditorBrowsable(Never)>]
module Dual =
    /// A number that does not vary.
    let constant value = { Primal = value; Derivative = 0.0 }

    /// The number by which the derivative is taken.
    let variable value = { Primal = value; Derivative = 1.0 }

    let private times factor derivative =
        if derivative = 0.0 then 0.0 else factor * derivative

    let private unary op (a: Dual) =
        let value = Algebra.float64.Unary op a.Primal

        let factor =
            match op with
            | Neg -> -1.0
            | Abs -> Algebra.float64.Unary Signum a.Primal
            | Sqrt -> 0.5 / value
            | Exp -> value
            | Log -> 1.0 / a.Primal
            | Tanh -> 1.0 - value * value
            | Cos -> -sin a.Primal
            | Floor
            | Round
            | Signum
            | SignPlus -> 0.0

        {
            Primal = value
            Derivative = times factor a.Derivative
        }

    let private binary op (a: Dual) (b: Dual) =
        let value = Algebra.float64.Binary op a.Primal b.Primal

        let derivative =
            match op with
            | Add -> a.Derivative + b.Derivative
            | Sub -> a.Derivative - b.Derivative
            | Mul -> times b.Primal a.Derivative + times a.Primal b.Derivative
            | Div ->
                let numerator = a.Derivative - times value b.Derivative
                if numerator = 0.0 then 0.0 else numerator / b.Primal
            | Max -> if b.Primal <= a.Primal then a.Derivative else b.Derivative
            | Min -> if a.Primal <= b.Primal then a.Derivative else b.Derivative
            | Pow ->
                times (b.Primal * a.Primal ** (b.Primal - 1.0)) a.Derivative
                + times (value * log a.Primal) b.Derivative
            | Mod -> a.Derivative - times (truncate (a.Primal / b.Primal)) b.Derivative

        {
            Primal = value
            Derivative = derivative
        }

    /// Values are those of `Algebra.float64`, bit for bit.
    let algebra: Algebra<Dual> =
        {
            Const = constant
            Unary = unary
            Binary = binary
            Select =
                fun test a b x y ->
                    let isTaken = Algebra.float64.Select test a.Primal b.Primal 1.0 0.0
                    if isTaken = 1.0 then x else y
            Reduce =
                fun reduction _ x ->
                    match reduction with
                    | Sum -> x
                    | Largest -> unary Abs x
        }
