namespace Bnn

open System
open System.Runtime.Intrinsics

/// Which weights of one layer were active in a window of iterations: one bit a weight. A weight is active in an iteration
/// where its number (gradient or update) is above `threshold` times the layer's mean magnitude in that iteration:
/// |v| > threshold * mean |v|. It is active in a window where it is in any of its iterations.
type ActiveWeights =
    internal
        {
            Threshold: float
            Number: int
            Seen: int64
            Bits: uint64[]
        }

    /// How many weights.
    member active.Count = active.Number

    /// How many iterations the window has.
    member active.Iterations = active.Seen

[<EditorBrowsable(Never)>]
module ActiveWeights =
    /// 1 % of the layer's mean magnitude, for "almost no gradient". Our choice. Numbers that are normally distributed alike are
    /// below it in 0.6 % of the iterations, so in a window of ten iterations no such weight is taken for dead.
    [<Literal>]
    let DefaultThreshold = 0.01

    let private magnitudes = ChannelSums.kernel [ Scale.meanMagnitude ]

    /// A window without iterations, of `count` weights: the identity of `merge`. `threshold`: finite, at least 0; with 0
    /// everything that is not exactly 0 is active.
    let empty (threshold: float) (count: int) =
        match
            Fault.within OptionRange.NotNegative (nameof threshold) threshold
            @ Fault.atLeast 0 (nameof count) count
        with
        | [] ->
            {
                Threshold = threshold
                Number = count
                Seen = 0L
                Bits = Array.zeroCreate ((count + 63) / 64)
            }
        | faults -> raise (ArgumentException(faults |> List.map string |> String.concat "; "))

    /// One iteration more: the gradients or the updates (`Metric.update`) of all weights of the layer. An iteration whose mean
    /// magnitude is not finite shows of no weight that it is dead, so it makes all active.
    let add (values: ReadOnlySpan<float32>) (active: ActiveWeights) =
        if values.Length <> active.Number then
            invalidArg
                (nameof values)
                $"%d{values.Length} numbers for %d{active.Number} weights; give those of the whole layer"

        let sums =
            ChannelSums.ofWeights magnitudes.Value 1 values.Length ReadOnlySpan<float32>.Empty values

        let mean = sums[0] / float values.Length

        let bound =
            if Double.IsFinite mean then
                float32 (active.Threshold * mean)
            else
                -1.0f

        let now =
            Bits.where
                (fun v -> Vector256.OnesComplement(Vector256.LessThanOrEqual(Vector256.Abs v, Vector256.Create bound)))
                values

        { active with
            Seen = active.Seen + 1L
            Bits = Array.map2 (|||) active.Bits now
        }

    /// One window of the iterations of both. Associative and commutative, to the bit: a window may be split anywhere.
    let merge (a: ActiveWeights) (b: ActiveWeights) =
        if a.Number <> b.Number || a.Threshold <> b.Threshold then
            invalidArg
                (nameof b)
                $"%d{b.Number} weights with threshold {Fault.text b.Threshold} are merged with %d{a.Number} with {Fault.text a.Threshold}; both must be of the same layer and threshold"

        { a with
            Seen = a.Seen + b.Seen
            Bits = Array.map2 (|||) a.Bits b.Bits
        }

    /// The window's bits as bytes, 8 weights to one, the first in its lowest bit; up to a multiple of 8 bytes.
    let toBytes (active: ActiveWeights) = Bits.toBytes active.Bits

    /// The window of `toBytes`, of so many weights and iterations; None where the bytes are not those of so many weights.
    let tryOfBytes (threshold: float) (count: int) (iterations: int64) (bytes: byte[]) =
        Bits.tryOfBytes count bytes
        |> Option.map (fun bits ->
            { empty threshold count with
                Seen = iterations
                Bits = bits
            })

/// Dead weights and their revival. The paper (section 4.1) calls weights dead that get almost no gradient, because the
/// activations behind them are saturated, says that SGD's updates of them stay near 0, and that Adam, which divides by the
/// root of their small gradients' history, updates them like the others. It gives no formula. Ours:
/// - dead over a window: the *gradient* was active (`ActiveWeights`) in none of its iterations. "Almost none" is relative to the
///   layer's mean of the same iteration, so neither the loss's scale nor the training's progress makes weights dead.
/// - revived in a later window: dead over the earlier, and the *update* is active in the later, in at least one iteration.
/// For a revival by the optimizer alone, without the gradient's return, take the gradients of both windows merged.
[<EditorBrowsable(Never)>]
module DeadWeights =
    let private dead (gradients: ActiveWeights) =
        int64 gradients.Number
        - Bits.count (fun i -> gradients.Bits[i]) gradients.Bits.Length

    let private mustBeOf (gradients: ActiveWeights) name count =
        if count <> gradients.Number then
            invalidArg
                name
                $"they are of %d{count} weights, the gradients of %d{gradients.Number}; give both of the same layer"

    /// The share of the dead weights in all; of nothing where the window has no iterations.
    let share (gradients: ActiveWeights) =
        if gradients.Seen = 0L then
            Share.empty
        else
            {
                Part = dead gradients
                Whole = gradients.Number
            }

    /// The share of the dead weights in each of `channels` output channels.
    let perChannel (channels: int) (gradients: ActiveWeights) =
        let length =
            ChannelSums.lengthOf (nameof gradients) gradients.Number (ChannelSums.empty channels 1)

        let deadFrom first =
            let mutable dead = 0L

            for i in first .. first + length - 1 do
                if not (Bits.isSet gradients.Bits i) then
                    dead <- dead + 1L

            dead

        Array.init channels (fun c ->
            if gradients.Seen = 0L then
                Share.empty
            else
                {
                    Part = deadFrom (c * length)
                    Whole = length
                })

    /// The share of the revived in the dead: of the weights that are dead by `gradients` those whose `updates`, of a later
    /// window, are active. Of nothing where nothing is dead or a window has no iterations.
    let revived (gradients: ActiveWeights) (updates: ActiveWeights) =
        mustBeOf gradients (nameof updates) updates.Number

        if gradients.Seen = 0L || updates.Seen = 0L then
            Share.empty
        else
            {
                Part = Bits.count (fun i -> ~~~gradients.Bits[i] &&& updates.Bits[i]) gradients.Bits.Length
                Whole = dead gradients
            }

    /// The share of the flipped in the dead: of the weights that are dead by `gradients` those whose signs `before` and
    /// `after` a later window differ. What of a revival the binary network sees.
    let flipped (gradients: ActiveWeights) (before: Signs) (after: Signs) =
        mustBeOf gradients (nameof before) before.Number
        mustBeOf gradients (nameof after) after.Number

        if gradients.Seen = 0L then
            Share.empty
        else
            {
                Part =
                    Bits.count
                        (fun i -> ~~~gradients.Bits[i] &&& (before.Bits[i] ^^^ after.Bits[i]))
                        gradients.Bits.Length
                Whole = dead gradients
            }
