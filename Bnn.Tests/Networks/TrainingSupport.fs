/// Tiny data and networks, and trainings of a few steps on the trainer's own path.
module Bnn.Tests.TrainingSupport

open System
open Bnn
open Bnn.Tests.DataSupport
open TorchSharp

let private classes = [| "a"; "b"; "c" |]

/// So many images of a size, by a seed.
let images seed count channels height width =
    let labels = Array.init count (fun k -> k % classes.Length)
    let pixels = randomBytes seed (count * channels * height * width) 256
    ImageSet(channels, height, width, ReadOnlyMemory pixels, ReadOnlyMemory labels, classes)

/// Images of a size: 20 batches of 4, and a few to test on.
let data channels height width =
    Data.InMemory("tiny", images 3L 80 channels height width, images 4L 6 channels height width)

/// A convolution and a binary one, whose output is a number for each class; without batch norm an image's numbers are its own.
let plain: Network =
    Layers.Convolution("stem", 4, 3)
    >=> Layers.Sign("sign")
    >=> Layers.BinaryConvolution("conv", 4, 3)
    >=> Layers.GlobalMean()
    >=> Layers.Linear("classifier", 3)

/// The same with batch norm, of a width and of so many classes or numbers.
let normedOf width classes : Network =
    Layers.Convolution("stem", width, 3)
    >=> Layers.BatchNorm "norm"
    >=> Layers.Sign("sign")
    >=> Layers.BinaryConvolution("conv", width, 3)
    >=> Layers.BatchNorm "after"
    >=> Layers.GlobalMean()
    >=> Layers.Linear("classifier", classes)

let normed = normedOf 4 3

/// A training of a network on tiny images of its size: one epoch of 20 steps, everything binary.
let trainerOf network channels height width =
    BnnTrainer()
        .WithData(data channels height width)
        .WithModel(network: Network)
        .WithAdam(learningRate = 0.01)
        .WithBatch(4)
        .WithDiagnostics(false)
        .WithEvaluation(0)
        .WithThreads(1)
        .OneStep(epochs = 1)

/// Trains so many batches of the first stage, and gives the losses; `look` sees the network before and after.
let trainFor batches (trainer: BnnTrainer) (look: TorchNetwork -> 'a) =
    let plan = trainer.Plan()
    let losses = ResizeArray()

    let observer =
        { new ITrainingObserver with
            member _.Batch b = losses.Add b.Loss
        }

    use network = TorchNetwork.Create(plan.Model, plan.Seed, plan.Device)
    use epoch = new TrainingEpoch(plan, plan.Data.Train.OwnNormalization(), observer)
    let stage = plan.Recipe.Stages.Head
    let position = RunPosition()

    use running =
        new StageRun(plan, network, stage, position, epoch.Batches.Count, null)

    let before = look network
    epoch.Run(network, stage, running.Optimizer, position, null, batches) |> ignore
    before, look network, List.ofSeq losses

/// A tensor's numbers.
let numbers (tensor: torch.Tensor) =
    tensor.detach().cpu().``to``(torch.float32).flatten().data<float32>().ToArray()

/// A tensor's numbers, bit by bit.
let bits (tensor: torch.Tensor) =
    numbers tensor |> Array.map BitConverter.SingleToInt32Bits

/// The values of a network's parameters by name.
let valuesOf (network: TorchNetwork) =
    Map.ofSeq (seq { for struct (tensor, _) in network.Store.Parameters -> tensor.Name, numbers tensor.Value })

/// The gradients of a network's parameters by name.
let gradientsOf (network: TorchNetwork) =
    Map.ofSeq (seq { for struct (tensor, _) in network.Store.Parameters -> tensor.Name, numbers tensor.Value.grad })

/// Logits of a trained model for images, bit by bit.
let logitsOf (model: BnnModel) (images: Examples) =
    model.Logits images
    |> Seq.concat
    |> Seq.map BitConverter.SingleToInt32Bits
    |> List.ofSeq

/// The faults of an action that a configuration must be refused for: name and all of it.
let refusals (action: unit -> unit) =
    try
        action ()
        []
    with :? BnnConfigurationException as e ->
        List.ofSeq e.Faults
