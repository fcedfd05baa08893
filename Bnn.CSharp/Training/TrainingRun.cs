using Bnn.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>All that a run needs to know; checked before.</summary>
internal sealed record TrainingPlan(
    ModelDescription Model, Dataset Data, OptimizerChoice Optimizer, Recipe Recipe, Augmentation Augmentation,
    int Batch, ulong Seed, Distillation? Distillation, Device Device)
{
    /// <summary>In how many parts a batch is computed.</summary>
    public int BatchParts { get; init; } = 1;

    /// <summary>From how many batches batch norm's statistics are computed anew at a stage's end; 0 for none.</summary>
    public int RecalibrationBatches { get; init; }

    /// <summary>Smoothing of the labels, in 0..1.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>How many threads read training images; 0: the training's own.</summary>
    public int Workers { get; init; }

    /// <summary>What the recipe has of the reference code.</summary>
    public ReferenceQuirks Quirks { get; init; }
}

/// <summary>What a run leaves.</summary>
internal sealed record TrainedStages(
    Network Network, Normalization Normalization, IReadOnlyList<StageResult> Results,
    IReadOnlyList<(string Stage, float[] LatentWeights)> LatentWeights);

/// <summary>Trains a network through the stages of a recipe. Each stage starts from the weights that the one before it left,
/// with a fresh optimizer.</summary>
internal sealed class TrainingRun(TrainingPlan plan, ITrainingObserver observer, CancellationToken cancellation)
{
    private readonly Normalization normalization = Normalization.Of(plan.Data.Train);

    public static NetworkMode Mode(Core.Stage stage) => new(true, stage.BinaryActivations, stage.BinaryWeights);

    public TrainedStages Run()
    {
        var network = Network.Create(plan.Model, plan.Seed, plan.Device);
        try
        {
            var results = new List<StageResult>();
            var latent = new List<(string, float[])>();
            using var epochs = new TrainingEpoch(plan, normalization, observer, cancellation);
            foreach (var stage in plan.Recipe.Stages)
            {
                observer.StageStarted(stage.Name, results.Count, stage.Epochs, plan.Data.Train.Count);
                results.Add(RunStage(network, stage, results.Count, epochs));
                latent.Add((stage.Name, LatentWeights(network)));
                observer.StageEnded(results[^1]);
            }

            return new TrainedStages(network, normalization, results, latent);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static float[] LatentWeights(Network network)
    {
        using var copy = network.LatentWeights?.cpu();
        return copy is null ? [] : Memory.Floats(copy).ToArray();
    }

    private StageResult RunStage(Network network, Core.Stage stage, int index, TrainingEpoch trainer)
    {
        network.Redraw(stage.BinaryStart, SplitMix64.Of(plan.Seed, (ulong)index).Next());
        var first = SignsModule.pack(LatentWeights(network));
        var iterations = trainer.Batches.Count * stage.Epochs;
        using var optimizer = new RuleOptimizer(plan.Optimizer.Rule(stage), iterations, network.Store.Groups);
        using var best = stage.KeepsBest ? new BestWeights() : null;
        var epochs = new List<EpochMetrics>();
        for (var epoch = 1; epoch <= stage.Epochs; epoch++)
        {
            var metrics = trainer.Run(network, stage, optimizer, epoch) with
            {
                StageIndex = index,
                LearningRate = plan.Optimizer.RateAt(stage, epoch * trainer.Batches.Count, iterations),
            };
            metrics = metrics with { Diagnostics = trainer.Probe?.Ended(first, [.. epochs, metrics]) };
            epochs.Add(metrics);
            best?.Consider(network, Evaluate(network, stage, plan.Data.Test).Top1);
            observer.EpochEnded(metrics);
        }

        best?.Restore(network);
        Recalibration.Run(
            network, Mode(stage), normalization, plan.Data.Train, plan.Batch, plan.RecalibrationBatches, plan.Seed, plan.Workers);
        return Result(network, stage, epochs, Metric.c2i(first, SignsModule.pack(LatentWeights(network))));
    }

    private StageResult Result(Network network, Core.Stage stage, List<EpochMetrics> epochs, double c2i)
    {
        var test = Evaluate(network, stage, plan.Data.Test);
        var train = Evaluate(network, stage, plan.Data.Train).Top1;
        var seconds = epochs.Sum(epoch => epoch.Seconds);
        return new StageResult(
            stage.Name, stage.Epochs, test.Top1, test.Top5, train, train - test.Top1, epochs.Average(epoch => epoch.FlipFlopRatio),
            c2i, epochs[^1].Saturation, seconds, stage.Epochs * (double)plan.Data.Train.Count / seconds);
    }

    private Evaluation Evaluate(Network network, Core.Stage stage, Images images) =>
        Evaluator.Evaluate(network, Mode(stage), normalization, images, plan.Workers);

    /// <summary>The weights of the best epoch so far; of equals the first.</summary>
    private sealed class BestWeights : IDisposable
    {
        private double top1 = double.NegativeInfinity;
        private NetworkCopy? copy;

        public void Consider(Network network, double itsTop1)
        {
            if (itsTop1 > top1)
            {
                copy?.Dispose();
                (top1, copy) = (itsTop1, new NetworkCopy(network));
            }
        }

        public void Restore(Network network) => copy?.RestoreTo(network);

        public void Dispose() => copy?.Dispose();
    }
}

/// <summary>A training that cannot go on, for instance because the loss is not a number any more.</summary>
public sealed class BnnTrainingException(string message) : Exception(message);
