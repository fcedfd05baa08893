using static TorchSharp.torch;

namespace Bnn;

/// <summary>A rule for one group's weights of one type on one device: its plan, and what it keeps of them from step to step.</summary>
internal sealed class GroupState : IDisposable
{
    private readonly Dictionary<string, double> numbers;
    private readonly Dictionary<string, Tensor> slots;

    /// <param name="rule">The rule, for all groups.</param>
    /// <param name="group">The group.</param>
    /// <param name="count">How many weights.</param>
    /// <param name="type">Their type.</param>
    /// <param name="device">Where they are.</param>
    public GroupState(Rule rule, ParameterGroup group, long count, ScalarType type, Device device)
    {
        Group = group;
        Type = type;
        Plan = Optimizer.plan(group, rule);
        Start = Optimizer.startPass(group, rule);
        Average = Optimizer.averagePass(group, rule)?.Value;
        numbers = Optimizer.startNumbers(group, rule).ToDictionary(number => number.Item1, number => number.Item2);
        slots = Start.Stores.Select(k => Start.Arrays[k]).ToDictionary(
            slot => slot, _ => zeros(count, type, device).DetachFromDisposeScope());
    }

    public ParameterGroup Group { get; }

    /// <summary>The type of the weights.</summary>
    public ScalarType Type { get; }

    /// <summary>One step.</summary>
    public Plan Plan { get; }

    /// <summary>The pass that fills the slots from the first weights.</summary>
    public Pass Start { get; }

    /// <summary>The pass that makes weights what the trained network has; null where that is the weights themselves.</summary>
    public Pass? Average { get; }

    /// <summary>For each slot that has a number for each weight its memory, in which the weights' numbers lie one after another.</summary>
    public IReadOnlyDictionary<string, Tensor> Slots => slots;

    /// <summary>The slots that have one number for all weights.</summary>
    public IReadOnlyDictionary<string, double> Numbers => numbers;

    /// <summary>Takes numbers for slots that have one for all weights.</summary>
    public void Keep(IEnumerable<KeyValuePair<string, double>> after)
    {
        foreach (var (name, value) in after)
        {
            numbers[name] = value;
        }
    }

    public void Dispose()
    {
        foreach (var slot in slots.Values)
        {
            slot.Dispose();
        }
    }
}
