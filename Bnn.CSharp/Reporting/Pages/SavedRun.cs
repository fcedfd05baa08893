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
    private const string Anew = "start the same training again, which writes its files again, or train into an empty folder";

    /// <summary>What is said of a run that is training.</summary>
    public const string GoesOn = "The run writes this page again as it goes on.";

    /// <summary>Of a run that has not ended: whether it goes on, or where it was stopped, in sentences.</summary>
    public string State { get; init; } = "";

    /// <summary>The network's layers and binarizers as checkpoints have them; null where the run has none any more.</summary>
    public JsonPart? Network { get; init; }

    /// <summary>What could not be read.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>A short name: the folder's own.</summary>
    public string Name { get; init; } = Path.GetFileName(Full(Folder));

    /// <summary>The folder's name and that of the one above it.</summary>
    public string LongName => Path.Combine(Path.GetFileName(Path.GetDirectoryName(Full(Folder)) ?? ""), Path.GetFileName(Full(Folder)));

    /// <summary>Whether all of its stages have ended, and it has said so.</summary>
    public bool HasEnded => State.Length == 0 && Stages.Count == Recipe["stages"].Items().Count;

    /// <summary>An epoch as charts that show it alone name it.</summary>
    /// <param name="k">Which, from 0, through all stages.</param>
    public string NameOf(int k) => NameOf(Epochs[k]) + (Epochs[k].Diagnostics is null ? ": no diagnostics" : "");

    /// <summary>An epoch by its stage and number.</summary>
    public static string NameOf(EpochMetrics epoch) => string.Create(CultureInfo.InvariantCulture, $"{epoch.Stage}, epoch {epoch.Epoch}");

    /// <summary>Of a run that has not ended: how many of its epochs are done, how long the others take if they are as fast as the
    /// newest stage's on average, and whether it goes on.</summary>
    public string Progress()
    {
        var planned = Recipe["stages"].Items().Sum(stage => stage["epochs"].Whole);
        return string.Create(CultureInfo.InvariantCulture, $"Not ended yet: {Epochs.Count} of {planned} epochs are done{Left(planned - Epochs.Count)}. ")
            + (State.Length == 0 ? GoesOn : State);
    }

    private static string Full(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    private string Left(long epochs)
    {
        if (Epochs.Count == 0)
        {
            return "";
        }

        var newest = Epochs[^1];
        var pace = Epochs.Where(epoch => epoch.StageIndex == newest.StageIndex).Average(epoch => epoch.Seconds);
        return $", up to {NameOf(newest)}"
            + (epochs > 0 ? $"; about {Show.Time(epochs * pace)} of training left at the pace of {newest.Stage}"
                : Stages.Count > newest.StageIndex ? "" : "; the accuracy at the stage's end is not measured yet");
    }

    /// <summary>A run that may still be going on.</summary>
    public static SavedRun Of(
        string folder, JsonNode recipe, RunPlan plan, IReadOnlyList<StageResult> stages, IReadOnlyList<EpochMetrics> epochs) =>
        new(folder, JsonPart.Of(folder, RunFolder.Finite(recipe)), plan.Model, plan.Seed, plan.Threads, [.. stages], [.. epochs]);

    /// <summary>Reads result.json, metrics.csv and, where it is there, diagnostics.jsonl; of a run without a result what it has left.</summary>
    /// <exception cref="BnnFileException">One of them is missing or damaged, or they are of different runs.</exception>
    public static SavedRun Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new BnnFileException(folder, "there is no such folder", "give the folder of a run");
        }

        JsonPart result;
        try
        {
            result = JsonPart.Read(Path.Combine(folder, "result.json"));
        }
        catch (BnnFileException e) when (StoppedRun.IsIn(folder))
        {
            return StoppedRun.Read(folder, e);
        }

        return Ended(folder, result);
    }

    private static SavedRun Ended(string folder, JsonPart result)
    {
        var model = result["model"];
        var epochs = MetricsFile.Read(Path.Combine(folder, "metrics.csv"));
        var run = new SavedRun(
            folder, result["recipe"],
            new ModelInfo(model["name"].Text, model["parameters"].Whole, model["binaryWeights"].Whole, model["operations"].Number),
            result["seed"].Whole, result["threads"].Whole, [.. result["stages"].Items().Select(Stage)],
            WithDiagnostics(folder, epochs))
        {
            Network = NetworkOf(Path.Combine(folder, CheckpointFolder.Name)),
        };
        var expected = run.Stages.SelectMany((stage, index) => Enumerable.Range(1, stage.Epochs).Select(epoch => (stage.Name, index, epoch)));
        return run.Stages.Count > 0 && expected.SequenceEqual(run.Epochs.Select(epoch => (epoch.Stage, epoch.StageIndex, epoch.Epoch)))
            ? run
            : throw new BnnFileException(
                folder, "result.json and metrics.csv have different stages or epochs", Anew);
    }

    private static JsonPart? NetworkOf(string checkpoints) =>
        RunIdentity.TryRead(checkpoints)?["model"] is { } model ? JsonPart.Of(Path.Combine(checkpoints, RunIdentity.FileName), model) : null;

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
                folder, $"{DiagnosticsFile.Name} has stage {other.StageIndex + 1}, epoch {other.Epoch}, which metrics.csv has not", Anew)
            : [.. epochs.Select(epoch => epoch with { Diagnostics = lines.GetValueOrDefault((epoch.StageIndex, epoch.Epoch)) })];
    }
}
