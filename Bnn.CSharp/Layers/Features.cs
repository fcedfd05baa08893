using static TorchSharp.torch;

namespace Bnn;

/// <summary>Activations whose channels may lie in several tensors. Branches leave one each; they are joined only where a layer needs all of them, so
/// that groups and sums that divide the channels alike copy nothing. They may know what they were before a clip.</summary>
internal readonly struct Features
{
    private readonly Func<Tensor>[]? unclipped;

    public Features(params Tensor[] parts)
        : this(parts, null)
    {
    }

    private Features(Tensor[] parts, Func<Tensor>[]? unclipped) => (Parts, this.unclipped) = (parts, unclipped);

    /// <summary>The parts, in the order of the channels.</summary>
    public Tensor[] Parts { get; }

    /// <summary>All channels in one tensor.</summary>
    public Tensor Whole => Parts is [var only] ? only : cat(Parts, 1);

    /// <summary>The same, in one tensor.</summary>
    public Features Joined => Parts.Length == 1 ? this : new([Whole], unclipped is { } before ? [() => cat([.. before.Select(part => part())], 1)] : null);

    /// <summary>Makes what they were before a clip, all channels in one tensor; null where they were not clipped since they were computed.</summary>
    public Func<Tensor>? Unclipped => Joined.unclipped?[0];

    public static implicit operator Features(Tensor whole) => new(whole);

    /// <summary>The sum of both.</summary>
    public static Features operator +(Features a, Features b) => AreAlike(a, b)
        ? new Features([.. a.Parts.Zip(b.Parts, (x, y) => x.Plus(y))])
        : a.Whole.Plus(b.Whole);

    /// <summary>One tensor that is a clip of another one.</summary>
    public static Features Clipped(Tensor whole, Func<Tensor> unclipped) => new([whole], [unclipped]);

    /// <summary>The channels of all.</summary>
    public static Features Of(IReadOnlyList<Features> all) => new(
        [.. all.SelectMany(its => its.Parts)],
        all.Any(its => its.unclipped is not null) ? [.. all.SelectMany(its => its.Befores())] : null);

    /// <summary>What a function gives that takes a clip of numbers to the same clip of what it gives for the numbers: one that moves or chooses them.</summary>
    public Features Moved(Func<Tensor, Tensor> function)
    {
        var y = function(Whole);
        return Unclipped is { } before ? Clipped(y, () => function(before())) : y;
    }

    /// <summary>The channels divided evenly.</summary>
    public Features Divided(int count)
    {
        var channels = Parts[0].shape[1];
        return Parts.Length == count && Array.TrueForAll(Parts, part => part.shape[1] == channels)
            ? this
            : new(Whole.chunk(count, 1), Unclipped is { } before ? [.. Enumerable.Range(0, count).Select(k => (Func<Tensor>)(() => before().chunk(count, 1)[k]))] : null);
    }

    /// <summary>The part of this number alone.</summary>
    public Features Part(int number) => new([Parts[number]], unclipped is { } before ? [before[number]] : null);

    // what was not clipped is the same before
    private IEnumerable<Func<Tensor>> Befores() => unclipped ?? Parts.Select(part => (Func<Tensor>)(() => part));

    private static bool AreAlike(Features a, Features b) =>
        a.Parts.Length == b.Parts.Length && a.Parts.Zip(b.Parts).All(pair => pair.First.shape[1] == pair.Second.shape[1]);
}
