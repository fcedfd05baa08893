namespace Bnn;

/// <summary>Where data come from. A source reads nothing before <see cref="Load"/>. <see cref="Data"/> makes the usual ones.</summary>
public abstract class DataSource
{
    /// <summary>What the data are called in reports.</summary>
    public abstract string Name { get; }

    /// <summary>Reads the data.</summary>
    /// <exception cref="BnnFileException">A file is missing or damaged.</exception>
    public abstract Dataset Load();

    /// <summary>The same training images, of which some are held out at random to validate on in place of the test images: for choices that
    /// must not see the test.</summary>
    /// <param name="images">How many are held out, at least 1 and fewer than there are.</param>
    /// <param name="seed">Any whole number; the same one holds the same images out.</param>
    public DataSource HoldOut(int images, long seed = 1) => new HeldOutSource(this, images, seed);
}

internal sealed class HeldOutSource(DataSource source, int images, long seed) : DataSource
{
    public override string Name => $"{source.Name}, {images:N0} training images held out";

    public override Dataset Load()
    {
        var train = source.Load().Train;
        if (images < 1 || images >= train.Count)
        {
            throw new BnnFileException(
                source.Name, $"has {train.Count} training images, so {images} cannot be held out", $"hold out 1 to {train.Count - 1}");
        }

        var (rest, heldOut) = train.Split(images, seed);
        return new(Name, rest, heldOut);
    }
}

internal sealed class MemorySource(Dataset dataset) : DataSource
{
    public override string Name => dataset.Name;

    public override Dataset Load() => dataset;
}

/// <summary>The first 10,000 training images and all test images of Fashion-MNIST, embedded in this assembly.</summary>
internal sealed class SampleSource(string name, IReadOnlyList<string> classes) : DataSource
{
    // Decompressed once per process; a Dataset is immutable, so everybody can have the same one.
    private readonly Lazy<Dataset> dataset = new(() => new(name, Read("train", classes), Read("t10k", classes)));

    public override string Name => name;

    public override Dataset Load() => dataset.Value;

    private static ImageSet Read(string part, IReadOnlyList<string> classes)
    {
        var (images, labels) = ($"Bnn.Sample.{part}-images-idx3-ubyte.gz", $"Bnn.Sample.{part}-labels-idx1-ubyte.gz");
        using var imageStream = Open(images);
        using var labelStream = Open(labels);
        return Idx.Read(imageStream, images, labelStream, labels, classes);
    }

    private static Stream Open(string resource) =>
        typeof(SampleSource).Assembly.GetManifestResourceStream(resource)
        ?? throw new BnnFileException(resource, "is not embedded in the assembly", "build the library anew");
}

/// <summary>The four files of MNIST or Fashion-MNIST in a folder.</summary>
internal sealed class FolderSource(string name, string folder, IReadOnlyList<string> classes, string remedy) : DataSource
{
    private static readonly string[] Files =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    public override string Name => name;

    public override Dataset Load()
    {
        if (!Directory.Exists(folder))
        {
            throw new BnnFileException(folder, "there is no such folder", remedy);
        }

        var found = Array.ConvertAll(Files, Find);
        var missing = Files.Where((_, i) => found[i] is null).Select(file => $"{file} or {file}.gz").ToList();
        if (missing.Count > 0)
        {
            throw new BnnFileException(folder, $"the folder lacks {string.Join(", ", missing)}", remedy);
        }

        var train = Idx.Read(found[0]!, found[1]!, classes);
        var test = Idx.Read(found[2]!, found[3]!, classes);
        return Dataset.Difference(train, test) is { } problem
            ? throw new BnnFileException(folder, problem, remedy)
            : new(name, train, test);
    }

    private string? Find(string file) =>
        new[] { file, file + ".gz" }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
