/// Golden files of networks: built, filled by the file's formula, and run in float64.
module Bnn.Tests.GoldenNetworks

open System
open System.Globalization
open System.Text.Json
open System.Text.RegularExpressions
open Bnn
open Expecto
open TorchSharp

/// The network that a file's tensors are of, at the size of its images. Those of the binary ResNet-20 are a real one's too.
let private describe (name: string) (file: JsonElement) (tensors: (string * int64 list) list) =
    let shape = file.GetProperty "input_shape"

    let model =
        match Recognition.find tensors with
        | Recognized.Model model -> model
        | Recognized.OneOf _ -> Models.BinaryResNet20()
        | Recognized.Unknown _ -> failtest $"{name}: unknown network"

    model.WithInput(shape[1].GetInt32(), shape[2].GetInt32(), shape[3].GetInt32())

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

/// The numbers a and b of "a * sin(b * i), i from 1".
let private inputFill (text: string) =
    let found =
        Regex.Match(text, @"^([0-9.e+-]+) \* sin\(([0-9.e+-]+) \* i\), i from 1$")

    if not found.Success then
        failtest $"unknown input_fill: {text}"

    let number (k: int) =
        Double.Parse(found.Groups[k].Value, CultureInfo.InvariantCulture)

    number 1, number 2

/// A released file names binary weights `weights` and has them in a column; the library's own name and shape are expected then.
let private ownName (names: Map<string, int64 list>) (key: string, shape: int64 list) =
    let own = if key.EndsWith ".weights" then key.TrimEnd 's' else key

    match shape, Map.tryFind own names with
    | [ count; 1L ], Some expected when own <> key && count = List.fold (*) 1L expected -> own, expected
    | _ -> key, shape

/// Checks names, shapes, counts and logits.
let check (name: string) (file: JsonElement) =
    use _scope = torch.NewDisposeScope()
    use _none = torch.no_grad ()

    Expect.equal
        (file.GetProperty("fill").GetString())
        "tensor number k (from 0), flat element i (from 1): offset + scale * sin(frequency * i + 1.3 * k); integer tensors 0"
        "the formula that fills the tensors"

    let entries = [ for entry in file.GetProperty("tensors").EnumerateArray() -> entry ]

    let named =
        [
            for e in entries ->
                e.GetProperty("key").GetString(), [ for d in e.GetProperty("shape").EnumerateArray() -> integer d ]
        ]

    use network =
        TorchNetwork.Create(describe name file named, 1L, ``type`` = torch.float64)

    let tensors = List.ofSeq network.Store.All
    let own = tensors |> List.map (fun t -> t.Name, List.ofArray t.Shape)
    Expect.equal own (List.map (ownName (Map own)) named) "names and shapes, in order"

    Expect.equal network.Parameters (integer (file.GetProperty "parameters")) "parameters"

    // a network whose weights are used as they are has 0 of them
    let binary = integer (file.GetProperty "binary_weights")
    Expect.isTrue (binary = 0L || binary = network.BinaryWeights) $"binary weights: {binary}"

    let frequency = file.GetProperty("frequency").GetDouble()
    List.iteri2 (fun k entry (tensor: NetworkTensor) -> fill frequency k entry tensor.Value) entries tensors

    let shape =
        [| for d in file.GetProperty("input_shape").EnumerateArray() -> integer d |]

    let factor, step = inputFill (file.GetProperty("input_fill").GetString())

    let input =
        Array.init (int (Array.reduce (*) shape)) (fun i -> factor * sin (step * float (i + 1)))

    let mode = NetworkMode(false, true, binary > 0L)

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
