/// What a file of weights is said to hold, and files that describe their network themselves.
module Bnn.Tests.WeightsFileTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

// Strides and image size as no published network has them: the tensors do not tell them.
let private model =
    ModelDescription.Create("own", ReActNet.network [ 4, 1; 8, 1; 8, 2 ] 3, 2, 21, 20)

let private saved (path: string) =
    let network = TorchNetwork.Create(model, 7L)

    use source =
        new BnnModel(
            network,
            NetworkMode(false, true, false),
            Normalization([| 0.5; 0.25 |], [| 0.5; 2.0 |]),
            [| "ape"; "bee"; "cat" |]
        )

    source.Save path
    let x = torch.randn (2L, 2L, 21L, 20L)
    x, source.LogitsOf x

let private fixture name =
    Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch", name)

[<Tests>]
let tests =
    testList
        "Weights files"
        [
            for name in [ "net.pth"; "net.pth.tar"; "net.pt"; "net.safetensors"; "net.bnn"; "net" ] do
                test $"{name}: loading gives the network that was saved, whatever its tensors do not tell" {
                    inFolder (fun folder ->
                        use _scope = torch.NewDisposeScope()
                        let path = Path.Combine(folder, name)
                        let x, logits = saved path
                        use loaded = BnnModel.Load path
                        Expect.equal loaded.Description model "description"
                        Expect.sequenceEqual loaded.Classes [ "ape"; "bee"; "cat" ] "classes"

                        Expect.isTrue
                            (loaded.LogitsOf(x).eq(logits).all().item<bool>())
                            "logits, so also what is binary"

                        let image =
                            Picture(2, 21, 20, ReadOnlyMemory [| for k in 0 .. 2 * 21 * 20 - 1 -> byte (k % 256) |])

                        use again = BnnModel.Load path
                        Expect.sequenceEqual (again.Logits([| image |])[0]) (loaded.Logits([| image |])[0]) "a picture")
                }

            for name in [ "net.pth"; "net.safetensors" ] do
                test $"{name}: a file of ours is listed with the network that it describes" {
                    inFolder (fun folder ->
                        use _scope = torch.NewDisposeScope()
                        let path = Path.Combine(folder, name)
                        saved path |> ignore
                        let file = WeightsFile.Read path
                        Expect.isTrue file.IsDescribed "described"
                        Expect.equal file.Network model "the network"

                        for part in [ "feature.0.conv1.weight"; "4 x 2 x 3 x 3"; "network: own" ] do
                            Expect.stringContains (file.ToString()) part "listed")
                }

            test "A checkpoint of a training is listed with what it holds beside the tensors" {
                let file =
                    WeightsFile.Read(Path.Combine(Golden.shipped, "training", "checkpoint.pth.tar"))

                Expect.equal file.Prefix "module." "prefix"
                Expect.isFalse file.IsDescribed "architecture inferred from tensor names"

                Expect.equal
                    [ for struct (name, _) in file.Others -> name ]
                    [ "epoch"; "best_top1_acc"; "optimizer" ]
                    "others"

                for part in
                    [
                        "80 tensors"
                        "epoch: 3"
                        "best_top1_acc: 12.5"
                        "optimizer: a dict of 2: state, param_groups"
                        "network: ReActNet, architecture inferred from tensor names"
                    ] do
                    Expect.stringContains (file.ToString()) part "listed"
            }

            test "Tensors of no network are listed too" {
                let file = WeightsFile.Read(fixture "checkpoint.pth.tar")
                Expect.isNull (box file.Network) "no network"
                Expect.stringContains (file.ToString()) "network: none that is known" "listed"
                Expect.stringContains (file.ToString()) "best_top1_acc: 12.5" "a tensor of one number"
            }

            test "A file of ours whose description is of another version, or damaged, is refused and not guessed at" {
                inFolder (fun folder ->
                    use _scope = torch.NewDisposeScope()
                    let path = Path.Combine(folder, "net.pth")
                    saved path |> ignore

                    let root =
                        match PyTorchFile.Read path with
                        | :? PickleDict as dict -> dict
                        | other -> failtest $"{other}"

                    let changed name value =
                        let entries =
                            [|
                                for entry in root.Attributes.Entries ->
                                    match entry.Key with
                                    | :? PickleText as key when key.Value = name ->
                                        Collections.Generic.KeyValuePair(entry.Key, PickleText value :> PickleValue)
                                    | _ -> entry
                            |]

                        PyTorchFile.Write(path, PickleDict(root.Entries, true, PickleDict entries))

                        try
                            (BnnModel.Load path).Dispose()
                            failtest "nothing was refused"
                        with :? BnnFileException as e ->
                            e.Problem

                    Expect.stringContains
                        (changed "bnn_format" "bnn network 3")
                        "is not a network of the format"
                        "a later one"

                    Expect.stringContains (changed "bnn_network" "{") "no readable description" "damaged"
                    Expect.stringContains (changed "bnn_network" "null") "no readable description" "nothing")
            }
        ]
