using System.Text;

namespace Bnn;

/// <summary>
/// The classes and functions that torch.save's pickles of tensors and plain data name, and what comes of them here. Nothing is
/// looked up or called: each is a case of <see cref="Reduce"/>, and every other name is refused, or passed over where that is wanted.
/// </summary>
/// <param name="storageBytes">How many bytes of numbers there can be by a key; -1 where there are none.</param>
/// <param name="allowance">Counts what is made.</param>
/// <param name="skips">Whether what is neither a tensor nor plain data is passed over, and not refused.</param>
internal sealed class PickleCalls(Func<string, long> storageBytes, PickleAllowance allowance, bool skips)
{
    public const string Remedy =
        "load it where it was made and save only tensors and plain data: torch.save(model.state_dict(), path)";

    // more than any known function takes; a long tuple could be given again and again by two bytes
    private const int MaxArguments = 16;

    private const int MaxShown = 100;

    private static readonly HashSet<string> Known =
    [
        "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "torch.Size",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
        "builtins.set", "builtins.frozenset", "builtins.bytes", "_codecs.encode", "numpy.dtype", "numpy.core.multiarray.scalar",
        // what a defaultdict may be told to make
        "builtins.dict", "builtins.list", "builtins.int", "builtins.float", "builtins.bool", "builtins.str", "builtins.tuple",
    ];

    private readonly Dictionary<string, PickleStorage> storages = [];

    /// <summary>The storages that were named, by key; the first one of each key.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => storages;

    /// <summary>The class or function of this name.</summary>
    /// <exception cref="RefusedContentException">It is not on the list.</exception>
    public PickleItem Find(string module, string name)
    {
        // Python 2's and numpy 2's names of the same modules
        var known = module switch
        {
            "__builtin__" => "builtins",
            "numpy._core.multiarray" => "numpy.core.multiarray",
            _ => module,
        } + "." + name;
        return Known.Contains(known) || (module == "torch" && Dtypes.OfStorage(name) is not null)
            ? new PickleGlobal(known)
            : Unread(Shown($"{module}.{name}"), $"names {Shown($"{module}.{name}")}, which is neither a tensor nor plain data,");
    }

    /// <summary>What a known function makes of its arguments.</summary>
    public PickleItem Reduce(PickleItem function, PickleItem arguments)
    {
        if (function is PickleUnread unread)
        {
            return unread;
        }

        if (function is not PickleGlobal { Name: var name }
            || arguments is not PickleSequence { Is: PickleSequence.Kind.Tuple } tuple)
        {
            throw new FormatException("calls something that is no function, or without a tuple of arguments,");
        }

        return (name, Few(tuple)) switch
        {
            ("collections.OrderedDict", []) => new PickleMapping(Ordered: true),
            ("collections.OrderedDict", [PickleSequence pairs]) => Ordered(pairs),
            ("collections.defaultdict", [] or [PickleGlobal or PickleNone]) => new PickleMapping(Ordered: false),
            ("collections.Counter", []) => new PickleMapping(Ordered: false),
            ("collections.Counter", [PickleMapping counts]) => Copy(counts),
            ("torch.Size", [PickleSequence extents]) => Copy(PickleSequence.Kind.Tuple, extents),
            ("builtins.set" or "builtins.frozenset", []) => new PickleSequence(PickleSequence.Kind.Set),
            ("builtins.set" or "builtins.frozenset", [PickleSequence items]) => Copy(PickleSequence.Kind.Set, items),
            ("builtins.bytes", []) => new PickleBytes(default),
            ("_codecs.encode", [PickleText text, PickleText { Value: "latin1" }]) => Encoded(text.Value),
            ("numpy.dtype", [PickleText code, ..]) => (PickleItem?)PickleNumpy.Type(code.Value)
                ?? Unread($"numpy.dtype {Shown(code.Value)}", $"names the numpy dtype {Shown(code.Value)}, which is not read,"),
            ("numpy.core.multiarray.scalar", [PickleNumpyType type, PickleBytes bytes]) => PickleNumpy.Scalar(type, bytes),
            ("torch._utils._rebuild_tensor", [PickleStorage storage, var offset, PickleSequence shape, PickleSequence strides]) =>
                View(storage, offset, shape, strides),
            ("torch._utils._rebuild_tensor_v2",
                [PickleStorage storage, var offset, PickleSequence shape, PickleSequence strides, _, var hooks, .. var rest])
                when IsEmpty(hooks) && Array.TrueForAll(rest, IsEmpty) => View(storage, offset, shape, strides),
            ("torch._utils._rebuild_parameter", [PickleView view, _, var hooks]) when IsEmpty(hooks) => view,
            _ => Unread(name, $"calls {name} with arguments that are not read,"),
        };
    }

    /// <summary>Sets a value's state: the attributes of an OrderedDict, or the byte order of a numpy dtype.</summary>
    public void Build(PickleItem target, PickleItem state)
    {
        switch (target, state)
        {
            case (PickleMapping { Ordered: true, Attributes: null } mapping, PickleMapping attributes)
                when attributes.HasTextsAlone:
                mapping.Attributes = attributes;
                break;
            case (PickleNumpyType, PickleSequence { Items: [_, PickleText { Value: "<" or "|" }, ..] }):
            case (PickleUnread, _):
                break;
            default:
                throw new RefusedContentException("sets the state of something that is neither a tensor nor plain data,", Remedy);
        }
    }

