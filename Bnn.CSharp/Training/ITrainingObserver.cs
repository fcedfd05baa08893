namespace Bnn;

/// <summary>What a run is going to do, known before its first image.</summary>
/// <param name="Model">The network's name and size.</param>
/// <param name="Recipe">The recipe's name.</param>
/// <param name="Stages">The stages in their order, each with its number of epochs.</param>
/// <param name="Threads">CPU threads.</param>
/// <param name="Seed">The seed of every random choice.</param>
internal sealed record RunPlan(
    ModelInfo Model, string Recipe, IReadOnlyList<(string Name, int Epochs)> Stages, int Threads, long Seed)
{
    /// <summary>Where it is saved; null where it is not.</summary>
    public string? Folder { get; init; }

    /// <summary>What is measured.</summary>
    public Score Score { get; init; } = Score.Top1;
}

/// <summary>
/// Hears what a training run does, on the training thread and in the order of the run:
/// Started, Resumed where an earlier process had begun it, then for each stage StageStarted, its epochs (Batch..., EpochEnded) and StageEnded, then Ended;
/// Failed comes instead of what is left when the run ends by an exception.
/// </summary>
internal interface ITrainingObserver
{
    /// <summary>The run begins.</summary>
    void Started(RunPlan plan)
    {
    }

    /// <summary>Something worth knowing, in a sentence.</summary>
    void Note(string text)
    {
    }

    /// <summary>Something to look into, in a sentence, though the run goes on. A note to those who make no difference.</summary>
    void Warning(string text) => Note(text);

    /// <summary>The run goes on from where an earlier process was; comes before the first stage's start.</summary>
    /// <param name="epochs">The epochs that were done, without their diagnostics.</param>
    /// <param name="stages">What the stages that were done have reached.</param>
    void Resumed(IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StageResult> stages)
    {
    }

    /// <summary>A stage begins.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="index">Its position in the plan, from 0.</param>
    /// <param name="epochs">How many epochs it has.</param>
    /// <param name="epochsDone">How many of them an earlier process has done.</param>
    /// <param name="imagesPerEpoch">How many training images an epoch has.</param>
    void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch)
    {
    }

    /// <summary>A batch has been trained on. Called after every batch, so it must be cheap.</summary>
    void Batch(BatchMetrics b)
    {
    }

    /// <summary>An epoch has ended.</summary>
    void EpochEnded(EpochMetrics e)
    {
    }

    /// <summary>A stage has ended and its accuracy has been measured.</summary>
    void StageEnded(StageResult r)
    {
    }

    /// <summary>The run has ended well.</summary>
    void Ended(IReadOnlyList<StageResult> stages)
    {
    }

    /// <summary>The run ends by an exception, which the caller reports.</summary>
    void Failed(Exception e)
    {
    }
}
