/// The gradients of scaled weights against differences.
module Bnn.Tests.ScaleGradientTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.ScaleSupport
open Expecto

let private plus r k h (x: float[][]) =
    Array.updateAt r (Array.updateAt k (x[r][k] + h) x[r]) x

/// The gradient of sum(dy * y(x)) by differences of fourth order.
let private differences (y: float[][] -> float[][]) case =
    let loss x =
        Array.map2 (Array.map2 (*)) case.Dy (y x) |> Array.sumBy Array.sum

    let h = 1e-3

    Array.init case.X.Length (fun r ->
        Array.init case.X[0].Length (fun k ->
            let central h =
                loss (plus r k h case.X) - loss (plus r k -h case.X)

            (8.0 * central h - central (2.0 * h)) / (12.0 * h)))

let private isGradientOf y binarizer case =
    let expected, actual = differences y case, backward binarizer case
    let size = case.Dy |> Array.sumBy (Array.sumBy abs)

    for r in 0 .. case.X.Length - 1 do
        for k in 0 .. case.X[0].Length - 1 do
            let byDifferences, derived = expected[r][k], actual[r][k]

            Expect.isTrue
                (near 1e-6 (1e-6 * size) byDifferences derived)
                $"row {r}, number {k}: {derived}, by differences {byDifferences}"

