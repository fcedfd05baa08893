/// Tiny trainings that others start from, and what they begin with.
module Bnn.Tests.StartSupport

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainingSupport
open Expecto

/// 24 random images of a size to train on, and 8 to test on, of so many classes.
let dataOf classes channels height width =
    let images seed count =
        ImageSet(
            channels,
            height,
            width,
            ReadOnlyMemory(randomBytes seed (count * channels * height * width) 256),
            ReadOnlyMemory(Array.init count (fun k -> k % classes)),
            [| for k in 1..classes -> $"class {k}" |]
        )

    Data.InMemory("tiny", images 5L 24, images 6L 8)

/// 12 steps on these images, all binary throughout.
let trainingOf (data: DataSource) =
    BnnTrainer().WithData(data).WithAdam(learningRate = 0.01).WithBatch(4).WithThreads(1).OneStep(epochs = 2)

/// That of a small network with batch norm, on images of 3 classes.
let training =
    (trainingOf (dataOf 3 2 6 6)).WithModel(normed, "normed").WithDiagnostics(false).WithEvaluation(0)

/// Another one on the same images, which has no network of its own.
let onward = (trainingOf (dataOf 3 2 6 6)).WithDiagnostics(false).WithEvaluation(0)

let private content (tensors: NamedArray seq) =
    [
        for tensor in tensors -> tensor.Name, List.ofArray tensor.Shape, tensor.Bytes.ToArray()
    ]

/// A network's tensors, the latent weights as they are.
let tensorsOf (model: BnnModel) = content (model.Given().Tensors)

/// The tensors that a training begins with.
let firstOf (trainer: BnnTrainer) =
    use network = trainer.Plan().FirstNetwork()
    content (NetworkTensors.Copy network)

/// What a training takes.
let takenBy (trainer: BnnTrainer) = trainer.Plan().Start.Report

/// The tensors of these names.
let named (names: string seq) tensors =
    let names = Set.ofSeq names
    tensors |> List.filter (fun (name, _, _) -> names.Contains name)

/// Trains in a folder, and leaves its result there.
let trainIn folder (trainer: BnnTrainer) =
    use model = trainer.SaveTo(folder).Train().Model
    tensorsOf model

/// The faults that keep a training from starting, each as a sentence.
let faultsOf (trainer: BnnTrainer) =
    trainer.Validate() |> Seq.map string |> List.ofSeq

/// There is one fault, about the start, which has all these parts.
let refuses (parts: string list) (trainer: BnnTrainer) =
    match List.ofSeq (trainer.Validate()) with
    | [ fault ] ->
        Expect.equal fault.Name "start" "the fault's name"

        for part in parts do
            Expect.stringContains (string fault) part "the fault"
    | faults -> failtest $"{faults.Length} faults: {faults}"

/// Hears the notes of a run.
type Notes() =
    member val All = ResizeArray<string>()

    interface ITrainingObserver with
        member notes.Note text = notes.All.Add text

/// Writes tensors to a file as torch.save does.
let writePth path (tensors: NamedArray seq) =
    PyTorchFile.Write(path, Array.ofSeq tensors)

let checkpointsOf folder =
    Directory.GetFiles(Path.Combine(folder, "checkpoints"), "0*.safetensors")
    |> Array.sort

/// One that trains so little that no weight moves.
let still (trainer: BnnTrainer) =
    trainer.WithSgd(learningRate = 1e-30).OneStep(wd = WeightDecay.Of 0.0, epochs = 1)
