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
    /// <summary>Its values; tensors have their place and no numbers.</summary>
    /// <exception cref="FormatException">Something contains itself.</exception>
    /// <exception cref="RefusedContentException">It is nested too deeply, or its tree is too large.</exception>
    public PickleValue Outline() => PickleTree.Freeze(root, Placed);

    /// <summary>All of it.</summary>
    public PickleValue Whole()
    {
        var places = new List<PickleTensor>();
        PickleTree.Freeze(root, view =>
        {
            places.Add(Placed(view));
            return places[^1];
        });
        var loaded = new Dictionary<PickleView, PickleTensor>(ReferenceEqualityComparer.Instance);
        foreach (var (place, tensor) in places.Zip(Load(places)))
        {
            loaded.Add(place.View!, tensor);
        }

        return PickleTree.Freeze(root, view => loaded[view]);
    }

    /// <summary>These tensors with their numbers. Of each storage it keeps what lies between the first number and the last that they have of it.</summary>
    public IReadOnlyList<PickleTensor> Load(IReadOnlyList<PickleTensor> places)
    {
        var parts = places.GroupBy(place => place.View!.Storage.Key).ToDictionary(same => same.Key, same => Part([.. same.Select(place => place.View!)]));
        return [.. places.Select(place => TensorView.Read(limit.Checked(place.View!), parts[place.View!.Storage.Key]))];
    }

    private static PickleTensor Placed(PickleView view) => new(view.Storage.Dtype, view.Shape, default) { View = view };

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
