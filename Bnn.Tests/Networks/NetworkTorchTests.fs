/// Random networks on torch: what the value says of them is what they do.
module Bnn.Tests.NetworkTorchTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.NetworkGen
open Expecto
open TorchSharp

let private mode training activations weights =
    NetworkMode(training, activations, weights, Moment = TrainingMoment(3, 10, 5L))

let private random (seed: int) (shape: int64[]) =
    use generator = new torch.Generator(uint64 seed)
    torch.randn (shape, dtype = torch.float64, generator = generator)

/// The network with a random number added to each that it learns, so that few sums are exactly 0.
let private create (model: ModelDescription) =
    use _none = torch.no_grad ()
    let network = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)

    for k, struct (tensor, _) in Seq.indexed network.Store.Parameters do
        tensor.Value.add_ (random k tensor.Shape * 0.2.ToScalar()) |> ignore

    network

let private images seed count (size: FeatureSize) =
    random seed [| int64 count; size.Channels; size.Height; size.Width |]

/// A vector may have one row and column, or none.
let private sizeOf (y: torch.Tensor) =
    FeatureSize.Of(y.shape[1], (if y.dim () = 4L then y.shape[2] else 1L), (if y.dim () = 4L then y.shape[3] else 1L))

let private parts (model: ModelDescription) =
    match model.Network with
    | Network.Chain parts -> parts
    | other -> [ other ]

let private ofParts input parts =
    {
        Name = "part"
        Input = input
        Network = Network.chain parts
    }

let private bits (y: torch.Tensor) =
    y.detach().contiguous().flatten().data<float>().ToArray()
    |> Array.map BitConverter.DoubleToInt64Bits

let private isSound (model: ModelDescription) =
    (ModelDescription.validate model).IsEmpty

let private quiet (action: unit -> unit) =
    use _scope = torch.NewDisposeScope()
    use _none = torch.no_grad ()
    action ()

let private copyFrom (whole: TorchNetwork) (part: TorchNetwork) =
    for tensor in part.Store.All do
        tensor.Value.copy_ whole.Store[tensor.Name].Value |> ignore

/// Every number of a network that is learned, moved along a direction.
let private moved (network: TorchNetwork) (direction: torch.Tensor list) (by: float) =
    for struct (tensor, _), along in Seq.zip network.Store.Parameters direction do
        tensor.Value.add_ (along * by.ToScalar()) |> ignore

[<Tests>]
let tests =
    testList
        "Networks on torch"
        [
            lawOf 60 "sizes and tensors are those of the torch network, after each of its parts" anyModel (fun model ->
                quiet (fun () ->
                    let parts = parts model

                    for count in 1 .. parts.Length do
                        let part = ofParts model.Input (List.take count parts)

                        if isSound part then
                            use network = create part
                            let own = [ for t in network.Store.All -> t.Name, List.ofArray t.Value.shape ]
                            let told = Network.tensors part.Input part.Network
                            Expect.equal own [ for t in told -> t.Name, t.Shape ] "tensors"
                            let y = network.Forward(images 7 2 model.Input, mode false true true)
                            Expect.equal (sizeOf y) part.Output $"size after {count} parts of {model}"))

            lawOf 60 "a network cut in two and chained gives the same outputs, to the bit" anyModel (fun model ->
                quiet (fun () ->
                    let parts = parts model
                    let first = ofParts model.Input (List.take (parts.Length / 2) parts)

                    if isSound first then
                        let second = ofParts first.Output (List.skip (parts.Length / 2) parts)
                        use whole = create model
                        // the same memory: torch's vector code rounds by where it begins
                        let forward model = NetworkGraph.Of(model, whole.Store)
                        let first, second = forward first, forward second
                        let x = images 7 3 model.Input

                        for activations, weights in List.allPairs [ true; false ] [ true; false ] do
                            let mode = mode false activations weights
                            let chained = second.Invoke(first.Invoke(Features.op_Implicit x, mode), mode)
                            let expected = bits (whole.Forward(x, mode))
                            Expect.equal (bits chained.Whole) expected $"{model}"))

            lawOf
                60
                "an image's output does not depend on the other images of its batch, to the bit"
                anyModel
                (fun model ->
                    quiet (fun () ->
                        use network = create model
                        let x, others = images 7 3 model.Input, images 8 3 model.Input
                        let mode = mode false true true
                        let own (y: torch.Tensor) = bits (y.narrow (0L, 1L, 1L))
                        let expected = own (network.Forward(x, mode))
                        others[1L].copy_ x[1L] |> ignore
                        Expect.equal (own (network.Forward(others, mode))) expected $"{model}"))

            lawOf
                60
                "in every mode a network trains: gradients are finite, and of every tensor's shape"
                anyModel
                (fun model ->
                    use _scope = torch.NewDisposeScope()
                    use network = create model
                    let x = images 7 4 model.Input

                    for activations, weights in List.allPairs [ true; false ] [ true; false ] do
                        let y = network.Forward(x, mode true activations weights)
                        Differentiation.Backward(y.pow(2.0.ToScalar()).sum())

                        for struct (tensor, _) in network.Store.Parameters do
                            let gradient = tensor.Value.grad
                            Expect.equal gradient.shape tensor.Shape $"{tensor.Name}: shape"
                            Expect.isTrue (gradient.isfinite().all().item<bool>()) $"{tensor.Name} of {model}")

            lawOf
                60
                "the real twin is the network in a real mode, and its gradient a finite difference"
                anyModel
                (fun model ->
                    use _scope = torch.NewDisposeScope()
                    use network = create model
                    use twin = create (model.RealTwin())
                    let x = images 7 3 model.Input
                    let real = mode false false false

                    quiet (fun () ->
                        copyFrom network twin
                        let expected = network.Forward(x, real)

                        let difference =
                            (twin.Forward(x, mode false true true) - expected).abs().max().item<float>()
                        // torch's vector code rounds by where memory begins
                        Expect.isLessThan difference (1e-12 * (1.0 + expected.abs().max().item<float>())) $"{model}")

                    let loss () =
                        (twin.Forward(x, real) * 0.5.ToScalar()).tanh().sum()

                    Differentiation.Backward(loss ())
                    use _none = torch.no_grad ()

                    let direction =
                        [
                            for k, struct (tensor, _) in Seq.indexed twin.Store.Parameters ->
                                random (1000 + k) tensor.Shape
                        ]

                    let along =
                        Seq.zip twin.Store.Parameters direction
                        |> Seq.sumBy (fun (struct (tensor, _), d) -> (tensor.Value.grad * d).sum().item<float>())

                    // At a corner (of clip, of a maximum) the gradient is between the slopes of both sides.
                    let h = 1e-6
                    let at = loss().item<float>()
                    moved twin direction h
                    let right = (loss().item<float>() - at) / h
                    moved twin direction (-2.0 * h)
                    let left = (at - loss().item<float>()) / h
                    let slack = 1e-4 * (1.0 + abs along)
                    Expect.isGreaterThanOrEqual along (min left right - slack) $"{model}"
                    Expect.isLessThanOrEqual along (max left right + slack) $"{model}")
        ]
