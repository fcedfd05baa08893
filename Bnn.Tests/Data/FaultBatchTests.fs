/// Images that go wrong as batches: PIL's pixels in every order, by any number of threads, in memory that is used again.
module Bnn.Tests.FaultBatchTests

open System
open System.IO
open System.Security.Cryptography
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.DecodingSupport
open Bnn.Tests.FaultImages
open Bnn.Tests.SourceSupport
open Expecto

/// All orders of some things.
let rec private orders things =
    match things with
    | [] -> [ [] ]
    | _ ->
        [
            for thing in things do
                for rest in orders (List.except [ thing ] things) -> thing :: rest
        ]

/// Some orders of all files, each by another seed.
let private shuffled count things =
    [
        for seed in 1..count ->
            List.ofArray (Shuffle.Permutation(List.length things, int64 seed, 0UL))
            |> List.map (fun k -> things[k])
    ]

/// An image as it is tested on at a size, made of PIL's pixels alone; None where it is refused.
let private inputs size name =
    known name
    |> Option.map (fun (width, height, digest) ->
        let image = whole (ImageDecoder JpegWay.Skia) (fixture name)
        Expect.equal (Convert.ToHexStringLower(SHA256.HashData image.Pixels)) digest $"{name}: PIL's"
        let struct (across, down) = TestSize.Scaled(width, height, size)
        let pixels = Array.zeroCreate<byte>(3 * size * size)
        let box = PixelBox(0, 0, width, height)

        Resampling()
            .Resize(
                ReadOnlySpan image.Pixels,
                3 * width,
                box,
                across,
                down,
                TestSize.Middle(across, down, size),
                Span pixels
            )

        [|
            for channel in 0..2 do
                for k in 0 .. size * size - 1 ->
                    Normalization.ImageNet.Table[256 * channel + int pixels[3 * k + channel]]
        |])

/// Reads images in an order, batch by batch; each batch's memory is filled with garbage before it is used again.
let private readIn (order: int[]) batch workers view (images: Examples) =
    use feed = new BatchFeed(images, batch, workers)
    let numbers = int images.Size.Count

    [
        for batch in feed.Read(order, BatchFeed.Cut(order.Length, batch), view) do
            for k in 0 .. batch.Count - 1 do
                (Memory.Floats batch.Inputs).Slice(k * numbers, numbers).ToArray()

            (Memory.Floats batch.Inputs).Fill nanf

            if batch.Targets.dtype = TorchSharp.torch.ScalarType.Int64 then
                (Memory.Longs batch.Targets).Fill -1L
            else
                (Memory.Floats batch.Targets).Fill nanf
    ]

/// Examples as a fresh reader writes each, into memory of its own.
let private alone view (images: Examples) =
    [
        for k in 0 .. images.Count - 1 do
            use reader = images.OpenReader()
            let numbers = Array.zeroCreate<float32>(int images.Size.Count)

            let target =
                Array.zeroCreate<float32>(
                    if isNull (box images.TargetSize) then
                        0
                    else
                        int images.TargetSize.Value.Count
                )

            reader.Write(k, view, Span numbers, Span target)
            numbers
    ]

let private inFaultFolder (names: string list) (action: Examples -> unit) =
    inFolder (fun root ->
        for name in names do
            put root $"class/{name}" (fixture name)

        action (Data.TestFolder(root, 24, skipDamaged = true, damagedLimit = 1.0)))

