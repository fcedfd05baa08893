namespace Bnn;

/// <summary>
/// The classes of ImageNet's validation images, as Kaggle gives them: the header <c>ImageId,PredictionString</c>, and rows such as
/// <c>ILSVRC2012_val_00048981,n03995372 85 1 499 272</c>, whose first word is the class.
/// </summary>
internal sealed class ValidationSolution
{
    /// <summary>The file's name.</summary>
    public const string File = "LOC_val_solution.csv";

    private const string Header = "ImageId,PredictionString";

    // From ILSVRC/Data/CLS-LOC/val to the folder that holds ILSVRC.
    private const int Above = 4;

    private readonly Dictionary<string, string> classes = new(StringComparer.Ordinal);

    private ValidationSolution(string path, IEnumerable<string> lines)
    {
        Path = path;
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            if (number == 1)
            {
                CheckHeader(line);
            }
            else if (!string.IsNullOrWhiteSpace(line))
            {
                Add(line, number);
            }
        }

        if (number == 0)
        {
            CheckHeader("");
        }
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Reads the file from the folder of the images or from one of the four above it.</summary>
    /// <exception cref="BnnFileException">It is in none of them, or is damaged.</exception>
    public static ValidationSolution Find(string folder, string remedy)
    {
        var looked = new List<string>();
        for (var at = System.IO.Path.GetFullPath(folder); at is not null && looked.Count <= Above; at = System.IO.Path.GetDirectoryName(at))
        {
            at = System.IO.Path.TrimEndingDirectorySeparator(at);
            var path = System.IO.Path.Join(at, File);
            if (System.IO.File.Exists(path))
            {
                return Read(path);
            }

            looked.Add(at);
        }

        throw new BnnFileException(
            folder, $"holds images, but no folders of classes, and there is no {File} in {string.Join(", ", looked)}", remedy);
    }

    /// <summary>The class of each image.</summary>
    /// <exception cref="BnnFileException">An image has no row, or a row no image.</exception>
    public string[] ClassesOf(string folder, string[] images)
    {
        var without = images.Where(image => !classes.ContainsKey(Id(image))).ToList();
        if (without.Count > 0)
        {
            throw new BnnFileException(
                Path,
                $"has no row for {SourceNames.Count(without.Count, "image", "images")} of {folder}: {SourceNames.Some(without)}",
                "give each image its row, or remove it");
        }

        var there = images.Select(Id).ToHashSet(StringComparer.Ordinal);
        var lost = classes.Keys.Where(id => !there.Contains(id)).ToList();
        return lost.Count == 0
            ? Array.ConvertAll(images, image => classes[Id(image)])
            : throw new BnnFileException(
                folder,
                $"lacks {SourceNames.Count(lost.Count, "image", "images")} that {Path} has rows for: {SourceNames.Some(lost)}",
                "unpack the images again, or remove their rows");
    }

    private static string Id(string image) => System.IO.Path.GetFileNameWithoutExtension(image);

    private static ValidationSolution Read(string path)
    {
        try
        {
            return new(path, RegularFile.Lines(path));
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw new BnnFileException(path, $"cannot be read ({error.Message})", "give a file that you may read", error);
        }
    }

    private void CheckHeader(string line)
    {
        if (line != Header)
        {
            throw new BnnFileException(Path, $"does not begin with the line {Header}", $"get Kaggle's {File} of ImageNet");
        }
    }

    private void Add(string line, int number)
    {
        var comma = line.IndexOf(',');
        var prediction = line.AsSpan(comma + 1).Trim();
        var space = prediction.IndexOf(' ');
        var name = (space < 0 ? prediction : prediction[..space]).ToString();
        if (comma < 1 || name.Length == 0)
        {
            throw new BnnFileException(
                Path, $"line {number} has no image, comma and class", "rows are as ILSVRC2012_val_00048981,n03995372 85 1 499 272");
        }

        if (!classes.TryAdd(line[..comma], name))
        {
            throw new BnnFileException(Path, $"line {number} has {line[..comma]} again", "give each image one row");
        }
    }
}
