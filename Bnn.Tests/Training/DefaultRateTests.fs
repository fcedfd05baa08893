/// The defaults of every optimizer: they train.
module Bnn.Tests.Training.DefaultRateTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.TrainerTests
open Expecto

/// The trainer with the builder's method for an optimizer, all of its parameters at their defaults.
let private byDefault (row: OptimizerRow) (trainer: BnnTrainer) =
    let builder =
        typeof<BnnTrainer>.GetMethods()
        |> Array.find (fun m -> m.Name.Equals("With" + row.Name, StringComparison.OrdinalIgnoreCase))

    builder.Invoke(trainer, builder.GetParameters() |> Array.map _.DefaultValue) :?> BnnTrainer

/// 240 iterations of 16 images. With one of the papers' small rates, RAdam's 1e-3 or Lion's 1e-4, a network still guesses then.
let private brief =
    lazy
        ((short ())
            .WithModel(Models.ReActNet([ struct (8, 2); struct (16, 2) ]))
            .WithBatch(16)
            .WithEpochs(6)
            .WithDiagnostics(false)
            .WithEvaluation(0)
            .WithThreads(1))

/// The last epoch's top-1 on the training images, which is a mean over the weights of its 20 iterations. The last iteration's weights alone say
/// less: Bop flips whole weights, so that over ten seeds theirs is 0.37 to 0.54, and the mean 0.44 to 0.52.
let private lastEpochTop1 (trainer: BnnTrainer) =
    let mutable top1 = nan
    use _model = trainer.OnEpoch(fun epoch -> top1 <- epoch.TrainTop1).Train().Model
    top1

[<Tests>]
let tests =
    trainings (
        testList
            "Default rates"
            [
                for row in Catalogue.all do
                    testCase
                        $"{row.Name} trains by its defaults: in 240 iterations it gets more than four times as many right as chance"
                    <| fun _ -> Expect.isGreaterThan (lastEpochTop1 (byDefault row brief.Value)) 0.4 "of ten classes"
                    // the paper's two in every run, the others take as long each
                    |> if row.Name = "Adam" || row.Name = "SGD" then id else long
            ]
    )
