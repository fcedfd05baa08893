/// Every binarizer trains, in weights and in activations.
module Bnn.Tests.AnyBinarizerTests

open System
open Bnn
open Bnn.Tests.TrainingSupport
open Expecto

/// All that the catalogue has.
let private catalogue =
    List.map BinarizerSupport.standard (Catalogue.binarizers @ Catalogue.weightBinarizers)

/// Every scale on a sign that is always the same, and on one that follows the iteration.
let private scaled =
    [
        for scale in Enum.GetValues<WeightScale>() do
            Binarizer.clip.WithScale scale
            (Binarizer.ede Binarizer.edeSharpness).WithScale scale
    ]

let private trainer = trainerOf normed 2 6 6

/// 20 steps: the losses are finite, every tensor has a gradient and another value than before, the learned numbers of the binarizer too.
let private learns name (binarizer: Binarizer) (trainer: BnnTrainer) =
    let look network = valuesOf network, gradientsOf network

    let (before, _), (after, gradients), losses = trainFor 20 trainer look
    Expect.hasLength losses 20 "steps"
    Expect.all losses Double.IsFinite $"losses {losses}"

    for parameter in binarizer.Parameters do
        Expect.isTrue (before.ContainsKey $"{name}.{parameter}") $"{parameter} is a tensor"

    for tensor in before.Keys do
        Expect.all gradients[tensor] Single.IsFinite $"{tensor}: gradient"
        Expect.exists gradients[tensor] ((<>) 0.0f) $"{tensor}: gradient of the last step"
        Expect.notEqual after[tensor] before[tensor] $"{tensor}: changes"

[<Tests>]
let tests =
    testList
        "Training with any binarizer"
        [
            for binarizer in catalogue @ scaled |> List.distinctBy _.Name do
                test $"in weights: {binarizer.Name}" {
                    trainer.WithBinarizers(weights = binarizer) |> learns "conv" binarizer
                }

            for binarizer in catalogue do
                test $"in activations: {binarizer.Name}" {
                    trainer.WithBinarizers(activations = binarizer) |> learns "sign" binarizer
                }

            test "what is trained by noise is another training for another seed, and the same one for the same" {
                let losses (seed: int64) =
                    let noisy =
                        trainer.WithBinarizers(Binarizer.stochasticSign, Binarizer.stochasticSign)

                    let _, _, losses = trainFor 6 (noisy.WithSeed seed) ignore
                    losses

                Expect.equal (losses 1L) (losses 1L) "the same"
                Expect.notEqual (losses 1L) (losses 2L) "another"
            }
        ]
