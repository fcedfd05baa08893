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

    /// <summary>Opens the file, of which only what is asked for is kept in memory.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="skips">Whether what is neither a tensor nor plain data is passed over, and not refused.</param>
    public static PyTorchContent Content(FileStream stream, bool skips)
    {
        var allowance = new PickleAllowance(stream.Length);
        if (!(Next(stream, allowance, "first pickle").Item is PickleInteger { Value: var magic } && magic == Magic))
        {
            throw new FormatException("begins with a pickle, but not with that of a PyTorch file");
        }

        if (!(Next(stream, allowance, "second pickle").Item is PickleInteger { Value: var protocol } && protocol == Protocol))
        {
            throw new FormatException($"has another protocol of PyTorch than {Protocol}");
        }

        var facts = (PickleTree.Freeze(Next(stream, allowance, "third pickle").Item, NoTensor) as PickleDict)?.Find("little_endian");
        if (facts is PickleBool { Value: false })
        {
            throw new RefusedContentException("has numbers in big-endian byte order", "save it on a little-endian machine");
        }

        var (root, storages) = Next(stream, allowance, "fourth pickle", skips);
        if (Next(stream, allowance, "fifth pickle").Item is not PickleSequence keys)
        {
            throw new FormatException("has no list of storages");
        }

        var places = new Dictionary<string, long>();
        foreach (var item in keys.Items)
        {
            if (item is not PickleText key || !storages.TryGetValue(key.Value, out var storage) || !places.TryAdd(key.Value, 0))
            {
                throw new FormatException("lists a storage twice, or one that no tensor has");
            }

            places[key.Value] = Passed(stream, storage);
        }

        if (stream.Position != stream.Length)
        {
            throw new FormatException($"has {stream.Length - stream.Position} bytes after its last storage");
        }

        return new(root, new GatherLimit(stream.Length), (storage, begin, end) => Numbers(stream, places, storage, begin, end));
    }

    private static (PickleItem Item, IReadOnlyDictionary<string, PickleStorage> Storages) Next(
        FileStream stream, PickleAllowance allowance, string name, bool skips = false)
    {
        var left = stream.Length - stream.Position;
        var unpickler = new Unpickler(new PickleInput(stream, left, $"the file, in its {name}", stream.Position), _ => left, allowance, skips);
        return (unpickler.Read(), unpickler.Storages);
    }

    /// <summary>Where a storage's numbers begin, after a check of their count; the stream is after them then.</summary>
    private static long Passed(FileStream stream, PickleStorage storage)
    {
        var name = Name(storage);
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

        var place = stream.Position;
        stream.Position += count * size;
        return place;
    }

    private static byte[] Numbers(FileStream stream, Dictionary<string, long> places, PickleStorage storage, long begin, long end)
    {
        if (!places.TryGetValue(storage.Key, out var place))
        {
            throw new FormatException($"has {Name(storage)} without its numbers");
        }

        var bytes = new byte[GatherLimit.ArrayLength(end - begin, Name(storage))];
        stream.Position = place + begin;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string Name(PickleStorage storage) => $"the storage {PickleCalls.Shown(storage.Key)}";

    private static PickleTensor NoTensor(PickleView view) => throw new FormatException("has a tensor in its third pickle");
}
