using System.Globalization;
using System.Text.RegularExpressions;

namespace Bnn;

/// <summary>result.json's recipe in words.</summary>
internal static partial class RecipeWords
{
    /// <summary>The run, a row a thing.</summary>
    public static IReadOnlyList<(string What, string Words)> Of(SavedRun run) =>
    [
        ("network", Network(run.Model)),
        ("data", Data(run.Recipe)),
        ("loss", Loss(run.Recipe)),
        ("optimizer", Optimizer(run.Recipe["optimizer"])),
        ("recipe", Recipe(run.Recipe)),
        .. Start(run.Recipe) is { } start ? [("start", start)] : Array.Empty<(string, string)>(),
        .. run.Recipe["stages"].Items().Select(stage => (stage["name"].Text, Stage(stage))),
        ("run", Invariant($"seed {run.Seed}, {Threads(run.Threads)}{Show.Time(run.Epochs.Sum(epoch => epoch.Seconds))} of training")),
    ];

    /// <summary>A network's name and size.</summary>
    public static string Network(ModelInfo model) =>
        Invariant($"{model.Name}: {model.Parameters:N0} parameters, {model.BinaryWeights:N0} of them binary; {model.Operations:N0} operations an image (binary / 64 + real)");

    /// <summary>The update rules of each stage, as formulas.</summary>
    public static IEnumerable<(string Stage, IEnumerable<(string Groups, string Formulas)> Rules)> Rules(SavedRun run) =>
        run.Recipe["rules"].Items().Select(stage => (
            stage["stage"].Text,
            stage["ofGroups"].Items().Select(rule => (rule["groups"].Text, string.Join('\n', rule["formulas"].Items().Select(line => line.Text))))));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>0 where no file says how many there were.</summary>
    private static string Threads(long threads) => threads == 0 ? "" : Invariant($"{threads} CPU {(threads == 1 ? "thread" : "threads")}, ");

    private static string Data(JsonPart recipe)
    {
        var augmented = recipe["augmentation"].Entries().Where(entry => entry.Value.Shown is not ("" or "0" or "False")).Select(entry =>
            entry.Value.Shown == "True" ? Spaced(entry.Key) : $"{Spaced(entry.Key)} {entry.Value.Shown}").ToList();
        var microBatches = recipe["microBatches"].Whole;
        return Invariant($"{recipe["data"].Text}: {recipe["trainImages"].Whole:N0} training, {recipe["testImages"].Whole:N0} test images; batches of {recipe["batch"].Whole}")
            + (microBatches > 1 ? Invariant($" in {microBatches} micro-batches") : "")
            + (recipe.Find("balancedClasses") is null ? "" : "; as many of each class in an epoch")
            + (augmented.Count > 0 ? $"; training images augmented by {string.Join(", ", augmented)}" : "; training images not augmented");
    }

    private static string Loss(JsonPart recipe)
    {
        var objective = recipe["objective"];
        var smoothing = objective.Find("labelSmoothing");
        var loss = objective.Find("teacher") is { } teacher
            ? $"cross-entropy with the teacher {teacher.Text} at temperature {objective["temperature"].Shown}; share of the labels {objective["hardLabels"].Shown}"
            : $"{objective["name"].Text}{(smoothing is null ? "" : " with the labels")}{(objective.Find("version") is { } version ? $", version {version.Text}" : "")}";
        return loss + (smoothing is { Number: > 0 and var share } ? Invariant($", labels smoothed by {share}") : "")
            + (objective.Find("classWeights") is { } weights ? $", classes weighed {string.Join(" : ", weights.Items().Select(weight => weight.Shown))}" : "");
    }

    /// <summary>The given weights that it started from; nothing where they were drawn, or the run is of before there were any.</summary>
    public static string? Start(JsonPart recipe)
    {
        if (recipe.Find(RecipeJson.Start) is not { } start)
        {
            return null;
        }

        // of a run that has not ended no file says more
        if (start.Find("from") is not { } from)
        {
            return $"given weights, SHA-256 {start["sha256"].Text}";
        }

        var (taken, made) = (start["taken"].Whole, start["new"].Items().Count);
        return Invariant($"{from.Text}: {taken:N0} of the network's {taken + made:N0} tensors are taken")
            + string.Concat(start["remarks"].Items().Select(remark => $"; {remark.Text}"));
    }

    private static string Recipe(JsonPart recipe)
    {
        var batches = recipe["recalibrationBatches"].Whole;
        return recipe["name"].Text
            + (recipe["deviations"].Text == "None" ? "" : $"; as the published code: {recipe["deviations"].Text}")
            + (batches > 0 ? Invariant($"; batch norm's statistics from {batches} batches at each stage's end") : "");
    }

    /// <summary>A stage in a sentence.</summary>
    public static string Stage(JsonPart stage)
    {
        static string Kind(bool isBinary) => isBinary ? "binary" : "real";
        var decay = stage["weightDecay"];
        var start = stage["binaryStart"].Text;
        return Invariant($"{Kind(stage["binaryActivations"].Flag)} activations, {Kind(stage["binaryWeights"].Flag)} weights, {Epochs(stage["epochs"].Whole)}; ")
            + (decay["rate"].Text == "0" ? "no weight decay"
                : $"weight decay {decay["rate"].Text}, {Spaced(decay["kind"].Text)}, of {string.Join(", ", decay["groups"].Items().Select(group => Spaced(group.Text)))}")
            + (stage.Find("schedule") is { IsNull: false } schedule ? $"; learning rate times {schedule.Text}" : "")
            + (start == "Inherited" ? "" : $"; binary weights start {Spaced(start)}")
            + (stage["keepsBest"].Flag ? "; leaves the weights of its best epoch" : "");
    }

    private static string Epochs(long count) => count == 1 ? "1 epoch" : Invariant($"{count} epochs");

    /// <summary>Its name and options; a rule of one's own has none, but formulas.</summary>
    private static string Optimizer(JsonPart optimizer)
    {
        var options = optimizer["options"].Entries().Select(option => $"{Spaced(option.Key)} {Number(option.Value)}").ToList();
        return optimizer["name"].Text + (options.Count == 0 ? "" : $": {string.Join(", ", options)}");
    }

    /// <summary>1E-08 as 1e-8.</summary>
    public static string Number(JsonPart value) =>
        value.Shown.Contains('E') ? value.Number.ToString("0.######e-0", CultureInfo.InvariantCulture) : value.Shown;

    /// <summary>learningRate as "learning rate".</summary>
    public static string Spaced(string name) => Capital().Replace(name, match => $" {match.Value}").Trim().ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z])[A-Z]|^[A-Z]")]
    private static partial Regex Capital();
}
