using Bnn.Core;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Carries out a rule on the parameters of one group: one pass over weights, gradients and slots a step.</summary>
internal sealed class RuleOptimizer : IDisposable
{
    private readonly Rule rule;
    private readonly int iterations;
    private readonly CompiledPass step;
    private readonly Dictionary<string, Tensor> arrays;
    private int time;

    /// <param name="rule">A rule that ends in a step.</param>
    /// <param name="iterations">Steps of the whole stage.</param>
    /// <param name="weights">Flat; changed in place by each step.</param>
    /// <param name="gradients">Flat, as long.</param>
    public RuleOptimizer(Rule rule, int iterations, Tensor weights, Tensor gradients)
    {
        this.rule = rule;
        this.iterations = iterations;
        step = new CompiledPass(Optimizer.pass(rule));
        arrays = new() { ["w"] = weights, ["g"] = gradients };
        foreach (var slot in rule.Slots)
        {
            arrays[slot.Name] = zeros_like(weights).DetachFromDisposeScope();
        }

        if (!rule.Slots.IsEmpty)
        {
            new CompiledPass(Optimizer.startPass(Group.BinaryWeights, rule)).Run(ChannelLayout.Flat(weights), Array, NoRow, Once);
        }
    }

    /// <summary>One step; gives the number of weights whose sign changed.</summary>
    public long Step()
    {
        time++;
        return (long)step.Run(ChannelLayout.Flat(arrays["w"]), Array, NoRow, Once)[0];
    }

    public void Dispose()
    {
        foreach (var slot in rule.Slots)
        {
            arrays[slot.Name].Dispose();
        }
    }

    private static Tensor NoRow(string name) =>
        throw new InvalidOperationException($"the rule reads {name} once a row, which weights do not have");

    private Tensor Array(string name) => arrays[name];

    private double Once(string name) => Optimizer.once(iterations, time, name);
}
