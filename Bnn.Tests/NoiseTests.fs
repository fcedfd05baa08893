module Bnn.Tests.NoiseTests

open System
open Bnn
open Bnn.Tests.Checks
open Expecto
open FsCheck.FSharp

let private places =
    let shrink (seed, step, index) =
        seq {
            if seed <> 0L then
                0L, step, index

            if step <> 1 then
                seed, 1, index

            if index <> 0L then
                seed, step, 0L
        }

    let index =
        Gen.oneof
            [
                Gen.choose (0, 1000) |> Gen.map int64
                Gen.choose (0, Int32.MaxValue) |> Gen.map (fun k -> int64 k * 1000003L)
            ]

    Arb.fromGenShrink (Gen.zip3 (Gen.choose (-5, 1000) |> Gen.map int64) (Gen.choose (1, 100000)) index, shrink)

let private count = 1 <<< 16

let private numbers seed step first =
    let numbers = Array.zeroCreate count
    Noise.fillDouble seed step first (numbers.AsSpan())
    numbers

/// The correlation of numbers that should be independent and uniform in [0, 1).
let private correlation (a: float[]) (b: float[]) =
    12.0 * (Array.map2 (fun x y -> (x - 0.5) * (y - 0.5)) a b |> Array.average)

// Five standard deviations of what independent numbers give.
let private bound = 5.0 / sqrt (float count)

[<Tests>]
let tests =
    testList
        "Noise"
        [
            law
                "a number is in [0, 1) and a multiple of 2^-24, so float32 holds it exactly"
                places
                (fun (seed, step, index) ->
                    let u = Noise.uniform seed step index
                    Expect.isTrue (u >= 0.0 && u < 1.0) $"{u}"
                    Expect.equal (u * float (1 <<< 24)) (floor (u * float (1 <<< 24))) "a multiple"
                    let single = [| nanf |]
                    Noise.fillSingle seed step index (single.AsSpan())
                    Expect.equal (float single[0]) u "in float32")

            law "filling gives the numbers one by one, wherever it is split" places (fun (seed, step, first) ->
                let at k =
                    Noise.uniform seed step (first + int64 k)

                let whole = Array.create 37 nan
                let split = int (first % 37L)
                Noise.fillDouble seed step first (whole.AsSpan(0, split))
                Noise.fillDouble seed step (first + int64 split) (whole.AsSpan split)
                Expect.equal whole (Array.init 37 at) "both parts"
                let single = Array.create 37 nanf
                Noise.fillSingle seed step first (single.AsSpan())
                Expect.equal (single |> Array.map float) whole "in float32")

            test "a number is for ever the same for the same seed, step and index" {
                for seed, step, index, bits in [ 0L, 1, 0L, 2327157; 42L, 7, 5L, 174632; -5L, 3, 1000003L, 9384089 ] do
                    Expect.equal
                        (Noise.uniform seed step index)
                        (float bits / float (1 <<< 24))
                        $"seed {seed}, step {step}, index {index}"
            }

            test "numbers fill 256 equal bins evenly" {
                for seed in 0L .. 9L do
                    let bins = numbers seed 1 0L |> Array.countBy (fun u -> int (u * 256.0))
                    Expect.equal bins.Length 256 "no bin is empty"
                    let expected = float count / 256.0

                    let chi2 =
                        bins |> Array.sumBy (fun (_, k) -> (float k - expected) ** 2.0 / expected)
                    // 255 degrees of freedom: mean 255, deviation 22.6; five deviations either way.
                    Expect.isTrue (chi2 > 142.0 && chi2 < 368.0) $"chi squared {chi2}, seed {seed}"
            }

            test "each of the 24 bits is set in half of the numbers" {
                let drawn = numbers 3L 7 0L

                for bit in 0..23 do
                    let share =
                        drawn
                        |> Array.averageBy (fun u -> float ((int (u * float (1 <<< 24)) >>> bit) &&& 1))

                    Expect.isLessThan (abs (share - 0.5)) (bound / 2.0) $"bit {bit}"
            }

            test "neighbours in index, step and seed have nothing to do with each other" {
                let drawn = numbers 5L 9 100L

                for name, other in
                    [
                        "the next index", numbers 5L 9 101L
                        "the index after it", numbers 5L 9 102L
                        "the next step", numbers 5L 10 100L
                        "the next seed", numbers 6L 9 100L
                        "step and seed exchanged", numbers 9L 5 100L
                        "next step, next index", numbers 5L 10 101L
                    ] do
                    Expect.isLessThan (abs (correlation drawn other)) bound name

                Expect.isGreaterThan (correlation drawn drawn) 0.9 "what the measure says of equal numbers"
            }
        ]
