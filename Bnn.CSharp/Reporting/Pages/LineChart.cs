using System.Globalization;
using System.Net;
using System.Text;

namespace Bnn;

/// <summary>A quantity over the epochs of a run, as SVG. Stages are set apart by a line; a stage's points are joined, those of two stages
/// are not.</summary>
internal sealed class LineChart(Figure figure, SavedRun run, Axis vertical, int epochs)
{
    // more would hide the line
    private const int MostMarks = 40;

    // more would fill the page; of more only some are named
    private const int MostNames = 12;

    private readonly ChartArea area = new(74, 24, vertical);
    private readonly StringBuilder svg = new();

    private bool HasMarks => run.Epochs.Count <= MostMarks;

    /// <summary>The chart and its legend.</summary>
    public string Html()
    {
        var shown = figure.Shown(run);
        svg.Append(area.Start(figure.Title));
        Ticks();
        Stages();
        for (var k = 0; k < shown.Count; k++)
        {
            Draw(shown[k], LineStyle.Of(k, shown.Count, figure.IsByLayer));
        }

        svg.Append(area.End("epoch, counted through all stages", figure.Unit));
        return svg.ToString() + Legend(shown);
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private double X(double epoch) => area.X((epoch - 0.5) / epochs);

    private void Ticks()
    {
        var every = Math.Max(1, Math.Ceiling(new Axis(0, epochs, false).Ticks().Skip(1).First()));
        for (var epoch = every; epoch <= epochs; epoch += every)
        {
            svg.Append(ChartArea.Tick(X(epoch), epoch.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private void Stages()
    {
        var first = 1;
        foreach (var stage in run.Epochs.GroupBy(epoch => epoch.StageIndex))
        {
            var x = X(first - 0.5);
            if (first > 1)
            {
                Add($"<line class='border' x1='{x:F1}' x2='{x:F1}' y1='{area.Top - 8}' y2='{ChartArea.Bottom}'/>");
            }

            // about as much as fits above the stage's epochs
            var room = (int)((X(first + stage.Count() - 0.5) - x - 10) / 7.5);
            var name = stage.First().Stage;
            Add($"<text class='stage' x='{x + 5:F1}' y='{area.Top - 10}'>{Text(name.Length <= room ? name : room < 3 ? "" : name[..(room - 1)] + "…")}</text>");
            first += stage.Count();
        }
    }

    private void Draw(Series series, LineStyle style)
    {
        Add($"<g><title>{Text(series.Name)}</title>");
        var all = series.Values.Select((value, k) => (Stage: run.Epochs[k].StageIndex, Epoch: k + 1, Value: value)).Where(p => vertical.Holds(p.Value));
        foreach (var stage in all.GroupBy(point => point.Stage))
        {
            var places = stage.Select(point => (X: X(point.Epoch), Y: area.Y(point.Value))).ToList();
            if (series.IsRings)
            {
                svg.AppendJoin("", places.Select(place => style.RingAt(place.X, place.Y)));
                continue;
            }

            svg.Append(places.Count > 1 ? style.Line(places) : "");

            // a point alone is no line, and would not be seen
            svg.AppendJoin("", HasMarks || places.Count == 1 ? places.Select(place => style.MarkAt(place.X, place.Y)) : []);
        }

        Add($"</g>");
    }

    private string Legend(IReadOnlyList<Series> shown)
    {
        // a ring alone does not say what it is
        if (shown.Count < 2 && !shown.Any(series => series.IsRings))
        {
            return "";
        }

        var step = Math.Max(1, (int)Math.Ceiling((shown.Count - 1) / (MostNames - 1.0)));
        var named = Enumerable.Range(0, shown.Count).Where(k => k % step == 0 || k == shown.Count - 1);
        var items = named.Select(k => $"<span>{LineStyle.Of(k, shown.Count, figure.IsByLayer).Sample(shown[k].IsRings)} {Text(shown[k].Name)}</span>");
        return $"<div class='legend'>{string.Join("", items)}{(step > 1 ? $"<span>and those between, {shown.Count} in all</span>" : "")}</div>";
    }

    private void Add(FormattableString part) => svg.Append(part.ToString(CultureInfo.InvariantCulture));
}
