using static TorchSharp.torch;

namespace Bnn;

/// <summary>Carries out a rule on all parameters of a network, group by group in their flat memory.</summary>
internal sealed class RuleOptimizer : IDisposable
{
    private readonly RuleRunner runner;
    private readonly IReadOnlyList<FlatGroup> flat;
    private readonly List<RulePart> parts = [];
    private readonly List<Tensor> views = [];

    /// <param name="rule">A rule that ends in a step.</param>
    /// <param name="iterations">Steps of the whole stage.</param>
    /// <param name="parameters">Changed in place by each step.</param>
    public RuleOptimizer(Rule rule, int iterations, IReadOnlyList<FlatGroup> parameters)
    {
        flat = parameters;
        Averages = Optimizer.averages(rule);
        runner = new(iterations, [.. parameters.Select(group => new GroupState(
            rule, group.Group, group.Weights.numel(), group.Weights.dtype, group.Weights.device))]);
        foreach (var (group, state) in parameters.Zip(runner.Groups))
        {
            parts.AddRange(Parts(group, state));
        }

        runner.Start(parts);
    }

    /// <summary>One step.</summary>
    public StepCount Step() => runner.Step(parts);

    /// <summary>Whether the trained network has an average of the weights.</summary>
    public bool Averages { get; }

    /// <summary>Gives a network with the same parameters what the trained network has in place of the weights.</summary>
    public void GiveAverage(IReadOnlyList<FlatGroup> network)
    {
        using var noGradients = no_grad();
        var copies = new List<RulePart>();
        var kept = views.Count;
        foreach (var (own, other, state) in flat.Zip(network, runner.Groups))
        {
            other.Weights.copy_(own.Weights);
            copies.Add(Part(other, state, 0, ChannelLayout.Flat(other.Weights)));
        }

        runner.Average(copies);
        views[kept..].ForEach(view => view.Dispose());
        views.RemoveRange(kept, views.Count - kept);
    }

    /// <summary>How many steps are done.</summary>
    public int Steps => runner.Steps;

    /// <summary>Steps of the whole stage.</summary>
    public int Iterations => runner.Iterations;

    /// <summary>The memory of all slots that have a number for each weight, by group and name.</summary>
    public IReadOnlyDictionary<string, Tensor> Slots => ByGroupAndName(group => group.Slots);

    /// <summary>The slots that have one number for all weights, by group and name.</summary>
    public IReadOnlyDictionary<string, double> Numbers => ByGroupAndName(group => group.Numbers);

    /// <summary>Goes on as if so many steps were done; the slots that have a number for each weight are the caller's.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="numbers">The other slots, of <see cref="Numbers"/>; null: as they are.</param>
    public void ResumeAt(int steps, IReadOnlyDictionary<string, double>? numbers = null)
    {
        runner.Steps = steps;
        foreach (var group in numbers is null ? [] : runner.Groups)
        {
            group.Keep([.. group.Numbers.Keys.Select(slot => KeyValuePair.Create(slot, numbers![Name(group, slot)]))]);
        }
    }

    /// <summary>A view of a parameter's numbers in a slot, for instance Adam's m.</summary>
    /// <exception cref="ArgumentException">There is no such parameter, or its rule has no such slot for each weight.</exception>
    public Tensor Slot(NetworkTensor parameter, string slot)
    {
        foreach (var (group, state) in flat.Zip(runner.Groups))
        {
            var place = group.Names.ToList().IndexOf(parameter.Name);
            if (place >= 0 && state.Slots.TryGetValue(slot, out var numbers))
            {
                return numbers.narrow(0, group.Tensors[place].Offset, parameter.Count).view(parameter.Shape);
            }
        }

        throw new ArgumentException($"there is no slot {slot} of {parameter.Name}", nameof(slot));
    }

    /// <summary>What of the parameters or their slots is not finite, in words such as "weight features.0.weight is NaN"; null where all is.</summary>
    public string? FirstLost()
    {
        foreach (var (group, state) in flat.Zip(runner.Groups))
        {
            foreach (var (name, numbers) in state.Slots.Prepend(new("w", group.Weights)))
            {
                for (var k = 0; k < group.Tensors.Count; k++)
                {
                    var (offset, rows, length) = group.Tensors[k];
                    using var own = numbers.narrow(0, offset, rows * length);
                    if (Finite.Fault(own) is { } fault)
                    {
                        return name == "w" ? $"{group.Names[k]} is {fault}" : $"the rule's {name} of {group.Names[k]} is {fault}";
                    }
                }
            }
        }

        return Numbers.Where(number => !double.IsFinite(number.Value))
            .Select(number => FormattableString.Invariant($"the rule's {number.Key} is {number.Value}")).FirstOrDefault();
    }

    public void Dispose()
    {
        views.ForEach(view => view.Dispose());
        runner.Dispose();
    }

    /// <summary>A group's memory as its plan needs it: whole, or tensor by tensor where something is reduced over channels.</summary>
    private IEnumerable<RulePart> Parts(FlatGroup group, GroupState state) =>
        PlanModule.readsChannels(state.Plan)
            ? group.Tensors.Select(tensor => Part(group, state, tensor.Offset, new(tensor.Rows, tensor.Length, tensor.Rows)))
            : [Part(group, state, 0, ChannelLayout.Flat(group.Weights))];

    private RulePart Part(FlatGroup group, GroupState state, long offset, ChannelLayout layout)
    {
        Tensor View(Tensor whole)
        {
            views.Add(whole.narrow(0, offset, layout.Count).DetachFromDisposeScope());
            return views[^1];
        }

        var (weights, gradients) = (View(group.Weights), View(group.Gradients));
        if (group.Weights.device_type == TorchSharp.DeviceType.CPU)
        {
            var part = new MemoryPart(state, layout.Channels);
            part.Add(Memory.Of(weights), Memory.Of(gradients), offset, layout.Count);
            return part;
        }

        var slots = state.Slots.ToDictionary(slot => slot.Key, slot => View(slot.Value));
        return new TensorPart(state, layout, name => name switch { "w" => weights, "g" => gradients, _ => slots[name] });
    }

    private Dictionary<string, T> ByGroupAndName<T>(Func<GroupState, IReadOnlyDictionary<string, T>> kept) =>
        runner.Groups.SelectMany(group => kept(group).Select(slot => KeyValuePair.Create(Name(group, slot.Key), slot.Value))).ToDictionary();

    private static string Name(GroupState group, string slot) => $"{group.Group}/{slot}";
}
