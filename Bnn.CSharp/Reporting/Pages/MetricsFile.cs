using System.Globalization;

namespace Bnn;

/// <summary>Reads metrics.csv, as <see cref="RunFolder"/> writes it.</summary>
internal static class MetricsFile
{
    private static readonly string[] Columns =
        ["stage", "epoch", "loss", "trainTop1", "flipFlopRatio", "saturation", "learningRate", "seconds", "imagesPerSecond", "dataWait", "skippedImages", "top1", "top5", "trainPsnr", "psnr"];

    /// <summary>The epochs in their order; a stage begins where the epochs begin anew.</summary>
    /// <exception cref="BnnFileException">The file is missing or damaged.</exception>
    public static IReadOnlyList<EpochMetrics> Read(string path) => Counted([.. Rows(path)]);

    /// <summary>The epochs up to the first row that is damaged or cut; none without a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="note">Told of damage.</param>
    public static IReadOnlyList<EpochMetrics> Upto(string path, Action<string> note)
    {
        var epochs = new List<EpochMetrics>();
        if (File.Exists(path))
        {
            try
            {
                epochs.AddRange(Rows(path));
            }
            catch (BnnFileException e)
            {
                note($"{Path.GetFileName(path)}: {e.Problem}; what follows is left out");
            }
        }

        return Counted(epochs);
    }

    private static IReadOnlyList<EpochMetrics> Counted(List<EpochMetrics> epochs) =>
        [.. epochs.Select(epoch => epoch with { Epochs = epochs.Count(other => other.StageIndex == epoch.StageIndex) })];

    private static IEnumerable<EpochMetrics> Rows(string path)
    {
        var text = Text(path);
        var records = Csv.Records(text).ToList();
        if (records.Count == 0 || !records[0].SequenceEqual(Columns))
        {
            throw Damaged(path, "its first line is not the header of a run's epochs");
        }

        EpochMetrics? before = null;
        for (var k = 1; k < records.Count; k++)
        {
            if (k == records.Count - 1 && !text.EndsWith('\n'))
            {
                throw Damaged(path, $"row {k + 1} is cut short");
            }

            before = Epoch(path, k + 1, records[k], before);
            yield return before;
        }
    }

    private static EpochMetrics Epoch(string path, int row, IReadOnlyList<string> fields, EpochMetrics? before)
    {
        var numbers = new double[Columns.Length];
        for (var k = 1; k < Columns.Length; k++)
        {
            if (fields.Count != Columns.Length)
            {
                throw Damaged(path, $"row {row} has {fields.Count} fields in place of {Columns.Length}");
            }

            numbers[k] = fields[k].Length == 0 ? double.NaN
                : double.TryParse(fields[k], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
                : throw Damaged(path, $"row {row}: {Columns[k]} is no number: {fields[k]}");
        }

        if (!(numbers[1] is >= 1 and < int.MaxValue))
        {
            throw Damaged(path, $"row {row}: epoch is {fields[1]}");
        }

        var name = Csv.Text(fields[0]);
        var isSame = before is not null && before.Stage == name && before.Epoch < numbers[1];
        var stage = before is null ? 0 : before.StageIndex + (isSame ? 0 : 1);
        return new EpochMetrics(
            name, stage, (int)numbers[1], 0, numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7], numbers[8])
        {
            DataWait = numbers[9],
            SkippedImages = double.IsNaN(numbers[10]) ? 0 : (long)numbers[10],
            Top1 = numbers[11],
            Top5 = numbers[12],
            TrainPsnr = numbers[13],
            Psnr = numbers[14],
        };
    }

    private static string Text(string path)
    {
        try
        {
            return RegularFile.Text(path);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be read ({e.Message})", "give the folder of a run that has saved its epochs", e);
        }
    }

    private static BnnFileException Damaged(string path, string problem) =>
        new(path, problem, "give the folder of a run of this version, or train it again");
}
