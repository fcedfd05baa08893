using Spectre.Console;

namespace Bnn;

/// <summary>The table at a run's end, one row a stage.</summary>
internal static class StageTable
{
    private const string FirstTitle = "stage";

    // columns in the order in which a narrow terminal does without them: saturation, C2I, time, FF, train, gap
    private static readonly int[] Dispensable = [6, 5, 7, 4, 2, 3];

    /// <summary>What stands above the table. With the units in its cells it would not fit on 80 columns.</summary>
    public static string Heading(IReadOnlyList<StageResult> stages) => Of(stages) == Score.Top1
        ? "top-1, gap, C2I and saturation in percent"
        : $"{Of(stages).Name} and gap in {Of(stages).Unit}, C2I and saturation in percent";

    /// <summary>The table with borders, for a terminal of this width; null where it would be wider.</summary>
    public static Table? Drawn(IReadOnlyList<StageResult> stages, int width)
    {
        // each cell has a space on both sides, and a border stands before, between and after the cells
        if (Widths(stages).Sum(cell => cell + 3) + 1 > width)
        {
            return null;
        }

        var table = new Table { Border = TableBorder.Rounded };
        foreach (var title in Titles(Of(stages)))
        {
            table.AddColumn(new TableColumn(new Text(title, new Style(decoration: Decoration.Bold)))
            {
                Alignment = title == FirstTitle ? Justify.Left : Justify.Right,
            });
        }

        foreach (var stage in stages)
        {
            table.AddRow(Cells(stage).Select(cell => new Text(cell)));
        }

        return table;
    }

    /// <summary>The table's lines, for a file or a terminal of this width, on which what does not fit is left out.</summary>
    public static IEnumerable<string> Plain(IReadOnlyList<StageResult> stages, int width)
    {
        var widths = Widths(stages);
        var columns = Enumerable.Range(0, widths.Length).ToList();
        int Total() => columns.Sum(column => widths[column] + 2) - 2;
        foreach (var column in Dispensable.TakeWhile(_ => Total() > width))
        {
            columns.Remove(column);
        }

        // of the name as much as fits
        widths[0] = Math.Max(1, widths[0] - Math.Max(0, Total() - width));
        return stages.Select(Cells).Prepend(Titles(Of(stages))).Select(row => string.Join(
            "  ", columns.Select(column => ConsoleText.Pad(row[column], widths[column], onRight: column > 0))));
    }

    private static Score Of(IReadOnlyList<StageResult> stages) => stages.Select(Score.Of).FirstOrDefault(Score.Top1);

    private static string[] Titles(Score score) =>
        [FirstTitle, score.Name, $"train {score.Name}", "gap", "FF", "C2I", "saturation", "time"];

    private static int[] Widths(IReadOnlyList<StageResult> stages)
    {
        var rows = stages.Select(Cells).Prepend(Titles(Of(stages))).ToList();
        return [.. rows[0].Select((_, column) => rows.Max(row => ConsoleText.Width(row[column])))];
    }

    private static string[] Cells(StageResult stage) =>
    [
        PlainText.Line(stage.Name),
        Score.Of(stage).Number(Score.Of(stage).TestAtEnd(stage)),
        Score.Of(stage).Number(Score.Of(stage).TrainAtEnd(stage)),
        Score.Of(stage).Number(stage.GeneralizationGap),
        Show.Scientific(stage.FlipFlopRatio),
        Show.Percent(stage.C2IRatio, 1),
        Show.Percent(stage.Saturation, 2),
        Show.Time(stage.Seconds),
    ];
}
