namespace Bnn;

/// <summary>
/// CIFAR-10's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): 50,000 and 10,000 images of 3 x 32 x 32, in rows of a label and the
/// image's 3072 bytes in the order channel, row, column.
/// </summary>
internal static class Cifar10
{
    private const string Archive = "cifar-10-batches-bin";
    private const string Remedy = "give the folder " + Archive + " of CIFAR-10's binary version, cifar-10-binary.tar.gz";

    private static readonly string[] TrainFiles = [.. Enumerable.Range(1, 5).Select(number => $"data_batch_{number}.bin")];

    private static readonly string[] TestFiles = ["test_batch.bin"];

    private static readonly string[] Names =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>
    /// Reads the six files from a folder or from <c>cifar-10-batches-bin</c> in it, and the classes' names from <c>batches.meta.txt</c>, if
    /// that is there.
    /// </summary>
    /// <exception cref="BnnFileException">A file is missing, holds no whole number of rows, or a label above 9.</exception>
    public static Dataset Read(string folder)
    {
        FolderListing.CheckFolder(folder, Remedy);
        var at = new[] { folder, Path.Join(folder, Archive) }.FirstOrDefault(HasAny, folder);
        var missing = TrainFiles.Concat(TestFiles).Where(file => !File.Exists(Path.Join(at, file))).ToList();
        if (missing.Count > 0)
        {
            throw new BnnFileException(at, $"the folder lacks {string.Join(", ", missing)}", Remedy);
        }

        var meta = Path.Join(at, "batches.meta.txt");
        var classes = File.Exists(meta) ? ClassNames.Read(meta, Names.Length) : Names;
        var rows = new CifarRows(Labels: 1, Label: 0, classes, Remedy);
        return new("CIFAR-10", rows.Read(at, TrainFiles), rows.Read(at, TestFiles));
    }

    private static bool HasAny(string folder) =>
        TrainFiles.Concat(TestFiles).Any(file => File.Exists(Path.Join(folder, file)));
}
