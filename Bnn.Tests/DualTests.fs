module Bnn.Tests.DualTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private w, g = Expr.weight, Expr.gradient

/// Values of the leaves, and how each changes.
let private courseOfLeaves =
    Gen.zip (Gen.arrayOfLength 8 anyNumber) (Gen.arrayOfLength 8 (Gen.choose (-8, 8) |> Gen.map float))

let private place name =
    match name with
    | "w" -> 0
    | "g" -> 1
    | "m" -> 2
    | "bias" -> 3
    | "scale" -> 4
    | "t" -> 5
    | _ -> 6

let private formulasAndLeaves = Arb.fromGen (Gen.zip anyExprGen courseOfLeaves)

let private evaluate (values: float[]) (derivatives: float[]) e =
    let leaf name =
        {
            Primal = values[place name]
            Derivative = derivatives[place name]
        }

    Algebra.evaluateExpr Dual.algebra leaf e

let private derivativeAt value e =
    (Algebra.evaluateExpr Dual.algebra (fun _ -> Dual.variable value) e).Derivative

[<Tests>]
let tests =
    testList
        "Dual"
        [
            lawOf
                1000
                "the value of a dual number is the float64 value, bit for bit, at any numbers"
                formulasAndLeaves
                (fun (e, (values, derivatives)) ->
                    let plain = Algebra.evaluateExpr Algebra.float64 (fun name -> values[place name]) e
                    Expect.isTrue (same plain (evaluate values derivatives e).Primal) $"{Print.expr e}")

            lawOf
                1000
                "where nothing varies the derivative is 0, whatever is infinite on the way"
                formulasAndLeaves
                (fun (e, (values, _)) ->
                    Expect.equal (evaluate values (Array.zeroCreate 8) e).Derivative 0.0 $"{Print.expr e}")

            lawOf
                1000
                "the derivative is linear: four times as fast a change gives four times the derivative"
                formulasAndLeaves
                (fun (e, (values, derivatives)) ->
                    let once = (evaluate values derivatives e).Derivative
                    let faster = (evaluate values (derivatives |> Array.map ((*) 4.0)) e).Derivative

                    // A power of two does not round, except where numbers are subnormal or overflow.
                    if abs once > 1e-250 && abs once < 1e250 || once = 0.0 then
                        Expect.isTrue (near 1e-9 1e-200 (4.0 * once) faster) $"{Print.expr e}: {once} and {faster}")

            test "at kinks and jumps the derivative is that of the side that is taken" {
                let is expected value e =
                    Expect.equal (derivativeAt value e) expected $"{Print.expr e} at {value}"

                is 0.0 0.0 (abs w)
                is -1.0 -2.0 (abs w)
                is 1.0 0.5 (Expr.maximum w (Const 0.5))
                is 0.0 0.5 (Expr.maximum (Const 0.5) w)
                is 1.0 0.5 (Expr.minimum w (Const 0.5))
                is 0.0 0.5 (Expr.minimum (Const 0.5) w)
                is 0.0 2.0 (floor w)
                is 0.0 2.5 (Unary(Round, w))
                is 0.0 0.0 (Unary(Signum, w))
                is 0.0 0.0 (Unary(SignPlus, w))
                is 3.0 1.0 (Expr.ifLessOrEqual w (Const 1.0) (3.0 * w) (5.0 * w))
                is 5.0 1.0 (Expr.ifLess w (Const 1.0) (3.0 * w) (5.0 * w))
                is -2.0 0.7 (Binary(Mod, Const 1.5, w))
                is 0.0 0.3 (Surrogate(Unary(SignPlus, w), w))
                is infinity 0.0 (sqrt w)
                is 0.0 0.0 (sqrt (w * w) + w * w)
            }

            test "a product of n variables has the textbook's derivative" {
                let leaf name =
                    if name = "w" then Dual.variable 3.0 else Dual.constant 5.0

                let dual = Algebra.evaluateExpr Dual.algebra leaf (w * w * g / (w + 2.0))
                // (w^2 g)/(w + 2): 45 / 5 = 9; (2 w g (w + 2) - w^2 g) / (w + 2)^2 = (150 - 45) / 25
                Expect.equal dual { Primal = 9.0; Derivative = 4.2 } "value and derivative"
            }
        ]
