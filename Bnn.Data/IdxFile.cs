using System.Buffers.Binary;
using System.IO.Compression;

namespace Bnn;

/// <summary>What an IDX file holds; the number is its count of dimensions, the last byte of the magic number.</summary>
internal enum IdxKind
{
    Labels = 1,
    Images = 3,
}

/// <summary>The file of labels that goes with a file of images.</summary>
internal sealed record IdxCompanion(string Name, int Count);

/// <summary>One IDX file, read so that no header makes it take more memory than the file's content.</summary>
internal static class IdxFile
{
    private const int FirstStep = 1 << 16;
    private const string Damaged = "get the file again, it is damaged";

    // No stream of deflate, the method of gzip, expands by more than this.
    private const int LargestExpansion = 1032;

    /// <summary>The sizes, all positive, and the bytes they promise.</summary>
    public static (int[] Sizes, byte[] Body) Read(Stream stream, string name, IdxKind kind, IdxCompanion? other)
    {
        try
        {
            if (!IsGzip(stream, name))
            {
                return Read(stream, null, stream.Length, name, kind, other);
            }

            using var content = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            return Read(content, stream, stream.Length * LargestExpansion, name, kind, other);
        }
        catch (InvalidDataException error)
        {
            // Not its message: of a wrong checksum .NET says "unsupported compression method".
            throw new BnnFileException(name, "its gzip data are damaged", Damaged, error);
        }
        catch (IOException error) when (error is not BnnFileException)
        {
            throw new BnnFileException(
                name, $"cannot be read ({error.Message})", "see whether other programs can read it", error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or NotSupportedException)
        {
            throw new BnnFileException(name, $"cannot be read ({error.Message})", "give a plain file", error);
        }
        catch (OutOfMemoryException error)
        {
            throw new BnnFileException(name, "does not fit into memory", "use a smaller set", error);
        }
    }

    private static (int[] Sizes, byte[] Body) Read(
        Stream content, Stream? gzip, long largest, string name, IdxKind kind, IdxCompanion? other)
    {
        Span<byte> header = stackalloc byte[4 + 4 * (int)kind];
        var have = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        var sizes = Sizes(header, have, name, kind);
        if (other is not null && other.Count != sizes[0])
        {
            throw new BnnFileException(
                name,
                $"promises {sizes[0]} images, but {other.Name} holds {other.Count} labels",
                "use the two files of one set");
        }

        var promised = Promised(sizes, header.Length, name);
        if (promised > largest)
        {
            throw new BnnFileException(
                name,
                gzip is null
                    ? $"holds {largest} bytes, but its header promises {promised} bytes"
                    : $"its header promises {promised} bytes, more than {gzip.Length} bytes of gzip can hold",
                Damaged);
        }

        var body = new byte[Math.Min(promised - header.Length, FirstStep)];
        while (true)
        {
            var filled = have - header.Length;
            have += content.ReadAtLeast(body.AsSpan(filled), body.Length - filled, throwOnEndOfStream: false);
            if (have == promised)
            {
                break;
            }

            if (have < header.Length + body.Length)
            {
                throw new BnnFileException(
                    name, $"holds {have} bytes, but its header promises {promised} bytes", Damaged);
            }

            // Grows with what was really there: a gzip may promise a thousand times its own length.
            Array.Resize(ref body, (int)Math.Min(promised - header.Length, 2L * body.Length));
        }

        // Reading past the end also makes GZipStream compare the checksum.
        if (content.ReadByte() >= 0)
        {
            throw new BnnFileException(name, $"goes on after the {promised} bytes that its header promises", Damaged);
        }

        return gzip is null || EndsWithSize(gzip, promised)
            ? (sizes, body)
            : throw new BnnFileException(
                name, "its gzip data lack their end, or something follows them", "get the file again, or gzip it anew");
    }

    private static bool IsGzip(Stream stream, string name)
    {
        Span<byte> mark = stackalloc byte[2];
        var have = stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return have > 0
            ? have == mark.Length && mark[0] == 0x1F && mark[1] == 0x8B
            : throw new BnnFileException(name, "is empty", "get the file again");
    }

    // GZipStream accepts a trailer cut short, and anything after it. The trailer ends with the size of the content.
    private static bool EndsWithSize(Stream stream, int size)
    {
        Span<byte> end = stackalloc byte[4];
        stream.Seek(-end.Length, SeekOrigin.End);
        stream.ReadExactly(end);
        return BinaryPrimitives.ReadInt32LittleEndian(end) == size;
    }

    private static int[] Sizes(ReadOnlySpan<byte> header, int have, string name, IdxKind kind)
    {
        if (have >= 4)
        {
            CheckMagic(header[..4], name, kind);
        }

        if (have < header.Length)
        {
            throw new BnnFileException(
                name, $"holds {have} bytes, but the header of {Text(kind)} alone has {header.Length} bytes", Damaged);
        }

        var sizes = new int[(int)kind];
        for (var i = 0; i < sizes.Length; i++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * i)..]);
            sizes[i] = size is > 0 and <= int.MaxValue
                ? (int)size
                : throw new BnnFileException(
                    name, $"its header says {size} {(i == 0 ? Text(kind) : i == 1 ? "rows" : "columns")}", Damaged);
        }

        return sizes;
    }

    private static void CheckMagic(ReadOnlySpan<byte> magic, string name, IdxKind kind)
    {
        var number = BinaryPrimitives.ReadUInt32BigEndian(magic);
        var wanted = 0x0800u + (uint)kind;
        if (number == wanted)
        {
            return;
        }

        var problem = number switch
        {
            0x0801 => "holds labels",
            0x0803 => "holds images",
            <= 0xFFFF when magic[3] == (int)kind => $"holds elements of {ElementText(magic[2])}",
            _ => "is not an IDX file of " + Text(kind),
        };
        throw new BnnFileException(
            name,
            $"{problem} (magic number 0x{number:X8})",
            $"give an IDX file of {Text(kind)} as unsigned bytes (magic number 0x{wanted:X8})");
    }

    private static int Promised(int[] sizes, int header, string name)
    {
        UInt128 bytes = 1;
        foreach (var size in sizes)
        {
            bytes *= (UInt128)size;
        }

        bytes += (UInt128)header;
        return bytes <= (UInt128)Array.MaxLength
            ? (int)bytes
            : throw new BnnFileException(
                name, $"its header promises {bytes} bytes; at most {Array.MaxLength} can be read", "use a smaller set");
    }

    private static string Text(IdxKind kind) => kind == IdxKind.Images ? "images" : "labels";

    private static string ElementText(byte type) => type switch
    {
        0x09 => "signed bytes",
        0x0B => "16-bit integers",
        0x0C => "32-bit integers",
        0x0D => "32-bit floats",
        0x0E => "64-bit floats",
        _ => $"unknown type 0x{type:X2}",
    };
}
