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
    private const int Piece = 1 << 20;
    private const string Resave = "load it with torch.load and save it again with torch.save";

    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries;
    private readonly string folder;
    private readonly GatherLimit limit;
    private readonly bool hasChecksums;

    private PyTorchZip(FileStream stream)
    {
        limit = new GatherLimit(stream.Length);
        var directory = new DirectoryLimit(stream);
        archive = new ZipArchive(directory, ZipArchiveMode.Read, leaveOpen: true);
        entries = Entries(archive, stream.Length);
        directory.IsKnown = true;
        // torch.save leaves all of them 0 where it is told to make none
        hasChecksums = entries.Values.Any(entry => entry.Crc32 != 0);
        var pickles = entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToList();
        folder = pickles is [var pickle]
            ? pickle[..^"data.pkl".Length]
            : throw new FormatException($"has {pickles.Count} entries */data.pkl; a PyTorch file has one");
    }

    /// <summary>Opens the file, of which only what is asked for is kept in memory.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="skips">Whether what is neither a tensor nor plain data is passed over, and not refused.</param>
    /// <param name="use">What becomes of it.</param>
    public static T Use<T>(FileStream stream, bool skips, Func<PyTorchContent, T> use)
    {
        try
        {
            using var file = new PyTorchZip(stream);
            return use(file.Content(skips));
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

    private PyTorchContent Content(bool skips)
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
        var input = new PickleInput(memory, pickle.Length, entry.FullName, 0);
        var root = new Unpickler(input, key => Storage(key)?.Length ?? -1, new PickleAllowance(pickle.Length), skips).Read();
        return new(root, limit, (storage, begin, end) => Bytes(Storage(storage.Key)!, begin, end));
    }

    private ZipArchiveEntry? Storage(string key) => entries.GetValueOrDefault($"{folder}data/{key}");

    private static Dictionary<string, ZipArchiveEntry> Entries(ZipArchive archive, long fileLength)
    {
        if (archive.Entries.Any(entry => entry.FullName.EndsWith("/constants.pkl", StringComparison.Ordinal)))
        {
            throw new RefusedContentException(
                "is a TorchScript archive, a program and its tensors", "save its tensors alone: torch.save(torch.jit.load(path).state_dict(), other_path)");
        }

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

    private byte[] Bytes(ZipArchiveEntry entry) => Bytes(entry, 0, entry.Length);

    /// <summary>Its bytes from one to before another. All of it is read for its checksum, a piece at a time.</summary>
    private byte[] Bytes(ZipArchiveEntry entry, long begin, long end)
    {
        var bytes = new byte[GatherLimit.ArrayLength(end - begin, entry.FullName)];
        var checksum = new Crc32();
        using var stream = entry.Open();
        var piece = new byte[(int)Math.Min(Piece, entry.Length)];
        for (var at = 0L; at < entry.Length; at += piece.Length)
        {
            var read = new ArraySegment<byte>(piece, 0, (int)Math.Min(piece.Length, entry.Length - at));
            stream.ReadExactly(read);
            checksum.Update(read);
            var (first, last) = (Math.Max(at, begin), Math.Min(at + read.Count, end));
            if (first < last)
            {
                read.AsSpan((int)(first - at), (int)(last - first)).CopyTo(bytes.AsSpan((int)(first - begin)));
            }
        }

        return !hasChecksums || checksum.Value == entry.Crc32
            ? bytes
            : throw new FormatException($"has the entry {PickleCalls.Shown(entry.FullName)} with another content than its checksum was made of");
    }
}
