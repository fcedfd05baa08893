/// What a source of images does not read is said, and which of its folders it takes for what.
module Bnn.Tests.PassedOverTests

open System.IO
open System.Text.Json.Nodes
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.EncodedTrainingTests
open Bnn.Tests.SourceSupport
open Expecto
open Microsoft.Extensions.Logging

let private fixture name =
    File.ReadAllBytes(Path.Combine(System.AppContext.BaseDirectory, "fixtures", "faults", name))

/// A folder as people have it: photographs, some under names that are not usual, and what is no image.
let private inMixedFolder (action: string -> unit) =
    inDataset (fun root ->
        put root "train/class0/b.tif" "II*\000and so on"B
        put root "train/class1/b.TIF" "II*\000and so on"B
        put root "train/class0/c.gif" "GIF89a and so on"B
        put root "train/class0/e.jfif" (jpeg 1L)
        put root "train/class0/sub/d.jpg" (jpeg 2L)

        Directory.CreateSymbolicLink(under root "train/class0/sub/circle", under root "train/class0")
        |> ignore

        put root "train/class2/notes" "no image"B
        put root "val/class0/.hidden.jpg" (jpeg 3L)
        action root)

let private taught (root: string) =
    (network (BnnTrainer())).WithData(Data.ImageFolder(root, 24))

let private mixed =
    testList
        "what is passed over"
        [
            test
                "files and folders that are passed over are said in the description, with their kinds and how many of each" {
                inMixedFolder (fun root ->
                    let text = (taught root).Describe()
                    Expect.stringContains text "2 .tif, 1 .gif, 1 folder, 1 without extension" "training"
                    Expect.stringContains text "1 hidden" "test")
            }

            test
                "files and folders that are passed over are said at a run's start, on the console and to a logger, and kept in result.json" {
                inMixedFolder (fun root ->
                    let log = LogTests.Log LogLevel.Information
                    let run = under root "run"

                    let console =
                        ProgressTests.plain (fun console ->
                            ((((taught root).SaveTo run).WithLogger log).Observed console).Train().Model.Dispose())

                    let wanted =
                        "passed over beside the training examples: 2 .tif, 1 .gif, 1 folder, 1 without extension"

                    let lines = console.Split '\n' |> Array.filter (fun line -> line.TrimEnd() = wanted)
                    Expect.hasLength lines 1 "on the console"
                    Expect.equal (log.Of LogLevel.Information |> List.filter ((=) wanted)) [ wanted ] "to the logger"
                    let data = JsonNode.Parse(File.ReadAllText(under run "result.json"))["data"]
                    let training, test = data["passedOver"]["training"], data["passedOver"]["test"]
                    Expect.equal (training[".tif"].GetValue<int>()) 2 "training"
                    Expect.equal (test["hidden"].GetValue<int>()) 1 "test")
            }

            test "an evaluation says what was passed over beside the images, and nothing where nothing was" {
                inMixedFolder (fun root ->
                    use model = (taught root).Train().Model

                    Expect.equal
                        (model.Evaluate(Data.TestFolder(under root "train", 24))).PassedOver
                        "2 .tif, 1 .gif, 1 folder, 1 without extension"
                        "some"

                    File.Delete(under root "val/class0/.hidden.jpg")
                    Expect.equal (model.Evaluate(Data.TestFolder(under root "val", 24))).PassedOver "" "none")
            }

            test "a folder with hundreds of kinds of files is said in a short line" {
                inDataset (fun root ->
                    for k in 0..199 do
                        put root $"train/class0/x.{k}" "no image"B

                    let text = (taught root).Describe().Split '\n'
                    let line = text |> Array.find (fun line -> line.Contains "passed over")
                    Expect.isLessThan line.Length 200 "short"

                    let counts =
                        System.Text.RegularExpressions.Regex.Matches(line, @"(\d+) (\.|others|of other)")

                    Expect.equal (counts |> Seq.sumBy (fun found -> int found.Groups[1].Value)) 200 "all are counted")
            }

            test "a pipe, a device or a link to one among images is passed over, not waited for" {
                inDataset (fun root ->
                    use made =
                        System.Diagnostics.Process.Start("mkfifo", under root "train/class0/pipe")

                    made.WaitForExit()

                    File.CreateSymbolicLink(under root "train/class0/linked", under root "train/class0/pipe")
                    |> ignore

                    File.CreateSymbolicLink(under root "train/class0/zero", "/dev/zero") |> ignore
                    File.CreateSymbolicLink(under root "train/class0/lost.dat", "nowhere") |> ignore
                    let data = Data.ImageFolder(root, 24).Load()
                    Expect.equal data.Train.Count 12 "the images"
                    Expect.equal (string data.Train.PassedOver) "3 without extension, 1 .dat" "the others")
            }

            test "a JPEG is known by its first bytes under any name" {
                inDataset (fun root ->
                    let names = [ "e.jfif"; "f.JPE"; "g"; "h.txt"; "i.png"; "j.jpg.bak"; "k.0001" ]

                    for name in names do
                        put root $"train/class0/{name}" (jpeg 1L)

                    put root "train/class0/l.dat" (picture 1L 40 30 SkiaSharp.SKEncodedImageFormat.Png)
                    put root "train/class0/m.dat" (picture 1L 40 30 SkiaSharp.SKEncodedImageFormat.Webp)
                    put root "train/class0/n.dat" (fixture "gaps.bmp")
                    put root "train/class0/o.txt" "BMW, Audi, and other words that only begin as a BMP does"B
                    put root "train/class0/p.txt" ""B
                    let data = Data.ImageFolder(root, 24).Load()
                    Expect.equal data.Train.Count (12 + names.Length + 3) "all of them"

                    for k in 0 .. data.Train.Count - 1 do
                        Expect.equal data.Train[k].Height 24 "decoded")
            }

            test "in a tar file an image is known by its first bytes too, where its key has no image by name" {
                let entries =
                    [
                        entry "0.jfif" (jpeg 1L)
                        entry "0.cls" "0"B
                        entry "1.jpg" (jpeg 2L)
                        entry "1.mask" (jpeg 3L)
                        entry "1.json" "{}"B
                        entry "1.cls" "1"B
                    ]

                inTar (tar entries) (fun path ->
                    let set = openTar path

                    Expect.equal
                        [ for k in 0 .. set.Count - 1 -> set.Label k, set.NameOf k ]
                        [ 0, $"{path}: 0.jfif"; 1, $"{path}: 1.jpg" ]
                        "two images")

                refusesTar
                    (tar [ entry "0.a" (jpeg 1L); entry "0.b" (jpeg 2L); entry "0.cls" "0"B ])
                    [ "0.b is the second image of its key" ]
            }

            test "a class whose name has dots before its extension is an error, not passed over" {
                let five =
                    [
                        for k in 0..3 do
                            pair $"0000{k}" (jpeg (int64 k)) 0
                        pair "img_0.5" (jpeg 5L) 1
                    ]

                refusesTar (tar five) [ "img_0.5.cls"; "first dot" ]
            }
        ]

