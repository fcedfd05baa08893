using Bnn.Core;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>Update rules: an optimizer's transform of the gradient for each row of the catalogue, and what is chained before,
/// after and around them.</summary>
public static partial class Rules
{
    /// <summary>The rule that changes nothing.</summary>
    public static Rule Identity { get; } = new(RuleModule.identity);

    /// <summary>The step against the gradient: w' = w - rate g.</summary>
    public static Rule Descend(Schedule learningRate) => new(RuleModule.descend(Formula(learningRate)));

    /// <summary>g' = factor g.</summary>
    public static Rule Scale(Schedule factor) => new(RuleModule.scale(Formula(factor)));

    /// <summary>Coupled weight decay: g' = g + wd w. Negative values let weights grow.</summary>
    public static Rule AddDecayedWeights(Schedule weightDecay) => new(RuleModule.addDecayedWeights(Formula(weightDecay)));

    /// <summary>Decoupled weight decay: w' = (1 - rate wd) w, before the step that follows. In float32 it vanishes where
    /// rate wd is below 6e-8.</summary>
    public static Rule DecoupledDecay(Schedule learningRate, Schedule weightDecay) =>
        new(RuleModule.decoupledDecay(Formula(learningRate), Formula(weightDecay)));

    /// <summary>Each gradient within +-limit.</summary>
    /// <exception cref="ArgumentException">A limit that is not above 0.</exception>
    public static Rule ClipGradient(double limit) => new(Gradient.clip(limit));

    /// <summary>All gradients shrunk alike where their norm over all parameters exceeds the limit, as
    /// torch.nn.utils.clip_grad_norm_.</summary>
    /// <exception cref="ArgumentException">A limit that is not above 0.</exception>
    public static Rule ClipGlobalNorm(double limit) => new(Gradient.clipGlobalNorm(limit));

    /// <summary>All gradients shrunk alike where the largest magnitude exceeds the limit.</summary>
    /// <exception cref="ArgumentException">A limit that is not above 0.</exception>
    public static Rule ClipLargest(double limit) => new(Gradient.clipLargest(limit));

    /// <summary>Gradient centralization: less the mean of each output channel (Yong et al., ECCV 2020, equation 1).</summary>
    public static Rule CentralizeGradient() => new(Gradient.centralize);

    /// <summary>The whole rule once in so many iterations, on the mean of their gradients.</summary>
    /// <exception cref="ArgumentException">Fewer than 1.</exception>
    public static Rule Accumulate(int iterations, Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new(Gradient.accumulate(iterations, rule.Formulas));
    }

    /// <summary>Latent weights within +-limit, after the step.</summary>
    /// <exception cref="ArgumentException">A limit that is not above 0.</exception>
    public static Rule ClipWeights(double limit = 1) => new(Weights.clip(limit));

    /// <summary>An exponential moving average, which the weights become at the stage's last iteration; after the step.</summary>
    /// <exception cref="ArgumentException">A decay outside [0, 1).</exception>
    public static Rule AverageWeights(double decay = 0.999) => new(Weights.average(decay));

    /// <summary>Lookahead: every so many iterations the slow weights go the share alpha of the way to the fast ones (Zhang et
    /// al., NeurIPS 2019, algorithm 1); after the step.</summary>
    /// <exception cref="ArgumentException">Fewer than 1 iteration, or alpha outside (0, 1].</exception>
    public static Rule Lookahead(int every = 5, double alpha = 0.5) => new(Weights.lookahead(every, alpha));

    /// <summary>A rule for each of these groups, and one for all other weights. SGD on the binary weights, Adam on the rest:
    /// <code>Rules.Partition(adam, (sgd, [ParameterGroup.BinaryWeights]))</code></summary>
    public static Rule Partition(Rule rest, params (Rule Rule, ParameterGroup[] Groups)[] parts)
    {
        ArgumentNullException.ThrowIfNull(rest);
        return new(RuleModule.partition(
            ListModule.OfSeq(parts.Select(part => Tuple.Create(ParameterGroups.CoreList(part.Groups), part.Rule.Formulas))),
            rest.Formulas));
    }

    private static Expr Formula(Schedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return schedule.Formula;
    }

    private static Rule Make(string name, params (string Name, double Value)[] options)
    {
        var made = OptimizerChoice.Make(OptimizerChoice.RowNamed(name), options);
        return made.IsOk
            ? new(made.ResultValue)
            : throw new ArgumentException($"{name}: {string.Join("; ", made.ErrorValue)}");
    }
}
