using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>The latent weights of a run at one epoch, as SVG, with the figures of all epochs beside it, among which the page's slider
/// chooses.</summary>
internal sealed class HistogramChart(SavedRun run, Axis vertical)
{
    public const string Title = "Histogram of latent weights";

    private readonly ChartArea area = new(60, 24, vertical);
    private readonly StringBuilder svg = new();

    /// <summary>An axis for all epochs of these runs.</summary>
    public static Axis Vertical(params IEnumerable<SavedRun> runs) => Axis.Over([0, .. runs.SelectMany(Spreads).SelectMany(Percents)], false);

    /// <summary>Whether there are latent weights.</summary>
    public static bool Exists(SavedRun run) => run.Model.BinaryWeights > 0 && Spreads(run).Any(spread => spread.Counts.Sum() > 0);

    /// <summary>The chart of the last epoch, and the data.</summary>
    public string Html()
    {
        var spreads = Spreads(run).ToList();
        var last = spreads[^1];
        svg.Append("<div class='histogram'>").Append(area.Start(Title));
        var across = new Axis(-last.Limit, last.Limit, false);
        svg.AppendJoin("", across.Ticks().Select(tick => ChartArea.Tick(area.X(across.Place(tick)), across.Label(tick))));
        Bars(Heights(last));
        svg.Append(area.End("latent weight w", "share of weights in a bin (%)"));
        svg.Append($"<p class='words'>{WebUtility.HtmlEncode(Words(run.Epochs.Count - 1))}</p>");

        var epochs = spreads.Select((spread, k) =>
            new JsonObject { ["heights"] = new JsonArray([.. Heights(spread).Select(height => (JsonNode)height)]), ["words"] = Words(k) });
        return svg.Append(Page.Data(new JsonArray([.. epochs]))).Append("</div>").ToString();
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

    /// <summary>The bars' heights in the chart's units.</summary>
    private IReadOnlyList<double> Heights(LatentSpread spread) =>
        [.. Percents(spread).Select(percent => Math.Round(Math.Max(0, ChartArea.Bottom - area.Y(percent)), 2))];

    private void Bars(IReadOnlyList<double> heights)
    {
        var width = (ChartArea.Right - area.Left) / heights.Count;
        for (var k = 0; k < heights.Count; k++)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<rect class='bar' x='{area.Left + k * width:F2}' width='{width:F2}' y='{ChartArea.Bottom - heights[k]:F2}' height='{heights[k]:F2}'/>");
        }
    }

    private string Words(int k)
    {
        if (run.Epochs[k].Diagnostics is not { LatentWeights: var w })
        {
            return run.NameOf(k);
        }

        var outside = w.Below + w.Above;
        return $"{run.NameOf(k)}: |w| > 0.9: {Show.Percent(100 * w.Confident)}; |w| < 0.1: {Show.Percent(100 * w.Unsure)}; "
            + (w.Peaks.Count == 0 ? "no peak" : $"{(w.Peaks.Count == 1 ? "peak" : "peaks")} at {string.Join(", ", w.Peaks.Select(peak => Show.Fixed(peak, 2)))}")
            + (outside == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; beyond ±{w.Limit}: {outside:N0} weights"));
    }
}
