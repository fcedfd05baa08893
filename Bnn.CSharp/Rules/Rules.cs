using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>Update rules: an optimizer's transform of the gradient for each row of the catalogue, and what is chained before,
/// after and around them. A number out of range is a <see cref="BnnConfigurationException"/>.</summary>
public static partial class Rules
{
    /// <summary>The rule that changes nothing.</summary>
    public static Rule Identity => RuleModule.identity;

    /// <summary>The step against the gradient: w' = w - rate g.</summary>
    public static Rule Descend(Expr learningRate) => RuleModule.descend(Given(learningRate));

    /// <summary>g' = factor g.</summary>
    public static Rule Scale(Expr factor) => RuleModule.scale(Given(factor));

    /// <summary>Coupled weight decay: g' = g + wd w. Negative values let weights grow.</summary>
    public static Rule AddDecayedWeights(Expr weightDecay) => RuleModule.addDecayedWeights(Given(weightDecay));

    /// <summary>Decoupled weight decay: w' = (1 - rate wd) w, before the step that follows. In float32 it vanishes where
    /// rate wd is below 6e-8.</summary>
    public static Rule DecoupledDecay(Expr learningRate, Expr weightDecay) =>
        RuleModule.decoupledDecay(Given(learningRate), Given(weightDecay));

    /// <summary>Each gradient within +-limit, which is above 0.</summary>
    public static Rule ClipGradient(double limit) => Gradient.clip(limit);

    /// <summary>All gradients shrunk alike where their norm over all parameters exceeds the limit, which is above 0, as
    /// torch.nn.utils.clip_grad_norm_.</summary>
    public static Rule ClipGlobalNorm(double limit) => Gradient.clipGlobalNorm(limit);

    /// <summary>All gradients shrunk alike where the largest magnitude exceeds the limit, which is above 0.</summary>
    public static Rule ClipLargest(double limit) => Gradient.clipLargest(limit);

    /// <summary>Gradient centralization: less the mean of each output channel (Yong et al., ECCV 2020, equation 1).</summary>
    public static Rule CentralizeGradient() => Gradient.centralize;

    /// <summary>The whole rule once in so many iterations, at least 1, on the mean of their gradients.</summary>
    public static Rule Accumulate(int iterations, Rule rule) => Gradient.accumulate(iterations, Given(rule));

    /// <summary>Latent weights within +-limit, which is above 0, after the step.</summary>
    public static Rule ClipWeights(double limit = 1) => Weights.clip(limit);

    /// <summary>Averages the weights, last in the rule: the trained network has their exponential moving average without the bias of its start, a_t / (1 - decay^t) with
    /// a_t = decay a_(t-1) + (1 - decay) w_t and a_0 = 0, where w_t are the weights after the stage's step t and decay is in [0, 1). The weights that are trained go on as without it.
    /// What the trainer measures after an epoch, its best checkpoint and the network that a stage leaves are the average, with batch norm's statistics computed for it; FF, C2I and
    /// diagnostics are of the weights that are trained. In a loop of one's own <see cref="BnnOptimizer.UseAverage"/> gives it. (Tarvainen and Valpola, NeurIPS 2017; the correction is Adam's.)</summary>
    public static Rule AverageWeights(double decay = 0.999) => Weights.average(decay);

    /// <summary>Lookahead: every so many iterations, at least 1, the slow weights go the share alpha, in (0, 1], of the way to the fast ones
    /// (Zhang et al., NeurIPS 2019, algorithm 1); after the step.</summary>
    public static Rule Lookahead(int every = 5, double alpha = 0.5) => Weights.lookahead(every, alpha);

    /// <summary>A rule for each of these groups, and one for all other weights. SGD on the binary weights, Adam on the rest:
    /// <code>Rules.Partition(adam, (sgd, [ParameterGroup.BinaryWeights]))</code></summary>
    public static Rule Partition(Rule rest, params (Rule Rule, ParameterGroup[] Groups)[] parts) =>
        RuleModule.partition(
            ListModule.OfSeq(parts.Select(part => Tuple.Create(ListModule.OfSeq(part.Groups), Given(part.Rule)))), Given(rest));

    /// <summary>The rule that <see cref="RuleMembers.ToJson"/> has written.</summary>
    /// <exception cref="BnnConfigurationException">It is no rule; lists every fault.</exception>
    public static Rule FromJson(string json) => FaultModule.orRaise(ValueJson.toRule(Given(json)));

    private static T Given<T>(T value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }

    /// <summary>A row's transform with these options.</summary>
    private static Rule Made<TOptions>(OptimizerRow row, TOptions options)
    {
        var made = row.Make.Invoke(Options.values(options));
        return made.IsOk ? made.ResultValue : throw new BnnConfigurationException([.. FaultModule.ofPart(row.Name, made.ErrorValue)]);
    }
}
