module Bnn.Tests.IdxTests

open System
open System.IO
open System.IO.Compression
open Bnn
open Expecto
open FsCheck
open Bnn.Tests.DataSupport

let private idxTests =
    testList
        "Idx"
        [
            Checks.property "What is written as IDX is read back, gzip or not"
            <| fun (count: PositiveInt) (rows: PositiveInt) (columns: PositiveInt) seed gzipImages gzipLabels ->
                let count, rows, columns =
                    count.Get % 40 + 1, rows.Get % 20 + 1, columns.Get % 20 + 1

                let pixels = randomBytes seed (count * rows * columns) 256
                let labels = randomBytes (seed + 1L) count 10
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
                let pixels = randomBytes 3L (200 * 40 * 50) 256

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
                let packed = gzip (Array.append header (randomBytes 6L 100_000 256))
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
                let mutable generator = random 5L
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

[<Tests>]
let tests = testList "Data" [ idxTests ]
