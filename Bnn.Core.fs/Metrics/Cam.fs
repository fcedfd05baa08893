namespace Bnn

open System

/// The channel absolute mean: mean |v| over each output channel of one layer, over one or more additions. v: the latent
/// weights at some moment, or the updates or gradients of each iteration. (The paper, section 4.1, Figures 4 and 5.)
type Cam = internal { Magnitudes: ChannelSums }

[<EditorBrowsable(Never)>]
module Cam =
    let private kernel = ChannelSums.kernel [ Scale.meanMagnitude ]

    /// Before the first addition, for a layer of `channels` output channels.
    let empty channels =
        {
            Magnitudes = ChannelSums.empty channels 1
        }

    /// A layer's weights, updates (`Metric.update`) or gradients more, output channel first. All additions must have the same
    /// length.
    let add (values: ReadOnlySpan<float32>) (cam: Cam) =
        let sums = cam.Magnitudes

        let length = ChannelSums.lengthOf (nameof values) values.Length sums

        let added =
            ChannelSums.ofWeights kernel.Value sums.Channels length ReadOnlySpan<float32>.Empty values

        {
            Magnitudes = ChannelSums.add length added sums
        }

    /// The mean over both. Associative but for float64's rounding; `empty` is its identity.
    let merge (a: Cam) (b: Cam) =
        {
            Magnitudes = ChannelSums.mergeWeights a.Magnitudes b.Magnitudes
        }

    /// For each output channel the mean of |v| over its numbers and over the additions; NaN where there is none.
    let value (cam: Cam) =
        let sums = cam.Magnitudes

        ChannelSums.column 0 sums |> Array.map (fun sum -> sum / float sums.Numbers)

    /// All that is gathered, as bytes.
    let toBytes (cam: Cam) =
        let sums = cam.Magnitudes

        Array.append [| float sums.Numbers; float sums.Additions |] sums.Sums
        |> Array.collect BitConverter.GetBytes

    /// What `toBytes` gave of a layer of `channels` channels; None where the bytes are not those of one.
    let tryOfBytes (channels: int) (bytes: byte[]) =
        if bytes.Length <> 8 * (channels + 2) then
            None
        else
            let numbers =
                Array.init (channels + 2) (fun k -> BitConverter.ToDouble(bytes, 8 * k))

            Some
                {
                    Magnitudes =
                        {
                            Channels = channels
                            Numbers = int64 numbers[0]
                            Additions = int64 numbers[1]
                            Sums = numbers[2..]
                        }
                }

    /// SDAM: the standard deviation of the CAM over the output channels. Of updates of one iteration it is that iteration's;
    /// of more it is that of their mean CAM, which is at most the mean of their SDAMs.
    /// The paper does not say by what it divides. We divide by the number of channels, not by one less: they are all the
    /// channels that the layer has, not a sample of them, and a layer of one channel has 0, not NaN. The other way is larger by
    /// sqrt(C / (C - 1)), 0.8 % for 64 channels.
    let sdam (cam: Cam) =
        let value = value cam
        // From one of them, so that equal channels have exactly 0.
        let from = value |> Array.map (fun v -> v - value[0])
        let mean = Array.average from
        sqrt (from |> Array.averageBy (fun d -> (d - mean) * (d - mean)))

    /// The share of `cam`'s channels that are below the least of `reference`. (The paper, section 4.1: 34.3 % of the kernels that
    /// SGD trains have an update CAM below Adam's minimum.) Channels that are NaN are left out; NaN where the minimum is.
    let belowMinimum (reference: Cam) (cam: Cam) =
        let least = value reference |> Array.reduce (fun a b -> Math.Min(a, b))
        let compared = value cam |> Array.filter (fun c -> c < least || c >= least)

        {
            Part = compared |> Array.filter (fun c -> c < least) |> Array.length |> int64
            Whole = int64 compared.Length
        }

    /// The effective rate of each output channel: CAM of the updates / CAM of the gradients. The learning rate for plain
    /// descent; for Adam the larger the smaller the gradients were. A ratio of means, because the mean of |update| / |gradient| is
    /// infinite as soon as one gradient is 0. NaN where both are 0 throughout, infinite where only the gradients are.
    let effectiveRate (updates: Cam) (gradients: Cam) =
        if updates.Magnitudes.Channels <> gradients.Magnitudes.Channels then
            invalidArg
                (nameof gradients)
                $"%d{gradients.Magnitudes.Channels} channels for updates of %d{updates.Magnitudes.Channels}; both must be of the same layer"

        Array.map2 (/) (value updates) (value gradients)
