/// A tiny run that is stopped, mixed with others and let go on, and what it should come to.
module Bnn.Tests.RunSupport

open System
open System.IO
open Bnn
open Bnn.Tests.ResumeSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto

/// Twelve steps in two stages of an epoch each, everything measured; a checkpoint after each, of which five stay.
let run =
    training.WithDiagnostics(true).WithEvaluation(1).TwoStep(epochs = 1).WithCheckpoints(TimeSpan.Zero, 5)

/// What the run comes to: losses, accuracy and latent weights.
let endOf (trainer: BnnTrainer) =
    let result = trainer.Train()
    use model = result.Model

    [ for e in result.Epochs -> e.Stage, e.Epoch, e.Loss, e.FlipFlopRatio, e.Top1 ], tensorsOf model

let whole = lazy (endOf run)

/// Trains in a folder and stops after so many of the 12 steps, 6 an epoch.
let stopIn folder batches (trainer: BnnTrainer) =
    match resultFor batches (trainer.SaveTo(folder: string)) with
    | Some result ->
        result.Model.Dispose()
        failtest "it has ended before it was stopped"
    | None -> ()

let checkpointFolder folder = Path.Combine(folder, "checkpoints")

let recipeOf folder =
    Path.Combine(checkpointFolder folder, "recipe.json")

/// A copy of a folder and all in it.
let copyTo target source =
    for file in Directory.GetFiles(source, "*", SearchOption.AllDirectories) do
        let copy = Path.Combine(target, Path.GetRelativePath(source, file))
        Directory.CreateDirectory(Path.GetDirectoryName copy) |> ignore
        File.Copy(file, copy, true)

/// How a training is refused: by what it says before it begins, or by the error that ends it. Anything else it raises fails the test.
let refusal (trainer: BnnTrainer) =
    try
        trainer.Train().Model.Dispose()
        None
    with
    | :? BnnConfigurationException
    | :? BnnFileException as e -> Some e.Message

/// The names of all that is said against a training.
let faultNames (trainer: BnnTrainer) =
    [ for fault in trainer.Validate() -> fault.Name ]

/// One that gives pictures of two channels.
let cleaner: Network =
    Layers.Convolution("stem", 4, 3)
    >=> Layers.Sign("sign")
    >=> Layers.BinaryConvolution("conv", 4, 3)
    >=> Layers.BatchNorm "after"
    >=> Layers.Convolution("last", 2, 3)

/// A network of another width than the run's.
let wider = normedOf 8 3

/// The images of a source, changed.
let changed
    (data: DataSource)
    name
    (pixels: byte[] -> byte[])
    (labels: int[] -> int[])
    (classes: string[] -> string[])
    =
    let loaded = data.Load()

    let change (set: Examples) =
        let set = set :?> ImageSet

        ImageSet(
            set.Channels,
            set.Height,
            set.Width,
            ReadOnlyMemory(pixels (set.Pixels.ToArray())),
            ReadOnlyMemory(labels (set.Labels.ToArray())),
            classes (Array.ofSeq set.Classes)
        )

    Data.InMemory(name, change loaded.Train, change loaded.Test)

let source = dataOf 3 2 6 6

/// One pixel in the middle is another.
let onePixel (pixels: byte[]) =
    let copy = Array.copy pixels
    copy[copy.Length / 2] <- copy[copy.Length / 2] ^^^ 1uy
    copy

/// Two labels change places.
let twoLabels (labels: int[]) =
    let copy = Array.copy labels
    copy[0] <- labels[1]
    copy[1] <- labels[0]
    copy
