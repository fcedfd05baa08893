using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Bnn;

/// <summary>An entry of a tar file: a file, a link or a folder.</summary>
/// <param name="Name">The name as it was given to the writer.</param>
/// <param name="IsLink">Whether the data are another entry's, or are none.</param>
/// <param name="Header">Where the header begins.</param>
/// <param name="Offset">Where the data begin.</param>
/// <param name="Size">The number of bytes of data, which are all in the file.</param>
internal readonly record struct TarEntry(string Name, bool IsLink, long Header, long Offset, long Size);

/// <summary>
/// Goes through the headers of a tar file: ustar, GNU's long names, and pax's names and sizes (POSIX.1-2001, pax interchange format). .NET's
/// reader neither says at which byte a file is damaged nor notices one that is cut short between two entries.
/// </summary>
internal sealed class TarWalk(SafeFileHandle handle, string path)
{
    // Linux allows 4096 bytes of path; a pax header may hold a few attributes besides.
    private const int LongestName = 1 << 12;
    private const int LongestPax = 1 << 16;

    // Writers fill the last record with zeros; its usual size is 10 KiB.
    private const int LongestEnd = 1 << 20;

    private readonly TarWindow window = new(handle, path);
    private long position;
    private string? longName;
    private long? longSize;

    /// <summary>The next entry, or false at the end mark.</summary>
    /// <exception cref="BnnFileException">The file is cut short, damaged or no tar file.</exception>
    public bool Next(out TarEntry entry)
    {
        while (true)
        {
            var at = position;
            var block = Header();
            if (!block.ContainsAnyExcept((byte)0))
            {
                CheckEnd();
                entry = default;
                return false;
            }

            var header = TarHeader.Read(block, out var problem);
            if (problem is not null)
            {
                throw at == 0 ? NoTar(problem) : Fault(at, problem);
            }

            if (header.Type is 'x' or 'L')
            {
                ReadExtension(header, at);
            }
            else if (header.Type is 'g' or 'K')
            {
                // What holds for all entries is never a name or size, and a link's target does not matter here.
                Skip(header.Name, header.Size, at);
            }
            else
            {
                entry = Entry(header, at);
                (longName, longSize) = (null, null);
                return true;
            }
        }
    }

    /// <summary>An entry's data, at most as many bytes as are wanted.</summary>
    public ReadOnlySpan<byte> Data(in TarEntry entry, int wanted) =>
        window.At(entry.Offset, (int)Math.Min(entry.Size, wanted));

    /// <summary>The error of what is wrong at a place of the file.</summary>
    public BnnFileException Fault(long at, string problem, string remedy = "get the file again, it is damaged") =>
        new(path, $"at byte {at}: {problem}", remedy);

    private TarEntry Entry(TarHeader header, long at)
    {
        var name = longName ?? header.Name;
        var size = longSize ?? header.Size;
        switch (header.Type)
        {
            case '0' or '5':
                Skip(name, header.Type == '0' ? size : 0, at);
                return new(name, false, at, at + TarHeader.Block, header.Type == '0' ? size : 0);
            case '1' or '2' or '3' or '4' or '6' or 'V':
                // Links, devices, pipes and the volume's label: whatever their size says, no data follow.
                position = at + TarHeader.Block;
                return new(name, header.Type is '1' or '2', at, position, 0);
            default:
                var type = char.IsAsciiLetterOrDigit(header.Type) ? $"{header.Type}" : $"0x{(int)header.Type:X2}";
                throw Fault(at, $"{name} is an entry of type {type}", "write the tar file with plain files, neither sparse nor in volumes");
        }
    }

    private ReadOnlySpan<byte> Header()
    {
        if (window.Length == 0)
        {
            throw new BnnFileException(path, "is empty", "give a tar file");
        }

        var block = window.At(position, TarHeader.Block);
        if (block.Length == TarHeader.Block)
        {
            return block;
        }

        throw position == 0
            ? NoTar($"it has {block.Length} bytes, a header alone has {TarHeader.Block}")
            : Cut(position, position >= window.Length ? "another header or the end mark is missing" : "a header is incomplete");
    }

    // Also checks that the data are there, before anything is read or memory is taken for them.
    private void Skip(string name, long size, long at)
    {
        var begin = at + TarHeader.Block;
        if (size > window.Length - begin)
        {
            throw Cut(at, $"{name} promises {size} bytes from byte {begin} on");
        }

        position = begin + (size + TarHeader.Block - 1) / TarHeader.Block * TarHeader.Block;
    }

    private void ReadExtension(TarHeader header, long at)
    {
        Skip(header.Name, header.Size, at);
        var longest = header.Type == 'L' ? LongestName : LongestPax;
        if (header.Size > longest)
        {
            throw Fault(at, $"{header.Size} bytes belong to a name; at most {longest} are read", "write the tar file with shorter names");
        }

        var data = window.At(at + TarHeader.Block, (int)header.Size);
        if (data.Length < header.Size)
        {
            throw Cut(at, "a long name is incomplete");
        }

        if (header.Type == 'L')
        {
            longName ??= TarHeader.Text(data);
        }
        else
        {
            ReadPax(data, at);
        }
    }

    // Records "30 path=train/00012.jpg\n", where the number counts the record's bytes, its own among them.
    private void ReadPax(ReadOnlySpan<byte> records, long at)
    {
        while (records.Length > 0)
        {
            var blank = records.IndexOf((byte)' ');
            if (blank < 1
                || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= blank + 1 || length > records.Length || records[length - 1] != '\n')
            {
                throw Fault(at, "a record of the pax header is damaged");
            }

            var record = records[(blank + 1)..(length - 1)];
            records = records[length..];
            var equals = record.IndexOf((byte)'=');
            ReadPax(equals < 0 ? default : record[..equals], record[(equals + 1)..], at);
        }
    }

    private void ReadPax(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long at)
    {
        if (key.SequenceEqual("path"u8))
        {
            longName = value.Length <= LongestName
                ? RawNames.Text(value)
                : throw Fault(at, $"a name has {value.Length} bytes; at most {LongestName} are read", "write the tar file with shorter names");
        }
        else if (key.SequenceEqual("size"u8))
        {
            longSize = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                ? size
                : throw Fault(at, "the pax header's size is no number from 0 on");
        }
        else if (key.StartsWith("GNU.sparse"u8))
        {
            throw Fault(at, "a file is stored as sparse", "write the tar file with plain files, neither sparse nor in volumes");
        }
    }

    private void CheckEnd()
    {
        if (longName is not null || longSize is not null)
        {
            throw Fault(position, "the end mark follows on a long name, whose file is missing");
        }

        // A header that became zeros looks like the end; then the images after it would be lost without a word.
        var limit = Math.Min(window.Length, position + LongestEnd);
        for (var at = position; at < limit; at += TarHeader.Block)
        {
            if (window.At(at, TarHeader.Block).ContainsAnyExcept((byte)0))
            {
                throw Fault(
                    position, $"the end mark, but the file goes on at byte {at}", "get the file again, or give files that were joined one by one");
            }
        }
    }

    private BnnFileException NoTar(string problem)
    {
        var isGzip = window.At(0, 2).SequenceEqual((ReadOnlySpan<byte>)[0x1F, 0x8B]);
        return isGzip
            ? new(path, "is compressed by gzip", "unpack it by gunzip, so that images can be read at any place")
            : new(path, $"is no tar file ({problem}, at byte 0)", "give a tar file, not compressed");
    }

    private BnnFileException Cut(long at, string problem) =>
        Fault(at, $"{problem}, and the file ends at byte {window.Length}", "get the file again, it is cut short");
}
