using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;

namespace Bnn;

/// <summary>
/// PyTorch's files since 1.6: a zip file with a folder of any name, in it <c>data.pkl</c> (a pickle), <c>data/KEY</c> (the
/// numbers of storage KEY) and, since 2.0, <c>byteorder</c>. Entries are not compressed.
/// </summary>
internal sealed class PyTorchZip : IDisposable
{
    private const string Resave = "load it with torch.load and save it again with torch.save";

    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries;
    private readonly Dictionary<string, byte[]> storages = [];
    private readonly string folder;
    private readonly GatherLimit limit;

    private PyTorchZip(FileStream stream)
    {
        limit = new GatherLimit(stream.Length);
        archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        entries = Entries(archive, stream.Length);
        var pickles = entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToList();
        folder = pickles is [var pickle]
            ? pickle[..^"data.pkl".Length]
            : throw new FormatException($"has {pickles.Count} entries */data.pkl; a PyTorch file has one");
    }

    /// <summary>Reads the file, of which only the tensors' storages are kept in memory.</summary>
    public static PickleValue Read(FileStream stream)
    {
        try
        {
            using var file = new PyTorchZip(stream);
            return file.Read();
        }
        catch (InvalidDataException e)
        {
            throw new FormatException($"is a damaged zip file ({e.Message})", e);
        }
        catch (EndOfStreamException e)
        {
            throw new FormatException("is a zip file that is cut off", e);
        }
    }

    public void Dispose() => archive.Dispose();

    private PickleValue Read()
    {
        if (entries.TryGetValue(folder + "byteorder", out var order)
            && (order.Length > 16 || Encoding.ASCII.GetString(Bytes(order)) != "little"))
        {
            throw new RefusedContentException("has numbers in an other byte order than little-endian", "save it on a little-endian machine");
        }

        var entry = entries[folder + "data.pkl"];
        if (entry.Length > PickleInput.MaxLength)
        {
            throw new RefusedContentException(
                $"has a pickle of {entry.Length} bytes; allowed: at most {PickleInput.MaxLength}", "save only the model's state_dict with torch.save");
        }

        var pickle = Bytes(entry);
        using var memory = new MemoryStream(pickle);
        var root = new Unpickler(new PickleInput(memory, pickle.Length, entry.FullName, 0), key => Storage(key)?.Length ?? -1).Read();
        return PickleTree.Freeze(root, view => TensorView.Read(limit.Checked(view), Numbers(view.Storage.Key)));
    }

    private byte[] Numbers(string key)
    {
        if (!storages.TryGetValue(key, out var numbers))
        {
            numbers = Bytes(Storage(key)!);
            storages.Add(key, numbers);
        }

        return numbers;
    }

    private ZipArchiveEntry? Storage(string key) => entries.GetValueOrDefault($"{folder}data/{key}");

    private static Dictionary<string, ZipArchiveEntry> Entries(ZipArchive archive, long fileLength)
    {
        var entries = new Dictionary<string, ZipArchiveEntry>();
        var total = 0L;
        foreach (var entry in archive.Entries)
        {
            if (entry.CompressedLength != entry.Length || entry.IsEncrypted)
            {
                throw new RefusedContentException(
                    $"has the compressed or encrypted entry {PickleCalls.Shown(entry.FullName)}, which PyTorch does not write", Resave);
            }

            // entries that lie over each other would be read many times
            if (entry.Length < 0 || entry.Length > fileLength - total)
            {
                throw new FormatException($"is a zip file whose entries take more than its {fileLength} bytes");
            }

            total += entry.Length;
            if (!entries.TryAdd(entry.FullName, entry))
            {
                throw new FormatException($"has the entry {PickleCalls.Shown(entry.FullName)} twice");
            }
        }

        return entries;
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        var bytes = new byte[GatherLimit.ArrayLength(entry.Length, entry.FullName)];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        var checksum = new Crc32();
        checksum.Update(bytes);
        return checksum.Value == entry.Crc32
            ? bytes
            : throw new FormatException($"has the entry {PickleCalls.Shown(entry.FullName)} with another content than its checksum was made of");
    }
}
