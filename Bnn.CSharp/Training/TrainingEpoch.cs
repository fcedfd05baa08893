using System.Diagnostics;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Trains a network epoch by epoch: shuffles, computes gradients batch by batch, steps.</summary>
internal sealed class TrainingEpoch(
    TrainingPlan plan, Normalization normalization, ITrainingObserver observer, CancellationToken cancellation) : IDisposable
{
    private readonly Images images = plan.Data.Train;
    private readonly BatchFeed feed = new(plan.Data.Train, Math.Min(plan.Batch, plan.Data.Train.Count), plan.Workers);
    private ulong epochsDone;

    /// <summary>What the last epoch's diagnostics are made of.</summary>
    public EpochProbe? Probe { get; private set; }

    /// <summary>The batches of an epoch; the last may be short, but a single image is left out, for which batch norm has no
    /// deviation.</summary>
    public IReadOnlyList<(int Start, int Count)> Batches { get; } =
        [.. BatchFeed.Cut(plan.Data.Train.Count, plan.Batch).Where(batch => batch.Count > 1)];

    /// <summary>Trains on all images once, or on so many batches of them. The stage's place and the learning rate are left to the caller.</summary>
    /// <exception cref="BnnTrainingException">The loss is not a number any more.</exception>
    public EpochMetrics Run(Network network, Core.Stage stage, RuleOptimizer optimizer, int epoch, int batches = int.MaxValue)
    {
        var clock = Stopwatch.StartNew();
        var (waited, skipped) = (feed.SecondsWaited, feed.Skipped);
        var order = Shuffle.Permutation(images.Count, plan.Seed, epochsDone);
        var taken = Batches.Take(batches).ToList();
        Probe = new EpochProbe(network, taken.Count);
        var mode = Probe.Watch(TrainingRun.Mode(stage));
        var view = new View(normalization, plan.Augmentation, plan.Seed, epochsDone);
        var (loss, correct, flips, done) = (0.0, 0L, 0L, 0);
        foreach (var batch in feed.Read(order, taken, view, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            if (batch.Count < 2)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            var (batchLoss, batchCorrect) = Differentiate(
                network, mode, batch.Inputs.narrow(0, 0, batch.Count).to(plan.Device), batch.Labels.narrow(0, 0, batch.Count).to(plan.Device));
            done += batch.Count;
            if (!double.IsFinite(batchLoss))
            {
                throw new BnnTrainingException(
                    $"{stage.Name}: the loss became {batchLoss} in epoch {epoch} of {stage.Epochs}, after {batch.Done} of its {images.Count} images; "
                    + $"lower the learning rate ({FormattableString.Invariant($"{plan.Optimizer.LearningRate}")})");
            }

            Probe.BeforeStep();
            flips += optimizer.Step();
            loss += batchLoss * batch.Count;
            correct += batchCorrect;
            observer.Batch(batch.Done, batchLoss, Waiting());
        }

        epochsDone++;
        var seconds = clock.Elapsed.TotalSeconds;
        return new EpochMetrics(
            stage.Name, 0, epoch, stage.Epochs, loss / done, 100.0 * correct / done,
            (double)flips / taken.Count / network.BinaryWeights, Probe.FirstSaturation, 0, seconds, done / seconds)
        {
            DataWait = Waiting(),
            SkippedImages = feed.Skipped - skipped,
        };

        double Waiting() => Math.Min(1, (feed.SecondsWaited - waited) / clock.Elapsed.TotalSeconds);
    }

    public void Dispose() => feed.Dispose();

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
            ? distillation.Loss(logits, distillation.Teacher.LogitsOf(x, normalization), truth, plan.LabelSmoothing)
            : LabelLoss.Of(logits, truth, plan.LabelSmoothing);
        Differentiation.Backward(share == 1 ? loss : loss * share);
        using var noGradients = no_grad();
        return (loss.item<float>(), logits.argmax(1).eq(truth).sum().item<long>());
    }
}
