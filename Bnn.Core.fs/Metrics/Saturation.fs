namespace Bnn

open System

/// The saturation share of a layer's inputs, channel by channel: the share with |x + shift| > 1, where clip's derivative is 0
/// and nothing is learned from the activation (the paper, section 4.1 and Figure 3).
type Saturation = internal { Saturated: ChannelSums }

[<EditorBrowsable(Never)>]
module Saturation =
    let private kernel = ChannelSums.kernel [ Metric.saturated Elementwise.shifted ]

    /// Before the first batch, for activations of `channels` channels.
    let empty channels =
        {
            Saturated = ChannelSums.empty channels 1
        }

    /// A batch more. `shift`: the learned number of each channel, 0 where the layer has none. `x`: the activations before it,
    /// image by image, channel by channel, `positions` (height times width) numbers each. Batches may differ in size. NaN is
    /// not saturated.
    let add (positions: int) (shift: ReadOnlySpan<float32>) (x: ReadOnlySpan<float32>) (saturation: Saturation) =
        let sums = saturation.Saturated

        if positions < 1 then
            invalidArg (nameof positions) $"channels of %d{positions} positions; give at least 1"

        if shift.Length <> sums.Channels then
            invalidArg (nameof shift) $"%d{shift.Length} shifts for %d{sums.Channels} channels; give one a channel"

        let image = int64 sums.Channels * int64 positions

        if int64 x.Length % image <> 0L then
            invalidArg
                (nameof x)
                $"%d{x.Length} activations are no whole number of images of %d{sums.Channels} channels of %d{positions}; give whole images"

        let images = int (int64 x.Length / image)

        let shape =
            {
                Rows = images * sums.Channels
                Length = int64 positions
                Channels = sums.Channels
            }

        {
            Saturated =
                sums
                |> ChannelSums.add (images * positions) (ChannelSums.run kernel.Value shape shift x)
        }

    /// The share in both together, the same to the bit wherever the batches are split; `empty` is its identity.
    let merge (a: Saturation) (b: Saturation) =
        {
            Saturated = ChannelSums.merge a.Saturated b.Saturated
        }

    /// The share of each channel.
    let perChannel (saturation: Saturation) =
        let sums = saturation.Saturated

        ChannelSums.column 0 sums
        |> Array.map (fun saturated ->
            {
                Part = int64 saturated
                Whole = sums.Numbers
            })

    /// The share of all activations.
    let value saturation =
        perChannel saturation |> Array.fold Share.merge Share.empty
