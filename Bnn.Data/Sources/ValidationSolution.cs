namespace Bnn;

/// <summary>
/// The classes of ImageNet's validation images, as Kaggle gives them: the header <c>ImageId,PredictionString</c>, and rows such as
/// <c>ILSVRC2012_val_00048981,n03995372 85 1 499 272</c>, whose first word is the class.
/// </summary>
internal static class ValidationSolution
{
    /// <summary>The file's name.</summary>
    public const string File = "LOC_val_solution.csv";

    private const string Header = "ImageId,PredictionString";

    /// <summary>The class of each image.</summary>
    /// <exception cref="BnnFileException">The file cannot be read or is of another kind.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        var hasHeader = false;
        foreach (var (number, line) in FlatLabels.Lines(path))
        {
            if (number == 1)
            {
                hasHeader = line == Header;
                if (!hasHeader)
                {
                    break;
                }
            }
            else
            {
                Add(classes, path, number, line);
            }
        }

        return hasHeader ? classes : throw new BnnFileException(path, $"does not begin with the line {Header}", $"get Kaggle's {File} of ImageNet");
    }

    private static void Add(Dictionary<string, string> classes, string path, int number, string line)
    {
        var comma = line.IndexOf(',');
        var prediction = line.AsSpan(comma + 1).Trim();
        var space = prediction.IndexOf(' ');
        var name = (space < 0 ? prediction : prediction[..space]).ToString();
        if (comma < 1 || name.Length == 0)
        {
            throw new BnnFileException(
                path, $"line {number} has no image, comma and class", "rows are as ILSVRC2012_val_00048981,n03995372 85 1 499 272");
        }

        FlatLabels.Add(classes, path, number, line[..comma], name);
    }
}
