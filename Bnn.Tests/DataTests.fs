module Bnn.Tests.DataTests

open System
open System.IO
open System.IO.Compression
open Bnn
open Expecto
open FsCheck

let private bigEndian (number: int) =
    [|
        byte (number >>> 24)
        byte (number >>> 16)
        byte (number >>> 8)
        byte number
    |]

let private imagesFile (rows: int) (columns: int) (pixels: byte[]) =
    Array.concat
        [
            bigEndian 0x803
            bigEndian (pixels.Length / (rows * columns))
            bigEndian rows
            bigEndian columns
            pixels
        ]

let private labelsFile (labels: byte[]) =
    Array.concat [ bigEndian 0x801; bigEndian labels.Length; labels ]

let private gzip (content: byte[]) =
    use target = new MemoryStream()

    using (new GZipStream(target, CompressionLevel.SmallestSize, true)) (fun stream ->
        stream.Write(content, 0, content.Length))

    target.ToArray()

let private names = [| for i in 0..9 -> $"class {i}" |]

let private readBytes (images: byte[]) (labels: byte[]) =
    Idx.Read(new MemoryStream(images), "the images", new MemoryStream(labels), "the labels", names)

/// The error of reading, or None where it was read. Any other exception fails the test.
let private refusal images labels =
    try
        readBytes images labels |> ignore
        None
    with :? BnnFileException as error ->
        Some error

let private refused images labels (parts: string list) =
    match refusal images labels with
    | None -> failtest "it was read"
    | Some error ->
        for part in parts do
            Expect.stringContains error.Message part "the message"

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "bnn-data-"

    try
        action folder.FullName
    finally
        folder.Delete true

let private random seed = SplitMix64.Of(seed, 0UL)

let private randomBytes seed count bound =
    let mutable generator = random seed
    Array.init count (fun _ -> byte (generator.Below bound))

/// Three images of 4 x 5 and their labels.
let private small =
    imagesFile 4 5 (randomBytes 1UL 60 256), labelsFile [| 0uy; 9uy; 4uy |]

let private setOf channels rows columns (pixels: byte[]) =
    let labels =
        Array.init (pixels.Length / (channels * rows * columns)) (fun i -> i % 10)

    ImageSet(channels, rows, columns, ReadOnlyMemory pixels, ReadOnlyMemory labels, names)

let private colourSet =
    setOf 3 6 5 (randomBytes 2UL (40 * 3 * 6 * 5) 256 |> Array.map (max 1uy))

let private means = [| 0.2f; 0.3f; 0.4f |]
let private deviations = [| 0.5f; 0.6f; 0.7f |]

let private fill (set: ImageSet) (indices: int[]) =
    let target = Array.zeroCreate (indices.Length * set.Pixels.Length / set.Count)

    Batches.Fill(
        set,
        ReadOnlySpan indices,
        Span target,
        ReadOnlySpan means[.. set.Channels - 1],
        ReadOnlySpan deviations[.. set.Channels - 1]
    )

    target

let private augment (set: ImageSet) (indices: int[]) flip shift seed epoch =
    let target = Array.zeroCreate (indices.Length * set.Pixels.Length / set.Count)

    Batches.FillAugmented(
        set,
        ReadOnlySpan indices,
        Span target,
        ReadOnlySpan means[.. set.Channels - 1],
        ReadOnlySpan deviations[.. set.Channels - 1],
        flip,
        shift,
        seed,
        epoch
    )

    target

