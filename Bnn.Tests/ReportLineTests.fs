module Bnn.Tests.ReportLineTests

open System
open System.IO
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.ReportSupport
open Expecto
open FsCheck.FSharp

[<Tests>]
let tests =
    trainings (
        testList
            "Report: lines"
            [
                testCase "Every line has the numbers of metrics.csv or diagnostics.jsonl, within its axes"
                <| fun _ ->
                    for run in [ adam; sgd ] do
                        let page = pageOf run
                        let epochs = List.ofSeq (MetricsFile.Read(Path.Combine(run.Value, "metrics.csv")))
                        let lines = List.ofSeq (DiagnosticsFile.Read run.Value)
                        let each value = List.map value epochs
                        let diagnosed value = List.map value lines
                        let short (name: string) = name.Replace(".weight", "")

                        let expected =
                            [
                                "Loss", "training", each _.Loss
                                "Top-1", "training", each (fun e -> 100.0 * e.TrainTop1)
                                "Top-1", "test", each (fun e -> 100.0 * e.Top1)
                                "Learning rate", "learning rate", each _.LearningRate
                                "Flip-flop ratio FF", "in the epoch", each _.FlipFlopRatio
                                "Flip-flop ratio FF", "in the stage so far", diagnosed _.FlipFlopRatio
                                "Correlation to initialization C2I", "C2I", diagnosed (fun d -> 100.0 * d.C2IRatio)
                                "Dead weights", "dead", diagnosed (fun d -> 100.0 * d.DeadWeights)
                                "Revived weights", "revived", diagnosed (fun d -> 100.0 * d.RevivedWeights)
                                "Gradients that are 0", "latent weights", diagnosed (fun d -> 100.0 * d.ZeroGradients)
                                "Gradients that are 0",
                                "output channels, throughout",
                                diagnosed (fun d -> 100.0 * d.ZeroGradientChannels)
                                "Sure and unsure latent weights",
                                "|w| &gt; 0.9: sure of the sign",
                                diagnosed (fun d -> 100.0 * d.LatentWeights.Confident)

                                for k, layer in Seq.indexed lines[0].Layers do
                                    "SDAM of latent weights", short layer.Name, diagnosed (fun d -> d.Layers[k].Sdam)
                                    "SDAM of updates", short layer.Name, diagnosed (fun d -> d.Layers[k].UpdateSdam)

                                for sign in lines[lines.Length - 1].Saturation do
                                    let share (d: EpochDiagnostics) =
                                        d.Saturation
                                        |> Seq.tryFind (fun s -> s.Name = sign.Name)
                                        |> Option.fold (fun _ s -> 100.0 * s.Share) nan

                                    "Saturation", sign.Name, diagnosed share
                            ]

                        let isShown title value =
                            Double.IsFinite value
                            && (value > 0.0
                                || not (List.contains title [ "Flip-flop ratio FF"; "SDAM of updates" ]))

                        for title, name, values in expected do
                            match
                                [
                                    for k, value in List.indexed values do
                                        if isShown title value then
                                            float (k + 1), value
                                ]
                            with
                            | [] -> ()
                            | wanted ->
                                let chart = chart title page
                                let shown = points (named name chart)
                                Expect.equal (List.map fst shown) (List.map fst wanted) $"{title}, {name}: epochs"

                                for (x, y), (_, value) in List.zip shown wanted do
                                    Expect.isLessThanOrEqual (abs (y - value)) (1e-4 * abs value) $"{title}, {name}"

                                    for axis, place in [ "xaxis", x; "yaxis", y ] do
                                        let low, high = range axis chart
                                        Expect.isTrue (low <= place && place <= high) $"{title}: {place} on {axis}"

                testCase "A line has a gap between stages, at a border, and each stage's name stands above its epochs"
                <| fun _ ->
                    let loss = chart "Loss" (pageOf adam)
                    Expect.equal (numbersOf "x" loss.Traces[0] |> List.map string) [ "1"; "2"; "NaN"; "3"; "4" ] "gap"

                    let texts key =
                        [ for item in loss.Layout["annotations"].AsArray() -> textOf key item ]

                    Expect.equal (texts "text") [ "<b>step 1</b>"; "<b>step 2</b>" ] "names"
                    Expect.equal (texts "x") [ "0.5"; "2.5" ] "places"
                    Expect.equal [ for line in loss.Layout["shapes"].AsArray() -> textOf "x0" line ] [ "2.5" ] "border"

                law
                    "An axis holds all numbers that it is made for, a logarithmic one also a round one"
                    (Gen.zip
                        (Gen.nonEmptyListOf (
                            Gen.map2
                                (fun a b -> float a * 10.0 ** float b)
                                (Gen.choose (-999, 999))
                                (Gen.choose (-9, 9))
                        ))
                        (Gen.elements [ true; false ])
                     |> Arb.fromGen)
                    (fun (values, isLog) ->
                        let axis = Axis.Over(values, isLog)

                        for value in values do
                            if axis.Holds value then
                                Expect.isTrue (axis.Low <= value && value <= axis.High) $"{value} on {axis}"

                        Expect.isLessThan axis.Low axis.High "its ends"

                        if isLog then
                            let round =
                                [
                                    for power in floor (log10 axis.Low) .. ceil (log10 axis.High) do
                                        for digit in [ 1.0; 2.0; 5.0 ] -> digit * 10.0 ** power
                                ]

                            Expect.exists round (fun tick -> axis.Low <= tick && tick <= axis.High) $"none on {axis}")

                law
                    "Of any number of epochs a few are named, at round steps"
                    (Gen.choose (1, 100000) |> Arb.fromGen)
                    (fun count ->
                        let step = Axis.Step count
                        Expect.isTrue (count / step <= 8) $"{step}"
                        Expect.isTrue (count / step >= 3 || step = 1) $"{step}"
                        Expect.contains [ "1"; "2"; "5" ] ((string step).TrimEnd '0') "round")
            ]
    )
