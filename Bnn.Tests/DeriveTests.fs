module Bnn.Tests.DeriveTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private x = Binarizer.x
let private y = Input("y", PerWeight)

let private valueAt (px: float) (py: float) e =
    Algebra.evaluateExpr Algebra.float64 (fun name -> if name = "x" then px else py) e

let private at px e = valueAt px 0.0 e

/// Formulas that are defined everywhere and stay moderate, with every operator that has a derivative; kinks are rare points.
let rec private smooth depth : Gen<Expr> =
    let leaf =
        Gen.frequency
            [
                3, Gen.constant x
                1, Gen.constant y
                1, Gen.choose (-20, 20) |> Gen.map (fun k -> Const(float k / 8.0))
            ]

    if depth = 0 then
        leaf
    else
        let below = smooth (depth - 1)
        let bounded = below |> Gen.map tanh
        let positive = below |> Gen.map (fun a -> 1.25 + tanh a)

        Gen.oneof
            [
                leaf
                below |> Gen.map (fun a -> -a)
                below |> Gen.map abs
                bounded |> Gen.map exp
                positive |> Gen.map sqrt
                positive |> Gen.map log
                bounded
                Gen.map2 (+) below below
                Gen.map2 (-) below below
                Gen.map2 (*) bounded below
                Gen.map2 (/) below positive
                Gen.map2 (fun a b -> a ** b) positive bounded
                Gen.map2 Expr.maximum below below
                Gen.map2 Expr.minimum below below
                Gen.map2 (fun a b -> Binary(Mod, a, b)) below positive
                Gen.map3
                    (fun c (a, b) (p, q) -> Select(c, a, b, p, q))
                    (Gen.elements [ Less; LessOrEqual ])
                    (Gen.two below)
                    (Gen.two below)
            ]

let private points =
    Gen.two (Gen.choose (-2000, 2000) |> Gen.map (fun k -> (float k + 0.37) / 1000.0))

let private smoothAt =
    Arb.fromGen (Gen.zip (Gen.choose (1, 4) |> Gen.bind smooth) points)

let private clipDerivative = Derive.wrt x Binarizer.clip.Formula
let private approxDerivative = Derive.wrt x Binarizer.approxSign.Formula

let private nearlyAnyNumber = Arb.fromGen (anyNumber |> Gen.where Double.IsFinite)

