// Written by build/Generate from the catalogue of Bnn.Core: dotnet run -c Release --project build/Generate
namespace Bnn;

/// <summary>Binarizers. Widths and the like are schedules.</summary>
public static class Binarizers
{
    /// <summary>Sign, +1 at 0; derivative beta (2 - beta x tanh(beta x / 2)) / (1 + cosh(beta x)) (Darabi et al., 2018, arXiv 1812.11800).</summary>
    /// <param name="beta">How narrow the derivative is, above 0; default 5.</param>
    public static Binarizer SwishSign(Expr? beta = null) => BinarizerModule.swishSign(beta ?? Schedules.Parse("5"));

    /// <summary>Sign, +1 at 0; derivative (1 - tanh^2(x / width)) / width (Cao et al., ICCV 2017).</summary>
    /// <param name="width">How wide the derivative is, above 0; default 1.</param>
    public static Binarizer TanhSign(Expr? width = null) => BinarizerModule.tanhSign(width ?? Schedules.Parse("1"));

    /// <summary>Sign, +1 at 0; IR-Net's error decay estimator: derivative k s (1 - tanh^2(s x)), s the sharpness, k = max(1 / s, 1) (Qin et al., CVPR 2020, section 3.3).</summary>
    /// <param name="sharpness">How narrow the derivative is, usually from 0.1 to 10 over the stage, above 0; default 0.1 * 100^((t - 1) / T).</param>
    public static Binarizer Ede(Expr? sharpness = null) => BinarizerModule.ede(sharpness ?? Schedules.Parse("0.1 * 100^((t - 1) / T)"));

    /// <summary>From clip to nearly sign over the stage; derivative 1 everywhere (bitorch's ProgressiveSign).</summary>
    /// <param name="alpha">The base, usually 2 to 10, above 0; default 4.</param>
    /// <param name="beta">How fast, usually 2 to 10, at least 0; default 10.</param>
    /// <param name="progress">Usually the share of the stage that is done, in [0, 1]; default (t - 1) / T.</param>
    public static Binarizer ProgressiveSign(double alpha = 4, double beta = 10, Expr? progress = null) => BinarizerModule.progressiveSign(alpha, beta, progress ?? Schedules.Parse("(t - 1) / T"));

    /// <summary>DoReFa's activations: 2^bits values from 0 to 1; derivative 1 on [0, 1], else 0 (Zhou et al., 2016, arXiv 1606.06160, equation 5).</summary>
    /// <param name="bits">How many, 1 to 16; default 2.</param>
    public static Binarizer DoReFaInput(int bits = 2) => BinarizerModule.doReFaInput(bits);

    /// <summary>DoReFa's weights: 2^bits values from -1 to +1; derivative (1 - tanh^2 x) / max |tanh x| (Zhou et al., 2016, arXiv 1606.06160, equation 9).</summary>
    /// <param name="bits">How many, 1 to 16; default 2.</param>
    public static Binarizer DoReFaWeight(int bits = 2) => BinarizerModule.doReFaWeight(bits);

    /// <summary>The numbers as they are (no binarizer).</summary>
    public static Binarizer None => BinarizerModule.none;

    /// <summary>Sign, +1 at 0; derivative 1 everywhere (Bengio et al., 2013, arXiv 1308.3432).</summary>
    public static Binarizer Identity => BinarizerModule.identity;

    /// <summary>Sign, +1 at 0; derivative 1 for |x| at most 1, else 0 (Liu et al., ICML 2021, equation 2).</summary>
    public static Binarizer Clip => BinarizerModule.clip;

    /// <summary>Sign, -1 at 0, for comparisons with its reference alone; derivative as clip (bitorch's SteHeaviside).</summary>
    public static Binarizer NegativeAtZero => BinarizerModule.negativeAtZero;

    /// <summary>Sign, +1 at 0; derivative max(0, 2 - 2|x|) (Liu et al., ECCV 2018, equation 5).</summary>
    public static Binarizer ApproxSign => BinarizerModule.approxSign;

    /// <summary>+1 with probability clip(0, (x + 1) / 2, 1), else -1; derivative as clip (Courbariaux et al., 2016, arXiv 1602.02830, equations 2 to 4).</summary>
    public static Binarizer StochasticSign => BinarizerModule.stochasticSign;

    /// <summary>0 and 1 in place of -1 and +1; half of clip's derivative (0 and 1 in place of -1 and +1).</summary>
    public static Binarizer HeavisideClip => BinarizerModule.heavisideClip;

    /// <summary>-1, 0 and +1: 0 where |x| is at most 0.7 mean |x| of its channel; derivative 1 (Li et al., 2016, arXiv 1605.04711).</summary>
    public static Binarizer TernaryByChannel => BinarizerModule.ternaryByChannel;
}

/// <summary>Binarizers of weights with their scales.</summary>
public static class WeightBinarizers
{
    /// <summary>Mean |w| sign(w), the scale not in the derivative (the code of Liu et al., ICML 2021).</summary>
    public static Binarizer ValueOnly => WeightBinarizer.valueOnly;

    /// <summary>Mean |w| sign(w); derivative mean |w| for |w| at most 1 (Liu et al., ECCV 2018, section 3.3).</summary>
    public static Binarizer MagnitudeAware => WeightBinarizer.magnitudeAware;

    /// <summary>Mean |w| sign(w) with its whole derivative (the product rule).</summary>
    public static Binarizer Attached => WeightBinarizer.attached;

    /// <summary>Mean |w| sign(w); derivative 1 / n + mean |w| clip' (Rastegari et al., ECCV 2016, section 3.1).</summary>
    public static Binarizer XnorNet => WeightBinarizer.xnorNet;

    /// <summary>A scale that is learned for each channel (Bulat and Tzimiropoulos, BMVC 2019).</summary>
    public static Binarizer Learned => WeightBinarizer.learned;

    /// <summary>Sign of the standardized weights (Qin et al., CVPR 2020, section 3.2).</summary>
    public static Binarizer Standardized => WeightBinarizer.standardized;

    /// <summary>IR-Net's: standardized, scaled by a power of two, with its error decay estimator (Qin et al., CVPR 2020, sections 3.2 and 3.3).</summary>
    public static Binarizer IrNet => WeightBinarizer.irNet;

    /// <summary>-1, 0 and +1 times the mean magnitude of those that are not 0 (Li et al., 2016, arXiv 1605.04711).</summary>
    public static Binarizer Ternary => WeightBinarizer.ternary;
}
