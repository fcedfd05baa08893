/// Numbers a + b e with e * e = 0: evaluating a formula over them gives its value and its derivative. They show that a formula
/// is evaluated over any number type, and check the symbolic derivative without differences.
module Bnn.Tests.Dual

open Bnn.Core

[<Struct>]
type Dual = { Value: float; Slope: float }

let constant x = { Value = x; Slope = 0.0 }

let variable x = { Value = x; Slope = 1.0 }

let private unary op (a: Dual) =
    let value = Algebra.float64.Unary op a.Value

    let factor =
        match op with
        | Neg -> -1.0
        | Abs -> Algebra.float64.Unary Signum a.Value
        | Sqrt -> 0.5 / value
        | Exp -> value
        | Log -> 1.0 / a.Value
        | Tanh -> 1.0 - value * value
        | Cos -> -sin a.Value
        | Floor
        | Round
        | Signum
        | SignPlus -> 0.0

    {
        Value = value
        Slope = if a.Slope = 0.0 then 0.0 else factor * a.Slope
    }

let private binary op (a: Dual) (b: Dual) =
    let value = Algebra.float64.Binary op a.Value b.Value

    let slope =
        match op with
        | Add -> a.Slope + b.Slope
        | Sub -> a.Slope - b.Slope
        | Mul -> a.Slope * b.Value + a.Value * b.Slope
        | Div -> (a.Slope - value * b.Slope) / b.Value
        | Max -> if b.Value <= a.Value then a.Slope else b.Slope
        | Min -> if a.Value <= b.Value then a.Slope else b.Slope
        | Pow ->
            let byBase =
                if a.Slope = 0.0 then
                    0.0
                else
                    b.Value * a.Value ** (b.Value - 1.0) * a.Slope

            let byExponent = if b.Slope = 0.0 then 0.0 else value * log a.Value * b.Slope

            byBase + byExponent
        | Mod -> a.Slope - truncate (a.Value / b.Value) * b.Slope

    { Value = value; Slope = slope }

let algebra: Algebra<Dual> =
    {
        Const = constant
        Unary = unary
        Binary = binary
        Select =
            fun c a b x y ->
                let chosen = Algebra.float64.Select c a.Value b.Value 1.0 0.0
                if chosen = 1.0 then x else y
        Reduce =
            fun fold _ x ->
                match fold with
                | Sum -> x
                | Largest -> unary Abs x
    }
