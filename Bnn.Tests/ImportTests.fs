/// Networks from and to files of PyTorch and safetensors, and checkpoints of the reference's train.py.
module Bnn.Tests.ImportTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

let private small (model: ModelDescription) = model.Scaled 0.0625

// strides as published, which a file of weights does not hold
let private models =
    Models.ReActNet([ struct (8, 2); struct (16, 2); struct (16, 1); struct (32, 2) ], 4, 3, 32)
    :: ([
            Models.ReActNet18(4)
            Models.BiReal18(4)
            Models.StrongBaseline(4, size = 64)
            Models.BinaryNet(4)
            Models.BinaryResNet20(4)
            Models.ResNet18(4)
            Models.ResNet50(4)
        ]
        |> List.map small)

let private arrays (network: TorchNetwork) =
    NetworkTensors.Copy network |> List.ofSeq

let private byName (network: TorchNetwork) =
    [
        for array in arrays network -> array.Name, array.Dtype, List.ofArray array.Shape, array.Bytes.ToArray()
    ]

let private problem (action: unit -> unit) =
    try
        action ()
        failtest "nothing was refused"
    with :? BnnFileException as e ->
        e.Problem

let private imported (model: ModelDescription) (tensors: NamedArray list) =
    let network = TorchNetwork.Create(model, 2L)
    NetworkTensors.Overwrite(network, List.toArray tensors, "x.pth", false)
    network

let private golden = Path.Combine(Golden.shipped, "training")

