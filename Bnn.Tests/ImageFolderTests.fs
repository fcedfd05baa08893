/// Folders of class folders, and what is said of those that are none.
module Bnn.Tests.ImageFolderTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto

let private trainFiles =
    [
        "train/cat/b.jpg"
        "train/cat/B.JPEG"
        "train/cat/a10.png"
        "train/Dog/a9.Bmp"
        "train/Dog/a.webp"
    ]

let private testFiles part =
    [ for name in [ "cat/1.jpg"; "Dog/2.jpg"; "Dog/1.jpg" ] -> $"{part}/{name}" ]

let private openBoth root =
    let struct (train, test, _) = ImageFolder.Open root
    train, test

/// Labels and names of a set, relative to a folder; each file must hold its name.
let private shown (root: string) (set: EncodedSet) =
    [
        for label, path, bytes in content set do
            let name = Path.GetRelativePath(root, path)
            Expect.equal (Text.Encoding.UTF8.GetString bytes) name "the bytes"
            label, name
    ]

let private inRoot files (action: string -> unit) =
    inFolder (fun root ->
        putAll root files
        action root)

let private layoutTests =
    testList
        "Layouts"
        [
            testCase "Classes and files are in ordinal order, and so are the labels"
            <| fun () ->
                inRoot (trainFiles @ testFiles "val") (fun root ->
                    let train, test = openBoth root
                    Expect.equal (List.ofSeq train.Classes) [ "Dog"; "cat" ] "the classes"
                    Expect.equal (List.ofSeq test.Classes) [ "Dog"; "cat" ] "the classes"

                    Expect.equal
                        (shown root train)
                        [
                            0, "train/Dog/a.webp"
                            0, "train/Dog/a9.Bmp"
                            1, "train/cat/B.JPEG"
                            1, "train/cat/a10.png"
                            1, "train/cat/b.jpg"
                        ]
                        "train"

                    Expect.equal (shown root test) [ 0, "val/Dog/1.jpg"; 0, "val/Dog/2.jpg"; 1, "val/cat/1.jpg" ] "val"

                    Expect.equal (train.PassedOver.Count, test.PassedOver.Count) (0, 0) "left out")

            testCase
                "Both parts are found in the folder and where ImageNet's archive has them, the test images under five names"
            <| fun () ->
                for at in [ "."; "ILSVRC/Data/CLS-LOC"; "Data/CLS-LOC"; "CLS-LOC" ] do
                    for part in [ "val"; "valid"; "validation"; "dev"; "test" ] do
                        inFolder (fun root ->
                            putAll (under root at) (trainFiles @ testFiles part)
                            let train, test = openBoth root
                            Expect.equal (train.Count, test.Count) (5, 3) $"{at}, {part}"
                            Expect.stringContains (test.NameOf 0) $"/{part}/" "the test images")

            testCase "The labelled val is taken before a test without labels"
            <| fun () ->
                inRoot (trainFiles @ testFiles "val" @ [ "test/1.jpg" ]) (fun root ->
                    Expect.equal (snd (openBoth root)).Count 3 "val")

            testCase "Other files and what begins with a dot are left out and counted"
            <| fun () ->
                let others =
                    [
                        "train/readme.txt"
                        "train/loose.jpg"
                        "train/.cache/a.jpg"
                        "train/cat/.a.jpg"
                        "train/cat/Thumbs.db"
                        "train/cat/a.gif"
                        "train/cat/jpg"
                        "train/cat/more/.a.jpg"
                        "train/cat/.more/a.jpg"
                    ]

                inRoot (trainFiles @ testFiles "val" @ others) (fun root ->
                    let train, test = openBoth root

                    Expect.equal
                        (train.Count, string train.PassedOver)
                        (5, "4 hidden, 1 .db, 1 .gif, 1 .jpg, 1 .txt, 1 without extension")
                        "train"

                    Expect.equal (test.Count, test.PassedOver.Count) (3, 0) "val")

            testCase "A single folder of classes is read for testing alone"
            <| fun () ->
                inRoot (testFiles "any") (fun root ->
                    let set = ImageFolder.OpenTest(under root "any")
                    Expect.equal (List.ofSeq set.Classes) [ "Dog"; "cat" ] "the classes"
                    Expect.equal (shown root set |> List.map fst) [ 0; 0; 1 ] "the labels")

            testCase "Links to folders are followed, and one in a circle does not hang"
            <| fun () ->
                inRoot (trainFiles @ testFiles "elsewhere") (fun root ->
                    Directory.CreateSymbolicLink(under root "val", under root "elsewhere") |> ignore
                    Directory.CreateSymbolicLink(under root "train/cat/up", root) |> ignore

                    Directory.CreateSymbolicLink(under root "train/cat/self.jpg", "self.jpg")
                    |> ignore

                    Directory.Move(under root "train/Dog", under root "dogs")
                    Directory.CreateSymbolicLink(under root "train/Dog", "../dogs") |> ignore
                    let train, test = openBoth root
                    Expect.equal (train.PassedOver.Count, test.Count) (1, 3) "the link to the root is left out"
                    Expect.equal (List.ofSeq train.Classes) [ "Dog"; "cat" ] "the classes"
                    let broken = Seq.findIndex (fun i -> (train.NameOf i).EndsWith "self.jpg") [ 0..5 ]

                    refuses (under root "train/cat/self.jpg") [ "cannot be opened" ] (fun () -> bytesOf train broken)

                    Directory.CreateSymbolicLink(under root "train/more", "../train") |> ignore
                    Directory.CreateSymbolicLink(under root "val/more", "../val") |> ignore
                    let error = fault (fun () -> openBoth root)
                    Expect.stringContains error.Message "more (1 folder in it)" "a class that leads in a circle")
        ]

