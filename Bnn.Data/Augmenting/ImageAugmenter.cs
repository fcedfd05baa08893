namespace Bnn;

/// <summary>Augments images of one size, one after the other; its memory is used again. For one thread.</summary>
internal sealed class ImageAugmenter(int height, int width)
{
    private const int Values = 256;

    private readonly float[] tables = new float[3 * Values];

    /// <summary>The image, scaled to the network's size: interleaved red, green and blue.</summary>
    public byte[] Pixels { get; } = new byte[3 * height * width];

    /// <summary>Changes the image's colours and writes it, moved, mirrored and normalized, in the order channel, row, column.</summary>
    /// <param name="augmentation">How it is augmented.</param>
    /// <param name="placement">Where it is put.</param>
    /// <param name="random">What else is drawn from.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="destination">The inputs.</param>
    public void Write(Augmentation augmentation, Placement placement, ref SplitMix64 random, Normalization normalization, Span<float> destination)
    {
        if (augmentation.Jitter is { } jitter)
        {
            Colours.Jitter(Pixels, jitter, ref random);
        }

        normalization.Table.CopyTo(tables);
        if (augmentation.Lighting > 0)
        {
            var added = Colours.Lighting(augmentation.Lighting, ref random);
            if (augmentation.TruncatedLighting)
            {
                Colours.AddTruncated(Pixels, added);
            }
            else
            {
                Lighten(normalization, added);
            }
        }

        Write(placement, normalization, destination);
    }

    /// <summary>Writes the image as it is.</summary>
    public void Write(Normalization normalization, Span<float> destination)
    {
        normalization.Table.CopyTo(tables);
        Write(default, normalization, destination);
    }

    // Adding to pixels in 0..1 adds that much over the deviation to inputs.
    private void Lighten(Normalization normalization, (double Red, double Green, double Blue) added)
    {
        double[] channels = [added.Red, added.Green, added.Blue];
        for (var channel = 0; channel < 3; channel++)
        {
            var shift = (float)(channels[channel] / normalization.Divisor(channel));
            foreach (ref var input in tables.AsSpan(Values * channel, Values))
            {
                input += shift;
            }
        }
    }

    private void Write(Placement placement, Normalization normalization, Span<float> destination)
    {
        var plane = height * width;
        for (var row = 0; row < height; row++)
        {
            var from = row - placement.Down;
            var red = destination.Slice(row * width, width);
            var green = destination.Slice(plane + row * width, width);
            var blue = destination.Slice(2 * plane + row * width, width);
            if (from < 0 || from >= height || placement.Right != 0)
            {
                // Black that comes in is not lit.
                red.Fill(normalization.Table[0]);
                green.Fill(normalization.Table[Values]);
                blue.Fill(normalization.Table[2 * Values]);
            }

            if (from >= 0 && from < height)
            {
                WriteRow(Pixels.AsSpan(3 * from * width, 3 * width), placement, red, green, blue);
            }
        }
    }

    private void WriteRow(ReadOnlySpan<byte> source, Placement placement, Span<float> red, Span<float> green, Span<float> blue)
    {
        var (first, end) = (Math.Max(0, placement.Right), Math.Min(width, width + placement.Right));
        var at = 3 * (placement.Mirrored ? width - 1 - (first - placement.Right) : first - placement.Right);
        var step = placement.Mirrored ? -3 : 3;
        var ofRed = tables.AsSpan(0, Values);
        var ofGreen = tables.AsSpan(Values, Values);
        var ofBlue = tables.AsSpan(2 * Values, Values);
        for (var column = first; column < end; column++, at += step)
        {
            red[column] = ofRed[source[at]];
            green[column] = ofGreen[source[at + 1]];
            blue[column] = ofBlue[source[at + 2]];
        }
    }
}
