using System.Globalization;
using ScottPlot;
using ScottPlot.MultiplotLayouts;

namespace Bnn;

/// <summary>The picture of how the latent weights are spread after each stage.</summary>
internal static class LatentHistogram
{
    private const int PanelsPerRow = 4;

    private const int PanelWidth = 480;

    private const int PanelHeight = 400;

    // what fits above one panel
    private const int TitleLength = 50;

    /// <summary>Writes a PNG with one panel a stage, side by side, at most four in a row.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<(string Title, WeightHistogram Weights)> stages)
    {
        ChartFont.Register();
        var columns = Math.Clamp(stages.Count, 1, PanelsPerRow);
        var rows = Math.Max(1, (stages.Count + PanelsPerRow - 1) / PanelsPerRow);
        var panels = new Multiplot { Layout = new Grid(rows, columns) };
        panels.AddPlots(stages.Count);
        for (var i = 0; i < stages.Count; i++)
        {
            Draw(panels.GetPlot(i), stages[i].Title, stages[i].Weights);
        }

        byte[] png;
        using (var image = panels.Render(columns * PanelWidth, rows * PanelHeight))
        {
            png = image.GetImageBytes(ImageFormat.Png);
        }

        AtomicFile.Write(path, stream => stream.Write(png));
    }

    private static void Draw(Plot plot, string title, WeightHistogram histogram)
    {
        var width = 2 * histogram.Limit / histogram.Shares.Length;
        var color = Color.FromHex("#4477AA");
        var bars = plot.Add.Bars(histogram.Shares.Select((share, bin) => new Bar
        {
            Position = -histogram.Limit + (bin + 0.5) * width,
            Value = share,
            Size = width,
            FillColor = color,
            // closes the seams that smoothed edges would leave between the bars
            LineColor = color,
            LineWidth = 1,
        }).ToList());
        bars.Color = color;

        var top = histogram.Shares.Max();
        plot.Axes.SetLimits(-1.05 * histogram.Limit, 1.05 * histogram.Limit, 0, top > 0 ? 1.08 * top : 1);
        plot.XLabel("latent weight", 15);
        plot.YLabel("share of weights", 15);
        plot.Title(Title(title, histogram), 15);
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = Percent };
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            LabelFormatter = x => x.ToString(x != 0 && Math.Abs(x) < 1e-3 ? "0.##e-0" : "G6", CultureInfo.InvariantCulture),
        };
        plot.Axes.Right.FrameLineStyle.IsVisible = false;
        plot.Axes.Top.FrameLineStyle.IsVisible = false;
        plot.Grid.XAxisStyle.IsVisible = false;
        plot.Font.Set(ChartFont.Name);
    }

    private static string Title(string title, WeightHistogram histogram)
    {
        var lines = new List<string>
        {
            ConsoleText.Cut(PlainText.Line(title), TitleLength),
            histogram.Finite == 0
                ? "no weights"
                : $"|w| > 0.9: {Percent(histogram.Above)}     |w| < 0.1: {Percent(histogram.Below)}",
        };
        if (histogram.NonFinite > 0)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"left out: {histogram.NonFinite:N0} NaN or infinite"));
        }

        // up to one in a thousand is outside by the choice of the bins
        if (histogram.Outside > 0.001)
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"outside the axis, |w| > {histogram.Limit:G3}: {Percent(histogram.Outside)}"));
        }

        return string.Join('\n', lines);
    }

    private static string Percent(double share) =>
        (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
