namespace Bnn.Core

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Runtime.Intrinsics

/// The signs of many numbers, one bit each: 1 where the number is >= 0 (so 0 and -0 are +1; NaN is -1).
type Signs =
    internal
        {
            Number: int
            Bits: uint64[]
        }

    /// How many signs.
    member signs.Count = signs.Number

module Signs =
    /// The signs of `values`, 64 to a word.
    let pack (values: ReadOnlySpan<float32>) =
        let bits: uint64[] = Array.zeroCreate ((values.Length + 63) / 64)
        let whole = values.Length - values.Length % 8

        let vectors =
            MemoryMarshal.Cast<float32, Vector256<float32>>(values.Slice(0, whole))

        for i in 0 .. vectors.Length - 1 do
            let positive =
                Vector256.GreaterThanOrEqual(vectors[i], Vector256<float32>.Zero).ExtractMostSignificantBits()

            bits[i >>> 3] <- bits[i >>> 3] ||| (uint64 positive <<< ((i &&& 7) * 8))

        for i in whole .. values.Length - 1 do
            if values[i] >= 0.0f then
                bits[i >>> 6] <- bits[i >>> 6] ||| (1UL <<< (i &&& 63))

        { Number = values.Length; Bits = bits }

    /// How many signs differ. Both must have the same count.
    let differing (a: Signs) (b: Signs) =
        if a.Number <> b.Number then
            invalidArg (nameof b) $"{b.Number} signs are compared with {a.Number}; both must be of the same weights"

        let mutable count = 0L

        for i in 0 .. a.Bits.Length - 1 do
            count <- count + int64 (BitOperations.PopCount(a.Bits[i] ^^^ b.Bits[i]))

        count

/// What explains a binary network's training. Ratios of no weights at all are NaN.
module Metric =
    /// FF of one iteration: sum |sign w(t+1) - sign w(t)| / 2 / N, the share of signs that changed, in 0..1 (the paper,
    /// equation 6). A stage's FF is the mean over its iterations.
    let flipFlop (before: Signs) (after: Signs) =
        float (Signs.differing before after) / float before.Count

    /// C2I: 1 - sum |sign w_last - sign w_first| / 2 / N: 1 where all signs are those of the start, about 0.5 where they have
    /// nothing to do with it (the paper, equation 7; its further 1/2 contradicts its own Table 1 and is left out).
    let c2i (first: Signs) (last: Signs) = 1.0 - flipFlop first last

    /// 1 where |z| > 1, where clip's derivative is 0, else 0. Its mean over a layer's inputs, after the learned shift, is
    /// the saturation share (the paper, section 4.1).
    let saturated (z: Expr) =
        Expr.ifLess (Const 1.0) (abs z) (Const 1.0) (Const 0.0)
