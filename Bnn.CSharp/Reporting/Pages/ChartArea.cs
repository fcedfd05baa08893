using System.Globalization;
using System.Net;
using System.Text;

namespace Bnn;

/// <summary>The part of a chart that its axes enclose, and the SVG around it, in the chart's units. All charts of a page are equally large.</summary>
/// <param name="Left">Where the vertical axis stands.</param>
/// <param name="Top">Where it ends.</param>
/// <param name="Vertical">What it shows.</param>
internal sealed record ChartArea(double Left, double Top, Axis Vertical)
{
    public const double Width = 580;
    public const double Height = 300;

    /// <summary>Where the horizontal axis ends.</summary>
    public const double Right = Width - 14;

    /// <summary>Where the horizontal axis lies.</summary>
    public const double Bottom = Height - 46;

    /// <summary>The place at this share, 0..1, of the horizontal axis.</summary>
    public double X(double share) => Left + (Right - Left) * share;

    /// <summary>The place of a number on the vertical axis.</summary>
    public double Y(double value) => Bottom - (Bottom - Top) * Vertical.Place(value);

    /// <summary>The chart's start, with the vertical axis's ticks and its grid.</summary>
    /// <param name="title">What a screen reader says in place of the chart.</param>
    public string Start(string title)
    {
        var svg = new StringBuilder($"<svg class='chart' viewBox='0 0 {Width} {Height}' role='img' aria-label='{WebUtility.HtmlEncode(title)}'>");
        foreach (var tick in Vertical.Ticks())
        {
            svg.Append(Svg($"<line class='grid' x1='{Left}' x2='{Right}' y1='{Y(tick):F1}' y2='{Y(tick):F1}'/>"))
                .Append(Svg($"<text class='tick' x='{Left - 6}' y='{Y(tick) + 4:F1}' text-anchor='end'>{Vertical.Label(tick)}</text>"));
        }

        return svg.ToString();
    }

    /// <summary>A tick of the horizontal axis.</summary>
    public static string Tick(double x, string label) =>
        Svg($"<line class='axis' x1='{x:F1}' x2='{x:F1}' y1='{Bottom}' y2='{Bottom + 4}'/>")
        + Svg($"<text class='tick' x='{x:F1}' y='{Bottom + 17}' text-anchor='middle'>{WebUtility.HtmlEncode(label)}</text>");

    /// <summary>The axes, over what was drawn, their labels, and the chart's end.</summary>
    public string End(string across, string up) =>
        Svg($"<path class='axis' d='M{Left} {Top}V{Bottom}H{Right}'/>")
        + Svg($"<text class='label' x='{(Left + Right) / 2}' y='{Height - 8}' text-anchor='middle'>{WebUtility.HtmlEncode(across)}</text>")
        + Svg($"<text class='label' transform='translate(15 {(Top + Bottom) / 2}) rotate(-90)' text-anchor='middle'>{WebUtility.HtmlEncode(up)}</text></svg>");

    private static string Svg(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
