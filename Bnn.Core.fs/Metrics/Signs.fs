namespace Bnn

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Runtime.Intrinsics

/// Yes or no for each of many numbers, one bit each, 64 to a word; the bits behind the last number are 0.
module internal Bits =
    /// 1 where `test` sets the top bit of a number's lane.
    let inline where
        ([<InlineIfLambda>] test: Vector256<float32> -> Vector256<float32>)
        (values: ReadOnlySpan<float32>)
        : uint64[] =
        let bits: uint64[] = Array.zeroCreate ((values.Length + 63) / 64)
        let whole = values.Length - values.Length % 8

        let vectors =
            MemoryMarshal.Cast<float32, Vector256<float32>>(values.Slice(0, whole))

        for i in 0 .. vectors.Length - 1 do
            let tested = (test vectors[i]).ExtractMostSignificantBits()
            bits[i >>> 3] <- bits[i >>> 3] ||| (uint64 tested <<< ((i &&& 7) * 8))

        for i in whole .. values.Length - 1 do
            let tested =
                (test (Vector256.Create(values[i]))).ExtractMostSignificantBits() &&& 1u

            bits[i >>> 6] <- bits[i >>> 6] ||| (uint64 tested <<< (i &&& 63))

        bits

    /// Whether bit i is 1.
    let isSet (bits: uint64[]) i =
        (bits[i >>> 6] >>> (i &&& 63)) &&& 1UL = 1UL

    /// The words as bytes, 8 bits to one, the first in its lowest bit; with those behind the last number up to a multiple of 8 bytes.
    let toBytes (bits: uint64[]) : byte[] =
        bits |> Array.collect (fun word -> BitConverter.GetBytes word)

    /// The words of `toBytes`; None where the bytes are not those of so many numbers.
    let tryOfBytes (count: int) (bytes: byte[]) : uint64[] option =
        if count >= 0 && bytes.Length = 8 * ((count + 63) / 64) then
            Some(Array.init (bytes.Length / 8) (fun i -> BitConverter.ToUInt64(bytes, 8 * i)))
        else
            None

    /// How many bits are 1 in the words that `word` gives.
    let inline count ([<InlineIfLambda>] word: int -> uint64) words =
        let mutable count = 0L

        for i in 0 .. words - 1 do
            count <- count + int64 (BitOperations.PopCount(word i))

        count

/// The signs of many numbers, one bit each: 1 where the number is >= 0 (so 0 and -0 are +1; NaN is -1).
type Signs =
    internal
        {
            Number: int
            Bits: uint64[]
        }

    /// How many signs.
    member signs.Count = signs.Number

[<EditorBrowsable(Never)>]
module Signs =
    /// The signs of `values`, 64 to a word.
    let pack (values: ReadOnlySpan<float32>) =
        {
            Number = values.Length
            Bits = Bits.where (fun v -> Vector256.GreaterThanOrEqual(v, Vector256<float32>.Zero)) values
        }

    /// The bits as bytes, 8 signs to one, the first in its lowest bit; with those behind the last sign up to a multiple of 8 bytes.
    let toBytes (signs: Signs) = Bits.toBytes signs.Bits

    /// The signs of `toBytes`; None where the bytes are not those of so many signs.
    let tryOfBytes (count: int) (bytes: byte[]) =
        Bits.tryOfBytes count bytes
        |> Option.map (fun bits -> { Number = count; Bits = bits })

    /// Whether sign i, from 0, is +1.
    let isPositive i (signs: Signs) = Bits.isSet signs.Bits i

    /// How many signs differ. Both must have the same count.
    let differing (a: Signs) (b: Signs) =
        if a.Number <> b.Number then
            invalidArg (nameof b) $"%d{b.Number} signs are compared with %d{a.Number}; both must be of the same weights"

        Bits.count (fun i -> a.Bits[i] ^^^ b.Bits[i]) a.Bits.Length
