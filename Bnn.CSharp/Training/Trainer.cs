using System.Text;

namespace Bnn;

/// <summary>What a training gave.</summary>
/// <param name="Stages">What each stage reached, in order.</param>
/// <param name="Epochs">What each epoch showed, in order.</param>
/// <param name="Model">The trained network.</param>
/// <param name="Seed">The seed it was trained with.</param>
/// <param name="Threads">CPU threads.</param>
/// <param name="Folder">Where it was saved, if anywhere.</param>
public sealed record TrainingResult(
    IReadOnlyList<StageResult> Stages, IReadOnlyList<EpochMetrics> Epochs, BnnModel Model, long Seed, int Threads,
    string? Folder)
{
    /// <summary>What it took of the weights that it started from; null where it started from drawn ones.</summary>
    public TakenWeights? Start { get; init; }

    private bool PrintMembers(StringBuilder text) => InvariantText.Members(text, this);
}

/// <summary>Runs a checked configuration: trains, tells the observers, saves.</summary>
internal static class Trainer
{
    public static TrainingResult Run(CheckedSettings checkedSettings, CancellationToken cancellation)
    {
        var (settings, plan) = (checkedSettings.Settings, checkedSettings.Plan);
        var folder = settings.Folder is null ? null : RunFolder.Prepare(settings.Folder);
        var policy = new CheckpointPolicy(settings.CheckpointInterval, settings.CheckpointsKept, settings.Clock);
        using var checkpoints = folder is null ? null : CheckpointFolder.Open(folder.Root, checkedSettings.Identity!, policy, settings.StartsOver);
        using var stop = new StopRequest(cancellation, takesSignals: checkpoints is not null);
        Native.RequireTorch();
        using var torch = new OwnTorchState(settings.Threads);
        Observers? observer = null;
        var diary = folder is null ? null : new RunDiary(folder, RecipeJson.Of(plan), settings.Clock, text => observer?.Warning(text));
        observer = new Observers([.. Listeners(settings, diary)]);
        BnnModel? model = null;
        try
        {
            observer.Started(new RunPlan(
                TorchNetwork.Outline(plan.Model).Info, plan.Recipe.Name,
                [.. plan.Recipe.Stages.Select(stage => (stage.Name, stage.Epochs))], settings.Threads, settings.Seed)
            {
                Folder = folder?.Root,
                Score = plan.Data.Train.TargetSize is null ? Score.Top1 : Score.Psnr,
            });
            var trained = new TrainingRun(plan, observer, stop, checkpoints).Run();
            var results = trained.Position.Results;
            model = new BnnModel(
                trained.Network, TrainingRun.Mode(plan.Recipe.Stages.Last()), trained.Normalization, plan.Data.Train.Classes);
            if (folder is not null)
            {
                model.Save(folder);
                LatentHistogram.Write(folder.HistogramPath, [.. results.Zip(trained.Position.Histograms, (stage, weights) => (stage.Name, weights))]);
                folder.WriteResult(RecipeJson.Of(plan), DataNotes.ToJson(plan.Data), model.Info, settings.Seed, settings.Threads, results);
            }

            observer.Ended(results);
            return new TrainingResult(results, diary?.Epochs ?? trained.Position.Epochs, model, settings.Seed, settings.Threads, folder?.Root)
            {
                Start = plan.Start?.Report,
            };
        }
        catch (Exception e)
        {
            model?.Dispose();
            if (TooLittleMemory.InTraining(e, (plan.Batch + plan.MicroBatches - 1) / plan.MicroBatches) is { } told)
            {
                observer.Failed(told);
                throw told;
            }

            observer.Failed(e);
            throw;
        }
    }

    /// <summary>All who listen: the run's folder first, the console, the log, the callbacks.</summary>
    private static IEnumerable<ITrainingObserver> Listeners(TrainerSettings settings, RunDiary? diary)
    {
        if (diary is not null)
        {
            yield return diary;
        }

        if (settings.Progress?.Invoke() is { } progress)
        {
            yield return progress;
        }

        if (settings.Logger is { } logger)
        {
            yield return new LoggedProgress(logger);
        }

        yield return new Callbacks(settings);
    }

    /// <summary>Passes everything on to whoever listens, in their order.</summary>
    private sealed class Observers(IReadOnlyList<ITrainingObserver> all) : ITrainingObserver
    {
        public void Started(RunPlan plan) => Each(its => its.Started(plan));

        public void Note(string text) => Each(its => its.Note(text));

        public void Warning(string text) => Each(its => its.Warning(text));

        public void Resumed(IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StageResult> stages) => Each(its => its.Resumed(epochs, stages));

        public void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch) =>
            Each(its => its.StageStarted(stage, index, epochs, epochsDone, imagesPerEpoch));

        public void Batch(BatchMetrics b) => Each(its => its.Batch(b));

        public void EpochEnded(EpochMetrics e) => Each(its => its.EpochEnded(e));

        public void StageEnded(StageResult r) => Each(its => its.StageEnded(r));

        public void Ended(IReadOnlyList<StageResult> stages) => Each(its => its.Ended(stages));

        public void Failed(Exception e) => Each(its => its.Failed(e));

        private void Each(Action<ITrainingObserver> tell)
        {
            foreach (var observer in all)
            {
                tell(observer);
            }
        }
    }

    /// <summary>Calls what the user has given.</summary>
    private sealed class Callbacks(TrainerSettings settings) : ITrainingObserver
    {
        public void Batch(BatchMetrics b) => settings.OnBatch?.Invoke(b);

        public void EpochEnded(EpochMetrics e) => settings.OnEpoch?.Invoke(e);
    }
}
