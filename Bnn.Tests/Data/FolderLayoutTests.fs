/// Folders as archives leave them: folders within classes, Tiny ImageNet, the devkit's truth, names that are not UTF-8, few open files.
module Bnn.Tests.FolderLayoutTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.FormatTests
open Bnn.Tests.SourceSupport
open Expecto

let private opened root =
    let struct (train, test, remarks) = ImageFolder.Open root
    train, test, remarks

let private shown (set: ImageFiles) =
    [ for k in 0 .. set.Count - 1 -> set.Label k, set.OwnNameOf k ]

let private nested =
    testList
        "folders within classes"
        [
            test
                "images in folders within a class's folder, at any depth, belong to the class, in torchvision's order, and that is said" {
                inFolder (fun root ->
                    putAll
                        root
                        [
                            "train/cat/z.jpg"
                            "train/cat/sub/x/1.jpg"
                            "train/cat/sub/2.jpg"
                            "train/cat/sub-2/3.jpg"
                            "train/cat/sub/notes.txt"
                            "train/dog/only/within/4.jpg"
                            "val/cat/1.jpg"
                            "val/dog/1.jpg"
                        ]

                    let train, _, remarks = opened root

                    Expect.equal
                        (shown train)
                        [
                            0, "cat/z.jpg"
                            0, "cat/sub/2.jpg"
                            0, "cat/sub-2/3.jpg"
                            0, "cat/sub/x/1.jpg"
                            1, "dog/only/within/4.jpg"
                        ]
                        "train"

                    Expect.equal (string train.PassedOver) "1 .txt" "the rest"
                    Expect.equal (bytesOf train 3) "train/cat/sub/x/1.jpg"B "read from there"

                    Expect.equal
                        (List.ofSeq remarks)
                        [
                            $"""4 images of {under root "train"} lie in folders within a class's folder, and belong to that class"""
                        ]
                        "said")
            }

            test
                "a link to a folder elsewhere is followed, and one that leads in a circle is passed over, however it is made" {
                inFolder (fun root ->
                    putAll root [ "train/cat/1.jpg"; "train/dog/2.jpg"; "more/3.jpg"; "more/deep/4.jpg" ]

                    let link name (target: string) =
                        Directory.CreateSymbolicLink(under root name, target) |> ignore

                    link "train/cat/more" "../../more"
                    link "train/cat/up" "../.."
                    link "train/cat/self" "."
                    link "more/deep/back" (under root "train/cat")
                    link "alias" "train"
                    let set = ImageFolder.OpenTest(under root "alias")

                    Expect.equal
                        (shown set)
                        [
                            0, "cat/1.jpg"
                            0, "cat/more/3.jpg"
                            0, "cat/more/deep/4.jpg"
                            1, "dog/2.jpg"
                        ]
                        "each once"

                    Expect.equal (string set.PassedOver) "3 folders" "the circles")
            }

            test "a class whose files are all of kinds that are not read is refused, with the kinds" {
                inFolder (fun root ->
                    putAll root [ "cat/1.tif"; "cat/2.tiff"; "cat/in/3.tif"; "dog/1.jpg" ]

                    refuses root [ "1 class holds no images: cat (2 .tif, 1 .tiff in it)" ] (fun () ->
                        ImageFolder.OpenTest root))
            }
        ]

let private annotations =
    [
        "val_0.JPEG\tn03\t0\t32\t44\t62"
        "val_1.JPEG\tn01\t52\t55\t57\t59"
        "val_2.JPEG\tn01\t4\t0\t60\t55"
        ""
    ]

let private inTiny (lines: string list) (action: string -> unit) =
    inFolder (fun root ->
        for name in [ "n01"; "n03" ] do
            putAll root [ $"train/{name}/images/{name}_0.JPEG"; $"train/{name}/{name}_boxes.txt" ]

        putAll root [ for k in 0..2 -> $"val/images/val_{k}.JPEG" ]
        putAll root [ "test/images/test_0.JPEG"; "wnids.txt"; "words.txt" ]
        File.WriteAllText(under root "val/val_annotations.txt", String.Join("\n", lines))
        action root)

