/// Weights as people have them: in wrappings, under keys and names, and beside things that are no weights. They are read where they are healthy.
module Bnn.Tests.ForeignFileTests

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private model =
    Models.ReActNet([ struct (8, 2); struct (8, 1); struct (16, 2) ])

let private tensors =
    lazy
        (use network = PackedNetworkTests.trained model
         List.ofSeq (NetworkTensors.Copy network))

let private fixture name =
    Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch", name)

let private text (value: string) = PickleText value :> PickleValue

let private entry (name: string) value = KeyValuePair(text name, value)

let private dict entries =
    PickleDict(Array.ofSeq entries, true, null) :> PickleValue

let private stored (array: NamedArray) =
    PickleTensor(array.Dtype, array.Shape, array.Bytes) :> PickleValue

let private stateDict (tensors: NamedArray seq) =
    dict [ for array in tensors -> entry array.Name (stored array) ]

let private named (change: string -> string) =
    [
        for array in tensors.Value -> NamedArray(change array.Name, array.Dtype, array.Shape, array.Bytes)
    ]

let private noTexts = Dictionary<string, string>()

let private one =
    NamedArray("", "F32", [| 1L |], ReadOnlyMemory(BitConverter.GetBytes 3f))

/// The counters of batch norm in another form.
let private withCounters dtype (shape: int64[]) (bytes: byte[]) =
    [
        for array in tensors.Value ->
            if array.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal) then
                NamedArray(array.Name, dtype, shape, ReadOnlyMemory bytes)
            else
                array
    ]

let private logits (loaded: BnnModel) =
    use _scope = torch.NewDisposeScope()
    let pixels = [| for k in 0 .. 2 * 28 * 28 - 1 -> sin (0.37f * float32 k) |]
    bits (loaded.LogitsOf(torch.tensor(pixels).view(2L, 1L, 28L, 28L)))

/// What an ordinary file of the same tensors gives.
let private expected =
    lazy
        (let mutable found = [||]

         inFolder (fun folder ->
             let path = Path.Combine(folder, "net.pth")
             PyTorchFile.Write(path, stateDict tensors.Value)
             use loaded = BnnModel.Import(path, model)
             found <- logits loaded)

         found)

/// The file is loaded as it is, gives the logits of the ordinary file, and its list names the network, too; what is assumed of it.
let private reads (path: string) =
    use _scope = torch.NewDisposeScope()
    let file = WeightsFile.Read path
    Expect.equal file.Network.Network model.Network "the network"
    use imported = BnnModel.Import(path, model)
    Expect.equal (logits imported) expected.Value "logits"
    use loaded = BnnModel.Load path
    Expect.equal loaded.Description.Network model.Network "loaded"
    List.ofSeq loaded.Assumptions

let private inFile name (action: string -> unit) =
    inFolder (fun folder -> action (Path.Combine(folder, name)))

let private writes name (root: PickleValue) (action: string -> unit) =
    inFile name (fun path ->
        PyTorchFile.Write(path, root)
        action path)

let private refusal (action: unit -> unit) =
    try
        action ()
        failtest "nothing was refused"
    with :? BnnFileException as e ->
        e

let private load (path: string) =
    use _loaded = BnnModel.Load path
    ()

/// The file with all of its entries' checksums 0, as torch.save writes it where it is told to make none.
let private withoutChecksums (path: string) =
    let bytes = File.ReadAllBytes path

    let clear signature offset =
        for at in 0 .. bytes.Length - offset - 4 do
            if BitConverter.ToUInt32(bytes, at) = signature then
                bytes.AsSpan(at + offset, 4).Clear()

    clear 0x04034B50u 14
    clear 0x02014B50u 16
    File.WriteAllBytes(path, bytes)

