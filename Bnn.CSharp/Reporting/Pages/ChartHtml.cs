using System.Globalization;
using System.Text.Json.Nodes;
using DynamicObj;
using Plotly.NET;

namespace Bnn;

/// <summary>A chart as a page holds it: what plotly.js is to draw, through Plotly.NET. Attributes have plotly.js's names
/// (https://plotly.com/javascript/reference); Plotly.NET's functions for them take F#'s options, which C# cannot leave out.</summary>
internal static class ChartHtml
{
    // of a chart without its legend, in pixels; page.js makes room for that
    private const int Height = 300;

    // more digits than a chart shows would only make the page larger
    private const string Digits = "G5";

    private const string Grey = "#555";

    // page.js reckons with the size of all text
    private static readonly object TitleFont = new { size = 12 };

    // read once: a run writes its page again and again
    private static readonly Lazy<byte[]> Script = new(ReadScript);

    /// <summary>plotly.js, which Plotly.NET carries, after the notices of what is in it, which are comments.</summary>
    public static ReadOnlyMemory<byte> Plotly => Script.Value;

    /// <summary>A trace: the numbers and how they are drawn.</summary>
    public static Trace Trace(string type, params (string Name, object Value)[] attributes) => With(new Trace(type), attributes);

    /// <summary>A horizontal axis over these whole numbers, from 1 on, with room for a mark at its end.</summary>
    public static object Counted(string title, int count) =>
        Across(title, 0.5, count + Math.Max(0.5, 0.015 * count), Axis.Step(count));

    /// <summary>A horizontal axis over these numbers.</summary>
    /// <param name="title">What is beside it.</param>
    /// <param name="low">Its left end.</param>
    /// <param name="high">Its right end.</param>
    /// <param name="every">From one tick to the next, one of them at 0; null where plotly.js is to choose.</param>
    public static object Across(string title, double low, double high, object? every = null) => new
    {
        title = new { text = title, standoff = 8, font = TitleFont },
        range = (double[])[low, high],
        tick0 = every is null ? null : (object)0,
        dtick = every,
        showgrid = false,
        zeroline = false,
        showline = true,
        linecolor = Grey,
        ticks = "outside",
        tickcolor = Grey,
    };

    /// <summary>A vertical axis. A logarithmic one has its range in powers of ten.</summary>
    public static object Up(string title, Axis axis) => new
    {
        title = new { text = title, standoff = 6, font = TitleFont },
        type = axis.IsLog ? "log" : "linear",
        range = (double[])(axis.IsLog ? [Math.Log10(axis.Low), Math.Log10(axis.High)] : [axis.Low, axis.High]),
        dtick = axis.IsLog ? LogStep(axis.High / axis.Low) : null,
        // whole numbers in place of a digit alone, and 1e-6 in place of 1μ
        tickformat = axis.IsLog ? "~g" : "",
        exponentformat = "e",
        nticks = 7,
        gridcolor = "#e3e3e3",
        zeroline = false,
        showline = true,
        linecolor = Grey,
    };

    /// <summary>A number with the digits that a chart shows.</summary>
    public static double Rounded(double value) => double.Parse(value.ToString(Digits, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Text in a chart, where plotly.js would take some for markup.</summary>
    public static string Text(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    /// <summary>The chart as HTML.</summary>
    /// <param name="kind">How page.js draws it: <c>lines</c>, <c>histogram</c> or <c>boxes</c>.</param>
    /// <param name="title">What a screen reader says in place of the chart.</param>
    /// <param name="words">What is said below it; page.js changes it with the epoch.</param>
    /// <param name="traces">What is drawn.</param>
    /// <param name="epochs">What page.js puts into the first trace at each epoch; null where all are drawn at once.</param>
    /// <param name="layout">Axes, legend and all else.</param>
    public static string Html(
        string kind, string title, string words, IReadOnlyList<Trace> traces, JsonArray? epochs, params (string Name, object Value)[] layout)
    {
        (string, object)[] common =
        [
            ("height", Height), ("margin", new { l = 72, r = 12, t = 28, b = 46 }), ("paper_bgcolor", "#fff"), ("plot_bgcolor", "#fff"), ("showlegend", false),
            ("hoverlabel", new { namelength = -1 }),
            ("font", new { family = "system-ui, 'DejaVu Sans', Arial, sans-serif", size = 12, color = "#333" }),
        ];
        var chart = GenericChart.setLayout(With(new Layout(), [.. common, .. layout]), GenericChart.ofTraceObjects(false, traces));
        var figure = GenericChart.toFigureJson(chart);
        var json = $"{{\"figure\":{figure}{(epochs is null ? "" : $",\"epochs\":{epochs.ToJsonString()}")}}}";

        // no < may end the script that holds it
        return $"<div class='chart' data-kind='{kind}'><div class='plot' role='img' aria-label='{Page.Text(title)}'></div>"
            + $"{(epochs is null ? "" : $"<p class='words'>{Page.Text(words)}</p>")}"
            + $"<script type='application/json'>{json.Replace("<", "\\u003c")}</script></div>";
    }

    /// <summary>Few enough ticks for such a ratio of an axis's ends: at all digits, at 1, 2 and 5, or at powers of ten.</summary>
    private static object LogStep(double ratio) => ratio < 4 ? "D1" : ratio < 300 ? "D2" : Math.Ceiling(Math.Log10(ratio) / 7);

    private static T With<T>(T target, (string Name, object Value)[] attributes)
        where T : DynamicObj.DynamicObj
    {
        foreach (var (name, value) in attributes)
        {
            target.SetProperty(name, value);
        }

        return target;
    }

    private static byte[] ReadScript()
    {
        var assembly = typeof(Trace).Assembly;
        using var script = new MemoryStream();
        foreach (var ending in (string[])[".min.js.LICENSE.txt", ".min.js"])
        {
            // the name has the version
            var name = assembly.GetManifestResourceNames().Single(name => name.EndsWith(ending, StringComparison.Ordinal));
            using var part = assembly.GetManifestResourceStream(name)!;
            part.CopyTo(script);
            script.WriteByte((byte)'\n');
        }

        return script.ToArray();
    }
}
