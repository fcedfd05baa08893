/// Files of the library's first formats, which name a network by its family, its layers' widths and strides.
module Bnn.Tests.EarlierFileTests

open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

let private layers = [ 8, 2; 8, 1; 16, 2 ]

let private families: (string * (int -> Network)) list =
    [
        "ReActNet", ReActNet.network layers
        "ReActResNet", ResNets.reActNet18 layers
        "BiReal", ResNets.biReal18 layers
        "StrongBaseline", ResNets.strongBaseline layers
        "BinaryNet", ResNets.binaryNet layers
        "BinaryResNet20", ResNets.binarySmall layers
        "ResNet", ResNets.real layers
        "BottleneckResNet", ResNets.bottlenecks layers
    ]

/// The description as the first formats had it, of what `NetworkHeader` writes.
let private earlier (family: string option) (text: string) =
    let header = JsonNode.Parse(text).AsObject()
    let model = header["model"].AsObject()
    let size = model["input"].AsArray()
    header.Remove "model" |> ignore
    header["name"] <- model["name"].DeepClone()
    header["channels"] <- size[0].DeepClone()
    header["height"] <- size[1].DeepClone()
    header["width"] <- size[2].DeepClone()

    header["layers"] <-
        JsonArray
            [|
                for width, stride in layers -> JsonArray(JsonValue.Create width, JsonValue.Create stride) :> JsonNode
            |]

    family
    |> Option.iter (fun family -> header["family"] <- JsonValue.Create family)

    header.ToJsonString()

let private rewrite (path: string) format change =
    let file = Safetensors.Read path
    let metadata = Dictionary file.Metadata
    metadata["format"] <- format
    metadata["network"] <- change metadata["network"]
    Safetensors.Write(path, TensorFile(metadata, file.Tensors))

let private saved network (path: string) =
    let model = ModelDescription.Create("earlier", network 3, 2, 17, 16)

    use source =
        new BnnModel(
            TorchNetwork.Create(model, 7L),
            NetworkMode(false, true, true),
            Normalization([| 0.5; 0.25 |], [| 0.5; 2.0 |]),
            [| "ape"; "bee"; "cat" |]
        )

    source.Save path
    let x = torch.randn (2L, 2L, 17L, 16L)
    model, x, source.LogitsOf x

[<Tests>]
let tests =
    testList
        "Files of the first formats"
        [
            for family, network in families do
                for ending, format in [ "bnn", "bnn packed network 1"; "safetensors", "bnn network 1" ] do
                    test $"{family}, .{ending}: the network that was saved, and its logits to the bit" {
                        inFolder (fun folder ->
                            use _scope = torch.NewDisposeScope()
                            Directory.CreateDirectory folder |> ignore
                            let path = Path.Combine(folder, $"net.{ending}")
                            let model, x, logits = saved network path
                            rewrite path format (earlier (Some family))
                            use loaded = BnnModel.Load path
                            Expect.equal loaded.Description model "network"
                            Expect.isTrue (loaded.LogitsOf(x).eq(logits).all().item<bool>()) "logits")
                    }

            test "the very first files name no family: theirs is ReActNet's" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()
                    Directory.CreateDirectory folder |> ignore
                    let path = Path.Combine(folder, "net.bnn")
                    let model, _, _ = saved (ReActNet.network layers) path
                    rewrite path "bnn packed network 1" (earlier None)
                    use loaded = BnnModel.Load path
                    Expect.equal loaded.Description model "network")
            }

            test "a training starts from files of the first formats, for other classes too" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()

                    for ending, format in [ "bnn", "bnn packed network 1"; "safetensors", "bnn network 1" ] do
                        let path = Path.Combine(folder, $"net.{ending}")
                        let model, _, _ = saved (ReActNet.network layers) path
                        rewrite path format (earlier (Some "ReActNet"))
                        use loaded = BnnModel.Load path

                        let start =
                            (StartSupport.trainingOf (StartSupport.dataOf 4 2 17 16)).StartingFrom path

                        let report = StartSupport.takenBy start
                        Expect.equal (start.Plan().Model) (model.WithClasses 4) "the network"
                        Expect.equal (List.ofSeq report.New) [ "fc.weight"; "fc.bias" ] "new"

                        Expect.equal
                            (StartSupport.named report.Taken (StartSupport.firstOf start))
                            (StartSupport.named report.Taken (StartSupport.tensorsOf loaded))
                            "the file's weights")
            }

            test "a training starts from the folder of a run whose checkpoints are of the first formats" {
                inFolder (fun folder ->
                    let training = StartSupport.trainingOf (StartSupport.dataOf 3 2 17 16)
                    let model = ModelDescription.Create("earlier", ReActNet.network layers 3, 2, 17, 16)
                    let left = StartSupport.trainIn folder (training.WithModel model)

                    for path in StartSupport.checkpointsOf folder do
                        rewrite path "bnn checkpoint 2" (earlier (Some "ReActNet"))
                        let file = Safetensors.Read path
                        let metadata = Dictionary file.Metadata
                        // what such a run kept of itself is of another form
                        metadata["run"] <- """{"model":{"family":"ReActNet"}}"""
                        Safetensors.Write(path, TensorFile(metadata, file.Tensors))

                    let start = training.StartingFrom folder
                    Expect.stringEnds (StartSupport.takenBy start).From ".safetensors" "a checkpoint"
                    Expect.equal (start.Plan().Model) model "the network"
                    Expect.equal (StartSupport.firstOf start) left "its latent weights")
            }

            test "a family that there never was, and layers that do not fit together, are refused" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()
                    Directory.CreateDirectory folder |> ignore

                    for family, change in
                        [
                            "Other", id
                            "ReActNet", (fun (text: string) -> text.Replace("[8,1]", "[24,1]"))
                            "ResNet", (fun (text: string) -> text.Replace("[8,1]", "[1000000000,1]"))
                            "ResNet", (fun (text: string) -> text.Replace("[8,1]", "[8]"))
                        ] do
                        let path = Path.Combine(folder, "net.bnn")
                        saved (ReActNet.network layers) path |> ignore
                        rewrite path "bnn packed network 1" (earlier (Some family) >> change)

                        Expect.throwsT<BnnFileException> (fun () -> (BnnModel.Load path).Dispose()) family)
            }
        ]
