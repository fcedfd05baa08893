using System.Globalization;

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
                runs, "A box for each layer", "", run => ChannelFigure.Layers(run).Count > 0 ? $"<p class='words'>{BoxChart.Key}</p>{BoxChart.Names(run)}" : null) + Below(runs[0], runs[1]))];
    }

    /// <summary>For each layer that both runs have, at their last epochs, how many of a run's channels update less than all of the other's.</summary>
    private static string Below(SavedRun left, SavedRun right)
    {
        static LayerDiagnostics? Last(SavedRun run, string name) =>
            run.Epochs.LastOrDefault(epoch => epoch.Diagnostics is not null)?.Diagnostics!.Layers.FirstOrDefault(layer => layer.Name == name && layer.IterationUpdateCam.Count > 0);
        static string Share(LayerDiagnostics of, LayerDiagnostics other) =>
            string.Create(CultureInfo.InvariantCulture, $"<td>{100 * of.UpdatesBelow(other.IterationUpdateCam[0]):F1}</td>");
        var rows = ChannelFigure.Layers(left).Select(name => (Name: name, Left: Last(left, name), Right: Last(right, name))).Where(layer => layer is { Left: not null, Right: not null })
            .Select(layer => $"<tr><td class='text'>{Page.Text(ChannelFigure.Short(layer.Name))}</td>{Share(layer.Left!, layer.Right!)}{Share(layer.Right!, layer.Left!)}</tr>").ToList();
        return rows.Count == 0 ? "" : "<h3>Channels with smaller updates than any of the other run's (%)</h3><div class='scroll'><table class='stages'>"
            + $"<tr><th class='text'>layer</th><th>{Page.Text(left.Name)}</th><th>{Page.Text(right.Name)}</th></tr>\n{string.Join('\n', rows)}</table></div>"
            + "<p class='words'>Mean |Δw| of a step over the last iterations of each run's last epoch: the share of the channels below the other run's least.</p>";
    }

    /// <summary>The same of both runs side by side; null for what does not exist in a run.</summary>
    private static string Pair(SavedRun[] runs, string title, string note, Func<SavedRun, string?> chart)
    {
        var figures = runs.Select(run =>
            $"<figure><p class='head'>{Page.Text(run.Name)}</p>{chart(run) ?? "<p class='left-out'>does not exist in this run</p>"}</figure>");
        return $"<div class='pair'><h3>{Page.Text(title)}</h3><div class='columns'>{string.Join('\n', figures)}</div><figcaption>{Page.Text(note)}</figcaption></div>";
    }
}
