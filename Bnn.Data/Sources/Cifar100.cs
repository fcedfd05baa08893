namespace Bnn;

/// <summary>
/// CIFAR-100's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): 50,000 and 10,000 images of 3 x 32 x 32, in rows of a coarse label, a fine
/// label and the image's bytes.
/// </summary>
internal static class Cifar100
{
    private const string Archive = "cifar-100-binary";
    private const string Python = "cifar-100-python";
    private const string Train = "train.bin";
    private const string Test = "test.bin";
    private const string Fine = "fine_label_names.txt";
    private const string Coarse = "coarse_label_names.txt";
    private const string Remedy = "give the folder " + Archive + " of CIFAR-100's binary version, cifar-100-binary.tar.gz";

    /// <summary>Reads the files from a folder or from <c>cifar-100-binary</c> in it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The set's name.</param>
    /// <param name="isCoarse">Whether the classes are the 20 superclasses.</param>
    /// <exception cref="BnnFileException">A file is missing, holds no whole number of rows, or a label of no class.</exception>
    public static Dataset Read(string folder, string name, bool isCoarse)
    {
        FolderListing.CheckFolder(folder, Remedy);
        var (list, count) = isCoarse ? (Coarse, 20) : (Fine, 100);
        string[] wanted = [Train, Test, list];
        var at = new[] { folder, Path.Join(folder, Archive) }.FirstOrDefault(place => File.Exists(Path.Join(place, Train)) || File.Exists(Path.Join(place, Test)), folder);
        var missing = wanted.Where(file => !File.Exists(Path.Join(at, file))).ToList();
        if (missing.Count > 0)
        {
            var isPython = Directory.Exists(Path.Join(at, Python)) || Path.GetFileName(Path.TrimEndingDirectorySeparator(at)) == Python;
            throw new BnnFileException(at, $"the folder lacks {string.Join(", ", missing)}{(isPython ? ", and has the version for Python" : "")}", Remedy);
        }

        var rows = new CifarRows(Labels: 2, Label: isCoarse ? 0 : 1, ClassNames.Read(Path.Join(at, list), count), Remedy);
        return new(name, rows.Read(at, [Train]), rows.Read(at, [Test]));
    }
}
