module Bnn.Tests.DifferenceTests

open System.IO
open System.Net
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto

/// What a run that is stopped before its first batch leaves of its settings.
let private begun (trainer: BnnTrainer) folder =
    use stop = new System.Threading.CancellationTokenSource()

    let observer =
        { new ITrainingObserver with
            member _.Batch _ = stop.Cancel()
        }

    Expect.throwsT<BnnStoppedException>
        (fun () -> trainer.SaveTo(folder).Observed(observer).Train(stop.Token) |> ignore)
        "stopped"

/// The rows of the table of differences, and what is said beside it.
let private differences left right path =
    let page = read (Report.Compare(left, right, path))

    let part =
        Regex.Match(page, "<h2>How they differ</h2>(.*?)<h2>", RegexOptions.Singleline).Groups[1].Value

    [
        for row in Regex.Matches(part, "<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", RegexOptions.Singleline) ->
            [ for k in 1..3 -> WebUtility.HtmlDecode row.Groups[k].Value ]
    ],
    part

let private between (left: BnnTrainer) (right: BnnTrainer) =
    withFolder (fun folder ->
        let a, b = Path.Combine(folder, "a"), Path.Combine(folder, "b")
        begun left a
        begun right b
        differences a b (Path.Combine(folder, "both.html")))

let private tiny () =
    (Bnn.Tests.DiagnosticsSupport.tiny ()).WithThreads(2)

let private adam () = tiny().WithAdam().TwoStep(epochs = 2)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: how two runs differ"
            [
                testCase "Two runs of the same settings are said to be identical"
                <| fun _ ->
                    let rows, text = between (adam ()) (adam ())
                    Expect.isEmpty rows "no row"
                    Expect.stringContains text "The settings of both runs are identical." "said"

                testCase "Of two runs that differ, those settings alone are in the table that differ, with both values"
                >> Bnn.Tests.Checks.long
                <| fun _ ->
                    for name, other, expected in
                        [
                            "seed", adam().WithSeed(7L), [ [ "seed"; "1"; "7" ] ]
                            "batch", adam().WithBatch(32), [ [ "batch"; "64"; "32" ] ]
                            "rate",
                            tiny().WithAdam(learningRate = 1e-3).TwoStep(epochs = 2),
                            [ [ "optimizer: options, learning rate"; "0.01"; "0.001" ] ]
                            "decay",
                            tiny().WithAdam().TwoStep(WeightDecay.Of 1e-4, 2),
                            [ [ "stage 1: weight decay, rate"; "5e-6"; "0.0001" ] ]
                            "epochs",
                            tiny().WithAdam().TwoStep(epochs = 3),
                            [ [ "stage 1: epochs"; "2"; "3" ]; [ "stage 2: epochs"; "2"; "3" ] ]
                            "augmentation",
                            adam().WithAugmentation(Augmentation(true, 2)),
                            [ [ "augmentation: shift"; "0"; "2" ] ]
                            "threads", adam().WithThreads(1), [ [ "CPU threads"; "2"; "1" ] ]
                        ] do
                        let rows, text = between (adam ()) other

                        if name = "augmentation" then
                            Expect.all rows (fun row -> row.Head.StartsWith "augmentation: ") name
                            Expect.isNonEmpty rows name
                        else
                            Expect.equal rows expected name

                        Expect.stringContains text "All other settings are identical." name

                testCase "Another optimizer, schedule, network, binarizer, data, start and stages are each told"
                >> Bnn.Tests.Checks.long
                <| fun _ ->
                    let sample = Data.FashionMnistSample().Load()
                    let wider = Models.ReActNet([ struct (8, 2); struct (16, 2); struct (32, 1) ])

                    for other, setting in
                        [
                            tiny().WithSgd().TwoStep(epochs = 2), "optimizer: name"
                            adam().WithSchedule(Schedules.Cosine(1.0)), "stage 1: schedule"
                            adam().WithModel wider, "network"
                            adam().WithBinarizers(activations = Binarizers.Ede()), "network: "
                            adam().WithData(Data.InMemory("fewer", sample.Train.Take 200, sample.Test.Take 200)), "data"
                            adam().WithData(Data.InMemory("a few", sample.Train.Take 256, sample.Test.Take 200)),
                            "train images"
                            tiny().WithAdam().OneStep(epochs = 2), "stages"
                            adam().WithLabelSmoothing(0.1), "objective: label smoothing"
                            adam().StartingFrom(sgd.Value), "start"
                            adam().WithMicroBatches(2), "micro batches"
                        ] do
                        let rows, _ = between (adam ()) other
                        Expect.exists rows (fun row -> row.Head.StartsWith setting) $"{setting}: {rows}"
                        Expect.all rows (fun row -> row[1] <> row[2]) setting

                testCase
                    "Of rules of one's own, of which nothing else is told, the formulas that differ are in the table"
                <| fun _ ->
                    let own rate =
                        tiny().WithOptimizer(Rules.Sgd().Then(Rules.Descend(Schedules.Linear rate))).OneStep(epochs = 1)

                    let rows, _ = between (own 0.1) (own 0.2)
                    Expect.exists rows (fun row -> row[1].Contains "0.1" && row[2].Contains "0.2") $"{rows}"

                testCase
                    "Settings of users are text in the table, and runs whose folders have the same name are told apart"
                <| fun _ ->
                    withFolder (fun folder ->
                        let a, b = Path.Combine(folder, "one", "run"), Path.Combine(folder, "two", "run")
                        begun (adam ()) a
                        begun (tiny().WithStages(Stage.Create(hostile, true, true, 1))) b
                        let rows, part = differences a b (Path.Combine(folder, "both.html"))
                        Expect.exists rows (fun row -> row[2] = hostile) "its name"
                        Expect.isFalse (part.Contains "<b title") "no markup"
                        Expect.stringContains part "<th>one/run</th><th>two/run</th>" "names")
            ]
    )
