/// Batches that are read ahead: the same whoever reads them, from any place on.
module Bnn.Tests.FeedTests

open System
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open TorchSharp

let private view epoch =
    View(Normalization([| 0.2; 0.3; 0.4 |], [| 0.5; 0.6; 0.7 |]), Augmentation(true, 2), 5L, epoch)

/// Inputs, labels and places of every batch.
let private read (images: Examples) batch workers first epoch =
    use feed = new BatchFeed(images, batch, workers)
    let order = Shuffle.Permutation(images.Count, 3L, epoch)

    [
        for taken in feed.Read(order, BatchFeed.Cut(images.Count, batch, first), view epoch) ->
            (Memory.Floats taken.Inputs).Slice(0, taken.Count * 90).ToArray(),
            (Memory.Longs taken.Targets).Slice(0, taken.Count).ToArray(),
            taken.Done
    ]

[<Tests>]
let tests =
    testList
        "Feed"
        [
            test "Batches do not depend on how many threads read them" {
                for batch in [ 1; 3; 7; 16; 40 ] do
                    let alone = read colourSet batch 0 0 2UL

                    for workers in 1..5 do
                        Expect.equal (read colourSet batch workers 0 2UL) alone $"{workers} threads, batches of {batch}"
            }

            test "Each image comes once, in the order that was asked for, and the last short batch is kept" {
                let batches = read colourSet 7 2 0 1UL
                Expect.equal [ for _, labels, _ in batches -> labels.Length ] [ 7; 7; 7; 7; 7; 5 ] "sizes"
                Expect.equal [ for _, _, ends in batches -> ends ] [ 7; 14; 21; 28; 35; 40 ] "places"
                let order = Shuffle.Permutation(40, 3L, 1UL)

                Expect.equal
                    [
                        for _, labels, _ in batches do
                            yield! labels
                    ]
                    [ for index in order -> int64 (colourSet.Label index) ]
                    "labels"

                Expect.equal
                    (Array.concat [ for inputs, _, _ in batches -> inputs ])
                    (Array.concat [ for index in order -> writtenBy (view 1UL) colourSet index ])
                    "inputs"
            }

            test "From any batch on, a reading gives what the whole one gives from there" {
                let whole = read colourSet 7 2 0 4UL

                for first in 0..5 do
                    Expect.equal (read colourSet 7 3 (7 * first) 4UL) (List.skip first whole) $"from batch {first}"
            }

            test "An epoch differs from the next, and an image in it too" {
                Expect.notEqual (read colourSet 40 1 0 0UL) (read colourSet 40 1 0 1UL) "epochs"
            }

            test "A reading that is given up ends its threads, and the feed reads again" {
                use feed = new BatchFeed(colourSet, 2, 3)
                let order = [| 0..39 |]
                let cuts = BatchFeed.Cut(40, 2)

                for _ in 1..20 do
                    let first = feed.Read(order, cuts, view 0UL) |> Seq.head
                    Expect.equal first.Done 2 "the first batch"

                Expect.equal (feed.Read(order, cuts, view 0UL) |> Seq.length) 20 "all batches"
            }


            testSequenced (
                test "Reading leaves no tensor behind" {
                    use feed = new BatchFeed(colourSet, 8, 2)
                    Checks.collectGarbage ()
                    let before = torch.Tensor.TotalCount

                    for epoch in 0UL .. 9UL do
                        feed.Read([| 0..39 |], BatchFeed.Cut(40, 8), view epoch) |> Seq.iter ignore

                    Expect.equal torch.Tensor.TotalCount before "live tensors"
                }
            )

            test "Held-out images are some of the training images, and no other" {
                let source = Data.InMemory("colours", colourSet, colourSet.Take 3)
                let held = source.HoldOut(10, 7L).Load()

                let pictures (images: Examples) =
                    [ for k in 0 .. images.Count - 1 -> List.ofArray (images[k].Pixels.ToArray()) ]

                Expect.equal held.Test.Count 10 "held out"

                Expect.equal
                    (List.sort (pictures held.Train @ pictures held.Test))
                    (List.sort (pictures colourSet))
                    "all of them"

                for wrong in [ 0; -1; 40; 41 ] do
                    Expect.throwsT<BnnFileException> (fun () -> source.HoldOut(wrong).Load() |> ignore) $"{wrong}"
            }
        ]
