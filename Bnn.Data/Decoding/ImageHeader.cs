using System.Buffers.Binary;

namespace Bnn;

/// <summary>The kinds of image files that are read.</summary>
internal enum ImageKind
{
    Jpeg,
    Png,
    Bmp,
    WebP,
    Pnm,
}

/// <summary>What an image file says of itself, read before anything is decoded.</summary>
/// <param name="Kind">Told by its first bytes, not by its name.</param>
/// <param name="Width">Columns, at least 1, of the image as it is meant.</param>
/// <param name="Height">Rows, at least 1, of the image as it is meant.</param>
/// <param name="Jpeg">A JPEG file's markers.</param>
/// <param name="Orientation">How the image is turned before it is used, 1 to 8; 1: not at all.</param>
internal readonly record struct ImageHeader(ImageKind Kind, int Width, int Height, JpegStructure Jpeg, int Orientation = 1)
{
    /// <summary>The most pixels of one image.</summary>
    public const long MostPixels = 100_000_000;

    /// <summary>The most bytes that decoding one image may take.</summary>
    public const long MostBytes = 500_000_000;

    private const string Save = "save it again, as a baseline or progressive JPEG of 8 bits a channel";
    private const string SavePng = "save it again, as an ordinary PNG (pngcrush -revert-iphone-optimizations)";
    private const string SavePnm = "save it again, as binary PGM or PPM (P5, P6) or as PNG";

    /// <summary>How many first bytes tell a kind.</summary>
    public const int KindBytes = 18;

    /// <summary>The kind of image that first bytes are those of, whatever the file is called; null: none.</summary>
    public static ImageKind? KindOf(ReadOnlySpan<byte> file) =>
        JpegStructure.Begins(file) ? ImageKind.Jpeg
        : PngStructure.Begins(file) ? ImageKind.Png
        : file is [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] ? ImageKind.WebP

        // Two letters begin many a text: the length of one of BMP's headers follows later.
        : file.Length >= KindBytes && file.StartsWith("BM"u8) && BinaryPrimitives.ReadUInt32LittleEndian(file[14..]) is 12 or 16 or 40 or 52 or 56 or 64 or 108 or 124
            ? ImageKind.Bmp
        : Pnm.Begins(file) ? ImageKind.Pnm
        : null;

    /// <summary>Reads a file's header and checks that it is whole as far as its structure tells.</summary>
    /// <param name="path">Stands in errors.</param>
    /// <param name="file">The file's bytes.</param>
    /// <param name="isTurned">Whether the image is turned as its EXIF orientation says.</param>
    /// <exception cref="BnnFileException">It is no such file, is damaged or too large.</exception>
    public static ImageHeader Read(string path, ReadOnlySpan<byte> file, bool isTurned = false)
    {
        var header = ReadStored(path, file);
        var orientation = (isTurned, header.Kind) switch
        {
            (false, _) or (_, ImageKind.Pnm) => 1,
            (_, ImageKind.Png) => header.Orientation,
            _ => SkiaDecoder.Orientation(file),
        };
        return Bnn.Orientation.Swaps(orientation)
            ? header with { Orientation = orientation, Width = header.Height, Height = header.Width }
            : header with { Orientation = orientation };
    }

    private static ImageHeader ReadStored(string path, ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
        {
            throw BnnFileException.OfContent(path, "is empty", "get the file again");
        }

        if (JpegStructure.Begins(file))
        {
            var problem = JpegStructure.Read(file, out var jpeg);

            // Of a file that is both damaged and too large, the size is said.
            CheckSize(path, jpeg.Width, jpeg.Height, jpeg.IsSequential ? 0 : 2 * jpeg.Coefficients, problem is null);
            return problem is null ? new(ImageKind.Jpeg, jpeg.Width, jpeg.Height, jpeg)
                : throw (jpeg.IsUnsupported ? BnnFileException.OfContent(path, problem, Save) : BnnFileException.OfContent(path, problem));
        }

        if (PngStructure.Begins(file))
        {
            var problem = PngStructure.Read(file, out var png);
            CheckSize(path, png.Width, png.Height, png.IsInterlaced ? 8 * png.Width * png.Height : 0, problem is null);
            return problem is null ? new(ImageKind.Png, (int)png.Width, (int)png.Height, default, png.Orientation)
                : throw (png.IsUnsupported ? BnnFileException.OfContent(path, problem, SavePng) : BnnFileException.OfContent(path, problem));
        }

        return Pnm.Begins(file) ? ReadPnm(path, file)
            : Pnm.BeginsAsOther(file) ? throw BnnFileException.OfContent(path, $"is netpbm's kind P{(char)file[1]}, which is not supported", SavePnm)
            : ReadOther(path, file);
    }

    private static ImageHeader ReadPnm(string path, ReadOnlySpan<byte> file)
    {
        var problem = Pnm.Read(file, out var pnm);
        CheckSize(path, pnm.Width, pnm.Height, 0, problem is null);
        return problem is null ? new(ImageKind.Pnm, (int)pnm.Width, (int)pnm.Height, default) : throw BnnFileException.OfContent(path, problem);
    }

    private static ImageHeader ReadOther(string path, ReadOnlySpan<byte> file)
    {
        var kind = KindOf(file) ?? throw BnnFileException.OfContent(
            path, "is not an image of the kinds JPEG, PNG, BMP, WebP, PPM and PGM", "convert it to one of them, or take it out of the folder");

        // Skia does not mind if the last bytes are missing.
        if (kind == ImageKind.WebP && BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) > file.Length - 8)
        {
            throw BnnFileException.OfContent(path, "ends before its RIFF data do");
        }

        if (SkiaDecoder.Size(file) is not var (width, height))
        {
            throw BnnFileException.OfContent(path, $"its {kind} header cannot be read");
        }

        // What these decoders hold besides is at most as much again as the pixels.
        CheckSize(path, width, height, 4L * width * height, true);
        return new(kind, width, height, default);
    }

    // A decoded pixel takes 4 bytes on its way.
    private static void CheckSize(string path, long width, long height, long besides, bool mustBePositive)
    {
        if (width > MostPixels || height > MostPixels || width * height > MostPixels)
        {
            throw BnnFileException.OfContent(
                path, $"has {width} x {height} pixels; at most {MostPixels / 1_000_000} million are read", "scale it down, or take it out of the folder");
        }

        if (4 * width * height + besides > MostBytes)
        {
            throw BnnFileException.OfContent(
                path,
                $"has {width} x {height} pixels, and decoding this kind of file would take {(4 * width * height + besides) / 1_000_000} MB; at most {MostBytes / 1_000_000} MB are taken",
                "scale it down, or save it as a baseline JPEG");
        }

        if (mustBePositive && (width < 1 || height < 1))
        {
            throw BnnFileException.OfContent(path, $"has {width} x {height} pixels");
        }
    }
}
