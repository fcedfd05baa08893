namespace Bnn;

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
