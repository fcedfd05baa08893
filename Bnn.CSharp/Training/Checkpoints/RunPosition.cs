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
}

/// <summary>JSON of <see cref="RunPosition"/>.</summary>
[JsonSerializable(typeof(RunPosition))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
internal sealed partial class RunPositionJson : JsonSerializerContext;
