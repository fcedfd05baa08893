using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Bnn;

/// <summary>
/// PyTorch's files before 1.6: pickles one after another (a magic number, the protocol 1001, facts on the machine, the value,
/// the storages' keys), then for each key the count of its numbers (8 bytes, little-endian) and the numbers.
/// </summary>
internal static class PyTorchLegacy
{
    private const int Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture); // 0x1950a86a20f9469cfc6c

    /// <summary>Reads the file, of which only the tensors' storages are kept in memory.</summary>
    public static PickleValue Read(FileStream stream)
    {
        if (!(Next(stream, "first pickle").Item is PickleInteger { Value: var magic } && magic == Magic))
        {
            throw new FormatException("begins with a pickle, but not with that of a PyTorch file");
        }

        if (!(Next(stream, "second pickle").Item is PickleInteger { Value: var protocol } && protocol == Protocol))
        {
            throw new FormatException($"has another protocol of PyTorch than {Protocol}");
        }

        var facts = (PickleTree.Freeze(Next(stream, "third pickle").Item, NoTensor) as PickleDict)?.Find("little_endian");
        if (facts is PickleBool { Value: false })
        {
            throw new RefusedContentException("has numbers in big-endian byte order", "save it on a little-endian machine");
        }

        var (root, storages) = Next(stream, "fourth pickle");
        if (Next(stream, "fifth pickle").Item is not PickleSequence keys)
        {
            throw new FormatException("has no list of storages");
        }

        var numbers = new Dictionary<string, byte[]>();
        foreach (var item in keys.Items)
        {
            if (item is not PickleText key || !storages.TryGetValue(key.Value, out var storage) || !numbers.TryAdd(key.Value, []))
            {
                throw new FormatException("lists a storage twice, or one that no tensor has");
            }

            numbers[key.Value] = Numbers(stream, storage);
        }

        if (stream.Position != stream.Length)
        {
            throw new FormatException($"has {stream.Length - stream.Position} bytes after its last storage");
        }

        var limit = new GatherLimit(stream.Length);
        return PickleTree.Freeze(root, view => View(limit.Checked(view), storages[view.Storage.Key], numbers));
    }

    private static (PickleItem Item, IReadOnlyDictionary<string, PickleStorage> Storages) Next(FileStream stream, string name)
    {
        var left = stream.Length - stream.Position;
        var unpickler = new Unpickler(new PickleInput(stream, left, $"the file, in its {name}", stream.Position), _ => left);
        return (unpickler.Read(), unpickler.Storages);
    }

    private static byte[] Numbers(FileStream stream, PickleStorage storage)
    {
        var name = $"the storage {PickleCalls.Shown(storage.Key)}";
        var header = new byte[8];
        var left = stream.Length - stream.Position - header.Length;
        if (left < 0)
        {
            throw new FormatException($"ends before {name}");
        }

        stream.ReadExactly(header);
        var count = BinaryPrimitives.ReadInt64LittleEndian(header);
        var size = Dtypes.Size(storage.Dtype);
        if (count != storage.Total || count > left / size)
        {
            throw new FormatException(
                $"has {count} numbers of type {storage.Dtype} for {name}, where its pickle says {storage.Total} and {left} bytes follow");
        }

        var bytes = new byte[GatherLimit.ArrayLength(count * size, name)];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static PickleTensor View(PickleView view, PickleStorage first, Dictionary<string, byte[]> numbers)
    {
        if (view.Storage.Dtype != first.Dtype || view.Storage.Total != first.Total || !numbers.TryGetValue(first.Key, out var bytes))
        {
            throw new FormatException(
                $"has the storage {PickleCalls.Shown(first.Key)} with two types or counts, or without its numbers");
        }

        return TensorView.Read(view, bytes);
    }

    private static PickleTensor NoTensor(PickleView view) => throw new FormatException("has a tensor in its third pickle");
}
