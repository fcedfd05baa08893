using static TorchSharp.torch;

namespace Bnn;

/// <summary>How good outputs are: how many classes are right, or the PSNR where targets are pictures or other numbers.</summary>
/// <param name="Correct">How many examples are classified correctly.</param>
/// <param name="Psnr">The sum of the examples' PSNR, in dB.</param>
internal readonly record struct Measure(long Correct, double Psnr)
{
    // a share of the squared range; an output that is its target to the bit has 100 dB, so that means stay finite
    private const double LeastError = 1e-10;

    /// <summary>Of a batch. PSNR = 10 log10(range^2 / mean squared error), of each example.</summary>
    /// <param name="outputs">The network's outputs.</param>
    /// <param name="target">The classes, or what outputs should be.</param>
    /// <param name="range">The largest difference of a target's numbers.</param>
    public static Measure Of(Tensor outputs, Tensor target, double range)
    {
        if (target.dtype == ScalarType.Int64)
        {
            return new(outputs.argmax(1).eq(target).sum().item<long>(), 0);
        }

        var error = outputs.sub(target).to(ScalarType.Float64).Squared().flatten(1).mean([1]).Over(range * range);
        return new(0, -10 * error.AtLeast(LeastError).log10().sum().item<double>());
    }

    public static Measure operator +(Measure a, Measure b) => new(a.Correct + b.Correct, a.Psnr + b.Psnr);
}
