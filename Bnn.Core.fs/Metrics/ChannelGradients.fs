namespace Bnn

open System

/// The gradients of one layer's weights, output channel by output channel: on a fixed batch at one moment, or over several.
type ChannelGradients =
    internal
        {
            /// For each channel sum g^2 and the number of zeros.
            Squares: ChannelSums
            Magnitudes: Cam
        }

[<EditorBrowsable(Never)>]
module ChannelGradients =
    let private scale = Input("scale", PerChannel)

    let private scaled = scale * Expr.gradient

    let private kernel =
        ChannelSums.kernel [ scaled * scaled; Metric.isZero Expr.gradient ]

    /// A power of two that brings numbers of about this magnitude to about 1, so that their squares neither vanish nor
    /// overflow in float32.
    let private towardsOne (magnitude: float) =
        Math.ScaleB(1.0, -(Math.Clamp(Math.ILogB magnitude, -126, 126)))

    /// Before the first addition, for a layer of `channels` output channels.
    let empty channels =
        {
            Squares = ChannelSums.empty channels 2
            Magnitudes = Cam.empty channels
        }

    /// The layer's gradients once more, output channel first. All additions must have the same length.
    let add (gradients: ReadOnlySpan<float32>) (before: ChannelGradients) =
        let squares = before.Squares
        let length = ChannelSums.lengthOf (nameof gradients) gradients.Length squares
        let one = Cam.add gradients (Cam.empty squares.Channels)
        let scales = Cam.value one |> Array.map towardsOne

        let sums =
            ChannelSums.ofWeights
                kernel.Value
                squares.Channels
                length
                (ReadOnlySpan(scales |> Array.map float32))
                gradients

        let added =
            sums
            |> Array.mapi (fun i sum ->
                if i % 2 = 0 then
                    sum / scales[i / 2] / scales[i / 2]
                else
                    sum)

        {
            Squares = ChannelSums.add length added squares
            Magnitudes = Cam.merge before.Magnitudes one
        }

    /// Both together. Associative but for float64's rounding; `empty` is its identity.
    let merge (a: ChannelGradients) (b: ChannelGradients) =
        {
            Squares = ChannelSums.mergeWeights a.Squares b.Squares
            Magnitudes = Cam.merge a.Magnitudes b.Magnitudes
        }

    /// For each output channel the gradient's norm, sqrt(sum g^2); over several additions their root mean square. NaN before
    /// the first.
    let norm (gradients: ChannelGradients) =
        let squares = gradients.Squares

        ChannelSums.column 0 squares
        |> Array.map (fun sum -> sqrt (sum / float squares.Additions))

    /// For each output channel the share of gradients that are exactly 0 (or -0): what saturation leaves of weights behind
    /// which every activation is saturated.
    let zeros (gradients: ChannelGradients) =
        let squares = gradients.Squares

        ChannelSums.column 1 squares
        |> Array.map (fun zeros ->
            {
                Part = int64 zeros
                Whole = squares.Numbers
            })

    /// Mean |g| of each output channel, for `Cam.effectiveRate` and `Cam.sdam`.
    let magnitudes (gradients: ChannelGradients) = gradients.Magnitudes
