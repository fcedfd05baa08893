using System.Numerics;

namespace Bnn;

/// <summary>A list, tuple or set that is being filled.</summary>
internal sealed record PickleSequence(PickleSequence.Kind Is) : PickleItem
{
    public enum Kind
    {
        List,
        Tuple,
        Set,
    }

    public List<PickleItem> Items { get; init; } = [];
}

/// <summary>A dict of any kind that is being filled.</summary>
internal sealed record PickleMapping(bool Ordered) : PickleItem
{
    // a key can be named again and again by two bytes; without a limit, hashing long ones would take hours
    public const int MaxKey = 4096;

    private readonly HashSet<object> keys = [];

    public List<(PickleValue Key, PickleItem Value)> Entries { get; } = [];

    /// <summary>What BUILD set on it.</summary>
    public PickleMapping? Attributes { get; set; }

    /// <summary>Adds an entry; false where its key is there already or cannot be one.</summary>
    public bool TryAdd(PickleItem key, PickleItem value)
    {
        if (HashKey(key) is not { } hash || !keys.Add(hash))
        {
            return false;
        }

        Entries.Add(((PickleValue)key, value));
        return true;
    }

    /// <summary>Python's equality of keys as .NET's; null for what is no key here. True, 1 and 1.0 are one key.</summary>
    private static object? HashKey(PickleItem key) => key switch
    {
        PickleText { Value: { Length: <= MaxKey } text } => text,
        PickleInteger integer => integer.Value,
        PickleBool flag => flag.Value ? BigInteger.One : BigInteger.Zero,
        PickleFloat { Value: var x } => double.IsInteger(x) ? new BigInteger(x) : x,
        PickleNone none => none,
        _ => null,
    };
}

/// <summary>A class or function of the list of those that are known; it is never called but by its name.</summary>
/// <param name="Name">Module and name, as Python 3 has them.</param>
internal sealed record PickleGlobal(string Name) : PickleItem;

/// <summary>A part of the file's numbers, or all numbers of a record of it.</summary>
/// <param name="Key">The record's key.</param>
/// <param name="Dtype">Its numbers' type.</param>
/// <param name="Total">How many numbers the record has.</param>
/// <param name="Begin">The first number of the part.</param>
/// <param name="Count">How many numbers the part has.</param>
internal sealed record PickleStorage(string Key, string Dtype, long Total, long Begin, long Count) : PickleItem;

/// <summary>A tensor before its numbers are read: Shape and Strides have been checked against the storage.</summary>
internal sealed record PickleView(PickleStorage Storage, long Offset, long[] Shape, long[] Strides) : PickleItem;

/// <summary>A numpy dtype, for a scalar of it: kind and size, for instance <c>f8</c>.</summary>
internal sealed record PickleNumpyType(string Code) : PickleItem;
