/// Tensors tell which network they are of where one network of the library alone has such tensors; else the caller is asked.
module Bnn.Tests.RecognitionTests

open System
open System.IO
open System.Reflection
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

let private shapes (model: ModelDescription) =
    [
        for tensor in Network.tensors model.Input model.Network -> tensor.Name, tensor.Shape
    ]

/// Layers for the factories that are given some: of ReActNet, and of the ResNets and BinaryNet.
let private layersOf (factory: string) =
    if factory = "ReActNet" then
        [ struct (8, 2); struct (8, 1); struct (16, 2) ]
    elif factory = "BinaryVgg" then
        [ struct (8, 1); struct (8, 2); struct (16, 1) ]
    else
        [ struct (8, 1); struct (8, 1); struct (16, 2); struct (16, 2) ]

/// Every network of the catalogue, as its factory gives it: whoever adds one has it here.
let private catalogue =
    [
        for factory in typeof<Models>.GetMethods(BindingFlags.Public ||| BindingFlags.Static) do
            if
                factory.ReturnType = typeof<ModelDescription>
                && factory.Name <> nameof Models.FromJson
            then
                let arguments =
                    [|
                        for parameter in factory.GetParameters() ->
                            if parameter.HasDefaultValue then
                                parameter.DefaultValue
                            else
                                box (layersOf factory.Name)
                    |]

                factory.Name, (factory.Invoke(null, arguments) :?> ModelDescription)
    ]

let private networksOf found =
    match found with
    | Recognized.Model model -> [ model.Network ]
    | Recognized.OneOf candidates -> [ for candidate in candidates -> candidate.Model.Network ]
    | Recognized.Unknown _ -> []

/// A file of a network's tensors, as PyTorch writes them, that says nothing else.
let internal foreign (model: ModelDescription) (path: string) =
    use network = TorchNetwork.Create(model, 3L)
    PyTorchFile.Write(path, NetworkTensors.Copy network)

let private refusal (action: unit -> BnnModel) =
    try
        action().Dispose()
        failtest "nothing was refused"
    with :? BnnFileException as e ->
        e

let private cifar =
    Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch", "real_cifar_resnet.pth")

let private layersOfCifar =
    [ struct (8, 1); struct (8, 1); struct (16, 2); struct (16, 2) ]

