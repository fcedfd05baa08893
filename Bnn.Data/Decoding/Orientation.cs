using System.Buffers.Binary;

namespace Bnn;

/// <summary>EXIF's orientation: which of an image's edges are meant to be its top and its left (EXIF 2.3, tag 0x0112; 1 to 8, 1: as it is stored).</summary>
internal static class Orientation
{
    private const int Tag = 0x0112;

    /// <summary>Whether rows are meant to be columns.</summary>
    public static bool Swaps(int orientation) => orientation >= 5;

    /// <summary>What EXIF data say (TIFF 6.0: byte order, where the first list lies, entries of 12 bytes); 1 where they say nothing, or nothing that there is.</summary>
    public static int Of(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 8 || !(exif.StartsWith("II"u8) || exif.StartsWith("MM"u8)))
        {
            return 1;
        }

        var isLittle = exif[0] == 'I';
        var list = isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (list > exif.Length - 2)
        {
            return 1;
        }

        var entries = exif[((int)list + 2)..];
        for (var count = Short(exif[(int)list..], isLittle); count > 0 && entries.Length >= 12; count--, entries = entries[12..])
        {
            if (Short(entries, isLittle) == Tag)
            {
                return Short(entries[8..], isLittle) is >= 1 and <= 8 and var orientation ? orientation : 1;
            }
        }

        return 1;
    }

    /// <summary>Turns pixels of 3 bytes as they are meant, as PIL's <c>ImageOps.exif_transpose</c> does.</summary>
    /// <param name="stored">The pixels as they are stored.</param>
    /// <param name="width">Columns as stored.</param>
    /// <param name="height">Rows as stored.</param>
    /// <param name="orientation">2 to 8.</param>
    /// <param name="meant">Gets the pixels as they are meant.</param>
    public static void Turn(ReadOnlySpan<byte> stored, int width, int height, int orientation, Span<byte> meant)
    {
        // Where the first pixel lies, and how far it is to the next of its row and of its column.
        var (right, bottom) = (width - 1, (height - 1) * width);
        var (first, across, down) = orientation switch
        {
            2 => (right, -1, width),
            3 => (bottom + right, -1, -width),
            4 => (bottom, 1, -width),
            5 => (0, width, 1),
            6 => (bottom, -width, 1),
            7 => (bottom + right, -width, -1),
            8 => (right, width, -1),
            _ => throw OutOfRange.Of(nameof(orientation), orientation, "2 to 8 are allowed"),
        };

        var (columns, rows) = Swaps(orientation) ? (height, width) : (width, height);
        for (var (y, to) = (0, 0); y < rows; y++)
        {
            var from = first + y * down;
            for (var x = 0; x < columns; x++, from += across, to += 3)
            {
                stored.Slice(3 * from, 3).CopyTo(meant[to..]);
            }
        }
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
