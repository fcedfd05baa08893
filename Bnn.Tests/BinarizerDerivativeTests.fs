module Bnn.Tests.BinarizerDerivativeTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.BinarizerSupport
open Expecto

/// The integral of f over all numbers, f nearly 0 beyond 40 widths: the midpoint rule, for whose error these bumps are too smooth
/// or whose kinks lie on its grid.
let private integral width f =
    let h = width / 64.0
    h * Seq.sum (seq { for k in -2560 .. 2559 -> f ((float k + 0.5) * h) })

let private swish' beta x =
    beta * (2.0 - beta * x * tanh (beta * x / 2.0)) / (1.0 + cosh (beta * x))

let private tanh' x = 1.0 - tanh x * tanh x

[<Tests>]
let tests =
    testList
        "Binarizer, derivatives"
        [
            ofEach "the scale multiplies the value and leaves the derivative alone" signs number (fun binarizer x ->
                let scaled = Scale.valueOnly (Const 0.37) binarizer
                equalBits [| 0.37 * at x binarizer.Formula |] [| at x scaled.Formula |] "the value"

                Expect.equal
                    (Derive.wrt Binarizer.x scaled.Formula)
                    (Derive.wrt Binarizer.x binarizer.Formula)
                    "the derivative")

            ofEach "its derivative is even and never negative, and sees no sign of 0" bumps finite (fun binarizer x ->
                let slope = slope binarizer
                Expect.isGreaterThanOrEqual (slope x) 0.0 "not negative"
                Expect.equal (slope -x) (slope x) "even")

            law "SwishSign's derivative is even, and negative beyond 2.4 / beta alone" widths (fun beta ->
                let slope = slope (Binarizer.swishSign (Const beta))

                for z in [ 0.0; 0.5; 2.39; 2.41; 5.0; 30.0 ] do
                    Expect.equal (slope (-z / beta)) (slope (z / beta)) "even"
                    Expect.equal (slope (z / beta) > 0.0) (z < 2.4) $"its sign at beta x = {z}")

            test "the identity surrogate's derivative is 1 everywhere" {
                Expect.equal (Derive.wrt Binarizer.x Binarizer.identity.Formula) (Const 1.0) "1"
            }

            ofEach "straight through, the values stay and the derivative is 1" everything weights (fun binarizer x ->
                let through = Binarizer.straightThrough binarizer
                equalBits (Plans.values binarizer x) (Plans.values through x) "values"
                equalBits (Array.create x.Length 1.0) (Plans.slopes through x) "derivative")

            law "SwishSign's derivative is the paper's formula" widths (fun beta ->
                let slope = slope (Binarizer.swishSign (Const beta))

                for z in -60 .. 60 do
                    let x = float z / 7.0
                    Expect.isTrue (near 1e-12 (1e-14 * beta) (swish' beta x) (slope x)) $"at {x}")

            law "the tanh surrogate's derivative is that of tanh(x / width)" widths (fun width ->
                let slope = slope (Binarizer.tanhSign (Const width))

                for z in -60 .. 60 do
                    let x = float z / 7.0
                    Expect.isTrue (near 1e-12 (1e-14 / width) (tanh' (x / width) / width) (slope x)) $"at {x}")

            law "the error decay estimator's derivative is k s (1 - tanh^2(s x))" widths (fun s ->
                let slope = slope (Binarizer.ede (Const s))
                let k = max (1.0 / s) 1.0

                for z in -60 .. 60 do
                    let x = float z / 7.0
                    Expect.isTrue (near 1e-12 (1e-14 * k * s) (k * s * tanh' (s * x)) (slope x)) $"at {x}")

            law "the tanh surrogates keep their digits where tanh is 1 to the last bit" widths (fun width ->
                for z in [ 20.0; 50.0; 300.0 ] do
                    let expected = 4.0 * exp (-2.0 * z) / width

                    Expect.isTrue
                        (near 1e-11 0.0 expected (slope (Binarizer.tanhSign (Const width)) (z * width)))
                        $"at {z} widths")

            lawOf
                30
                "the surrogates of a sign integrate to 2, the height of its step, whatever the width"
                widths
                (fun width ->
                    for binarizer, reach in
                        [
                            Binarizer.clip, 1.0
                            Binarizer.approxSign, 1.0
                            Binarizer.stochasticSign, 1.0
                            Binarizer.tanhSign (Const width), width
                            Binarizer.swishSign (Const(1.0 / width)), width
                            Binarizer.ede (Const(1.0 + width)), 1.0 / (1.0 + width)
                        ] do
                        Expect.isTrue (near 1e-9 0.0 2.0 (integral reach (slope binarizer))) binarizer.Name)

            lawOf 30 "the error decay estimator integrates to 2 max(1 / s, 1)" widths (fun s ->
                let expected = 2.0 * max (1.0 / s) 1.0
                Expect.isTrue (near 1e-9 0.0 expected (integral (1.0 / s) (slope (Binarizer.ede (Const s))))) $"{s}")

            test "the surrogates of a step from 0 to 1 integrate to 1" {
                for binarizer in
                    [
                        Binarizer.heaviside Binarizer.clip
                        Binarizer.heaviside Binarizer.approxSign
                        Binarizer.doReFaInput 3
                    ] do
                    Expect.floatClose Accuracy.veryHigh (integral 1.0 (slope binarizer)) 1.0 binarizer.Name
            }

            test "over a stage the error decay estimator goes from nearly the identity's derivative to nearly sign's" {
                let derivative =
                    Derive.wrt Binarizer.x (Binarizer.ede Binarizer.edeSharpness).Formula

                let slopeAt t x =
                    Algebra.evaluateExpr
                        Algebra.float64
                        (fun name -> if name = "x" then x else Optimizer.once 100 t name)
                        derivative

                Expect.floatClose Accuracy.veryHigh (slopeAt 1 0.0) 1.0 "at 0, first"
                Expect.isGreaterThan (slopeAt 1 1.0) 0.99 "at 1, first"
                Expect.floatClose Accuracy.veryHigh (slopeAt 101 0.0) 10.0 "at 0, last"
                Expect.isLessThan (slopeAt 101 1.0) 1e-6 "at 1, last"

                for t in 1..100 do
                    Expect.isGreaterThanOrEqual (slopeAt (t + 1) 0.0) (slopeAt t 0.0 - 1e-12) "at 0 it never falls"
                    Expect.isLessThanOrEqual (slopeAt (t + 1) 2.0) (slopeAt t 2.0) "far out it never rises"
            }
        ]
