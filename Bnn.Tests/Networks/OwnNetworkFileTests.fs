/// Networks that nobody knows go through every kind of file, and what a file does not tell is asked for.
module Bnn.Tests.OwnNetworkFileTests

open System.IO
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.DataSupport
open Bnn.Tests.OwnNetworkSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private save (model: ModelDescription) (path: string) =
    let network = PackedNetworkTests.trained model
    let saved = PackedNetworkTests.modelOf network true
    saved.Save path
    saved

let private batch (model: ModelDescription) =
    torch.randn ([| 3L; model.Input.Channels; model.Input.Height; model.Input.Width |])

let private stored (path: string) =
    Safetensors.Read(path).Tensors
    |> Seq.sumBy (fun array -> int64 array.Bytes.Length)

/// A file of a network's tensors, as PyTorch writes them, that says nothing else.
let private foreign (model: ModelDescription) (path: string) =
    use network = PackedNetworkTests.trained model

    let entries =
        [|
            for array in NetworkTensors.Copy network ->
                System.Collections.Generic.KeyValuePair(
                    PickleText array.Name :> PickleValue,
                    PickleTensor(array.Dtype, array.Shape, array.Bytes) :> PickleValue
                )
        |]

    PyTorchFile.Write(path, PickleDict(entries, true, null))

[<Tests>]
let tests =
    testList
        "Files of networks that nobody knows"
        [
            for model in series :: vectors :: models do
                test
                    $"{model.Name}: the same network and logits, to the bit, from every kind of file, and the summary's bytes" {
                    inFolder (fun folder ->
                        use _scope = torch.NewDisposeScope()
                        let x = batch model

                        for name in [ "net.bnn"; "net.pth"; "net.safetensors"; "net" ] do
                            let path = Path.Combine(folder, name)
                            use saved = save model path
                            use loaded = BnnModel.Load path
                            Expect.equal loaded.Description model name
                            Expect.equal (bits (loaded.LogitsOf x)) (bits (saved.LogitsOf x)) name
                            Expect.equal (loaded.Summary().Bytes) (model.Summary().Bytes) name

                            use again =
                                BnnModel.Import(
                                    (if name = "net" then
                                         Path.Combine(path, "network.bnn")
                                     else
                                         path),
                                    model
                                )

                            Expect.equal (bits (again.LogitsOf x)) (bits (saved.LogitsOf x)) $"{name}, imported"

                        Expect.equal (stored (Path.Combine(folder, "net.bnn"))) (model.Summary().Bytes) "bytes")
                }

            lawOf
                30
                "a random network is loaded as it was saved, and takes the summary's bytes"
                NetworkGen.anyModel
                (fun model ->
                    inFolder (fun folder ->
                        use _scope = torch.NewDisposeScope()
                        let path = Path.Combine(folder, "net.bnn")
                        Directory.CreateDirectory folder |> ignore
                        let x = batch model
                        use saved = save model path
                        use loaded = BnnModel.Load path
                        Expect.equal loaded.Description model "network"
                        Expect.equal (bits (loaded.LogitsOf x)) (bits (saved.LogitsOf x)) $"logits of {model}"
                        Expect.equal (stored path) (model.Summary().Bytes) $"bytes of {model}"))

            test "a checkpoint of such a network's training is the network as it was then" {
                inFolder (fun folder ->
                    let model = models.Head
                    let folder = Path.Combine(folder, "run")

                    let trainer = (trainerOf model.Network 2 9 8).WithModel(model).SaveTo folder

                    use trained = trainer.Train().Model
                    let test = (data 2 9 8).Load().Test

                    for path in folder :: List.ofArray (ResumeSupport.checkpoints folder) do
                        use loaded = BnnModel.Load path
                        Expect.equal loaded.Description model path
                        Expect.equal (logitsOf loaded test) (logitsOf trained test) path)
            }

            test "a network whose binarizers were replaced is saved with those" {
                inFolder (fun folder ->
                    let model =
                        series.WithBinarizers(WeightBinarizer.irNet, Binarizer.swishSign (Const 4.0))

                    let path = Path.Combine(folder, "net.bnn")
                    Directory.CreateDirectory folder |> ignore
                    use saved = save model path
                    use loaded = BnnModel.Load path
                    Expect.equal loaded.Description model "network")
            }

            test
                "the tensors of a ResNet-20 are of a real network and of a binary one: loading names both, importing takes each" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let path = Path.Combine(folder, "resnet20.pth")
                    foreign (Models.ResNet20()) path

                    let problem =
                        try
                            (BnnModel.Load path).Dispose()
                            failtest "it was loaded"
                        with :? BnnFileException as e ->
                            e

                    Expect.stringContains problem.Problem "Models.ResNet20() and Models.BinaryResNet20()" "both"
                    Expect.stringContains problem.Remedy "BnnModel.Import(path, Models." "what to do"
                    use _scope = torch.NewDisposeScope()
                    let x = torch.randn (2L, 3L, 32L, 32L)
                    let file = WeightsFile.Read path

                    Expect.sequenceEqual
                        file.Candidates
                        [ "Models.ResNet20()"; "Models.BinaryResNet20()" ]
                        "candidates"

                    Expect.stringContains
                        (string file)
                        "network: Models.ResNet20() or Models.BinaryResNet20()"
                        "what the file is said to hold"

                    use real = BnnModel.Import(path, Models.ResNet20())
                    use binary = BnnModel.Import(path, Models.BinaryResNet20())
                    Expect.equal real.Description (Models.ResNet20()) "real"
                    Expect.equal binary.Description (Models.BinaryResNet20()) "binary"
                    Expect.notEqual (bits (real.LogitsOf x)) (bits (binary.LogitsOf x)) "not the same network"
                    let listed = WeightsFile.Read path
                    Expect.isFalse listed.IsDescribed "nothing describes it"
                    Expect.isNull (box listed.Network) "no one network")
            }

            test "a network that gives pictures tells no classes apart: its outputs are read, and nothing is predicted" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let path = Path.Combine(folder, "picture.pth")
                    let description = (Layers.Convolution("last", 2, 3)).ToModel("picture", 2, 6, 6)
                    foreign description path
                    use model = BnnModel.Import(path, description)
                    Expect.isEmpty model.Classes "classes"
                    let numbers = Array.init 72 (fun k -> float32 (k % 7))
                    let set = FloatSet(description.Input, numbers, description.Input, numbers)
                    Expect.hasLength (Seq.head (model.Logits set)) 72 "outputs"

                    Expect.throwsT<System.InvalidOperationException>
                        (fun () -> model.Predict numbers |> ignore)
                        "no classes")
            }
        ]
