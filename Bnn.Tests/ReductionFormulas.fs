/// Formulas that reduce over channels and over all weights, and numbers to try them on.
module Bnn.Tests.ReductionFormulas

open Bnn
open FsCheck
open FsCheck.FSharp

let x = Input("x", PerWeight)
let y = Input("y", PerWeight)
let b = Input("b", PerChannel)
let s = Input("s", Once)

/// The derivative of a loss with respect to each weight's value of the formula.
let dy = Input("dy", PerWeight)

/// Formulas that are defined everywhere and stay moderate, with every operator that has a derivative, and reductions at any depth.
let rec private smooth depth : Gen<Expr> =
    let leaf =
        Gen.frequency
            [
                3, Gen.constant x
                1, Gen.constant y
                2, Gen.constant b
                2, Gen.constant s
                1, Gen.choose (-20, 20) |> Gen.map (fun k -> Const(float k / 8.0))
            ]

    if depth = 0 then
        leaf
    else
        let below = smooth (depth - 1)
        let bounded = below |> Gen.map tanh
        let positive = below |> Gen.map (fun a -> 1.25 + tanh a)

        let reduced reduction over =
            below |> Gen.map (fun a -> Reduce(reduction, over, a))

        Gen.frequency
            [
                1, leaf
                1, below |> Gen.map (fun a -> -a)
                1, below |> Gen.map abs
                1, bounded |> Gen.map exp
                1, positive |> Gen.map sqrt
                1, positive |> Gen.map log
                1, below |> Gen.map cos
                1, bounded
                2, Gen.map2 (+) below below
                2, Gen.map2 (-) below below
                2, Gen.map2 (*) bounded below
                1, below |> Gen.map (fun a -> tanh a * tanh a)
                1, Gen.map2 (/) below positive
                1, Gen.map2 (fun a b -> a ** b) positive bounded
                1, Gen.map2 Expr.maximum below below
                1, Gen.map2 Expr.minimum below below
                1, Gen.map2 (fun a b -> Binary(Mod, a, b)) below positive
                1, Gen.map2 (fun (a, b) (p, q) -> Expr.ifLess a b p q) (Gen.two below) (Gen.two below)
                3, reduced Sum Channel
                3, reduced Sum Whole
                3, reduced Largest Channel
                3, reduced Largest Whole
            ]

/// A formula, and numbers for its leaves in channels of these lengths.
type ReductionCase =
    {
        Formula: Expr
        Lengths: int[]
        Numbers: Map<string, float[]>
    }

    override case.ToString() =
        $"{Print.expr case.Formula} for rows of %A{case.Lengths} and %A{case.Numbers}"

/// No two numbers are the same, so that one of them is largest.
let private numbers count =
    Gen.choose (-2000, 2000)
    |> Gen.arrayOfLength count
    |> Gen.map (Array.mapi (fun i k -> (float k + 0.37 + 0.01 * float i) / 1000.0))

let private caseOf formula =
    gen {
        let! rows = Gen.choose (1, 3)
        let! lengths = Gen.arrayOfLength rows (Gen.choose (1, 4))
        let weights = Array.sum lengths
        let! formula = formula
        let! x = numbers weights
        let! y = numbers weights
        let! dy = numbers weights
        let! b = numbers rows
        let! s = numbers 1

        return
            {
                Formula = formula
                Lengths = lengths
                Numbers = Map.ofList [ "x", x; "y", y; "dy", dy; "b", b; "s", s ]
            }
    }

let private shrink (case: ReductionCase) =
    case.Formula.Children |> Seq.map (fun child -> { case with Formula = child })

let reductionCases =
    Arb.fromGenShrink (Gen.choose (1, 4) |> Gen.bind smooth |> caseOf, shrink)

/// Formulas with a reduction for certain.
let certainlyReducing =
    let reducing =
        gen {
            let! body = Gen.choose (0, 3) |> Gen.bind smooth
            let! reduction = Gen.elements [ Sum; Largest ]
            let! over = Gen.elements [ Channel; Whole ]
            let! around = Gen.choose (0, 2) |> Gen.bind smooth
            let! join = Gen.elements [ Add; Mul; Max ]
            return Binary(join, Unary(Tanh, Reduce(reduction, over, body)), around)
        }

    Arb.fromGenShrink (caseOf reducing, shrink)

/// The values of a formula, one a weight, over arrays of float64.
let valuesOf (case: ReductionCase) formula =
    Algebra.evaluateExpr (ArrayAlgebra.ofChannels case.Lengths Algebra.float64) (fun name -> case.Numbers[name]) formula
    |> ArrayAlgebra.perWeight case.Lengths

/// The formula's values and their derivatives with respect to number `at` of a leaf, one a weight, over arrays of dual numbers.
let dualsOf (case: ReductionCase) variable at formula =
    let leaf name =
        case.Numbers[name]
        |> Array.mapi (fun i value ->
            if name = variable && i = at then
                Dual.variable value
            else
                Dual.constant value)

    Algebra.evaluateExpr (ArrayAlgebra.ofChannels case.Lengths Dual.algebra) leaf formula
    |> ArrayAlgebra.perWeight case.Lengths

/// The case with number `at` of a leaf moved by `step`.
let moved variable at step (case: ReductionCase) =
    let numbers = case.Numbers[variable]

    { case with
        Numbers =
            case.Numbers
            |> Map.add variable (Array.updateAt at (numbers[at] + step) numbers)
    }
