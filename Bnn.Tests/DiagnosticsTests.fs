module Bnn.Tests.DiagnosticsTests

open System
open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Expecto

let private append folder epochs =
    for stage, number in epochs do
        DiagnosticsFile.Append(folder, epoch stage number)

let private kept folder =
    [ for e in DiagnosticsFile.Read folder -> e.StageIndex, e.Epoch ]

/// An epoch that a run without diagnostics has done.
let private bare stage number =
    EpochMetrics($"step {stage + 1}", stage, number, 9, 0, 0, 0, 0, 0, 0, 0)

/// Epochs that a run has done.
let private done' epochs =
    [|
        for stage, number in epochs -> DiagnosticsFile.With(bare stage number, epoch stage number)
    |]

/// A run goes on after these epochs.
let private goesOnAfter epochs folder =
    DiagnosticsFile.Keep(folder, DiagnosticsFile.Upto(folder, done' epochs, fun note -> failtest note))

[<Tests>]
let tests =
    testList
        "Report: diagnostics"
        [
            testCase "The last epoch of a stage has the stage's own FF and C2I, and a line a sign and a binary layer"
            <| fun _ ->
                withFolder (fun folder ->
                    let result = tiny().TwoStep(epochs = 2).SaveTo(folder).Train()
                    use _model = result.Model
                    let lines = DiagnosticsFile.Read folder

                    Expect.equal
                        [ for line in lines -> line.Stage, line.Epoch ]
                        [ "step 1", 1; "step 1", 2; "step 2", 1; "step 2", 2 ]
                        "epochs"

                    for stage in 0..1 do
                        let line = lines[2 * stage + 1]
                        Expect.equal line.FlipFlopRatio result.Stages[stage].FlipFlopRatio "FF"
                        Expect.equal line.C2IRatio result.Stages[stage].C2IRatio "C2I"

                    for line, e in Seq.zip lines result.Epochs do
                        Expect.equal (text line) (text e.Diagnostics) "what was written is what was reported"
                        let w = line.LatentWeights

                        Expect.equal
                            (Seq.sum w.Counts + w.Below + w.Above + w.NotNumbers)
                            result.Model.Info.BinaryWeights
                            "weights in the histogram"

                        Expect.hasLength line.Layers 5 "binary layers"
                        Expect.hasLength line.Saturation 4 "signs"
                        // 320 images in batches of 64 are 5 iterations, fewer than are looked at at most
                        Expect.equal line.Iterations 5 "iterations"
                        Expect.equal (Seq.head line.Saturation).Share e.Saturation "the first sign, in the whole epoch"

                        for layer in line.Saturation do
                            Expect.isTrue
                                (layer.Share > 0.0 && layer.Share < 1.0)
                                $"{layer.Name} saturates: {layer.Share}")

            testCase
                "A channel without gradients is counted in every iteration in which it has none, its weights in all are dead"
            <| fun _ ->
                // the first layer has 2 channels of 2 x 3 x 3 weights
                let d =
                    probed 4 (fun i gradients _ ->
                        Array.fill gradients 0 18 0.0f

                        if i < 2 then
                            Array.fill gradients 18 18 0.0f)

                let layer = d.Layers[0]
                Expect.equal layer.ZeroGradientChannels 0.75 "channels"
                Expect.equal layer.ZeroGradients 0.75 "gradients"
                Expect.equal layer.DeadWeights 0.5 "dead"
                Expect.equal layer.RevivedWeights 0.0 "nothing moved"
                let weights = Seq.sum d.LatentWeights.Counts |> float
                Expect.equal d.ZeroGradients (27.0 / weights) "of all layers"
                Expect.equal d.DeadWeights (18.0 / weights) "dead of all layers"

            testCase "Dead weights that move in the later half are revived, in the earlier they are not"
            <| fun _ ->
                let moved at =
                    probed 4 (fun i gradients after ->
                        Array.fill gradients 0 18 0.0f

                        if i = at then
                            for k in 0..8 do
                                after[k] <- after[k] + 0.5f)

                Expect.equal (moved 3).Layers[0].RevivedWeights 0.5 "the last step"
                Expect.equal (moved 2).Layers[0].RevivedWeights 0.5 "the first step of the later half"
                Expect.equal (moved 1).Layers[0].RevivedWeights 0.0 "the earlier half"

            testCase "Only the last ten iterations are looked at"
            <| fun _ ->
                let zeroIn iteration =
                    let d =
                        probed 14 (fun i gradients _ ->
                            if i = iteration then
                                Array.Clear gradients)

                    Expect.equal d.Iterations 10 "iterations"
                    d.ZeroGradientChannels

                Expect.equal (zeroIn 3) 0.0 "the last before them"
                Expect.floatClose Accuracy.high (zeroIn 4) 0.1 "the first of them"

            testCase "SDAM of updates is that of what the whole epoch did"
            <| fun _ ->
                let d =
                    probed 20 (fun _ _ after ->
                        // the first channel of the first layer moves by 1 in the whole, the second by none
                        for k in 0..17 do
                            after[k] <- after[k] + 0.05f)

                Expect.floatClose Accuracy.medium d.Layers[0].UpdateSdam 0.5 "the deviation of 1 and 0"
                Expect.equal d.Layers[1].UpdateSdam 0.0 "the other layers"

            testCase
                "The update CAM of a channel by iteration is the mean of what each of the last ten steps did, also where they undo one another"
            <| fun _ ->
                let d =
                    probed 14 (fun i _ after ->
                        // forth and back: the epoch as a whole moves the second channel by nothing; the four steps before the last ten are larger
                        let step = if i < 4 then 8.0f else 0.5f

                        for k in 18..35 do
                            after[k] <- after[k] + (if i % 2 = 0 then step else -step))

                let layer = d.Layers[0]
                Expect.isLessThan layer.UpdateCam.Greatest 1e-6 "by epoch there is none"
                Expect.isGreaterThan layer.Channels 1 "channels"
                Expect.equal layer.IterationUpdateCam.Count layer.Channels "a number a channel"

                Expect.floatClose
                    Accuracy.medium
                    layer.IterationUpdateCam[layer.Channels - 1]
                    0.5
                    "the channel that moves"

                Expect.equal layer.IterationUpdateCam[0] 0.0 "the others rest"
                Expect.equal (layer.UpdatesBelow 0.25) (1.0 - 1.0 / float layer.Channels) "all but one are below"
                Expect.isGreaterThan layer.IterationUpdateSdam 0.0 "channels differ"
                Expect.equal d.Layers[1].IterationUpdateSdam 0.0 "the other layers"

            testCase
                "A share of channels below a limit is exact of all numbers, and within a percent of their percentiles"
            <| fun _ ->
                let random = Random 3
                let numbers = [| for _ in 1..5000 -> random.NextDouble() ** 3.0 |]
                let kept = Quartiles.ascending 101 numbers
                Expect.equal kept.Length 101 "percentiles"
                Expect.equal (Quartiles.ascending 101 numbers[..99]) (Array.sort numbers[..99]) "all of a few"

                for limit in [ -1.0; 0.0; 1e-6; 0.01; 0.343; 0.9; 1.0; 2.0 ] do
                    let exact = numbers |> Array.filter (fun c -> c < limit) |> Array.length |> float

                    Expect.isLessThanOrEqual
                        (abs (Quartiles.shareBelow true limit kept - exact / 5000.0))
                        0.01
                        $"{limit}"

                    let few = Array.sort numbers[..9]
                    let below = few |> Array.filter (fun c -> c < limit) |> Array.length |> float
                    Expect.equal (Quartiles.shareBelow false limit few) (below / 10.0) $"{limit}, a few"

                Expect.isTrue (Double.IsNaN(Quartiles.shareBelow false 1.0 [||])) "no number"
                Expect.isTrue (Double.IsNaN(Quartiles.shareBelow false nan numbers)) "no limit"

            testCase "A real network has no weights in the histogram, no layers, and no ratios"
            <| fun _ ->
                withFolder (fun folder ->
                    let stages = [| Stage.Create("real", false, false, 1) |]

                    let result =
                        tiny()
                            .WithModel(Models.ResNet18(10, 1, 28).Scaled(0.05))
                            .WithStages(stages)
                            .SaveTo(folder)
                            .Train()

                    use _model = result.Model
                    let line = DiagnosticsFile.Read(folder)[0]
                    Expect.isEmpty line.Layers "layers"
                    Expect.equal (Seq.sum line.LatentWeights.Counts) 0L "weights"

                    for ratio in
                        [
                            line.C2IRatio
                            line.FlipFlopRatio
                            line.DeadWeights
                            line.LatentWeights.Confident
                        ] do
                        Expect.isTrue (Double.IsNaN ratio) "ratios")

            testCase "An epoch's line reads back to the same numbers in every culture, and what does not exist is null"
            <| fun _ ->
                inGermany (fun () ->
                    withFolder (fun folder ->
                        append folder [ 0, 1; 1, 1 ]
                        let read = DiagnosticsFile.Read folder

                        Expect.equal
                            (read |> Seq.map text |> List.ofSeq)
                            [ text (epoch 0 1); text (epoch 1 1) ]
                            "lines"

                        let raw = File.ReadAllText(Path.Combine(folder, "diagnostics.jsonl"))
                        Expect.stringContains raw "\"revivedWeights\":null" "null"))

            testCase "A run that goes on keeps the lines of the epochs before, and no others"
            <| fun _ ->
                let all = [ 0, 1; 0, 2; 0, 3; 1, 1; 1, 2 ]

                for stage, number in [ 0, 1; 0, 2; 0, 4; 1, 1; 1, 2; 1, 9; 2, 1 ] do
                    withFolder (fun folder ->
                        append folder all
                        // of a line that was being written when the power went
                        File.AppendAllText(Path.Combine(folder, "diagnostics.jsonl"), "{\"stage\":\"step 2\",\"sta")
                        let before = all |> List.filter (fun at -> at < (stage, number))
                        goesOnAfter before folder
                        Expect.equal (kept folder) before $"before {stage}, {number}"
                        append folder [ 3, 1 ]
                        Expect.equal (kept folder) (before @ [ 3, 1 ]) "and one more")

                withFolder (fun folder ->
                    let without = [| for stage, number in all -> bare stage number |]
                    DiagnosticsFile.Keep(folder, DiagnosticsFile.Upto(folder, without, fun note -> failtest note))
                    Expect.isEmpty (Directory.GetFiles folder) "where there were no lines there is no file")

            testCase "A damaged line does not keep a run from going on: the other lines stay, and it says so"
            <| fun _ ->
                withFolder (fun folder ->
                    append folder [ 0, 1; 0, 2; 0, 3 ]
                    let path = Path.Combine(folder, "diagnostics.jsonl")
                    let lines = File.ReadAllLines path
                    File.WriteAllLines(path, [| lines[0]; lines[1].Replace("\"epoch\":2", "\"epoch\":x"); lines[2] |])
                    let notes = ResizeArray<string>()

                    let read =
                        DiagnosticsFile.Upto(folder, done' [ 0, 1; 0, 2; 0, 3 ], fun note -> notes.Add note)

                    Expect.equal [ for e in read -> e.StageIndex, e.Epoch ] [ 0, 1; 0, 3 ] "the others"
                    Expect.stringContains (Seq.exactlyOne notes) "step 1, epoch 2 as they were written" "the damage"
                    Expect.stringContains notes[0] path "the file")

            testCase "A run that begins anew in a folder replaces the older run's lines"
            <| fun _ ->
                withFolder (fun folder ->
                    append folder [ 0, 1; 0, 2; 5, 7 ]
                    let result = tiny().OneStep(epochs = 1).SaveTo(folder).Train()
                    use _model = result.Model
                    Expect.equal (kept folder) [ 0, 1 ] "lines")

            testCase "A damaged line is refused with the file's name and the line's number"
            <| fun _ ->
                withFolder (fun folder ->
                    append folder [ 0, 1; 0, 2 ]
                    let path = Path.Combine(folder, "diagnostics.jsonl")
                    let lines = File.ReadAllLines path

                    let damages: (string -> string)[] =
                        [|
                            fun line -> line[.. line.Length / 2]
                            fun _ -> ""
                            fun _ -> "null"
                            fun _ -> "[]"
                            fun line -> line.Replace("\"c2IRatio\":0.75", "\"c2IRatio\":\"x\"")
                            fun line -> line.Replace("\"c2IRatio\":0.75,", "")
                            fun line -> line.Replace("\"counts\":[1,5,2]", "\"counts\":null")
                            fun line -> line.Replace("\"counts\":[1,5,2]", "\"counts\":[1,-5,2]")
                            fun line -> line.Replace("\"limit\":1.5", "\"limit\":0")
                            fun line -> line.Replace("\"epoch\":2", "\"epoch\":1")
                            fun line -> line.Replace("\"layers\":[", "\"layers\":[null,")
                        |]

                    for damage in damages do
                        Expect.notEqual (damage lines[1]) lines[1] "it is a damage"
                        File.WriteAllText(path, lines[0] + "\n" + damage lines[1] + "\n")
                        let message = fault (fun () -> DiagnosticsFile.Read folder |> ignore)
                        Expect.stringStarts message (path + ": line 2 ") message)

            testCase "A missing file is refused with its name"
            <| fun _ ->
                withFolder (fun folder ->
                    let message = fault (fun () -> DiagnosticsFile.Read folder |> ignore)
                    Expect.stringStarts message (Path.Combine(folder, "diagnostics.jsonl")) message)
        ]
