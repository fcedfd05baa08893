/// ImageNet's validation images in one folder, whose classes are in LOC_val_solution.csv.
module Bnn.Tests.ValidationSolutionTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto

let private image (number: int) = $"ILSVRC2012_val_%08d{number}"

let private base' = "ILSVRC/Data/CLS-LOC"

let private csv (rows: string list) =
    Encoding.UTF8.GetBytes(String.Join("\n", "ImageId,PredictionString" :: rows @ [ "" ]))

/// The rows of four images of three classes, not in the images' order.
let private rows =
    [
        $"{image 3},n02 85 1 499 272 n02 10 20 30 40 "
        $"{image 1},n03 1 2 3 4 "
        $"{image 4},n01"
        $"{image 2},n02 1 2 3 4"
    ]

/// ImageNet as Kaggle has it, with these lines in its csv file.
let private inImageNet (lines: byte[]) (action: string -> unit) =
    inFolder (fun root ->
        putAll (under root base') [ for number in 1..3 -> $"train/n0{number}/n0{number}_1.JPEG" ]
        putAll (under root base') [ for number in 1..4 -> $"val/{image number}.JPEG" ]
        put root "LOC_val_solution.csv" lines
        action root)

let private openTest root =
    let struct (_, test, _) = ImageFolder.Open root
    test

/// The csv file with these rows must be refused; the parts are in the message.
let private refusesRows lines parts =
    inImageNet lines (fun root -> refuses (under root "LOC_val_solution.csv") parts (fun () -> openTest root))

[<Tests>]
let tests =
    testList
        "Sources.ValidationSolution"
        [
            testCase "Images in one folder have the classes of the csv file, whose numbers are train's"
            <| fun () ->
                inImageNet (csv rows) (fun root ->
                    let test = openTest root
                    Expect.equal (List.ofSeq test.Classes) [ "n01"; "n02"; "n03" ] "the classes"

                    Expect.equal
                        [ for label, path, _ in content test -> label, Path.GetFileName path ]
                        [
                            2, $"{image 1}.JPEG"
                            1, $"{image 2}.JPEG"
                            1, $"{image 3}.JPEG"
                            0, $"{image 4}.JPEG"
                        ]
                        "the labels")

            testCase "The csv file is found beside the images and in each of the four folders above them, not higher"
            <| fun () ->
                inImageNet (csv rows) (fun root ->
                    let source = under root "LOC_val_solution.csv"

                    for at in [ "ILSVRC"; "ILSVRC/Data"; base'; $"{base'}/val" ] do
                        let target = under root $"{at}/LOC_val_solution.csv"
                        File.Move(source, target)
                        Expect.equal (openTest root).Count 4 at
                        File.Move(target, source)

                    Directory.Move(under root "ILSVRC", under root "deeper")
                    Directory.CreateDirectory(under root "more") |> ignore
                    Directory.Move(under root "deeper", under root "more/ILSVRC")

                    refuses
                        (under root $"more/{base'}/val")
                        [
                            "no folders of classes, and there is no LOC_val_solution.csv, val_annotations.txt or ILSVRC2012_validation_ground_truth.txt in"
                            under root $"more/{base'}/val"
                        ]
                        (fun () -> openTest (under root "more")))

            testCase "The folder alone is read for testing, with the classes that the csv file names"
            <| fun () ->
                inImageNet (csv rows) (fun root ->
                    let test = ImageFolder.OpenTest(under root $"{base'}/val/")
                    Expect.equal (List.ofSeq test.Classes) [ "n01"; "n02"; "n03" ] "the classes"
                    Expect.equal [ for i in 0..3 -> test.Label i ] [ 2; 1; 1; 0 ] "the labels")

            testCase "Windows' line ends, a byte order mark and blank lines change nothing"
            <| fun () ->
                let text =
                    String.Join("\r\n", "\uFEFFImageId,PredictionString" :: rows @ [ ""; "" ])

                inImageNet (Encoding.UTF8.GetBytes text) (fun root -> Expect.equal (openTest root).Count 4 "the images")

            testCase "Images without a row are refused by name, and so are rows without an image"
            <| fun () ->
                refusesRows (csv rows[1..]) [ "has no row for 1 image of"; $": {image 3}.JPEG" ]

                inImageNet (csv (rows @ [ for number in 11..22 -> $"{image number},n01" ])) (fun root ->
                    refuses
                        (under root $"{base'}/val")
                        [
                            "lacks 12 images that"
                            $"has rows for: {image 11}, {image 12}"
                            $"{image 20} and 2 more"
                        ]
                        (fun () -> openTest root))

            testCase "Classes that only one of train and the csv file has are refused by name"
            <| fun () ->
                let renamed = rows |> List.map (fun row -> row.Replace("n03", "n09"))
                refusesRows (csv renamed) [ "lacks 1 class of train: n03"; "has 1 class that train lacks: n09" ]

            testCase "A csv file of another kind is refused with the line"
            <| fun () ->
                refusesRows [||] [ "does not begin with the line ImageId,PredictionString" ]
                refusesRows "id,label\n"B [ "does not begin with the line ImageId,PredictionString" ]

                for row in [ "nothing"; $"{image 9},"; ",n01"; $"{image 9},  " ] do
                    refusesRows (csv (rows @ [ row ])) [ "line 6 has no image, comma and class" ]

                refusesRows (csv (rows @ [ $"{image 3},n01" ])) [ $"line 6 has {image 3} again" ]
        ]
