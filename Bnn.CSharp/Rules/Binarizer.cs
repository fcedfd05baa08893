using System.Diagnostics.Contracts;
using Bnn.Core;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>A function from real numbers to few values, with a surrogate in place of its derivative.</summary>
public sealed class Binarizer : IEquatable<Binarizer>
{
    internal Binarizer(Core.Binarizer core) => Core = core;

    /// <summary>What it is, in words.</summary>
    public string Name => Core.Name;

    /// <summary>The numbers that it learns for each channel, by name; usually none.</summary>
    public IReadOnlyList<string> Parameters => [.. Core.Parameters];

    internal Core.Binarizer Core { get; }

    /// <summary>The binarizer with a scale for each output channel: for weights.</summary>
    [Pure]
    public Binarizer WithScale(WeightScale scale)
    {
        var mean = Bnn.Core.Scale.mean(Over.Row);
        return new(scale switch
        {
            WeightScale.InValueOnly => Bnn.Core.Scale.valueOnly(mean, Core),
            WeightScale.Detached => Bnn.Core.Scale.detached(mean, Core),
            WeightScale.Attached => Bnn.Core.Scale.attached(mean, Core),
            WeightScale.XnorNet => Bnn.Core.Scale.xnorNet(Core),
            WeightScale.Learned => Bnn.Core.Scale.learned(Core),
            WeightScale.Standardized => Bnn.Core.Scale.standardized(Core),
            WeightScale.IrNet => Bnn.Core.Scale.irNet(Core),
            _ => throw new ArgumentOutOfRangeException(nameof(scale), scale, "a weight scale"),
        });
    }

    /// <summary>0 and 1 in place of -1 and +1.</summary>
    [Pure]
    public Binarizer AsHeaviside() => new(BinarizerModule.heaviside(Core));

    /// <summary>The same values with derivative 1 everywhere.</summary>
    [Pure]
    public Binarizer StraightThrough() => new(BinarizerModule.straightThrough(Core));

    /// <summary>What it makes of the numbers of one channel.</summary>
    /// <param name="x">At least one number.</param>
    /// <param name="at">The iteration, noise and learned numbers; null for the first iteration, noise 0.5 and 1.</param>
    [Pure]
    public IReadOnlyList<double> Values(IEnumerable<double> x, BinarizerSetting? at = null) =>
        new Evaluation(x, at).Run(LayerModule.forwardPlan(FSharpList<Expr>.Empty, LayerModule.ofBinarizer(Core)), "y");

    /// <summary>The gradients of a loss with respect to the numbers of one channel.</summary>
    /// <param name="x">At least one number.</param>
    /// <param name="upstream">The loss's gradients with respect to the values, one a number.</param>
    /// <param name="at">As for <see cref="Values"/>.</param>
    /// <exception cref="ArgumentException">Another number of gradients than of numbers.</exception>
    [Pure]
    public IReadOnlyList<double> Gradients(
        IEnumerable<double> x, IEnumerable<double> upstream, BinarizerSetting? at = null) =>
        new Evaluation(x, at, upstream).Run(LayerModule.backwardPlan(LayerModule.ofBinarizer(Core)), "dx");

    /// <summary>The value as a formula.</summary>
    public override string ToString() => $"{Name}: {Print.expr(Core.Formula)}";

    /// <summary>The value as LaTeX.</summary>
    [Pure]
    public string ToLatex() => Latex.expr(Core.Formula);

    /// <summary>Whether the formulas are the same.</summary>
    public bool Equals(Binarizer? other) => other is not null && Core.Equals(other.Core);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Binarizer);

    /// <inheritdoc/>
    public override int GetHashCode() => Core.GetHashCode();

    /// <summary>One channel's numbers on arrays, in float64.</summary>
    private sealed class Evaluation : IPassRunner
    {
        private readonly Dictionary<string, double[]> arrays = [];
        private readonly BinarizerSetting setting;
        private readonly int count;

        public Evaluation(IEnumerable<double> x, BinarizerSetting? setting, IEnumerable<double>? upstream = null)
        {
            ArgumentNullException.ThrowIfNull(x);
            this.setting = setting ?? new BinarizerSetting();
            double[] given = [.. x];
            double[] gradients = [.. upstream ?? new double[given.Length]];
            if (given.Length == 0 || gradients.Length != given.Length)
            {
                throw new ArgumentException(
                    $"{gradients.Length} gradients for {given.Length} numbers; give at least one number, and one gradient each",
                    nameof(upstream));
            }

            count = given.Length;
            (arrays["x"], arrays["dy"]) = (given, gradients);
            arrays["noise"] = Enumerable.Repeat(this.setting.Noise, count).ToArray();
        }

        public double[] Run(Plan plan, string result)
        {
            PlanModule.run([plan], this);
            return arrays[result];
        }

        double IPassRunner.Once(int part, string name) =>
            Bnn.Core.Schedule.once(setting.Iterations, setting.Iteration, name);

        double[] IPassRunner.Run(int part, Pass pass, Func<string, double> once, Func<string, double[]> row)
        {
            var (stored, folds) = PassModule.interpret(
                Algebra.float64, ShapeModule.flat(count), FSharpFunctions.Of(once),
                FSharpFunctions.Of<string, double[]>(name => name == "scale" ? [setting.LearnedScale] : row(name)),
                FSharpFunctions.Of<string, double[]>(name => arrays[name]), pass);
            foreach (var (name, numbers) in stored)
            {
                arrays[name] = numbers;
            }

            return folds;
        }
    }
}

