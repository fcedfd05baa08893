module Bnn.Tests.MetricConfidenceTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.MetricSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private histogram (options: Confidence.Options) (weights: float32[]) =
    Confidence.add (span weights) (Confidence.empty options)

let private ofAll (s: Stream) =
    histogram Confidence.defaults (Array.concat s.Iterations)

let private countOf test (weights: float32[]) =
    weights |> Array.filter test |> Array.length |> int64

/// Weights on, between and beyond the edges of bins of width 0.5, and any others.
let private weights =
    streamOf
        (Gen.frequency
            [
                3, Gen.choose (-9, 9) |> Gen.map (fun k -> float32 k * 0.25f)
                3, finite32
                1, any32
            ])
        1

/// 5 bins of width 0.5.
let private halves: Confidence.Options = { Limit = 1.25; Bins = 5 }

[<Tests>]
let tests =
    testList
        "Metric: confidence"
        [
            law "every weight is counted once: in a bin, below, above, or as no number" weights (fun s ->
                let all = Array.concat s.Iterations
                let confidence = ofAll s
                Expect.equal (Confidence.below confidence) (countOf (fun w -> w < -1.5f) all) "below"
                Expect.equal (Confidence.above confidence) (countOf (fun w -> w > 1.5f) all) "above"
                Expect.equal (Confidence.notNumbers confidence) (countOf Single.IsNaN all) "NaN"
                let inside = countOf (fun w -> abs w <= 1.5f) all
                Expect.equal (Array.sum (Confidence.counts confidence)) inside "in the bins")

            law "a weight is in the bin whose middle is nearest; between two, in the outer" weights (fun s ->
                let all = Array.concat s.Iterations |> Array.filter (fun w -> abs w <= 1.25f)
                let confidence = histogram halves all
                let centres = Confidence.centres confidence
                Expect.equal centres [| -1.0; -0.5; 0.0; 0.5; 1.0 |] "the middles"

                let binOf (w: float32) =
                    let distance k = abs (float w - centres[k])
                    let least = Seq.map distance [ 0..4 ] |> Seq.min

                    [ 0..4 ]
                    |> List.filter (fun k -> distance k = least)
                    |> List.maxBy (fun k -> abs (k - 2))

                let naive = Array.init 5 (fun k -> countOf (fun w -> binOf w = k) all)
                Expect.equal (Confidence.counts confidence) naive "naive")

            law "the histogram of -w is the mirror image of that of w" weights (fun s ->
                let confidence = ofAll s

                let mirrored =
                    Array.concat s.Iterations |> Array.map (~-) |> histogram Confidence.defaults

                Expect.equal (Confidence.counts mirrored) (Array.rev (Confidence.counts confidence)) "bins"
                Expect.equal (Confidence.below mirrored) (Confidence.above confidence) "beyond"
                Expect.equal (Confidence.confident mirrored) (Confidence.confident confidence) "|w| > 0.9"
                Expect.equal (Confidence.unsure mirrored) (Confidence.unsure confidence) "|w| < 0.1")

            splits
                "the histogram of a stream is that of its parts merged, to the bit, wherever it is split"
                weights
                (Expect.equal)
                (fun _ -> Confidence.empty Confidence.defaults)
                (fun values all -> Confidence.add (span values) all)
                Confidence.merge

            law "the order of the weights does not matter, nor in how many additions they come" weights (fun s ->
                let one = ofAll s

                let many =
                    (Confidence.empty Confidence.defaults, Array.rev (Array.concat s.Iterations))
                    ||> Array.fold (fun all w -> Confidence.add (span [| w |]) all)

                Expect.equal many one "one by one, from the end")

            law "the shares |w| > 0.9 and |w| < 0.1 are those of all weights that are numbers" weights (fun s ->
                let all = Array.concat s.Iterations
                let whole = all.LongLength - countOf Single.IsNaN all
                let confidence = ofAll s

                Expect.equal
                    (Confidence.confident confidence)
                    {
                        Part = countOf (fun w -> float (abs w) > 0.9) all
                        Whole = whole
                    }
                    "|w| > 0.9"

                Expect.equal
                    (Confidence.unsure confidence)
                    {
                        Part = countOf (fun w -> float (abs w) < 0.1) all
                        Whole = whole
                    }
                    "|w| < 0.1")

            test "0.9 and 0.1 themselves are neither, infinities are confident, NaN is left out" {
                let edges = [| 0.9f; -0.9f; 0.1f; -0.1f |]
                let confidence = histogram Confidence.defaults edges
                Expect.equal (Confidence.confident confidence).Part 0L "not more than 0.9"
                Expect.equal (Confidence.unsure confidence).Part 0L "not less than 0.1"
                let odd = histogram Confidence.defaults [| infinityf; -infinityf; nanf; -0.0f |]
                Expect.equal (Confidence.confident odd) { Part = 2L; Whole = 3L } "infinities"
                Expect.equal (Confidence.unsure odd) { Part = 1L; Whole = 3L } "-0"
            }

            law "twice the weights over twice the limit have the same bins" weights (fun s ->
                let all = Array.concat s.Iterations
                let wider = { Confidence.defaults with Limit = 3.0 }

                Expect.equal
                    (Confidence.counts (histogram wider (all |> Array.map ((*) 2.0f))))
                    (Confidence.counts (ofAll s))
                    "the same shape")

            test "the outermost bins hold the limits, whatever the number of bins" {
                for bins in 1..2..201 do
                    let limit = 1.5
                    let confidence = histogram { Limit = limit; Bins = bins } [| 1.5f; -1.5f; 1.5f |]
                    let counts = Confidence.counts confidence
                    Expect.equal (Array.sum counts) 3L $"{bins} bins hold both"

                    if bins > 1 then
                        Expect.equal (Array.head counts, Array.last counts) (1L, 2L) $"{bins} bins"
            }

            test "the counts that are given out are a copy" {
                let confidence = histogram Confidence.defaults [| 0.0f |]
                let given = Confidence.counts confidence
                given[30] <- 7L
                Expect.equal (Array.item 30 (Confidence.counts confidence)) 1L "as it was"
            }

            test "of no weights the shares are NaN; bad options and other bins are refused, all faults at once" {
                let empty = Confidence.empty Confidence.defaults
                isNaN "nothing is confident" (Confidence.confident empty).Value
                isNaN "nothing is unsure" (Confidence.unsure empty).Value

                for limit in [ 0.0; -1.0; nan; infinity ] do
                    refuses [ "limit"; "above 0"; "bins is 60"; "odd" ] (fun () ->
                        Confidence.empty { Limit = limit; Bins = 60 })

                refuses [ "bins is -1" ] (fun () -> Confidence.empty { Confidence.defaults with Bins = -1 })
                refuses [ "5 bins to 1.25"; "61 to 1.5" ] (fun () -> Confidence.merge empty (Confidence.empty halves))

                refuses [ "61 bins to 2"; "61 to 1.5" ] (fun () ->
                    Confidence.merge empty (Confidence.empty { Confidence.defaults with Limit = 2.0 }))
            }
        ]
