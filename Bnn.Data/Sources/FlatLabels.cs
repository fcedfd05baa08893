namespace Bnn;

/// <summary>The classes of images that lie in one folder, from a file beside them or above.</summary>
/// <param name="path">The file.</param>
/// <param name="classes">The class of each image, by the image's name without extension.</param>
internal sealed class FlatLabels(string path, IReadOnlyDictionary<string, string> classes)
{
    // From ILSVRC/Data/CLS-LOC/val to the folder that holds ILSVRC.
    private const int Above = 4;

    // What is looked for, and who reads it.
    private static readonly (string File, Func<string, Dictionary<string, string>> Read)[] Kinds =
    [
        (ValidationSolution.File, ValidationSolution.Read),
        (TinyAnnotations.File, TinyAnnotations.Read),
        .. Devkit.Files.Select(file => (file, (Func<string, Dictionary<string, string>>)Devkit.Read)),
    ];

    /// <summary>The file's path.</summary>
    public string Path { get; } = path;

    /// <summary>Reads the file from the folder of the images or from one of the four above it.</summary>
    /// <exception cref="BnnFileException">It is in none of them, or is damaged.</exception>
    public static FlatLabels Find(string folder, string remedy)
    {
        var looked = new List<string>();
        for (var at = System.IO.Path.GetFullPath(folder); at is not null && looked.Count <= Above; at = System.IO.Path.GetDirectoryName(at))
        {
            at = System.IO.Path.TrimEndingDirectorySeparator(at);
            foreach (var (file, read) in Kinds)
            {
                var path = System.IO.Path.Join(at, file);
                if (File.Exists(path))
                {
                    return new(path, read(path));
                }
            }

            looked.Add(at);
        }

        throw new BnnFileException(
            folder,
            $"holds images, but no folders of classes, and there is no {ValidationSolution.File}, {TinyAnnotations.File} or {Devkit.File} in {string.Join(", ", looked)}",
            remedy);
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

    /// <summary>An image's name without extension.</summary>
    public static string Id(string image) => System.IO.Path.GetFileNameWithoutExtension(image);

    /// <summary>A text file's lines, with their numbers from 1, without those that are blank but for the first.</summary>
    /// <exception cref="BnnFileException">It cannot be read.</exception>
    public static IEnumerable<(int Number, string Text)> Lines(string path)
    {
        string[] lines;
        try
        {
            lines = [.. RegularFile.Lines(path)];
        }
        catch (Exception error) when (AtomicFile.IsFileFault(error))
        {
            throw new BnnFileException(path, $"cannot be read ({error.Message})", "give a file that you may read", error);
        }

        return lines.Select((text, index) => (index + 1, text)).Where(line => line.Item1 == 1 || !string.IsNullOrWhiteSpace(line.text));
    }

    /// <summary>Adds a line's image.</summary>
    /// <exception cref="BnnFileException">It had a line before.</exception>
    public static void Add(Dictionary<string, string> classes, string path, int number, string id, string name)
    {
        if (!classes.TryAdd(id, name))
        {
            throw new BnnFileException(path, $"line {number} has {id} again", "give each image one row");
        }
    }
}
