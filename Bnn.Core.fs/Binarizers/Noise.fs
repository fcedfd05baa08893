namespace Bnn

open System

/// Random numbers that are a function of where they are used: number `index` of step `step` under `seed`. Nothing is kept
/// between numbers, so they can be filled in any order, by any number of threads, and again after a resumed run.
///
/// Formulas read noise as an input, `Binarizer.noise`, and not as an operator. So every interpretation of a formula, on any
/// device, reads the same bits; a formula hides no state; and a backward pass that needs the noise of the forward pass is given
/// the same array.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) as a counter's hash.
[<EditorBrowsable(Never)>]
module Noise =
    [<Literal>]
    let private Increment = 0x9E3779B97F4A7C15UL

    // 24 bits: the most that float32 holds exactly, so both kinds of number are the same.
    let private unit = 1.0 / float (1 <<< 24)

    let private mix (z: uint64) =
        let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        z ^^^ (z >>> 31)

    let private stream (seed: int64) (step: int) =
        mix (mix (uint64 seed + Increment) + uint64 step * Increment)

    let private bits stream (index: int64) =
        mix (stream + (uint64 index + 1UL) * Increment) >>> 40

    /// Number `index` of a step: uniform in [0, 1), a multiple of 2^-24.
    let uniform seed step index =
        float (bits (stream seed step) index) * unit

    /// Numbers `first`, `first` + 1, ... of a step. Tensors of one step take ranges that do not overlap.
    let fillSingle seed step (first: int64) (numbers: Span<float32>) =
        let stream = stream seed step

        for i in 0 .. numbers.Length - 1 do
            numbers[i] <- float32 (float (bits stream (first + int64 i)) * unit)

    /// The same numbers in float64.
    let fillDouble seed step (first: int64) (numbers: Span<float>) =
        let stream = stream seed step

        for i in 0 .. numbers.Length - 1 do
            numbers[i] <- float (bits stream (first + int64 i)) * unit