/// <summary>Where a binarizer is evaluated.</summary>
/// <param name="Iteration">t, from 1.</param>
/// <param name="Iterations">T of the stage; 0 where not known.</param>
/// <param name="Noise">The uniform number in [0, 1) that stochastic binarizers compare with.</param>
/// <param name="LearnedScale">The channel's learned scale.</param>
public sealed record BinarizerSetting(int Iteration = 1, int Iterations = 0, double Noise = 0.5, double LearnedScale = 1);

/// <summary>How binary weights are scaled, for each output channel.</summary>
public enum WeightScale
{
    /// <summary>mean |w| in the value, not in the derivative: what the paper's code does.</summary>
    InValueOnly,

    /// <summary>mean |w| in the value and the derivative, as a number.</summary>
    Detached,

    /// <summary>mean |w| with its whole derivative.</summary>
    Attached,

    /// <summary>XNOR-Net's gradient: 1 / n + mean |w| b'.</summary>
    XnorNet,

    /// <summary>A number learned for each channel.</summary>
    Learned,

    /// <summary>The weights are standardized first: (w - mean) / deviation.</summary>
    Standardized,

    /// <summary>IR-Net's: standardized, and scaled by the power of two nearest to their mean magnitude.</summary>
    IrNet,
}

/// <summary>Binarizers. Widths and the like are schedules.</summary>
public static class Binarizers
{
    /// <summary>The numbers as they are.</summary>
    public static Binarizer None { get; } = new(BinarizerModule.none);

    /// <summary>sign, +1 at 0; derivative 1 everywhere (Bengio et al., 2013).</summary>
    public static Binarizer Identity { get; } = new(BinarizerModule.identity);

    /// <summary>sign; derivative 1 for |x| at most 1, else 0 (the paper's text, equation 2).</summary>
    public static Binarizer Clip { get; } = new(BinarizerModule.clip);

    /// <summary>sign; derivative max(0, 2 - 2|x|) (Bi-Real Net, Liu et al., ECCV 2018, equation 5).</summary>
    public static Binarizer ApproxSign { get; } = new(BinarizerModule.approxSign);

    /// <summary>+1 with probability clip(0, (x + 1) / 2, 1), else -1; derivative as <see cref="Clip"/>.</summary>
    public static Binarizer StochasticSign { get; } = new(BinarizerModule.stochasticSign);

    /// <summary>mean |w| sign(w) with derivative mean |w| for |w| at most 1 (Bi-Real Net, section 3.3).</summary>
    public static Binarizer MagnitudeAware { get; } = new(Bnn.Core.Scale.magnitudeAware);

    /// <summary>-1, 0 and +1: 0 where |w| is at most 0.7 mean |w| of its channel; derivative 1 (Li et al., 2016).</summary>
    public static Binarizer Ternary { get; } = new(BinarizerModule.ternary(Over.Row));

    /// <summary>sign; SwishSign's derivative (Darabi et al., 2018).</summary>
    public static Binarizer SwishSign(Schedule? beta = null) => new(BinarizerModule.swishSign((beta ?? 5).Formula));

    /// <summary>sign; the derivative of tanh(x / width).</summary>
    public static Binarizer TanhSign(Schedule? width = null) => new(BinarizerModule.tanhSign((width ?? 1).Formula));

    /// <summary>sign; IR-Net's error decay estimator (Qin et al., CVPR 2020, section 3.3), by default sharpened from 0.1 to 10
    /// over the stage.</summary>
    public static Binarizer Ede(Schedule? sharpness = null) =>
        new(BinarizerModule.ede(sharpness?.Formula ?? BinarizerModule.edeSharpness));

    /// <summary>From clip to nearly sign over the stage; derivative 1 everywhere (bitorch's ProgressiveSign).</summary>
    /// <param name="alpha">2 to 10.</param>
    /// <param name="beta">2 to 10.</param>
    /// <param name="progress">0 to 1; by default the share of the stage that is done.</param>
    public static Binarizer ProgressiveSign(double alpha = 4, double beta = 10, Schedule? progress = null) =>
        new(BinarizerModule.progressiveSign(alpha, beta, progress?.Formula ?? ExprModule.progress));

    /// <summary>DoReFa's activations: 2^bits values from 0 to 1 (Zhou et al., 2016, equation 5).</summary>
    /// <exception cref="ArgumentException">Bits outside 1 to 16.</exception>
    public static Binarizer DoReFaInput(int bits) => new(BinarizerModule.dorefaInput(bits));

    /// <summary>DoReFa's weights: 2^bits values from -1 to +1 (equation 9).</summary>
    /// <exception cref="ArgumentException">Bits outside 1 to 16.</exception>
    public static Binarizer DoReFaWeight(int bits) => new(BinarizerModule.dorefaWeight(bits));
}