[<Tests>]
let tests =
    testList
        "Derive"
        [
            lawOf 2000 "the derivative agrees with central differences" smoothAt (fun (e, (px, py)) ->
                let difference h =
                    (valueAt (px + h) py e - valueAt (px - h) py e) / (2.0 * h)

                let wide, narrow = difference 1e-4, difference 5e-5
                let derivative = valueAt px py (Derive.wrt x e)

                // Where a kink or a jump lies between the points, or the formula bends too much, differences tell nothing.
                if near 1e-6 1e-6 wide narrow then
                    Expect.isTrue
                        (near 1e-4 1e-5 derivative narrow)
                        $"derivative {derivative} of {Print.expr e} at {px}, {py}, by differences {narrow}")

            lawOf 2000 "evaluating over dual numbers gives the symbolic derivative" smoothAt (fun (e, (px, py)) ->
                let leaf name =
                    if name = "x" then Dual.variable px else Dual.constant py

                let dual = Algebra.evaluateExpr Dual.algebra leaf e
                let derivative = valueAt px py (Derive.wrt x e)
                Expect.isTrue (same (valueAt px py e) dual.Primal) $"value of {Print.expr e}"

                Expect.isTrue
                    (near 1e-9 1e-12 derivative dual.Derivative)
                    $"derivative {derivative} of {Print.expr e} at {px}, {py}, over dual numbers {dual.Derivative}")

            test "few of the formulas above are left out" {
                let told =
                    sample 500 (Arb.toGen smoothAt)
                    |> Array.filter (fun (e, (px, py)) ->
                        let difference h =
                            (valueAt (px + h) py e - valueAt (px - h) py e) / (2.0 * h)

                        near 1e-6 1e-6 (difference 1e-4) (difference 5e-5)
                        && not (same 0.0 (difference 1e-4)))

                Expect.isGreaterThan told.Length 250 "most formulas must have a derivative that differences show"
            }

            test "each operator's derivative is the textbook's" {
                let is expected e =
                    Expect.floatClose Accuracy.veryHigh (at 0.7 (Derive.wrt x e)) expected (Print.expr e)

                is -1.0 (-x)
                is -1.0 (abs (x - 1.0))
                is (0.5 / sqrt 0.7) (sqrt x)
                is (exp 0.7) (exp x)
                is (1.0 / 0.7) (log x)
                is (1.0 - tanh 0.7 * tanh 0.7) (tanh x)
                is 0.0 (floor x)
                is 0.0 (Unary(Signum, x))
                is 0.0 (Unary(SignPlus, x))
                is 2.0 (x + x)
                is -2.0 (1.0 - 2.0 * x)
                is 1.4 (x * x)
                is (-3.0 / 0.49) (3.0 / x)
                is (3.0 * 0.49) (x ** Const 3.0)
                is (Math.Pow(2.0, 0.7) * Math.Log 2.0) (Const 2.0 ** x)
                is 1.0 (Expr.maximum x (Const 0.5))
                is 0.0 (Expr.minimum x (Const 0.5))
                is 1.0 (Binary(Mod, x, Const 0.5))
                is -1.0 (Binary(Mod, Const 1.5, x) + x)
                is -2.0 (Binary(Mod, Const 1.5, x))
                is 2.0 (Binary(Mod, Const -1.5, x))
                is 5.0 (Expr.ifLess x (Const 1.0) (5.0 * x) (Const 2.0))
            }

            law
                "a surrogate has its value's value and its surrogate's derivative"
                (Arb.fromGen (Gen.zip (Gen.two (smooth 3)) points))
                (fun ((value, surrogate), (px, py)) ->
                    let both = Surrogate(value, surrogate)
                    Expect.isTrue (same (valueAt px py value) (valueAt px py both)) "the value"
                    Expect.equal (Derive.wrt x both) (Derive.wrt x surrogate) "the derivative")

            law "a constant surrogate detaches" (Arb.fromGen (smooth 3)) (fun e ->
                Expect.equal (Derive.wrt x (Surrogate(e, Const 1.0))) (Const 0.0) "no derivative"

                Expect.equal
                    (Derive.wrt x (Surrogate(e, Const 1.0) * x))
                    (Surrogate(e, Const 1.0))
                    "a factor like any other")

            law "clip's derivative is exactly 1 on [-1, 1] and 0 outside" nearlyAnyNumber (fun px ->
                let expected = if abs px <= 1.0 then 1.0 else 0.0
                Expect.equal (at px clipDerivative) expected $"at {px}")

            law "ApproxSign's derivative is exactly max(0, 2 - 2|x|)" nearlyAnyNumber (fun px ->
                Expect.equal (at px approxDerivative) (max 0.0 (2.0 - 2.0 * abs px)) $"at {px}")

            test "the edges of the surrogates' derivatives are those of the formulas" {
                for edge in [ 1.0; -1.0 ] do
                    Expect.equal (at edge clipDerivative) 1.0 "clip at its edge"
                    Expect.equal (at (Math.BitIncrement 1.0 * edge) clipDerivative) 0.0 "clip beyond its edge"
                    Expect.equal (at edge approxDerivative) 0.0 "ApproxSign at its edge"

                Expect.equal (at 0.0 approxDerivative) 2.0 "ApproxSign at 0"
                Expect.equal (at -0.0 approxDerivative) 2.0 "ApproxSign at -0"

                Expect.isTrue
                    (Double.IsNaN(at nan approxDerivative) || at nan approxDerivative = 0.0)
                    "NaN has no slope"
            }

            test "ApproxSign's derivative integrates to 2, the height of sign's step" {
                // Piecewise linear with its kinks on the grid, so the trapezoids are exact but for rounding.
                let steps = 4096
                let h = 4.0 / float steps

                let sum =
                    Seq.sum (seq { for k in 0 .. steps - 1 -> at (-2.0 + (float k + 0.5) * h) approxDerivative })

                Expect.floatClose Accuracy.veryHigh (sum * h) 2.0 "the integral over [-2, 2]"
            }

            law "a derivative with respect to what is not there is 0" (Arb.fromGen (smooth 3)) (fun e ->
                Expect.equal (Derive.wrt (Input("z", PerWeight)) e) (Const 0.0) "nothing reads z"
                Expect.equal (Derive.wrt (Slot("x", PerWeight)) e) (Const 0.0) "nor a slot named x"
                Expect.equal (Derive.wrt x x) (Const 1.0) "x by itself")
        ]
