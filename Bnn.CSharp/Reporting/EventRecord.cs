using System.Buffers.Binary;
using System.Numerics;

namespace Bnn;

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

    /// <summary>Where the data of a file's first record are; null where its length or a checksum is wrong, or it is cut off.</summary>
    public static Range? DataOf(ReadOnlySpan<byte> file)
    {
        const int Head = sizeof(ulong) + sizeof(uint);
        if (file.Length < Head + sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(file[8..]) != Masked(Crc32C(file[..8])))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (length > (ulong)(file.Length - Head - sizeof(uint)))
        {
            return null;
        }

        var end = Head + (int)length;
        return BinaryPrimitives.ReadUInt32LittleEndian(file[end..]) == Masked(Crc32C(file[Head..end])) ? Head..end : null;
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
