using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>The latent weights of a run at one epoch, as SVG, with the figures of all epochs beside it, among which the page's slider
/// chooses.</summary>
internal sealed class HistogramChart(SavedRun run, Axis vertical)
{
    private const double Width = 580;
    private const double Height = 300;
    private const double Left = 60;
    private const double Right = 14;
    private const double Top = 12;
    private const double Bottom = 46;

    // of an epoch without diagnostics
    private static readonly LatentSpread None = new(Core.ConfidenceModule.defaults.Limit, [0], 0, 0, 0, double.NaN, double.NaN, double.NaN, double.NaN, []);

    private readonly StringBuilder svg = new();

    private static double Room => Height - Top - Bottom;

    /// <summary>The largest share of a bin in percent, for the axis.</summary>
    public static double Largest(SavedRun run) => Spreads(run).SelectMany(Percents).DefaultIfEmpty(0).Max();

    /// <summary>Whether there are latent weights.</summary>
    public static bool Exists(SavedRun run) => run.Model.BinaryWeights > 0 && Spreads(run).Any(spread => spread.Counts.Sum() > 0);

    /// <summary>The chart of the last epoch, and the data.</summary>
    public string Html()
    {
        var spreads = Spreads(run).ToList();
        var last = spreads[^1];
        var bottom = Height - Bottom;
        Add($"<div class='histogram'><svg class='chart' viewBox='0 0 {Width} {Height}' role='img' aria-label='latent weights'>");
        foreach (var tick in vertical.Ticks())
        {
            var y = bottom - Room * vertical.Place(tick);
            Add($"<line class='grid' x1='{Left}' x2='{Width - Right}' y1='{y:F1}' y2='{y:F1}'/>");
            Add($"<text class='tick' x='{Left - 6}' y='{y + 4:F1}' text-anchor='end'>{vertical.Label(tick)}</text>");
        }

        var across = new Axis(-last.Limit, last.Limit, false);
        foreach (var tick in across.Ticks())
        {
            var x = Left + (Width - Left - Right) * across.Place(tick);
            Add($"<line class='axis' x1='{x:F1}' x2='{x:F1}' y1='{bottom}' y2='{bottom + 4}'/>");
            Add($"<text class='tick' x='{x:F1}' y='{bottom + 17}' text-anchor='middle'>{across.Label(tick)}</text>");
        }

        Bars(Percents(last));
        Add($"<path class='axis' d='M{Left} {Top}V{bottom}H{Width - Right}'/>");
        Add($"<text class='label' x='{(Left + Width - Right) / 2}' y='{Height - 8}' text-anchor='middle'>latent weight w</text>");
        Add($"<text class='label' transform='translate(15 {(Top + bottom) / 2}) rotate(-90)' text-anchor='middle'>share of weights in a bin (%)</text>");
        Add($"</svg><p class='words'>{Words(run.Epochs.Count - 1)}</p>");
        Data(spreads);
        return svg.Append("</div>").ToString();
    }

    private static IEnumerable<LatentSpread> Spreads(SavedRun run) => run.Epochs.Select(epoch => epoch.Diagnostics?.LatentWeights ?? None);

    private static IEnumerable<double> Percents(LatentSpread spread)
    {
        var all = spread.Counts.Sum() + spread.Below + spread.Above;
        return spread.Counts.Select(count => all == 0 ? 0 : 100.0 * count / all);
    }

    private void Bars(IEnumerable<double> percents)
    {
        var bars = percents.ToList();
        var width = (Width - Left - Right) / bars.Count;
        for (var k = 0; k < bars.Count; k++)
        {
            var height = Math.Max(0, Room * vertical.Place(bars[k]));
            Add($"<rect class='bar' x='{Left + k * width:F2}' width='{width:F2}' y='{Height - Bottom - height:F2}' height='{height:F2}'/>");
        }
    }

    private string Words(int k)
    {
        var epoch = run.Epochs[k];
        if (epoch.Diagnostics is null)
        {
            return System.Net.WebUtility.HtmlEncode($"{epoch.Stage}, epoch {epoch.Epoch}: no diagnostics");
        }

        var w = epoch.Diagnostics.LatentWeights;
        var outside = w.Below + w.Above;
        return System.Net.WebUtility.HtmlEncode(string.Create(
            CultureInfo.InvariantCulture,
            $"{epoch.Stage}, epoch {epoch.Epoch}: |w| > 0.9: {Show.Percent(100 * w.Confident)}; |w| < 0.1: {Show.Percent(100 * w.Unsure)}; ")
            + (w.Peaks.Count == 0 ? "no peak" : $"{(w.Peaks.Count == 1 ? "peak" : "peaks")} at {string.Join(", ", w.Peaks.Select(peak => Show.Fixed(peak, 2)))}")
            + (outside == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; beyond ±{w.Limit}: {outside:N0} weights")));
    }

    /// <summary>For each epoch the bars' heights in the chart's units, and the words.</summary>
    private void Data(IReadOnlyList<LatentSpread> spreads)
    {
        Add($"<script type='application/json' class='epochs'>[");
        for (var k = 0; k < spreads.Count; k++)
        {
            var heights = Percents(spreads[k]).Select(percent => Math.Max(0, Room * vertical.Place(percent)).ToString("0.##", CultureInfo.InvariantCulture));

            // the default encoder leaves no < that could end the script
            Add($"{(k > 0 ? "," : "")}{{\"heights\":[{string.Join(',', heights)}],\"words\":\"{System.Text.Json.JsonEncodedText.Encode(System.Net.WebUtility.HtmlDecode(Words(k)))}\"}}");
        }

        Add($"]</script>");
    }

    private void Add(FormattableString part) => svg.Append(part.ToString(CultureInfo.InvariantCulture));
}
