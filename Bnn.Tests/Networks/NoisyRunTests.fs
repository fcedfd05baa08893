/// Whole runs whose binarizers read noise and the iteration.
module Bnn.Tests.NoisyRunTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.TrainingSupport
open Expecto

/// Noise in weights and activations, then a surrogate that narrows beside noise in weights.
let private trainer =
    lazy
        (SmallRun.trainer.Value.WithStages(
            Stage.Create("first", true, true, 1),
            Stage.Create("second", true, true, 1, activations = Binarizer.tanhSign (Schedule.linear 1.0 0.1))
        ))
            .WithBinarizers(Binarizer.stochasticSign.WithScale WeightScale.Attached, Binarizer.stochasticSign)

let private first = lazy (outcome (trainer.Value.Train()))

let private plainTrainer =
    (trainerOf plain 2 6 6).WithBatch(8).WithBinarizers(Binarizer.stochasticSign, Binarizer.stochasticSign)

/// The loss of the first batch, and its gradients.
let private firstStep (trainer: BnnTrainer) =
    let _, gradients, losses = trainFor 1 trainer gradientsOf
    List.exactlyOne losses, gradients

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Runs with noise and schedules"
            [
                test "a run that is stopped after any batch goes on to the same losses and weights, to the bit" {
                    inFolder (fun folder ->
                        for batches in [ 3; 10; 14 ] do
                            let trainer = trainer.Value.SaveTo(Path.Combine(folder, $"{batches}"))
                            Expect.isNone (runFor batches trainer) "stopped"
                            Expect.equal (outcome (trainer.Train())) first.Value $"after {batches} batches")
                }

                test "two runs of one seed are the same, to the bit; another seed is another run" {
                    Expect.isGreaterThan (trainer.Value.Estimate(1).Seconds) 0.0 "an estimate in between"
                    Expect.equal (outcome (trainer.Value.Train())) first.Value "the same seed"
                    Expect.notEqual (outcome (trainer.Value.WithSeed(2L).Train())) first.Value "another seed"
                }

                test "a batch in micro-batches reads the whole batch's noise: loss and gradients are the whole batch's" {
                    let loss, gradients = firstStep plainTrainer

                    for count in [ 2; 3; 4 ] do
                        let its, itsGradients = firstStep (plainTrainer.WithMicroBatches count)
                        Expect.floatClose { absolute = 1e-6; relative = 1e-5 } its loss $"loss in {count}"

                        for name in gradients.Keys do
                            let largest = gradients[name] |> Array.map abs |> Array.max

                            for whole, split in Array.zip gradients[name] itsGradients[name] do
                                Expect.isLessThanOrEqual (abs (whole - split)) (1e-4f * largest) $"{name} in {count}"
                }

                test "a trained network is the same in every evaluation: no noise is left" {
                    let result = trainer.Value.OneStep(epochs = 1).Train()
                    use model = result.Model
                    let test = TrainerTests.few.Value.Load().Test
                    let logits = logitsOf model test
                    Expect.equal (logitsOf model test) logits "again"
                    let some = test.Take 7
                    Expect.equal (logitsOf model some) (List.take (7 * 10) logits) "in another batch"

                    inFolder (fun folder ->
                        let path = Path.Combine(folder, "net.safetensors")
                        Directory.CreateDirectory folder |> ignore
                        model.Save path
                        use loaded = BnnModel.Load path
                        Expect.equal (logitsOf loaded test) logits "loaded")
                }
            ]
    )
