using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>How long a training would take, from a few batches of each stage.</summary>
/// <param name="Stages">Each stage, in order.</param>
public sealed record RunEstimate(IReadOnlyList<StageEstimate> Stages)
{
    /// <summary>Seconds of all stages.</summary>
    public double Seconds => Stages.Sum(stage => stage.Seconds);

    /// <summary>A line for each stage, and the whole.</summary>
    public override string ToString() => string.Join(
        Environment.NewLine,
        [
            .. Stages.Select(stage => PlainText.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Name}: {stage.Epochs} epochs at {stage.ImagesPerSecond:N0} images/s, {100 * stage.DataWait:F0} % of it waiting for data; tested at {stage.TestedPerSecond:N0} images/s; {Show.Time(stage.Seconds)}{(stage.SkippedImages > 0 ? $"; {stage.SkippedImages} of the tried images were left out as damaged" : "")}"))),
            $"the whole run: about {Show.Time(Seconds)} (hours:minutes:seconds from an hour on)",
        ]);
}

/// <summary>How long a stage would take.</summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Epochs">How many epochs it has.</param>
/// <param name="ImagesPerSecond">Training images a second.</param>
/// <param name="TestedPerSecond">Images a second when they are tested on.</param>
/// <param name="DataWait">Share of the training's time, 0..1, spent waiting for images.</param>
/// <param name="Seconds">Of its epochs and of measuring accuracy after them and at its end.</param>
public sealed record StageEstimate(
    string Name, int Epochs, double ImagesPerSecond, double TestedPerSecond, double DataWait, double Seconds)
{
    /// <summary>How many of the images that were tried were left out as damaged.</summary>
    public long SkippedImages { get; init; }

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>Tries a few batches of each stage.</summary>
internal static class Rehearsal
{
    public static RunEstimate Run(TrainingPlan plan, int batches)
    {
        var normalization = plan.Data.Normalization;
        using var network = plan.FirstNetwork();
        using var trainer = new TrainingEpoch(plan, normalization, new Silence());
        try
        {
            return new([.. plan.Recipe.Stages.Select(stage => Try(network, stage, trainer, plan, normalization, batches))]);
        }
        catch (NotFiniteException e)
        {
            throw new BnnTrainingException(e.Message, e);
        }
        catch (Exception e) when (TooLittleMemory.InTraining(e, (plan.Batch + plan.MicroBatches - 1) / plan.MicroBatches) is { } told)
        {
            throw told;
        }
    }

    private static StageEstimate Try(
        TorchNetwork network, Stage stage, TrainingEpoch trainer, TrainingPlan plan, Normalization normalization, int batches)
    {
        network.Use(plan.ModelIn(stage));
        using var optimizer = new RuleOptimizer(plan.Optimizer.Rule(stage), trainer.Batches.Count * stage.Epochs, network.Store.Groups);

        // The first batch compiles the rule, fills buffers and starts threads.
        trainer.Run(network, stage, optimizer, new RunPosition(), batches: 1);
        var trained = trainer.Run(network, stage, optimizer, new RunPosition(), batches: batches);

        // Not a set of some: what share of it is damaged says little.
        var some = Math.Min(plan.Data.Test.Count, batches * plan.Batch);
        var clock = Stopwatch.StartNew();
        var skipped = Evaluator.Evaluate(network, TrainingRun.Mode(stage), normalization, plan.Data.Test, plan.Workers, plan.Data.Order(plan.Data.Test), first: some).Skipped;
        var tested = some / clock.Elapsed.TotalSeconds;
        var (train, test) = (plan.Data.Train.Count, plan.Data.Test.Count);
        var measured = stage.KeepsBest ? stage.Epochs : plan.EvaluationEvery > 0 ? stage.Epochs / plan.EvaluationEvery : 0;
        var evaluations = (train + test * (1.0 + measured)) / tested;
        return new(
            stage.Name, stage.Epochs, trained.ImagesPerSecond, tested, trained.DataWait,
            stage.Epochs * (train / trained.ImagesPerSecond) + evaluations)
        {
            SkippedImages = trained.SkippedImages + skipped,
        };
    }

    private sealed class Silence : ITrainingObserver;
}
