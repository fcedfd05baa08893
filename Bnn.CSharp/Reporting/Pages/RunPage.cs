namespace Bnn;

/// <summary>The page of one run.</summary>
internal static class RunPage
{
    public static Page Of(SavedRun run)
    {
        var title = $"{run.Model.Name} on {run.Recipe["data"].Text}";
        var page = new Page(title).Raw($"<h1>{Page.Text(title)}</h1><p class='lead'>{Page.Text($"{run.Recipe["name"].Text}, {run.Recipe["optimizer"]["name"].Text}; run {run.Name}")}</p>")
            .Progress(("", run))
            .Stages(("", run))
            .AtAnEpoch(run.Epochs.Count, [.. Latent(run), .. Channels(run)])
            .Heading("Over the epochs").Raw(run.Epochs.Count == 0 ? "<p>No epoch has ended.</p>" : "").Raw("<div class='columns'>");
        foreach (var figure in Figure.All.Where(figure => figure.Shown(run).Count > 0))
        {
            page.Raw(Lines(figure, run));
        }

        return page.Raw("</div>").Raw(LeftOut(run)).Heading("What was run").Recipe(run).Heading("Update rules").Rules(run);
    }

    private static IEnumerable<(string Heading, string Html)> Latent(SavedRun run) => !HistogramChart.Exists(run) ? [] :
    [
        ("Latent weights", $"<div class='columns'>{Chart(HistogramChart.Title, new HistogramChart(run).Html(run), "")}{Lines(Figure.Confidence, run)}</div>"),
    ];

    private static IEnumerable<(string Heading, string Html)> Channels(SavedRun run)
    {
        var charts = ChannelFigure.All.Where(figure => figure.Exists(run))
            .Select(figure => Chart(figure.Title, new BoxChart(figure, run).Html(run), figure.Note)).ToList();
        return charts.Count == 0 ? []
            : [("Channels", $"<div class='columns'>{string.Join('\n', charts)}<div><h3>A box for each layer</h3><p class='words'>{BoxChart.Key}</p>{BoxChart.Names(run)}</div></div>")];
    }

    private static string Lines(Figure figure, SavedRun run) =>
        Chart(figure.Title, new LineChart(figure, run).Html(run), figure.Note);

    private static string Chart(string title, string html, string note) =>
        $"<figure><h3>{Page.Text(title)}</h3>{html}<figcaption>{Page.Text(note)}</figcaption></figure>";

    private static string LeftOut(SavedRun run)
    {
        var missing = Figure.All.Prepend(Figure.Confidence).Where(figure => figure.Shown(run).Count == 0).Select(figure => figure.Title)
            .Concat(HistogramChart.Exists(run) ? [] : [HistogramChart.Title])
            .Concat(ChannelFigure.All.Where(figure => !figure.Exists(run)).Select(figure => figure.Title)).ToList();
        return missing.Count == 0 ? ""
            : $"<p class='left-out'>Left out, because this run has no such numbers{(run.HasEnded ? "" : " so far")}: {Page.Text(string.Join("; ", missing))}.</p>";
    }
}
