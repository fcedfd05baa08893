/// A small run that another process can be told to train, so that tests can stop that process in every way.
module Bnn.Tests.SmallRun

open System
open Bnn
open Bnn.Tests.TrainerTests

/// 10 batches an epoch, two stages of two epochs, the best epoch of the first kept, a slot that is kept once: all that a checkpoint must hold.
let trainer =
    lazy
        (short ())
            .WithBatch(32)
            .WithAugmentation(Augmentation(true, 2))
            .WithOptimizer(Rules.ClipGlobalNorm(5.0).Then(Rules.NAdam()).Then(Rules.Descend(Schedules.Linear 2e-3)))
            .WithStages(
                Stage.Create("first", true, false, 2, weightDecay = WeightDecay.Of 1e-3, keepsBest = true),
                Stage.Create("second", true, true, 2)
            )
            .WithBatchNormRecalibration(2)
            .WithThreads(1)

/// Trains it in a folder with a checkpoint after each batch, says so after each, and rests for so many milliseconds; the exit code.
/// It starts from the weights in a file where one is given.
let train folder (rest: int) (start: string option) =
    let saying =
        { new ITrainingObserver with
            member _.Batch _ =
                Console.WriteLine "batch"
                Threading.Thread.Sleep rest
        }

    try
        let trainer =
            match start with
            | Some file -> trainer.Value.StartingFrom file
            | None -> trainer.Value

        trainer.SaveTo(folder).WithCheckpoints(TimeSpan.Zero).Observed(saying).Train().Model.Dispose()
        0
    with
    | :? BnnFileException
    | :? BnnStoppedException as e ->
        Console.Error.WriteLine e.Message
        1