let private faultTests =
    testList
        "Faults"
        [
            testCase "A path that is no folder is refused by name"
            <| fun () ->
                inRoot [ "file" ] (fun root ->
                    for path, problem in
                        [
                            under root "nothing", "there is no such folder"
                            under root "file", "is a file, not a folder"
                            "", "there is no such folder"
                            "\000", "there is no such folder"
                        ] do
                        refuses path [ problem ] (fun () -> openBoth path)
                        refuses path [ problem ] (fun () -> ImageFolder.OpenTest path))

            testCase "A folder or image that may not be read is refused by name, unless one may read everything"
            <| fun () ->
                let own =
                    UnixFileMode.UserRead ||| UnixFileMode.UserWrite ||| UnixFileMode.UserExecute

                inRoot (trainFiles @ testFiles "val") (fun root ->
                    let train, _ = openBoth root

                    for path, problem, action in
                        [
                            train.NameOf 0, "you may not read it", (fun () -> bytesOf train 0 |> ignore)
                            under root "train/cat", "you may not read this folder", (fun () -> openBoth root |> ignore)
                        ] do
                        File.SetUnixFileMode(path, UnixFileMode.None)

                        try
                            if Environment.IsPrivilegedProcess then
                                action ()
                            else
                                refuses path [ problem ] action
                        finally
                            File.SetUnixFileMode(path, own))

            testCase "A root without train or val is refused with what was looked for"
            <| fun () ->
                inRoot [ "cat/1.jpg" ] (fun root ->
                    refuses
                        root
                        [
                            "neither train nor val, valid, validation, dev or test"
                            "ILSVRC/Data/CLS-LOC"
                            "Data/CLS-LOC"
                        ]
                        (fun () -> openBoth root))

                inRoot trainFiles (fun root ->
                    refuses root [ "a folder train, but no val, valid, validation, dev or test" ] (fun () ->
                        openBoth root))

                inRoot (testFiles "validation") (fun root ->
                    refuses root [ "a folder validation, but no train" ] (fun () -> openBoth root))

            testCase "A folder without folders of classes is refused with what is in it"
            <| fun () ->
                inRoot ([ "train/1.jpg"; "train/2.jpg" ] @ testFiles "val") (fun root ->
                    refuses (under root "train") [ "no folders of classes, only 2 images" ] (fun () -> openBoth root))

                inRoot [ "a/.hidden/1.jpg" ] (fun root ->
                    let folder = under root "a"

                    refuses folder [ "no folders of classes, only 1 other file" ] (fun () ->
                        ImageFolder.OpenTest folder))

                inFolder (fun root -> refuses root [ "only nothing in it" ] (fun () -> ImageFolder.OpenTest root))

            testCase "Empty classes are refused by name, with what is in them, at most ten"
            <| fun () ->
                inRoot (trainFiles @ testFiles "val" @ [ "train/a/x.txt"; "val/a/1.jpg" ]) (fun root ->
                    refuses (under root "train") [ "1 class holds no images: a (1 .txt in it)" ] (fun () ->
                        openBoth root))

                inRoot (trainFiles @ testFiles "val" @ [ "val/a/in/.1.jpg"; "train/a/1.jpg" ]) (fun root ->
                    refuses (under root "val") [ "1 class holds no images: a (1 hidden in it)" ] (fun () ->
                        openBoth root))

                inFolder (fun root ->
                    for number in 10..21 do
                        Directory.CreateDirectory(under root $"c{number}") |> ignore

                    let error = fault (fun () -> ImageFolder.OpenTest root)
                    Expect.stringContains error.Message "12 classes hold no images: c10 (nothing in it)" "the first"
                    Expect.stringContains error.Message "c19 (nothing in it) and 2 more" "the last"
                    Expect.isFalse (error.Message.Contains "c20") "no more than ten")

            testCase "Classes that only one of train and val has are refused by name, at most ten of each"
            <| fun () ->
                let classes part numbers =
                    [ for number: int in numbers -> $"{part}/c{number}/1.jpg" ]

                inRoot (classes "train" [ 10..30 ] @ classes "val" ([ 10..18 ] @ [ 40; 41 ])) (fun root ->
                    refuses
                        (under root "val")
                        [
                            "lacks 12 classes of train: c19, c20"
                            "c28 and 2 more"
                            "has 2 classes that train lacks: c40, c41"
                        ]
                        (fun () -> openBoth root))

                inRoot (classes "train" [ 10; 11 ] @ classes "val" [ 10 ]) (fun root ->
                    let error = fault (fun () -> openBoth root)
                    Expect.stringContains error.Message "lacks 1 class of train: c11" "missing"
                    Expect.isFalse (error.Message.Contains "train lacks") "nothing else")

            testCase "An image that is missing, empty or a folder when it is read is refused by its path"
            <| fun () ->
                inRoot (trainFiles @ testFiles "val") (fun root ->
                    let train, _ = openBoth root
                    let path = train.NameOf 0

                    let reads (problem: string) =
                        refuses path [ problem ] (fun () -> bytesOf train 0)

                    File.WriteAllBytes(path, [||])
                    reads "is empty"
                    File.Delete path
                    reads "there is no such file"
                    Directory.CreateDirectory path |> ignore
                    reads "is a folder"
                    Directory.Delete path
                    File.WriteAllBytes(path, [| 1uy |])
                    Expect.equal (bytesOf train 0) [| 1uy |] "it is there again")
        ]

[<Tests>]
let tests = testList "Sources.ImageFolder" [ layoutTests; faultTests ]
