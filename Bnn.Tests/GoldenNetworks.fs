/// Golden files of networks: built, filled by the file's formula, and run in float64.
module Bnn.Tests.GoldenNetworks

open System
open System.Text.Json
open Bnn
open Expecto
open TorchSharp

/// The networks that files are of, by the beginning of the file's name.
let private networks =
    [
        "reactnet-a", (fun (classes: int) (channels: int) (size: int) -> Models.ReActNetA(classes, channels, size))
        "reactnet-18", (fun (classes: int) (channels: int) (size: int) -> Models.ReActNet18(classes, channels, size))
        "bireal-18", (fun (classes: int) (channels: int) (size: int) -> Models.BiReal18(classes, channels, size))
        "bi-real-18", (fun (classes: int) (channels: int) (size: int) -> Models.BiReal18(classes, channels, size))
        "resnet-18", (fun (classes: int) (channels: int) (size: int) -> Models.ResNet18(classes, channels, size))
        "resnet-34", (fun (classes: int) (channels: int) (size: int) -> Models.ResNet34(classes, channels, size))
        "resnet-50", (fun (classes: int) (channels: int) (size: int) -> Models.ResNet50(classes, channels, size))
    ]

/// The network that a file is of, at the size of its images and with as many classes.
let private describe (name: string) (file: JsonElement) =
    let make =
        networks
        |> List.tryFind (fun (start, _) -> name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
        |> Option.map snd

    match make with
    | None -> failtest $"{name}: unknown network"
    | Some make ->
        let shape = file.GetProperty "input_shape"
        let classes = file.GetProperty("logits").[0].GetArrayLength()
        make classes (shape[1].GetInt32()) (shape[2].GetInt32())

let private integer (e: JsonElement) = e.GetInt64()

/// The figures offset + scale * sin(frequency * i + 1.3 * k) of tensor number k.
let private fill (frequency: float) k (entry: JsonElement) (tensor: torch.Tensor) =
    let offset, scale =
        entry.GetProperty("offset").GetDouble(), entry.GetProperty("scale").GetDouble()

    if tensor.dtype = torch.float64 then
        Array.init (int (tensor.numel ())) (fun i -> offset + scale * sin (frequency * float (i + 1) + 1.3 * float k))
        |> fun values -> torch.tensor(values).view(tensor.shape)
        |> tensor.copy_
        |> ignore

/// Checks names, shapes, counts and logits.
let check (name: string) (file: JsonElement) =
    use _scope = torch.NewDisposeScope()
    use _none = torch.no_grad ()
    use network = Network.Create(describe name file, 1UL, ``type`` = torch.float64)
    let entries = [ for entry in file.GetProperty("tensors").EnumerateArray() -> entry ]
    let tensors = List.ofSeq network.Store.All

    Expect.equal
        (tensors |> List.map (fun t -> t.Name, List.ofArray t.Shape))
        (entries
         |> List.map (fun e ->
             e.GetProperty("key").GetString(), [ for d in e.GetProperty("shape").EnumerateArray() -> integer d ]))
        "names and shapes, in order"

    Expect.equal network.Parameters (integer (file.GetProperty "parameters")) "parameters"

    // a file of a network with real weights says 0
    match file.TryGetProperty "binary_weights" with
    | true, count when integer count > 0L -> Expect.equal network.BinaryWeights (integer count) "binary weights"
    | _ -> ()

    let frequency = file.GetProperty("frequency").GetDouble()
    List.iteri2 (fun k entry (tensor: NetworkTensor) -> fill frequency k entry tensor.Value) entries tensors

    let shape =
        [| for d in file.GetProperty("input_shape").EnumerateArray() -> integer d |]

    let input =
        Array.init (int (Array.reduce (*) shape)) (fun i -> 2.0 * sin (0.0117 * float (i + 1)))

    let mode =
        NetworkMode(false, true, name.EndsWith("step2", StringComparison.Ordinal))

    let logits = network.Forward(torch.tensor(input).view shape, mode)

    let expected =
        [|
            for row in file.GetProperty("logits").EnumerateArray() do
                for x in row.EnumerateArray() -> x.GetDouble()
        |]

    let actual = logits.flatten().data<float>().ToArray()
    let largest = expected |> Array.map abs |> Array.max
    let difference = Array.map2 (fun a b -> abs (a - b)) expected actual |> Array.max
    Expect.isLessThanOrEqual (difference / largest) 1e-9 "largest difference, relative to the largest logit"
