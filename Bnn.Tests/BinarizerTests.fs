module Bnn.Tests.BinarizerTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.BinarizerSupport
open Expecto

[<Tests>]
let tests =
    testList
        "Binarizer, values"
        [
            ofEach
                "its values are in its set, for weights of all sizes and any noise"
                everything
                weights
                (fun binarizer x ->
                    for y in Plans.values binarizer x do
                        Expect.isTrue (isIn binarizer.Values y) $"{y}")

            ofEach "a sign's values are -1 and +1, for infinities too, and NaN for NaN" signs number (fun binarizer x ->
                let sign (x: float) =
                    if x >= 0.0 then 1.0
                    elif x < 0.0 then -1.0
                    else nan

                equalBits [| sign x |] [| at x binarizer.Formula |] $"of {x}"

                let single =
                    Algebra.evaluateExpr
                        Algebra.float32
                        (fun name -> if name = "x" then float32 x else float32 (leaf x name))
                        binarizer.Formula

                equalBits [| sign (float (float32 x)) |] [| float single |] $"of {x} in float32")

            test "0 and -0 are +1, but for the one that says otherwise" {
                for zero in [ 0.0; -0.0 ] do
                    for binarizer in signs do
                        Expect.equal (at zero binarizer.Formula) 1.0 $"{binarizer.Name}, {zero}"

                    Expect.equal (at zero (Binarizer.heaviside Binarizer.clip).Formula) 1.0 $"Heaviside, {zero}"
                    Expect.equal (at zero Binarizer.negativeAtZero.Formula) -1.0 $"negative at {zero}"
            }

            law "negative at zero is clip everywhere else" number (fun x ->
                if x <> 0.0 then
                    equalBits [| at x Binarizer.clip.Formula |] [| at x Binarizer.negativeAtZero.Formula |] "the value"

                Expect.equal (slope Binarizer.negativeAtZero x) (slope Binarizer.clip x) "the derivative")

            ofEach
                "turning all weights around turns the values around, but at 0"
                (everything
                 |> List.filter (fun b ->
                     b.Name <> Binarizer.stochasticSign.Name
                     && not (b.Name.StartsWith "Heaviside")
                     && not (b.Name.StartsWith "DoReFa activations")))
                weights
                (fun binarizer x ->
                    let forth, back =
                        Plans.values binarizer x, Plans.values binarizer (Array.map (~-) x)

                    for i in 0 .. x.Length - 1 do
                        // DoReFa rounds what is nearly half either way.
                        if x[i] <> 0.0 && not (binarizer.Name.StartsWith "DoReFa" && abs forth[i] < 0.4) then
                            Expect.isTrue (near 0.0 1e-15 -forth[i] back[i]) $"of {x[i]}")

            ofEach
                "outside training no value depends on noise, and all are in the set"
                everything
                weights
                (fun binarizer x ->
                    let outside = Binarizer.evaluation binarizer
                    Expect.isFalse (Binarizer.readsNoise outside) "noise"

                    for y in Plans.values outside x do
                        Expect.isTrue (isIn binarizer.Values y) $"{y}")

            test "only the stochastic sign reads noise" {
                let noisy = everything |> List.filter Binarizer.readsNoise |> List.map _.Name
                Expect.equal noisy [ Binarizer.stochasticSign.Name ] "noise"
            }

            test "each passes validation, and one that reads something else or holds NaN does not" {
                for binarizer in everything do
                    Expect.isEmpty (Binarizer.validate binarizer) binarizer.Name

                let strange =
                    { Binarizer.clip with
                        Formula = Expr.uniform "loss" * Binarizer.x
                    }

                let fault = Binarizer.validate strange |> List.exactlyOne
                Expect.stringContains (string fault) "loss" "what it reads"
                Expect.isNonEmpty (Binarizer.validate (Binarizer.tanhSign (Const nan))) "a width in the surrogate alone"

                Expect.isNonEmpty
                    (Binarizer.validate (Binarizer.ede (Expr.uniform "loss")))
                    "a schedule over something else"
            }

            test "the names tell the binarizers apart" {
                let names =
                    signs @ (signs |> List.map (Scale.valueOnly (Scale.mean Channel)))
                    |> List.map _.Name

                Expect.equal (everything |> List.distinctBy _.Name |> List.length) everything.Length "those of the list"

                Expect.equal (List.distinct names) names "distinct"
            }
        ]
