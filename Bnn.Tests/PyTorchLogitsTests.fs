/// Networks saved here and carried out by PyTorch, where this machine has it.
module Bnn.Tests.PyTorchLogitsTests

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

/// The family and the layers that the script builds, the size of the images, and the same network here.
let private models =
    let eighteen blocks =
        ResNets.layers (8, 2) [ for width in [ 8; 16; 32; 64 ] -> width, blocks ]

    [
        "ReActNet", [ 8, 2; 16, 2; 16, 1; 32, 2 ], 33, ReActNet.network
        "ReActResNet", eighteen 4, 64, ResNets.reActNet18
        "ResNet", eighteen 2, 64, ResNets.real
    ]

/// Every tensor as a training may leave it.
let private randomized (network: TorchNetwork) =
    use _none = torch.no_grad ()

    for tensor in network.Store.All do
        if tensor.Name.EndsWith("running_var", StringComparison.Ordinal) then
            tensor.Value.uniform_ (0.5, 2.0) |> ignore
        elif tensor.Value.is_floating_point () then
            tensor.Value.add_ (torch.randn_like tensor.Value * 0.2.ToScalar()) |> ignore

let private entry name (value: PickleValue) =
    KeyValuePair(PickleText name :> PickleValue, value)

let private tensor (x: torch.Tensor) =
    let array = TensorBytes.ToArray("", x)
    PickleTensor(array.Dtype, array.Shape, array.Bytes) :> PickleValue

let private save folder (family: string, layers: (int * int) list, size, network) =
    let model = ModelDescription.Create(family, network layers 10, 3, size, size)
    use _scope = torch.NewDisposeScope()
    torch.manual_seed 7L |> ignore
    let network = TorchNetwork.Create(model, 7L)
    randomized network

    use source =
        new BnnModel(
            network,
            NetworkMode(false, true, true),
            ImportOptions().Normalization 3,
            [| for k in 0..9 -> $"{k}" |]
        )

    let x = torch.randn (4L, 3L, int64 model.Height, int64 model.Width)
    let path = Path.Combine(folder, $"{family}.pth")
    source.Save path
    use loaded = BnnModel.Load path
    let logits = source.LogitsOf x
    Expect.isTrue (loaded.LogitsOf(x).eq(logits).all().item<bool>()) "what is saved is loaded"

    let layers =
        PickleList
            [|
                for width, stride in layers ->
                    PickleTuple [| PickleInteger(bigint width); PickleInteger(bigint stride) |] :> PickleValue
            |]

    PyTorchFile.Write(
        Path.Combine(folder, $"{family}.run.pth"),
        PickleDict
            [|
                entry "family" (PickleText family)
                entry "layers" layers
                entry "inputs" (tensor x)
                entry "logits" (tensor logits)
            |]
    )

/// What Python prints; None where there is none with PyTorch.
let private python (arguments: string list) =
    Tools.python.Value
    |> Option.map (fun program ->
        match Programs.tryRun program arguments Environment.CurrentDirectory with
        | Some(0, output, _) -> output
        | Some(_, _, errors) -> failtest errors
        | None -> failtest $"{program} is gone")

[<Tests>]
let tests =
    testList
        "PyTorch logits"
        [
            test "What is saved loads in PyTorch and gives the same logits there" {
                inFolder (fun folder ->
                    List.iter (save folder) models

                    let script =
                        Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch", "logits.py")

                    match python [ script; folder ] with
                    // PyTorch is no part of the build
                    | None -> Checks.notTried "this machine has no python3 with torch"
                    | Some output ->
                        let lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        Expect.equal lines.Length models.Length "networks"

                        for line in lines do
                            let difference = Double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)
                            Expect.isLessThan difference 1e-4 line)
            }
        ]
