/// Folders as archives leave them: folders within classes, and Tiny ImageNet.
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

let opened root =
    let struct (train, test, remarks) = ImageFolder.Open root
    train, test, remarks

let shown (set: ImageFiles) =
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

[<Tests>]
let tests = testSequenced (testList "Folder layouts" [ nested; tiny ])
