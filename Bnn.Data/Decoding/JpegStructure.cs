namespace Bnn;

/// <summary>What the markers of a JPEG file say. Decoders paper over a file that was cut or whose bytes were lost, by grey; its markers tell.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Components">1 for grey, 3 for colour, 4 for CMYK.</param>
/// <param name="IsSequential">Baseline or extended sequential, Huffman-coded, with all components in one scan: rows come one after another.</param>
/// <param name="BlockHeight">Rows of pixels that are coded together.</param>
/// <param name="BlockWidth">Columns of pixels that are coded together.</param>
/// <param name="Coefficients">Numbers of all components together, which decoders hold at once unless the file is sequential.</param>
/// <param name="RestartInterval">Blocks of all components between two restart markers in the last scan; 0: no such markers.</param>
/// <param name="IsUnsupported">Whether what is wrong is not damage, but a kind of JPEG that is not read.</param>
internal readonly record struct JpegStructure(
    int Width, int Height, int Components, bool IsSequential, int BlockHeight, int BlockWidth, long Coefficients, int RestartInterval,
    bool IsUnsupported)
{
    /// <summary>Whether a file begins as JPEG files do.</summary>
    public static bool Begins(ReadOnlySpan<byte> file) => file is [0xFF, JpegMarker.Start, 0xFF, ..];

    /// <summary>Reads all markers to the end of the image, whatever follows it.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Read(ReadOnlySpan<byte> file, out JpegStructure structure)
    {
        var scan = new JpegScanner(file);
        var problem = scan.Run();
        structure = scan.Structure;
        return problem;
    }
}

/// <summary>The second bytes of markers (ITU-T T.81, table B.1).</summary>
internal static class JpegMarker
{
    public const byte Baseline = 0xC0;
    public const byte Extended = 0xC1;
    public const byte Progressive = 0xC2;
    public const byte Huffman = 0xC4;
    public const byte ArithmeticSequential = 0xC9;
    public const byte ArithmeticProgressive = 0xCA;
    public const byte Arithmetic = 0xCC;
    public const byte FirstRestart = 0xD0;
    public const byte LastRestart = 0xD7;
    public const byte Start = 0xD8;
    public const byte End = 0xD9;
    public const byte Scan = 0xDA;
    public const byte Lines = 0xDC;
    public const byte RestartInterval = 0xDD;

    /// <summary>The frame header of JPEG-LS (ITU-T T.87), which begins as JPEG does.</summary>
    public const byte Lossless = 0xF7;

    /// <summary>The next marker's code, whatever bytes precede it: libjpeg passes over all but FF and a code, and over FF 00.</summary>
    /// <returns>False: there is none.</returns>
    public static bool Next(ReadOnlySpan<byte> file, ref int at, out byte code)
    {
        code = 0;
        while (code is 0 or 0xFF)
        {
            var found = at < file.Length ? file[at..].IndexOf((byte)0xFF) : -1;
            if (found < 0 || at + found + 1 >= file.Length)
            {
                at = file.Length;
                return false;
            }

            at += found + 1;
            code = file[at];
            at += code == 0xFF ? 0 : 1;
        }

        return true;
    }

    /// <summary>A restart marker, which has no length.</summary>
    public static bool IsRestart(byte code) => code is >= FirstRestart and <= LastRestart;

    /// <summary>A frame header: C0 to CF without the three that are something else.</summary>
    public static bool IsFrame(byte code) => code is >= 0xC0 and <= 0xCF and not (Huffman or 0xC8 or Arithmetic);

    /// <summary>One that is followed by its length: tables, frames, scans, application data, comments.</summary>
    public static bool HasLength(byte code) => code is (>= 0xC0 and <= 0xCF and not 0xC8) or (>= 0xDA and <= 0xDF) or (>= 0xE0 and <= 0xEF) or 0xFE;
}