[<Tests>]
let tests =
    testList
        "Recognition"
        [
            test "every network of the catalogue is found by its tensors, alone or among those that have the same" {
                for name, model in catalogue do
                    Expect.contains (networksOf (Recognition.find (shapes model))) model.Network name
            }

            test
                "two networks of the catalogue with the same tensors, real twins among them, are never told apart in silence" {
                // a network whose layers' names say that they are binary is not also its real twin
                let saysSigns name =
                    List.exists (fun (tensor: string, _) -> tensor.Contains "binary_" || tensor.Contains ".move") name

                let all =
                    [
                        for name, model in catalogue do
                            name, model

                            if not (saysSigns (shapes model)) && name <> "StrongBaseline" then
                                $"{name}.RealTwin", model.RealTwin()
                    ]

                let same =
                    all
                    |> List.groupBy (snd >> shapes >> List.sort)
                    |> List.map (fun (tensors, models) ->
                        tensors, models |> List.distinctBy (fun (_, model) -> model.Network))
                    |> List.filter (fun (_, models) -> models.Length > 1)

                Expect.isNonEmpty same "there are some"

                for tensors, models in same do
                    let found = networksOf (Recognition.find tensors)

                    Expect.isGreaterThan found.Length 1 (models |> List.map fst |> String.concat " and ")
            }

            test "a real CIFAR ResNet is not read as a binary one: both are named, as calls that read it" {
                let fault = refusal (fun () -> BnnModel.Load cifar)
                let layers = "[(8, 1), (8, 1), (16, 2), (16, 2)]"

                Expect.stringContains
                    fault.Problem
                    $"Models.CifarResNet({layers}) and Models.BinaryCifarResNet({layers})"
                    "the two"

                Expect.equal fault.Remedy $"say which it is: BnnModel.Import(path, Models.CifarResNet({layers}))" "how"
                let file = WeightsFile.Read cifar
                Expect.isNull (box file.Network) "no one network"
                Expect.hasLength file.Candidates 2 "both are listed"
                use real = BnnModel.Import(cifar, Models.CifarResNet layersOfCifar)
                use binary = BnnModel.Import(cifar, Models.BinaryCifarResNet layersOfCifar)
                use _scope = torch.NewDisposeScope()
                use _none = torch.no_grad ()
                let x = torch.randn (2L, 3L, 32L, 32L)
                let logits = real.LogitsOf x

                Expect.isFalse (logits.allclose (binary.LogitsOf x)) "another network"

                // by hand, as the usual code for CIFAR-10 has it
                let struct (_, arrays) =
                    BnnModelFile.KnownNames(ModelFile.Read(cifar, ImportOptions()).Tensors)

                let tensors =
                    arrays
                    |> Seq.map (fun t -> t.Name, TensorBytes.ToTensor(t, torch.float32))
                    |> Map.ofSeq

                let convolution name (stride: int64) (x: torch.Tensor) =
                    torch.nn.functional.conv2d (
                        x,
                        tensors[$"{name}.weight"],
                        strides = [| stride; stride |],
                        padding = [| 1L; 1L |]
                    )

                let norm name (x: torch.Tensor) =
                    torch.nn.functional.batch_norm (
                        x,
                        tensors[$"{name}.running_mean"],
                        tensors[$"{name}.running_var"],
                        tensors[$"{name}.weight"],
                        tensors[$"{name}.bias"]
                    )

                let block name stride (x: torch.Tensor) =
                    let y =
                        (x |> convolution $"{name}.conv1" stride |> norm $"{name}.bn1").relu()
                        |> convolution $"{name}.conv2" 1L
                        |> norm $"{name}.bn2"

                    let kept =
                        x.slice(2L, 0L, Int64.MaxValue, stride).slice(3L, 0L, Int64.MaxValue, stride)

                    let half = (y.shape[1] - x.shape[1]) / 2L
                    (y + torch.nn.functional.pad (kept, [| 0L; 0L; 0L; 0L; half; half |])).relu()

                let y =
                    (x |> convolution "conv1" 1L |> norm "bn1").relu()
                    |> block "layer1.0" 1L
                    |> block "layer2.0" 2L
                    |> block "layer3.0" 2L

                let expected =
                    torch.nn.functional.linear (y.mean [| 2L; 3L |], tensors["linear.weight"], tensors["linear.bias"])

                Expect.isTrue (logits.allclose (expected, 1e-4, 1e-5)) "the real one"
            }

            for name, model in catalogue do
                test $"{name}: a candidate's call, and a network that is found alone, read the file" {
                    inFolder (fun folder ->
                        Directory.CreateDirectory folder |> ignore

                        let model =
                            if model.Summary().Parameters > 300_000L then
                                model.Scaled 0.0625
                            else
                                model

                        let path = Path.Combine(folder, "net.pth")
                        foreign model path

                        match Recognition.find (shapes model) with
                        | Recognized.Model found ->
                            use loaded = BnnModel.Load path
                            Expect.equal loaded.Description found "loaded"
                            Expect.isNonEmpty loaded.Assumptions "and what tensors do not tell is said"
                        | Recognized.OneOf candidates ->
                            let fault = refusal (fun () -> BnnModel.Load path)

                            for candidate in candidates do
                                Expect.stringContains fault.Problem candidate.Code "named"
                                (BnnModel.Import(path, candidate.Model)).Dispose()
                        | Recognized.Unknown _ -> failtest "not found")
                }

            test "a network whose tensors are almost those of one in the catalogue is not taken for it" {
                let own = shapes (Models.ResNet18 10)

                let changed =
                    [
                        "one is missing", List.filter (fun (name, _) -> name <> "layer2.0.downsample.0.weight") own
                        "one is too many", ("layer2.0.se.weight", [ 4L ]) :: own
                        "the stem is that for small images",
                        own
                        |> List.map (fun (name, shape) ->
                            if name = "conv1.weight" then
                                name, [ 64L; 3L; 3L; 3L ]
                            else
                                name, shape)
                    ]

                for what, tensors in changed do
                    match Recognition.find tensors with
                    | Recognized.Unknown(Some nearest) -> Expect.equal nearest.Name "ResNet-18" what
                    | other -> failtest $"{what}: %A{other}"
            }

            test "old files without batch norm's counters, and binary weights in a column, are recognized" {
                let own = shapes (Models.ReActNetA())

                let released =
                    [
                        for name, shape in own do
                            if name.EndsWith("num_batches_tracked", StringComparison.Ordinal) then
                                ()
                            elif name.Contains ".binary_" then
                                name + "s", [ List.reduce (*) shape; 1L ]
                            else
                                name, shape
                    ]

                match Recognition.find released with
                | Recognized.Model model -> Expect.equal model (Models.ReActNetA()) "ReActNet-A"
                | other -> failtest $"%A{other}"
            }

            test "a network with the small ReActNet's widths may have its strides or the published ones: both are named" {
                match Recognition.find (shapes (Models.ReActNetSmall())) with
                | Recognized.OneOf candidates ->
                    Expect.equal
                        [ for candidate in candidates -> candidate.Code ]
                        [
                            "Models.ReActNet([(32, 2), (64, 1), (128, 2), (128, 1)], size: 224)"
                            "Models.ReActNetSmall()"
                        ]
                        "both"
                | other -> failtest $"%A{other}"
            }
        ]
