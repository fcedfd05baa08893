using System.Runtime.Intrinsics;
using SkiaSharp;

namespace Bnn;

/// <summary>Decoding by Skia. Without a colour space and without premultiplied alpha its pixels are those of PIL's <c>convert('RGB')</c>.</summary>
internal static unsafe class SkiaDecoder
{
    /// <summary>The size that a file's header says; null: Skia does not read the file.</summary>
    public static (int Width, int Height)? Size(ReadOnlySpan<byte> file)
    {
        fixed (byte* first = file)
        {
            using var data = SKData.Create((nint)first, file.Length);
            using var codec = SKCodec.Create(data);
            return codec is null ? null : (codec.Info.Width, codec.Info.Height);
        }
    }

    /// <summary>The EXIF orientation, 1 to 8; 1 where the file says none. That of PNG is not read.</summary>
    public static int Orientation(ReadOnlySpan<byte> file)
    {
        fixed (byte* first = file)
        {
            using var data = SKData.Create((nint)first, file.Length);
            using var codec = SKCodec.Create(data);
            return codec is null ? 1 : (int)codec.EncodedOrigin;
        }
    }

    /// <summary>Decodes a whole image.</summary>
    /// <param name="file">The file.</param>
    /// <param name="width">The image's columns, or ceil(columns / 2, 4 or 8) for JPEG.</param>
    /// <param name="height">Its rows, likewise.</param>
    /// <param name="buffer">4 x width x height bytes, of which the first three quarters get the pixels, 3 bytes each.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Decode(ReadOnlySpan<byte> file, int width, int height, Span<byte> buffer)
    {
        OutOfRange.ThrowIfLess(buffer.Length, 4L * width * height, nameof(buffer));
        fixed (byte* first = file, pixels = buffer)
        {
            using var data = SKData.Create((nint)first, file.Length);
            using var codec = SKCodec.Create(data);
            if (codec is null)
            {
                return "cannot be decoded";
            }

            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, null);

            // The memory holds the image before: without this said, what is transparent would not be written.
            var result = codec.GetPixels(info, (nint)pixels, info.RowBytes, new SKCodecOptions(SKZeroInitialized.No));
            if (result != SKCodecResult.Success)
            {
                return $"cannot be decoded to its end ({result})";
            }

            DropAlpha(pixels, (long)width * height);
            return null;
        }
    }

    // In place: what is written never overtakes what is read.
    private static void DropAlpha(byte* pixels, long count)
    {
        var i = 0L;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 4 <= count; i += 4)
            {
                Vector128.Shuffle(Vector128.Load(pixels + 4 * i), Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255))
                    .Store(pixels + 3 * i);
            }
        }

        for (; i < count; i++)
        {
            var (red, green, blue) = (pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]);
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = (red, green, blue);
        }
    }
}
