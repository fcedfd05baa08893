namespace Bnn;

/// <summary>Writes into a run's folder what can be looked at while the run goes on, epoch by epoch, and its page at its end; passes all on
/// to another observer.</summary>
/// <remarks>Its first epoch tells where the run begins, in a stage's middle if it goes on from a checkpoint: what the folder holds of that
/// epoch and later ones is of a run that came to nothing, and is removed.</remarks>
internal sealed class RunDiary(string folder, ITrainingObserver? inner) : ITrainingObserver
{
    private IReadOnlyList<int> epochs = [];
    private TensorBoard? board;
    private int stage;

    /// <summary>An observer that also keeps a diary, where there is a folder.</summary>
    public static ITrainingObserver? Around(ITrainingObserver? inner, string? folder) =>
        folder is null ? inner : new RunDiary(folder, inner);

    public void Started(RunPlan plan)
    {
        epochs = [.. plan.Stages.Select(stage => stage.Epochs)];
        inner?.Started(plan);
    }

    public void StageStarted(string stage, int index, int epochs, long imagesPerEpoch)
    {
        this.stage = index;
        inner?.StageStarted(stage, index, epochs, imagesPerEpoch);
    }

    public void Note(string text) => inner?.Note(text);

    public void Warning(string text) => inner?.Warning(text);

    public void Resumed(int epochsDone) => inner?.Resumed(epochsDone);

    public void Batch(BatchMetrics b) => inner?.Batch(b);

    public void EpochEnded(EpochMetrics e)
    {
        if (board is null)
        {
            DiagnosticsFile.KeepBefore(folder, e.StageIndex, e.Epoch);
            board = new TensorBoard(folder, epochs, e.StageIndex, e.Epoch);
        }

        if (e.Diagnostics is { } diagnostics)
        {
            DiagnosticsFile.Append(folder, diagnostics);
        }

        board.Epoch(e);
        inner?.EpochEnded(e);
    }

    public void StageEnded(StageResult r)
    {
        board?.Stage(stage, r);
        inner?.StageEnded(r);
    }

    public void Ended(IReadOnlyList<StageResult> stages)
    {
        Report.Write(folder);
        inner?.Ended(stages);
    }

    public void Failed(Exception e) => inner?.Failed(e);
}
