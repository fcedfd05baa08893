using System.Numerics;

namespace Bnn;

/// <summary>What the unpickler holds: a finished value, or one that is still being filled (<c>PickleItem.cs</c>).</summary>
internal abstract record PickleItem;

/// <summary>Plain data and tensors, as a file of PyTorch holds them: an immutable tree. Parts may be shared, but none contains itself.</summary>
internal abstract record PickleValue : PickleItem;

/// <summary><c>None</c>.</summary>
internal sealed record PickleNone : PickleValue
{
    public static PickleNone Value { get; } = new();
}

/// <summary><c>True</c> or <c>False</c>.</summary>
internal sealed record PickleBool(bool Value) : PickleValue;

/// <summary>An integer, as long as Python has it.</summary>
internal sealed record PickleInteger(BigInteger Value) : PickleValue;

/// <summary>A float64; numpy's floating scalars too.</summary>
internal sealed record PickleFloat(double Value) : PickleValue;

/// <summary>A text.</summary>
internal sealed record PickleText(string Value) : PickleValue;

/// <summary>Bytes.</summary>
internal sealed record PickleBytes(ReadOnlyMemory<byte> Value) : PickleValue;

/// <summary>A list.</summary>
internal sealed record PickleList(IReadOnlyList<PickleValue> Items) : PickleValue;

/// <summary>A tuple or a <c>torch.Size</c>.</summary>
internal sealed record PickleTuple(IReadOnlyList<PickleValue> Items) : PickleValue;

/// <summary>A set or frozenset, in the file's order.</summary>
internal sealed record PickleSet(IReadOnlyList<PickleValue> Items) : PickleValue;

/// <summary>A dict, OrderedDict, defaultdict or Counter.</summary>
/// <param name="Entries">Its entries in the file's order. Keys are texts, numbers, bools or None, each once.</param>
/// <param name="Ordered">Whether it is an OrderedDict.</param>
/// <param name="Attributes">What was set on the OrderedDict beside its entries: a state_dict has <c>_metadata</c>, the versions of
/// its modules. Null where there is nothing.</param>
internal sealed record PickleDict(
    IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Entries, bool Ordered = false, PickleDict? Attributes = null) : PickleValue
{
    /// <summary>The value of a text key; null where there is none. Looks through the entries one by one.</summary>
    public PickleValue? Find(string key) =>
        Entries.FirstOrDefault(entry => entry.Key is PickleText text && text.Value == key).Value;
}

/// <summary>A tensor or parameter. Whether it wanted gradients, and which memory it shared with others, is not kept.</summary>
/// <param name="Dtype">One of <see cref="Dtypes"/>.</param>
/// <param name="Shape">Its extents, slowest first; empty for a single number.</param>
/// <param name="Bytes">Its elements in row-major order, each little-endian; none while they are only a place in an open file.</param>
internal sealed record PickleTensor(string Dtype, long[] Shape, ReadOnlyMemory<byte> Bytes) : PickleValue
{
    /// <summary>Where its numbers are in a file that is open; null once they are read.</summary>
    public PickleView? View { get; init; }

    /// <summary>The tensor by a name; no copy.</summary>
    public NamedArray Named(string name) => new(name, Dtype, Shape, Bytes);
}

/// <summary>What is neither a tensor nor plain data, beside what is: an object of some class, or what a function would have made. Nothing of it is run or kept.</summary>
/// <param name="Name">Module and name of the class or function, fit for a message.</param>
internal sealed record PickleUnread(string Name) : PickleValue;
