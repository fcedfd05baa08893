namespace Bnn;

/// <summary>Pages that show what happened in a run, made from its folder: <c>result.json</c>, <c>metrics.csv</c>,
/// <c>diagnostics.jsonl</c>, checkpoints. A page is one file that needs no network and no other file.</summary>
public static class Report
{
    /// <summary>The page's name in a run's folder.</summary>
    public const string FileName = "report.html";

    /// <summary>The name of the page of two runs, where none is given.</summary>
    public const string CompareFileName = "compare.html";

    /// <summary>Writes a run's page, <see cref="FileName"/>, into its folder: recipe, update rules, what each stage reached, all quantities
    /// over the epochs, and for every epoch the latent weights and what each binary layer's output channels show.</summary>
    /// <param name="folder">The folder of a run. Of one that was stopped, killed or goes on the page shows the epochs so far, and says where it is; it is
    /// made from <c>metrics.csv</c>, <c>diagnostics.jsonl</c> and the checkpoints, of which some may be missing or cut short.</param>
    /// <returns>The page's path.</returns>
    /// <exception cref="BnnFileException">A file of a run that has ended is missing or damaged, nothing says what a run was to train, or the page cannot
    /// be written.</exception>
    public static string Write(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Write(SavedRun.Read(folder));
    }

    /// <summary>The same of a run that may still be going on, and has trained an epoch.</summary>
    internal static string Write(SavedRun run)
    {
        var page = RunPage.Of(run);
        var path = Path.Combine(run.Folder, FileName);
        AtomicFile.Write(path, page.WriteTo);
        return path;
    }

    /// <summary>Writes a page with two runs side by side, each pair of charts on the same axes, with a table of the settings that differ: for instance
    /// Adam and SGD (the paper, Figures 4, 5 and 7).</summary>
    /// <param name="folderA">The folder of the run on the left, as for <see cref="Write(string)"/>.</param>
    /// <param name="folderB">The folder of the run on the right.</param>
    /// <param name="path">The page's path, in an existing folder; <see cref="CompareFileName"/> in the folder that holds the left run's where it
    /// is missing: <c>runs/compare.html</c> for <c>runs/a</c>. A file that is there is replaced.</param>
    /// <returns>The page's path.</returns>
    /// <exception cref="ArgumentException">A folder is empty text.</exception>
    /// <exception cref="BnnFileException">A file of a run is missing or damaged, or the page cannot be written.</exception>
    public static string Compare(string folderA, string folderB, string? path = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folderA);
        ArgumentException.ThrowIfNullOrEmpty(folderB);
        var page = PairPage.Of(SavedRun.Read(folderA), SavedRun.Read(folderB));
        path ??= Path.Combine(Above(folderA), CompareFileName);
        AtomicFile.Write(path, page.WriteTo);
        return path;
    }

    private static string Above(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Path.GetDirectoryName(full) ?? full;
    }
}