let private tiny =
    testList
        "Tiny ImageNet"
        [
            test "Tiny ImageNet is read as it is unzipped: classes from train, those of val from val_annotations.txt" {
                inTiny annotations (fun root ->
                    let train, test, _ = opened root

                    Expect.equal
                        (List.ofSeq train.Classes, List.ofSeq test.Classes)
                        ([ "n01"; "n03" ], [ "n01"; "n03" ])
                        "the classes"

                    Expect.equal (shown train) [ 0, "n01/images/n01_0.JPEG"; 1, "n03/images/n03_0.JPEG" ] "train"
                    Expect.equal (string train.PassedOver) "2 .txt" "the boxes"
                    Expect.equal [ for k in 0..2 -> test.Label k ] [ 1; 0; 0 ] "val"
                    Expect.equal (bytesOf test 2) "val/images/val_2.JPEG"B "its file"

                    for folder in [ "val"; "val/images" ] do
                        let alone = ImageFolder.OpenTest(under root folder)
                        Expect.equal [ for k in 0..2 -> alone.Label k ] [ 1; 0; 0 ] folder)
            }

            test "annotations that lack an image, a class or a tab are refused by line or by name" {
                let refusesLines lines parts =
                    inTiny lines (fun root ->
                        refuses (under root "val/val_annotations.txt") parts (fun () -> opened root))

                refusesLines annotations[1..] [ "has no row for 1 image"; "val_0.JPEG" ]
                refusesLines (annotations @ [ "val_9.JPEG n01 1 2 3 4" ]) [ "line 5 has no image, tab and class" ]
                refusesLines (annotations @ [ "val_0.JPEG\tn03\t0\t32\t44\t62" ]) [ "line 5 has val_0 again" ]

                refusesLines
                    (List.map (fun (line: string) -> line.Replace("n03", "n04")) annotations)
                    [ "lacks 1 class of train: n03" ]

                inTiny (annotations @ [ "val_7.JPEG\tn01\t1\t2\t3\t4" ]) (fun root ->
                    refuses (under root "val/images") [ "lacks 1 image that"; "val_7" ] (fun () -> opened root))
            }
        ]

let private truth = "ILSVRC2012_validation_ground_truth.txt"

/// The devkit's files in a folder, below ImageNet with four validation images in one folder: classes 3, 1, 2 and 1.
let private inDevkit at (meta: byte[]) (lines: string) (action: string -> unit) =
    inFolder (fun root ->
        for name in [ "n02119789"; "n02100735"; "n01440764" ] do
            putAll root [ $"train/{name}/1.JPEG" ]

        putAll root [ for k in 1..4 -> $"val/ILSVRC2012_val_%08d{k}.JPEG" ]
        put root $"{at}/{truth}" (Encoding.ASCII.GetBytes lines)
        put root $"{at}/meta.mat" meta
        action root)

let private meta name =
    File.ReadAllBytes(Path.Combine(formats, name))

/// MATLAB's own way to write it: numbers as single bytes in short elements, text as UTF-16.
let private matlab (synsets: (int * string) list) =
    let little (number: int) = Array.rev (bigEndian number)

    let element (kind: int) (bytes: byte[]) =
        Array.concat
            [
                little kind
                little bytes.Length
                bytes
                Array.zeroCreate ((8 - bytes.Length % 8) % 8)
            ]

    let matrix (kind: int) (rows: int) (columns: int) (name: byte[]) rest =
        Array.concat
            [
                element 6 (Array.append (little kind) (little 0))
                element 5 (Array.append (little rows) (little columns))
                element 1 name
                rest
            ]
        |> element 14

    let name (text: string) =
        Array.append (Encoding.ASCII.GetBytes text) (Array.zeroCreate (16 - text.Length))

    let fields =
        [
            Array.concat [ [| 5uy; 0uy; 4uy; 0uy |]; little 16 ]
            element 1 (Array.append (name "ILSVRC2012_ID") (name "WNID"))
            for id, wnid in synsets do
                matrix 6 1 1 [||] [| 2uy; 0uy; 1uy; 0uy; byte id; 0uy; 0uy; 0uy |]
                matrix 4 1 wnid.Length [||] (element 4 (Encoding.Unicode.GetBytes wnid))
        ]

    Array.concat
        [
            Array.zeroCreate 124
            [| 0uy; 1uy; byte 'I'; byte 'M' |]
            matrix 2 synsets.Length 1 "synsets"B (Array.concat fields)
        ]

