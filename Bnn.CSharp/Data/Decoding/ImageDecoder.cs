using System.Buffers.Binary;

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
/// <param name="height">Rows that there are, down to the part's end at least.</param>
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
/// EXIF orientation are not applied. Departure: of 16-bit grey PNG the high bytes are taken, where PIL cuts off at 255. Whether a file is read does not
/// depend on who decodes it: what libturbojpeg complains of, Skia decides. It keeps its memory, so use one for each thread.
/// </summary>
/// <param name="way">Who decodes JPEG files.</param>
internal sealed class ImageDecoder(JpegWay way = JpegWay.Fastest) : IDisposable
{
    // Memory for larger images is not kept when smaller ones follow.
    private const int Kept = 64 << 20;
    private const string Again = "get the file again, it is damaged";

    private readonly TurboJpeg? turbo = way == JpegWay.Fastest && TurboJpeg.IsThere ? new() : null;
    private byte[] buffer = [];
    private byte[] shortened = [];

    /// <summary>Images that libturbojpeg has decoded, so that tests know that it did.</summary>
    internal long DecodedByTurbo { get; private set; }

    /// <summary>Decodes a whole image, exactly.</summary>
    /// <param name="path">Stands in errors.</param>
    /// <param name="file">The file's bytes.</param>
    /// <param name="header">Its header, of <see cref="ImageHeader.Read"/>.</param>
    /// <exception cref="BnnFileException">It cannot be decoded to its end.</exception>
    public DecodedImage Decode(string path, ReadOnlySpan<byte> file, in ImageHeader header) =>
        Decode(path, file, header, new(0, 0, header.Width, header.Height), 1);

    /// <summary>Decodes what a part of an image needs that will be scaled to a size, for training: of JPEG no rows below it where they can be left out, and
    /// at half, quarter or eighth size where the part is at least so many times as large as the result.</summary>
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

    public void Dispose() => turbo?.Dispose();

    private DecodedImage Decode(string path, ReadOnlySpan<byte> file, in ImageHeader header, PixelBox part, int divisor)
    {
        var (width, height) = (Divided(header.Width, divisor), Divided(header.Height, divisor));
        try
        {
            var rows = Turbo(file, header, part, divisor);
            if (rows == 0)
            {
                rows = Divided(Rows(header, part.Bottom), divisor);
                Reserve(4L * width * rows);
                var problem = SkiaDecoder.Decode(file, width, height, rows, buffer);
                if (problem is null && header.Kind == ImageKind.Jpeg && MayLackData(header.Jpeg, 3L * width * rows))
                {
                    problem = JpegEntropy.Read(file, header.Jpeg);
                }

                if (problem is not null)
                {
                    throw new BnnFileException(path, problem, Again);
                }
            }

            return new(buffer.AsSpan(0, 3 * width * rows), width, rows, Divided(part, divisor, width, rows));
        }
        catch (OutOfMemoryException error)
        {
            throw new BnnFileException(path, "does not fit into memory", "scale it down, or use fewer threads", error);
        }
    }

    // The rows that it has decoded; 0: the file is not for it, or it has a complaint.
    private int Turbo(ReadOnlySpan<byte> file, in ImageHeader header, PixelBox part, int divisor)
    {
        if (turbo is null || header.Kind != ImageKind.Jpeg || header.Jpeg.Components is not (1 or 3))
        {
            return 0;
        }

        // It cannot stop early. But of a file that says a smaller height it decodes only so many rows, and then complains that data are left over. One more
        // row of blocks, because colour is interpolated between rows.
        var jpeg = header.Jpeg;
        var wanted = Rows(header, part.Bottom) + jpeg.BlockHeight;
        var isShort = wanted < header.Height && !jpeg.HasStuffing && jpeg.RestartInterval == 0 && jpeg.IsSequential;
        if (!isShort)
        {
            wanted = header.Height;
        }
        else
        {
            Grow(ref shortened, file.Length);
            file.CopyTo(shortened);
            BinaryPrimitives.WriteUInt16BigEndian(shortened.AsSpan(jpeg.HeightAt), (ushort)wanted);
            file = shortened.AsSpan(0, file.Length);
        }

        var (width, rows) = (Divided(header.Width, divisor), Divided(wanted, divisor));
        Reserve(3L * width * rows);
        if (!turbo.Decode(file, width, rows, buffer) && !(isShort && turbo.Complaint.Contains("extraneous bytes before marker", StringComparison.Ordinal)))
        {
            return 0;
        }

        DecodedByTurbo++;
        return rows;
    }

    // Whole blocks: they are decoded as such anyway.
    private static int Rows(in ImageHeader header, int bottom) => header.Kind == ImageKind.Jpeg && header.Jpeg.IsSequential
        ? Math.Min(header.Height, Divided(bottom, header.Jpeg.BlockHeight) * header.Jpeg.BlockHeight)
        : header.Height;

    // What has no data becomes grey, and data come again only behind a restart marker. In CMYK it is not this grey.
    private bool MayLackData(in JpegStructure jpeg, long length) => jpeg.IsSequential
        && (jpeg.Components == 4 || jpeg.RestartInterval > 0 || !buffer.AsSpan((int)length - 3, 3).ContainsAnyExceptInRange((byte)126, (byte)130));

    private static int Divided(int number, int divisor) => (number + divisor - 1) / divisor;

    private static PixelBox Divided(PixelBox part, int divisor, int width, int rows)
    {
        var (x, y) = ((part.X + divisor / 2) / divisor, (part.Y + divisor / 2) / divisor);
        var (right, bottom) = (Math.Min(width, (part.Right + divisor / 2) / divisor), Math.Min(rows, (part.Bottom + divisor / 2) / divisor));
        return new(x, y, right - x, bottom - y);
    }

    private void Reserve(long bytes)
    {
        if (buffer.Length > Kept && bytes < buffer.Length / 4)
        {
            buffer = [];
        }

        Grow(ref buffer, checked((int)bytes));
    }

    private static void Grow(ref byte[] memory, int bytes)
    {
        if (memory.Length < bytes)
        {
            // The old one is let go first, so that there are never both.
            memory = [];
            memory = GC.AllocateUninitializedArray<byte>(bytes);
        }
    }
}
