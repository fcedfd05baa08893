using System.Globalization;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>The latent weights of a run at the epoch that the page's slider chooses, at first the last.</summary>
/// <param name="runs">The runs whose charts have the same axes.</param>
internal sealed class HistogramChart(params IReadOnlyList<SavedRun> runs)
{
    public const string Title = "Histogram of latent weights";

    private const string Color = "#0072B2";

    private readonly Axis vertical = Axis.Over([0, .. runs.SelectMany(Spreads).SelectMany(Percents)], false);
    private readonly double limit = runs.SelectMany(Spreads).Max(spread => spread.Limit);

    /// <summary>Whether there are latent weights.</summary>
    public static bool Exists(SavedRun run) => run.Model.BinaryWeights > 0 && Spreads(run).Any(spread => spread.Counts.Sum() > 0);

    /// <summary>The chart of one of the runs, and its words.</summary>
    public string Html(SavedRun run)
    {
        var spreads = Spreads(run).ToList();
        var (bins, reach) = (spreads[0].Counts.Count, spreads[0].Limit);
        var width = 2 * reach / bins;
        var epochs = spreads.Select((spread, k) => new JsonObject
        {
            ["shares"] = new JsonArray([.. Percents(spread).Select(percent => (JsonNode)ChartHtml.Rounded(percent))]),
            ["words"] = Words(run, k),
        });
        var bars = ChartHtml.Trace(
            "bar",
            ("x", Enumerable.Range(0, bins).Select(bin => ChartHtml.Rounded(-reach + (bin + 0.5) * width)).ToList()),
            ("width", ChartHtml.Rounded(width)),
            // closes the seams that smoothed edges would leave between the bars
            ("marker", new { color = Color, line = new { color = Color, width = 0.4 } }),
            ("hovertemplate", "w about %{x:.2f}: %{y:.3~g} % of the weights<extra></extra>"));
        return ChartHtml.Html(
            "histogram", Title, Words(run, run.Epochs.Count - 1), [bars], [.. epochs],
            ("xaxis", ChartHtml.Across("latent weight w", -limit, limit)),
            ("yaxis", ChartHtml.Up("share of weights in a bin (%)", vertical)));
    }

    /// <summary>The weights of every epoch; of one without diagnostics as many empty bins.</summary>
    private static IEnumerable<LatentSpread> Spreads(SavedRun run)
    {
        var all = run.Epochs.Select(epoch => epoch.Diagnostics?.LatentWeights).ToList();
        var some = all.OfType<LatentSpread>().FirstOrDefault();
        var none = new LatentSpread(some?.Limit ?? 1, new long[some?.Counts.Count ?? 1], 0, 0, 0, double.NaN, double.NaN, double.NaN, double.NaN, []);
        return all.Select(spread => spread ?? none);
    }

    private static IEnumerable<double> Percents(LatentSpread spread)
    {
        var all = spread.Counts.Sum() + spread.Below + spread.Above;
        return spread.Counts.Select(count => all == 0 ? 0 : 100.0 * count / all);
    }

    private static string Words(SavedRun run, int k)
    {
        if (run.Epochs[k].Diagnostics is not { LatentWeights: var w })
        {
            return run.NameOf(k);
        }

        var outside = w.Below + w.Above;
        return $"{run.NameOf(k)}: |w| > 0.9: {Show.Percent(w.Confident)}; |w| < 0.1: {Show.Percent(w.Unsure)}; "
            + (w.Peaks.Count == 0 ? "no peak" : $"{(w.Peaks.Count == 1 ? "peak" : "peaks")} at {string.Join(", ", w.Peaks.Select(peak => Show.Fixed(peak, 2)))}")
            + (outside == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; beyond ±{w.Limit}: {outside:N0} weights"));
    }
}
