namespace Bnn;

/// <summary>Pages that show what happened in a run, made from its folder: <c>result.json</c>, <c>metrics.csv</c> and
/// <c>diagnostics.jsonl</c>. A page is one file that needs no network and no other file.</summary>
public static class Report
{
    /// <summary>The page's name in a run's folder.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes a run's page, <see cref="FileName"/>, into its folder: recipe, update rules, what each stage reached, all quantities
    /// over the epochs, and the latent weights of every epoch.</summary>
    /// <param name="folder">The folder of a run that has ended.</param>
    /// <returns>The page's path.</returns>
    /// <exception cref="BnnFileException">A file of the run is missing or damaged, or the page cannot be written.</exception>
    public static string Write(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Write(SavedRun.Read(folder));
    }

    /// <summary>The same of a run that may still be going on.</summary>
    internal static string Write(SavedRun run)
    {
        var title = $"{run.Model.Name} on {run.Recipe["data"].Text}";
        var page = new Page(title).Raw($"<h1>{Page.Text(title)}</h1><p class='lead'>{Page.Text($"{run.Recipe["name"].Text}, {run.Recipe["optimizer"]["name"].Text}; run {run.Name}")}</p>")
            .Stages(("", run));
        if (HistogramChart.Exists(run))
        {
            page.Heading("Latent weights").Slider(run.Epochs.Count)
                .Raw($"<div class='columns'><figure>{new HistogramChart(run, Shares(run)).Html()}</figure>{Alone(Figure.Confidence, run)}</div>");
        }

        page.Heading("Over the epochs").Raw("<div class='columns'>");
        foreach (var figure in Figure.All.Where(figure => figure.Shown(run).Count > 0))
        {
            page.Raw(Alone(figure, run));
        }

        page.Raw("</div>").Raw(LeftOut(run)).Heading("What was run").Recipe(run).Heading("Update rules").Rules(run);
        var path = Path.Combine(run.Folder, FileName);
        AtomicFile.Write(path, stream => stream.Write(page.Bytes()));
        return path;
    }

    /// <summary>Writes a page with two runs side by side, each pair of charts on the same axes: for instance Adam and SGD (the paper, Figures 5
    /// and 7).</summary>
    /// <param name="folderA">The folder of the run on the left.</param>
    /// <param name="folderB">The folder of the run on the right.</param>
    /// <param name="path">The page's path, in an existing folder.</param>
    /// <exception cref="BnnFileException">A file of a run is missing or damaged, or the page cannot be written.</exception>
    public static void Compare(string folderA, string folderB, string path)
    {
        ArgumentNullException.ThrowIfNull(folderA);
        ArgumentNullException.ThrowIfNull(folderB);
        ArgumentNullException.ThrowIfNull(path);
        SavedRun[] runs = [SavedRun.Read(folderA), SavedRun.Read(folderB)];
        var names = runs.Select(run => $"{run.Name}: {run.Model.Name}, {run.Recipe["name"].Text}, {run.Recipe["optimizer"]["name"].Text}").ToArray();
        var title = $"{runs[0].Name} and {runs[1].Name}";
        var epochs = runs.Max(run => run.Epochs.Count);
        var page = new Page(title).Raw($"<h1>{Page.Text(title)}</h1><p class='lead'>{Page.Text(names[0])} (left); {Page.Text(names[1])} (right)</p>")
            .Stages((runs[0].Name, runs[0]), (runs[1].Name, runs[1]));
        if (runs.Any(HistogramChart.Exists))
        {
            page.Heading("Latent weights").Slider(epochs);
            Pair(page, runs, "", "", run => HistogramChart.Exists(run) ? new HistogramChart(run, Shares(runs)).Html() : null);
        }

        page.Heading("Over the epochs");
        foreach (var figure in Figure.All.Prepend(Figure.Confidence).Where(figure => runs.Any(run => figure.Shown(run).Count > 0)))
        {
            Pair(
                page, runs, figure.Title, figure.Note,
                run => figure.Shown(run).Count > 0 ? new LineChart(figure, run, Vertical(figure, runs), epochs).Html() : null);
        }

        page.Heading("What was run").Raw("<div class='columns'><div>").Recipe(runs[0]).Raw("</div><div>").Recipe(runs[1]).Raw("</div></div>")
            .Heading("Update rules").Raw("<div class='columns'><div>").Rules(runs[0]).Raw("</div><div>").Rules(runs[1]).Raw("</div></div>");
        AtomicFile.Write(path, stream => stream.Write(page.Bytes()));
    }

    private static string Alone(Figure figure, SavedRun run) =>
        $"<figure><h3>{Page.Text(figure.Title)}</h3>{new LineChart(figure, run, Vertical(figure, run), run.Epochs.Count).Html()}<figcaption>{Page.Text(figure.Note)}</figcaption></figure>";

    /// <summary>The same of both runs side by side; null for what does not exist in a run.</summary>
    private static void Pair(Page page, IEnumerable<SavedRun> runs, string title, string note, Func<SavedRun, string?> chart)
    {
        page.Raw($"<div class='pair'>{(title.Length > 0 ? $"<h3>{Page.Text(title)}</h3>" : "")}<div class='columns'>");
        foreach (var run in runs)
        {
            page.Raw($"<figure><p class='head'>{Page.Text(run.Name)}</p>{chart(run) ?? "<p class='left-out'>does not exist in this run</p>"}</figure>");
        }

        page.Raw($"</div><figcaption>{Page.Text(note)}</figcaption></div>");
    }

    private static Axis Vertical(Figure figure, params IEnumerable<SavedRun> runs) =>
        Axis.Over(runs.SelectMany(figure.Shown).SelectMany(series => series.Values), figure.IsLog);

    private static Axis Shares(params IEnumerable<SavedRun> runs) => Axis.Over([0, .. runs.Select(HistogramChart.Largest)], false);

    private static string LeftOut(SavedRun run)
    {
        var missing = Figure.All.Prepend(Figure.Confidence).Where(figure => figure.Shown(run).Count == 0).Select(figure => figure.Title)
            .Concat(HistogramChart.Exists(run) ? [] : ["Latent weights"]).ToList();
        return missing.Count == 0 ? ""
            : $"<p class='left-out'>Left out, because this run has no such numbers: {Page.Text(string.Join("; ", missing))}.</p>";
    }
}
