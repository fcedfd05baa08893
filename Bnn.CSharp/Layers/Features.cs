using static TorchSharp.torch;

namespace Bnn;

/// <summary>Activations whose channels may lie in several tensors. Branches leave one each; they are joined only where a layer needs all of them, so
/// that groups and sums that divide the channels alike copy nothing.</summary>
internal readonly struct Features(params Tensor[] parts)
{
    /// <summary>The parts, in the order of the channels.</summary>
    public Tensor[] Parts => parts;

    /// <summary>All channels in one tensor.</summary>
    public Tensor Whole => parts is [var only] ? only : cat(parts, 1);

    public static implicit operator Features(Tensor whole) => new(whole);

    /// <summary>The sum of both.</summary>
    public static Features operator +(Features a, Features b) => AreAlike(a, b)
        ? new Features([.. a.Parts.Zip(b.Parts, (x, y) => x.Plus(y))])
        : a.Whole.Plus(b.Whole);

    /// <summary>The channels divided evenly.</summary>
    public Features Divided(int count)
    {
        var channels = parts[0].shape[1];
        return parts.Length == count && Array.TrueForAll(parts, part => part.shape[1] == channels)
            ? this
            : new(Whole.chunk(count, 1));
    }

    private static bool AreAlike(Features a, Features b) =>
        a.Parts.Length == b.Parts.Length && a.Parts.Zip(b.Parts).All(pair => pair.First.shape[1] == pair.Second.shape[1]);
}
