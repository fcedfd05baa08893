/// Images on disk as batches: the same whoever decodes them, damaged ones named, or left out and counted; from folders and tar files.
module Bnn.Tests.EncodedImagesTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Bnn.Tests.TrainerTests
open Expecto
open SkiaSharp

let photographs = Path.Combine(Golden.shipped, "images", "val")

/// A photograph-like picture of noise and shapes as a file of some kind.
let picture seed (width: int) (height: int) (kind: SKEncodedImageFormat) =
    use bitmap = new SKBitmap(width, height)
    let noise = randomBytes seed (3 * width * height) 256

    for k in 0 .. width * height - 1 do
        let x, y = k % width, k / width

        let soft value =
            byte ((int value + 3 * (x * 7 + y * 5) % 256) / 2)

        bitmap.SetPixel(x, y, SKColor(soft noise[3 * k], soft noise[3 * k + 1], soft noise[3 * k + 2]))

    use data = bitmap.Encode(kind, 90)
    data.ToArray()

let jpeg seed =
    picture seed 40 30 SKEncodedImageFormat.Jpeg

/// train and val with three classes of four pictures each.
let inDataset (action: string -> unit) =
    inFolder (fun folder ->
        for part, seed in [ "train", 100L; "val", 200L ] do
            for c in 0..2 do
                for k in 0..3 do
                    put folder $"{part}/class{c}/{k}.jpg" (jpeg (seed + int64 (10 * c + k)))

        action folder)

let damage (path: string) =
    let bytes = File.ReadAllBytes path
    File.WriteAllBytes(path, bytes[.. bytes.Length / 2])

let private view epoch =
    View(Normalization.ImageNet, Augmentation.ImageNet, 3L, epoch)

/// Every batch's inputs and labels, and how many images were left out.
let read (images: Examples) workers view =
    use feed = new BatchFeed(images, 5, workers)
    let numbers = 3 * images.Height * images.Width

    let batches =
        [
            for batch in feed.Read([| 0 .. images.Count - 1 |], BatchFeed.Cut(images.Count, 5), view) ->
                (Memory.Floats batch.Inputs).Slice(0, batch.Count * numbers).ToArray(),
                (Memory.Longs batch.Targets).Slice(0, batch.Count).ToArray()
        ]

    batches, feed.Skipped

let private message action = (fault action).Message

let private reading =
    testList
        "reading"
        [
            test "Batches do not depend on how many threads decode, whether augmented or not" {
                let images = Data.TestFolder(photographs, 48)

                for view in [ view 1UL; View Normalization.ImageNet ] do
                    let alone = read images 0 view

                    for workers in [ 1; 2; 5 ] do
                        Expect.equal (read images workers view) alone $"{workers} threads"
            }

            test "Training images vary from epoch to epoch, test images do not" {
                let images = Data.TestFolder(photographs, 32)
                Expect.notEqual (read images 1 (view 1UL)) (read images 1 (view 2UL)) "trained on"
                Expect.equal (images[2].Pixels.ToArray()) (images[2].Pixels.ToArray()) "tested on"
            }

            test "Without a crop, training takes what is tested on, moved and mirrored" {
                let images = Data.TestFolder(photographs, 32)
                let same = images.Augmented(4, Augmentation(false, 0))
                Expect.equal (same.Pixels.ToArray()) (images[4].Pixels.ToArray()) "as it is"
            }

            test "A subset reads the images that it was made of" {
                let images = Data.TestFolder(photographs, 32)
                let struct (rest, heldOut) = images.Split(4, 5L)

                let pixels (set: Examples) =
                    [
                        for k in 0 .. set.Count - 1 -> List.ofArray (set[k].Pixels.ToArray()), set.Label k
                    ]

                Expect.equal (List.sort (pixels rest @ pixels heldOut)) (List.sort (pixels images)) "all of them"
                Expect.equal (pixels (images.Take 3)) (List.take 3 (pixels images)) "the first"
            }

            test "A damaged image is an error that names it: the first of the order, whoever finds which first" {
                inDataset (fun folder ->
                    let first, second = under folder "val/class1/0.jpg", under folder "val/class2/3.jpg"
                    damage first
                    damage second
                    let images = Data.TestFolder(under folder "val", 24)

                    for workers in [ 0; 1; 4 ] do
                        for _ in 1..5 do
                            Expect.equal
                                (fault (fun () -> read images workers (view 0UL))).Path
                                first
                                $"{workers} threads")
            }

            test "Damaged images are left out where that is asked for, counted, and change no other" {
                inDataset (fun folder ->
                    let whole = Data.TestFolder(under folder "val", 24)
                    let expected, _ = read whole 0 (View Normalization.ImageNet)
                    damage (under folder "val/class1/0.jpg")
                    File.WriteAllText(under folder "val/class1/2.jpg", "no image")

                    let images =
                        Data.TestFolder(under folder "val", 24, skipDamaged = true, damagedLimit = 1.0)

                    let all (batches: (float32[] * int64[]) list) =
                        batches |> List.map fst |> Array.concat |> Array.chunkBySize (3 * 24 * 24)

                    for workers in [ 0; 1; 4 ] do
                        let batches, skipped = read images workers (View Normalization.ImageNet)
                        Expect.equal skipped 2L "counted"
                        Expect.equal [ for _, labels in batches -> labels.Length ] [ 4; 4; 2 ] "batches"

                        let kept =
                            all expected |> Array.indexed |> Array.filter (fun (k, _) -> k <> 4 && k <> 6)

                        Expect.equal (all batches) (Array.map snd kept) "the others"

                        Expect.equal
                            [
                                for _, labels in batches do
                                    yield! labels
                            ]
                            [ 0L; 0L; 0L; 0L; 1L; 1L; 2L; 2L; 2L; 2L ]
                            "their classes")
            }
        ]

