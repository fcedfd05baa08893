namespace Bnn;

/// <summary>Labelled images of one size, as a network gets them: in memory (<see cref="ImageSet"/>), or on disk and decoded when they are
/// needed. At least one, and immutable.</summary>
public abstract class Images
{
    private protected Images()
    {
    }

    /// <summary>The number of images.</summary>
    public abstract int Count { get; }

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public abstract int Channels { get; }

    /// <summary>The number of rows of every image.</summary>
    public abstract int Height { get; }

    /// <summary>The number of columns of every image.</summary>
    public abstract int Width { get; }

    /// <summary>The names of the classes.</summary>
    public abstract IReadOnlyList<string> Classes { get; }

    /// <summary>The image at <paramref name="index"/>, counted from 0, as it is tested on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    /// <exception cref="BnnFileException">Its file is missing or damaged.</exception>
    public abstract Picture this[int index] { get; }

    /// <summary>How images are augmented when they are trained on and nobody says otherwise.</summary>
    internal abstract Augmentation UsualAugmentation { get; }

    /// <summary>How many threads read and decode when nobody says otherwise; 0: whoever takes a batch does.</summary>
    internal abstract int UsualWorkers { get; }

    /// <summary>Whether damaged images are left out and counted; else they are errors.</summary>
    internal virtual bool SkipsDamaged => false;

    /// <summary>The class of the image at <paramref name="index"/>, an index into <see cref="Classes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public abstract int Label(int index);

    /// <summary>What an image is called in errors.</summary>
    internal virtual string NameOf(int index) => $"image {index}";

    /// <summary>The means and deviations of the channels that inputs are normalized by, where black is 0 and 255 is 1: those of all
    /// images, or ImageNet's (0.485, 0.456, 0.406; 0.229, 0.224, 0.225) of images on disk.</summary>
    public abstract (double[] Means, double[] Deviations) MeanAndDeviation();

    /// <summary>The image at <paramref name="index"/> as it is trained on in an epoch.</summary>
    /// <param name="index">Which, counted from 0.</param>
    /// <param name="augmentation">How it is augmented.</param>
    /// <param name="seed">The training's seed; default 1.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <exception cref="ArgumentException">The augmentation is wrong for these images; says what.</exception>
    /// <exception cref="BnnFileException">The image's file is missing or damaged.</exception>
    public Picture Augmented(int index, Augmentation augmentation, long seed = 1, ulong epoch = 0)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        return augmentation.Validate(Channels, Height, Width).FirstOrDefault() is { } fault
            ? throw new ArgumentException($"{fault}", nameof(augmentation))
            : Seen(index, new View(Normalization.Bytes(Channels), augmentation, seed, epoch));
    }

    /// <summary>The first <paramref name="count"/> images.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not within 1..<see cref="Count"/>.</exception>
    public Images Take(int count) => count >= 1 && count <= Count
        ? First(count)
        : throw new ArgumentOutOfRangeException(nameof(count), count, $"the set holds {Count} images: take 1 to {Count} of them");

    /// <summary>Splits the set at random into two, so that one can be held out of training to validate on.</summary>
    /// <param name="heldOut">The number of images held out, at least 1 and less than <see cref="Count"/>.</param>
    /// <param name="seed">Any whole number; the same one gives the same two sets, on every machine and in every version of .NET.</param>
    /// <returns>Two sets in random order that together hold every image once.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="heldOut"/> leaves one of the two sets empty.</exception>
    public (Images Train, Images HeldOut) Split(int heldOut, long seed)
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

    /// <summary>The first images; there are as many.</summary>
    internal virtual Images First(int count) => Pick([.. Enumerable.Range(0, count)]);

    /// <summary>The images at these indices.</summary>
    internal abstract Images Pick(ReadOnlySpan<int> indices);

    /// <summary>The image as bytes; the view's normalization gives them.</summary>
    private protected Picture Seen(int index, View view)
    {
        var numbers = new float[Channels * Height * Width];
        using var reader = OpenReader();
        reader.Write(index, view, numbers);
        return new(Channels, Height, Width, Array.ConvertAll(numbers, number => (byte)Math.Clamp(MathF.Round(number), 0, 255)));
    }

    /// <summary>A reader for one thread.</summary>
    internal abstract ImageReader OpenReader();
}

/// <summary>Turns images of a set into a network's inputs. Used by one thread at a time.</summary>
internal abstract class ImageReader : IDisposable
{
    /// <summary>Writes an image's normalized numbers in the order channel, row, column.</summary>
    /// <exception cref="BnnFileException">Its file is missing or damaged.</exception>
    public abstract void Write(int index, View view, Span<float> destination);

    public virtual void Dispose()
    {
    }
}

/// <summary>How images are looked at.</summary>
/// <param name="Normalization">How pixels become inputs.</param>
/// <param name="Augmentation">How they are augmented; null where they are tested on.</param>
/// <param name="Seed">The seed of a training's augmentation.</param>
/// <param name="Epoch">The epoch, so that an image changes from one to the next.</param>
internal sealed record View(Normalization Normalization, Augmentation? Augmentation = null, long Seed = 0, ulong Epoch = 0);
