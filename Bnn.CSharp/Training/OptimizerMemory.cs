using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>The parameters of an optimizer with what its rule keeps of each: one state for each group, type and device, and the parts that the
/// rule's plans are carried out on.</summary>
internal sealed class OptimizerMemory
{
    private readonly List<GroupState> groups = [];
    private readonly List<ParameterPart> parts = [];
    private readonly List<(OptimizedParameter Parameter, GroupState State, long Place)> places = [];

    /// <param name="rule">The rule.</param>
    /// <param name="parameters">The parameters, in order of their groups.</param>
    /// <param name="inMemory">Whether parameters on the CPU are changed by compiled loops; else by torch's operations, as on other devices.</param>
    public OptimizerMemory(Rule rule, IReadOnlyList<OptimizedParameter> parameters, bool inMemory)
    {
        foreach (var alike in parameters.GroupBy(parameter => (parameter.Group, parameter.Type, Device: parameter.Device.ToString())))
        {
            var device = alike.First().Device;
            var state = new GroupState(rule, alike.Key.Group, alike.Sum(parameter => parameter.Count), alike.Key.Type, device);
            groups.Add(state);
            var members = new List<(OptimizedParameter Parameter, long Place)>();
            var end = 0L;
            foreach (var parameter in alike)
            {
                members.Add((parameter, end));
                end += parameter.Count;
            }

            places.AddRange(members.Select(member => (member.Parameter, state, member.Place)));
            members.RemoveAll(member => member.Parameter.Count == 0);
            var compiled = inMemory && device.type == DeviceType.CPU;
            var isWhole = !PlanModule.readsChannels(state.Plan);
            IEnumerable<IReadOnlyList<(OptimizedParameter, long)>> divided =
                members.Count == 0 ? [] : compiled && isWhole ? [members] : members.Select(member => new[] { member });
            parts.AddRange(divided.Select(part => new ParameterPart(state, part, isWhole, compiled)));
        }
    }

    /// <summary>What the rule keeps, by group, type and device.</summary>
    public IReadOnlyList<GroupState> Groups => groups;

    /// <summary>Each parameter, the state that its numbers are in, and where they begin there.</summary>
    public IReadOnlyList<(OptimizedParameter Parameter, GroupState State, long Place)> Places => places;

    /// <summary>Does something with all parameters, or with those that take part in a step; the parameters have its results then.</summary>
    public T With<T>(bool withGradients, Func<IReadOnlyList<RulePart>, T> act)
    {
        try
        {
            List<RulePart> found = [.. parts.Select(part => part.Find(withGradients)).OfType<RulePart>()];
            var result = act(found);
            parts.ForEach(part => part.Store());
            return result;
        }
        finally
        {
            parts.ForEach(part => part.Release());
        }
    }
}
