/// Scales of weights: their values, and their gradients against differences of loops that know nothing of formulas.
module Bnn.Tests.ScaleTests

open System
open Bnn.Core
open Bnn.Tests.Checks
open Expecto
open FsCheck
open FsCheck.FSharp

/// Weights and the loss's derivative for each, in rows of the same length. The numbers keep their distance from 0 and +-1,
/// where differences would cross a kink.
type Case = { X: float[][]; Dy: float[][] }

let private caseGen =
    let number = Gen.choose (-20, 19) |> Gen.map (fun k -> float (2 * k + 1) / 20.0)

    gen {
        let! rows = Gen.choose (1, 3)
        let! length = Gen.choose (1, 8)
        let matrix = Gen.arrayOfLength rows (Gen.arrayOfLength length number)
        let! x = matrix
        let! dy = matrix
        return { X = x; Dy = dy }
    }

let private shrinkCase case =
    let columns f =
        {
            X = case.X |> Array.map f
            Dy = case.Dy |> Array.map f
        }

    seq {
        if case.X.Length > 1 then
            for r in 0 .. case.X.Length - 1 do
                {
                    X = Array.removeAt r case.X
                    Dy = Array.removeAt r case.Dy
                }

        if case.X[0].Length > 1 then
            for k in 0 .. case.X[0].Length - 1 do
                columns (Array.removeAt k)

        if case.Dy <> (case.Dy |> Array.map (Array.map (fun _ -> 1.05))) then
            { case with
                Dy = case.Dy |> Array.map (Array.map (fun _ -> 1.05))
            }
    }

let private cases = Arb.fromGenShrink (caseGen, shrinkCase)

let private settingOf case =
    Plans.setting case.X.Length case.X[0].Length

let private forward binarizer case =
    Plans.forward Plans.Interpreted (settingOf case) (Array.concat case.X) (Layer.ofBinarizer binarizer)
    |> Array.chunkBySize case.X[0].Length

let private backward binarizer case =
    Plans.backward
        Plans.Interpreted
        (settingOf case)
        (Array.concat case.X)
        (Array.concat case.Dy)
        (Layer.ofBinarizer binarizer)
    |> fst
    |> Array.chunkBySize case.X[0].Length

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

let private meanOf (row: float[]) = Array.average row
let private meanMagnitude (row: float[]) = row |> Array.averageBy abs

let private deviation (row: float[]) =
    let mean = Array.average row
    sqrt ((row |> Array.sumBy (fun x -> (x - mean) ** 2.0)) / float (row.Length - 1))

let private standardizedRow (row: float[]) =
    let mean, deviation = meanOf row, deviation row
    row |> Array.map (fun x -> (x - mean) / deviation)

/// Rows whose standardization is not near a point where it bends too much for differences.
let private isSpread case =
    case.X |> Array.forall (fun row -> row.Length > 1 && deviation row > 0.2)

let private clipped x = max -1.0 (min 1.0 x)
let private signOf (x: float) = if x >= 0.0 then 1.0 else -1.0

let private gradients =
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
                        Array.map2 (fun x before -> meanMagnitude row * signOf before + scale * clipped x) row before)

                isGradientOf y (Scale.attached (Scale.mean Row) Binarizer.clip) case)

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
            isGradientOf (Array.map (Array.map clipped)) (Scale.valueOnly (Scale.mean Row) Binarizer.clip) case)

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
            isGradientOf y (Binarizer.dorefaWeight 4) case)

        law "and with a surrogate that does not hold the largest, of all of tanh x / max |tanh x|" cases (fun case ->
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

                let carrier = tanh Binarizer.x / Expr.largest Whole (tanh Binarizer.x)
                isGradientOf y (Binarizer.dorefaWeight 4 |> Binarizer.withSurrogate "attached" carrier) case)

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
                            (Layer.ofBinarizer (Scale.learned Binarizer.clip))

                    for r in 0 .. case.X.Length - 1 do
                        let expected =
                            Array.map2 (fun x dy -> dy * signOf x) case.X[r] case.Dy[r] |> Array.sum

                        Expect.isTrue (near 1e-13 1e-13 expected gradients[r]) "the scale's"

                        for k in 0 .. case.X[r].Length - 1 do
                            let x, dy = case.X[r][k], case.Dy[r][k]
                            let expected = if abs x <= 1.0 then dy * scales[r] else 0.0
                            Expect.isTrue (near 1e-14 0.0 expected dx[r * case.X[r].Length + k]) "the weight's")

        law "a channel's rows in several images are folded as one row" cases (fun case ->
            // The same numbers as one row of each channel, and as two images with half of each.
            if case.X[0].Length % 2 = 0 then
                let length = case.X[0].Length / 2

                let halves (m: float[][]) =
                    Array.append (m |> Array.map (Array.take length)) (m |> Array.map (Array.skip length))

                let binarizer = Scale.attached (Scale.mean Row) Binarizer.clip
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
                        (Layer.ofBinarizer binarizer)

                let whole = backward binarizer case |> halves |> Array.concat
                Array.iter2 (fun e a -> Expect.isTrue (near 1e-12 1e-12 e a) $"{a}, should be {e}") whole dx)
    ]

