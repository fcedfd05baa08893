using Spectre.Console;

namespace Bnn;

/// <summary>The table at a run's end, one row a stage.</summary>
internal static class StageTable
{
    /// <summary>What stands above the table. With the units in its cells it would not fit on 80 columns.</summary>
    public const string Heading = "top-1, gap, C2I and saturation in percent";

    private static readonly string[] Titles =
        ["stage", "top-1", "train top-1", "gap", "FF", "C2I", "saturation", "time"];

    /// <summary>The table with borders, for a terminal of this width; null where it would be wider.</summary>
    public static Table? Drawn(IReadOnlyList<StageResult> stages, int width)
    {
        // each cell has a space on both sides, and a border stands before, between and after the cells
        if (Widths(stages).Sum(cell => cell + 3) + 1 > width)
        {
            return null;
        }

        var table = new Table { Border = TableBorder.Rounded };
        foreach (var title in Titles)
        {
            table.AddColumn(new TableColumn(new Text(title, new Style(decoration: Decoration.Bold)))
            {
                Alignment = title == Titles[0] ? Justify.Left : Justify.Right,
            });
        }

        foreach (var stage in stages)
        {
            table.AddRow(Cells(stage).Select(cell => new Text(cell)));
        }

        return table;
    }

    /// <summary>The table's lines, for a file or a narrow terminal.</summary>
    public static IEnumerable<string> Plain(IReadOnlyList<StageResult> stages)
    {
        var widths = Widths(stages);
        return stages.Select(Cells).Prepend(Titles).Select(row => string.Join("  ", row.Select((cell, column) =>
            column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
    }

    private static int[] Widths(IReadOnlyList<StageResult> stages)
    {
        var rows = stages.Select(Cells).Prepend(Titles).ToList();
        return [.. Titles.Select((_, column) => rows.Max(row => row[column].Length))];
    }

    private static string[] Cells(StageResult stage) =>
    [
        stage.Name,
        Show.Percent(stage.Top1, 2),
        Show.Percent(stage.TrainTop1, 2),
        Show.Percent(stage.GeneralizationGap, 2),
        Show.Scientific(stage.FlipFlopRatio),
        Show.Percent(stage.C2IRatio, 1),
        Show.Percent(stage.Saturation, 2),
        Show.Time(stage.Seconds),
    ];
}
