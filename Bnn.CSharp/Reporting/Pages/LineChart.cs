using System.Globalization;
using System.Net;
using System.Text;

namespace Bnn;

/// <summary>A quantity over the epochs of a run, as SVG. Stages are set apart by a line; a stage's points are joined, those of two stages
/// are not.</summary>
internal sealed class LineChart(Figure figure, SavedRun run, Axis vertical, int epochs)
{
    private const double Width = 580;
    private const double Height = 300;
    private const double Left = 74;
    private const double Right = 14;
    private const double Top = 24;
    private const double Bottom = 46;

    // more would hide the line
    private const int MostMarks = 40;

    // more would fill the page; of more only some are named
    private const int MostNames = 12;

    private readonly StringBuilder svg = new();

    private bool HasMarks => run.Epochs.Count <= MostMarks;

    /// <summary>The chart and its legend.</summary>
    public string Html()
    {
        var shown = figure.Shown(run);
        Add($"<svg class='chart' viewBox='0 0 {Width} {Height}' role='img' aria-label='{Text(figure.Title)}'>");
        Frame();
        Stages();
        for (var k = 0; k < shown.Count; k++)
        {
            Draw(shown[k], LineStyle.Of(k, shown.Count, figure.IsByLayer));
        }

        Add($"</svg>");
        return svg.ToString() + Legend(shown);
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private double X(double epoch) => Left + (Width - Left - Right) * (epoch - 0.5) / epochs;

    private double Y(double value) => Height - Bottom - (Height - Top - Bottom) * vertical.Place(value);

    private void Frame()
    {
        var bottom = Height - Bottom;
        foreach (var tick in vertical.Ticks())
        {
            var y = Y(tick);
            Add($"<line class='grid' x1='{Left}' x2='{Width - Right}' y1='{y:F1}' y2='{y:F1}'/>");
            Add($"<text class='tick' x='{Left - 6}' y='{y + 4:F1}' text-anchor='end'>{vertical.Label(tick)}</text>");
        }

        var every = new Axis(0, epochs, false).Ticks().Skip(1).First();
        every = Math.Max(1, Math.Ceiling(every));
        for (var epoch = every; epoch <= epochs; epoch += every)
        {
            Add($"<line class='axis' x1='{X(epoch):F1}' x2='{X(epoch):F1}' y1='{bottom}' y2='{bottom + 4}'/>");
            Add($"<text class='tick' x='{X(epoch):F1}' y='{bottom + 17}' text-anchor='middle'>{epoch}</text>");
        }

        Add($"<path class='axis' d='M{Left} {Top}V{bottom}H{Width - Right}'/>");
        Add($"<text class='label' x='{(Left + Width - Right) / 2}' y='{Height - 8}' text-anchor='middle'>epoch, counted through all stages</text>");
        Add($"<text class='label' transform='translate(15 {(Top + bottom) / 2}) rotate(-90)' text-anchor='middle'>{Text(figure.Unit)}</text>");
    }

    private void Stages()
    {
        var first = 1;
        foreach (var stage in run.Epochs.GroupBy(epoch => epoch.StageIndex))
        {
            var x = X(first - 0.5);
            if (first > 1)
            {
                Add($"<line class='border' x1='{x:F1}' x2='{x:F1}' y1='{Top - 8}' y2='{Height - Bottom}'/>");
            }

            // about as much as fits above the stage's epochs
            var room = (int)((X(first + stage.Count() - 0.5) - x - 10) / 7.5);
            var name = stage.First().Stage;
            Add($"<text class='stage' x='{x + 5:F1}' y='{Top - 10}'>{Text(name.Length <= room ? name : room < 3 ? "" : name[..(room - 1)] + "…")}</text>");
            first += stage.Count();
        }
    }

    private void Draw(Series series, LineStyle style)
    {
        Add($"<g><title>{Text(series.Name)}</title>");
        var all = series.Values.Select((value, k) => (Stage: run.Epochs[k].StageIndex, Epoch: k + 1, Value: value)).Where(p => vertical.Holds(p.Value));
        foreach (var stage in all.GroupBy(point => point.Stage))
        {
            var places = stage.Select(point => (X: X(point.Epoch), Y: Y(point.Value))).ToList();
            svg.Append(places.Count > 1 ? style.Line(places) : "");

            // a point alone is no line, and would not be seen
            svg.AppendJoin("", HasMarks || places.Count == 1 ? places.Select(place => style.MarkAt(place.X, place.Y)) : []);
        }

        Add($"</g>");
    }

    private string Legend(IReadOnlyList<Series> shown)
    {
        if (shown.Count < 2)
        {
            return "";
        }

        var step = Math.Max(1, (int)Math.Ceiling((shown.Count - 1) / (MostNames - 1.0)));
        var named = Enumerable.Range(0, shown.Count).Where(k => k % step == 0 || k == shown.Count - 1);
        var items = named.Select(k => $"<span>{LineStyle.Of(k, shown.Count, figure.IsByLayer).Sample()} {Text(shown[k].Name)}</span>");
        return $"<div class='legend'>{string.Join("", items)}{(step > 1 ? $"<span>and those between, {shown.Count} in all</span>" : "")}</div>";
    }

    private void Add(FormattableString part) => svg.Append(part.ToString(CultureInfo.InvariantCulture));
}
