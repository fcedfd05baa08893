using System.Globalization;

namespace Bnn;

/// <summary>The lines that stay on the console, one an epoch, in columns under one header.</summary>
/// <param name="stages">The run's stages.</param>
/// <param name="score">What is measured.</param>
/// <param name="width">How many columns there are. Where all do not fit, titles and numbers are shorter, then columns are left out.</param>
internal sealed class EpochLines(IReadOnlyList<(string Name, int Epochs)> stages, Score score, int width = int.MaxValue)
{
    private const int Gap = 2;

    private readonly IReadOnlyList<Column> columns = Fitting(stages, score, width);

    /// <summary>How many columns the lines take.</summary>
    public int Width => WidthOf(columns);

    /// <summary>The names of the columns.</summary>
    public string Header => Text(columns.Select(column => column.Title));

    /// <summary>The line of one epoch.</summary>
    public string Line(EpochMetrics e) => Text(columns.Select(column => column.Cell(e)));

    private string Text(IEnumerable<string> cells) => string.Join(
        new string(' ', Gap), cells.Zip(columns, (cell, column) => ConsoleText.Pad(cell, column.Width, onRight: column != columns[0])));

    private static int WidthOf(IReadOnlyList<Column> columns) => columns.Sum(column => column.Width) + Gap * (columns.Count - 1);

    private static IReadOnlyList<Column> Fitting(IReadOnlyList<(string Name, int Epochs)> stages, Score score, int width)
    {
        var all = Full(stages, score);
        if (WidthOf(all) <= width)
        {
            return all;
        }

        var shown = Short(stages, score).ToList();
        while (WidthOf(shown) > width && shown.Max(column => column.Rank) is > 0 and var last)
        {
            shown.RemoveAll(column => column.Rank == last);
        }

        // of the name as much as fits
        shown[0] = shown[0] with { Width = Math.Max(1, shown[0].Width - Math.Max(0, WidthOf(shown) - width)) };
        return shown;
    }

    private static Column[] Full(IReadOnlyList<(string Name, int Epochs)> stages, Score score) =>
    [
        .. Place(stages), new("loss", 8, 1, e => Show.Loss(e.Loss)), new($"train {score.Name}", 11, 2, e => score.Text(score.Train(e))),
        new($"test {score.Name}", 10, 0, e => score.Text(score.Test(e))), new("FF", 7, 3, e => Show.Scientific(e.FlipFlopRatio)),
        new("saturation", 10, 4, e => Show.Percent(e.Saturation)), new("seconds", 8, 5, e => Show.Fixed(e.Seconds, 1)),
        new("data wait", 9, 6, e => Show.Percent(e.DataWait)),
    ];

    private static Column[] Short(IReadOnlyList<(string Name, int Epochs)> stages, Score score) =>
    [
        .. Place(stages), new("loss", 8, 1, e => Show.Loss(e.Loss)), new("train", 8, 2, e => score.Text(score.Train(e))),
        new("test", 8, 0, e => score.Text(score.Test(e))), new("FF", 7, 3, e => Show.Scientific(e.FlipFlopRatio)),
        new("satur.", 7, 4, e => Rough(e.Saturation)), new("time", 7, 5, e => Show.Time(e.Seconds)), new("wait", 5, 6, e => Rough(e.DataWait)),
    ];

    private static Column[] Place(IReadOnlyList<(string Name, int Epochs)> stages) =>
    [
        new("stage", stages.Select(stage => ConsoleText.Width(PlainText.Line(stage.Name))).Append("stage".Length).Max(), 0, Stage),
        new("epoch", 2 * stages.Select(stage => Digits(stage.Epochs)).Append(2).Max() + 1, 0, Epoch),
    ];

    private static string Stage(EpochMetrics e) => PlainText.Line(e.Stage);

    private static string Epoch(EpochMetrics e) =>
        $"{e.Epoch.ToString(CultureInfo.InvariantCulture).PadLeft(Digits(e.Epochs))}/{e.Epochs.ToString(CultureInfo.InvariantCulture)}";

    private static string Rough(double share) => double.IsNaN(share) ? Show.Percent(share) : $"{Show.Percent(share, 0)} %";

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    /// <summary>A column.</summary>
    /// <param name="Title">Its name.</param>
    /// <param name="Width">Its width.</param>
    /// <param name="Rank">0: always there; else the greater, the sooner it is left out.</param>
    /// <param name="Cell">What an epoch's line has in it.</param>
    private sealed record Column(string Title, int Width, int Rank, Func<EpochMetrics, string> Cell);
}
