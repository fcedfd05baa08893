/// The kinds of files that the library reads, with whole ones of each and what reads them.
module Bnn.Tests.FuzzKinds

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.Mutations
open Bnn.Tests.TrainerTests

type Kind =
    {
        Name: string
        /// The changed file's name; where it is read among others, these lie beside it.
        File: string
        /// The files that lie beside it.
        Beside: (string * byte[]) list
        Whole: byte[] list
        Change: Random -> byte[] -> byte[]
        /// Reads it: a path.
        Read: string -> unit
    }

let private kind name file whole change read =
    {
        Name = name
        File = file
        Beside = []
        Whole = whole
        Change = change
        Read = read
    }

let private fixtures folder pattern =
    [
        for path in
            Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures", folder), pattern)
            |> Array.sort -> File.ReadAllBytes path
    ]

/// A run that has ended and all that it left, by path.
let private run () =
    let folder = Directory.CreateTempSubdirectory "bnn-fuzz-run-"

    try
        (short ())
            .WithStages(Stage.Create("one", true, true, 1))
            .WithDiagnostics(true)
            .SaveTo(folder.FullName)
            .Train()
            .Model.Dispose()

        [
            for path in folder.GetFiles("*", SearchOption.AllDirectories) ->
                Path.GetRelativePath(folder.FullName, path.FullName), File.ReadAllBytes path.FullName
        ]
    finally
        folder.Delete true

/// A network as files of these endings.
let private saved endings =
    let folder = Directory.CreateTempSubdirectory "bnn-fuzz-net-"

    try
        use model =
            new BnnModel(
                TorchNetwork.Create(Models.BinaryNet(10).Scaled 0.0625, 1L),
                NetworkMode(false, true, true),
                Normalization.None 1,
                names
            )

        [
            for ending in endings do
                let path = Path.Combine(folder.FullName, "net" + ending)
                model.Save path
                File.ReadAllBytes path
        ]
    finally
        folder.Delete true

let private load (path: string) =
    WeightsFile.Read path |> ignore
    BnnModel.Load(path).Dispose()

let private decode (path: string) =
    for way in [ JpegWay.Fastest; JpegWay.Skia ] do
        let bytes = File.ReadAllBytes path
        let decoder = ImageDecoder way
        let header = ImageHeader.Read(path, ReadOnlySpan bytes)
        decoder.Decode(path, ReadOnlySpan bytes, &header).Width |> ignore

/// All kinds. A run is trained for those that a run leaves.
let all () =
    let left = run ()

    let ofRun name =
        left |> List.filter (fun (path, _) -> path = name) |> List.map snd

    let starting prefix =
        left
        |> List.filter (fun (path, _) -> path.StartsWith(prefix, StringComparison.Ordinal))

    let without name =
        left |> List.filter (fun (path, _) -> path <> name)

    let pickles = fixtures "pytorch" "*.pth*" @ saved [ ".pth" ]
    let zips, legacy = pickles |> List.partition (fun bytes -> bytes[0] = byte 'P')
    let whole = saved [ ".safetensors"; ".bnn" ]
    let checkpoint = starting "checkpoints/0" |> List.map snd
    let images, labels = small
    let pngs = fixtures "images" "*.png" @ fixtures "faults" "*.png"
    let folderOf (path: string) = Path.GetDirectoryName path

    let inRun name change read =
        { kind name name (ofRun name) change read with
            Beside = without name
        }

    [
        kind ".pth, the zip file" "net.pth" zips mutated load
        kind ".pth, its pickle" "net.pth" zips inPickle load
        kind ".pth, the older format" "net.pth" legacy mutated load
        kind ".safetensors" "net.safetensors" [ whole[0] ] mutated load
        kind ".safetensors, its header" "net.safetensors" [ whole[0] ] inHeader load
        kind ".bnn, its header" "net.bnn" [ whole[1] ] inHeader load
        kind "checkpoint, its header" "check.safetensors" checkpoint inHeader (fun path ->
            Checkpoint.Read path |> ignore
            BnnModel.Load(path).Dispose())
        { kind "IDX images" "images" [ images; gzip images ] mutated (fun path ->
              Idx.Read(path, Path.Combine(folderOf path, "labels"), names) |> ignore) with
            Beside = [ "labels", labels ]
        }
        { kind "IDX images within gzip" "images" [ gzip images ] inGzip (fun path ->
              Idx.Read(path, Path.Combine(folderOf path, "labels"), names) |> ignore) with
            Beside = [ "labels", labels ]
        }
        { kind "IDX labels" "labels" [ labels; gzip labels ] mutated (fun path ->
              Idx.Read(Path.Combine(folderOf path, "images"), path, names) |> ignore) with
            Beside = [ "images", images ]
        }
        { kind
              "CIFAR-10"
              "data_batch_1.bin"
              [ Array.init 3073 byte |> Array.mapi (fun k b -> if k = 0 then 3uy else b) ]
              mutated
              (fun path -> Data.Cifar10(folderOf path).Load() |> ignore) with
            Beside =
                [
                    for name in [ "data_batch_2"; "data_batch_3"; "data_batch_4"; "data_batch_5"; "test_batch" ] ->
                        name + ".bin", Array.zeroCreate 3073
                ]
        }
        kind "tar shards" "shard.tar" [ SourceSupport.tar SourceSupport.fivePairs ] mutated (fun path ->
            let shards = TarShards.Open([| path |], names)
            SourceSupport.content shards |> ignore)
        kind "JPEG" "picture.jpg" (fixtures "images" "*.jpg" @ fixtures "faults" "*.jpg") mutated decode
        kind "PNG" "picture.png" pngs mutated decode
        kind "PNG, its chunks" "picture.png" (pngs |> List.filter (fun bytes -> bytes.Length > 33)) inPng decode
        kind
            "other pictures"
            "picture"
            (fixtures "images" "*.webp"
             @ fixtures "images" "*.bmp"
             @ fixtures "faults" "*.webp")
            mutated
            decode
        inRun "result.json" mutated (folderOf >> SavedRun.Read >> ignore)
        inRun "metrics.csv" mutated (folderOf >> SavedRun.Read >> ignore)
        inRun "diagnostics.jsonl" mutated (folderOf >> SavedRun.Read >> ignore)
        inRun "checkpoints/recipe.json" mutated (folderOf >> RunIdentity.TryRead >> ignore)
        kind "events" "events.out" (starting "events" |> List.map snd) mutated (fun path ->
            EventFile.TryRead [ path ] |> ignore)
        kind
            "a recipe's JSON"
            "recipe.json"
            [ Text.Encoding.UTF8.GetBytes(Recipes.TwoStep(epochs = 2).ToJson()) ]
            mutated
            (fun path -> Recipes.FromJson(File.ReadAllText path) |> ignore)
        kind
            "a network's JSON"
            "network.json"
            [ Text.Encoding.UTF8.GetBytes(Models.ReActNetSmall(10).ToJson()) ]
            mutated
            (fun path -> Models.FromJson(File.ReadAllText path) |> ignore)
    ]
