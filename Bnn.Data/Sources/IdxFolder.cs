namespace Bnn;

/// <summary>The four files of MNIST or Fashion-MNIST in a folder.</summary>
internal sealed class IdxFolder(string name, string folder, IReadOnlyList<string> classes, string remedy) : DataSource
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

    // Kaggle's and newer downloads have a dot before idx.
    private string? Find(string file) =>
        new[] { file, file.Replace("-idx", ".idx", StringComparison.Ordinal) }
            .SelectMany(name => new[] { name, name + ".gz" })
            .Select(name => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
