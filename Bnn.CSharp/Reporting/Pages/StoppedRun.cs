using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>Reads what a run has left that has no result.json, because it was stopped or goes on: its recipe, and of its epochs as many as are whole in
/// one of its files. What is damaged is left out, and said.</summary>
internal static class StoppedRun
{
    private const string Remedy = "give the folder of a run that has begun to train";

    /// <summary>Whether a folder holds a run that can be read so.</summary>
    public static bool IsIn(string folder) => Directory.Exists(Path.Combine(folder, CheckpointFolder.Name));

    /// <summary>The run; its page says how far it is.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="result">Why its result is not read.</param>
    /// <exception cref="BnnFileException">No file says what was to be trained.</exception>
    public static SavedRun Read(string folder, BnnFileException result)
    {
        var remarks = new List<string>();
        if (File.Exists(result.Path))
        {
            remarks.Add($"{Path.GetFileName(result.Path)}: {result.Problem}");
        }

        var checkpoint = Newest(folder, remarks.Add);
        var checkpoints = Path.Combine(folder, CheckpointFolder.Name);
        var identity = RunIdentity.TryRead(checkpoints) ?? checkpoint?.Identity
            ?? throw new BnnFileException(checkpoints, $"neither {RunIdentity.FileName} nor a checkpoint says what was to be trained", Remedy);
        var position = checkpoint?.Position ?? new RunPosition();
        var rows = MetricsFile.Upto(Path.Combine(folder, "metrics.csv"), remarks.Add);
        var epochs = rows.Count >= position.Epochs.Count ? rows : position.Epochs;
        var lines = Diagnostics(folder, remarks.Add);
        var run = JsonPart.Of(Path.Combine(checkpoints, RunIdentity.FileName), WithStart(identity));
        var recipe = run["recipe"];
        return new(
            folder, recipe, Model(checkpoints, identity), run["seed"].Whole, checkpoint?.Environment.Threads ?? 0,
            position.Results, [.. epochs.Select(epoch => epoch with { Diagnostics = lines.GetValueOrDefault((epoch.StageIndex, epoch.Epoch)) })])
        {
            Network = run["model"],
            State = State(folder, recipe, checkpoint, epochs),
            Remarks = remarks,
        };
    }

    private static Checkpoint? Newest(string folder, Action<string> note)
    {
        var passedOver = new List<string>();
        try
        {
            var newest = CheckpointFolder.NewestIn(folder, passedOver.Add);
            passedOver.ForEach(note);
            return newest;
        }
        catch (BnnFileException e)
        {
            note($"{e.Path}: {e.Problem}");
            return null;
        }
    }

    private static Dictionary<(int, int), EpochDiagnostics> Diagnostics(string folder, Action<string> note)
    {
        try
        {
            return DiagnosticsFile.WholeLines(folder, note).ToDictionary(line => (line.StageIndex, line.Epoch));
        }
        catch (BnnFileException e)
        {
            note($"{e.Path}: {e.Problem}");
            return [];
        }
    }

    /// <summary>The identity with what it says of given weights where result.json has it, in the recipe.</summary>
    private static JsonObject WithStart(JsonObject identity)
    {
        var whole = (JsonObject)identity.DeepClone();
        if (whole["recipe"] is JsonObject recipe && identity[RecipeJson.Start] is { } start)
        {
            recipe[RecipeJson.Start] = start.DeepClone();
        }

        return whole;
    }

    private static ModelInfo Model(string checkpoints, JsonObject identity)
    {
        using var json = JsonDocument.Parse(identity["model"]?.ToJsonString() ?? "null");
        return NetworkJson.read(json.RootElement) is { IsOk: true } model
            ? TorchNetwork.Outline(model.ResultValue).Info
            : throw new BnnFileException(Path.Combine(checkpoints, RunIdentity.FileName), "its network cannot be read", Remedy);
    }

    private static string State(string folder, JsonPart recipe, Checkpoint? checkpoint, IReadOnlyList<EpochMetrics> epochs)
    {
        if (CheckpointFolder.IsInUse(folder))
        {
            return SavedRun.GoesOn;
        }

        var position = checkpoint?.Position;
        var stages = recipe["stages"].Items();
        var where = position is null ? (epochs.Count == 0 ? "before its first checkpoint" : $"after {SavedRun.NameOf(epochs[^1])}")
            : position.Stage >= stages.Count ? "after its last stage, before its results were written"
            : Where(stages[position.Stage], position);
        return $"The run was stopped {where}. "
            + (checkpoint is null ? "No checkpoint is left from which it could go on." : "Start the same training again, and it goes on from there.");
    }

    private static string Where(JsonPart stage, RunPosition position)
    {
        var (name, epochs) = (stage["name"].Text, stage["epochs"].Whole);
        return position.Epoch > epochs ? $"at the end of {name}, where accuracy is measured"
            : string.Create(CultureInfo.InvariantCulture, $"in {name}, epoch {position.Epoch} of {epochs}, after {position.Sums.Batches} {(position.Sums.Batches == 1 ? "batch" : "batches")}");
    }
}
