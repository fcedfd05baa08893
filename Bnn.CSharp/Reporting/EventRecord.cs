using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Bnn;

/// <summary>A message in protocol buffers' encoding; as much of it as TensorBoard's events need.</summary>
internal sealed class ProtoMessage
{
    private const int Varint = 0;
    private const int EightBytes = 1;
    private const int LengthFirst = 2;
    private const int FourBytes = 5;

    private readonly MemoryStream bytes = new();

    public ProtoMessage Whole(int field, long value) => Key(field, Varint).Number((ulong)value);

    public ProtoMessage Double(int field, double value)
    {
        Key(field, EightBytes);
        return Raw(BitConverter.DoubleToUInt64Bits(value), sizeof(double));
    }

    public ProtoMessage Single(int field, float value)
    {
        Key(field, FourBytes);
        return Raw(BitConverter.SingleToUInt32Bits(value), sizeof(float));
    }

    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.ToArray());

    /// <summary>Numbers in one run, without a key each.</summary>
    public ProtoMessage Doubles(int field, IReadOnlyCollection<double> values)
    {
        Key(field, LengthFirst).Number((ulong)values.Count * sizeof(double));
        foreach (var value in values)
        {
            Raw(BitConverter.DoubleToUInt64Bits(value), sizeof(double));
        }

        return this;
    }

    public byte[] ToArray() => bytes.ToArray();

    private ProtoMessage Bytes(int field, byte[] value)
    {
        Key(field, LengthFirst).Number((ulong)value.Length);
        bytes.Write(value);
        return this;
    }

    private ProtoMessage Key(int field, int kind) => Number((ulong)(field << 3 | kind));

    private ProtoMessage Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.WriteByte((byte)(value | 0x80));
        }

        bytes.WriteByte((byte)value);
        return this;
    }

    private ProtoMessage Raw(ulong bits, int count)
    {
        for (var k = 0; k < count; k++)
        {
            bytes.WriteByte((byte)(bits >> (8 * k)));
        }

        return this;
    }
}

/// <summary>The frame of TFRecord files: length, its checksum, the data, their checksum.</summary>
internal static class EventRecord
{
    // so that the checksum of data that hold checksums is not a trivial one
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>A record with these data.</summary>
    public static byte[] Of(ReadOnlySpan<byte> data)
    {
        var record = new byte[sizeof(ulong) + sizeof(uint) + data.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Masked(Crc32C(record.AsSpan(0, 8))));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Masked(Crc32C(data)));
        return record;
    }

    /// <summary>CRC-32C (Castagnoli), as in RFC 3720, appendix B.4.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    private static uint Masked(uint crc) => BitOperations.RotateRight(crc, 15) + MaskDelta;
}
