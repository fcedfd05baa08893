using System.Text.Json.Serialization;

namespace Bnn;

/// <summary>What an epoch has added up so far.</summary>
internal sealed record EpochSums
{
    /// <summary>Batches that are done.</summary>
    public int Batches { get; set; }

    /// <summary>Images trained on.</summary>
    public int Images { get; set; }

    public double Loss { get; set; }

    public long Correct { get; set; }

    public double Psnr { get; set; }

    public long Flips { get; set; }

    public double Saturated { get; set; }

    public long Watched { get; set; }

    public long Skipped { get; set; }

    public double Seconds { get; set; }

    public double Waited { get; set; }
}

/// <summary>Where a run is: all that it needs to go on beside its tensors. Random choices need nothing more, because each is a function of
/// the seed, the epoch and an image's index.</summary>
internal sealed record RunPosition
{
    /// <summary>The stage that is running, from 0; the number of stages where all are done.</summary>
    public int Stage { get; set; }

    /// <summary>The epoch of the stage that is running, from 1.</summary>
    public int Epoch { get; set; } = 1;

    /// <summary>Epochs of the whole run that are done.</summary>
    public ulong EpochsDone { get; set; }

    /// <summary>What the running epoch has added up.</summary>
    public EpochSums Sums { get; set; } = new();

    /// <summary>Steps of the stage's optimizer.</summary>
    public int Steps { get; set; }

    /// <summary>The best score on the test examples after an epoch of the stage, top-1 in 0..1 or PSNR in dB; null where none was measured yet.</summary>
    public double? BestScore { get; set; }

    /// <summary>The optimizer's numbers that are the same for all weights, by group and name.</summary>
    public Dictionary<string, double> Numbers { get; set; } = [];

    /// <summary>Epochs that are done.</summary>
    public List<EpochMetrics> Epochs { get; set; } = [];

    /// <summary>Stages that are done.</summary>
    public List<StageResult> Results { get; set; } = [];

    /// <summary>Their latent weights.</summary>
    public List<WeightHistogram> Histograms { get; set; } = [];

    /// <summary>Why it cannot be one of a run whose stages have so many epochs; null where it can.</summary>
    public string? Problem(IReadOnlyList<int> stages)
    {
        var ended = stages.Take(Math.Max(0, Stage)).Sum();
        // as JSON may hold it
        return Sums is null || Numbers is null || Epochs is null || Results is null || Histograms is null ? "a part of it is null"
            : Stage < 0 || Stage > stages.Count ? $"stage {Stage} of {stages.Count}"
            : Epoch < 1 || Epoch > (Stage == stages.Count ? 1 : stages[Stage] + 1) ? $"epoch {Epoch} of stage {Stage}"
            : EpochsDone != (ulong)(ended + Epoch - 1) || Epochs.Count != ended + Epoch - 1 ? $"{EpochsDone} epochs are done, of which it has {Epochs.Count}"
            : Results.Count != Stage || Histograms.Count != Stage ? $"it has what {Results.Count} of {Stage} stages have reached"
            : Steps < 0 || Sums.Batches < 0 ? $"{Sums.Batches} batches of the epoch, {Steps} steps of the stage"
            : null;
    }
}

/// <summary>JSON of <see cref="RunPosition"/>.</summary>
[JsonSerializable(typeof(RunPosition))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
internal sealed partial class RunPositionJson : JsonSerializerContext;
