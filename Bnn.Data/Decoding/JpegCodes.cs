namespace Bnn;

/// <summary>A Huffman table (ITU-T T.81, annexes C and F.2.2.3).</summary>
internal sealed class JpegCodes
{
    /// <summary>The standard's table K.3.</summary>
    public static JpegCodes BrightnessDc { get; } = Standard("00010501010101010100000000000000", "000102030405060708090A0B");

    /// <summary>Table K.4.</summary>
    public static JpegCodes ColourDc { get; } = Standard("00030101010101010101010000000000", "000102030405060708090A0B");

    /// <summary>Table K.5.</summary>
    public static JpegCodes BrightnessAc { get; } = Standard(
        "0002010303020403050504040000017D",
        "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A434445464748494A535455"
        + "565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4"
        + "D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA");

    /// <summary>Table K.6.</summary>
    public static JpegCodes ColourAc { get; } = Standard(
        "00020102040403040705040400010277",
        "000102031104052131061241510761711322328108144291A1B1C109233352F0156272D10A162434E125F11718191A262728292A35363738393A434445464748494A5354"
        + "55565758595A636465666768696A737475767778797A82838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2"
        + "D3D4D5D6D7D8D9DAE2E3E4E5E6E7E8E9EAF2F3F4F5F6F7F8F9FA");

    private readonly int[] end = new int[17];
    private readonly int[] offset = new int[17];

    // By the first 8 bits: length and value of codes up to that long; 0: longer.
    private readonly ushort[] quick = new ushort[256];
    private byte[] values = [];

    /// <summary>The 16 numbers of codes by length, and their values.</summary>
    public static JpegCodes Read(ReadOnlySpan<byte> body, out int length)
    {
        var codes = new JpegCodes();
        var (code, used) = (0, 0);
        for (var bits = 1; bits <= 16; bits++)
        {
            codes.offset[bits] = used - code;
            code += body[bits - 1];
            used += body[bits - 1];

            // All codes of this length, and all that begin with shorter ones, are below it.
            codes.end[bits] = code << (16 - bits);
            code <<= 1;
        }

        length = 16 + used;
        codes.values = body[16..Math.Min(body.Length, length)].ToArray();
        for (var first = 0u; first < 256; first++)
        {
            var (value, bits) = codes.Search(first << 8);
            codes.quick[first] = (ushort)(bits <= 8 && value >= 0 ? bits << 8 | value : 0);
        }

        return codes;
    }

    private static JpegCodes Standard(string counts, string values) => Read(Convert.FromHexString(counts + values), out _);

    /// <summary>The value whose code these 16 bits begin with, and the code's length; -1: no code.</summary>
    public (int Value, int Length) Find(uint next) =>
        quick[next >> 8] is var found and not 0 ? (found & 255, found >> 8) : Search(next);

    private (int Value, int Length) Search(uint next)
    {
        for (var bits = 1; bits <= 16; bits++)
        {
            if (next < end[bits])
            {
                var place = offset[bits] + (int)(next >> (16 - bits));
                return (place >= 0 && place < values.Length ? values[place] : -1, bits);
            }
        }

        return (-1, 16);
    }
}