let private idxTests =
    testList
        "Idx"
        [
            testProperty "What is written as IDX is read back, gzip or not"
            <| fun (count: PositiveInt) (rows: PositiveInt) (columns: PositiveInt) seed gzipImages gzipLabels ->
                let count, rows, columns =
                    count.Get % 40 + 1, rows.Get % 20 + 1, columns.Get % 20 + 1

                let pixels = randomBytes seed (count * rows * columns) 256
                let labels = randomBytes (seed + 1UL) count 10
                let pack compressed = if compressed then gzip else id

                let set =
                    readBytes (imagesFile rows columns pixels |> pack gzipImages) (labelsFile labels |> pack gzipLabels)

                Expect.equal (set.Count, set.Channels, set.Height, set.Width) (count, 1, rows, columns) "the sizes"
                Expect.equal (set.Pixels.ToArray()) pixels "the pixels"
                Expect.equal (set.Labels.ToArray()) (Array.map int labels) "the labels"

                Expect.equal
                    (set[count - 1].Pixels.ToArray())
                    (pixels[(count - 1) * rows * columns ..])
                    "the last image"

            testCase "A large gzip file is read whole"
            <| fun () ->
                let pixels = randomBytes 3UL (200 * 40 * 50) 256

                let set =
                    readBytes (gzip (imagesFile 40 50 pixels)) (gzip (labelsFile (Array.zeroCreate 200)))

                Expect.isTrue (set.Pixels.Span.SequenceEqual(ReadOnlySpan pixels)) "the pixels"

            testCase "An IDX file cut short is refused with both byte counts"
            <| fun () ->
                let images, labels = small

                for length in 1 .. images.Length - 1 do
                    let promised = if length < 16 then "16 bytes" else $"{images.Length} bytes"
                    refused images[.. length - 1] labels [ "the images"; $"holds {length} bytes"; promised ]
                    refused (gzip images[.. length - 1]) labels [ "the images"; $"holds {length} bytes"; promised ]

                for length in 1 .. labels.Length - 1 do
                    let promised = if length < 8 then "8 bytes" else $"{labels.Length} bytes"
                    refused images labels[.. length - 1] [ "the labels"; $"holds {length} bytes"; promised ]

            testCase "A gzip file cut short at any length is refused"
            <| fun () ->
                let images, labels = small
                let packed = gzip images

                for length in 0 .. packed.Length - 1 do
                    Expect.isSome (refusal packed[.. length - 1] labels) $"{length} of {packed.Length} bytes"

            testCase "An empty file is refused"
            <| fun () ->
                refused [||] (snd small) [ "the images: is empty" ]
                refused (fst small) [||] [ "the labels: is empty" ]

                let emptyGzip =
                    Array.concat
                        [
                            [| 0x1Fuy; 0x8Buy; 8uy |]
                            Array.zeroCreate 6
                            [| 3uy; 3uy |]
                            Array.zeroCreate 9
                        ]

                refused emptyGzip (snd small) [ "holds 0 bytes" ]

            testCase "Bytes after the promised ones are refused, gzip or not"
            <| fun () ->
                let images, labels = small

                for extra in [ [| 0uy |]; [| 0x1Fuy; 0x8Buy |]; Array.create 20000 7uy; images ] do
                    refused (Array.append images extra) labels [ $"goes on after the {images.Length} bytes" ]
                    refused (gzip (Array.append images extra)) labels [ $"goes on after the {images.Length} bytes" ]
                    Expect.isSome (refusal (Array.append (gzip images) extra) labels) "after the gzip data"

            testCase "Every change of a byte of a header is refused"
            <| fun () ->
                let images, labels = small

                let flipped (file: byte[]) index mask =
                    Array.mapi (fun i value -> if i = index then value ^^^ mask else value) file

                for mask in 1uy .. 255uy do
                    for index in 0..15 do
                        Expect.isSome (refusal (flipped images index mask) labels) $"images, byte {index}, mask {mask}"

                    for index in 0..7 do
                        Expect.isSome (refusal images (flipped labels index mask)) $"labels, byte {index}, mask {mask}"

            testCase "A file of another kind is refused by its magic number"
            <| fun () ->
                let images, labels = small
                refused labels labels [ "holds labels"; "0x00000801"; "0x00000803" ]
                refused images images [ "holds images"; "0x00000803"; "0x00000801" ]
                refused (Array.append (bigEndian 0xD03) images[4..]) labels [ "32-bit floats"; "unsigned bytes" ]
                refused (Array.append "PNG!"B images) labels [ "is not an IDX file of images" ]

            testCase "Absurd dimensions are refused before memory is taken for them"
            <| fun () ->
                let _, labels = small

                let header (sizes: int list) =
                    Array.concat (bigEndian 0x803 :: List.map bigEndian sizes)

                let before = GC.GetAllocatedBytesForCurrentThread()

                for sizes in
                    [
                        [ 3; 0; 5 ]
                        [ 3; 4; 0 ]
                        [ 3; -1; -1 ]
                        [ 3; Int32.MaxValue; Int32.MaxValue ]
                        [ 3; 20000; 30000 ]
                        [ 3; 0x10000; 0x10000 ]
                    ] do
                    for file in [ header sizes; gzip (header sizes) ] do
                        refused file labels [ "header" ]

                refused (gzip (header [ 3; 20000; 30000 ])) labels [ "1800000016 bytes, more than"; "of gzip can hold" ]
                Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 2_000_000L "the bytes allocated"

            testCase "A gzip file takes memory for what is in it, not for what it promises"
            <| fun () ->
                // Random bytes do not shrink: a promise of 60 MB is within what 100 kB of gzip could hold.
                let header = Array.collect bigEndian [| 0x803; 3; 4000; 5000 |]
                let packed = gzip (Array.append header (randomBytes 6UL 100_000 256))
                let before = GC.GetAllocatedBytesForCurrentThread()
                refused packed (snd small) [ "holds 100016 bytes"; "promises 60000016 bytes" ]
                Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "the bytes allocated"

            testCase "A gzip bomb is left unread beyond what the header promises"
            <| fun () ->
                let images, labels = small
                let bomb = gzip (Array.append images (Array.zeroCreate 50_000_000))
                let before = GC.GetAllocatedBytesForCurrentThread()
                refused bomb labels [ $"goes on after the {images.Length} bytes" ]
                Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 200_000L "the bytes allocated"

            testCase "A changed gzip file is refused or read as the same images"
            <| fun () ->
                let images, labels = small
                let packed = gzip images
                let mutable generator = random 5UL
                let mutable refusals = 0

                for _ in 1..200 do
                    let damaged = Array.copy packed

                    for _ in 0 .. generator.Below 3 do
                        damaged[generator.Below damaged.Length] <- byte (generator.Below 256)

                    try
                        let set = readBytes damaged labels
                        Expect.equal (set.Pixels.ToArray()) images[16..] "the pixels"
                        Expect.equal (set.Height, set.Width) (4, 5) "the sizes"
                    with :? BnnFileException ->
                        refusals <- refusals + 1

                Expect.isGreaterThan refusals 100 "most changes damage the file"

            testCase "A label that is no class is refused with its place"
            <| fun () ->
                refused (fst small) (labelsFile [| 0uy; 9uy; 10uy |]) [ "the labels"; "label 10 of image 2"; "0..9" ]

            testCase "Images and labels of different counts are refused with both names and both counts"
            <| fun () ->
                refused
                    (fst small)
                    (labelsFile [| 0uy; 1uy; 2uy; 3uy |])
                    [ "the images"; "3 images"; "the labels"; "4 labels" ]

            testCase "A file that cannot be opened is refused by name"
            <| fun () ->
                inFolder (fun folder ->
                    for path in
                        [
                            Path.Combine(folder, "nothing")
                            Path.Combine(folder, "no", "file")
                            folder
                            ""
                            "\000"
                        ] do
                        let error =
                            Expect.throwsC (fun () -> Idx.Read(path, path, names) |> ignore) (fun error ->
                                Expect.isTrue (error :? BnnFileException) $"{error}"
                                error :?> BnnFileException)

                        Expect.equal error.Path path "the path")
        ]

