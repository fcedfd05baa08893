using System.Buffers.Binary;
using System.Text;

namespace Bnn;

/// <summary>A pickle's bytes, one after another. No length that the file states is allocated before it is known to be there.</summary>
/// <param name="stream">The bytes, from where the pickle begins.</param>
/// <param name="length">How many bytes there are from there on.</param>
/// <param name="place">What the positions in messages are counted in, for instance <c>archive/data.pkl</c>.</param>
/// <param name="begin">The position of the first byte there.</param>
internal sealed class PickleInput(Stream stream, long length, string place, long begin)
{
    /// <summary>The longest pickle that is read. The numbers of tensors lie outside of it; one tensor takes some 200 bytes in it.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    private const int MaxLine = 1000;

    // throws for what is not UTF-8, which would silently come back as another text
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] small = new byte[256];

    /// <summary>The bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>How many bytes there can be at most.</summary>
    public long Length { get; } = Math.Min(length, MaxLength);

    public byte Byte() => Small(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Small(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Small(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Small(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Small(8));

    public double BigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Small(8));

    /// <summary>The next bytes, as an array of their own.</summary>
    public byte[] Bytes(ulong count)
    {
        var bytes = new byte[Checked(count)];
        stream.ReadExactly(bytes);
        Position += bytes.Length;
        return bytes;
    }

    /// <summary>The next bytes as UTF-8.</summary>
    public string Text(ulong count)
    {
        try
        {
            return count <= (ulong)small.Length ? Utf8.GetString(Small((int)count)) : Utf8.GetString(Bytes(count));
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("has a text that is not UTF-8", e);
        }
    }

    /// <summary>The bytes up to the end of a line, as ASCII.</summary>
    public string Line()
    {
        var line = new StringBuilder();
        for (var next = Byte(); next != '\n'; next = Byte())
        {
            if (line.Length == MaxLine)
            {
                throw new FormatException($"has a name of more than {MaxLine} letters");
            }

            line.Append((char)next);
        }

        return line.ToString();
    }

    /// <summary>A position as the end of a sentence.</summary>
    public string At(long position) => $"at byte {begin + position} of {place}";

    private ReadOnlySpan<byte> Small(int count)
    {
        var bytes = small.AsSpan(0, Checked((ulong)count));
        stream.ReadExactly(bytes);
        Position += count;
        return bytes;
    }

    private int Checked(ulong count)
    {
        if (count <= (ulong)(Length - Position))
        {
            return (int)count;
        }

        throw count <= (ulong)(length - Position)
            ? new RefusedContentException(
                $"has a pickle of more than {MaxLength} bytes", "save only the model's state_dict with torch.save")
            : new FormatException($"says that {count} bytes follow, where it has {length - Position},");
    }
}