let private parts =
    testList
        "folders"
        [
            test "train, valid and test: valid is what a training is tested on, under every name that people give it" {
                inDataset (fun root ->
                    let mutable before = "val"

                    for c in 0..2 do
                        put root $"test/class{c}/1.jpg" (jpeg 5L)

                    for name in [ "valid"; "validation"; "dev"; "Val"; "VALID"; "val" ] do
                        Directory.Move(under root before, under root name)
                        before <- name
                        let data = Data.ImageFolder(root, 24).Load()
                        Expect.equal data.Test.Count 12 $"{name}, not test")
            }

            test "two folders to validate on are refused, with both names" {
                inDataset (fun root ->
                    put root "valid/class0/1.jpg" (jpeg 5L)

                    refuses root [ "val and valid"; "one" ] (fun () -> Data.ImageFolder(root, 24).Load()))
            }

            test
                "where there is test but nothing to validate on, the description and the run's start say what is chosen on it" {
                inDataset (fun root ->
                    Directory.Move(under root "val", under root "test")
                    let text = (taught root).Describe()
                    Expect.stringContains text "no folder to validate on" "said"
                    Expect.stringContains text "best.safetensors" "what is chosen on it"
                    Expect.stringContains text "HoldOut" "what to do"
                    let held = (network (BnnTrainer())).WithData(Data.ImageFolder(root, 24).HoldOut(3))
                    Expect.isFalse (held.Describe().Contains "no folder to validate on") "held out images are no test")
            }

            test "a tar file that is both to be trained on and to be tested on, as one of a pattern's, is refused" {
                inFolder (fun folder ->
                    let shard = tar [ pair "0" (jpeg 1L) 0; pair "1" (jpeg 2L) 0 ]
                    put folder "a-0.tar" shard
                    put folder "a-1.tar" shard
                    put folder "classes.txt" "thing\n"B

                    let load train test =
                        Data.TarShards(under folder train, under folder test).Load()

                    refuses (under folder "a-1.tar") [ "trained on"; "tested on" ] (fun () -> load "a-*.tar" "a-1.tar")
                    Expect.equal (load "a-0.tar" "a-1.tar").Test.Count 2 "apart"
                    Expect.equal (load "a-*.tar" "a-*.tar").Test.Count 4 "the same, as is meant")
            }

            test "a folder test beside one to validate on is not used, and that is said" {
                inDataset (fun root ->
                    put root "test/class0/1.jpg" (jpeg 5L)
                    Expect.stringContains ((taught root).Describe()) "test is not used" "said")
            }
        ]

[<Tests>]
let tests = testSequenced (testList "Passed over" [ mixed; parts ])
