namespace Bnn;

/// <summary>Makes the immutable tree of what an unpickler read.</summary>
internal static class PickleTree
{
    /// <summary>How deep values may be nested.</summary>
    public const int MaxDepth = 1000;

    /// <summary>The tree. Parts that were shared are made once.</summary>
    /// <param name="root">What was read.</param>
    /// <param name="tensor">What becomes of a view.</param>
    /// <exception cref="FormatException">Something contains itself.</exception>
    /// <exception cref="RefusedContentException">It is nested too deeply, is more than plain data, or its tree is too large.</exception>
    public static PickleValue Freeze(PickleItem root, Func<PickleView, PickleTensor> tensor)
    {
        var done = new Dictionary<PickleItem, (PickleValue Value, long Count)>(ReferenceEqualityComparer.Instance);
        var open = new HashSet<PickleItem>(ReferenceEqualityComparer.Instance);
        var frames = new Stack<Frame>();
        (PickleValue Value, long Count)? made = null;
        Begin(root);
        while (frames.TryPeek(out var frame))
        {
            if (made is { } part)
            {
                frame.Add(part.Value, part.Count);
                made = null;
            }

            if (frame.Next is { } next)
            {
                Begin(next);
                continue;
            }

            frames.Pop();
            open.Remove(frame.Item);
            made = (frame.Finish(), frame.Count);
            done.Add(frame.Item, made.Value);
        }

        return made!.Value.Value;

        void Begin(PickleItem item)
        {
            if (item is PickleValue leaf)
            {
                made = (leaf, 1);
            }
            else if (done.TryGetValue(item, out var before))
            {
                made = before;
            }
            else if (item is PickleView view)
            {
                made = (tensor(view), 1);
                done.Add(view, made.Value);
            }
            else
            {
                Open(item);
            }
        }

        void Open(PickleItem item)
        {
            if (item is not (PickleSequence or PickleMapping))
            {
                throw new RefusedContentException(
                    $"holds {(item is PickleGlobal global ? global.Name : "a storage or dtype")} as a value, which is neither a tensor nor plain data",
                    PickleCalls.Remedy);
            }

            if (!open.Add(item))
            {
                throw new FormatException("holds a list or dict that contains itself");
            }

            if (frames.Count == MaxDepth)
            {
                throw new RefusedContentException($"is nested more than {MaxDepth} levels deep", PickleCalls.Remedy);
            }

            frames.Push(new Frame(item));
        }
    }

    /// <summary>A container whose parts are being made.</summary>
    private sealed class Frame(PickleItem item)
    {
        private readonly List<PickleValue> parts = [];

        public PickleItem Item => item;

        /// <summary>How many values the tree below and with it has, shared ones counted each time.</summary>
        public long Count { get; private set; } = 1;

        public PickleItem? Next => item switch
        {
            PickleSequence sequence => parts.Count < sequence.Items.Count ? sequence.Items[parts.Count] : null,
            PickleMapping mapping when parts.Count < mapping.Entries.Count => mapping.Entries[parts.Count].Value,
            PickleMapping mapping when parts.Count == mapping.Entries.Count => mapping.Attributes,
            _ => null,
        };

        public void Add(PickleValue part, long count)
        {
            parts.Add(part);
            Count += count;
            if (Count > Unpickler.MaxValues)
            {
                throw new RefusedContentException(
                    $"holds more than {Unpickler.MaxValues} values, where a value that is there several times counts each time", PickleCalls.Remedy);
            }
        }

        public PickleValue Finish() => item switch
        {
            PickleSequence { Is: PickleSequence.Kind.List } => new PickleList(Array.AsReadOnly(parts.ToArray())),
            PickleSequence { Is: PickleSequence.Kind.Tuple } => new PickleTuple(Array.AsReadOnly(parts.ToArray())),
            PickleSequence => new PickleSet(Array.AsReadOnly(parts.ToArray())),
            _ => Dict((PickleMapping)item),
        };

        private PickleDict Dict(PickleMapping mapping) => new(
            Array.AsReadOnly(mapping.Entries.Select((entry, i) => KeyValuePair.Create(entry.Key, parts[i])).ToArray()),
            mapping.Ordered,
            mapping.Attributes is null ? null : (PickleDict)parts[^1]);
    }
}
