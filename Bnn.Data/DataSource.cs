namespace Bnn;

/// <summary>Where data come from. A source reads nothing before <see cref="Load"/>. <see cref="Data"/> makes the usual ones, and one of one's own
/// examples (<see cref="Data.Own"/>); derive from it where loading is one's own too.</summary>
public abstract class DataSource
{
    /// <summary>What the data are called in reports.</summary>
    public abstract string Name { get; }

    /// <summary>The version of a source that is its author's code, which must have one: a saved run goes on with the same name and version only.
    /// Empty for the library's own.</summary>
    public virtual string Version => "";

    /// <summary>Reads the data.</summary>
    /// <exception cref="BnnFileException">A file is missing or damaged.</exception>
    public abstract Dataset Load();

    /// <summary>The same examples, normalized by these numbers, (x - mean) / deviation, in place of the training examples' own.</summary>
    /// <param name="means">A finite number for each channel; of pictures black is 0 and 255 is 1.</param>
    /// <param name="deviations">A finite number above 0 for each channel.</param>
    /// <exception cref="ArgumentException">A number is out of range, or there are not as many means as deviations.</exception>
    public DataSource WithNormalization(IEnumerable<double> means, IEnumerable<double> deviations)
    {
        var normalization = new Normalization([.. means], [.. deviations]);
        if (normalization.Means.Count != normalization.Deviations.Count)
        {
            throw new ArgumentException($"there are {normalization.Means.Count} means and {normalization.Deviations.Count} deviations; give one of each for a channel", nameof(deviations));
        }

        foreach (var (mean, deviation) in normalization.Means.Zip(normalization.Deviations))
        {
            if (!double.IsFinite(mean) || !(deviation > 0 && double.IsFinite(deviation)))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"mean {mean}, deviation {deviation}: a finite mean and a finite deviation above 0 are allowed"), nameof(means));
            }
        }

        return new NormalizedSource(this, normalization);
    }

    /// <summary>Pictures to clean: an example is a picture plus normal noise, its target the picture itself, black 0 and white 1. Training draws new
    /// noise in each epoch; a test picture's is always the same. Inputs are not normalized, so that a shortcut past the network gives the
    /// noisy picture. The network's output is a picture of the same size, and what is measured is its PSNR.</summary>
    /// <param name="deviation">The noise's standard deviation where white is 1, above 0; 25 / 255.0 is usual.</param>
    /// <exception cref="ArgumentOutOfRangeException">The deviation is not a finite number above 0.</exception>
    public DataSource WithNoise(double deviation) => deviation > 0 && double.IsFinite(deviation)
        ? new NoisySource(this, deviation)
        : throw OutOfRange.Of(nameof(deviation), deviation, "a finite number above 0 is allowed");

    /// <summary>The same training images, of which some are held out at random to validate on in place of the test images: for choices that
    /// must not see the test.</summary>
    /// <param name="images">How many are held out, at least 1 and fewer than there are.</param>
    /// <param name="seed">Any whole number; the same one holds the same images out.</param>
    public DataSource HoldOut(int images, long seed = 1) => new HeldOutSource(this, images, seed);
}

internal sealed class HeldOutSource(DataSource source, int images, long seed) : DataSource
{
    public override string Name => $"{source.Name}, {images:N0} training images held out";

    public override string Version => source.Version;

    public override Dataset Load()
    {
        var all = source.Load();
        var train = all.Train;
        if (images < 1 || images >= train.Count)
        {
            throw new BnnFileException(
                source.Name, $"has {train.Count} training images, so {images} cannot be held out", $"hold out 1 to {train.Count - 1}");
        }

        var (rest, heldOut) = train.Split(images, seed);
        return new(Name, rest, heldOut) { GivenNormalization = all.GivenNormalization };
    }
}

internal sealed class NormalizedSource(DataSource source, Normalization normalization) : DataSource
{
    public override string Name => source.Name;

    public override string Version => source.Version;

    public override Dataset Load() => source.Load() with { GivenNormalization = normalization };
}

/// <summary>Data that are there already.</summary>
internal sealed class MemorySource(Dataset dataset, string version = "") : DataSource
{
    public override string Name => dataset.Name;

    public override string Version => version;

    public override Dataset Load() => dataset;
}