let private tars =
    testList
        "tar files"
        [
            test "Small images in tar files are decoded once, to the pixels that were saved" {
                inFolder (fun folder ->
                    let pictures = [ for k in 0..5 -> picture (int64 k) 9 7 SKEncodedImageFormat.Png ]

                    let entries =
                        [
                            for k, bytes in List.indexed pictures do
                                entry $"{k}.png" bytes
                                entry $"{k}.cls" (Text.Encoding.ASCII.GetBytes $"{k % 2}")
                        ]

                    put folder "train-0.tar" (tar entries)
                    put folder "train-1.tar" (tar (List.take 4 entries))
                    put folder "test.tar" (tar entries)
                    put folder "classes.txt" "cat\ndog\n"B

                    let data =
                        Data.TarShards(under folder "train-*.tar", under folder "test.tar").Load()

                    Expect.equal (data.Train.Count, data.Test.Count) (8, 6) "counts"
                    Expect.equal (List.ofSeq data.Train.Classes) [ "cat"; "dog" ] "classes"
                    Expect.equal [ for k in 0..7 -> data.Train.Label k ] [ 0; 1; 0; 1; 0; 1; 0; 1 ] "labels"

                    for k, bytes in List.indexed pictures do
                        use bitmap = SKBitmap.Decode bytes

                        let expected =
                            [|
                                for channel in 0..2 do
                                    for y in 0..6 do
                                        for x in 0..8 do
                                            let colour = bitmap.GetPixel(x, y)
                                            [| colour.Red; colour.Green; colour.Blue |][channel]
                            |]

                        Expect.equal (data.Test[k].Pixels.ToArray()) expected $"picture {k}")
            }

            test "With a size they are decoded while they are used, and scaled" {
                inFolder (fun folder ->
                    put
                        folder
                        "a.tar"
                        (tar
                            [
                                entry "a.jpg" (jpeg 1L)
                                entry "a.cls" "0"B
                                entry "b.png" (picture 2L 90 33 SKEncodedImageFormat.Png)
                                entry "b.cls" "0"B
                            ])

                    put folder "names" "thing\n"B

                    let data =
                        Data.TarShards(under folder "a.tar", under folder "a.tar", under folder "names", 16).Load()

                    Expect.equal (data.Train.Height, data.Train.Width, data.Train.Count) (16, 16, 2) "size"
                    Expect.equal data.Train[1].Pixels.Length (3 * 16 * 16) "a picture")
            }

            test "An image of another size, a damaged one and a missing list of classes are errors that say where" {
                inFolder (fun folder ->
                    let whole = [ entry "a.jpg" (jpeg 1L); entry "a.cls" "0"B ]
                    let path = under folder "a.tar"
                    let load () = Data.TarShards(path, path).Load()
                    put folder "a.tar" (tar whole)
                    Expect.stringContains (message load) "classes.txt: there is no such file" "classes"
                    put folder "classes.txt" "thing\n"B
                    Expect.equal (load().Train.Count) 1 "whole"

                    put
                        folder
                        "a.tar"
                        (tar (
                            whole
                            @ [
                                entry "b.jpg" (picture 2L 41 30 SKEncodedImageFormat.Jpeg)
                                entry "b.cls" "0"B
                            ]
                        ))

                    Expect.stringContains
                        (message load)
                        "a.tar: b.jpg: is 30 x 41 pixels; the first image is 30 x 40"
                        "size"

                    let cut = Array.take 500 (jpeg 3L)
                    put folder "a.tar" (tar (entry "0.jpg" cut :: entry "0.cls" "0"B :: whole))
                    Expect.stringContains (message load) "a.tar: 0.jpg: " "damaged"

                    let skipping =
                        Data.TarShards(path, path, skipDamaged = true, damagedLimit = 0.5).Load().Train

                    Expect.equal (skipping.Count, (inMemory skipping).Skipped) (1, 1) "left out"

                    Expect.stringContains
                        (message (fun () -> Data.TarShards(under folder "no-*.tar", path).Load()))
                        "has no file like no-*.tar"
                        "pattern")
            }
        ]

[<Tests>]
let tests = testList "Encoded images" [ reading; tars ]
