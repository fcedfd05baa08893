namespace Bnn;

/// <summary>Who decodes JPEG files.</summary>
internal enum JpegWay
{
    /// <summary>libturbojpeg where the system has it, else Skia.</summary>
    Fastest,

    /// <summary>Skia.</summary>
    Skia,
}

/// <summary>Pixels in the decoder's memory, valid until it decodes again.</summary>
/// <param name="pixels">Interleaved red, green and blue, rows without gaps.</param>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
/// <param name="part">The part that was asked for, in these pixels.</param>
internal readonly ref struct DecodedImage(ReadOnlySpan<byte> pixels, int width, int height, PixelBox part)
{
    public ReadOnlySpan<byte> Pixels { get; } = pixels;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public int Stride => 3 * Width;

    public PixelBox Part { get; } = part;
}

/// <summary>
/// Encoded images as 8-bit RGB, with the pixels of PIL's <c>Image.open(f).convert('RGB')</c>: alpha is dropped, not multiplied in; colour profiles and the
/// EXIF orientation are not applied, the latter unless the header was read so. Departures: of 16-bit grey PNG the high bytes are taken, and 16-bit grey PGM
/// is scaled, where PIL cuts off at 255; a sequential JPEG that lacks image
/// data is refused, where PIL makes the rest grey. Whether a file is read, and its pixels, do not depend on who decodes it (what libturbojpeg complains of,
/// Skia decides), on the part that is wanted, or on what was decoded before. It keeps its memory, so use one for each thread.
/// </summary>
/// <param name="way">Who decodes JPEG files.</param>
internal sealed class ImageDecoder(JpegWay way = JpegWay.Fastest)
{
    // Memory for larger images is not kept when smaller ones follow.
    private const int Kept = 64 << 20;

    private readonly bool hasTurbo = way == JpegWay.Fastest && TurboJpeg.IsThere;
    private byte[] buffer = [];
    private byte[] turned = [];

    /// <summary>Images that libturbojpeg has decoded, so that tests know that it did.</summary>
    internal long DecodedByTurbo { get; private set; }

    /// <summary>Decodes a whole image, exactly.</summary>
    /// <param name="path">Stands in errors.</param>
    /// <param name="file">The file's bytes.</param>
    /// <param name="header">Its header, of <see cref="ImageHeader.Read"/>.</param>
    /// <exception cref="BnnFileException">It cannot be decoded to its end.</exception>
    public DecodedImage Decode(string path, ReadOnlySpan<byte> file, in ImageHeader header) =>
        Decode(path, file, header, new(0, 0, header.Width, header.Height), 1);

    /// <summary>Decodes what a part of an image needs that will be scaled to a size, for training: JPEG at half, quarter or eighth size where the part is at
    /// least so many times as large as the result. All rows are decoded, so that damage is found wherever the part lies.</summary>
    /// <param name="path">Stands in errors.</param>
    /// <param name="file">The file's bytes.</param>
    /// <param name="header">Its header.</param>
    /// <param name="part">The part, in the image's pixels.</param>
    /// <param name="width">Columns that it will be scaled to.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="BnnFileException">It cannot be decoded.</exception>
    public DecodedImage DecodePart(string path, ReadOnlySpan<byte> file, in ImageHeader header, PixelBox part, int width, int height)
    {
        if (!part.IsWithin(header.Width, header.Height))
        {
            throw new ArgumentException($"{part} does not lie in {header.Width} x {header.Height} pixels", nameof(part));
        }

        var divisor = 1;
        while (header.Kind == ImageKind.Jpeg && divisor < 8 && part.Width / (2 * divisor) >= width && part.Height / (2 * divisor) >= height)
        {
            divisor *= 2;
        }

        return Decode(path, file, header, part, divisor);
    }

    private DecodedImage Decode(string path, ReadOnlySpan<byte> file, in ImageHeader header, PixelBox part, int divisor)
    {
        var (width, height) = (Divided(header.Width, divisor), Divided(header.Height, divisor));
        try
        {
            if ((Orientation.Swaps(header.Orientation) ? Stored(file, header, height, width) : Stored(file, header, width, height)) is { } problem)
            {
                throw BnnFileException.OfContent(path, problem);
            }

            return new(Turned(header.Orientation, width, height), width, height, Divided(part, divisor, width, height));
        }
        catch (OutOfMemoryException error)
        {
            throw new BnnFileException(path, "does not fit into memory", "scale it down, or use fewer threads", error);
        }
    }

    /// <summary>Decodes the image as it is stored, to so many columns and rows.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    private string? Stored(ReadOnlySpan<byte> file, in ImageHeader header, int width, int height)
    {
        if (header.Kind == ImageKind.Pnm)
        {
            Reserve(3L * width * height);
            var problem = Pnm.Read(file, out var pnm);
            pnm.Decode(file, buffer);
            return problem;
        }

        if (Turbo(file, header, width, height))
        {
            return null;
        }

        Reserve(4L * width * height);
        return SkiaDecoder.Decode(file, width, height, buffer)
            ?? (header.Kind == ImageKind.Jpeg && MayLackData(header.Jpeg, 3L * width * height) ? JpegEntropy.Read(file, header.Jpeg) : null);
    }

    private ReadOnlySpan<byte> Turned(int orientation, int width, int height)
    {
        var stored = buffer.AsSpan(0, 3 * width * height);
        if (orientation == 1)
        {
            return stored;
        }

        Reserve(ref turned, stored.Length);
        var (columns, rows) = Orientation.Swaps(orientation) ? (height, width) : (width, height);
        Orientation.Turn(stored, columns, rows, orientation, turned);
        return turned.AsSpan(0, stored.Length);
    }

    // Whether it has decoded the file; else the file is not for it, or it has a complaint.
    private bool Turbo(ReadOnlySpan<byte> file, in ImageHeader header, int width, int height)
    {
        if (!hasTurbo || header.Kind != ImageKind.Jpeg || header.Jpeg.Components is not (1 or 3))
        {
            return false;
        }

        Reserve(3L * width * height);
        var isDecoded = TurboJpeg.Decode(file, width, height, buffer);
        DecodedByTurbo += isDecoded ? 1 : 0;
        return isDecoded;
    }

    // What has no data becomes grey, and data come again only behind a restart marker. In CMYK it is not this grey.
    private bool MayLackData(in JpegStructure jpeg, long length) => jpeg.IsSequential
        && (jpeg.Components == 4 || jpeg.RestartInterval > 0 || !buffer.AsSpan((int)length - 3, 3).ContainsAnyExceptInRange((byte)126, (byte)130));

    private static int Divided(int number, int divisor) => (number + divisor - 1) / divisor;

    private static PixelBox Divided(PixelBox part, int divisor, int width, int height)
    {
        var (x, y) = ((part.X + divisor / 2) / divisor, (part.Y + divisor / 2) / divisor);
        var (right, bottom) = (Math.Min(width, (part.Right + divisor / 2) / divisor), Math.Min(height, (part.Bottom + divisor / 2) / divisor));
        return new(x, y, right - x, bottom - y);
    }

    private void Reserve(long bytes) => Reserve(ref buffer, bytes);

    private static void Reserve(ref byte[] memory, long bytes)
    {
        if (memory.Length > Kept && bytes < memory.Length / 4)
        {
            memory = [];
        }

        if (memory.Length < bytes)
        {
            // The old one is let go first, so that there are never both.
            memory = [];
            memory = GC.AllocateUninitializedArray<byte>(checked((int)bytes));
        }
    }
}
