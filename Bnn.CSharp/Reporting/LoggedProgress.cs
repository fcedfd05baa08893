using Microsoft.Extensions.Logging;

namespace Bnn;

/// <summary>Tells a logger of a run. What costs time, the text, is made only where its level is on. No name or message of a user ends a line of the log.</summary>
internal sealed class LoggedProgress(ILogger logger) : ITrainingObserver
{
    /// <inheritdoc/>
    public void Started(RunPlan plan) => RunLog.RunStarted(
        logger, PlainText.Line(plan.Model.Name), plan.Model.Parameters, plan.Model.BinaryWeights, PlainText.Line(plan.Recipe), plan.Threads, plan.Seed);

    /// <inheritdoc/>
    public void Note(string text) => RunLog.Noted(logger, PlainText.Line(text));

    /// <inheritdoc/>
    public void Warning(string text) => RunLog.Warned(logger, PlainText.Line(text));

    /// <inheritdoc/>
    public void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch) =>
        RunLog.StageStarted(logger, PlainText.Line(stage), epochs, imagesPerEpoch);

    /// <inheritdoc/>
    public void Batch(BatchMetrics b) => RunLog.BatchDone(logger, PlainText.Line(b.Stage), b.Epoch, b.Images, b.Loss, b.FlipFlopRatio, b.DataWait);

    /// <inheritdoc/>
    public void EpochEnded(EpochMetrics e)
    {
        if (double.IsNaN(e.TrainPsnr))
        {
            RunLog.EpochEnded(
                logger, PlainText.Line(e.Stage), e.Epoch, e.Epochs, e.Loss, e.TrainTop1, e.Top1, e.FlipFlopRatio, e.Saturation, e.Seconds, e.ImagesPerSecond);
        }
        else
        {
            RunLog.PictureEpochEnded(
                logger, PlainText.Line(e.Stage), e.Epoch, e.Epochs, e.Loss, e.TrainPsnr, e.Psnr, e.FlipFlopRatio, e.Saturation, e.Seconds, e.ImagesPerSecond);
        }
    }

    /// <inheritdoc/>
    public void StageEnded(StageResult r)
    {
        if (Score.Of(r) == Score.Top1)
        {
            RunLog.StageEnded(logger, PlainText.Line(r.Name), r.Top1, r.Top5, r.C2IRatio);
        }
        else
        {
            RunLog.PictureStageEnded(logger, PlainText.Line(r.Name), r.Psnr, r.C2IRatio);
        }
    }

    /// <inheritdoc/>
    public void Ended(IReadOnlyList<StageResult> stages)
    {
        if (Score.Of(stages[^1]) == Score.Top1)
        {
            RunLog.RunEnded(logger, stages.Count, stages[^1].Top1);
        }
        else
        {
            RunLog.PictureRunEnded(logger, stages.Count, stages[^1].Psnr);
        }
    }

    /// <inheritdoc/>
    public void Failed(Exception e)
    {
        if (e is BnnStoppedException)
        {
            RunLog.RunStopped(logger, PlainText.Line(e.Message));
        }
        else
        {
            RunLog.RunFailed(logger, e, PlainText.Line(e.Message));
        }
    }
}

/// <summary>The entries of a run's log. Their ids and names, and those of what they hold, are what users filter by.</summary>
internal static partial class RunLog
{
    [LoggerMessage(
        1, LogLevel.Information,
        "{Network}: {Parameters} parameters, {BinaryWeights} of them binary; recipe {Recipe}, threads {Threads}, seed {Seed}")]
    public static partial void RunStarted(
        ILogger logger, string network, long parameters, long binaryWeights, string recipe, int threads, long seed);

    [LoggerMessage(2, LogLevel.Information, "{Note}")]
    public static partial void Noted(ILogger logger, string note);

    [LoggerMessage(3, LogLevel.Warning, "{Warning}")]
    public static partial void Warned(ILogger logger, string warning);

    [LoggerMessage(4, LogLevel.Information, "{Stage} begins; epochs {Epochs}, images an epoch {ImagesPerEpoch}")]
    public static partial void StageStarted(ILogger logger, string stage, int epochs, long imagesPerEpoch);

    [LoggerMessage(
        5, LogLevel.Trace, "{Stage}, epoch {Epoch}, images {Images}: loss {Loss:G6}, FF {FlipFlopRatio:0.0e-0}, data wait {DataWait:P0}")]
    public static partial void BatchDone(
        ILogger logger, string stage, int epoch, long images, double loss, double flipFlopRatio, double dataWait);

    [LoggerMessage(
        6, LogLevel.Information,
        "{Stage}, epoch {Epoch} of {Epochs}: loss {Loss:G6}, train top-1 {TrainTop1:P2}, test top-1 {Top1:P2}, FF {FlipFlopRatio:0.0e-0}, "
        + "saturation {Saturation:P2}, {Seconds:F1} s, {ImagesPerSecond:F0} images a second")]
    public static partial void EpochEnded(
        ILogger logger, string stage, int epoch, int epochs, double loss, double trainTop1, double top1, double flipFlopRatio,
        double saturation, double seconds, double imagesPerSecond);

    [LoggerMessage(7, LogLevel.Information, "{Stage} has ended: top-1 {Top1:P2}, top-5 {Top5:P2}, C2I {C2IRatio:P1}")]
    public static partial void StageEnded(ILogger logger, string stage, double top1, double top5, double c2iRatio);

    [LoggerMessage(8, LogLevel.Information, "the run has ended; stages {Stages}, top-1 {Top1:P2}")]
    public static partial void RunEnded(ILogger logger, int stages, double top1);

    [LoggerMessage(9, LogLevel.Warning, "{Reason}")]
    public static partial void RunStopped(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Error, "the run has failed: {Reason}")]
    public static partial void RunFailed(ILogger logger, Exception e, string reason);

    [LoggerMessage(
        11, LogLevel.Information,
        "{Stage}, epoch {Epoch} of {Epochs}: loss {Loss:G6}, train PSNR {TrainPsnr:F2} dB, test PSNR {Psnr:F2} dB, FF {FlipFlopRatio:0.0e-0}, "
        + "saturation {Saturation:P2}, {Seconds:F1} s, {ImagesPerSecond:F0} images a second")]
    public static partial void PictureEpochEnded(
        ILogger logger, string stage, int epoch, int epochs, double loss, double trainPsnr, double psnr, double flipFlopRatio,
        double saturation, double seconds, double imagesPerSecond);

    [LoggerMessage(12, LogLevel.Information, "{Stage} has ended: PSNR {Psnr:F2} dB, C2I {C2IRatio:P1}")]
    public static partial void PictureStageEnded(ILogger logger, string stage, double psnr, double c2iRatio);

    [LoggerMessage(13, LogLevel.Information, "the run has ended; stages {Stages}, PSNR {Psnr:F2} dB")]
    public static partial void PictureRunEnded(ILogger logger, int stages, double psnr);
}
