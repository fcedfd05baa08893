/// Network files whose parts do not fit together, with a checksum that holds: each is refused by one clear error, in little memory.
module Bnn.Tests.PackedNetworkFaultTests

open System
open System.Collections.Generic
open Bnn
open Bnn.Tests.PackedNetworkTests
open Expecto

/// Writes a network, changes the file's content, and gives what is wrong with it then.
let private problem (change: TensorFile -> TensorFile) =
    let mutable message = ""

    inFile (fun path ->
        use network = trained description
        use model = modelOf network true
        model.Save path
        Safetensors.Write(path, change (Safetensors.Read path))
        let before = GC.GetAllocatedBytesForCurrentThread()

        message <-
            try
                (BnnModel.Load path).Dispose()
                "it was loaded"
            with :? BnnFileException as e ->
                Expect.equal e.Path path "names the file"
                e.Problem

        Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) (1L <<< 28) "memory")

    message

let private withPart name (change: NamedArray -> NamedArray list) (file: TensorFile) =
    TensorFile(
        file.Metadata,
        [|
            for array in file.Tensors do
                yield! if array.Name = name then change array else [ array ]
        |]
    )

let private resized (by: int) (array: NamedArray) =
    let bytes = Array.zeroCreate (array.Bytes.Length + by)
    let kept = min bytes.Length array.Bytes.Length
    array.Bytes.Slice(0, kept).CopyTo(Memory bytes)

    [
        NamedArray(array.Name, array.Dtype, [| int64 bytes.Length / int64 (Dtypes.Size array.Dtype) |], bytes)
    ]

let private withText key (change: string -> string) (file: TensorFile) =
    let metadata = Dictionary file.Metadata
    metadata[key] <- change metadata[key]
    TensorFile(metadata, file.Tensors)

/// The file with another network in its description.
let private withNetwork height width (network: Network) =
    withText "network" (fun text ->
        let header = NetworkHeader.FromJson text
        let model = ModelDescription.Create("other", network, 2, height, width)
        NetworkHeader(model, true, true, header.Classes, header.Normalization).ToJson())

let private withLayers layers =
    withNetwork 9 8 (ResNets.binaryNet layers 5)

let private withSize height width =
    withNetwork height width description.Network

let private refusals =
    let signs = (3L * 3L * 9L + 3L * 6L * 9L + 7L) / 8L

    [
        "no change", id, "it was loaded"
        "signs one byte short",
        withPart "signs" (resized -1),
        $"signs is U8 [{signs - 1L}] where U8 [{signs}] is expected"
        "signs one byte long",
        withPart "signs" (resized 1),
        $"signs is U8 [{signs + 1L}] where U8 [{signs}] is expected"
        "scales short", withPart "scales" (resized -4), "scales is F32 [8] where F32 [9] is expected"
        "rest long", withPart "rest" (resized 4), "rest is F32"
        "rest short", withPart "rest" (resized -4), "rest is F32"
        "no signs", withPart "signs" (fun _ -> []), "signs is missing"
        "no scales", withPart "scales" (fun _ -> []), "scales is missing"
        "no rest", withPart "rest" (fun _ -> []), "rest is missing"
        "one more",
        withPart "rest" (fun rest -> [ rest; NamedArray("more", "U8", [| 1L |], [| 1uy |]) ]),
        "more is unknown"
        "signed bytes",
        withPart "signs" (fun array -> [ NamedArray("signs", "I8", array.Shape, array.Bytes) ]),
        "signs is I8"
        "whole numbers",
        withPart "rest" (fun array -> [ NamedArray("rest", "I32", array.Shape, array.Bytes) ]),
        "rest is I32"
        "a shape of two",
        withPart "scales" (fun array -> [ NamedArray("scales", "F32", [| 3L; 3L |], array.Bytes) ]),
        "scales is F32 [3, 3] where F32 [9] is expected"
        "a negative scale",
        withPart "scales" (fun array ->
            let bytes = array.Bytes.ToArray()
            bytes[35] <- bytes[35] ||| 0x80uy
            [ NamedArray("scales", "F32", array.Shape, bytes) ]),
        "no mean magnitude"
        "real weights with signs",
        withText "network" (fun text -> text.Replace("\"binaryWeights\":true", "\"binaryWeights\":false")),
        "signs is unknown"
        "a later version", withText "format" (fun _ -> "bnn packed network 3"), "is not a network of the format"
        "no description", withText "network" (fun _ -> "{}"), "no readable description"
        "a huge network", withLayers [ 5000, 1; 5000, 1; 5000, 2 ], "signs is U8"
        "more binary weights than any file holds", withLayers [ 65536, 1; 65536, 1; 65536, 2 ], "more than a .bnn holds"
        "a layer of more than any file holds", withLayers [ 3, 1; 8000, 1; 8000, 2 ], "more than a .bnn holds"
        "more of them, in layers that one holds each", withLayers (List.replicate 9 (7000, 1)), "more than a .bnn holds"
        "more other numbers than any file holds", withSize 20000 20000, "more than a .bnn holds"
        "a width of 10^9", withLayers [ 3, 1; 1_000_000_000, 1; 6, 2 ], "impossible network"
        "200,000 layers",
        withText "network" (fun text ->
            let start = text.IndexOf("\"layers\":[", StringComparison.Ordinal)
            let norms = String.Join(',', Seq.init 200_000 (fun k -> $"{{\"norm\":\"n{k}\"}}"))
            let ending = text.IndexOf("]},\"binaryActivations\"", StringComparison.Ordinal)
            $"{text[..start]}layers\":[{norms}{text[ending..]}"),
        "impossible network"
        "images of more numbers than can be counted", withSize Int32.MaxValue Int32.MaxValue, "impossible network"
        // 16 channels times height times width is 2^64, which is 0 where it is not checked
        "images whose numbers wrap around",
        withNetwork (1 <<< 30) (1 <<< 30) (ResNets.binaryNet [ 3, 1; 3, 1; 16, 1 ] 5),
        "impossible network"
    ]

[<Tests>]
let tests =
    testList
        "Packed network, faults"
        [
            for name, change, part in refusals do
                test $"A file with {name}: {part}" { Expect.stringContains (problem change) part name }
        ]
