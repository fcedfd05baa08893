using static TorchSharp.torch;

namespace Bnn;

/// <summary>A step in which numbers were lost: what was first, where, and what helps. Only a step that has failed pays for the search.</summary>
/// <param name="plan">The run.</param>
/// <param name="stage">Its stage.</param>
/// <param name="moment">The step.</param>
/// <param name="place">Says where in the epoch it is, in words.</param>
internal sealed class LostStep(TrainingPlan plan, Stage stage, TrainingMoment moment, Func<string> place)
{
    /// <summary>The forward pass has lost them: the loss or an output is not finite.</summary>
    public NotFiniteException Before(TorchNetwork network, NetworkMode mode, Tensor x, Tensor outputs, double loss)
    {
        var what = double.IsFinite(loss) ? "an output became " + Finite.Fault(outputs) : FormattableString.Invariant($"the loss became {loss}");
        // a forward pass more, which changes batch norm's statistics: the run ends here
        var layer = network.FirstLostLayer(x, mode);
        return (layer, plan.Loss.Objective) switch
        {
            (null, OwnObjective own) => Error(what, $"the outputs are finite, so look at the objective {own.Name}"),
            (null, _) => Error(what, "the outputs are finite, but too far apart for the loss; " + Advice),
            _ => Error(what, $"{layer}, the first that does; " + Advice),
        };
    }

    /// <summary>The forward pass was good, and after the step a weight, a number of the rule's or a statistic is not finite.</summary>
    public NotFiniteException After(TorchNetwork network, RuleOptimizer optimizer)
    {
        var gradient = network.Store.Parameters
            .Select(parameter => Finite.Fault(parameter.Tensor.Value.grad!) is { } fault ? $"the gradient of {parameter.Tensor.Name} is {fault}" : null)
            .FirstOrDefault(fault => fault is not null);
        return (gradient, optimizer.FirstLost()) switch
        {
            ({ } first, _) => Error(first, Advice),
            (null, { } first) => Error(first + " after the step", SmallerSteps),
            _ => Error(network.FirstLost() ?? "a number was lost", Advice),
        };
    }

    /// <summary>What helps where the rule was given good numbers, or its earlier steps may have led here.</summary>
    private string SmallerSteps
    {
        get
        {
            var rate = plan.Optimizer.RateAt(stage, moment.Iteration, moment.Iterations);
            return double.IsNaN(rate) ? "let the rule take smaller steps" : FormattableString.Invariant($"lower the learning rate ({rate} here)");
        }
    }

    private string Advice => moment.Iteration == 1 && stage == plan.Recipe.Stages.First()
        ? "no step was done yet, so look at the numbers that the network is given, and at their normalization" : SmallerSteps;

    private NotFiniteException Error(string what, string advice) =>
        new($"{stage.Name}: {what} in step {moment.Iteration} of {moment.Iterations}, {place()}: {advice}");
}
