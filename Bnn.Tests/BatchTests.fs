module Bnn.Tests.BatchTests

open System
open System.IO
open System.IO.Compression
open Bnn
open Expecto
open FsCheck
open Bnn.Tests.DataSupport

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
                let table = Array.zeroCreate 256
                Normalization.Fill(Span table, 0.1f, 0.0f)
                Expect.floatClose Accuracy.medium (float table[51]) 0.1 "the pixel"

            testCase "Shift 0 without flips is the plain Fill"
            <| fun () ->
                let all = [| 0..39 |]
                Expect.equal (augment colourSet all false 0 1L 2UL) (fill colourSet all) "the batch"

            Checks.property "What happens to an image does not depend on its batch"
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
                            let batch = augment colourSet all true 2 11L epoch

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
                Expect.equal (augment symmetric all true 1 3L 4UL) (augment symmetric all false 1 3L 4UL) "the batch"
                let flipped = augment colourSet [| 0..39 |] true 0 3L 4UL
                let plain = fill colourSet [| 0..39 |]

                let same =
                    Seq.zip (Array.chunkBySize 90 flipped) (Array.chunkBySize 90 plain)
                    |> Seq.filter (fun (a, b) -> a = b)

                Expect.isTrue (Seq.length same > 8 && Seq.length same < 32) "about half of the images are flipped"

            testCase "Filling a batch allocates nothing"
            <| fun () ->
                let target = Array.zeroCreate<float32> 90
                let normalization = Normalization([| 0.2; 0.3; 0.4 |], [| 0.5; 0.6; 0.7 |])

                let plain, augmented =
                    View normalization, View(normalization, Augmentation(true, 2), 1L, 2UL)

                use reader = (colourSet :> Images).OpenReader()
                let mutable allocated = Int64.MaxValue

                for _ in 1..5 do
                    let before = GC.GetAllocatedBytesForCurrentThread()

                    for index in 0..39 do
                        reader.Write(index, plain, Span target)
                        reader.Write(index, augmented, Span target)

                    allocated <- min allocated (GC.GetAllocatedBytesForCurrentThread() - before)

                Expect.equal allocated 0L "the bytes allocated"
        ]

[<Tests>]
let tests = testList "Data" [ batchTests ]
