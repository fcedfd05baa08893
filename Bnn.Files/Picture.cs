using System.Text;

namespace Bnn;

/// <summary>One image: its size and its bytes, 0 (black) to 255.</summary>
public sealed record Picture
{
    /// <summary>Makes an image from bytes, which are not copied: do not change them afterwards.</summary>
    /// <param name="channels">1 for grey, 3 for red, green and blue.</param>
    /// <param name="height">The number of rows.</param>
    /// <param name="width">The number of columns.</param>
    /// <param name="pixels">The bytes in the order channel, row, column.</param>
    /// <exception cref="ArgumentException">The size is not positive, or the number of bytes is not the size's.</exception>
    public Picture(int channels, int height, int width, ReadOnlyMemory<byte> pixels)
    {
        ImageSize.Check(channels, height, width);

        var expected = ImageSize.Bytes(1, channels, height, width);
        if ((UInt128)pixels.Length != expected)
        {
            throw new ArgumentException(
                $"an image of {ImageSize.Text(channels, height, width)} has {expected} bytes, not {pixels.Length}",
                nameof(pixels));
        }

        (Channels, Height, Width, Pixels) = (channels, height, width, pixels);
    }

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>The number of rows.</summary>
    public int Height { get; }

    /// <summary>The number of columns.</summary>
    public int Width { get; }

    /// <summary>The bytes in the order channel, row, column.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}
