module Bnn.Tests.ImageSetTests

open System
open System.IO
open System.IO.Compression
open Bnn
open Expecto
open FsCheck
open Bnn.Tests.DataSupport

let private setTests =
    testList
        "ImageSet"
        [
            Checks.property "Split gives two sets that together hold every image once"
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

                let items (part: Examples) =
                    [ for i in 0 .. part.Count - 1 -> part[i].Pixels.ToArray(), part.Label i ]

                Expect.equal validation.Count heldOut "the images held out"
                Expect.equal (List.sort (items train @ items validation)) (List.sort (items set)) "the images of both"
                let struct (again, _) = set.Split(heldOut, seed)
                Expect.equal (items again) (items train) "the same seed again"

            testCase "Split with another seed holds other images out"
            <| fun () ->
                let heldOut seed =
                    let struct (_, part) = colourSet.Split(10, seed)
                    (inMemory part).Pixels.ToArray()

                Expect.notEqual (heldOut 1L) (heldOut 2L) "the images held out"

            testCase "Split and Take refuse a count that leaves a set empty"
            <| fun () ->
                for count in [ Int32.MinValue; -1; 0; 41; Int32.MaxValue ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (fun () -> colourSet.Take count |> ignore)
                        $"Take {count}"

                for count in [ Int32.MinValue; -1; 0; 40; Int32.MaxValue ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (fun () -> colourSet.Split(count, 1L) |> ignore)
                        $"Split {count}"

            testCase "Take gives the first images without a copy of them"
            <| fun () ->
                let part = inMemory (colourSet.Take 7)
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

            Checks.property "A permutation holds every number once"
            <| fun (count: NonNegativeInt) seed epoch ->
                let count = count.Get % 500
                Expect.equal (Array.sort (Shuffle.Permutation(count, seed, epoch))) [| 0 .. count - 1 |] "sorted"

            testCase "A permutation differs by epoch and by seed"
            <| fun () ->
                let all =
                    [
                        for seed in 0L .. 9L do
                            for epoch in 0UL .. 9UL -> Shuffle.Permutation(50, seed, epoch)
                    ]

                Expect.equal (List.distinct all).Length 100 "different permutations"

            testCase "A permutation is for ever the same for the same seed and epoch"
            <| fun () ->
                Expect.equal (Shuffle.Permutation(10, 42L, 0UL)) [| 8; 1; 9; 2; 6; 0; 4; 5; 3; 7 |] "epoch 0"
                Expect.equal (Shuffle.Permutation(10, 42L, 1UL)) [| 6; 9; 3; 4; 8; 7; 2; 0; 1; 5 |] "epoch 1"

            testCase "Every permutation of four comes equally often"
            <| fun () ->
                let counts =
                    [
                        for epoch in 1UL .. 24000UL -> List.ofArray (Shuffle.Permutation(4, 7L, epoch))
                    ]
                    |> List.countBy id
                    |> List.map snd

                Expect.equal counts.Length 24 "all of them"
                // 23 degrees of freedom: chi squared above 60 comes once in 30,000 seeds.
                let chiSquared =
                    counts |> List.sumBy (fun count -> float (count - 1000) ** 2.0 / 1000.0)

                Expect.isLessThan chiSquared 60.0 "chi squared"
        ]

[<Tests>]
let tests = testList "Data" [ setTests; shuffleTests ]
