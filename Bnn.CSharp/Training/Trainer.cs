using static TorchSharp.torch;

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
    string? Folder);

/// <summary>Runs a checked configuration: trains, tells the observers, saves.</summary>
internal static class Trainer
{
    public static TrainingResult Run(CheckedSettings checkedSettings, CancellationToken cancellation)
    {
        var (settings, plan) = checkedSettings;
        var folder = settings.Folder is null ? null : RunFolder.Prepare(settings.Folder);
        var policy = new CheckpointPolicy(settings.CheckpointInterval, settings.CheckpointsKept, settings.Clock);
        using var checkpoints = folder is null ? null : CheckpointFolder.Open(folder.Root, RunIdentity.Of(plan), policy);
        using var stop = new StopRequest(cancellation, takesSignals: checkpoints is not null);
        set_num_threads(settings.Threads);
        var progress = settings.Progress?.Invoke();
        var diary = folder is null ? null : new RunDiary(folder, RecipeJson.Of(plan), settings.Clock, text => progress?.Note(text));
        var observer = new Observers([.. new ITrainingObserver?[] { diary, progress }.OfType<ITrainingObserver>()], settings);
        try
        {
            observer.Started(new RunPlan(
                Network.Outline(plan.Model).Info, plan.Recipe.Name,
                [.. plan.Recipe.Stages.Select(stage => (stage.Name, stage.Epochs))], settings.Threads, settings.Seed));
            var trained = new TrainingRun(plan, observer, stop, checkpoints).Run();
            var results = trained.Position.Results;
            var model = new BnnModel(
                trained.Network, TrainingRun.Mode(plan.Recipe.Stages.Last()), trained.Normalization, plan.Data.Train.Classes);
            if (folder is not null)
            {
                model.Save(folder);
                LatentHistogram.Write(folder.HistogramPath, [.. results.Zip(trained.Position.Histograms, (stage, weights) => (stage.Name, weights))]);
                folder.WriteResult(RecipeJson.Of(plan), model.Info, settings.Seed, settings.Threads, results);
            }

            observer.Ended(results);
            return new TrainingResult(results, diary?.Epochs ?? trained.Position.Epochs, model, settings.Seed, settings.Threads, folder?.Root);
        }
        catch
        {
            observer.Failed();
            throw;
        }
    }

    /// <summary>Passes everything on to whoever listens, files first.</summary>
    private sealed class Observers(IReadOnlyList<ITrainingObserver> all, TrainerSettings settings) : ITrainingObserver
    {
        private string stage = "";
        private int epoch;

        public void Started(RunPlan plan) => Each(its => its.Started(plan));

        public void Note(string text) => Each(its => its.Note(text));

        public void Resumed(IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StageResult> stages) => Each(its => its.Resumed(epochs, stages));

        public void StageStarted(string stage, int index, int epochs, int epochsDone, long imagesPerEpoch)
        {
            (this.stage, epoch) = (stage, epochsDone + 1);
            Each(its => its.StageStarted(stage, index, epochs, epochsDone, imagesPerEpoch));
        }

        public void Batch(long imagesDone, double loss, double dataWait)
        {
            Each(its => its.Batch(imagesDone, loss, dataWait));
            settings.OnBatch?.Invoke(new(stage, epoch, imagesDone, loss, dataWait));
        }

        public void EpochEnded(EpochMetrics e)
        {
            epoch = e.Epoch + 1;
            Each(its => its.EpochEnded(e));
            settings.OnEpoch?.Invoke(e);
        }

        public void StageEnded(StageResult r) => Each(its => its.StageEnded(r));

        public void Ended(IReadOnlyList<StageResult> stages) => Each(its => its.Ended(stages));

        public void Failed() => Each(its => its.Failed());

        private void Each(Action<ITrainingObserver> tell)
        {
            foreach (var its in all)
            {
                tell(its);
            }
        }
    }
}
