/// A run as entries of Microsoft.Extensions.Logging.
module Bnn.Tests.LogTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.ReportingTests
open Expecto
open Microsoft.Extensions.Logging

type internal Entry =
    {
        Level: LogLevel
        Name: string
        Id: int
        Text: string
        Values: (string * obj) list
        Error: exn
    }

/// Keeps what is logged to it, all that it is told although its level is off too.
type internal Log(least: LogLevel) =
    member val Entries = ResizeArray<Entry>()

    member log.Named name =
        [
            for entry in log.Entries do
                if entry.Name = name then
                    entry
        ]

    member log.Of level =
        [
            for entry in log.Entries do
                if entry.Level = level then
                    entry.Text
        ]

    interface ILogger with
        member _.BeginScope _ = null
        member _.IsEnabled level = level >= least

        member log.Log(level, id, state, error, formatter) =
            let values = box state :?> IReadOnlyList<KeyValuePair<string, obj>>

            log.Entries.Add
                {
                    Level = level
                    Name = id.Name
                    Id = id.Id
                    Text = formatter.Invoke(state, error)
                    Values =
                        [
                            for pair in values do
                                if pair.Key <> "{OriginalFormat}" then
                                    pair.Key, pair.Value
                        ]
                    Error = error
                }

let private training (log: Log) =
    (DiagnosticsSupport.tiny ()).WithBatch(32).TwoStep(epochs = 2).WithLogger log

/// Trains and asks to stop after so many batches.
let private stop batches (trainer: BnnTrainer) =
    use source = new CancellationTokenSource()
    let mutable left = batches

    let counting =
        trainer.OnBatch(fun _ ->
            left <- left - 1

            if left = 0 then
                source.Cancel())

    Expect.throwsT<BnnStoppedException> (fun () -> counting.Train source.Token |> ignore) "stopped"

/// What a logger is told of a run that was given.
let private told play =
    let log = Log LogLevel.Trace
    play (LoggedProgress log :> ITrainingObserver)
    Seq.exactlyOne log.Entries

let private epoch flipFlop =
    EpochMetrics("step 1", 0, 3, 12, 1234.5678, 0.405, flipFlop, 0.125, 1e-3, 1.5, 3300.25, Top1 = 0.375)

