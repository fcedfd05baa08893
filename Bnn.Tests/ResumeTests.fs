/// Runs that are stopped anywhere and go on: the same weights, figures and files, to the bit.
module Bnn.Tests.ResumeTests

open System
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.SmallRun
open Bnn.Tests.TrainerTests
open Expecto

let private stoppedAfter words batches =
    test $"A run that is stopped {words} goes on to the same losses, diagnostics and weights, to the bit" {
        inFolder (fun folder ->
            for batches in batches do
                let trainer = trainer.Value.SaveTo(Path.Combine(folder, $"{batches}"))
                Expect.isNone (runFor batches trainer) "stopped"
                Expect.equal (outcome (trainer.Train())) whole.Value $"after {batches} batches")
    }

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume"
            [
                stoppedAfter "within an epoch, after it, or after a stage" [ 3; 10; 20 ]
                stoppedAfter "after any batch" [ 1; 3; 9; 10; 11; 19; 20; 21; 25; 30; 39 ]
                |> Checks.long

                test "Callbacks hear of every batch and epoch in its place, also where a run goes on" {
                    inRun (fun _ trainer ->
                        let batches, epochs =
                            ResizeArray<string * int * int64>(), ResizeArray<string * int>()

                        let progress =
                            { new IProgress<EpochMetrics> with
                                member _.Report e = epochs.Add(e.Stage, e.Epoch)
                            }

                        let heard =
                            trainer.OnBatch(fun b -> batches.Add(b.Stage, b.Epoch, b.Images)).OnEpoch progress

                        Expect.isNone (runFor 14 heard) "stopped"
                        heard.Train().Model.Dispose()

                        Expect.sequenceEqual
                            batches
                            [
                                for stage in [ "first"; "second" ] do
                                    for epoch in 1..2 do
                                        for k in 1..10 -> stage, epoch, int64 (32 * k)
                            ]
                            "batches"

                        Expect.sequenceEqual epochs [ "first", 1; "first", 2; "second", 1; "second", 2 ] "epochs")
                }

                test
                    "A run is stopped while accuracy is measured too, after an epoch or at a stage's end, and goes on from there" {
                    inFolder (fun folder ->
                        // asked for in the last of 10 batches, noticed with the test images; it looks at the clock twice at first, then after each batch
                        use source = new CancellationTokenSource()
                        let mutable looks = 0

                        let clock =
                            { new TimeProvider() with
                                member _.GetTimestamp() =
                                    looks <- looks + 1

                                    if looks = 12 then
                                        source.Cancel()

                                    0L
                            }

                        let trainer' = trainer.Value.SaveTo(Path.Combine(folder, "epoch"))

                        let error =
                            Expect.throwsC (fun () -> trainer'.Timed(clock).Train source.Token |> ignore) (fun e ->
                                e.Message)

                        Expect.stringStarts
                            error
                            "stopped in first, epoch 1 of 2, after 10 of 10 batches; all is saved"
                            "epoch"

                        Expect.hasLength (checkpoints (Path.Combine(folder, "epoch"))) 1 "really"
                        Expect.equal (outcome (trainer'.Train())) whole.Value "the result"

                        for stage in [ "first"; "second" ] do
                            use source = new CancellationTokenSource()
                            let trainer' = trainer.Value.SaveTo(Path.Combine(folder, stage))

                            let stopping =
                                trainer'.OnEpoch(fun e ->
                                    if e.Stage = stage && e.Epoch = 2 then
                                        source.Cancel())

                            let error =
                                Expect.throwsC (fun () -> stopping.Train source.Token |> ignore) (fun e -> e.Message)

                            Expect.stringStarts
                                error
                                $"stopped at the end of {stage}, where accuracy is measured; all"
                                "end"

                            let notes = ResizeArray<string>()

                            let listening =
                                { new ITrainingObserver with
                                    member _.Note text = notes.Add text
                                }

                            Expect.equal (outcome (trainer'.Observed(listening).Train())) whole.Value "the result"
                            Expect.stringStarts notes[0] $"goes on at the end of {stage}" "says where")
                }

                test
                    "A run with as many of each class is stopped within an epoch and goes on to the same result, to the bit" {
                    inFolder (fun folder ->
                        let balanced = trainer.Value.WithBalancedClasses()
                        let all = outcome (balanced.Train())
                        Expect.notEqual all whole.Value "other examples"

                        for batches in [ 3; 21 ] do
                            let balanced = balanced.SaveTo(Path.Combine(folder, $"{batches}"))
                            Expect.isNone (runFor batches balanced) "stopped"
                            Expect.equal (outcome (balanced.Train())) all $"after {batches} batches")
                }

                test "A run that is stopped again and again arrives all the same" {
                    inRun (fun _ trainer ->
                        let rec go times =
                            match runFor 3 trainer with
                            | Some result ->
                                Expect.equal result whole.Value "the result"
                                Expect.isGreaterThan times 10 "stopped often"
                            | None -> go (times + 1)

                        go 0)
                }

                test
                    "While it goes on, a run's folder shows its epochs so far; where it goes on, they are those of an uninterrupted run" {
                    inRun (fun folder trainer ->
                        let timeless (file: string) =
                            [
                                for line in File.ReadAllLines(Path.Combine(folder, file)) ->
                                    let fields = line.Split ','

                                    if file = "metrics.csv" && fields.Length > 9 then
                                        String.Join(',', Array.append fields[..6] fields[10..])
                                    else
                                        line
                            ]

                        // the third epoch's middle
                        Expect.isNone (runFor 25 trainer) "stopped"
                        let metrics = timeless "metrics.csv"
                        let diagnostics = timeless "diagnostics.jsonl"
                        Expect.hasLength metrics 3 "header and two epochs"
                        Expect.hasLength diagnostics 2 "two epochs"
                        outcome (trainer.Train()) |> ignore
                        Expect.equal (List.take 3 (timeless "metrics.csv")) metrics "the epochs before"
                        Expect.equal (List.take 2 (timeless "diagnostics.jsonl")) diagnostics "and their diagnostics"
                        Expect.hasLength (timeless "metrics.csv") 5 "and those after"
                        let resumed = timeless "metrics.csv", timeless "diagnostics.jsonl"
                        Directory.Delete(folder, true)
                        outcome (trainer.Train()) |> ignore
                        Expect.equal (timeless "metrics.csv", timeless "diagnostics.jsonl") resumed "the same files")
                }

                test
                    "What is measured beside the training does not change it: test accuracy, diagnostics, their absence" {
                    let losses (result: TrainingResult) =
                        use model = result.Model

                        [ for e in result.Epochs -> e.Loss, e.FlipFlopRatio, e.Saturation ],
                        model.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq

                    let trainer = trainer.Value
                    let all = losses (trainer.Train())
                    let bare = trainer.WithDiagnostics(false).WithEvaluation(0).Train()
                    Expect.isTrue (bare.Epochs |> Seq.forall (fun e -> isNull (box e.Diagnostics))) "no diagnostics"
                    // the first stage ends with its best epoch, for which each is measured
                    Expect.equal [ for e in bare.Epochs -> Double.IsNaN e.Top1 ] [ false; false; true; true ] "measured"
                    Expect.equal (losses bare) all "the same training"
                    let every = trainer.WithEvaluation(2).Train()

                    Expect.equal
                        [ for e in every.Epochs -> Double.IsNaN e.Top1 ]
                        [ false; false; true; false ]
                        "every second"

                    Expect.equal (losses every) all "the same training"
                }

                test "A run that has ended gives its result again and trains nothing" {
                    inRun (fun _ trainer ->
                        let first = outcome (trainer.Train())

                        let again = trainer.Train()
                        again.Model.Dispose()

                        for epoch in again.Epochs do
                            Expect.equal
                                (epoch.Diagnostics.StageIndex, epoch.Diagnostics.Epoch)
                                (epoch.StageIndex, epoch.Epoch)
                                "its diagnostics"

                        Expect.equal (runFor 1 trainer) (Some first) "not one batch")
                }

                test "Other threads for images may go on, and the files of the run are those of an uninterrupted one" {
                    inRun (fun folder trainer ->
                        Expect.isNone (runFor 15 trainer) "stopped"
                        Expect.isFalse (File.Exists(Path.Combine(folder, "result.json"))) "no results yet"
                        Expect.equal (outcome (trainer.WithDataWorkers(2).Train())) whole.Value "the result"

                        Expect.equal (DiagnosticsFile.Read folder).Count 4 "a line an epoch"

                        for file in
                            [
                                "report.html"
                                "result.json"
                                "metrics.csv"
                                "network.bnn"
                                "latent-weights.png"
                            ] do
                            Expect.isTrue (File.Exists(Path.Combine(folder, file))) file

                        let _, _, _, weights = whole.Value
                        Expect.equal (trained folder) weights "the last checkpoint has the latent weights"

                        Expect.equal
                            (File.ReadAllLines(Path.Combine(folder, "metrics.csv")).Length)
                            5
                            "a line an epoch and the header")
                }
            ]
    )
