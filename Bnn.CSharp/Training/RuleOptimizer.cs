using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Carries out a rule on all parameters of a network: one pass over weights, gradients and slots a group, after the
/// passes for what the rule reduces over many weights.</summary>
internal sealed class RuleOptimizer : IDisposable, IPassRunner
{
    private readonly int iterations;
    private readonly List<GroupState> groups = [];
    private readonly Part[] parts;
    private readonly Plan[] plans;
    private readonly ConditionalWeakTable<Pass, CompiledPass> compiled = [];
    private int time;

    /// <param name="rule">A rule that ends in a step.</param>
    /// <param name="iterations">Steps of the whole stage.</param>
    /// <param name="parameters">Changed in place by each step.</param>
    public RuleOptimizer(Rule rule, int iterations, IReadOnlyList<FlatGroup> parameters)
    {
        this.iterations = iterations;
        var parts = new List<Part>();
        foreach (var group in parameters)
        {
            var state = new GroupState(rule, group);
            groups.Add(state);
            parts.AddRange(state.Parts());
        }

        this.parts = [.. parts];
        plans = Array.ConvertAll(this.parts, part => part.Group.Plan);
    }

    /// <summary>One step; gives the number of binary weights whose sign changed.</summary>
    public long Step()
    {
        time++;
        var results = PlanModule.run(plans, this);
        var flips = 0.0;
        for (var part = 0; part < parts.Length; part++)
        {
            var group = parts[part].Group;
            group.Keep(results[part].Numbers);
            flips += group.Group == ParameterGroup.BinaryWeights ? results[part].Reductions.Sum() : 0;
        }

        return (long)flips;
    }

    /// <summary>How many steps are done.</summary>
    public int Steps => time;

    /// <summary>Steps of the whole stage.</summary>
    public int Iterations => iterations;

    /// <summary>The memory of all slots that have a number for each weight, by group and name.</summary>
    public IReadOnlyDictionary<string, Tensor> Slots =>
        groups.SelectMany(group => group.Slots).ToDictionary(slot => slot.Name, slot => slot.Value);

    /// <summary>The slots that have one number for all weights, by group and name.</summary>
    public IReadOnlyDictionary<string, double> Numbers =>
        groups.SelectMany(group => group.Numbers).ToDictionary(number => number.Name, number => number.Value);

    /// <summary>Goes on as if so many steps were done; the slots that have a number for each weight are the caller's.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="numbers">The other slots, of <see cref="Numbers"/>; null: as they are.</param>
    public void ResumeAt(int steps, IReadOnlyDictionary<string, double>? numbers = null)
    {
        time = steps;
        foreach (var group in numbers is null ? [] : groups)
        {
            group.Keep(group.Numbers.Select(number => KeyValuePair.Create(number.Slot, numbers![number.Name])).ToList());
        }
    }

    /// <summary>A view of a parameter's numbers in a slot, for instance Adam's m.</summary>
    /// <exception cref="ArgumentException">There is no such parameter, or its rule has no such slot for each weight.</exception>
    public Tensor Slot(NetworkTensor parameter, string slot)
    {
        foreach (var group in groups)
        {
            if (group.View(parameter, slot) is { } view)
            {
                return view;
            }
        }

        throw new ArgumentException($"there is no slot {slot} of {parameter.Name}", nameof(slot));
    }

    public void Dispose() => groups.ForEach(group => group.Dispose());

    double IPassRunner.Once(int part, string name) =>
        parts[part].Group.Number(name) ?? Optimizer.once(iterations, time, name);

    Shape IPassRunner.Shape(int part) => parts[part].Layout.Shape;

    double[] IPassRunner.Run(int part, Pass pass, Func<string, double> once, Func<string, double[]> row)
    {
        var (_, layout, arrays) = parts[part];
        var weights = arrays["w"];
        return compiled.GetValue(pass, unseen => new CompiledPass(unseen)).Run(
            layout, weights, name => arrays[name],
            name => tensor(row(name), weights.dtype, weights.device), once);
    }

    /// <summary>The rule for one group: its plan, and the slots' memory.</summary>
    private sealed class GroupState : IDisposable
    {
        private readonly FlatGroup parameters;
        private readonly Dictionary<string, Tensor> arrays;
        private readonly Dictionary<string, double> numbers;
        private readonly List<Tensor> views = [];

        public GroupState(Rule rule, FlatGroup parameters)
        {
            this.parameters = parameters;
            var group = parameters.Group;
            Plan = Optimizer.plan(group, rule);
            numbers = Optimizer.startNumbers(group, rule).ToDictionary(number => number.Item1, number => number.Item2);
            arrays = new() { ["w"] = parameters.Weights, ["g"] = parameters.Gradients };
            var start = Optimizer.startPass(group, rule);
            foreach (var slot in start.Stores.Select(k => start.Arrays[k]))
            {
                arrays[slot] = zeros_like(parameters.Weights).DetachFromDisposeScope();
            }

            if (start.Stores.Length > 0)
            {
                new CompiledPass(start).Run(
                    ChannelLayout.Flat(parameters.Weights), parameters.Weights, name => arrays[name],
                    CompiledPass.Nothing<Tensor>, CompiledPass.Nothing<double>);
            }
        }

        public ParameterGroup Group => parameters.Group;

        public Plan Plan { get; }

        public IEnumerable<(string Name, Tensor Value)> Slots =>
            arrays.Where(array => array.Key is not ("w" or "g")).Select(array => ($"{parameters.Group}/{array.Key}", array.Value));

        public IEnumerable<(string Name, string Slot, double Value)> Numbers =>
            numbers.Select(number => ($"{parameters.Group}/{number.Key}", number.Key, number.Value));

        public double? Number(string name) => numbers.TryGetValue(name, out var value) ? value : null;

        public Tensor? View(NetworkTensor parameter, string slot)
        {
            var place = parameters.Names.ToList().IndexOf(parameter.Name);
            return place >= 0 && arrays.TryGetValue(slot, out var array)
                ? array.narrow(0, parameters.Tensors[place].Offset, parameter.Count).view(parameter.Shape)
                : null;
        }

        public void Keep(IEnumerable<KeyValuePair<string, double>> after)
        {
            foreach (var (name, value) in after)
            {
                numbers[name] = value;
            }
        }

        /// <summary>The group's memory as the plan needs it: whole, or tensor by tensor where something is reduced over channels.</summary>
        public IEnumerable<Part> Parts()
        {
            if (!PlanModule.readsChannels(Plan))
            {
                yield return new Part(this, ChannelLayout.Flat(parameters.Weights), arrays);
                yield break;
            }

            foreach (var (offset, rows, length) in parameters.Tensors)
            {
                var own = arrays.ToDictionary(
                    array => array.Key, array => array.Value.narrow(0, offset, rows * length).DetachFromDisposeScope());
                views.AddRange(own.Values);
                yield return new Part(this, new ChannelLayout(rows, length, rows), own);
            }
        }

        public void Dispose()
        {
            foreach (var view in views)
            {
                view.Dispose();
            }

            foreach (var (name, array) in arrays)
            {
                if (name is not ("w" or "g"))
                {
                    array.Dispose();
                }
            }
        }
    }

    /// <summary>Memory that a pass runs over in one go.</summary>
    private sealed record Part(GroupState Group, ChannelLayout Layout, Dictionary<string, Tensor> Arrays);
}
