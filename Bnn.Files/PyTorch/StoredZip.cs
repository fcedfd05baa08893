using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;

namespace Bnn;

/// <summary>
/// Writes zip files as PyTorch has them: entries as they are, each beginning at a multiple of 64 bytes, so that it can be mapped
/// into memory. .NET's writer cannot align. Layout: PKWARE's APPNOTE.TXT, 4.3; the padding is in an extra field of id "FB", as in PyTorch's files.
/// </summary>
internal static class StoredZip
{
    private const int Alignment = 64;
    private const int LocalHeader = 30;
    private const ushort Utf8Names = 1 << 11;
    private const ushort Version = 20;
    private const ushort VersionOf64 = 45;
    private const ushort FirstDay = (1 << 5) | 1; // 1 January 1980, so that bytes do not depend on the clock

    /// <summary>Writes the entries, in their order, to the stream from its begin.</summary>
    public static void Write(Stream stream, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Bytes)> entries)
    {
        var position = 0L;
        using var directory = new MemoryStream();
        foreach (var (text, bytes) in entries)
        {
            var name = Encoding.UTF8.GetBytes(text);
            var crc = Checksum(bytes);
            Central(directory, name, crc, (uint)bytes.Length, position);
            var begin = position + LocalHeader + name.Length + 4;
            var padding = (int)((Alignment - (begin % Alignment)) % Alignment);
            Put32(stream, 0x04034B50);
            Put16(stream, Version, Utf8Names, 0, 0, FirstDay);
            Put32(stream, crc, (uint)bytes.Length, (uint)bytes.Length);
            Put16(stream, (ushort)name.Length, (ushort)(padding + 4));
            stream.Write(name);
            stream.Write("FB"u8);
            Put16(stream, (ushort)padding);
            stream.Write(new byte[padding]);
            stream.Write(bytes.Span);
            position = begin + padding + bytes.Length;
        }

        stream.Write(directory.GetBuffer(), 0, (int)directory.Length);
        End(stream, entries.Count, directory.Length, position);
    }

    private static void Central(MemoryStream directory, byte[] name, uint crc, uint size, long position)
    {
        var far = position >= uint.MaxValue;
        Put32(directory, 0x02014B50);
        Put16(directory, far ? VersionOf64 : Version, far ? VersionOf64 : Version, Utf8Names, 0, 0, FirstDay);
        Put32(directory, crc, size, size);
        Put16(directory, (ushort)name.Length, (ushort)(far ? 12 : 0), 0, 0, 0);
        Put32(directory, 0, far ? uint.MaxValue : (uint)position);
        directory.Write(name);
        if (far)
        {
            Put16(directory, 1, 8);
            Put64(directory, position);
        }
    }

    private static void End(Stream stream, long count, long size, long position)
    {
        if (count >= ushort.MaxValue || position >= uint.MaxValue)
        {
            Put32(stream, 0x06064B50);
            Put64(stream, 44);
            Put16(stream, VersionOf64, VersionOf64);
            Put32(stream, 0, 0);
            Put64(stream, count, count, size, position);
            Put32(stream, 0x07064B50, 0);
            Put64(stream, position + size);
            Put32(stream, 1);
        }

        var shown = (ushort)Math.Min(count, ushort.MaxValue);
        Put32(stream, 0x06054B50);
        Put16(stream, 0, 0, shown, shown);
        Put32(stream, (uint)size, (uint)Math.Min(position, uint.MaxValue));
        Put16(stream, 0);
    }

    private static uint Checksum(ReadOnlyMemory<byte> bytes)
    {
        var checksum = new Crc32();
        checksum.Update(MemoryMarshal.TryGetArray(bytes, out var segment) ? segment : new ArraySegment<byte>(bytes.ToArray()));
        return (uint)checksum.Value;
    }

    private static void Put16(Stream stream, params ReadOnlySpan<ushort> values)
    {
        Span<byte> bytes = stackalloc byte[2];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
            stream.Write(bytes);
        }
    }

    private static void Put32(Stream stream, params ReadOnlySpan<uint> values)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            stream.Write(bytes);
        }
    }

    private static void Put64(Stream stream, params ReadOnlySpan<long> values)
    {
        Span<byte> bytes = stackalloc byte[8];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            stream.Write(bytes);
        }
    }
}
