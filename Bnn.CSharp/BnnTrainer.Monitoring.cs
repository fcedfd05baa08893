using System.Diagnostics.Contracts;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Bnn;

// Where a training is saved, and who hears of it.
public sealed partial class BnnTrainer
{
    /// <summary>Trains in this folder: checkpoints while it runs, and result.json, metrics.csv, the network and a histogram of the latent
    /// weights when it has ended. Where the same training was stopped there, by Ctrl-C or by anything else, it goes on from the newest
    /// checkpoint and ends with the very same weights (with the same number of threads); where it has ended, its result is given again. A
    /// training that differs is refused, with what differs.</summary>
    [Pure]
    public BnnTrainer SaveTo(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return new(settings with { Folder = folder });
    }

    /// <summary>Deletes what a run has left in the folder of <see cref="SaveTo"/>, and begins anew there: for a training that was changed, or has come to
    /// nothing. Deleted are the run's own files (its checkpoints, result.json, metrics.csv, diagnostics.jsonl, report.html, network.bnn,
    /// latent-weights.png, TensorBoard's events), when <see cref="Train"/> begins and nothing is wrong; all else there stays, and so does everything in a folder
    /// in which no run has begun. Take the call out again once the training goes well: with it a run that was stopped begins anew too. Default without
    /// this call: the same training goes on, another one is refused.</summary>
    [Pure]
    public BnnTrainer StartingOver() => new(settings with { StartsOver = true });

    /// <summary>Writes a checkpoint whenever so much time has passed since the last, between two batches; and at a stage's end, and when
    /// the training is asked to stop. Only with <see cref="SaveTo"/>. Default: every 5 minutes. Beside the newest the folder holds that of the
    /// stage's best epoch (<see cref="WithEvaluation"/>) as <c>checkpoints/best.safetensors</c>; <see cref="BnnModel.Load"/> reads them.</summary>
    /// <param name="every">The time; zero: after each batch.</param>
    /// <param name="kept">How many of the newest stay, at least 1; default 2, so that one is left where the newest is damaged.</param>
    [Pure]
    public BnnTrainer WithCheckpoints(TimeSpan every, int kept = 2) => new(settings with { CheckpointInterval = every, CheckpointsKept = kept });

    /// <summary>Measures accuracy on the test images after every so many epochs of a stage (<see cref="EpochMetrics.Top1"/>); with
    /// <see cref="SaveTo"/> the best so far is kept as a checkpoint. The best is chosen on the images that it is measured on, so it
    /// is no result to report. Default: after every epoch. Training does not depend on it.</summary>
    /// <param name="epochs">How many, at least 0; 0: only at a stage's end. Stages that end with their best epoch measure each.</param>
    [Pure]
    public BnnTrainer WithEvaluation(int epochs) => new(settings with { EvaluationEvery = epochs });

    /// <summary>Whether epochs have <see cref="EpochMetrics.Diagnostics"/>, which take one to two percent of the time and three floats a binary
    /// weight. Training does not depend on them.</summary>
    /// <param name="isOn">Default without this call: true.</param>
    [Pure]
    public BnnTrainer WithDiagnostics(bool isOn) => new(settings with { HasDiagnostics = isOn });

    /// <summary>Shows progress on the console: a live bar and a line an epoch; plain lines where output is not a terminal.</summary>
    [Pure]
    public BnnTrainer WithProgress() => new(settings with { Progress = () => new ConsoleProgress(AnsiConsole.Console) });

    /// <summary>Logs the run, on the training thread, with its numbers as the entries' properties
    /// (<see href="https://learn.microsoft.com/dotnet/core/extensions/logging">Microsoft.Extensions.Logging</see>). Error: it has failed, with the
    /// exception. Warning: it was asked to stop; a damaged checkpoint was passed over; images were left out as damaged. Information: the run, each
    /// stage and each epoch; where it goes on. Trace: each batch. A configuration that <see cref="Train"/> refuses is thrown and not logged.
    /// Beside <see cref="WithProgress"/> or in place of it; a second call replaces the first. Default: no log.</summary>
    [Pure]
    public BnnTrainer WithLogger(ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(logger);
        return new(settings with { Logger = logger });
    }

    /// <summary>Calls this after each epoch, on the training thread.</summary>
    [Pure]
    public BnnTrainer OnEpoch(Action<EpochMetrics> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new(settings with { OnEpoch = settings.OnEpoch + callback });
    }

    /// <summary>Calls this after each batch, on the training thread: be quick.</summary>
    [Pure]
    public BnnTrainer OnBatch(Action<BatchMetrics> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new(settings with { OnBatch = settings.OnBatch + callback });
    }

    /// <summary>Reports each epoch to this, for instance a <see cref="Progress{T}"/> of a user interface.</summary>
    [Pure]
    public BnnTrainer OnEpoch(IProgress<EpochMetrics> progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return OnEpoch(progress.Report);
    }
}
