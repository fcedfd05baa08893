namespace Bnn;

/// <summary>Makes the immutable tree of what an unpickler read.</summary>
internal static class PickleTree
{
    /// <summary>How deep values may be nested.</summary>
    public const int MaxDepth = 1000;

    private static readonly PickleList EmptyList = new([]);
    private static readonly PickleTuple EmptyTuple = new([]);
    private static readonly PickleSet EmptySet = new([]);

    /// <summary>The tree. Parts that were shared are made once.</summary>
    /// <param name="root">What was read.</param>
    /// <param name="tensor">What becomes of a view.</param>
    /// <exception cref="FormatException">Something contains itself.</exception>
    /// <exception cref="RefusedContentException">It is nested too deeply, is more than plain data, or its tree is too large.</exception>
    public static PickleValue Freeze(PickleItem root, Func<PickleView, PickleTensor> tensor)
    {
        var frames = new Stack<Frame>();
        (PickleValue Value, int Count)? made = null;
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
            }
            else
            {
                made = frames.Pop().Finish();
            }
        }

        return made!.Value.Value;

        void Begin(PickleItem item)
        {
            switch (item)
            {
                case PickleValue leaf:
                    made = (leaf, 1);
                    break;
                case PickleUnfinished { Finished: { } before } again:
                    made = (before, again.Count);
                    break;
                case PickleView view:
                    (view.Finished, view.Count) = (tensor(view), 1);
                    made = (view.Finished, 1);
                    break;
                case PickleSequence or PickleMapping:
                    Open((PickleUnfinished)item);
                    break;
                default:
                    throw new RefusedContentException(
                        $"holds {(item is PickleGlobal global ? global.Name : "a storage or dtype")} as a value, which is neither a tensor nor plain data",
                        PickleCalls.Remedy);
            }
        }

        void Open(PickleUnfinished item)
        {
            if (item.IsOpen)
            {
                throw new FormatException("holds a list or dict that contains itself");
            }

            if (frames.Count == MaxDepth)
            {
                throw new RefusedContentException($"is nested more than {MaxDepth} levels deep", PickleCalls.Remedy);
            }

            item.IsOpen = true;
            frames.Push(new Frame(item));
        }
    }

    /// <summary>A container whose parts are being made.</summary>
    private sealed class Frame(PickleUnfinished item)
    {
        private readonly PickleValue[] parts = new PickleValue[item switch
        {
            PickleSequence sequence => sequence.Items.Count,
            PickleMapping mapping => mapping.Entries.Count,
            _ => 0,
        }];

        private PickleDict? attributes;
        private int made;
        private int count = 1;

        public PickleItem? Next => item switch
        {
            PickleSequence sequence when made < parts.Length => sequence.Items[made],
            PickleMapping mapping when made < parts.Length => mapping.Entries[made].Value,
            PickleMapping mapping when attributes is null => mapping.Attributes,
            _ => null,
        };

        public void Add(PickleValue part, int itsCount)
        {
            if (made < parts.Length)
            {
                parts[made++] = part;
            }
            else
            {
                attributes = (PickleDict)part;
            }

            // both are at most the limit, so the sum is a number
            count += itsCount;
            if (count > PickleAllowance.Max)
            {
                throw new RefusedContentException(
                    $"holds more than {PickleAllowance.Max} values, where a value that is there several times counts each time", PickleCalls.Remedy);
            }
        }

        public (PickleValue Value, int Count) Finish()
        {
            item.IsOpen = false;
            (item.Finished, item.Count) = (Made(), count);
            return (item.Finished, count);
        }

        // of what is empty there is one for all: a file can have one in each byte
        private PickleValue Made() => item switch
        {
            PickleSequence { Is: PickleSequence.Kind.List } => made == 0 ? EmptyList : new PickleList(Array.AsReadOnly(parts)),
            PickleSequence { Is: PickleSequence.Kind.Tuple } => made == 0 ? EmptyTuple : new PickleTuple(Array.AsReadOnly(parts)),
            PickleSequence => made == 0 ? EmptySet : new PickleSet(Array.AsReadOnly(parts)),
            _ => Dict((PickleMapping)item),
        };

        private PickleDict Dict(PickleMapping mapping) => new(
            made == 0 ? [] : Array.AsReadOnly(mapping.Entries.Select((entry, i) => KeyValuePair.Create(entry.Key, parts[i])).ToArray()),
            mapping.Ordered,
            attributes);
    }
}
