using static TorchSharp.torch;

namespace Bnn;

/// <summary>Weights of one group that a plan is carried out on in one go, with their gradients and slots.</summary>
internal abstract class RulePart(GroupState group)
{
    public GroupState Group => group;

    /// <summary>How the numbers belong to channels.</summary>
    public abstract Shape Shape { get; }

    /// <summary>Runs a pass over the part; stored arrays are overwritten in place.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="row">The numbers of an input that has one a channel, by its name.</param>
    /// <param name="once">What the pass reads once a step.</param>
    /// <returns>The reductions, channel by channel.</returns>
    public abstract double[] Run(CompiledPass pass, Func<string, double[]> row, Func<string, double> once);

    /// <summary>Gives numbers of channels, rounded once to the weights' type, to a run.</summary>
    protected double[] WithRows(Pass pass, Func<string, double[]> row, Device device, Func<Tensor[], double[]> run)
    {
        var rows = Array.ConvertAll(pass.Rows, name => tensor(row(name), group.Type, device));
        try
        {
            return run(rows);
        }
        finally
        {
            Array.ForEach(rows, numbers => numbers.Dispose());
        }
    }
}

/// <summary>A part in torch tensors: weights, gradients and slots each in one, contiguous, of one shape and device.</summary>
internal sealed class TensorPart(GroupState group, ChannelLayout layout, Func<string, Tensor> array) : RulePart(group)
{
    public override Shape Shape => layout.Shape;

    public override double[] Run(CompiledPass pass, Func<string, double[]> row, Func<string, double> once)
    {
        var weights = array("w");
        return WithRows(pass.Pass, row, weights.device, rows => pass.OnTensors(
            layout, weights, Array.ConvertAll(pass.Pass.Arrays, name => array(name)), rows, once));
    }
}

/// <summary>A part in memory of the CPU: the weights of one tensor or of many, one after another, and their gradients; the slots lie in the
/// group's memory.</summary>
/// <param name="group">What it is of.</param>
/// <param name="channels">How many channels: the first dimension of the one tensor, or 1.</param>
internal sealed class MemoryPart(GroupState group, int channels) : RulePart(group)
{
    private readonly Dictionary<string, nint> slots = group.Slots.ToDictionary(slot => slot.Key, slot => Memory.Of(slot.Value));
    private readonly List<(nint Weights, nint Gradients, long Place)> pieces = [];
    private readonly List<long> starts = [0];

    public override Shape Shape => new(channels, starts[^1] / channels, channels);

    /// <summary>Leaves all weights out.</summary>
    public void Clear()
    {
        pieces.Clear();
        starts.RemoveRange(1, starts.Count - 1);
    }

    /// <summary>Adds a tensor's numbers, which the caller keeps alive.</summary>
    /// <param name="weights">The address of the first weight.</param>
    /// <param name="gradients">That of the first gradient; 0 where no pass is run that reads it.</param>
    /// <param name="place">Where the weights' numbers begin in the slots.</param>
    /// <param name="count">How many weights.</param>
    public void Add(nint weights, nint gradients, long place, long count)
    {
        pieces.Add((weights, gradients, place));
        starts.Add(starts[^1] + count);
    }

    public override double[] Run(CompiledPass pass, Func<string, double[]> row, Func<string, double> once)
    {
        var names = pass.Pass.Arrays;
        var size = Group.Type == ScalarType.Float64 ? sizeof(double) : sizeof(float);
        var at = new nint[pieces.Count * names.Length];
        for (var k = 0; k < names.Length; k++)
        {
            var slot = slots.GetValueOrDefault(names[k]);
            for (var piece = 0; piece < pieces.Count; piece++)
            {
                var (weights, gradients, place) = pieces[piece];
                at[(piece * names.Length) + k] = names[k] switch { "w" => weights, "g" => gradients, _ => slot + (nint)(place * size) };
            }
        }

        return WithRows(pass.Pass, row, CPU, rows => pass.OnMemory(Shape, new Pieces([.. starts], at), rows, once, Group.Type));
    }
}
