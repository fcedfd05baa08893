using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>Writes into a run's folder what can be looked at while the run goes on: metrics.csv, diagnostics.jsonl and TensorBoard's events
/// after each epoch, the page after an epoch where the last one is a minute old, and at the end.</summary>
/// <remarks>What a folder holds of epochs that a run is yet to train is of a run that came to nothing, and is removed with the first of
/// them; what it lacks of those that are done is written anew. Diagnostics alone are nowhere else: where they are lost, that is said.</remarks>
/// <param name="folder">The run's folder.</param>
/// <param name="recipe">The run's recipe.</param>
/// <param name="clock">The time of events.</param>
/// <param name="note">Told what could not be kept of an earlier process's files.</param>
internal sealed class RunDiary(RunFolder folder, JsonNode recipe, TimeProvider clock, Action<string> note) : ITrainingObserver
{
    private static readonly TimeSpan PageAge = TimeSpan.FromMinutes(1);

    private readonly List<EpochMetrics> epochs = [];
    private readonly List<StageResult> results = [];
    private RunPlan? plan;
    private TensorBoard? board;
    private long pageAt = clock.GetTimestamp();
    private int stage;

    /// <summary>The run's epochs so far, with the diagnostics that there are.</summary>
    public IReadOnlyList<EpochMetrics> Epochs => epochs;

    public void Started(RunPlan plan) => this.plan = plan;

    public void Resumed(IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StageResult> stages)
    {
        var saved = DiagnosticsFile.Upto(folder.Root, epochs, note).ToDictionary(epoch => (epoch.StageIndex, epoch.Epoch));
        this.epochs.AddRange(epochs.Select(
            epoch => epoch with { Diagnostics = saved.GetValueOrDefault((epoch.StageIndex, epoch.Epoch)) }));
        results.AddRange(stages);
    }

    public void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch) => this.stage = index;

    public void EpochEnded(EpochMetrics e)
    {
        board ??= Begin((e.StageIndex, e.Epoch))!;
        epochs.Add(e);
        folder.WriteEpochs(epochs);
        if (e.Diagnostics is { } diagnostics)
        {
            DiagnosticsFile.Append(folder.Root, diagnostics);
        }

        board.Epoch(e);
        if (clock.GetElapsedTime(pageAt) >= PageAge)
        {
            WritePage();
        }
    }

    public void StageEnded(StageResult r)
    {
        results.Add(r);
        board?.Stage(stage, r);
    }

    public void Ended(IReadOnlyList<StageResult> stages)
    {
        board ??= Begin(null);
        folder.WriteEpochs(epochs);
        WritePage();
    }

    // a run that is asked to stop leaves a page of all its epochs; one that fails may have no place left for it
    public void Failed(Exception e)
    {
        if (e is BnnStoppedException && epochs.Count > 0)
        {
            try
            {
                WritePage($"The run was {e.Message}.");
            }
            catch (BnnFileException fault)
            {
                note($"{fault.Path}: {fault.Problem}");
            }
        }
    }

    /// <summary>Brings the files that are added to into the state that they had after the epochs that are done.</summary>
    private TensorBoard? Begin((int Stage, int Epoch)? next)
    {
        DiagnosticsFile.Keep(folder.Root, [.. epochs.Select(epoch => epoch.Diagnostics).OfType<EpochDiagnostics>()]);
        return TensorBoard.After(folder.Root, [.. plan!.Stages.Select(stage => stage.Epochs)], epochs, results, next, clock);
    }

    private void WritePage(string state = "")
    {
        Report.Write(SavedRun.Of(folder.Root, recipe, plan!, results, epochs) with { State = state });
        pageAt = clock.GetTimestamp();
    }
}
