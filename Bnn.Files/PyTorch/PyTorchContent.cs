namespace Bnn;

/// <summary>Some bytes of a storage.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="At">Which byte of the storage is their first.</param>
internal readonly record struct StoragePart(ReadOnlyMemory<byte> Bytes, long At);

/// <summary>A file of PyTorch that is open: its values, and the numbers of its tensors as they are asked for. A checkpoint may hold far more than the
/// weights that are wanted of it.</summary>
/// <param name="root">What its pickle holds.</param>
/// <param name="limit">What copies of its numbers may take.</param>
/// <param name="read">Reads the bytes of a storage from one to before another.</param>
internal sealed class PyTorchContent(PickleItem root, GatherLimit limit, Func<PickleStorage, long, long, byte[]> read)
{
    private readonly Dictionary<string, PickleStorage> storages = [];

    // a tree is made once, and is the same then: either of these
    /// <summary>Its values; tensors have their place and no numbers.</summary>
    /// <exception cref="FormatException">Something contains itself.</exception>
    /// <exception cref="RefusedContentException">It is nested too deeply, or its tree is too large.</exception>
    public PickleValue Outline() => PickleTree.Freeze(root, Placed);

    /// <summary>All of it; every storage is kept in memory.</summary>
    public PickleValue Whole()
    {
        var parts = new Dictionary<string, StoragePart>();
        return PickleTree.Freeze(root, view =>
        {
            var storage = Checked(view).Storage;
            if (!parts.TryGetValue(storage.Key, out var part))
            {
                part = new(read(storage, 0, storage.Total * Dtypes.Size(storage.Dtype)), 0);
                parts.Add(storage.Key, part);
            }

            return TensorView.Read(limit.Checked(view), part);
        });
    }

    /// <summary>These tensors with their numbers. Of each storage it keeps what lies between the first number and the last that they have of it.</summary>
    public IReadOnlyList<PickleTensor> Load(IReadOnlyList<PickleTensor> places)
    {
        var parts = places.GroupBy(place => place.View!.Storage.Key).ToDictionary(same => same.Key, same => Part([.. same.Select(place => place.View!)]));
        return [.. places.Select(place => TensorView.Read(limit.Checked(place.View!), parts[place.View!.Storage.Key]))];
    }

    private PickleTensor Placed(PickleView view) => new(view.Storage.Dtype, view.Shape, default) { View = Checked(view) };

    /// <summary>The view: all of a storage say the same of it.</summary>
    private PickleView Checked(PickleView view)
    {
        var storage = view.Storage;
        var first = storages.TryAdd(storage.Key, storage) ? storage : storages[storage.Key];
        return storage.Dtype == first.Dtype && storage.Total == first.Total
            ? view
            : throw new FormatException($"has the storage {PickleCalls.Shown(storage.Key)} with two types or counts");
    }

    private StoragePart Part(IReadOnlyList<PickleView> views)
    {
        var ranges = views.Select(TensorView.Range).Where(range => range.End > range.Begin).ToList();
        if (ranges.Count == 0)
        {
            return default;
        }

        var begin = ranges.Min(range => range.Begin);
        return new(read(views[0].Storage, begin, ranges.Max(range => range.End)), begin);
    }
}