[<Tests>]
let tests =
    testList
        "Scale, gradients"
        [
            law
                "attached, the gradient is that of mean |x| clip(-1, x, 1) and of what the scale does to the row's signs"
                cases
                (fun case ->
                    // d(scale b): the scale's change times the sign, and the sign's surrogate times the scale.
                    let scales = case.X |> Array.map meanMagnitude

                    let y x =
                        (x, case.X, scales)
                        |||> Array.map3 (fun row before scale ->
                            Array.map2
                                (fun x before -> meanMagnitude row * signOf before + scale * clipped x)
                                row
                                before)

                    isGradientOf y (Scale.attached (Scale.mean Channel) Binarizer.clip) case)

            law "attached over the tensor, too" cases (fun case ->
                let all x = Array.concat x |> meanMagnitude

                let y x =
                    (x, case.X)
                    ||> Array.map2 (Array.map2 (fun now before -> all x * signOf before + all case.X * tanh now))

                isGradientOf y (Scale.attached (Scale.mean Whole) (Binarizer.tanhSign (Const 1.0))) case)

            law "detached, the gradient is the surrogate's times the scale" cases (fun case ->
                let scales = case.X |> Array.map meanMagnitude

                let y =
                    Array.map2 (fun scale row -> row |> Array.map (fun x -> scale * clipped x)) scales

                isGradientOf y Scale.magnitudeAware case)

            law "in the value only, the gradient is the surrogate's" cases (fun case ->
                isGradientOf (Array.map (Array.map clipped)) (Scale.valueOnly (Scale.mean Channel) Binarizer.clip) case)

            law "XNOR-Net's gradient has 1 / n for a weight's own scale" cases (fun case ->
                let scales = case.X |> Array.map meanMagnitude

                let y =
                    Array.map2
                        (fun scale row -> row |> Array.map (fun x -> x / float row.Length + scale * clipped x))
                        scales

                isGradientOf y (Scale.xnorNet Binarizer.clip) case)

            law "standardized weights' gradient goes back through mean and deviation" cases (fun case ->
                if isSpread case then
                    let y = Array.map (standardizedRow >> Array.map (fun z -> 2.0 * tanh (z / 2.0)))
                    isGradientOf y (Scale.standardized (Binarizer.ede (Const 0.5))) case)

            law "IR-Net's gradient does, times a power of two that counts as a number" cases (fun case ->
                if isSpread case then
                    let shift =
                        case.X
                        |> Array.map (fun row -> 2.0 ** Math.Round(Math.Log2(meanMagnitude (standardizedRow row))))

                    let y =
                        Array.map2
                            (fun shift row -> standardizedRow row |> Array.map (fun z -> shift * tanh (1.5 * z)))
                            shift

                    isGradientOf y (Scale.irNet (Binarizer.ede (Const 1.5))) case)

            law "DoReFa's gradient is that of tanh x / max |tanh x| with the largest held" cases (fun case ->
                let largest = case.X |> Array.concat |> Array.map (tanh >> abs) |> Array.max
                let y = Array.map (Array.map (fun x -> tanh x / largest))
                isGradientOf y (Binarizer.doReFaWeight 4) case)

            law
                "and with a surrogate that does not hold the largest, of all of tanh x / max |tanh x|"
                cases
                (fun case ->
                    let magnitudes = case.X |> Array.concat |> Array.map abs

                    // Where two are largest the difference is one-sided.
                    if
                        magnitudes
                        |> Array.filter (fun m -> m > Array.max magnitudes - 0.05)
                        |> Array.length
                            =
                            1
                    then
                        let y x =
                            let largest = x |> Array.concat |> Array.map (tanh >> abs) |> Array.max
                            x |> Array.map (Array.map (fun x -> tanh x / largest))

                        let surrogate = tanh Binarizer.x / Expr.largest Whole (tanh Binarizer.x)
                        isGradientOf y (Binarizer.doReFaWeight 4 |> Binarizer.withSurrogate "attached" surrogate) case)

            law
                "neither shifting nor stretching a row of weights changes anything after standardization, so its gradient is at right angles to both"
                cases
                (fun case ->
                    if isSpread case then
                        for row, dx in Array.zip case.X (backward (Scale.irNet (Binarizer.ede (Const 1.0))) case) do
                            let size = 1e-12 * (1.0 + (dx |> Array.sumBy abs))
                            Expect.isTrue (near 0.0 size 0.0 (Array.sum dx)) "shifting"
                            Expect.isTrue (near 0.0 (4.0 * size) 0.0 (Array.map2 (*) row dx |> Array.sum)) "stretching")

            lawOf
                20
                "a learned scale's gradient is its channel's sum of dy b, and a weight's is the scale times its own"
                cases
                (fun case ->
                    let scales = Array.init case.X.Length (fun r -> float r - 0.7)

                    let setting =
                        { settingOf case with
                            Channels = Map.ofList [ "scale", scales ]
                        }

                    for how in Plans.ways do
                        let dx, gradients =
                            Plans.backward
                                how
                                setting
                                (Array.concat case.X)
                                (Array.concat case.Dy)
                                (Elementwise.ofBinarizer (Scale.learned Binarizer.clip))

                        for r in 0 .. case.X.Length - 1 do
                            let expected =
                                Array.map2 (fun x dy -> dy * signOf x) case.X[r] case.Dy[r] |> Array.sum

                            Expect.isTrue (near 1e-13 1e-13 expected gradients[r]) "the scale's"

                            for k in 0 .. case.X[r].Length - 1 do
                                let x, dy = case.X[r][k], case.Dy[r][k]
                                let expected = if abs x <= 1.0 then dy * scales[r] else 0.0
                                Expect.isTrue (near 1e-14 0.0 expected dx[r * case.X[r].Length + k]) "the weight's")

            law "a channel's rows in several images are reduced as one row" cases (fun case ->
                // The same numbers as one row of each channel, and as two images with half of each.
                if case.X[0].Length % 2 = 0 then
                    let length = case.X[0].Length / 2

                    let halves (m: float[][]) =
                        Array.append (m |> Array.map (Array.take length)) (m |> Array.map (Array.skip length))

                    let binarizer = Scale.attached (Scale.mean Channel) Binarizer.clip
                    let single = settingOf case

                    let setting =
                        { single with
                            Shape =
                                {
                                    Rows = 2 * case.X.Length
                                    Length = int64 length
                                    Channels = case.X.Length
                                }
                        }

                    let dx, _ =
                        Plans.backward
                            Plans.Interpreted
                            setting
                            (halves case.X |> Array.concat)
                            (halves case.Dy |> Array.concat)
                            (Elementwise.ofBinarizer binarizer)

                    let whole = backward binarizer case |> halves |> Array.concat
                    Array.iter2 (fun e a -> Expect.isTrue (near 1e-12 1e-12 e a) $"{a}, should be {e}") whole dx)
        ]
