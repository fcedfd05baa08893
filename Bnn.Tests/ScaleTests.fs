module Bnn.Tests.ScaleTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.ScaleSupport
open Expecto

[<Tests>]
let tests =
    testList
        "Scale, values"
        [
            law "a scaled sign is mean |x| times the sign, however the scale enters the derivative" cases (fun case ->
                for binarizer in
                    [
                        Scale.valueOnly (Scale.mean Channel) Binarizer.clip
                        Scale.magnitudeAware
                        Scale.attached (Scale.mean Channel) Binarizer.approxSign
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
                let binarizer = Scale.valueOnly (Scale.ternary Channel) (Binarizer.ternary Channel)
                let patterns = forward (Binarizer.ternary Channel) case

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

                for entry in Catalogue.weightBinarizers do
                    match Entry.make entry [] with
                    | Error faults -> failtest $"{faults}"
                    | Ok binarizer when binarizer.Parameters.IsEmpty ->
                        let y, dx = (forward binarizer case)[0], (backward binarizer case)[0]
                        Expect.all (Array.append y dx) Double.IsFinite $"{entry.Name}: finite"
                    | Ok _ -> ()

                for row in forward (Scale.valueOnly (Scale.ternary Channel) (Binarizer.ternary Channel)) case do
                    Expect.all row (fun y -> y = 0.0) "ternary"
            }

            law "a power-of-two scale is a power of two, within a factor of sqrt 2 of the scale" cases (fun case ->
                let power = Scale.valueOnly (Scale.powerOfTwo (Scale.mean Channel)) Binarizer.clip

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

                Expect.equal
                    (Elementwise.shiftedSign (Scale.learned Binarizer.clip)).Parameters
                    [ "shift"; "scale" ]
                    "two"

                Expect.equal (List.distinct twice.Parameters) twice.Parameters "one name is one number"
            }

            test "each scaled binarizer passes validation, and names itself apart" {
                let made =
                    [
                        for entry in Catalogue.weightBinarizers do
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
                    for entry in Catalogue.weightBinarizers do
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
                                let layer = Elementwise.ofBinarizer binarizer
                                let y = Plans.forward Plans.Interpreted setting x layer
                                let dx, sums = Plans.backward Plans.Interpreted setting x dy layer

                                for how in Plans.ways do
                                    equalBits y (Plans.forward how setting x layer) $"y, {how}"
                                    let dx', sums' = Plans.backward how setting x dy layer
                                    equalBits dx dx' $"dx, {how}"
                                    equalBits sums sums' $"parameters, {how}")
                ]
        ]
