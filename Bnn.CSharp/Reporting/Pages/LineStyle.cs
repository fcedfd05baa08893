namespace Bnn;

/// <summary>How a line looks: colours that colour-blind readers can tell apart (Okabe and Ito's; for layers viridis, dark to light), and dashes and
/// marks for print.</summary>
/// <param name="Color">As in HTML.</param>
/// <param name="Dash">plotly.js's name of the dashes.</param>
/// <param name="Mark">plotly.js's name of the mark.</param>
internal sealed record LineStyle(string Color, string Dash, string Mark)
{
    private static readonly string[] Colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];

    // viridis without its lightest part, which is hard to see on white
    private static readonly (int R, int G, int B)[] Viridis = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (190, 200, 40)];

    private static readonly string[] Dashes = ["solid", "dash", "dot", "dashdot"];

    private static readonly string[] Marks = ["circle", "square", "triangle-up", "diamond"];

    /// <summary>The style of line k of so many.</summary>
    public static LineStyle Of(int k, int count, bool isByLayer)
    {
        var (dash, mark) = (Dashes[k % Dashes.Length], Marks[k % Marks.Length]);
        if (!isByLayer)
        {
            return new(Colors[k % Colors.Length], dash, mark);
        }

        var place = count < 2 ? 0 : k / (count - 1.0) * (Viridis.Length - 1);
        var from = (int)Math.Min(place, Viridis.Length - 2);
        var (a, b) = (Viridis[from], Viridis[from + 1]);
        int Between(int low, int high) => (int)Math.Round(low + (place - from) * (high - low));
        return new($"#{Between(a.R, b.R):X2}{Between(a.G, b.G):X2}{Between(a.B, b.B):X2}", dash, mark);
    }
}
