using System.Globalization;

namespace Bnn;

/// <summary>
/// The classes of ImageNet's validation images, as its devkit gives them (ILSVRC2012_devkit_t12/readme.txt, section 2.2.3): line k is the ILSVRC2012_ID of image
/// <c>ILSVRC2012_val_0000000k</c>. Which class an ID is, <c>meta.mat</c> beside it says: the order is not that of the classes' names.
/// </summary>
internal static class Devkit
{
    /// <summary>The file's name.</summary>
    public const string File = "ILSVRC2012_validation_ground_truth.txt";

    private const string Synsets = "meta.mat";

    /// <summary>Where it lies in a folder: alone, as in the devkit, or with the devkit.</summary>
    public static IReadOnlyList<string> Files { get; } = [File, "data/" + File, "ILSVRC2012_devkit_t12/data/" + File];

    /// <summary>The class of each image.</summary>
    /// <exception cref="BnnFileException">A file is missing, cannot be read or is of another kind.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        var meta = Path.Join(Path.GetDirectoryName(path), Synsets);
        if (!System.IO.File.Exists(meta))
        {
            throw new BnnFileException(
                path, $"numbers classes by their places in {Synsets}, and there is no {meta}", $"put the devkit's {Synsets} there: no list of sorted names has its order");
        }

        var names = MatSynsets.Read(meta);
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (number, line) in FlatLabels.Lines(path))
        {
            if (!int.TryParse(line, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var id))
            {
                throw new BnnFileException(path, $"line {number} is no number", $"get the devkit's {File} again");
            }

            classes.Add(
                FormattableString.Invariant($"ILSVRC2012_val_{number:D8}"),
                names.TryGetValue(id, out var name) ? name : throw new BnnFileException(path, $"line {number} has the class {id}, which {meta} lacks", "give files of one devkit"));
        }

        return classes;
    }
}
