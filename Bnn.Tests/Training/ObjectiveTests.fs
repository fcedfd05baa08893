/// What is minimized: each objective is its formula, classes may be weighed, micro-batches add up to the batch, and code of a user's that goes
/// wrong is one clear error.
module Bnn.Tests.ObjectiveTests

open System
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private one = Normalization([| 0.0 |], [| 1.0 |])

let private outcome (outputs: torch.Tensor) (target: torch.Tensor) =
    Outcome(torch.zeros (1L), outputs, target, one)

let private lossOf (objective: Objective) (weights: float[]) outputs target =
    let loss = TrainingLoss(objective, weights)
    let at = outcome outputs target
    (loss.Of &at).``to``(torch.float64).item<float>()

let private float64s (tensor: torch.Tensor) = tensor.``to`` torch.float64

let private trainer = trainerOf normed 1 6 5

/// What ends a training.
let private thrown (trainer: BnnTrainer) =
    try
        trainer.Train().Model.Dispose()
        "nothing was thrown"
    with :? BnnTrainingException as e ->
        e.Message

let private names (trainer: BnnTrainer) =
    [ for fault in trainer.Validate() -> fault.Name ]

[<Tests>]
let tests =
    testList
        "Objectives"
        [
            test "The mean squared error is over all numbers; of a class 1 at the label and 0 elsewhere" {
                use _scope = torch.NewDisposeScope()

                let outputs, target =
                    float64s (torch.randn (4L, 2L, 3L, 5L)), float64s (torch.randn (4L, 2L, 3L, 5L))

                let expected = torch.nn.functional.mse_loss(outputs, target).item<float>()

                Expect.floatClose
                    Accuracy.high
                    (lossOf (Objectives.MeanSquaredError()) null outputs target)
                    expected
                    "numbers"

                let logits = float64s (torch.randn (4L, 3L))
                let labels = torch.tensor [| 2L; 0L; 1L; 1L |]
                let hot = float64s (torch.nn.functional.one_hot (labels, 3L))
                let expected = torch.nn.functional.mse_loss(logits, hot).item<float>()

                Expect.floatClose
                    Accuracy.high
                    (lossOf (Objectives.MeanSquaredError()) null logits labels)
                    expected
                    "classes"
            }

            test
                "Class weights give torch's weighted cross-entropy; equal weights change nothing; smoothed losses and squared errors are weighed alike" {
                use _scope = torch.NewDisposeScope()
                let logits = float64s (torch.randn (6L, 3L))
                let labels = torch.tensor [| 2L; 0L; 1L; 1L; 0L; 0L |]
                let weights = [| 0.5; 3.0; 1.25 |]

                let torchs =
                    torch.nn.functional.cross_entropy (logits, labels, torch.tensor weights)

                Expect.floatClose
                    Accuracy.high
                    (lossOf (Objectives.CrossEntropy()) weights logits labels)
                    (torchs.item<float>())
                    "torch's"

                for objective in
                    [
                        Objectives.CrossEntropy()
                        Objectives.CrossEntropy 0.2
                        Objectives.MeanSquaredError()
                    ] do
                    let unweighted = lossOf objective null logits labels

                    Expect.floatClose
                        Accuracy.high
                        (lossOf objective [| 2.0; 2.0; 2.0 |] logits labels)
                        unweighted
                        $"{objective}: equal"

                    // a weight of 2 counts an example twice
                    let rows = [| 0L; 1L; 2L; 3L; 4L; 5L; 2L; 3L |]
                    let index = torch.tensor rows

                    Expect.floatClose
                        Accuracy.high
                        (lossOf objective [| 1.0; 2.0; 1.0 |] logits labels)
                        (lossOf objective null (logits.index_select (0L, index)) (labels.index_select (0L, index)))
                        $"{objective}: an example of weight 2 is one that is there twice"
            }

            test "With a teacher, too, an example of weight 2 is one that is there twice" {
                use _scope = torch.NewDisposeScope()
                use network = DistillationTests.teacher DistillationTests.plain
                let inputs, logits = torch.rand (6L, 2L, 8L, 8L), torch.randn (6L, 3L)
                let labels = torch.tensor [| 2L; 0L; 1L; 1L; 0L; 0L |]
                let twice = torch.tensor [| 0L; 1L; 2L; 3L; 4L; 5L; 2L; 3L |]
                let rows (x: torch.Tensor) = x.index_select (0L, twice)
                let objective = Objectives.Distributional(network, 2.0, 0.25, 0.1)

                let loss (weights: float[]) inputs outputs target =
                    let at = Outcome(inputs, outputs, target, DistillationTests.plain)
                    TrainingLoss(objective, weights).Of(&at).item<float32>() |> float

                Expect.floatClose
                    Accuracy.medium
                    (loss [| 1.0; 2.0; 1.0 |] inputs logits labels)
                    (loss null (rows inputs) (rows logits) (rows labels))
                    "weighed"
            }

            test "With class weights too, gradients of micro-batches add up to the batch's" {
                let gradients count =
                    let trainer =
                        (trainerOf plain 1 6 5)
                            .WithBatch(8)
                            .WithMicroBatches(count)
                            .WithClassWeights(1.0, 7.0, 0.25)
                            .WithSgd(learningRate = 0.5)

                    let _, after, losses = trainFor 3 trainer valuesOf
                    after, losses

                let whole, losses = gradients 1

                for count in [ 2; 3 ] do
                    let split, splitLosses = gradients count

                    for a, b in List.zip splitLosses losses do
                        Expect.floatClose { absolute = 1e-5; relative = 1e-4 } a b $"{count}: losses"

                    for name in whole.Keys do
                        for a, b in Array.zip split[name] whole[name] do
                            Expect.floatClose
                                { absolute = 1e-4; relative = 1e-3 }
                                (float a)
                                (float b)
                                $"{count} micro-batches: {name}"
            }

            test "A function of one's own that is cross-entropy trains to the bits that cross-entropy has" {
                let losses (trainer: BnnTrainer) =
                    let _, after, losses = trainFor 10 trainer (fun network -> valuesOf network)
                    losses, after

                let own =
                    Objectives.Own(
                        "mine",
                        "1",
                        fun outputs target -> torch.nn.functional.cross_entropy (outputs, target)
                    )

                Expect.equal (losses (trainer.WithObjective own)) (losses trainer) "the same"
                Expect.stringContains (trainer.WithObjective(own).Describe()) "loss        mine, version 1" "described"
            }

            test "An objective says what it is, with its options" {
                for objective, words in
                    [
                        Objectives.CrossEntropy(), "cross-entropy with the labels"
                        Objectives.CrossEntropy 0.1, "cross-entropy with the labels, labels smoothed by 0.1"
                        Objectives.MeanSquaredError(), "mean squared error"
                        Objectives.Own("mine", "2", (fun x _ -> x)), "mine, version 2"
                    ] do
                    Expect.equal (string objective) words "in words"
            }

            test
                "A function of one's own that gives the wrong shape, no number, no gradient, or throws is one error that names it" {
                let own f =
                    thrown (trainer.WithObjective(Objectives.Own("mine", "1", Func<_, _, _> f)))

                let each (outputs: torch.Tensor) (target: torch.Tensor) =
                    torch.nn.functional.cross_entropy (outputs, target, reduction = torch.nn.Reduction.None)

                Expect.equal
                    (own each)
                    "objective mine gives Float32 numbers of shape [4]; give one real number, the mean over the batch"
                    "a vector"

                Expect.stringContains (own (fun _ _ -> null)) "objective mine gives nothing" "nothing"
                Expect.stringContains (own (fun _ target -> target.sum ())) "objective mine gives Int64 numbers" "whole"
                Expect.stringContains (own (fun _ _ -> torch.ones (1L))) "so there is no gradient" "a constant"

                Expect.stringContains
                    (own (fun _ _ -> failwith "not yet"))
                    "objective mine has thrown Exception: not yet"
                    "throws"

                Expect.stringContains
                    (own (fun outputs target -> (each outputs target).mean() * nan.ToScalar()))
                    "the loss became NaN"
                    "NaN"

                Expect.stringContains
                    (own (fun outputs target -> (each outputs target).mean() * nan.ToScalar()))
                    "so look at the objective mine"
                    "named"
            }

            test "Objectives, class weights and data that do not go together are faults by name" {
                let own =
                    Objectives.Own(
                        "mine",
                        "1",
                        fun outputs target -> torch.nn.functional.cross_entropy (outputs, target)
                    )

                Expect.equal (names (trainer.WithClassWeights(1.0, nan, 1.0))) [ "classWeights[1]" ] "NaN"

                Expect.equal
                    (names (trainer.WithClassWeights(1.0, 0.0, -1.0)))
                    [ "classWeights[1]"; "classWeights[2]" ]
                    "0"

                Expect.equal (names (trainer.WithClassWeights(1.0, 1.0))) [ "classWeights" ] "of two classes"

                Expect.equal
                    (names (trainer.WithObjective(own).WithClassWeights(1.0, 1.0, 1.0)))
                    [ "classWeights" ]
                    "own"

                Expect.equal
                    (names (trainer.WithObjective(own).WithLabelSmoothing 0.1))
                    [ "labelSmoothing" ]
                    "no labels"

                Expect.equal (names (trainer.WithLabelSmoothing 1.0)) [ "labelSmoothing" ] "share"

                let noisy = (data 1 6 5).WithNoise 0.1
                Expect.equal (names (trainer.WithData noisy)) [ "model own network: output" ] "no picture"

                let picture =
                    trainer.WithData(noisy).WithModel(Layers.Convolution("last", 1, 3), "picture")

                Expect.equal (names picture) [] "a picture, by its mean squared error"
                Expect.equal (names (picture.WithObjective(Objectives.CrossEntropy()))) [ "objective" ] "no classes"
                Expect.equal (names (picture.WithClassWeights 1.0)) [ "classWeights" ] "no classes to weigh"
                Expect.equal (names (BnnTrainer().WithData noisy)) [ "model" ] "no network of its own"

                Expect.throwsT<ArgumentException>
                    (fun () -> Objectives.Own("mine", "", fun x _ -> x) |> ignore)
                    "a version"
            }

            test "A run goes on with the same name and version of its objective and data only" {
                inFolder (fun folder ->
                    let objective name version =
                        Objectives.Own(
                            name,
                            version,
                            fun outputs target -> torch.nn.functional.cross_entropy (outputs, target)
                        )

                    let source version =
                        Data.Own("mine", version, PickedExamples(images 3L 20 1 6 5, [| 0..19 |]), images 4L 6 1 6 5)

                    let saved name version data =
                        trainer.WithObjective(objective name version).WithData(source data).SaveTo(folder)

                    (saved "loss" "1" "1").Train().Model.Dispose()
                    Expect.equal (names (saved "loss" "1" "1")) [] "the same"
                    Expect.equal (names (saved "loss" "2" "1")) [ "recipe.objective.version" ] "another version"
                    Expect.equal (names (saved "other" "1" "1")) [ "recipe.objective.name" ] "another objective"
                    Expect.equal (names (saved "loss" "1" "2")) [ "recipe.dataVersion" ] "other data"

                    Expect.equal
                        (names ((saved "loss" "1" "1").WithBalancedClasses()))
                        [ "recipe.balancedClasses" ]
                        "another order")
            }
        ]
