module Bnn.Tests.BinarizerTests

open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private all = [ Binarizer.identity; Binarizer.clip; Binarizer.approxSign ]

let private at (x: float) (alpha: float) e =
    Algebra.evaluateExpr Algebra.float64 (fun name -> if name = "x" then x else alpha) e

let private ofEach name holds =
    testList
        name
        [
            for binarizer in all -> law binarizer.Name (Arb.fromGen anyNumber) (holds binarizer)
        ]

[<Tests>]
let tests =
    testList
        "Binarizer"
        [
            ofEach "its values are -1 and +1, and nothing else: NaN and infinities included" (fun binarizer x ->
                let value = at x 1.0 binarizer.Formula
                Expect.equal value (if x >= 0.0 then 1.0 else -1.0) $"of {x}"

                let single =
                    Algebra.evaluateExpr Algebra.float32 (fun _ -> float32 x) binarizer.Formula

                Expect.equal single (if float32 x >= 0.0f then 1.0f else -1.0f) $"of {x} in float32")

            test "0 and -0 are +1" {
                for binarizer in all do
                    Expect.equal (at 0.0 1.0 binarizer.Formula) 1.0 $"{binarizer.Name}, 0"
                    Expect.equal (at -0.0 1.0 binarizer.Formula) 1.0 $"{binarizer.Name}, -0"
            }

            ofEach "the scale multiplies the value and leaves the derivative alone" (fun binarizer x ->
                let scaled = Binarizer.scaled binarizer
                Expect.equal (at x 0.37 scaled.Formula) (0.37 * at x 1.0 binarizer.Formula) "the value"

                Expect.equal
                    (Derive.wrt Binarizer.x scaled.Formula)
                    (Derive.wrt Binarizer.x binarizer.Formula)
                    "the derivative")

            ofEach "its derivative is even and never negative, and sees no sign of 0" (fun binarizer x ->
                let slope x =
                    at x 1.0 (Derive.wrt Binarizer.x binarizer.Formula)

                if not (System.Double.IsNaN x) then
                    Expect.isGreaterThanOrEqual (slope x) 0.0 "not negative"
                    Expect.equal (slope -x) (slope x) "even")

            test "the identity surrogate's derivative is 1 everywhere" {
                Expect.equal (Derive.wrt Binarizer.x Binarizer.identity.Formula) (Const 1.0) "1"
            }

            test "the names tell the surrogates apart" {
                let names = all @ (all |> List.map Binarizer.scaled) |> List.map _.Name
                Expect.equal (List.distinct names) names "distinct"
            }

            law "what a scale is the mean of is |x|" (Arb.fromGen anyNumber) (fun x ->
                Expect.isTrue (same (abs x) (at x 1.0 Scale.meanMagnitude)) $"of {x}")
        ]
