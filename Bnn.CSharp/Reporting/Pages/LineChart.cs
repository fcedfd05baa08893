using Plotly.NET;

namespace Bnn;

/// <summary>A quantity over the epochs of a run. Stages are set apart by a line; a stage's points are joined, those of two stages are not.</summary>
/// <param name="figure">What is shown.</param>
/// <param name="runs">The runs whose charts have the same axes.</param>
internal sealed class LineChart(Figure figure, params IReadOnlyList<SavedRun> runs)
{
    // more would hide the line
    private const int MostMarks = 40;

    // more would fill the page; of more only some are named, and the pointer names all
    private const int MostNames = 8;

    private readonly Axis vertical = figure.Vertical(runs);
    private readonly int epochs = runs.Max(run => run.Epochs.Count);

    /// <summary>The chart of one of the runs, and its legend.</summary>
    public string Html(SavedRun run)
    {
        var shown = figure.Shown(run);
        var stages = Stages(run).ToList();
        return ChartHtml.Html(
            "lines", figure.Title, "", [.. shown.Select((series, k) => Line(run, series, k, shown.Count))], null,
            ("hovermode", figure.IsByLayer ? "closest" : "x unified"),
            ("showlegend", HasLegend(shown)),
            ("legend", new
            {
                orientation = "h",
                yref = "container",
                y = 0,
                yanchor = "bottom",
                x = 0,
                title = new { text = Unnamed(shown.Count), side = "top", font = new { size = 12 } },
            }),
            ("xaxis", ChartHtml.Counted("epoch, counted through all stages", epochs)),
            ("yaxis", ChartHtml.Up(figure.Unit, vertical)),
            ("shapes", stages.Skip(1).Select(stage => Border(stage.First)).ToList()),
            ("annotations", stages.Select(stage => Name(stage.First, stage.Name)).ToList()));
    }

    // a ring alone does not say what it is
    private static bool HasLegend(IReadOnlyList<Series> shown) => shown.Count > 1 || shown.Any(series => series.IsRings);

    private static int NamedEvery(int count) => Math.Max(1, (int)Math.Ceiling((count - 1) / (MostNames - 1.0)));

    private static bool IsNamed(int k, int count) => k % NamedEvery(count) == 0 || k == count - 1;

    private static string Unnamed(int count) => NamedEvery(count) > 1 ? $"some of the {count} lines:" : "";

    // without its mark it would not be seen
    private static bool HasLonePoint(SavedRun run) => Stages(run).Any(stage => stage.Count == 1);

    private static IEnumerable<(int First, int Count, string Name)> Stages(SavedRun run)
    {
        var first = 1;
        foreach (var stage in run.Epochs.GroupBy(epoch => epoch.StageIndex))
        {
            yield return (first, stage.Count(), stage.First().Stage);
            first += stage.Count();
        }
    }

    private static object Border(int first) => new
    {
        type = "line",
        x0 = first - 0.5,
        x1 = first - 0.5,
        yref = "paper",
        y0 = 0,
        y1 = 1.06,
        line = new { color = "#888", dash = "dash", width = 1 },
    };

    /// <summary>A stage's name above its epochs; the page shows as much of it as fits.</summary>
    private static object Name(int first, string name) => new
    {
        text = $"<b>{ChartHtml.Text(name)}</b>",
        hovertext = ChartHtml.Text(name),
        x = first - 0.5,
        xanchor = "left",
        yref = "paper",
        y = 1,
        yanchor = "bottom",
        showarrow = false,
    };

    private Trace Line(SavedRun run, Series series, int k, int count)
    {
        var style = LineStyle.Of(k, count, figure.IsByLayer);
        var mark = series.IsRings
            ? new { color = style.Color, symbol = "circle-open", size = 13, line = new { width = 2 }, maxdisplayed = 0 }
            : new { color = style.Color, symbol = style.Mark, size = 7, line = new { width = 0 }, maxdisplayed = HasLonePoint(run) ? 0 : MostMarks };
        var points = Points(run, series);
        return ChartHtml.Trace(
            "scatter",
            ("x", points.Select(point => point.Epoch).ToList()),
            ("y", points.Select(point => point.Value).ToList()),
            ("name", ChartHtml.Text(series.Name)),
            ("mode", series.IsRings ? "markers" : "lines+markers"),
            ("line", new { color = style.Color, dash = style.Dash, width = 2 }),
            ("marker", mark),
            ("showlegend", IsNamed(k, count)),
            ("hovertemplate", figure.IsByLayer ? "epoch %{x}: %{y:.4~g}" : "%{y:.4~g}"));
    }

    /// <summary>The epochs with a number, and between stages a gap.</summary>
    private List<(int? Epoch, double? Value)> Points(SavedRun run, Series series)
    {
        var points = new List<(int?, double?)>();
        var stage = -1;
        for (var k = 0; k < series.Values.Count; k++)
        {
            if (!vertical.Holds(series.Values[k]))
            {
                continue;
            }

            if (points.Count > 0 && run.Epochs[k].StageIndex != stage)
            {
                points.Add((null, null));
            }

            stage = run.Epochs[k].StageIndex;
            points.Add((k + 1, ChartHtml.Rounded(series.Values[k])));
        }

        return points;
    }
}
