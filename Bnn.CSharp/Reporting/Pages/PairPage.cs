namespace Bnn;

/// <summary>The page of two runs side by side, each pair of charts on the same axes.</summary>
internal static class PairPage
{
    public static Page Of(SavedRun left, SavedRun right)
    {
        (left, right) = Told(left, right);
        SavedRun[] runs = [left, right];
        var names = runs.Select(run => $"{run.Name}: {run.Model.Name}, {run.Recipe["name"].Text}, {run.Recipe["optimizer"]["name"].Text}").ToArray();
        var title = $"{left.Name} and {right.Name}";
        var epochs = runs.Max(run => run.Epochs.Count);
        var page = new Page(title).Raw($"<h1>{Page.Text(title)}</h1><p class='lead'>{Page.Text(names[0])} (left); {Page.Text(names[1])} (right)</p>")
            .Progress((left.Name, left), (right.Name, right))
            .Stages((left.Name, left), (right.Name, right))
            .Heading("How they differ").Differences(left.Name, right.Name, RecipeDifferences.Of(left, right))
            .AtAnEpoch(epochs, [.. Latent(runs), .. Channels(runs)])
            .Heading("Over the epochs");
        foreach (var figure in Figure.All.Prepend(Figure.Confidence).Where(figure => runs.Any(run => figure.Shown(run).Count > 0)))
        {
            page.Raw(Pair(
                runs, figure.Title, figure.Note,
                run => figure.Shown(run).Count > 0 ? new LineChart(figure, runs).Html(run) : null));
        }

        return page.Heading("What was run").Raw("<div class='columns'><div>").Recipe(left).Raw("</div><div>").Recipe(right).Raw("</div></div>")
            .Heading("Update rules").Raw("<div class='columns'><div>").Rules(left).Raw("</div><div>").Rules(right).Raw("</div></div>");
    }

    /// <summary>The runs with names that tell them apart: with the folder above, where their own have the same name.</summary>
    private static (SavedRun Left, SavedRun Right) Told(SavedRun left, SavedRun right)
    {
        if (left.Name != right.Name)
        {
            return (left, right);
        }

        var (a, b) = (left.LongName, right.LongName);
        return a == b ? (left with { Name = $"{a} (left)" }, right with { Name = $"{b} (right)" }) : (left with { Name = a }, right with { Name = b });
    }

    private static IEnumerable<(string Heading, string Html)> Latent(SavedRun[] runs) => !runs.Any(HistogramChart.Exists) ? [] :
    [
        ("Latent weights", Pair(
            runs, HistogramChart.Title, "",
            run => HistogramChart.Exists(run) ? new HistogramChart(runs).Html(run) : null)),
    ];

    private static IEnumerable<(string Heading, string Html)> Channels(SavedRun[] runs)
    {
        var pairs = ChannelFigure.All.Where(figure => runs.Any(figure.Exists)).Select(figure => Pair(
            runs, figure.Title, figure.Note,
            run => figure.Exists(run) ? new BoxChart(figure, runs).Html(run) : null)).ToList();
        return pairs.Count == 0 ? []
            : [("Channels", string.Join('\n', pairs) + Pair(
                runs, "A box for each layer", "", run => ChannelFigure.Layers(run).Count > 0 ? $"<p class='words'>{BoxChart.Key}</p>{BoxChart.Names(run)}" : null))];
    }

    /// <summary>The same of both runs side by side; null for what does not exist in a run.</summary>
    private static string Pair(SavedRun[] runs, string title, string note, Func<SavedRun, string?> chart)
    {
        var figures = runs.Select(run =>
            $"<figure><p class='head'>{Page.Text(run.Name)}</p>{chart(run) ?? "<p class='left-out'>does not exist in this run</p>"}</figure>");
        return $"<div class='pair'><h3>{Page.Text(title)}</h3><div class='columns'>{string.Join('\n', figures)}</div><figcaption>{Page.Text(note)}</figcaption></div>";
    }
}