[<Tests>]
let tests =
    testList
        "Foreign files"
        [
            for name in [ "net.pth"; "net.ckpt"; "net.bin"; "net.th"; "net.safetensors"; "net"; "v1.2" ] do
                test $"{name}: a file of PyTorch is told by its first bytes, whatever it is called" {
                    writes name (stateDict tensors.Value) (reads >> ignore<string list>)
                }

            for name in [ "net.safetensors"; "net.st"; "net.pth" ] do
                test
                    $"{name}: safetensors are told by their first bytes, whatever they are called, and need no checksum and no texts" {
                    inFile name (fun path ->
                        Safetensors.Write(path, TensorFile(noTexts, Array.ofList tensors.Value))
                        let bytes = File.ReadAllBytes path
                        let length = int (BinaryPrimitives.ReadInt64LittleEndian bytes)
                        let header = Encoding.UTF8.GetString(bytes, 8, length)
                        let close = header.IndexOf '}'
                        let bare = "{\"__metadata__\":null" + header[close + 1 ..]
                        let padded = bare.PadRight length
                        Encoding.UTF8.GetBytes(padded).CopyTo(bytes, 8)
                        File.WriteAllBytes(path, bytes)
                        reads path |> ignore<string list>)
                }

            test "Checksums that are switched off are none; where some are there, all must hold" {
                writes "net.pth" (stateDict tensors.Value) (fun path ->
                    let whole = File.ReadAllBytes path
                    withoutChecksums path
                    reads path |> ignore<string list>
                    // one entry's checksum is 0, the others' are not
                    let central = 0x02014B50u
                    let bytes = Array.copy whole

                    let at =
                        seq { 0 .. bytes.Length - 20 }
                        |> Seq.find (fun at -> BitConverter.ToUInt32(bytes, at) = central)

                    bytes.AsSpan(at + 16, 4).Clear()
                    File.WriteAllBytes(path, bytes)

                    Expect.stringContains
                        (refusal (fun () -> load path)).Problem
                        "another content than its checksum"
                        "one")
            }

            for words, dtype, shape, bytes in
                [
                    "a list of one number", "I64", [| 1L |], BitConverter.GetBytes 7L
                    "float32", "F32", [||], BitConverter.GetBytes 7f
                    "half, a list of one", "F16", [| 1L |], BitConverter.GetBytes(Half.CreateChecked 7f)
                    "int32", "I32", [||], BitConverter.GetBytes 7
                    "NaN", "F32", [||], BitConverter.GetBytes nanf
                ] do
                test $"Counters of batch norm are read as {words}: their value is not used" {
                    writes "net.pth" (stateDict (withCounters dtype shape bytes)) (reads >> ignore<string list>)
                }

            for prefix in
                [
                    "module."
                    "_orig_mod."
                    "model."
                    "module.module."
                    "model._orig_mod.module."
                    "student.backbone."
                ] do
                test $"The prefix {prefix} of all names is taken off, and said" {
                    let said =
                        $"the names of all tensors of its file begin with {prefix}, which is taken off"

                    writes "net.pth" (stateDict (named (fun name -> prefix + name))) (fun path ->
                        Expect.contains (reads path) said "PyTorch"
                        Expect.equal (WeightsFile.Read path).Prefix prefix "listed")

                    inFile "net.safetensors" (fun path ->
                        Safetensors.Write(path, TensorFile(noTexts, Array.ofList (named (fun name -> prefix + name))))
                        Expect.contains (reads path) said "safetensors")
                }

            for path in [ "net"; "ema_state_dict"; "model"; "checkpoint/model"; "a/b/state_dict" ] do
                test $"The only dict of tensors is taken, under {path}" {
                    let root =
                        Array.foldBack
                            (fun key inner -> dict [ entry "epoch" (PickleInteger 3I); entry key inner ])
                            (path.Split '/')
                            (stateDict tensors.Value)

                    writes "net.pth" root (reads >> ignore<string list>)
                }

            test
                "Of several dicts of tensors none is guessed: the error lists them, and a key chooses, in all that reads files" {
                let zeros =
                    [
                        for array in tensors.Value ->
                            NamedArray(
                                array.Name,
                                array.Dtype,
                                array.Shape,
                                ReadOnlyMemory(Array.zeroCreate array.Bytes.Length)
                            )
                    ]

                let root =
                    dict
                        [
                            entry "state_dict" (stateDict zeros)
                            entry
                                "ema"
                                (dict [ entry "weights" (stateDict tensors.Value); entry "decay" (PickleFloat 0.99) ])
                        ]

                writes "net.pth" root (fun path ->
                    for read in [ load; (fun path -> WeightsFile.Read path |> ignore<WeightsFile>) ] do
                        let e = refusal (fun () -> read path)

                        Expect.stringContains
                            e.Problem
                            "several dicts that may be the state_dict: state_dict, ema/weights"
                            "listed"

                        Expect.stringContains e.Remedy "Key" "the option"

                    use chosen = BnnModel.Import(path, model, ImportOptions(Key = "ema/weights"))
                    Expect.equal (logits chosen) expected.Value "the key's"
                    use other = BnnModel.Import(path, model, ImportOptions(Key = "state_dict"))
                    Expect.notEqual (logits other) expected.Value "the other's"
                    let listed = WeightsFile.Read(path, "ema/weights")
                    Expect.equal listed.Network.Network model.Network "listed"

                    let given = GivenWeights.Read(path, ImportOptions(Key = "ema/weights"))
                    Expect.equal given.Network.Network model.Network "a start"

                    let e =
                        refusal (fun () -> BnnModel.Import(path, model, ImportOptions(Key = "model")).Dispose())

                    Expect.stringContains
                        e.Problem
                        "has no dict model; its dicts are state_dict, ema, ema/weights"
                        "no such key")
            }

            test "What is left over is named by the error, and left out and listed where that is wanted" {
                let profiled =
                    [
                        for array in tensors.Value do
                            entry array.Name (stored array)
                        entry "total_ops" (stored one)
                        entry "feature.1.total_params" (stored one)
                        entry "note" (text "profiled")
                    ]

                writes "net.pth" (dict profiled) (fun path ->
                    let e = refusal (fun () -> BnnModel.Import(path, model).Dispose())
                    Expect.stringContains e.Problem "note" "what is no tensor"
                    use loaded = BnnModel.Import(path, model, ImportOptions(LeaveOutOthers = true))
                    Expect.equal (logits loaded) expected.Value "logits"
                    Expect.sequenceEqual loaded.LeftOut [ "note"; "total_ops"; "feature.1.total_params" ] "listed")

                writes
                    "net.pth"
                    (dict (
                        List.filter (fun (e: KeyValuePair<PickleValue, PickleValue>) -> e.Key <> text "note") profiled
                    ))
                    (fun path ->
                        let e = refusal (fun () -> load path)

                        Expect.stringContains
                            e.Problem
                            "total_ops is unknown; feature.1.total_params is unknown"
                            "both"

                        Expect.stringContains e.Remedy "LeaveOutOthers" "the option")

                let missing = List.tail profiled

                writes "net.pth" (dict missing) (fun path ->
                    let e =
                        refusal (fun () ->
                            BnnModel.Import(path, model, ImportOptions(LeaveOutOthers = true)).Dispose())

                    Expect.stringContains e.Problem "is missing" "a tensor of the network must be there all the same")
            }

            test "An object beside a good state_dict is passed over and listed; nothing of it is made" {
                let path = fixture "namespace.pth"
                use loaded = BnnModel.Load path
                Expect.equal loaded.Description.Name "ReActNet" "read"
                let file = WeightsFile.Read path
                let others = [ for struct (name, value) in file.Others -> name, value ]
                Expect.contains others ("args", "argparse.Namespace, not read") "listed"
            }

            test "A TorchScript archive is refused, with the call that saves its tensors" {
                let e = refusal (fun () -> load (fixture "torchscript.pth"))
                Expect.stringContains e.Problem "TorchScript" "what it is"
                Expect.stringContains e.Remedy "torch.save(torch.jit.load(path).state_dict()" "what helps"
            }

            for words, content, problem, remedy in
                [
                    "a web page", "<!DOCTYPE html><html>", "web page", "download page"
                    "a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\n", "Git LFS", "git lfs pull"
                    "a gzip file", "\u001f\u008b\u0008\u0000\u0000\u0000\u0000\u0000\u0000", "gzip", "gunzip"
                    "nothing", "", "empty", "get it again"
                    "another text", "weights go here", "begins with the bytes 77 65 69 67", "get it again"
                ] do
                test $"A file that is {words} says so, and what helps" {
                    for name in [ "net.ckpt"; "net" ] do
                        inFile name (fun path ->
                            File.WriteAllBytes(path, Encoding.Latin1.GetBytes content)
                            let e = refusal (fun () -> load path)
                            Expect.stringContains e.Problem problem "what it is"
                            Expect.stringContains e.Remedy remedy "what helps")
                }

            test "safetensors without a tensor are listed" {
                inFile "net.safetensors" (fun path ->
                    Safetensors.Write(path, TensorFile(Dictionary(Map.ofList [ "note", "nothing" ]), [||]))
                    let listed = (WeightsFile.Read path).ToString()
                    Expect.stringContains listed "0 tensors, 0 numbers" "none"
                    Expect.stringContains listed "note: nothing" "its text")
            }

            test "Of a checkpoint with far more beside the weights, the weights alone are kept in memory" {
                let moments =
                    PickleTensor("F32", [| 50_000_000L |], ReadOnlyMemory(Array.zeroCreate<byte> 200_000_000))

                let root =
                    dict
                        [
                            entry "state_dict" (stateDict tensors.Value)
                            entry "loss" (dict [ entry "weight" moments; entry "step" (stored one) ])
                        ]

                writes "net.pth" root (fun path ->
                    reads path |> ignore<string list>
                    let before = GC.GetAllocatedBytesForCurrentThread()
                    load path
                    Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 20_000_000L "bytes")
            }

            for words, described in
                [
                    "of 65,536 channels",
                    Models.ReActNet([ struct (65_536, 2); struct (65_536, 1); struct (65_536, 1) ])
                    "of 9,000 layers",
                    Layers.Chain [ for k in 1..9_000 -> Layers.BatchNorm $"norm{k}" ]
                    >=> Layers.GlobalMean()
                    >=> Layers.Linear("fc", 10)
                    |> fun network -> network.ToModel("deep", 3, 8, 8)
                ] do
                test $"A small file that describes a network {words} is refused before memory is taken for it" {
                    inFile "net.safetensors" (fun path ->
                        let header =
                            NetworkHeader.Of(
                                described,
                                NetworkMode(false, true, true),
                                Normalization(Array.create described.Channels 0.5, Array.create described.Channels 0.5),
                                [| for k in 1 .. described.Classes -> string k |]
                            )

                        for format in [ "bnn network 2"; "bnn packed network 2" ] do
                            let texts = Dictionary(Map.ofList [ "format", format; "network", header.ToJson() ])
                            Safetensors.Write(path, TensorFile(texts, [| one |]))
                            let before = GC.GetAllocatedBytesForCurrentThread()
                            let e = refusal (fun () -> load path)
                            Expect.isNotEmpty e.Problem "it is no such network"
                            Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 300_000_000L "bytes")
                }
        ]