    /// <summary>Adds an entry to a dict.</summary>
    public void AddEntry(PickleMapping mapping, PickleItem key, PickleItem value)
    {
        // a tuple, say: no name of a tensor
        if (skips && key is PickleUnread or PickleSequence or PickleView)
        {
            return;
        }

        if (!mapping.TryAdd(key, value))
        {
            throw new FormatException(
                $"has the key {(key is PickleText text ? Shown(text.Value) : "(no text)")} in a dict, where it is there already, "
                + $"is longer than {PickleKey.MaxLength} letters, or is no text, number, bool or None,");
        }
    }

    /// <summary>The storage that a persistent id names: ("storage", class, key, location, numbers[, None or (key, first, numbers)]).</summary>
    public PickleItem Storage(PickleItem id)
    {
        if (id is not PickleSequence tuple
            || Few(tuple) is not [PickleText { Value: "storage" }, PickleGlobal type, PickleText key, PickleText, PickleInteger count, .. var rest]
            || !type.Name.StartsWith("torch.", StringComparison.Ordinal)
            || Dtypes.OfStorage(type.Name["torch.".Length..]) is not { } dtype)
        {
            return Unread("a storage of an unknown type", "has a persistent id that names no storage of a known type,");
        }

        var total = TensorView.Int64(count);
        var available = key.Value.Length <= MaxShown ? storageBytes(key.Value) : -1;
        if (available < 0)
        {
            throw new FormatException($"names the storage {Shown(key.Value)}, which is not there,");
        }

        if (total < 0 || total > available / Dtypes.Size(dtype))
        {
            throw new FormatException(
                $"says that the storage {Shown(key.Value)} has {total} numbers of type {dtype}, where at most {available} bytes are there,");
        }

        var (begin, part) = rest switch
        {
            [] or [PickleNone] => (0L, total),
            [PickleSequence { Items: [_, var first, var numbers] }] => (TensorView.Int64(first), TensorView.Int64(numbers)),
            _ => (-1L, 0L),
        };
        if (begin < 0 || part < 0 || begin > total || part > total - begin)
        {
            throw new FormatException($"has a view of the storage {Shown(key.Value)} outside of its {total} numbers");
        }

        var storage = new PickleStorage(key.Value, dtype, total, begin, part);
        storages.TryAdd(key.Value, storage);
        return storage;
    }

    /// <summary>What is not read: passed over, or refused for this reason.</summary>
    private PickleUnread Unread(string name, string problem) =>
        skips ? new PickleUnread(name) : throw new RefusedContentException(problem, Remedy);

    /// <summary>A text of the file for a message: short, and without control characters.</summary>
    public static string Shown(string text)
    {
        var shown = string.Concat(text.Take(MaxShown).Select(letter => char.IsControl(letter) ? '?' : letter));
        return text.Length > MaxShown ? shown + "..." : shown;
    }

    private static bool IsEmpty(PickleItem item) =>
        item is PickleNone or PickleMapping { Entries.Count: 0, Attributes: null };

    /// <summary>A tuple's items; null where they are more than any known function takes.</summary>
    private static PickleItem[]? Few(PickleSequence tuple) => tuple.Items.Count <= MaxArguments ? [.. tuple.Items] : null;

    private PickleView View(PickleStorage storage, PickleItem offset, PickleSequence shape, PickleSequence strides)
    {
        allowance.Spend(shape.Items.Count + strides.Items.Count);
        return TensorView.Checked(storage, offset, shape, strides);
    }

    private PickleMapping Ordered(PickleSequence pairs)
    {
        allowance.Spend(pairs.Items.Count);
        var mapping = new PickleMapping(Ordered: true);
        foreach (var pair in pairs.Items)
        {
            if (pair is not PickleSequence { Items: [var key, var value] })
            {
                throw new FormatException("makes an OrderedDict of something else than pairs");
            }

            AddEntry(mapping, key, value);
        }

        return mapping;
    }

    private PickleMapping Copy(PickleMapping counts)
    {
        allowance.Spend(counts.Entries.Count);
        var copy = new PickleMapping(Ordered: false);
        foreach (var (key, value) in counts.Entries)
        {
            copy.TryAdd(key, value);
        }

        return copy;
    }

    private PickleSequence Copy(PickleSequence.Kind kind, PickleSequence items)
    {
        allowance.Spend(items.Items.Count);
        return PickleSequence.Of(kind, [.. items.Items]);
    }

    private PickleBytes Encoded(string text)
    {
        // as many bytes as a value has at least
        allowance.Spend(text.Length / 16);
        return text.All(letter => letter <= 0xFF)
            ? new PickleBytes(Encoding.Latin1.GetBytes(text))
            : throw new FormatException("has bytes with a letter that is no byte");
    }
}
