using SkiaSharp;

namespace Bnn;

/// <summary>Pictures side by side, to be looked at.</summary>
public static class PicturePage
{
    private const int Gap = 4;

    /// <summary>Writes pictures of one size as a PNG, row by row, with gaps of 4 pixels.</summary>
    /// <param name="path">The file; it is replaced whole.</param>
    /// <param name="pictures">At least one; grey or colour.</param>
    /// <param name="columns">How many stand in a row, at least 1; default 4.</param>
    /// <exception cref="ArgumentException">There is no picture, or sizes differ.</exception>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<Picture> pictures, int columns = 4)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(pictures);
        OutOfRange.ThrowIfLess(columns, 1);
        if (pictures.Count == 0)
        {
            throw new ArgumentException("there are no pictures; give at least one", nameof(pictures));
        }

        var (height, width) = (pictures[0].Height, pictures[0].Width);
        if (pictures.FirstOrDefault(picture => (picture.Height, picture.Width) != (height, width) || picture.Channels is not (1 or 3)) is { } other)
        {
            throw new ArgumentException(
                $"a picture is {other.Channels} x {other.Height} x {other.Width}; the first is {height} x {width}, and all have 1 or 3 channels",
                nameof(pictures));
        }

        columns = Math.Min(columns, pictures.Count);
        var rows = (pictures.Count + columns - 1) / columns;
        using var page = new SKBitmap(columns * (width + Gap) - Gap, rows * (height + Gap) - Gap);
        page.Erase(SKColors.White);
        for (var k = 0; k < pictures.Count; k++)
        {
            Draw(page, pictures[k], k % columns * (width + Gap), k / columns * (height + Gap));
        }

        using var encoded = page.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, stream => encoded.SaveTo(stream));
    }

    private static void Draw(SKBitmap page, Picture picture, int left, int top)
    {
        var pixels = picture.Pixels.Span;
        var plane = picture.Height * picture.Width;
        for (var k = 0; k < plane; k++)
        {
            byte Channel(int channel, ReadOnlySpan<byte> of) => of[Math.Min(channel, picture.Channels - 1) * plane + k];
            page.SetPixel(
                left + k % picture.Width, top + k / picture.Width,
                new SKColor(Channel(0, pixels), Channel(1, pixels), Channel(2, pixels)));
        }
    }
}