let private devkit =
    testList
        "ImageNet's devkit"
        [
            test
                "validation images in one folder have the classes of the devkit's ground truth, whose numbers are meta.mat's" {
                let files =
                    [
                        meta "meta.mat"
                        meta "meta-packed.mat"
                        matlab [ 1, "n02119789"; 2, "n02100735"; 3, "n01440764"; 200, "n00001740" ]
                    ]

                for at, bytes in List.allPairs [ "."; "val"; "data"; "ILSVRC2012_devkit_t12/data" ] files do
                    inDevkit at bytes "3\n1\n2\n1\n" (fun root ->
                        let _, test, _ = opened root

                        Expect.equal
                            (List.ofSeq test.Classes)
                            [ "n01440764"; "n02100735"; "n02119789" ]
                            "sorted as train's"

                        Expect.equal [ for k in 0..3 -> test.Label k ] [ 0; 2; 1; 2 ] $"{at}: labels")
            }

            test
                "a ground truth without meta.mat, of other classes or with no numbers is refused, and so is a damaged meta.mat" {
                let refusesTruth bytes lines parts =
                    inDevkit "." bytes lines (fun root -> refuses (under root truth) parts (fun () -> opened root))

                refusesTruth (meta "meta.mat") "3\n1\nx\n1\n" [ "line 3 is no number" ]
                refusesTruth (meta "meta.mat") "3\n1\n7\n1\n" [ "line 3 has the class 7" ]
                refusesTruth (meta "meta.mat") "3\n1\n2\n" [ "has no row for 1 image"; "ILSVRC2012_val_00000004.JPEG" ]

                inDevkit "." (meta "meta.mat") "3\n1\n2\n1\n" (fun root ->
                    File.Delete(under root "meta.mat")

                    refuses
                        (under root truth)
                        [ "there is no"; "meta.mat"; "no list of sorted names has its order" ]
                        (fun () -> opened root))

                let refusesMeta bytes parts =
                    inDevkit "." bytes "3\n1\n2\n1\n" (fun root ->
                        refuses (under root "meta.mat") parts (fun () -> opened root))

                refusesMeta "no mat file"B [ "is no MAT-file of level 5" ]
                let plain = meta "meta.mat"
                refusesMeta plain[..231] [ "has no structs with the fields ILSVRC2012_ID and WNID" ]

                for length in 240..8 .. plain.Length - 8 do
                    refusesMeta plain[.. length - 1] [ "give the meta.mat of ImageNet's devkit" ]

                let packed = meta "meta-packed.mat"

                for length in 136..20 .. packed.Length - 1 do
                    refusesMeta packed[.. length - 1] [ "give the meta.mat of ImageNet's devkit" ]
            }
        ]

let private shell folder command =
    match Programs.tryRun "bash" [ "-c"; command ] folder with
    | Some(0, _, _) -> ()
    | other -> failtest $"{command}: {other}"