[<Tests>]
let tests =
    testList
        "Import"
        [
            for model in models do
                test
                    $"{model.Name}: what is saved as .pth and as .safetensors comes back bit by bit, under its own description" {
                    inFolder (fun folder ->
                        Directory.CreateDirectory folder |> ignore
                        use network = TorchNetwork.Create(model, 7L)

                        use source =
                            new BnnModel(
                                network,
                                NetworkMode(false, true, true),
                                ImportOptions().Normalization(3),
                                [| "a"; "b"; "c"; "d" |]
                            )

                        for file in [ "net.pth"; "net.PT"; "net.safetensors" ] do
                            let path = Path.Combine(folder, file)

                            source.Save path
                            use back = BnnModel.Import(path, model)
                            let x = torch.randn (2L, 3L, int64 model.Height, int64 model.Width)
                            use _scope = torch.NewDisposeScope()

                            Expect.isTrue
                                (source.LogitsOf(x).eq(back.LogitsOf x).all().item<bool>())
                                $"{file}: the same logits"

                            if file = "net.pth" then
                                use loaded = BnnModel.Load path
                                let found = loaded.Description
                                Expect.equal found.Network model.Network "network"
                                Expect.equal found.Classes 4 "classes")
                }

            test "Weights of float64, float16 and a prefix module. are understood" {
                let model = models.Head
                use network = TorchNetwork.Create(model, 7L, ``type`` = torch.float64)
                use copy = imported model (arrays network)

                let expected =
                    [ for tensor in network.Store.All -> tensor.Value.``to`` (torch.float32) ]

                for tensor, expected in Seq.zip copy.Store.All expected do
                    Expect.isTrue (tensor.Value.eq(expected.``to`` tensor.Value.dtype).all().item<bool>()) tensor.Name
            }

            test "ReActNet-A's binary weights named weights, in a column, are its weights" {
                let model = models.Head
                use network = TorchNetwork.Create(model, 7L)

                let released =
                    [
                        for array in arrays network do
                            if array.Name.Contains ".binary_" then
                                NamedArray(
                                    array.Name + "s",
                                    array.Dtype,
                                    [| Array.reduce (*) array.Shape; 1L |],
                                    array.Bytes
                                )
                            else
                                array
                    ]

                use copy = imported model released
                Expect.equal (byName copy) (byName network) "every tensor"
            }

            test "A file without batch norm's counters is read, the counters are 0" {
                let model = models[1]
                use network = TorchNetwork.Create(model, 7L)

                use copy =
                    arrays network
                    |> List.filter (fun array ->
                        not (array.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
                    |> imported model

                Expect.equal (byName copy) (byName network) "every tensor"
            }

            test "Missing, extra and misshapen tensors are all listed, and nothing is changed" {
                let model = models[1]
                use network = TorchNetwork.Create(model, 7L)
                let before = byName network
                use other = TorchNetwork.Create(model, 8L)

                let broken =
                    [
                        for array in arrays other do
                            match array.Name with
                            | "fc.bias" -> ()
                            | "conv1.weight" -> NamedArray(array.Name, array.Dtype, Array.rev array.Shape, array.Bytes)
                            | "bn1.weight" -> NamedArray(array.Name, "I32", array.Shape, array.Bytes)
                            | _ -> array
                        NamedArray("more", "F32", [| 1L |], ReadOnlyMemory(Array.zeroCreate<byte> 4))
                        NamedArray("bn1.bias", "F32", [| 1L |], ReadOnlyMemory(Array.zeroCreate<byte> 4))
                    ]

                let text =
                    problem (fun () -> NetworkTensors.Overwrite(network, List.toArray broken, "x.pth", false))

                for part in
                    [
                        "fc.bias is missing"
                        "more is unknown"
                        "bn1.bias is there twice"
                        "conv1.weight is F32 [7, 7, 3, 4] where F32 [4, 3, 7, 7] is expected"
                        "bn1.weight is I32 [4] where F32 [4] is expected"
                    ] do
                    Expect.stringContains text part "listed"

                Expect.equal (byName network) before "unchanged"
            }

            test "A file of another network, or of none, is refused by name" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let path = Path.Combine(folder, "other.pth")

                    PyTorchFile.Write(
                        path,
                        [|
                            NamedArray("a.b", "F32", [| 1L |], ReadOnlyMemory(Array.zeroCreate<byte> 4))
                        |]
                    )

                    Expect.stringContains (problem (fun () -> BnnModel.Load(path).Dispose())) "a.b" "no known network"

                    Expect.stringContains
                        (problem (fun () -> BnnModel.Import(path, models.Head).Dispose()))
                        "a.b is unknown"
                        "another"

                    Expect.stringContains
                        (problem (fun () -> BnnModel.Load(Path.Combine(folder, "no.pth")).Dispose()))
                        "no such file"
                        "missing")
            }

            test "Options that do not fit the network are refused, every fault at once" {
                let faults =
                    ImportOptions(Classes = [| "one" |], Means = [| nan; 0.0; 0.0 |], Deviations = [| 0.0; 1.0; 1.0 |])
                        .Validate
                        models.Head

                Expect.equal [ for fault in faults -> fault.Name ] [ "classes"; "means"; "deviations" ] "faults"
            }

            test
                "A checkpoint of the reference loads with Adam's state, evaluates as the reference, and goes on from there" {
                use _scope = torch.NewDisposeScope()

                let checkpoint =
                    ReferenceCheckpoint.Read(Path.Combine(golden, "checkpoint.pth.tar"))

                Expect.equal
                    (checkpoint.Epoch, checkpoint.BestTop1)
                    (Nullable 3L, Nullable 0.125)
                    "epoch and best top-1, which the file has in percent"

                let model =
                    Models.ReActNet([ struct (8, 2); struct (16, 2); struct (32, 2); struct (32, 1) ], 10, 3, 32)

                use network = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)
                let rule = Adam.rule Adam.defaults >=> Rule.descend (Const 0.5)
                use optimizer = new RuleOptimizer(rule, 0, network.Store.Groups)
                checkpoint.RestoreTo(network, optimizer)

                let evaluated, expected =
                    GoldenTraining.evaluation (Path.Combine(golden, "two_step.pth")) network

                let difference = (evaluated - expected).abs().max().item<float>()

                Expect.isLessThan
                    difference
                    (1e-6 * expected.abs().max().item<float>())
                    "logits, from weights of float32"

                // one more step of Adam by hand, the thirteenth, for every parameter
                use _none = torch.no_grad ()

                let byHand =
                    [
                        for struct (tensor, _) in network.Store.Parameters do
                            let g = torch.randn_like tensor.Value
                            tensor.Value.grad.copy_ g |> ignore
                            let m, v = optimizer.Slot(tensor, "m"), optimizer.Slot(tensor, "v")
                            Expect.isGreaterThan (v.abs().max().item<float>()) 0.0 $"{tensor.Name}: the file's moments"
                            let m = m * 0.9.ToScalar() + g * (1.0 - 0.9).ToScalar()
                            let v = v * 0.999.ToScalar() + g * g * (1.0 - 0.999).ToScalar()
                            let root = v.sqrt () / sqrt(1.0 - 0.999 ** 13.0).ToScalar() + 1e-8.ToScalar()
                            tensor, tensor.Value - m / root * (0.5 / (1.0 - 0.9 ** 13.0)).ToScalar()
                    ]

                optimizer.Step() |> ignore

                for tensor, expected in byHand do
                    Expect.isTrue (tensor.Value.allclose (expected, 1e-9, 1e-12)) tensor.Name
            }

            test "A checkpoint of another network, or without Adam's state, is refused before anything changes" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    use network = TorchNetwork.Create(models[1], 1L)
                    let rule = Adam.rule Adam.defaults >=> Rule.descend (Const 0.5)
                    use optimizer = new RuleOptimizer(rule, 0, network.Store.Groups)
                    let before = byName network
                    let weights = Path.Combine(folder, "weights.pth")
                    PyTorchFile.Write(weights, NetworkTensors.Copy network)

                    for path, part in
                        [
                            Path.Combine(golden, "checkpoint.pth.tar"), "the optimizer's state of 53 parameters"
                            weights, "holds no optimizer's state"
                        ] do
                        Expect.stringContains
                            (problem (fun () -> ReferenceCheckpoint.Read(path).RestoreTo(network, optimizer)))
                            part
                            "refused"

                    Expect.equal (byName network) before "unchanged")
            }
        ]
