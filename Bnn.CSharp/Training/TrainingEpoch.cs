using System.Diagnostics;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Trains a network epoch by epoch: shuffles, computes gradients batch by batch, steps.</summary>
internal sealed class TrainingEpoch(
    TrainingPlan plan, Normalization normalization, ITrainingObserver observer) : IDisposable
{
    private readonly Examples images = plan.Data.Train;
    private readonly BatchFeed feed = new(plan.Data.Train, Math.Min(plan.Batch, plan.Data.Train.Count), plan.Workers);

    private readonly Lazy<int[]> labels = new(() => [.. Enumerable.Range(0, plan.Data.Train.Count).Select(index => Labels.Of(plan.Data.Train, index))]);

    private bool HasClasses => images.TargetSize is null;

    /// <summary>What the last epoch's diagnostics are made of; null where there are none.</summary>
    public EpochProbe? Probe { get; private set; }

    /// <summary>What an earlier process had gathered for the diagnostics of the epoch that it was in.</summary>
    public ProbeState? Gathered { get; set; }

    /// <summary>The batches of an epoch; the last may be short, but a single image is left out, for which batch norm has no
    /// deviation.</summary>
    public IReadOnlyList<(int Start, int Count)> Batches { get; } =
        [.. BatchFeed.Cut(plan.Data.Train.Count, plan.Batch).Where(batch => batch.Count > 1)];

    /// <summary>Trains on all images once, or on so many batches of them. The stage's place and the learning rate are left to the caller.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="optimizer">The stage's optimizer.</param>
    /// <param name="position">Where the run is; the epoch goes on after the batches that its sums have.</param>
    /// <param name="afterBatch">Called after each batch, with the position up to date.</param>
    /// <param name="batches">How many of the epoch's batches.</param>
    /// <exception cref="NotFiniteException">The loss, an output, a weight, what the rule keeps of one, or a statistic is not finite.</exception>
    /// <exception cref="BnnFileException">An image is damaged and none may be left out, or nothing is whole.</exception>
    public EpochMetrics Run(
        TorchNetwork network, Stage stage, RuleOptimizer optimizer, RunPosition position, Action? afterBatch = null, int batches = int.MaxValue)
    {
        var clock = Stopwatch.StartNew();
        var sums = position.Sums;
        var (seconds, waited, skipped) = (sums.Seconds, sums.Waited - feed.SecondsWaited, sums.Skipped - feed.Skipped);
        var taken = Batches.Take(batches).ToList();
        Probe = NextProbe(network, taken.Count, sums.Batches);
        var mode = EpochProbe.Watch(
            Probe, TrainingRun.Mode(stage), (saturated, all) => (sums.Saturated, sums.Watched) = (sums.Saturated + saturated, sums.Watched + all));
        var order = plan.IsBalanced
            ? Shuffle.Balanced(labels.Value, plan.Seed, position.EpochsDone)
            : Shuffle.Permutation(images.Count, plan.Seed, position.EpochsDone);
        var view = new View(normalization, plan.Augmentation, plan.Seed, position.EpochsDone);
        foreach (var batch in feed.Read(order, [.. taken.Skip(sums.Batches)], view))
        {
            // Damaged images may have left a single one, for which batch norm has no deviation.
            double? loss = batch.Count > 1 ? Step(network, stage, optimizer, mode, batch, position) : null;
            sums.Batches++;
            (sums.Seconds, sums.Waited, sums.Skipped) = (seconds + clock.Elapsed.TotalSeconds, waited + feed.SecondsWaited, skipped + feed.Skipped);
            if (loss is { } known)
            {
                observer.Batch(new(stage.Name, position.Epoch, batch.Done, known, FlipFlopRatio(network, sums), DataWait(sums)));
            }

            afterBatch?.Invoke();
        }

        if (sums.Images == 0)
        {
            throw new BnnFileException(plan.Data.Name, "has no two whole training images in any batch", "get the files again, they are damaged");
        }

        return new EpochMetrics(
            stage.Name, 0, position.Epoch, stage.Epochs, sums.Loss / sums.Images, HasClasses ? sums.Correct / (double)sums.Images : double.NaN,
            FlipFlopRatio(network, sums), sums.Saturated / sums.Watched, 0, sums.Seconds, sums.Images / sums.Seconds)
        {
            TrainPsnr = HasClasses ? double.NaN : sums.Psnr / sums.Images,
            DataWait = DataWait(sums),
            SkippedImages = sums.Skipped,
        };
    }

    private static double FlipFlopRatio(TorchNetwork network, EpochSums sums) => (double)sums.Flips / sums.Batches / network.BinaryWeights;

    private static double DataWait(EpochSums sums) => Math.Min(1, sums.Waited / sums.Seconds);

    private EpochProbe? NextProbe(TorchNetwork network, int batches, int done)
    {
        var probe = plan.HasDiagnostics ? new EpochProbe(network, batches, done, Probe) : null;
        if (Gathered is not null)
        {
            probe?.Restore(Gathered);
            Gathered = null;
        }

        return probe;
    }

    private double Step(
        TorchNetwork network, Stage stage, RuleOptimizer optimizer, NetworkMode mode, Batch batch, RunPosition position)
    {
        using var scope = NewDisposeScope();
        var moment = new TrainingMoment(optimizer.Steps + 1, optimizer.Iterations, TrainingMoment.SeedOf(plan.Seed, position.Stage));
        var lost = new LostStep(plan, stage, moment, () => $"in epoch {position.Epoch} of {stage.Epochs}, after {batch.Done} of its {images.Count} images");
        var (loss, measure) = Differentiate(
            network, mode with { Moment = moment }, batch.Inputs.narrow(0, 0, batch.Count).to(plan.Device),
            batch.Targets.narrow(0, 0, batch.Count).to(plan.Device), lost);
        Probe?.BeforeStep();
        var (flips, isFinite) = optimizer.Step();
        if (!isFinite || (network.Store.Statistics is { } statistics && !Finite.IsAll(statistics)))
        {
            throw lost.After(network, optimizer);
        }

        var sums = position.Sums;
        sums.Flips += flips;
        Probe?.AfterStep();
        sums.Loss += loss * batch.Count;
        sums.Correct += measure.Correct;
        sums.Psnr += measure.Psnr;
        sums.Images += batch.Count;
        return loss;
    }

    public void Dispose() => feed.Dispose();

    /// <summary>The gradient of a batch's loss, one micro-batch after another.</summary>
    private (double Loss, Measure Measure) Differentiate(TorchNetwork network, NetworkMode mode, Tensor x, Tensor truth, LostStep lost)
    {
        foreach (var group in network.Store.Groups)
        {
            group.Gradients.zero_();
        }

        var count = (int)x.shape[0];
        var microBatches = Math.Clamp(plan.MicroBatches, 1, Math.Max(1, count / 2));
        var (loss, measure) = (0.0, default(Measure));
        var weight = plan.Loss.WeightOf(truth);
        for (var k = 0; k < microBatches; k++)
        {
            var (start, end) = (count * k / microBatches, count * (k + 1) / microBatches);
            var itsTruth = truth.narrow(0, start, end - start);
            var share = plan.Loss.WeightOf(itsTruth) / weight;
            var its = mode with { Moment = mode.Moment! with { FirstImage = start } };
            var (itsLoss, right) = Differentiate(network, its, x.narrow(0, start, end - start), itsTruth, share, lost);
            (loss, measure) = (loss + itsLoss * share, measure + right);
        }

        return (loss, measure);
    }

    private (double Loss, Measure Measure) Differentiate(
        TorchNetwork network, NetworkMode mode, Tensor x, Tensor truth, double share, LostStep lost)
    {
        using var scope = NewDisposeScope();
        var outputs = network.Forward(x, mode);
        var target = truth.shape.Length > 1 ? truth.view_as(outputs) : truth;
        var loss = plan.Loss.Of(new(x, outputs, target, normalization));
        Differentiation.Backward(share == 1 ? loss : loss.Times(share));
        using var noGradients = no_grad();
        var known = loss.to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(known) || !Finite.IsAll(outputs))
        {
            throw lost.Before(network, mode, x, outputs, known);
        }

        return (known, Measure.Of(outputs, target, images.TargetRange));
    }
}
