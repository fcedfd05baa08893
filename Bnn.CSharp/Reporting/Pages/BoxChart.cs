using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>A box for each binary layer of a run at one epoch, as SVG, with the numbers of all epochs beside it, among which the page's slider
/// chooses. What page.js draws at another epoch is drawn here at the last.</summary>
/// <param name="figure">What is shown.</param>
/// <param name="run">Whose layers.</param>
/// <param name="vertical">The vertical axis.</param>
/// <param name="slots">For how many layers the horizontal axis has room.</param>
internal sealed class BoxChart(ChannelFigure figure, SavedRun run, Axis vertical, int slots)
{
    private const double WidestBox = 26;

    // of a tick's label: on average in a name, and of a digit
    private const double LetterWidth = 6.6;
    private const double DigitWidth = 7.6;

    private readonly ChartArea area = new(74, 10, vertical);
    private readonly StringBuilder svg = new();
    private readonly IReadOnlyList<string> names = [.. ChannelFigure.Layers(run).Select(ChannelFigure.Short)];

    private double Slot => (ChartArea.Right - area.Left) / slots;

    /// <summary>What a box is made of.</summary>
    public static string Key()
    {
        (double Y, string Text)[] parts =
        [
            (92, "least of the layer's output channels"), (70, "a quarter of them is below"), (50, "median"), (28, "a quarter of them is above"),
            (8, "greatest"),
        ];
        var texts = parts.Select(part => Svg($"<text class='tick' x='48' y='{part.Y + 4}'>{WebUtility.HtmlEncode(part.Text)}</text>"));
        return $"<svg width='270' height='100' viewBox='0 0 270 100'>{Shapes(20, WidestBox, [.. parts.Select(part => part.Y)])}{string.Join("", texts)}</svg>";
    }

    /// <summary>Which layer has which number.</summary>
    public static string Names(SavedRun run) =>
        $"<ol class='layers'>{string.Join("", ChannelFigure.Layers(run).Select(name => $"<li>{WebUtility.HtmlEncode(ChannelFigure.Short(name))}</li>"))}</ol>";

    /// <summary>The chart of the last epoch, and the data.</summary>
    public string Html()
    {
        var spreads = figure.Spreads(run);
        svg.Append("<div class='boxes'>").Append(area.Start(figure.Title));
        Ticks();
        for (var k = 0; k < names.Count; k++)
        {
            Box(k, spreads[^1][k]);
        }

        svg.Append(area.End("binary layer, in the network's order", figure.Unit));
        svg.Append($"<p class='words'>{WebUtility.HtmlEncode(run.NameOf(run.Epochs.Count - 1))}</p>");
        return svg.Append(Page.Data(Data(spreads))).Append("</div>").ToString();
    }

    private JsonObject Data(IReadOnlyList<IReadOnlyList<ChannelSpread?>> spreads)
    {
        static JsonNode? Box(ChannelSpread? spread) =>
            spread is null ? null : new JsonArray([.. ChannelFigure.Numbers(spread).Select(number => (JsonNode)Rounded(number))]);
        return new()
        {
            ["low"] = vertical.Low,
            ["high"] = vertical.High,
            ["isLog"] = vertical.IsLog,
            ["top"] = area.Top,
            ["bottom"] = ChartArea.Bottom,
            ["epochs"] = new JsonArray([.. spreads.Select((epoch, k) =>
                new JsonObject { ["words"] = run.NameOf(k), ["boxes"] = new JsonArray([.. epoch.Select(Box)]) })]),
        };
    }

    // more digits than a chart shows would only make the page larger
    private static double Rounded(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Whiskers, box and median at these heights, from the least to the greatest.</summary>
    private static string Shapes(double x, double width, IReadOnlyList<double> y)
    {
        var (left, cap) = (x - width / 2, width / 4);
        var upper = Svg($"M{x - cap:F1} {y[4]:F1}h{2 * cap:F1}M{x:F1} {y[4]:F1}V{y[3]:F1}");
        var lower = Svg($"M{x:F1} {y[1]:F1}V{y[0]:F1}M{x - cap:F1} {y[0]:F1}h{2 * cap:F1}");
        return $"<path class='whisker' d='{upper}{lower}'/>"
            + Svg($"<rect class='middle' x='{left:F1}' width='{width:F1}' y='{y[3]:F1}' height='{y[1] - y[3]:F1}'/>")
            + Svg($"<path class='median' d='M{left:F1} {y[2]:F1}h{width:F1}'/>");
    }

    private static string Svg(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private double X(int layer) => area.Left + Slot * (layer + 0.5);

    private double Y(double value) => vertical.Holds(value) ? Math.Min(ChartArea.Bottom, area.Y(value)) : ChartArea.Bottom;

    /// <summary>The layers' numbers, with the names where they fit.</summary>
    private void Ticks()
    {
        var labels = names.Select((name, k) => string.Create(CultureInfo.InvariantCulture, $"{k + 1} {name}")).ToList();
        var isNamed = labels.All(label => label.Length * LetterWidth < Slot);
        var every = Math.Max(1, (int)Math.Ceiling((slots.ToString(CultureInfo.InvariantCulture).Length * DigitWidth + 3) / Slot));
        for (var k = 0; k < names.Count; k += every)
        {
            svg.Append(ChartArea.Tick(X(k), isNamed ? labels[k] : (k + 1).ToString(CultureInfo.InvariantCulture)));
        }
    }

    private void Box(int layer, ChannelSpread? spread)
    {
        var name = WebUtility.HtmlEncode($"{layer + 1} {names[layer]}");
        var heights = spread is null ? new double[5] : [.. ChannelFigure.Numbers(spread).Select(Y)];
        svg.Append($"<g class='box'><title>{name}</title>")
            .Append(Svg($"<rect class='slot' x='{X(layer) - Slot / 2:F1}' width='{Slot:F1}' y='{area.Top}' height='{ChartArea.Bottom - area.Top}'/>"))
            .Append(spread is null ? "<g class='shapes' visibility='hidden'>" : "<g class='shapes'>")
            .Append(Shapes(X(layer), Math.Min(WidestBox, 0.62 * Slot), heights)).Append("</g></g>");
    }
}
