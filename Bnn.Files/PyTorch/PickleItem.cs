namespace Bnn;

/// <summary>What becomes part of the tree, but is not in it yet: a container that is being filled, or a tensor before its numbers are read.</summary>
internal abstract record PickleUnfinished : PickleItem
{
    /// <summary>What the tree has in its place; null before that is made.</summary>
    public PickleValue? Finished { get; set; }

    /// <summary>How many values the tree has below and with <see cref="Finished"/>, shared ones counted each time.</summary>
    public int Count { get; set; }

    /// <summary>Whether its parts are being made just now.</summary>
    public bool IsOpen { get; set; }
}

/// <summary>A list, tuple or set that is being filled. Empty, it has no memory for items: a file can have one in each byte.</summary>
internal sealed record PickleSequence(PickleSequence.Kind Is) : PickleUnfinished
{
    public enum Kind : byte
    {
        List,
        Tuple,
        Set,
    }

    public IReadOnlyList<PickleItem> Items { get; private set; } = [];

    /// <summary>A sequence of these items, which are its own from then on.</summary>
    public static PickleSequence Of(Kind kind, PickleItem[] items) => new(kind) { Items = items };

    /// <summary>Adds items at the end.</summary>
    public void Add(ReadOnlySpan<PickleItem> more)
    {
        if (more.IsEmpty)
        {
            return;
        }

        if (Items is not List<PickleItem> list)
        {
            list = [.. Items];
            Items = list;
        }

        list.AddRange(more);
    }
}

/// <summary>A dict of any kind that is being filled. Empty, it has no memory for entries; with few, none for finding them.</summary>
internal sealed record PickleMapping(bool Ordered) : PickleUnfinished
{
    // so many are looked through one by one
    private const int Few = 8;

    private HashSet<PickleValue>? keys;
    private List<(PickleValue Key, PickleItem Value)>? entries;

    public IReadOnlyList<(PickleValue Key, PickleItem Value)> Entries => entries ?? (IReadOnlyList<(PickleValue, PickleItem)>)[];

    /// <summary>Whether all keys are texts. Known without a look at each: one dict can be asked again and again by a few bytes.</summary>
    public bool HasTextsAlone { get; private set; } = true;

    /// <summary>What BUILD set on it.</summary>
    public PickleMapping? Attributes { get; set; }

    /// <summary>Adds an entry; false where its key is there already or cannot be one.</summary>
    public bool TryAdd(PickleItem key, PickleItem value)
    {
        if (!PickleKey.IsKey(key) || !TryAddKey((PickleValue)key))
        {
            return false;
        }

        HasTextsAlone &= key is PickleText;
        entries ??= [];
        entries.Add(((PickleValue)key, value));
        return true;
    }

    private bool TryAddKey(PickleValue key)
    {
        if (keys is null && entries?.Count >= Few)
        {
            keys = new(entries.Select(entry => entry.Key), PickleKey.Comparer);
        }

        return keys?.Add(key) ?? entries?.Exists(entry => PickleKey.Comparer.Equals(entry.Key, key)) != true;
    }
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
internal sealed record PickleView(PickleStorage Storage, long Offset, long[] Shape, long[] Strides) : PickleUnfinished;

/// <summary>A numpy dtype, for a scalar of it: kind and size, for instance <c>f8</c>.</summary>
internal sealed record PickleNumpyType(string Code) : PickleItem;
