namespace Bnn;

/// <summary>
/// A binary PGM or PPM file (netpbm's P5 and P6). Its pixels are those of PIL: where the largest value is not 255, values are scaled by it and rounded
/// half to even. Departure: of 16-bit grey the values are scaled to 8 bits, as those of 16-bit colour are, where PIL cuts off at 255.
/// </summary>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Largest">The value of white, 1 to 65535; above 255 values have two bytes, the higher first.</param>
/// <param name="Start">Where the pixels begin.</param>
internal readonly record struct Pnm(int Channels, long Width, long Height, int Largest, int Start)
{
    // As PIL, which reads no longer numbers.
    private const int MostDigits = 10;

    /// <summary>Whether a file begins as these do; two letters begin many a text.</summary>
    public static bool Begins(ReadOnlySpan<byte> file)
    {
        if (file.Length < 4 || file[0] != 'P' || file[1] is not ((byte)'5' or (byte)'6') || !IsBlank(file[2]))
        {
            return false;
        }

        var at = 3;
        while (at < file.Length && IsBlank(file[at]))
        {
            at++;
        }

        return at < file.Length && file[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'#';
    }

    /// <summary>Whether a file begins as netpbm's other kinds do: as text, with a bit a pixel, with alpha, with fractions.</summary>
    public static bool BeginsAsOther(ReadOnlySpan<byte> file) =>
        file.Length > 3 && file[0] == 'P' && file[1] is (byte)'1' or (byte)'2' or (byte)'3' or (byte)'4' or (byte)'7' or (byte)'f' or (byte)'F' && IsBlank(file[2]);

    /// <summary>Reads the header, and checks that the pixels are there.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Read(ReadOnlySpan<byte> file, out Pnm pnm)
    {
        pnm = default;
        var at = 2;
        if (Number(file, ref at) is not { } width || Number(file, ref at) is not { } height || Number(file, ref at) is not { } largest)
        {
            return "its header does not hold columns, rows and largest value";
        }

        if (largest is < 1 or > ushort.MaxValue)
        {
            return $"its largest value is {largest}, not within 1..{ushort.MaxValue}";
        }

        pnm = new(file[1] == '5' ? 1 : 3, width, height, (int)largest, at);
        var wanted = (Int128)width * height * pnm.Channels * pnm.SampleBytes;
        return wanted > file.Length - at ? $"holds {file.Length - at} bytes of pixels, not {wanted}" : null;
    }

    /// <summary>Writes the pixels, 3 bytes each.</summary>
    public void Decode(ReadOnlySpan<byte> file, Span<byte> pixels)
    {
        var count = (int)(Width * Height);
        if (Largest == byte.MaxValue && Channels == 3)
        {
            file.Slice(Start, 3 * count).CopyTo(pixels);
            return;
        }

        for (var k = 0; k < count; k++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                pixels[3 * k + channel] = Sample(file, Channels * k + channel % Channels);
            }
        }
    }

    private int SampleBytes => Largest > byte.MaxValue ? 2 : 1;

    private byte Sample(ReadOnlySpan<byte> file, int number)
    {
        var at = Start + number * SampleBytes;
        var value = SampleBytes == 1 ? file[at] : file[at] << 8 | file[at + 1];
        return Largest == byte.MaxValue ? (byte)value : (byte)Math.Min(255, Math.Round(value / (double)Largest * 255, MidpointRounding.ToEven));
    }

    // A comment may stand anywhere and goes to its line's end; one blank ends a number, and behind the last the pixels begin.
    private static long? Number(ReadOnlySpan<byte> file, ref int at)
    {
        var (number, digits) = (0L, 0);
        while (at < file.Length)
        {
            var next = file[at++];
            if (next == '#')
            {
                while (at < file.Length && file[at++] is not ((byte)'\r' or (byte)'\n'))
                {
                }
            }
            else if (!IsBlank(next))
            {
                if (next is < (byte)'0' or > (byte)'9' || ++digits > MostDigits)
                {
                    return null;
                }

                number = 10 * number + (next - '0');
            }
            else if (digits > 0)
            {
                return number;
            }
        }

        return digits > 0 ? number : null;
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');
}
