/// Trainings whose figures can be counted: of weights that stay, on eight images.
module Bnn.Tests.FigureSupport

open Bnn
open Bnn.Tests.TrainingSupport
open Expecto

/// What is trained on, and what is tested on.
let train = images 3L 8 1 6 6
let tested = images 4L 7 1 6 6

/// Batches of 3, 3 and 2 images, of all figures.
let eight network =
    (trainerOf network 1 6 6).WithData(Data.InMemory("eight", train, tested)).WithBatch(3)

/// A training whose steps leave every weight as it is, so that what it reports is of one and the same network.
let still network =
    (eight network).WithSgd(learningRate = 1e-30, momentum = 0.0)

/// What it gives, and each batch's stage, epoch and loss.
let trained (trainer: BnnTrainer) =
    let batches = ResizeArray()

    let result =
        trainer.OnBatch(fun (b: BatchMetrics) -> batches.Add(b.Stage, b.Epoch, b.Loss)).Train()

    result, List.ofSeq batches

/// Cross-entropy of each image by its logits.
let lossOf (logits: float32[]) label =
    let logits = Array.map float logits
    log (logits |> Array.sumBy (fun z -> exp (z - logits[label])))

/// Each image's logits and its label.
let labelled (model: BnnModel) (images: Examples) =
    [
        for index, logits in Seq.indexed (model.Logits images) -> logits, images.Label index
    ]

/// 1 where the label is the most probable, else 0.
let isRight (logits: float32[], label) =
    if Array.max logits = logits[label] then 1.0 else 0.0

let close = { absolute = 1e-6; relative = 1e-6 }
