/// Trainings that start from files of others, and what is refused.
module Bnn.Tests.StartFileTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private golden name =
    Path.Combine(Golden.shipped, "training", name)

let private resNet = Models.ResNet20(3).Scaled(0.125).WithInput(2, 8, 8)

let private arraysOf (model: ModelDescription) =
    use network = TorchNetwork.Create(model, 7L)
    NetworkTensors.Copy network

[<Tests>]
let tests =
    testList
        "Start: files"
        [
            test "a published step 1 is taken for a step 2: it begins with the reference's logits" {
                use _scope = torch.NewDisposeScope()
                let file = PyTorchFile.Read(golden "two_step.pth") :?> PickleDict
                let step = file.Find "step1" :?> PickleDict

                let numbers (value: PickleValue) =
                    TensorBytes.ToTensor((value :?> PickleTensor).Named "", torch.float32)

                inFolder (fun folder ->
                    let path = Path.Combine(folder, "step1.pth.tar")

                    PyTorchFile.Write(
                        path,
                        PickleDict
                            [|
                                Collections.Generic.KeyValuePair(PickleText "state_dict", step.Find "final")
                            |]
                    )

                    let second = Recipes.TwoStep(epochs = 1).StagesInOrder[1]
                    let start = (trainingOf (dataOf 10 3 32 32)).WithStages(second).StartingFrom path
                    let report = takenBy start
                    Expect.isEmpty report.New "all is taken"
                    Expect.isEmpty report.Left "nothing is left"

                    Expect.stringStarts
                        (Seq.exactlyOne report.Remarks)
                        "how its images were normalized is not known; these are by means 0.5021, 0.4994, 0.5019 and deviations 0.28"
                        "what it does not say"

                    using (torch.no_grad ()) (fun _ ->
                        use network = start.Plan().FirstNetwork()

                        let logits =
                            network.Forward(numbers (file.Find "eval_inputs"), NetworkMode(false, true, false))

                        let expected = numbers (step.Find "eval_logits")
                        Expect.isTrue (logits.allclose (expected, 1e-3, 1e-4)) "the logits of its step 1")

                    let result = start.WithEvaluation(0).WithDiagnostics(false).Train()
                    result.Model.Dispose()
                    Expect.equal [ for stage in result.Stages -> stage.Name ] [ "step 2" ] "and it trains")
            }

            test "a checkpoint of the reference's train.py is taken whole, for the data's image size" {
                let start =
                    (trainingOf (dataOf 10 3 32 32)).StartingFrom(golden "checkpoint.pth.tar")

                Expect.isEmpty (takenBy start).New "taken"
                let model = start.Plan().Model
                Expect.equal (model.Height, model.Width) (32, 32) "images"

                let struct (_, state) =
                    BnnModelFile.KnownNames(ReferenceCheckpoint.Read(golden "checkpoint.pth.tar").Tensors)

                let kernel =
                    state |> Seq.find (fun tensor -> tensor.Name = "feature.1.binary_3x3.weight")

                let _, _, bytes =
                    firstOf start |> List.find (fun (name, _, _) -> name = kernel.Name)

                Expect.equal bytes (kernel.Bytes.ToArray()) "its weights"
            }

            test "a file whose network cannot be told is refused without one, and taken for the network that is given" {
                inFolder (fun folder ->
                    let twin = Path.Combine(folder, "twin.pth")
                    let unknown = Path.Combine(folder, "unknown.safetensors")
                    writePth twin (arraysOf resNet)
                    let own = normed.ToModel("own", 2, 8, 8)
                    Safetensors.Write(unknown, TensorFile(Collections.Generic.Dictionary(), arraysOf own))
                    let trainer = trainingOf (dataOf 3 2 8 8)

                    refuses
                        [
                            "Models.CifarResNet([(2, 1), (2, 1), "
                            "], classes: 3, channels: 2) and Models.BinaryCifarResNet([(2, 1), "
                            "all have; say which network they are of, for instance by WithModel(Models.CifarResNet([(2, 1), "
                        ]
                        (trainer.StartingFrom twin)

                    refuses
                        [ "tensors of no known network; the first are "; "WithModel" ]
                        (trainer.StartingFrom unknown)

                    for path, model in [ twin, resNet; unknown, own ] do
                        let start = trainer.WithModel(model: ModelDescription).StartingFrom path
                        Expect.isEmpty (takenBy start).New path

                        Expect.equal
                            [ for name, _, bytes in firstOf start -> name, bytes ]
                            [ for tensor in arraysOf model -> tensor.Name, tensor.Bytes.ToArray() ]
                            path)
            }

            test
                "names with module., weights in a column, other types and the lack of counters are understood as in an import" {
                inFolder (fun folder ->
                    let model = Models.ReActNet([ struct (8, 2); struct (8, 1) ], 3, 2, 8)
                    let path = Path.Combine(folder, "released.pth")
                    let own = arraysOf model

                    writePth
                        path
                        [
                            for array in own do
                                if array.Name.Contains ".binary_" then
                                    NamedArray(
                                        $"module.{array.Name}s",
                                        "F32",
                                        [| Array.reduce (*) array.Shape; 1L |],
                                        array.Bytes
                                    )
                                elif array.Dtype = "F32" then
                                    TensorBytes.ToArray(
                                        $"module.{array.Name}",
                                        TensorBytes.ToTensor(array, torch.float64)
                                    )
                        ]

                    let start = (trainingOf (dataOf 3 2 8 8)).WithModel(model).StartingFrom path
                    let report = takenBy start

                    Expect.equal
                        [ for name, _, bytes in firstOf start -> name, bytes ]
                        [ for tensor in own -> tensor.Name, tensor.Bytes.ToArray() ]
                        "all tensors"

                    Expect.all report.New (fun name -> name.EndsWith "num_batches_tracked") "only counters are new"
                    Expect.isNonEmpty report.New "which are listed"
                    Expect.isEmpty report.Left "nothing is left")
            }

            test "weights of another network are refused with what is missing, left over and misshapen, and the remedy" {
                use model = training.Train().Model

                let other: Network =
                    Layers.Convolution("stem", 5, 3)
                    >=> Layers.Sign("sign")
                    >=> Layers.Chain [ for k in 1..12 -> Layers.BinaryConvolution($"conv{k}", 4, 3) ]
                    >=> Layers.GlobalMean()
                    >=> Layers.Linear("classifier", 3)

                let start = training.WithModel(other, "other").StartingFrom model

                refuses
                    [
                        "start: normed has weights of another network than other: missing: conv1.weight [4, 5, 3, 3], conv2.weight [4, 4, 3, 3], "
                        "conv10.weight [4, 4, 3, 3] and 2 more; left over: norm.weight [4], "
                        "; misshapen: stem.weight [4, 2, 3, 3] for [5, 2, 3, 3]; give weights of that network, "
                        "take what fits with partial: true"
                        "say with WithModel which network they are of"
                    ]
                    start

                Expect.throwsT<BnnConfigurationException> (fun () -> start.Train() |> ignore) "and so is the training"
                // images of other channels make another stem
                refuses
                    [ "misshapen: stem.weight [4, 2, 3, 3] for [4, 1, 3, 3]" ]
                    ((trainingOf (dataOf 3 1 6 6)).StartingFrom model)

                Expect.equal
                    (takenBy ((trainingOf (dataOf 3 1 6 6)).StartingFrom(model, partial = true))).Taken.Count
                    13
                    "in part"

                refuses
                    [ "none of its tensors fits"; "weights of which some fit" ]
                    (training
                        .WithModel(Layers.Flatten() >=> Layers.Linear("other", 3), "other")
                        .StartingFrom(model, partial = true))
            }

            test "what is no source of weights is refused by its name, with the remedy, beside all other faults" {
                inFolder (fun folder ->
                    let at name = Path.Combine(folder, name)
                    File.WriteAllBytes(at "damaged.pth", [| 80uy; 75uy; 3uy |])
                    File.WriteAllBytes(at "damaged.safetensors", [| 1uy |])
                    File.WriteAllBytes(at "damaged.bnn", [| 1uy |])
                    Directory.CreateDirectory(at "empty") |> ignore

                    for name, part in
                        [
                            "no.pth", "there is no such file; check the path"
                            "no.safetensors", "there is no such file"
                            "no.bnn", "there is no such file"
                            "no", "there is no such file"
                            "no\000.pth", "cannot be read"
                            "damaged.pth", "the file is damaged or of another kind"
                            "damaged.safetensors", "has 1 bytes, too few"
                            "damaged.bnn", "has 1 bytes, too few"
                            "empty", "holds no network.bnn"
                        ] do
                        refuses [ $"start: {at name}: "; part ] (training.StartingFrom(at name).SaveTo(at "run"))
                        refuses [ at name ] (onward.StartingFrom(at name))

                    let several =
                        onward.StartingFrom(at "no.pth").WithBatch(1).WithData(Data.FashionMnist(at "none"))

                    Expect.equal
                        [ for fault in several.Validate() -> fault.Name.Split(' ')[0] ]
                        [ "batch"; "start"; "data" ]
                        "all faults"

                    use model = training.Train().Model
                    model.Dispose()
                    refuses [ "the network normed was disposed of" ] (training.StartingFrom model)
                    Expect.throwsT<ArgumentException> (fun () -> training.StartingFrom " " |> ignore) "no path")
            }

            test "a damaged file of the library's own is refused, its checksum tells" {
                inFolder (fun folder ->
                    use model = training.Train().Model
                    let path = Path.Combine(folder, "net.safetensors")
                    model.Save path
                    let bytes = File.ReadAllBytes path
                    bytes[bytes.Length - 1] <- bytes[bytes.Length - 1] ^^^ 1uy
                    File.WriteAllBytes(path, bytes)
                    refuses [ path; "checksum" ] (onward.StartingFrom path))
            }

            test
                "of a folder's checkpoints the newest whole one is taken, and the damaged ones are named; where none is whole it is refused" {
                inFolder (fun folder ->
                    trainIn folder (training.WithCheckpoints(TimeSpan.Zero, 3)) |> ignore
                    let files = checkpointsOf folder
                    Expect.hasLength files 3 "checkpoints"
                    File.WriteAllBytes(files[2], [| 1uy |])
                    let report = takenBy (onward.StartingFrom folder)
                    Expect.equal report.From files[1] "the one before"
                    Expect.stringStarts report.Remarks[0] $"{files[2]}: has 1 bytes" "which is damaged"
                    Expect.stringEnds report.Remarks[0] "the checkpoint before it is taken" "what is done"

                    for file in files do
                        File.WriteAllBytes(file, [| 1uy |])

                    refuses [ folder; "holds no checkpoint that is whole"; "network.bnn" ] (onward.StartingFrom folder))
            }
        ]
