using System.Text;
using System.Text.Json.Serialization;

namespace Bnn;

/// <summary>A batch that was trained on.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Epoch">The epoch within its stage, from 1.</param>
/// <param name="Images">Images of the epoch so far.</param>
/// <param name="Loss">The batch's mean loss.</param>
/// <param name="FlipFlopRatio">FF of the epoch so far: mean over its iterations of the share of binary-layer weights whose sign changed;
/// NaN for a real network.</param>
/// <param name="DataWait">Share of the epoch's time so far, 0..1, in which training waited for images.</param>
public sealed record BatchMetrics(string Stage, int Epoch, long Images, double Loss, double FlipFlopRatio, double DataWait)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>What one epoch showed. Shares are in 0..1.</summary>
/// <param name="Stage">The stage's name, for instance <c>step 1</c>.</param>
/// <param name="StageIndex">The stage's position in the recipe, from 0.</param>
/// <param name="Epoch">The epoch within its stage, from 1.</param>
/// <param name="Epochs">How many epochs the stage has.</param>
/// <param name="Loss">Mean training loss over the epoch's images.</param>
/// <param name="TrainTop1">Share of the epoch's training images classified correctly as they were trained on; NaN where examples have targets in
/// place of classes.</param>
/// <param name="FlipFlopRatio">Mean over the epoch's iterations of the share of binary-layer weights whose sign changed.</param>
/// <param name="Saturation">Share of the first binary convolution's inputs, after the learned shift, with |x| > 1.</param>
/// <param name="LearningRate">The learning rate of the epoch's last iteration.</param>
/// <param name="Seconds">Wall-clock seconds.</param>
/// <param name="ImagesPerSecond">Training images a second.</param>
public sealed record EpochMetrics(
    string Stage, int StageIndex, int Epoch, int Epochs, double Loss, double TrainTop1, double FlipFlopRatio,
    double Saturation, double LearningRate, double Seconds, double ImagesPerSecond)
{
    /// <summary>Share of the time, 0..1, in which training waited for images.</summary>
    public double DataWait { get; init; }

    /// <summary>Images left out as damaged.</summary>
    public long SkippedImages { get; init; }

    /// <summary>Top-1 accuracy on the test images after the epoch, a share in 0..1; NaN where it was not measured.</summary>
    public double Top1 { get; init; } = double.NaN;

    /// <summary>Share of the test images whose class is among the five most probable, 0..1; NaN where it was not measured.</summary>
    public double Top5 { get; init; } = double.NaN;

    /// <summary>Mean PSNR of the epoch's training pictures as they were trained on, in dB; NaN where examples have classes.</summary>
    public double TrainPsnr { get; init; } = double.NaN;

    /// <summary>Mean PSNR of the test pictures after the epoch, in dB; NaN where examples have classes, or it was not measured.</summary>
    public double Psnr { get; init; } = double.NaN;

    /// <summary>What the paper looks at, layer by layer; null where it was not computed. A run's
    /// <c>diagnostics.jsonl</c> has that of all its epochs.</summary>
    [JsonIgnore]
    public EpochDiagnostics? Diagnostics { get; init; }

    /// <summary>The checksum of their line in diagnostics.jsonl, for runs that go on.</summary>
    [JsonInclude]
    internal string? DiagnosticsSha256 { get; init; }

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>What one stage reached; one row of result.json's <c>stages</c>. Shares are in 0..1. Where examples have targets in place of classes, <see cref="Psnr"/>
/// stands in place of top-1, which is NaN then, as top-5 is.</summary>
/// <param name="Name">The stage's name, for instance <c>step 1</c>.</param>
/// <param name="Epochs">How many epochs it had.</param>
/// <param name="Top1">Top-1 accuracy on the test images after the stage's last epoch: the share that is classified correctly.</param>
/// <param name="Top5">Share of the test images whose class is among the five most probable.</param>
/// <param name="TrainTop1">Top-1 accuracy on the training images after the last epoch, in evaluation mode.</param>
/// <param name="GeneralizationGap">TrainTop1 - Top1, in -1..1; or TrainPsnr - Psnr, in dB.</param>
/// <param name="FlipFlopRatio">FF: mean over the stage's iterations of the share of binary-layer weights whose sign changed; NaN for a
/// real network.</param>
/// <param name="C2IRatio">C2I: share of the signs at the stage's start that its end still has; NaN for a real network.</param>
/// <param name="Saturation">Share of the first binary convolution's inputs with |x| > 1 in the last epoch.</param>
/// <param name="Seconds">Wall-clock seconds of the training epochs, evaluation not counted.</param>
/// <param name="ImagesPerSecond">Training images a second.</param>
public sealed record StageResult(
    string Name, int Epochs, double Top1, double Top5, double TrainTop1, double GeneralizationGap, double FlipFlopRatio,
    double C2IRatio, double Saturation, double Seconds, double ImagesPerSecond)
{
    /// <summary>Mean PSNR of the test pictures after the stage's last epoch, in dB; NaN where examples have classes.</summary>
    public double Psnr { get; init; } = double.NaN;

    /// <summary>Mean PSNR of the training pictures after the last epoch, in evaluation mode, in dB; NaN where examples have classes.</summary>
    public double TrainPsnr { get; init; } = double.NaN;

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>How large the trained network is; result.json's <c>model</c>.</summary>
/// <param name="Name">The network's name.</param>
/// <param name="Parameters">Learned numbers in all.</param>
/// <param name="BinaryWeights">How many of them are used as one bit.</param>
/// <param name="Operations">Cost of one image: binary operations / 64 + real multiply-adds (the paper's OPs).</param>
public sealed record ModelInfo(string Name, long Parameters, long BinaryWeights, double Operations)
{
    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}
