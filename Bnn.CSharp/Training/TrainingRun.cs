using System.Diagnostics;
using Bnn.Core;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>All that a run needs to know; checked before.</summary>
internal sealed record TrainingPlan(
    ModelDescription Model, Dataset Data, OptimizerChoice Optimizer, Recipe Recipe, Augmentation Augmentation,
    int Batch, ulong Seed, BnnModel? Teacher, Device Device);

/// <summary>What a run leaves.</summary>
internal sealed record TrainedStages(
    Network Network, Normalization Normalization, IReadOnlyList<StageResult> Results,
    IReadOnlyList<(string Stage, float[] LatentWeights)> LatentWeights);

/// <summary>Trains a network through the stages of a recipe. Each stage starts from the weights that the one before it left,
/// with a fresh optimizer.</summary>
internal sealed class TrainingRun(TrainingPlan plan, ITrainingObserver observer, CancellationToken cancellation)
{
    private readonly ImageSet images = plan.Data.Train;
    private readonly Normalization normalization = Normalization.Of(plan.Data.Train);
    private ulong epochsDone;

    public static NetworkMode Mode(Core.Stage stage) => new(true, stage.BinaryActivations, stage.BinaryWeights);

    public TrainedStages Run()
    {
        var network = Network.Create(plan.Model, plan.Seed, plan.Device);
        try
        {
            var results = new List<StageResult>();
            var latent = new List<(string, float[])>();
            foreach (var stage in plan.Recipe.Stages)
            {
                observer.StageStarted(stage.Name, results.Count, stage.Epochs, images.Count);
                results.Add(RunStage(network, stage, results.Count));
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

    private StageResult RunStage(Network network, Core.Stage stage, int index)
    {
        var first = SignsModule.pack(LatentWeights(network));
        var batches = BatchBounds();
        var iterations = batches.Count * stage.Epochs;
        using var optimizer = new RuleOptimizer(plan.Optimizer.Rule(stage), iterations, network.Store.Groups);
        var epochs = new List<EpochMetrics>();
        for (var epoch = 1; epoch <= stage.Epochs; epoch++)
        {
            var metrics = RunEpoch(network, stage, batches, optimizer) with
            {
                StageIndex = index,
                Epoch = epoch,
                Epochs = stage.Epochs,
                LearningRate = plan.Optimizer.RateAt(epoch * batches.Count, iterations),
            };
            epochs.Add(metrics);
            observer.EpochEnded(metrics);
        }

        var test = Evaluator.Evaluate(network, Mode(stage), normalization, plan.Data.Test).Top1;
        var train = Evaluator.Evaluate(network, Mode(stage), normalization, images).Top1;
        var seconds = epochs.Sum(epoch => epoch.Seconds);
        return new StageResult(
            stage.Name, stage.Epochs, test, train, train - test, epochs.Average(epoch => epoch.FlipFlopRatio),
            Metric.c2i(first, SignsModule.pack(LatentWeights(network))), epochs[^1].Saturation, seconds,
            stage.Epochs * (double)images.Count / seconds);
    }

    private EpochMetrics RunEpoch(
        Network network, Core.Stage stage, List<(int Start, int Count)> batches, RuleOptimizer optimizer)
    {
        var clock = Stopwatch.StartNew();
        var (saturated, watched) = (0.0, 0L);
        var mode = Mode(stage) with
        {
            Watch = (count, all) => (saturated, watched) = (saturated + count, watched + all),
        };
        var order = Shuffle.Permutation(images.Count, plan.Seed, epochsDone);
        var (loss, correct, flips, done) = (0.0, 0L, 0L, 0);
        using var inputs = empty([plan.Batch, images.Channels, images.Height, images.Width]);
        using var labels = empty([plan.Batch], ScalarType.Int64);
        foreach (var (start, count) in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var indices = order.AsSpan(start, count);
            var x = inputs.narrow(0, 0, count);
            var truth = labels.narrow(0, 0, count);
            normalization.FillAugmented(images, indices, Memory.Floats(x), plan.Augmentation, plan.Seed, epochsDone);
            FillLabels(indices, Memory.Longs(truth));
            var (batchLoss, batchCorrect) = Differentiate(network, mode, x.to(plan.Device), truth.to(plan.Device));
            done += count;
            if (!double.IsFinite(batchLoss))
            {
                throw new BnnTrainingException(
                    $"{stage.Name}: the loss became {batchLoss} after {done} images of an epoch; lower the learning rate "
                    + $"({FormattableString.Invariant($"{plan.Optimizer.LearningRate}")})");
            }

            flips += optimizer.Step();
            loss += batchLoss * count;
            correct += batchCorrect;
            observer.Batch(done, batchLoss);
        }

        epochsDone++;
        var seconds = clock.Elapsed.TotalSeconds;
        return new EpochMetrics(
            stage.Name, 0, 0, stage.Epochs, loss / done, 100.0 * correct / done,
            (double)flips / batches.Count / network.BinaryWeights, saturated / watched, 0, seconds, done / seconds);
    }

    private (double Loss, long Correct) Differentiate(Network network, NetworkMode mode, Tensor x, Tensor truth)
    {
        foreach (var group in network.Store.Groups)
        {
            group.Gradients.zero_();
        }

        var logits = network.Forward(x, mode);
        var loss = plan.Teacher is null
            ? nn.functional.cross_entropy(logits, truth)
            : Distillation.Loss(logits, plan.Teacher.LogitsOf(x));
        Differentiation.Backward(loss);
        using var noGradients = no_grad();
        return (loss.item<float>(), logits.argmax(1).eq(truth).sum().item<long>());
    }

    private void FillLabels(ReadOnlySpan<int> indices, Span<long> labels)
    {
        var all = images.Labels.Span;
        for (var k = 0; k < indices.Length; k++)
        {
            labels[k] = all[indices[k]];
        }
    }

    /// <summary>The batches of an epoch; the last may be short, but a single image is left out, for which batch norm has no
    /// deviation.</summary>
    private List<(int Start, int Count)> BatchBounds()
    {
        var bounds = new List<(int, int)>();
        for (var start = 0; start < images.Count; start += plan.Batch)
        {
            var count = Math.Min(plan.Batch, images.Count - start);
            if (count > 1)
            {
                bounds.Add((start, count));
            }
        }

        return bounds;
    }
}

/// <summary>A training that cannot go on, for instance because the loss is not a number any more.</summary>
public sealed class BnnTrainingException(string message) : Exception(message);

/// <summary>Learning from a teacher's outputs instead of labels.</summary>
internal static class Distillation
{
    /// <summary>- sum softmax(teacher) log_softmax(student), the mean over the batch; temperature 1 (the paper, section 5.1).</summary>
    public static Tensor Loss(Tensor student, Tensor teacher) =>
        -(nn.functional.softmax(teacher, 1) * nn.functional.log_softmax(student, 1)).sum(1).mean();
}