[<Tests>]
let tests =
    testSequenced (
        testList
            "Images that go wrong: batches"
            [
                Checks.long (
                    test "the fault images give PIL's pixels in every order and thread count" {
                        let hard =
                            [
                                "01-opaque-8x8.png"
                                "01-all-transparent-8x8.png"
                                "05-read-this-before.jpg"
                                "05-no-quantization-tables.jpg"
                                "06-half-with-end-marker.jpg"
                            ]

                        let all = List.map fst expected

                        for names, orders in [ hard, orders [ 0..4 ]; all, shuffled 40 [ 0 .. all.Length - 1 ] ] do
                            inFaultFolder names (fun images ->
                                let name k = Path.GetFileName(images.NameOf k)
                                let right = [| for k in 0 .. images.Count - 1 -> inputs 24 (name k) |]

                                for order in orders do
                                    let wanted = order |> List.choose (fun k -> right[k])

                                    for workers in [ 0; 1; 2; 4 ] do
                                        let found =
                                            readIn (Array.ofList order) 3 workers (View Normalization.ImageNet) images

                                        Expect.equal found wanted $"{workers} threads, %A{List.map name order}")
                    }
                )

                Checks.long (
                    test "the fault images are augmented alike in every order and thread count" {
                        let all = List.map fst expected
                        let view = View(Normalization.ImageNet, Augmentation.ImageNet, 5L, 2UL)

                        inFaultFolder all (fun images ->
                            let right =
                                [|
                                    for k in 0 .. images.Count - 1 ->
                                        List.tryExactlyOne (readIn [| k |] 1 0 view images)
                                |]

                            for order in shuffled 30 [ 0 .. images.Count - 1 ] do
                                for workers in [ 0; 1; 2; 4 ] do
                                    let found = readIn (Array.ofList order) 4 workers view images
                                    Expect.equal found (order |> List.choose (fun k -> right[k])) $"{workers} threads")
                    }
                )

                test
                    "a batch is wholly written: memory that an earlier one has used, filled with garbage, is in none, the short last one too" {
                    let pictures = colourSet.Take 11

                    let floats =
                        FloatSet(
                            FeatureSize.Of(2, 3, 4),
                            [| for k in 0 .. 24 * 11 - 1 -> float32 k |],
                            [| for k in 0..10 -> k % 10 |],
                            names
                        )

                    let noisy = Data.InMemory("small", pictures, pictures).WithNoise(0.1).Load().Train
                    let photographs = Data.TestFolder(EncodedImagesTests.photographs, 40)

                    // writes every other number only: what it leaves out is 0
                    let own =
                        { new Examples() with
                            member _.Count = 11
                            member _.Size = FeatureSize.Of(1, 3, 4)
                            member _.Classes = names
                            member _.Label index = index % 10

                            member _.Write(index, numbers: Span<float32>) =
                                for k in 0..2..11 do
                                    numbers[k] <- float32 (index + k)
                        }

                    let normalization (examples: Examples) = Normalization.None examples.Channels
                    let moved = Augmentation(true, 2)
                    let cropped = Augmentation.LargeImages

                    for examples, augmentations in
                        [
                            pictures, [ null; moved; cropped; Augmentation.ImageNet ]
                            floats :> Examples, [ null ]
                            noisy, [ null; moved ]
                            photographs :> Examples, [ null; moved; Augmentation.ImageNet ]
                            own, [ null ]
                        ] do
                        for augmentation in augmentations do
                            let view = View(normalization examples, augmentation, 3L, 1UL)
                            let right = alone view examples

                            for workers in [ 0; 3 ] do
                                let found = readIn [| 0 .. examples.Count - 1 |] 4 workers view examples
                                Expect.equal found right $"{examples.GetType().Name}, {augmentation}, {workers} threads"
                }

                test "a training on transparent images has the same losses in every run and with any number of threads" {
                    inFolder (fun folder ->
                        // ten of each in turn
                        let entries =
                            [
                                for k in 0..19 do
                                    entry
                                        $"{k}.png"
                                        (fixture (
                                            if k % 2 = 0 then
                                                "01-opaque-8x8.png"
                                            else
                                                "01-all-transparent-8x8.png"
                                        ))

                                    entry $"{k}.cls" (Text.Encoding.ASCII.GetBytes $"{k % 2}")
                            ]

                        put folder "a.tar" (tar entries)
                        put folder "classes.txt" "opaque\ntransparent\n"B
                        let path = under folder "a.tar"

                        let losses (size: Nullable<int>) (workers: int) =
                            let trainer =
                                BnnTrainer()
                                    .WithData(Data.TarShards(path, path, size = size))
                                    .WithModel(
                                        Models.ReActNet(
                                            [ struct (4, 2); struct (8, 2) ],
                                            2,
                                            3,
                                            (if size.HasValue then size.Value else 8)
                                        )
                                    )
                                    .WithAdam()
                                    .OneStep(epochs = 1)
                                    .WithBatch(4)
                                    .WithThreads(1)
                                    .WithDataWorkers(workers)

                            let result = trainer.Train()
                            result.Model.Dispose()
                            [ for epoch in result.Epochs -> epoch.Loss ]

                        for size in [ Nullable 16; Nullable() ] do
                            let all = [ for workers in [ 0; 2; 2; 4 ] -> losses size workers ]
                            Expect.allEqual all all[0] $"%A{size}")
                }
            ]
    )