let private setTests =
    testList
        "ImageSet"
        [
            testProperty "Split gives two sets that together hold every image once"
            <| fun (count: PositiveInt) (heldOut: PositiveInt) seed ->
                let count = count.Get % 200 + 2
                let heldOut = heldOut.Get % (count - 1) + 1
                // Two bytes an image tell all images apart; the label is the first of them modulo 10.
                let set =
                    setOf
                        1
                        1
                        2
                        [|
                            for i in 0 .. count - 1 do
                                yield! [| byte i; byte (i / 256) |]
                        |]

                let struct (train, validation) = set.Split(heldOut, seed)

                let items (part: ImageSet) =
                    [ for i in 0 .. part.Count - 1 -> part[i].Pixels.ToArray(), part.Label i ]

                Expect.equal validation.Count heldOut "the images held out"
                Expect.equal (List.sort (items train @ items validation)) (List.sort (items set)) "the images of both"
                let struct (again, _) = set.Split(heldOut, seed)
                Expect.equal (items again) (items train) "the same seed again"

            testCase "Split with another seed holds other images out"
            <| fun () ->
                let heldOut seed =
                    let struct (_, part) = colourSet.Split(10, seed)
                    part.Pixels.ToArray()

                Expect.notEqual (heldOut 1UL) (heldOut 2UL) "the images held out"

            testCase "Split and Take refuse a count that leaves a set empty"
            <| fun () ->
                for count in [ Int32.MinValue; -1; 0; 41; Int32.MaxValue ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (fun () -> colourSet.Take count |> ignore)
                        $"Take {count}"

                for count in [ Int32.MinValue; -1; 0; 40; Int32.MaxValue ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (fun () -> colourSet.Split(count, 1UL) |> ignore)
                        $"Split {count}"

            testCase "Take gives the first images without a copy of them"
            <| fun () ->
                let part = colourSet.Take 7
                Expect.equal part.Count 7 "the count"
                Expect.isTrue (part.Pixels.Equals(colourSet.Pixels.Slice(0, 7 * 90))) "the very same memory"
                Expect.equal (part.Labels.ToArray()) [| 0..6 |] "the labels"

            testCase "Counts that disagree are refused when a set or a picture is made"
            <| fun () ->
                let make channels rows columns (pixels: int) (labels: int list) (classes: string[]) () =
                    ImageSet(
                        channels,
                        rows,
                        columns,
                        ReadOnlyMemory(Array.zeroCreate pixels),
                        ReadOnlyMemory(List.toArray labels),
                        classes
                    )
                    |> ignore

                make 1 2 3 12 [ 0; 9 ] names ()
                Expect.throwsT<ArgumentException> (make 1 2 3 11 [ 0; 9 ] names) "pixels"
                Expect.throwsT<ArgumentException> (make 1 2 3 12 [ 0; 10 ] names) "a label too large"
                Expect.throwsT<ArgumentException> (make 1 2 3 12 [ -1; 0 ] names) "a label below 0"
                Expect.throwsT<ArgumentException> (make 1 2 3 0 [] names) "no image"
                Expect.throwsT<ArgumentException> (make 1 2 3 12 [ 0; 0 ] [||]) "no class"
                Expect.throwsT<ArgumentOutOfRangeException> (make 1 0 3 0 [ 0 ] names) "no rows"
                Expect.throwsT<ArgumentException> (make 65536 65536 65536 0 [ 0 ] names) "a size of 2^48"

                Expect.throwsT<ArgumentException>
                    (fun () -> Picture(3, 2, 2, ReadOnlyMemory(Array.zeroCreate 4)) |> ignore)
                    "a picture"

            testCase "Mean and deviation are those of each channel on a scale from 0 to 1"
            <| fun () ->
                // Red is 0 and 255 in turn, green always 51, blue 0, 0, 0, 255.
                let image last = [| 0uy; 255uy; 51uy; 51uy; 0uy; last |]
                let set = setOf 3 1 2 (Array.append (image 0uy) (image 255uy))
                let struct (means, deviations) = set.MeanAndDeviation()
                let near = Expect.floatClose Accuracy.high
                List.iter2 (fun a b -> near a b "mean") (List.ofArray means) [ 0.5; 0.2; 0.25 ]
                List.iter2 (fun a b -> near a b "deviation") (List.ofArray deviations) [ 0.5; 0.0; sqrt 0.1875 ]
        ]

let private shuffleTests =
    testList
        "Shuffle"
        [
            testCase "SplitMix64 gives its author's published numbers"
            <| fun () ->
                let mutable generator = SplitMix64 1234567UL

                let drawn = List.init 3 (fun _ -> generator.Next())
                Expect.equal drawn [ 6457827717110365317UL; 3203168211198807973UL; 9817491932198370423UL ] "the numbers"

            testProperty "A permutation holds every number once"
            <| fun (count: NonNegativeInt) seed epoch ->
                let count = count.Get % 500
                Expect.equal (Array.sort (Shuffle.Permutation(count, seed, epoch))) [| 0 .. count - 1 |] "sorted"

            testCase "A permutation differs by epoch and by seed"
            <| fun () ->
                let all =
                    [
                        for seed in 0UL .. 9UL do
                            for epoch in 0UL .. 9UL -> Shuffle.Permutation(50, seed, epoch)
                    ]

                Expect.equal (List.distinct all).Length 100 "different permutations"

            testCase "A permutation is for ever the same for the same seed and epoch"
            <| fun () ->
                Expect.equal (Shuffle.Permutation(10, 42UL, 0UL)) [| 8; 1; 9; 2; 6; 0; 4; 5; 3; 7 |] "epoch 0"
                Expect.equal (Shuffle.Permutation(10, 42UL, 1UL)) [| 6; 9; 3; 4; 8; 7; 2; 0; 1; 5 |] "epoch 1"

            testCase "Every permutation of four comes equally often"
            <| fun () ->
                let counts =
                    [
                        for epoch in 1UL .. 24000UL -> List.ofArray (Shuffle.Permutation(4, 7UL, epoch))
                    ]
                    |> List.countBy id
                    |> List.map snd

                Expect.equal counts.Length 24 "all of them"
                // 23 degrees of freedom: chi squared above 60 comes once in 30,000 seeds.
                let chiSquared =
                    counts |> List.sumBy (fun count -> float (count - 1000) ** 2.0 / 1000.0)

                Expect.isLessThan chiSquared 60.0 "chi squared"
        ]

let private batchTests =
    testList
        "Batches"
        [
            testCase "Fill writes (x / 255 - mean) / deviation of the images asked for"
            <| fun () ->
                let indices = [| 3; 39; 0; 3 |]

                let expected =
                    [|
                        for index in indices do
                            for k in 0..89 do
                                let value = float32 colourSet[index].Pixels.Span[k] / 255.0f
                                yield (value - means[k / 30]) / deviations[k / 30]
                    |]

                Array.iter2
                    (fun a b -> Expect.floatClose Accuracy.medium (float a) (float b) "a pixel")
                    (fill colourSet indices)
                    expected

            testCase "A deviation of 0 only subtracts the mean"
            <| fun () ->
                let target = [| Single.NaN |]
                let set = setOf 1 1 1 [| 51uy |]

                Batches.Fill(set, ReadOnlySpan [| 0 |], Span target, ReadOnlySpan [| 0.1f |], ReadOnlySpan [| 0.0f |])

                Expect.floatClose Accuracy.medium (float target[0]) 0.1 "the pixel"

            testCase "Shift 0 without flips is the plain Fill"
            <| fun () ->
                let all = [| 0..39 |]
                Expect.equal (augment colourSet all false 0 1UL 2UL) (fill colourSet all) "the batch"

            testProperty "What happens to an image does not depend on its batch"
            <| fun seed epoch (size: PositiveInt) ->
                let whole = augment colourSet [| 0..39 |] true 2 seed epoch
                let order = Shuffle.Permutation(40, seed, epoch)

                for batch in Array.chunkBySize (size.Get % 40 + 1) order do
                    let filled = augment colourSet batch true 2 seed epoch

                    for i in 0 .. batch.Length - 1 do
                        let start = batch[i] * 90
                        Expect.equal filled[i * 90 .. i * 90 + 89] whole[start .. start + 89] $"image {batch[i]}"

            testCase "An augmented image is the image flipped or not, shifted, with black moving in"
            <| fun () ->
                let all = [| 0..39 |]

                /// What image would be, written without any cleverness.
                let moved index down right mirrored =
                    let pixels = colourSet[index].Pixels.ToArray()

                    [|
                        for channel in 0..2 do
                            for row in 0..5 do
                                for column in 0..4 do
                                    let y, x = row - down, column - right
                                    let x = if mirrored then 4 - x else x
                                    let inside = y >= 0 && y < 6 && x >= 0 && x < 5
                                    let value = if inside then pixels[channel * 30 + y * 5 + x] else 0uy
                                    yield (float32 value / 255.0f - means[channel]) / deviations[channel]
                    |]

                let found =
                    [
                        for epoch in 0UL .. 19UL do
                            let batch = augment colourSet all true 2 11UL epoch

                            for index in all do
                                let image = batch[index * 90 .. index * 90 + 89]

                                match
                                    [
                                        for down in -2 .. 2 do
                                            for right in -2 .. 2 do
                                                for mirrored in [ false; true ] do
                                                    if moved index down right mirrored = image then
                                                        yield down, right, mirrored
                                    ]
                                with
                                | [ one ] -> one
                                | others -> failtest $"image {index} is {others.Length} moves of the original"
                    ]

                let counts = List.countBy id found
                Expect.equal counts.Length 50 "every move comes"
                // 800 draws of 50 moves, 16 each.
                Expect.isLessThan (counts |> List.map snd |> List.max) 40 "none much too often"

            testCase "Without flips the shifts stay, and without shifts the flips"
            <| fun () ->
                let symmetric =
                    setOf
                        1
                        3
                        3
                        [|
                            for i in 1..30 do
                                yield! [| byte i; 9uy; byte i; 1uy; byte i; 1uy; 3uy; 4uy; 3uy |]
                        |]

                let all = [| 0..29 |]
                Expect.equal (augment symmetric all true 1 3UL 4UL) (augment symmetric all false 1 3UL 4UL) "the batch"
                let flipped = augment colourSet [| 0..39 |] true 0 3UL 4UL
                let plain = fill colourSet [| 0..39 |]

                let same =
                    Seq.zip (Array.chunkBySize 90 flipped) (Array.chunkBySize 90 plain)
                    |> Seq.filter (fun (a, b) -> a = b)

                Expect.isTrue (Seq.length same > 8 && Seq.length same < 32) "about half of the images are flipped"

            testCase "A batch that does not fit is refused"
            <| fun () ->
                let attempt (indices: int[]) floats (means: float32[]) (deviations: float32[]) () =
                    Batches.Fill(
                        colourSet,
                        ReadOnlySpan indices,
                        Span(Array.zeroCreate floats),
                        ReadOnlySpan means,
                        ReadOnlySpan deviations
                    )

                attempt [| 0 |] 90 means deviations ()
                Expect.throwsT<ArgumentException> (attempt [| 0 |] 89 means deviations) "too short"
                Expect.throwsT<ArgumentException> (attempt [| 0 |] 91 means deviations) "too long"
                Expect.throwsT<ArgumentException> (attempt [| 0 |] 90 [| 0.0f |] deviations) "too few means"
                Expect.throwsT<ArgumentOutOfRangeException> (attempt [| 40 |] 90 means deviations) "no such image"
                Expect.throwsT<ArgumentOutOfRangeException> (attempt [| -1 |] 90 means deviations) "an index below 0"

                for wrong in [ -1.0f; Single.NaN; Single.PositiveInfinity ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (attempt [| 0 |] 90 means [| 1.0f; wrong; 1.0f |])
                        $"deviation {wrong}"

                for shift in [ -1; 5; Int32.MaxValue ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (fun () -> augment colourSet [| 0 |] false shift 1UL 1UL |> ignore)
                        $"shift {shift}"

            testCase "Filling a batch allocates nothing"
            <| fun () ->
                let indices = [| 0..39 |]
                let target = Array.zeroCreate<float32>(40 * 90)
                let mutable allocated = Int64.MaxValue

                for _ in 1..5 do
                    let before = GC.GetAllocatedBytesForCurrentThread()
                    Batches.Fill(colourSet, indices, target, means, deviations)
                    Batches.FillAugmented(colourSet, indices, target, means, deviations, true, 2, 1UL, 2UL)
                    allocated <- min allocated (GC.GetAllocatedBytesForCurrentThread() - before)

                Expect.equal allocated 0L "the bytes allocated"
        ]

let private sourceTests =
    let four =
        [
            "train-images-idx3-ubyte"
            "train-labels-idx1-ubyte"
            "t10k-images-idx3-ubyte"
            "t10k-labels-idx1-ubyte"
        ]

    let write folder (pack: byte[] -> byte[]) extension files =
        for name, content in files do
            File.WriteAllBytes(Path.Combine(folder, name + extension), pack content)

    let problem (source: DataSource) =
        Expect.throwsC (fun () -> source.Load() |> ignore) (fun error ->
            match error with
            | :? BnnFileException as error -> error
            | other -> failtest $"{other}")

    let images, labels = small

    testList
        "DataSource"
        [
            testCase "The sample has 10,000 training images and 10,000 test images, 1,000 a class in the test set"
            <| fun () ->
                let data = Data.FashionMnistSample().Load()

                for set in [ data.Train; data.Test ] do
                    Expect.equal (set.Count, set.Channels, set.Height, set.Width) (10000, 1, 28, 28) "the sizes"

                    Expect.equal
                        (String.Join(", ", set.Classes))
                        "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
                        "the classes"


                let counts = data.Test.Labels.ToArray() |> Array.countBy id |> Array.sort
                Expect.equal counts [| for label in 0..9 -> label, 1000 |] "the test images of each class"

                Expect.equal
                    (data.Train.Labels.ToArray() |> Array.distinct |> Array.length)
                    10
                    "the classes of training"
                // The first training image of Fashion-MNIST is an ankle boot; the full set's mean is 0.2860.
                Expect.equal data.Train.Classes[data.Train.Label 0] "Ankle boot" "the first image"
                let struct (means, deviations) = data.Train.MeanAndDeviation()
                Expect.isLessThan (abs (means[0] - 0.2860)) 0.002 "the mean"
                Expect.isLessThan (abs (deviations[0] - 0.3530)) 0.002 "the deviation"

            testCase "A folder is read with or without gzip, and nothing is read before Load"
            <| fun () ->
                inFolder (fun folder ->
                    let source = Data.FashionMnist folder
                    let digits = Data.Mnist folder
                    let files = List.zip four [ images; labels; images; labels ]
                    write folder id "" (List.take 2 files)
                    write folder gzip ".gz" (List.skip 2 files)
                    let data = source.Load()
                    Expect.equal (data.Test.Pixels.ToArray()) (data.Train.Pixels.ToArray()) "the images"
                    Expect.equal data.Train.Classes[data.Train.Label 1] "Ankle boot" "the class"
                    Expect.equal data.Name "Fashion-MNIST" "the name"
                    Expect.equal (digits.Load().Test.Classes[9]) "9" "the digit")

            testCase "Each missing file is named with the folder and the remedy"
            <| fun () ->
                inFolder (fun folder ->
                    let before = problem (Data.FashionMnist folder)

                    for name in four do
                        Expect.stringContains before.Message name "all are missing"

                    write folder id "" (List.take 3 (List.zip four [ images; labels; images; labels ]))
                    let error = problem (Data.FashionMnist folder)
                    Expect.equal error.Path folder "the folder"
                    Expect.stringContains error.Problem "t10k-labels-idx1-ubyte.gz" "the missing one"
                    Expect.isFalse (error.Problem.Contains "train-images") "not those that are there"
                    Expect.stringContains error.Remedy "/usr/share/datasets/fashion-mnist" "the remedy"
                    let nowhere = Path.Combine(folder, "nowhere")
                    Expect.equal (problem (Data.Mnist nowhere)).Path nowhere "a folder that is not there")

            testCase "Training and test images of different sizes are refused"
            <| fun () ->
                inFolder (fun folder ->
                    write folder id "" (List.zip four [ images; labels; imagesFile 5 4 images[16..]; labels ])
                    Expect.stringContains (problem (Data.Mnist folder)).Problem "4 x 5, the test images 5 x 4" "sizes")

                let train, test = setOf 1 2 3 (Array.zeroCreate 6), setOf 1 3 2 (Array.zeroCreate 6)

                Expect.throwsT<ArgumentException> (fun () -> Data.InMemory("mine", train, test) |> ignore) "in memory"

                Expect.isTrue (Data.InMemory("mine", train, train).Load().Train.Equals train) "what was given"
        ]

[<Tests>]
let tests =
    testList "Data" [ idxTests; setTests; shuffleTests; batchTests; sourceTests ]
