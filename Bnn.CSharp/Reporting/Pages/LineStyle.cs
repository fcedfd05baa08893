using System.Globalization;

namespace Bnn;

/// <summary>How a line looks: colours that colour-blind readers can tell apart (Okabe and Ito's; for layers viridis, dark to light), and dashes and
/// marks for print.</summary>
internal sealed record LineStyle(string Color, string Dash, int Mark)
{
    private static readonly string[] Colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];

    // viridis without its lightest part, which is hard to see on white
    private static readonly (int R, int G, int B)[] Viridis = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (190, 200, 40)];

    private static readonly string[] Dashes = ["", "7 3", "2 3", "9 3 2 3"];

    /// <summary>The style of line k of so many.</summary>
    public static LineStyle Of(int k, int count, bool isByLayer)
    {
        if (!isByLayer)
        {
            return new(Colors[k % Colors.Length], Dashes[k % Dashes.Length], k % 4);
        }

        var place = count < 2 ? 0 : k / (count - 1.0) * (Viridis.Length - 1);
        var (from, part) = ((int)Math.Min(place, Viridis.Length - 2), place - Math.Min(Math.Floor(place), Viridis.Length - 2));
        var (a, b) = (Viridis[from], Viridis[from + 1]);
        int Between(int low, int high) => (int)Math.Round(low + part * (high - low));
        return new($"#{Between(a.R, b.R):X2}{Between(a.G, b.G):X2}{Between(a.B, b.B):X2}", Dashes[k % Dashes.Length], k % 4);
    }

    /// <summary>A mark at a place.</summary>
    public string MarkAt(double x, double y) => Mark switch
    {
        0 => Svg($"<circle cx='{x:F1}' cy='{y:F1}' r='3.2' fill='{Color}'/>"),
        1 => Svg($"<rect x='{x - 3:F1}' y='{y - 3:F1}' width='6' height='6' fill='{Color}'/>"),
        2 => Svg($"<path d='M{x:F1} {y - 4:F1}l4 7h-8z' fill='{Color}'/>"),
        _ => Svg($"<path d='M{x:F1} {y - 4.4:F1}l4.2 4.4l-4.2 4.4l-4.2 -4.4z' fill='{Color}'/>"),
    };

    /// <summary>A line through places.</summary>
    public string Line(IEnumerable<(double X, double Y)> places) => Svg(
        $"<polyline fill='none' stroke='{Color}' stroke-width='1.8' stroke-dasharray='{Dash}' points='{string.Join(' ', places.Select(p => Svg($"{p.X:F1},{p.Y:F1}")))}'/>");

    /// <summary>A ring at a place, which leaves a mark that lies there to be seen.</summary>
    public string RingAt(double x, double y) => Svg($"<circle cx='{x:F1}' cy='{y:F1}' r='6.5' fill='none' stroke='{Color}' stroke-width='1.8'/>");

    /// <summary>A piece of the line, or the ring, for a legend.</summary>
    public string Sample(bool isRing) =>
        $"<svg width='34' height='16' viewBox='0 0 34 16' aria-hidden='true'>{(isRing ? RingAt(17, 8) : Line([(1, 8), (33, 8)]) + MarkAt(17, 8))}</svg>";

    private static string Svg(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
