using Microsoft.FSharp.Collections;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Scales of binary weights, one an output channel.</summary>
internal static class ChannelScale
{
    private static readonly CompiledPass Magnitudes = new(
        PassModule.create(FSharpList<Tuple<string, Expr>>.Empty, ListModule.OfArray([Scale.meanMagnitude])));

    /// <summary>alpha = mean |w| of each output channel; a number, not part of torch's graph.</summary>
    public static Tensor MeanMagnitude(Tensor weight)
    {
        var layout = ChannelLayout.Weights(weight);
        var sums = Magnitudes.Run(
            layout, weight, _ => weight, CompiledPass.Nothing<Tensor>, CompiledPass.Nothing<double>);
        return tensor(Array.ConvertAll(sums, sum => sum / layout.Length), weight.dtype, weight.device);
    }
}
