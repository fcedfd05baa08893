namespace Bnn;

/// <summary>Images in memory, as bytes.</summary>
public sealed class ImageSet : Images
{
    private readonly int imageBytes;
    private PassedOver passedOver = PassedOver.None;

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

        var expected = ImageSize.Bytes(labels.Length, channels, height, width);
        if ((UInt128)pixels.Length != expected)
        {
            throw new ArgumentException(
                $"{labels.Length} labelled images of {ImageSize.Text(channels, height, width)} have {expected} bytes, not {pixels.Length}",
                nameof(pixels));
        }

        Bnn.Labels.Check(labels.Span, classes.Count, nameof(labels), "image");
        (Size, Pixels, Labels) = (FeatureSize.Of(channels, height, width), pixels, labels);
        Classes = Array.AsReadOnly(classes.ToArray());
        imageBytes = pixels.Length / labels.Length;
    }

    /// <inheritdoc/>
    public override int Count => Labels.Length;

    /// <inheritdoc/>
    public override FeatureSize Size { get; }

    /// <summary>The bytes in the order image, channel, row, column.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The class of each image, an index into <see cref="Classes"/>.</summary>
    public ReadOnlyMemory<int> Labels { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Classes { get; }

    /// <summary>Damaged images that were left out of the set when it was read.</summary>
    public int Skipped { get; private init; }

    internal override int SkippedBefore => Skipped;

    internal override PassedOver PassedOver => passedOver;

    internal override Augmentation UsualAugmentation => Augmentation.None;

    internal override int UsualWorkers => 0;

    /// <summary>The image at <paramref name="index"/>, counted from 0; its bytes are not copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public override Picture this[int index] =>
        new(Channels, Height, Width, Pixels.Slice(Checked(index) * imageBytes, imageBytes));

    /// <inheritdoc/>
    public override int Label(int index) => Labels.Span[Checked(index)];

    internal override (double[] Means, double[] Deviations) ChannelMoments()
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

    internal override DataIdentity Identity()
    {
        using var sum = DataIdentity.Begin(this);
        sum.Numbers(Labels.Span);
        sum.Bytes(Pixels.Span);
        return new(sum.Digits());
    }

    /// <summary>The set with what reading it has left out: damaged images, and what was no image.</summary>
    internal ImageSet After(int skipped, PassedOver others) => new(Channels, Height, Width, Pixels, Labels, Classes) { Skipped = skipped, passedOver = others };

    internal override ExampleReader OpenReader() => new ImageSetReader(this);

    internal override Examples First(int count) =>
        new ImageSet(Channels, Height, Width, Pixels[..(count * imageBytes)], Labels[..count], Classes).After(Skipped, passedOver);

    internal override Examples Pick(ReadOnlySpan<int> indices)
    {
        var pixels = new byte[indices.Length * imageBytes];
        var labels = new int[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            Pixels.Span.Slice(indices[i] * imageBytes, imageBytes).CopyTo(pixels.AsSpan(i * imageBytes));
            labels[i] = Labels.Span[indices[i]];
        }

        return new ImageSet(Channels, Height, Width, pixels, labels, Classes).After(Skipped, passedOver);
    }

    private int Checked(int index) =>
        (uint)index < (uint)Count
            ? index
            : throw OutOfRange.Of(nameof(index), index, $"the set holds the images 0 to {Count - 1}");
}
