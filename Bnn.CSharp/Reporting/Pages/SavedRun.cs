using System.Globalization;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>What a run has left in its folder, read for a page.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Recipe">result.json's recipe.</param>
/// <param name="Model">The trained network.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Threads">CPU threads.</param>
/// <param name="Stages">What each stage reached.</param>
/// <param name="Epochs">What each epoch showed, with its diagnostics.</param>
internal sealed record SavedRun(
    string Folder, JsonPart Recipe, ModelInfo Model, long Seed, long Threads, IReadOnlyList<StageResult> Stages,
    IReadOnlyList<EpochMetrics> Epochs)
{
    /// <summary>A short name: the folder's own.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    /// <summary>Whether all of its stages have ended.</summary>
    public bool HasEnded => Stages.Count == Recipe["stages"].Items().Count;

    /// <summary>An epoch as charts that show it alone name it.</summary>
    /// <param name="k">Which, from 0, through all stages.</param>
    public string NameOf(int k) => string.Create(
        CultureInfo.InvariantCulture, $"{Epochs[k].Stage}, epoch {Epochs[k].Epoch}{(Epochs[k].Diagnostics is null ? ": no diagnostics" : "")}");

    /// <summary>Of a run that has not ended: how many of its epochs are done, and how long the others take if they are as fast as the
    /// newest stage's on average. True of a run that was stopped, too.</summary>
    public string Progress()
    {
        var planned = Recipe["stages"].Items().Sum(stage => stage["epochs"].Whole);
        var newest = Epochs[^1];
        var pace = Epochs.Where(epoch => epoch.StageIndex == newest.StageIndex).Average(epoch => epoch.Seconds);
        var left = planned - Epochs.Count;
        return string.Create(CultureInfo.InvariantCulture, $"Not ended yet: {Epochs.Count} of {planned} epochs are done, up to {newest.Stage}, epoch {newest.Epoch}; ")
            + (left == 0 ? "the accuracy at the stage's end is not measured yet." : $"about {Show.Time(left * pace)} of training left at the pace of {newest.Stage}.")
            + " The run writes this page again as it goes on.";
    }

    /// <summary>A run that may still be going on.</summary>
    public static SavedRun Of(
        string folder, JsonNode recipe, RunPlan plan, IReadOnlyList<StageResult> stages, IReadOnlyList<EpochMetrics> epochs) =>
        new(folder, JsonPart.Of(folder, RunFolder.Finite(recipe)), plan.Model, plan.Seed, plan.Threads, [.. stages], [.. epochs]);

    /// <summary>Reads result.json, metrics.csv and, where it is there, diagnostics.jsonl.</summary>
    /// <exception cref="BnnFileException">One of them is missing or damaged, or they are of different runs.</exception>
    public static SavedRun Read(string folder)
    {
        var result = JsonPart.Read(Path.Combine(folder, "result.json"));
        var model = result["model"];
        var epochs = MetricsFile.Read(Path.Combine(folder, "metrics.csv"));
        var run = new SavedRun(
            folder, result["recipe"],
            new ModelInfo(model["name"].Text, model["parameters"].Whole, model["binaryWeights"].Whole, model["operations"].Number),
            result["seed"].Whole, result["threads"].Whole, [.. result["stages"].Items().Select(Stage)],
            WithDiagnostics(folder, epochs));
        var expected = run.Stages.SelectMany((stage, index) => Enumerable.Range(1, stage.Epochs).Select(epoch => (stage.Name, index, epoch)));
        return run.Stages.Count > 0 && expected.SequenceEqual(run.Epochs.Select(epoch => (epoch.Stage, epoch.StageIndex, epoch.Epoch)))
            ? run
            : throw new BnnFileException(
                folder, "result.json and metrics.csv have different stages or epochs", "train again into an empty folder");
    }

    private static StageResult Stage(JsonPart stage) => new(
        stage["name"].Text, (int)stage["epochs"].Whole, stage["top1"].Number, stage["top5"].Number, stage["trainTop1"].Number,
        stage["generalizationGap"].Number, stage["flipFlopRatio"].Number, stage["c2iRatio"].Number, stage["saturation"].Number,
        stage["seconds"].Number, stage["imagesPerSecond"].Number)
    {
        Psnr = stage["psnr"].Number,
        TrainPsnr = stage["trainPsnr"].Number,
    };

    private static IReadOnlyList<EpochMetrics> WithDiagnostics(string folder, IReadOnlyList<EpochMetrics> epochs)
    {
        if (!File.Exists(Path.Combine(folder, DiagnosticsFile.Name)))
        {
            return epochs;
        }

        var lines = DiagnosticsFile.Read(folder).ToDictionary(line => (line.StageIndex, line.Epoch));
        return lines.Keys.Except(epochs.Select(epoch => (epoch.StageIndex, epoch.Epoch))).FirstOrDefault() is { Epoch: > 0 } other
            ? throw new BnnFileException(
                folder, $"{DiagnosticsFile.Name} has stage {other.StageIndex + 1}, epoch {other.Epoch}, which metrics.csv has not",
                "train again into an empty folder")
            : [.. epochs.Select(epoch => epoch with { Diagnostics = lines.GetValueOrDefault((epoch.StageIndex, epoch.Epoch)) })];
    }
}
