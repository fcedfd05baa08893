module Bnn.Tests.MetricPeakTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.MetricSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private histogram (weights: float32[]) =
    Confidence.add (span weights) (Confidence.empty Confidence.defaults)

let private peaks (weights: float32[]) =
    Confidence.peaks Confidence.DefaultProminence (histogram weights)

/// A normally distributed number (Box and Muller).
let private normal (random: Random) mean deviation =
    mean
    + deviation
      * sqrt (-2.0 * log (1.0 - random.NextDouble()))
      * cos (2.0 * Math.PI * random.NextDouble())

/// `count` weights around some centres: (share, centre, deviation).
let private around seed count hills =
    let random = Random(seed: int)

    [|
        for share, centre, deviation in hills do
            for _ in 1 .. int (share * float count) do
                float32 (normal random centre deviation)
    |]

let private adamLike = [ 0.3, -1.05, 0.06; 0.4, 0.0, 0.25; 0.3, 1.05, 0.06 ]

/// The histogram of 61 bins with these counts.
let private ofCounts (counts: int[]) =
    let centres = Confidence.centres (Confidence.empty Confidence.defaults)

    Array.map2 (fun count centre -> Array.create count (float32 centre)) counts centres
    |> Array.concat
    |> histogram

/// Counts of 61 bins: some hills, on their own and overlapping, some rough, some flat.
let private counts =
    Arb.fromGen (
        gen {
            let! hills = Gen.choose (1, 5)
            let! places = Gen.arrayOfLength hills (Gen.choose (0, 60))
            let! heights = Gen.arrayOfLength hills (Gen.choose (1, 3000))
            let! widths = Gen.arrayOfLength hills (Gen.choose (1, 8))
            let! rough = Gen.elements [ 0; 3; 100 ]
            let! noise = Gen.arrayOfLength 61 (Gen.choose (0, rough))

            return
                Array.init 61 (fun k ->
                    noise[k]
                    + Seq.sum (
                        Seq.init hills (fun i ->
                            let d = float (k - places[i]) / float widths[i]
                            int (float heights[i] * exp (-d * d / 2.0)))
                    ))
        }
    )

let private smoothed (counts: int[]) =
    let at k =
        if k < 0 || k > 60 then 0.0 else float counts[k]

    Array.init 61 (fun k ->
        Seq.zip [ -2 .. 2 ] [ 1.0; 4.0; 6.0; 4.0; 1.0 ]
        |> Seq.sumBy (fun (d, weight) -> weight / 16.0 * at (k + d)))

/// The prominence of a bin the other way round: its height less the height of the best way to a higher bin (0 where it is the
/// highest), where the height of a way is that of its lowest bin.
let private prominence (height: float[]) k =
    let ways =
        [
            for other in 0..60 do
                if height[other] > height[k] then
                    height[min k other .. max k other] |> Array.min
        ]

    height[k] - (0.0 :: ways |> List.max)

