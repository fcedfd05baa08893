namespace Bnn;

/// <summary>The classes of Tiny ImageNet's validation images: lines such as <c>val_0.JPEG n03444034 0 32 44 62</c>, with tabs between an image, its class and
/// its box. The images lie in the folder <c>images</c> beside the file.</summary>
internal static class TinyAnnotations
{
    /// <summary>The file's name.</summary>
    public const string File = "val_annotations.txt";

    /// <summary>The folder of the images, in the folder that holds the file; null where these are not Tiny ImageNet's.</summary>
    /// <param name="folder">The folder to validate on.</param>
    /// <param name="folders">The folders in it.</param>
    public static string? Images(string folder, string[] folders) =>
        folders is ["images"] && System.IO.File.Exists(Path.Join(folder, File)) ? Path.Join(folder, folders[0]) : null;

    /// <summary>The class of each image.</summary>
    /// <exception cref="BnnFileException">The file cannot be read or is of another kind.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (number, line) in FlatLabels.Lines(path))
        {
            if (line.Split('\t', StringSplitOptions.TrimEntries) is not [{ Length: > 0 } image, { Length: > 0 } name, ..])
            {
                throw new BnnFileException(path, $"line {number} has no image, tab and class", "rows are as val_0.JPEG, n03444034 and four numbers, with tabs between");
            }

            FlatLabels.Add(classes, path, number, FlatLabels.Id(image), name);
        }

        return classes;
    }
}