[<Tests>]
let tests =
    testList
        "Log"
        [
            testCase "Every batch, epoch and stage is one entry with its numbers, in the order of the run"
            <| fun () ->
                let log = Log LogLevel.Trace
                let batches = ResizeArray<BatchMetrics>()

                let result =
                    (training log).WithSeed(7).WithThreads(2).OnBatch(fun b -> batches.Add b).Train()

                use _model = result.Model

                Expect.equal
                    [ for entry in log.Entries -> entry.Name ]
                    [
                        "RunStarted"
                        for _ in 1..2 do
                            "StageStarted"

                            for _ in 1..2 do
                                yield! List.replicate 10 "BatchDone"
                                "EpochEnded"

                            "StageEnded"
                        "RunEnded"
                    ]
                    "order"

                let started = log.Entries[0].Values
                Expect.containsAll started [ "Recipe", box "two-step"; "Threads", box 2; "Seed", box 7L ] "run"

                Expect.equal
                    [ for entry in log.Named "BatchDone" -> entry.Values ]
                    [
                        for b in batches ->
                            [
                                "Stage", box b.Stage
                                "Epoch", b.Epoch
                                "Images", b.Images
                                "Loss", b.Loss
                                "FlipFlopRatio", b.FlipFlopRatio
                                "DataWait", b.DataWait
                            ]
                    ]
                    "batches"

                Expect.equal
                    [ for entry in log.Named "EpochEnded" -> entry.Values ]
                    [
                        for e in result.Epochs ->
                            [
                                "Stage", box e.Stage
                                "Epoch", e.Epoch
                                "Epochs", 2
                                "Loss", e.Loss
                                "TrainTop1", e.TrainTop1
                                "Top1", e.Top1
                                "FlipFlopRatio", e.FlipFlopRatio
                                "Saturation", e.Saturation
                                "Seconds", e.Seconds
                                "ImagesPerSecond", e.ImagesPerSecond
                            ]
                    ]
                    "epochs"

                Expect.equal
                    [ for entry in log.Named "StageEnded" -> entry.Values ]
                    [
                        for s in result.Stages ->
                            [ "Stage", box s.Name; "Top1", s.Top1; "Top5", s.Top5; "C2IRatio", s.C2IRatio ]
                    ]
                    "stages"

            testCase "Levels that are off are neither formatted nor logged, whatever happens"
            <| fun () ->
                for least in [ LogLevel.Debug; LogLevel.Warning; LogLevel.None ] do
                    let log = Log least
                    stop 15 (training log)
                    Expect.all log.Entries (fun entry -> entry.Level >= least) $"from {least}"
                    Expect.equal (log.Entries.Count > 0) (least < LogLevel.None) "and those that are on are"

            testCase "Beside a log and a folder the console hears the same as alone"
            <| fun () ->
                let heard (trainer: BnnTrainer) =
                    let lines = ResizeArray<string>()

                    let observer =
                        { new ITrainingObserver with
                            member _.Started _ = lines.Add "started"
                            member _.StageStarted(stage, _, _, _, _) = lines.Add stage
                            member _.Batch b = lines.Add $"{b.Images} {b.Loss}"
                            member _.EpochEnded e = lines.Add $"{e.Epoch} {e.Loss}"
                            member _.StageEnded r = lines.Add $"{r.Top1}"
                            member _.Ended _ = lines.Add "ended"
                        }

                    (trainer.Observed observer).Train().Model.Dispose()
                    List.ofSeq lines

                withFolder (fun folder ->
                    let log = Log LogLevel.Information
                    let alone = (DiagnosticsSupport.tiny ()).WithBatch(32).TwoStep(epochs = 2)
                    Expect.equal (heard ((training log).SaveTo folder)) (heard alone) "the console"
                    Expect.hasLength (log.Named "EpochEnded") 4 "the log"
                    Expect.isTrue (File.Exists(Path.Combine(folder, "report.html"))) "the folder")

            testCase "A run that is stopped logs one warning and no error; one that fails, an error with its exception"
            <| fun () ->
                let log = Log LogLevel.Trace
                stop 15 (training log)
                let text = log.Of LogLevel.Warning |> List.exactlyOne
                Expect.stringStarts text "stopped in step 1, epoch 2 of 2, after 5 of 10 batches" "where"
                Expect.isEmpty (log.Of LogLevel.Error) "no error"
                Expect.equal (Seq.last log.Entries).Name "RunStopped" "the last"

                let log = Log LogLevel.Trace
                let mutable thrown = null

                try
                    (training log).WithSgd(learningRate = 1e30).Train() |> ignore
                with :? BnnTrainingException as e ->
                    thrown <- e

                let last = Seq.last log.Entries
                Expect.equal (last.Name, last.Level) ("RunFailed", LogLevel.Error) "the last"
                Expect.isTrue (not (isNull thrown) && Object.ReferenceEquals(last.Error, thrown)) "the exception"
                Expect.isEmpty (log.Of LogLevel.Warning) "no warning"
                Expect.isEmpty (log.Named "RunEnded") "it has not ended well"

            testCase "A run that goes on notes where; a damaged checkpoint that it passes over is a warning"
            <| fun () ->
                withFolder (fun folder ->
                    stop 3 ((training (Log LogLevel.None)).SaveTo(folder).WithCheckpoints TimeSpan.Zero)
                    let log = Log LogLevel.Information
                    stop 1 ((training log).SaveTo folder)

                    Expect.equal
                        [ for entry in log.Named "Noted" -> entry.Level, entry.Text ]
                        [ LogLevel.Information, "goes on in step 1, epoch 1 of 2, batch 4" ]
                        "note"

                    let newest =
                        Directory.GetFiles(Path.Combine(folder, "checkpoints"), "*.safetensors")
                        |> Array.max

                    File.WriteAllText(newest, "damaged")
                    let log = Log LogLevel.Information
                    stop 1 ((training log).SaveTo folder)
                    let warning = List.exactlyOne (log.Named "Warned")
                    Expect.equal warning.Level LogLevel.Warning "level"
                    Expect.stringStarts warning.Text newest "names it"

                    Expect.equal
                        (List.exactlyOne (log.Named "Noted")).Text
                        "goes on in step 1, epoch 1 of 2, batch 4"
                        "the one before")

            testCase "Texts have a decimal point everywhere and no more digits than are read"
            <| fun () ->
                inGermany (fun () ->
                    Expect.equal
                        (told (fun log -> log.EpochEnded(epoch 2.718e-3))).Text
                        "step 1, epoch 3 of 12: loss 1234.57, train top-1 40.50 %, test top-1 37.50 %, FF 2.7e-3, saturation 12.50 %, 1.5 s, 3300 images a second"
                        "epoch"

                    Expect.stringContains
                        (told (fun log -> log.EpochEnded(epoch nan))).Text
                        ", FF NaN, "
                        "a real network"

                    Expect.equal
                        (told (fun log -> log.Batch(BatchMetrics("step 1", 3, 320L, 1e30, 0.5, 0.25)))).Text
                        "step 1, epoch 3, images 320: loss 1E+30, FF 5.0e-1, data wait 25 %"
                        "batch"

                    Expect.equal
                        (told (fun log -> log.StageEnded(stage "step 1"))).Text
                        "step 1 has ended: top-1 61.25 %, top-5 90.00 %, C2I NaN"
                        "stage")

            testCase "Ids, names and levels of entries stay: users filter by them"
            <| fun () ->
                let log = Log LogLevel.Trace
                let observer = LoggedProgress log :> ITrainingObserver
                observer.Started(RunPlan(model, "two-step", [| struct ("step 1", 2) |], 2, 42L))
                observer.Note "note"
                observer.Warning "warning"
                observer.StageStarted("step 1", 0, 2, 0, 300L)
                observer.Batch(BatchMetrics("step 1", 1, 32L, 1.5, nan, 0.0))
                observer.EpochEnded(epoch nan)
                observer.StageEnded(stage "step 1")
                observer.Ended [| stage "step 1" |]
                observer.Failed(BnnStoppedException("stopped", CancellationToken.None))
                observer.Failed(InvalidOperationException "broken")

                Expect.equal
                    [ for entry in log.Entries -> entry.Id, entry.Name, entry.Level ]
                    [
                        1, "RunStarted", LogLevel.Information
                        2, "Noted", LogLevel.Information
                        3, "Warned", LogLevel.Warning
                        4, "StageStarted", LogLevel.Information
                        5, "BatchDone", LogLevel.Trace
                        6, "EpochEnded", LogLevel.Information
                        7, "StageEnded", LogLevel.Information
                        8, "RunEnded", LogLevel.Information
                        9, "RunStopped", LogLevel.Warning
                        10, "RunFailed", LogLevel.Error
                    ]
                    "all"
        ]
