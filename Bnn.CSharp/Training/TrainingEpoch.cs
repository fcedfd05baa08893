using System.Diagnostics;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Trains a network epoch by epoch: shuffles, computes gradients batch by batch, steps.</summary>
internal sealed class TrainingEpoch(
    TrainingPlan plan, Normalization normalization, ITrainingObserver observer, CancellationToken cancellation)
{
    private readonly ImageSet images = plan.Data.Train;
    private ulong epochsDone;

    /// <summary>The batches of an epoch; the last may be short, but a single image is left out, for which batch norm has no
    /// deviation.</summary>
    public IReadOnlyList<(int Start, int Count)> Batches { get; } =
    [
        .. from start in Enumerable.Range(0, (plan.Data.Train.Count + plan.Batch - 1) / plan.Batch).Select(k => k * plan.Batch)
           let count = Math.Min(plan.Batch, plan.Data.Train.Count - start)
           where count > 1
           select (start, count),
    ];

    /// <summary>Trains on all images once. The stage's place and the learning rate are left to the caller.</summary>
    /// <exception cref="BnnTrainingException">The loss is not a number any more.</exception>
    public EpochMetrics Run(Network network, Core.Stage stage, RuleOptimizer optimizer, int epoch)
    {
        var clock = Stopwatch.StartNew();
        var (saturated, watched) = (0.0, 0L);
        var mode = TrainingRun.Mode(stage) with
        {
            Watch = (count, all) => (saturated, watched) = (saturated + count, watched + all),
        };
        var order = Shuffle.Permutation(images.Count, plan.Seed, epochsDone);
        var (loss, correct, flips, done) = (0.0, 0L, 0L, 0);
        using var inputs = empty([plan.Batch, images.Channels, images.Height, images.Width]);
        using var labels = empty([plan.Batch], ScalarType.Int64);
        foreach (var (start, count) in Batches)
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
                    $"{stage.Name}: the loss became {batchLoss} in epoch {epoch} of {stage.Epochs}, after {done} of its {images.Count} images; "
                    + $"lower the learning rate ({FormattableString.Invariant($"{plan.Optimizer.LearningRate}")})");
            }

            flips += optimizer.Step();
            loss += batchLoss * count;
            correct += batchCorrect;
            observer.Batch(done, batchLoss);
        }

        epochsDone++;
        var seconds = clock.Elapsed.TotalSeconds;
        return new EpochMetrics(
            stage.Name, 0, epoch, stage.Epochs, loss / done, 100.0 * correct / done,
            (double)flips / Batches.Count / network.BinaryWeights, saturated / watched, 0, seconds, done / seconds);
    }

    /// <summary>The gradient of a batch's loss, part by part.</summary>
    private (double Loss, long Correct) Differentiate(Network network, NetworkMode mode, Tensor x, Tensor truth)
    {
        foreach (var group in network.Store.Groups)
        {
            group.Gradients.zero_();
        }

        var count = (int)x.shape[0];
        var parts = Math.Clamp(plan.BatchParts, 1, Math.Max(1, count / 2));
        var (loss, correct) = (0.0, 0L);
        for (var part = 0; part < parts; part++)
        {
            var (start, end) = (count * part / parts, count * (part + 1) / parts);
            var share = (end - start) / (double)count;
            var (its, right) = Differentiate(network, mode, x.narrow(0, start, end - start), truth.narrow(0, start, end - start), share);
            (loss, correct) = (loss + its * share, correct + right);
        }

        return (loss, correct);
    }

    private (double Loss, long Correct) Differentiate(Network network, NetworkMode mode, Tensor x, Tensor truth, double share)
    {
        using var scope = NewDisposeScope();
        var logits = network.Forward(x, mode);
        var loss = plan.Distillation is { } distillation
            ? distillation.Loss(logits, distillation.Teacher.LogitsOf(x, normalization), truth)
            : nn.functional.cross_entropy(logits, truth);
        Differentiation.Backward(share == 1 ? loss : loss * share);
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
}
