using System.Diagnostics.Contracts;
using Bnn.Core;
using Microsoft.FSharp.Core;

namespace Bnn;

/// <summary>
/// An update rule as a value: what it makes of a gradient and of a weight. Rules are chained; a whole one ends in a step:
/// <code>Rules.AddDecayedWeights(5e-6).Then(Rules.Adam(beta2: 0.99)).Then(Rules.Descend(Schedules.Linear(1.25e-3)))</code>
/// </summary>
public sealed class Rule : IEquatable<Rule>
{
    internal Rule(Core.Rule formulas) => Formulas = formulas;

    /// <summary>The names of what it keeps from step to step.</summary>
    public IReadOnlyList<string> Slots => [.. Formulas.Slots.Select(slot => slot.Name)];

    internal Core.Rule Formulas { get; }

    /// <summary>First this rule, then the other, which sees the gradient and the weight that this one leaves.</summary>
    [Pure]
    public Rule Then(Rule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new(RuleModule.chain(Formulas, next.Formulas));
    }

    /// <summary>First the other rule, then this one.</summary>
    [Pure]
    public Rule After(Rule first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return first.Then(this);
    }

    /// <summary>This rule for weights of these groups; other weights stay as they are.</summary>
    [Pure]
    public Rule On(params ParameterGroup[] groups) =>
        new(RuleModule.only(GroupModule.isOneOf(ParameterGroups.CoreList(groups)), Formulas));

    /// <summary>What the rule is for the weights of one group: what depends on the group is decided.</summary>
    [Pure]
    public Rule For(ParameterGroup group) => new(RuleModule.specialize(group.Core(), Formulas));

    /// <summary>All that is wrong with it as a whole update: for instance, that it never changes a weight.</summary>
    [Pure]
    public IReadOnlyList<Fault> Validate() => [.. RuleModule.validate(Formulas).Select(Fault.Of)];

    /// <summary>The rule and weights before the first step, to follow it step by step in float64.</summary>
    /// <param name="weights">One output channel of binary weights.</param>
    /// <param name="iterations">Steps of the stage; 0 where not known.</param>
    [Pure]
    public RuleState Start(IEnumerable<double> weights, int iterations = 0)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(iterations);
        double[] first = [.. weights];
        return new(Optimizer.step(Formulas), Optimizer.startFor(iterations, Formulas, first), first, Slots);
    }

    /// <summary>The assignments of one step as text: m' is m after the step.</summary>
    public override string ToString() => Print.text(Formulas);

    /// <summary>The assignments of one step as LaTeX, in the papers' notation.</summary>
    [Pure]
    public string ToLatex() => Latex.rule(Formulas);

    /// <summary>Whether the formulas are the same.</summary>
    public bool Equals(Rule? other) => other is not null && Formulas.Equals(other.Formulas);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Rule);

    /// <inheritdoc/>
    public override int GetHashCode() => Formulas.GetHashCode();
}

/// <summary>Weights and slots between two steps of a rule. Immutable: a step gives the next state.</summary>
public sealed class RuleState
{
    private readonly FSharpFunc<OptimizerState, FSharpFunc<double[], FSharpFunc<double[], ValueTuple<OptimizerState, double[]>>>> step;
    private readonly OptimizerState state;
    private readonly double[] weights;
    private readonly IReadOnlyList<string> slots;

    internal RuleState(
        FSharpFunc<OptimizerState, FSharpFunc<double[], FSharpFunc<double[], ValueTuple<OptimizerState, double[]>>>> step,
        OptimizerState state, double[] weights, IReadOnlyList<string> slots) =>
        (this.step, this.state, this.weights, this.slots) = (step, state, weights, slots);

    /// <summary>Steps done.</summary>
    public int Time => state.Time;

    /// <summary>The weights.</summary>
    public IReadOnlyList<double> Weights => Array.AsReadOnly(weights);

    /// <summary>What the rule keeps under this name: a number a weight, or one for all.</summary>
    /// <exception cref="ArgumentException">The rule has no such slot.</exception>
    public IReadOnlyList<double> Slot(string name)
    {
        var index = slots.ToList().IndexOf(name);
        return index >= 0
            ? Array.AsReadOnly(state.Slots[index])
            : throw new ArgumentException($"the rule has no slot {name}; it has: {string.Join(", ", slots)}", nameof(name));
    }

    /// <summary>The state after a step on these gradients, one a weight.</summary>
    /// <exception cref="ArgumentException">Another number of gradients than of weights.</exception>
    [Pure]
    public RuleState Step(IEnumerable<double> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        double[] given = [.. gradients];
        if (given.Length != weights.Length)
        {
            throw new ArgumentException(
                $"{given.Length} gradients for {weights.Length} weights; give one a weight", nameof(gradients));
        }

        var (next, after) = step.Invoke(state).Invoke(given).Invoke(weights);
        return new(step, next, after, slots);
    }
}
