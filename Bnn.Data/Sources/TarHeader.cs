using System.Runtime.CompilerServices;

namespace Bnn;

/// <summary>What a tar header says. Layout: POSIX.1-1988's ustar, with GNU's and v7's departures.</summary>
/// <param name="Type">The type flag; a regular file's, of which there are three, is '0'.</param>
/// <param name="Size">The bytes of data that the header promises, not negative.</param>
/// <param name="Name">The name, of at most 255 bytes.</param>
internal readonly record struct TarHeader(char Type, long Size, string Name)
{
    /// <summary>A header's bytes; data fill whole blocks of the same size.</summary>
    public const int Block = 512;

    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;
    private const int TypeAt = 156;
    private const int MagicAt = 257;
    private const int PrefixAt = 345;
    private const int PrefixLength = 155;

    /// <summary>Reads a header, or says in <paramref name="problem"/> why it is none.</summary>
    public static TarHeader Read(ReadOnlySpan<byte> block, out string? problem)
    {
        problem = null;
        if (!IsChecksum(block))
        {
            problem = "the header's checksum is wrong";
            return default;
        }

        if (Number(block.Slice(SizeAt, SizeLength)) is not { } size)
        {
            problem = "the header's size is no number from 0 on";
            return default;
        }

        var name = Text(block[..100]);
        // GNU's own headers have times where ustar has the prefix; their magic is "ustar" and two blanks.
        var prefix = block.Slice(MagicAt, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(PrefixAt, PrefixLength)) : "";
        var type = (char)block[TypeAt] is '\0' or '7' ? '0' : (char)block[TypeAt];
        return new(type, size, prefix.Length > 0 ? $"{prefix}/{name}" : name);
    }

    /// <summary>The bytes before the first zero, as UTF-8; what is not is escaped, so that names that differ stay different.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return RawNames.Text(end < 0 ? field : field[..end]);
    }

    private static bool IsChecksum(ReadOnlySpan<byte> block)
    {
        var field = block.Slice(ChecksumAt, ChecksumLength);
        var said = Octal(field);
        // The checksum's own field counts as blanks. Some old writers added signed bytes.
        const int Blanks = ChecksumLength * ' ';
        return said == Sum(block) - Sum(field) + Blanks || said == SignedSum(block) - SignedSum(field) + Blanks;
    }

    // Optimized at once: the first tar file of a process has a hundred thousand headers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        foreach (var value in bytes)
        {
            sum += value;
        }

        return sum;
    }

    private static int SignedSum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        foreach (var value in bytes)
        {
            sum += (sbyte)value;
        }

        return sum;
    }

    // Octal digits, or, where the first bit is set, GNU's signed 95-bit number, the highest byte first.
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) == 0)
        {
            return Octal(field);
        }

        if (field[0] != 0x80)
        {
            return null;
        }

        UInt128 number = 0;
        foreach (var value in field[1..])
        {
            number = (number << 8) | value;
        }

        return number <= long.MaxValue ? (long)number : null;
    }

    private static long? Octal(ReadOnlySpan<byte> field)
    {
        var digits = field.Trim(" \0"u8);
        var number = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            number = number * 8 + (digit - '0');
        }

        return number;
    }
}