let private strange =
    testList
        "names that are not UTF-8"
        [
            test
                "an image or folder whose name is not UTF-8 is refused with its name, escaped, and another file is passed over" {
                let inStrange (commands: string) action =
                    inFolder (fun root ->
                        putAll root [ "cat/1.jpg"; "dog/\uFFFD.jpg" ]

                        try
                            shell root commands
                            action root
                        finally
                            // .NET cannot delete them
                            shell root "rm -rf -- *")

                inStrange "cp cat/1.jpg $'cat/caf\\xe9.jpg'; cp cat/1.jpg $'cat/na\\xefve\\xff.jpg'" (fun root ->
                    refuses
                        (under root "cat")
                        [
                            @"2 images or folders have names that are not UTF-8: caf\xE9.jpg, na\xEFve\xFF.jpg"
                            "rename"
                            "convmv"
                        ]
                        (fun () -> ImageFolder.OpenTest root))

                inStrange "mkdir $'caf\\xe9'; cp cat/1.jpg $'caf\\xe9/1.jpg'" (fun root ->
                    refuses root [ @"1 image or folder has a name that is not UTF-8: caf\xE9" ] (fun () ->
                        ImageFolder.OpenTest root))

                inStrange "cp cat/1.jpg $'cat/caf\\xe9.txt'" (fun root ->
                    let set = ImageFolder.OpenTest root
                    Expect.equal (shown set) [ 0, "cat/1.jpg"; 1, "dog/\uFFFD.jpg" ] "a name that is U+FFFD is a name"
                    Expect.equal (string set.PassedOver) "1 .txt" "passed over")
            }

            test "names in a tar file that are not UTF-8 are told apart, and shown escaped" {
                let latin (name: string) data =
                    let block = header '0' (octal (Array.length data)) (String('x', name.Length))
                    Array.blit (Encoding.Latin1.GetBytes name) 0 block 0 name.Length
                    Array.concat [ withChecksum block; data; Array.zeroCreate (512 - data.Length) ]

                let entries =
                    [
                        latin "caf\u00E9.jpg" [| 1uy |]
                        latin "caf\u00E9.cls" "1"B
                        latin "caf\u00E8.jpg" [| 2uy |]
                        latin "caf\u00E8.cls" "2"B
                    ]

                inTar (tar entries) (fun path ->
                    let set = openTar path

                    Expect.equal
                        [ for k in 0 .. set.Count - 1 -> set.Label k, set.OwnNameOf k ]
                        [ 1, @"caf\xE9.jpg"; 2, @"caf\xE8.jpg" ]
                        "two images")
            }
        ]

/// Reads a folder and a tar file when there may be no more open files; says how each ends. Run in a process of its own.
let whereNoMoreMayBeOpen (folder: string) =
    let images = Data.TestFolder(under folder "images", 8)

    let attempts: (string * (unit -> unit)) list =
        [
            "image", (fun () -> images[0] |> ignore)
            "folder", (fun () -> Data.TestFolder(under folder "images", 8) |> ignore)
            "shard", (fun () -> Data.TarShards(under folder "a.tar", under folder "a.tar").Load() |> ignore)
            "idx", (fun () -> Idx.Read(under folder "a.idx", under folder "b.idx", names) |> ignore)
        ]

    let outcome action =
        try
            action ()
            "read"
        with error ->
            $"{error.GetType().Name}: {error.Message}"

    // once before, so that all code is loaded
    for _, action in attempts do
        outcome action |> ignore

    outcome (fun () -> Data.TestFolder(under folder "nothing", 8) |> ignore)
    |> ignore

    let taken = ResizeArray<IDisposable>()

    try
        while true do
            taken.Add(File.OpenHandle "/dev/null")
    with :? IOException ->
        ()

    let none = [ for name, action in attempts -> name, outcome action ]
    taken[taken.Count - 1].Dispose()
    let one = outcome (fun () -> Data.TestFolder(under folder "images", 8) |> ignore)
    taken |> Seq.iter _.Dispose()

    for name, text in none @ [ "one left", one ] do
        printfn "%s" $"{name}: {text}"

    0

let private openFiles =
    testList
        "open files"
        [
            test
                "where no more files may be open, that is said, with ulimit as the remedy, and no image is taken for damaged or for none" {
                inFolder (fun folder ->
                    put folder "images/a/1.jpg" (jpeg 1L)
                    put folder "images/b/without-extension" (jpeg 2L)
                    put folder "a.tar" (tar [ pair "0" (jpeg 1L) 0; pair "1" (jpeg 2L) 0 ])
                    put folder "classes.txt" "thing\n"B
                    put folder "a.idx" (fst small)
                    put folder "b.idx" (snd small)

                    let own = Reflection.Assembly.GetExecutingAssembly().Location

                    let code, output, errors =
                        (Programs.tryRun
                            "bash"
                            [ "-c"; "ulimit -n 300; exec dotnet \"$0\" open-files \"$1\""; own; folder ]
                            folder)
                            .Value

                    Expect.equal (code, errors) (0, "") "it ran"
                    let lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    Expect.hasLength lines 5 output

                    for line in lines do
                        Expect.stringContains line "BnnFileException" "one error"
                        Expect.stringContains line "Too many open files" "what is wrong"
                        Expect.stringContains line "ulimit -n" "the remedy"
                        Expect.isFalse (line.Contains "damaged") line)
            }
        ]

[<Tests>]
let tests =
    testSequenced (testList "Folder layouts" [ nested; tiny; devkit; strange; openFiles ])
