/// Trainings on images on disk: what a damaged one does to them, how they are timed, and what is refused.
module Bnn.Tests.EncodedTrainingTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.SourceSupport
open Bnn.Tests.TrainerTests
open Expecto
open SkiaSharp

let private message action = (fault action).Message

let network (trainer: BnnTrainer) =
    trainer
        .WithModel(Models.ReActNet([ struct (4, 2); struct (8, 2); struct (8, 1) ], 3, 3, 24))
        .WithAdam()
        .OneStep(epochs = 2)
        .WithBatch(4)
        .WithThreads(1)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Encoded images, training"
            [
                test "A network trains on a folder, evaluates on another, and says how long it waited for data" {
                    inDataset (fun folder ->
                        let trainer = (network (BnnTrainer())).WithData(Data.ImageFolder(folder, 24))

                        let run workers =
                            let result = trainer.WithDataWorkers(workers).Train()
                            use model = result.Model
                            let evaluation = model.Evaluate(Data.TestFolder(under folder "val", 24))
                            Expect.equal evaluation.Count 12 "all"

                            for epoch in result.Epochs do
                                Expect.isTrue (epoch.DataWait >= 0.0 && epoch.DataWait <= 1.0) "a share"

                            [ for epoch in result.Epochs -> epoch.Loss ],
                            evaluation.Top1,
                            model.Logits(Data.TestFolder(under folder "val", 24))

                        let losses, top1, logits = run 0
                        let again, same, theirs = run 3
                        Expect.equal (again, same) (losses, top1) "threads change nothing"
                        Expect.sequenceEqual (Seq.concat theirs) (Seq.concat logits) "to the bit")
                }

                test
                    "A damaged training image stops the run and is named; skipped, it is counted each epoch, with a warning" {
                    inDataset (fun folder ->
                        damage (under folder "train/class0/1.jpg")

                        let on skip =
                            (network (BnnTrainer())).WithData(Data.ImageFolder(folder, 24, skip, 1.0))

                        let error = fault (fun () -> (on false).Train().Model.Dispose())
                        Expect.equal error.Path (under folder "train/class0/1.jpg") "named"
                        let notes = ResizeArray<string>()

                        let noting =
                            { new ITrainingObserver with
                                member _.Warning text = notes.Add text
                            }

                        let result = ((on true).Observed noting).Train()
                        result.Model.Dispose()

                        Expect.equal
                            (List.ofSeq notes)
                            [
                                for epoch in 1..2 -> $"step 1, epoch {epoch}: 1 training image was left out as damaged"
                            ]
                            "reported"

                        Expect.equal [ for epoch in result.Epochs -> epoch.SkippedImages ] [ 1L; 1L ] "counted")
                }

                test "Where everything is damaged, or there is a single image, a run says so and gives no numbers" {
                    inDataset (fun folder ->
                        let on skip =
                            (network (BnnTrainer())).WithData(Data.ImageFolder(folder, 24, skip, 1.0))

                        use model = (on true).Train().Model

                        Directory.GetFiles(under folder "val", "*", SearchOption.AllDirectories)
                        |> Array.iter damage

                        let test =
                            Data.TestFolder(under folder "val", 24, skipDamaged = true, damagedLimit = 1.0)

                        Expect.stringContains
                            (message (fun () -> model.Evaluate test))
                            "all other images to test on are damaged"
                            "test"

                        Directory.GetFiles(under folder "train", "*", SearchOption.AllDirectories)
                        |> Array.iter damage

                        Expect.stringContains
                            (message (fun () -> (on true).Train().Model.Dispose()))
                            "no two whole training images"
                            "training")

                    let one = Data.InMemory("one", few.Value.Load().Train.Take 1, few.Value.Load().Test)
                    let faults = BnnTrainer().WithData(one).Validate()

                    Expect.exists
                        faults
                        (fun fault -> fault.Name = "data one" && fault.Value = "it has 1 training image")
                        "a single image"
                }

                test "A rehearsal times every stage and keeps nothing" {
                    inDataset (fun folder ->
                        let trainer =
                            (network (BnnTrainer()))
                                .WithData(Data.ImageFolder(folder, 24))
                                .TwoStep(epochs = 3)
                                .SaveTo(under folder "run")

                        let estimate = trainer.Estimate 2

                        Expect.equal
                            [ for stage in estimate.Stages -> stage.Name, stage.Epochs ]
                            [ "step 1", 3; "step 2", 3 ]
                            "stages"

                        for stage in estimate.Stages do
                            let least = 3.0 * 12.0 / stage.ImagesPerSecond
                            Expect.isGreaterThan stage.Seconds least "training and testing"

                        Expect.isFalse (Directory.Exists(under folder "run")) "nothing is saved"
                        Expect.stringContains (string estimate) "the whole run" "as text")
                }

                test "What is wrong with a folder, a size or the threads is a fault of the configuration" {
                    let faults (trainer: BnnTrainer) =
                        [ for fault in trainer.Validate() -> fault.Name, fault.Value ]

                    let missing = faults (BnnTrainer().WithData(Data.ImageFolder "/no/such"))

                    Expect.isTrue
                        (missing
                         |> List.exists (fun (name, value) -> name.StartsWith "data" && value.Contains "/no/such"))
                        "folder"

                    let sized = faults (BnnTrainer().WithData(Data.ImageFolder("/no/such", 0)))
                    Expect.contains sized ("size", "0") "size"
                    Expect.contains (faults (BnnTrainer().WithDataWorkers(-1))) ("dataWorkers", "-1") "threads"
                    Expect.contains (faults (BnnTrainer().WithLabelSmoothing 1.0)) ("labelSmoothing", "1") "smoothing"
                }
            ]
    )
