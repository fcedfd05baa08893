namespace Bnn;

/// <summary>An immutable set of labelled images of one size. It holds at least one image.</summary>
public sealed record ImageSet
{
    private readonly int imageBytes;

    /// <summary>Makes a set from bytes and labels, which are not copied: do not change them afterwards.</summary>
    /// <param name="channels">1 for grey, 3 for red, green and blue.</param>
    /// <param name="height">The number of rows of every image.</param>
    /// <param name="width">The number of columns of every image.</param>
    /// <param name="pixels">The bytes in the order image, channel, row, column.</param>
    /// <param name="labels">The class of each image, an index into <paramref name="classes"/>.</param>
    /// <param name="classes">The names of the classes.</param>
    /// <exception cref="ArgumentException">The counts disagree, there is no image or no class, or a label is no index of a class.</exception>
    public ImageSet(
        int channels, int height, int width,
        ReadOnlyMemory<byte> pixels, ReadOnlyMemory<int> labels, IReadOnlyList<string> classes)
    {
        ImageSize.Check(channels, height, width);
        ArgumentNullException.ThrowIfNull(classes);

        if (labels.IsEmpty)
        {
            throw new ArgumentException("a set holds at least one image", nameof(labels));
        }

        if (classes.Count == 0)
        {
            throw new ArgumentException("a set has at least one class", nameof(classes));
        }

        var expected = ImageSize.Bytes(labels.Length, channels, height, width);
        if ((UInt128)pixels.Length != expected)
        {
            throw new ArgumentException(
                $"{labels.Length} labelled images of {ImageSize.Text(channels, height, width)} have {expected} bytes, not {pixels.Length}",
                nameof(pixels));
        }

        var wrong = labels.Span.IndexOfAnyExceptInRange(0, classes.Count - 1);
        if (wrong >= 0)
        {
            throw new ArgumentException(
                $"label {labels.Span[wrong]} of image {wrong} is not within 0..{classes.Count - 1}", nameof(labels));
        }

        (Channels, Height, Width, Pixels, Labels) = (channels, height, width, pixels, labels);
        Classes = Array.AsReadOnly(classes.ToArray());
        imageBytes = pixels.Length / labels.Length;
    }

    /// <summary>The number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>The number of rows of every image.</summary>
    public int Height { get; }

    /// <summary>The number of columns of every image.</summary>
    public int Width { get; }

    /// <summary>The bytes in the order image, channel, row, column.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The class of each image, an index into <see cref="Classes"/>.</summary>
    public ReadOnlyMemory<int> Labels { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The image at <paramref name="index"/>, counted from 0; its bytes are not copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public Picture this[int index] =>
        new(Channels, Height, Width, Pixels.Slice(Checked(index) * imageBytes, imageBytes));

    /// <summary>The class of the image at <paramref name="index"/>, counted from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public int Label(int index) => Labels.Span[Checked(index)];

    /// <summary>The first <paramref name="count"/> images; their bytes are not copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not within 1..<see cref="Count"/>.</exception>
    public ImageSet Take(int count)
    {
        if (count < 1 || count > Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"the set holds {Count} images: take 1 to {Count} of them");
        }

        return new(Channels, Height, Width, Pixels[..(count * imageBytes)], Labels[..count], Classes);
    }

    /// <summary>Splits the set at random into two, so that one can be held out of training to validate on.</summary>
    /// <param name="heldOut">The number of images held out, at least 1 and less than <see cref="Count"/>.</param>
    /// <param name="seed">The same seed gives the same two sets, on every machine and in every version of .NET.</param>
    /// <returns>Two sets in random order that together hold every image once.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="heldOut"/> leaves one of the two sets empty.</exception>
    public (ImageSet Train, ImageSet HeldOut) Split(int heldOut, ulong seed)
    {
        if (heldOut < 1 || heldOut >= Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(heldOut), heldOut,
                $"the set holds {Count} images: {(Count == 1 ? "one image cannot be split" : $"hold 1 to {Count - 1} of them out")}");
        }

        // No training reaches this epoch, so the split is independent of the order in which a training visits the images.
        ReadOnlySpan<int> order = Shuffle.Permutation(Count, seed, ulong.MaxValue);
        return (Pick(order[heldOut..]), Pick(order[..heldOut]));
    }

    /// <summary>Mean and standard deviation of each channel over all images, where black is 0 and 255 is 1.</summary>
    /// <remarks>A channel that has one value only has deviation 0.</remarks>
    public (double[] Means, double[] Deviations) MeanAndDeviation()
    {
        var means = new double[Channels];
        var deviations = new double[Channels];
        var channelBytes = Height * Width;
        var pixels = Pixels.Span;
        Span<long> histogram = stackalloc long[256];

        for (var channel = 0; channel < Channels; channel++)
        {
            // Counting is exact, so the result does not depend on the order of the images.
            histogram.Clear();
            for (var image = 0; image < Count; image++)
            {
                foreach (var value in pixels.Slice(image * imageBytes + channel * channelBytes, channelBytes))
                {
                    histogram[value]++;
                }
            }

            (means[channel], deviations[channel]) = Moments(histogram, (double)Count * channelBytes);
        }

        return (means, deviations);
    }

    private static (double Mean, double Deviation) Moments(ReadOnlySpan<long> histogram, double total)
    {
        double sum = 0;
        for (var value = 0; value < histogram.Length; value++)
        {
            sum += (double)histogram[value] * value;
        }

        var mean = sum / total;
        double squares = 0;
        for (var value = 0; value < histogram.Length; value++)
        {
            squares += histogram[value] * (value - mean) * (value - mean);
        }

        return (mean / 255, Math.Sqrt(squares / total) / 255);
    }

    private ImageSet Pick(ReadOnlySpan<int> indices)
    {
        var pixels = new byte[indices.Length * imageBytes];
        var labels = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            Pixels.Span.Slice(indices[i] * imageBytes, imageBytes).CopyTo(pixels.AsSpan(i * imageBytes));
            labels[i] = Labels.Span[indices[i]];
        }

        return new(Channels, Height, Width, pixels, labels, Classes);
    }

    private int Checked(int index) =>
        (uint)index < (uint)Count
            ? index
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"the set holds the images 0 to {Count - 1}");
}