let private values =
    [
        law "a scaled sign is mean |x| times the sign, however the scale enters the derivative" cases (fun case ->
            for binarizer in
                [
                    Scale.valueOnly (Scale.mean Row) Binarizer.clip
                    Scale.magnitudeAware
                    Scale.attached (Scale.mean Row) Binarizer.approxSign
                    Scale.xnorNet Binarizer.identity
                ] do
                for row, y in Array.zip case.X (forward binarizer case) do
                    Array.iter2
                        (fun x y -> Expect.isTrue (near 1e-14 0.0 (meanMagnitude row * signOf x) y) binarizer.Name)
                        row
                        y)

        law "no other scale brings scaled signs closer to the weights than mean |x|" cases (fun case ->
            let distance row scale =
                row |> Array.sumBy (fun x -> (x - scale * signOf x) ** 2.0)

            for row, y in Array.zip case.X (forward Scale.magnitudeAware case) do
                let scale = abs y[0]

                for other in [ 0.9; 0.999; 1.001; 1.1 ] do
                    Expect.isGreaterThan (distance row (other * scale)) (distance row scale) $"{other} times it")

        law "nor ternary weights than the mean of those beyond the threshold" cases (fun case ->
            let binarizer = Scale.valueOnly (Scale.ternary Row) (Binarizer.ternary Row)
            let patterns = forward (Binarizer.ternary Row) case

            for row, pattern, y in Array.zip3 case.X patterns (forward binarizer case) do
                let distance factor =
                    Array.map3 (fun x p y -> (x - factor * abs y * p) ** 2.0) row pattern y
                    |> Array.sum

                for factor in [ 0.9; 0.999; 1.001; 1.1 ] do
                    Expect.isGreaterThan (distance factor) (distance 1.0) $"{factor} times it")

        test "rows of zeros have scale 0, and nothing that is not a number" {
            let case =
                {
                    X = [| [| 0.0; -0.0; 0.0 |] |]
                    Dy = [| [| 1.0; 2.0; -1.0 |] |]
                }

            for entry in Binarizers.scaled do
                match Entry.make entry [] with
                | Error faults -> failtest $"{faults}"
                | Ok binarizer when binarizer.Parameters.IsEmpty ->
                    let y, dx = (forward binarizer case)[0], (backward binarizer case)[0]
                    Expect.all (Array.append y dx) Double.IsFinite $"{entry.Name}: finite"
                | Ok _ -> ()

            for row in forward (Scale.valueOnly (Scale.ternary Row) (Binarizer.ternary Row)) case do
                Expect.all row (fun y -> y = 0.0) "ternary"
        }

        law "a power-of-two scale is a power of two, within a factor of sqrt 2 of the scale" cases (fun case ->
            let power = Scale.valueOnly (Scale.powerOfTwo (Scale.mean Row)) Binarizer.clip

            for row, y in Array.zip case.X (forward power case) do
                let scale = abs y[0]
                Expect.equal (Math.Log2 scale) (Math.Round(Math.Log2 scale)) $"{scale}"
                let ratio = scale / meanMagnitude row
                Expect.isTrue (ratio < 1.4143 && ratio > 0.7071) $"{ratio}")

        law "standardized rows have mean 0 and deviation 1" cases (fun case ->
            if isSpread case then
                for z in forward (Binarizer.at Scale.standardize Binarizer.none) case do
                    Expect.isTrue (near 0.0 1e-14 0.0 (meanOf z)) "mean"
                    Expect.isTrue (near 1e-13 0.0 1.0 (deviation z)) "deviation")

        law "IR-Net's weights are the signs of centred weights times a power of two" cases (fun case ->
            if isSpread case then
                for row, y in Array.zip case.X (forward (Scale.irNet (Binarizer.ede (Const 1.0))) case) do
                    let shift = 2.0 ** Math.Round(Math.Log2(meanMagnitude (standardizedRow row)))

                    Array.iter2
                        (fun z y ->
                            if abs z > 1e-12 then
                                Expect.equal y (shift * signOf z) "value")
                        (standardizedRow row)
                        y)

        test "a learned scale is a parameter of the layer, after those that the binarizer has" {
            let twice = Scale.learned (Scale.learned Binarizer.clip)
            Expect.equal (Scale.learned Binarizer.clip).Parameters [ "scale" ] "one"
            Expect.equal (Layer.shiftedSign (Scale.learned Binarizer.clip)).Parameters [ "shift"; "scale" ] "two"
            Expect.equal (List.distinct twice.Parameters) twice.Parameters "one name is one number"
        }

        test "each scaled binarizer passes validation, and names itself apart" {
            let made =
                [
                    for entry in Binarizers.scaled do
                        match Entry.make entry [] with
                        | Ok binarizer -> binarizer
                        | Error faults -> failtest $"{faults}"
                ]

            for binarizer in made do
                Expect.isEmpty (Binarizer.validate binarizer) binarizer.Name

            let names = made |> List.map _.Name
            Expect.equal (List.distinct names) names "distinct"
        }

        testList
            "compiled in any width, scaled binarizers do what the interpreter does"
            [
                for entry in Binarizers.scaled do
                    lawOf 8 entry.Name cases (fun case ->
                        match Entry.make entry [] with
                        | Error faults -> failtest $"{faults}"
                        | Ok binarizer ->
                            let setting =
                                { settingOf case with
                                    Channels =
                                        Map.ofList [ "scale", Array.init case.X.Length (fun r -> 0.5 + float r) ]
                                }

                            let x, dy = Array.concat case.X, Array.concat case.Dy
                            let layer = Layer.ofBinarizer binarizer
                            let y = Plans.forward Plans.Interpreted setting x layer
                            let dx, sums = Plans.backward Plans.Interpreted setting x dy layer

                            for how in Plans.ways do
                                equalBits y (Plans.forward how setting x layer) $"y, {how}"
                                let dx', sums' = Plans.backward how setting x dy layer
                                equalBits dx dx' $"dx, {how}"
                                equalBits sums sums' $"parameters, {how}")
            ]
    ]

[<Tests>]
let tests = testList "Scale" (values @ gradients)
