/// ImageNet's validation images in one folder, with the devkit's ground truth.
module Bnn.Tests.DevkitTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.FolderLayoutTests
open Bnn.Tests.FormatTests
open Bnn.Tests.SourceSupport
open Expecto

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

[<Tests>]
let tests = testSequenced (testList "Folder layouts: the devkit" [ devkit ])
