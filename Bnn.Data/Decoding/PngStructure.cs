using System.Buffers.Binary;

namespace Bnn;

/// <summary>What the chunks of a PNG file say.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="IsInterlaced">Whether it is stored in seven passes, so that decoders hold it whole.</param>
/// <param name="IsUnsupported">Whether what is wrong is not damage, but a kind of PNG that is not read.</param>
/// <param name="Orientation">EXIF's, 1 to 8; 1 where it says none.</param>
internal readonly record struct PngStructure(long Width, long Height, bool IsInterlaced, bool IsUnsupported = false, int Orientation = 1)
{
    private const int ChunkFrame = 12;

    /// <summary>Whether a file begins as PNG files do.</summary>
    public static bool Begins(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

    /// <summary>Reads all chunks, up to the last.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Read(ReadOnlySpan<byte> file, out PngStructure structure)
    {
        structure = default;
        var at = Signature.Length;
        for (var number = 0; ; number++)
        {
            if (file.Length - at < ChunkFrame)
            {
                return "ends before its last chunk";
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            var name = file.Slice(at + 4, 4);
            if (length > file.Length - at - ChunkFrame)
            {
                return "ends before its last chunk";
            }

            // Xcode writes it: blue before red, times alpha, compressed without zlib's header.
            if (number == 0 && name.SequenceEqual("CgBI"u8))
            {
                structure = new(0, 0, false, IsUnsupported: true);
                return "is Apple's own kind of PNG (a chunk CgBI before the header), which is not supported";
            }

            if (number == 0)
            {
                if (!name.SequenceEqual("IHDR"u8) || length != 13)
                {
                    return "does not begin with a PNG header";
                }

                var body = file.Slice(at + 8, 13);
                structure = new(BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(body[4..]), body[12] != 0);
            }

            if (name.SequenceEqual("eXIf"u8))
            {
                structure = structure with { Orientation = Bnn.Orientation.Of(file.Slice(at + 8, (int)length)) };
            }

            if (name.SequenceEqual("IEND"u8))
            {
                return null;
            }

            at += ChunkFrame + (int)length;
        }
    }

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];
}
