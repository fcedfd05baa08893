using System.Globalization;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>A box for each binary layer of a run at the epoch that the page's slider chooses, at first the last.</summary>
/// <param name="figure">What is shown.</param>
/// <param name="runs">The runs whose charts have the same axes, with room for the layers of the largest.</param>
internal sealed class BoxChart(ChannelFigure figure, params IReadOnlyList<SavedRun> runs)
{
    /// <summary>What a box is made of.</summary>
    public const string Key =
        "Box: the middle half of the layer's output channels, with their median; whiskers: from the least to the greatest channel. The layers by number:";

    private readonly Axis vertical = figure.Vertical(runs);
    private readonly int slots = runs.Max(run => ChannelFigure.Layers(run).Count);

    /// <summary>Which layer has which number.</summary>
    public static string Names(SavedRun run) =>
        $"<ol class='layers'>{string.Join("", ChannelFigure.Layers(run).Select(name => $"<li>{Page.Text(ChannelFigure.Short(name))}</li>"))}</ol>";

    /// <summary>The chart of one of the runs.</summary>
    public string Html(SavedRun run)
    {
        var layers = ChannelFigure.Layers(run);
        var places = Enumerable.Range(1, layers.Count).ToList();
        var names = layers.Select((name, k) =>
            string.Create(CultureInfo.InvariantCulture, $"<b>{k + 1} {ChartHtml.Text(ChannelFigure.Short(name))}</b>")).ToList();
        var boxes = ChartHtml.Trace(
            "box",
            ("x", places), ("width", 0.6), ("whiskerwidth", 0.5), ("fillcolor", "#9ccbe8"), ("line", new { color = "#222", width = 1.4 }),
            ("hoverinfo", "skip"));

        // not seen: it says the five numbers in one label, where boxes have one each
        var labels = ChartHtml.Trace(
            "scatter",
            ("x", places), ("text", names), ("mode", "markers"), ("marker", new { opacity = 0 }),
            ("hovertemplate", "%{text}<br>greatest %{customdata[4]}<br>three quarters below %{customdata[3]}<br>median %{customdata[2]}<br>"
                + "a quarter below %{customdata[1]}<br>least %{customdata[0]}<extra></extra>"));
        var epochs = figure.Spreads(run).Select((epoch, k) =>
            new JsonObject { ["words"] = run.NameOf(k), ["boxes"] = new JsonArray([.. epoch.Select(Box)]) });
        return ChartHtml.Html(
            "boxes", figure.Title, run.NameOf(run.Epochs.Count - 1), [boxes, labels], [.. epochs],
            ("hovermode", "x"),
            ("hoverlabel", new { bgcolor = "#fff", bordercolor = "#555", font = new { color = "#222" } }),
            ("xaxis", ChartHtml.Counted("binary layer, in the network's order", slots)),
            ("yaxis", ChartHtml.Up(figure.Unit, vertical)));
    }

    private static JsonNode? Box(Quartiles? spread) =>
        spread is null ? null : new JsonArray([.. ChannelFigure.Numbers(spread).Select(number => (JsonNode)ChartHtml.Rounded(number))]);
}
