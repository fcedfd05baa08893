namespace Bnn;

/// <summary>Which folder a set of images is trained on, and which it is tested on.</summary>
/// <param name="Train">The folder <c>train</c>.</param>
/// <param name="Test">The one to validate on (<c>val</c>, <c>valid</c>, <c>validation</c> or <c>dev</c>); where there is none, <c>test</c>.</param>
/// <param name="Remarks">What a user must know of this choice, in sentences.</param>
internal sealed record FolderParts(string Train, string Test, IReadOnlyList<string> Remarks)
{
    /// <summary>What is looked for.</summary>
    public const string Wanted = "train nor val, valid, validation, dev or test";

    private static readonly string[] TrainNames = ["train"];

    private static readonly string[] ValidationNames = ["val", "valid", "validation", "dev"];

    private static readonly string[] TestNames = ["test"];

    /// <summary>The parts in a folder; null where it has none of them. Names are in any case.</summary>
    /// <exception cref="BnnFileException">One is missing, or several may be meant.</exception>
    public static FolderParts? Find(string at, string remedy)
    {
        if (!Directory.Exists(at))
        {
            return null;
        }

        var folders = FolderListing.Of(at, remedy).Folders;
        var (train, validation, test) = (One(at, folders, TrainNames), One(at, folders, ValidationNames), One(at, folders, TestNames));
        return (train, validation ?? test) switch
        {
            (null, null) => null,
            (not null, null) => throw new BnnFileException(at, $"has a folder {train}, but no {string.Join(", ", ValidationNames)} or test", remedy),
            (null, var other) => throw new BnnFileException(at, $"has a folder {other}, but no train", remedy),
            var (own, other) => new(Path.Join(at, own), Path.Join(at, other), [.. RemarksOf(at, validation, test)]),
        };
    }

    private static IEnumerable<string> RemarksOf(string at, string? validation, string? test)
    {
        if (validation is null)
        {
            yield return $"{at} has no folder to validate on, so accuracy is measured on {test} after each epoch, and best.safetensors is chosen on it; "
                + "HoldOut holds training images out for choices that must not see the test";
        }
        else if (test is not null)
        {
            yield return $"accuracy is measured on {validation}; the folder {test} is not used: Data.TestFolder reads it";
        }
    }

    private static string? One(string at, string[] folders, string[] names)
    {
        var found = folders.Where(folder => names.Contains(folder, StringComparer.OrdinalIgnoreCase)).ToList();
        return found.Count <= 1
            ? found.FirstOrDefault()
            : throw new BnnFileException(at, $"has the folders {string.Join(" and ", found)}, and one is meant", "keep one of them, and move the others elsewhere");
    }
}