[<Tests>]
let tests =
    testList
        "Metric: peaks"
        [
            test "a sample with peaks near 0 and just past -1 and +1 has these three, for every seed and size" {
                for seed in 1..20 do
                    for count in [ 2000; 20000 ] do
                        match peaks (around seed count adamLike) with
                        | [ left; middle; right ] ->
                            Expect.isTrue (abs (left + 1.05) < 0.06) $"{left}, seed {seed}, {count} weights"
                            Expect.isTrue (abs middle < 0.2) $"{middle}, seed {seed}, {count} weights"
                            Expect.isTrue (abs (right - 1.05) < 0.06) $"{right}, seed {seed}, {count} weights"
                        | others -> failtest $"{others}, seed {seed}, {count} weights"
            }

            test "a sample with one peak at 0 has one, for every seed, size and width" {
                for seed in 1..20 do
                    for count in [ 2000; 20000 ] do
                        for width in [ 0.05; 0.2; 0.4 ] do
                            match peaks (around seed count [ 1.0, 0.0, width ]) with
                            | [ only ] -> Expect.isTrue (abs only < 0.4 * width + 0.05) $"{only}, width {width}"
                            | others -> failtest $"{others}, seed {seed}, {count} weights, width {width}"
            }

            law
                "a bin is a peak where it is prominent enough, by its share of the highest and beyond chance"
                counts
                (fun counts ->
                    let height = smoothed counts
                    let highest = Array.max height
                    let centres = Confidence.centres (ofCounts counts)

                    for share in [ 0.01; 0.05; 0.5; 1.0 ] do
                        let isPeak k =
                            let enough = max (share * highest) (4.0 * sqrt height[k])
                            height[k] > 0.0 && prominence height k >= enough

                        let naive = [ 0..60 ] |> List.filter isPeak
                        let found = Confidence.peaks share (ofCounts counts)

                        // Equally high bins of one hill are one peak.
                        let heights = naive |> List.map (fun k -> height[k])

                        if List.distinct heights = heights then
                            Expect.equal found (naive |> List.map (fun k -> centres[k])) $"prominence {share}"
                        else
                            Expect.isLessThanOrEqual found.Length naive.Length $"prominence {share}"
                            Expect.isNonEmpty found "at least one")

            law "the peaks of -w are those of w, mirrored" counts (fun counts ->
                let mirrored = Confidence.peaks 0.05 (ofCounts (Array.rev counts))
                let expected = Confidence.peaks 0.05 (ofCounts counts) |> List.rev |> List.map (~-)
                Expect.equal mirrored.Length expected.Length "as many"
                List.iter2 (fun e a -> Expect.isTrue (near 0.0 1e-12 e a) $"{a}, should be {e}") expected mirrored)

            law "more prominence is asked, fewer peaks are left" counts (fun counts ->
                let found =
                    [ 0.0; 0.05; 0.2; 0.6; 1.0 ]
                    |> List.map (fun p -> Confidence.peaks p (ofCounts counts))

                for many, few in List.pairwise found do
                    Expect.isLessThanOrEqual few.Length many.Length "no more")

            law "the same weights once more make no peak vanish: chance explains less" counts (fun counts ->
                let once = ofCounts counts
                let twice = Confidence.merge once once

                Expect.isGreaterThanOrEqual
                    (Confidence.peaks 0.05 twice).Length
                    (Confidence.peaks 0.05 once).Length
                    "no fewer")

            test "two equal hills are two peaks; a dip that chance explains does not part one" {
                let hills between =
                    Array.init 61 (fun k ->
                        if k >= 20 && k <= 40 then
                            (if k >= 28 && k <= 32 then between else 400)
                        else
                            0)

                let width = 3.0 / 61.0
                let two = Confidence.peaks 0.05 (ofCounts (hills 100))
                Expect.hasLength two 2 "a deep dip"
                Expect.isTrue (near 0.0 1e-12 (List.head two) -(List.last two)) "of the same distance"
                let one = Confidence.peaks 0.05 (ofCounts (hills 390))
                Expect.hasLength one 1 "a dip of half its deviation"
                Expect.isTrue (abs one.Head < width / 4.0) "in the middle of both"
            }

            test "a hill against the limit is a peak, and so is a single bin" {
                let at k count =
                    Array.init 61 (fun i -> if i = k then count else 0)

                let centres = Confidence.centres (ofCounts (at 0 0))

                for k in [ 0; 30; 60 ] do
                    Expect.equal (Confidence.peaks 0.05 (ofCounts (at k 1000))) [ centres[k] ] $"bin {k}"
            }

            test "no weights have no peak, nor have so few that chance explains them" {
                Expect.isEmpty (peaks [||]) "none"
                Expect.isEmpty (peaks (Array.create 42 0.3f)) "15.75 in the highest bin, smoothed"
                Expect.hasLength (peaks (Array.create 43 0.3f)) 1 "16.1"
                Expect.isEmpty (peaks [| nanf; 5.0f; -7.0f |]) "beyond the bins"
            }

            test "a prominence that is no share is refused" {
                for prominence in [ -0.1; 1.1; nan ] do
                    refuses [ "prominence is"; "at most 1" ] (fun () -> Confidence.peaks prominence (histogram [||]))
            }
        ]
