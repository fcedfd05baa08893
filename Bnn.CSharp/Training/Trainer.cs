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
        set_num_threads(settings.Threads);
        var epochs = new List<EpochMetrics>();
        var observer = new Observers(RunDiary.Around(settings.Progress?.Invoke(), folder?.Root), epochs, settings.OnEpoch);
        try
        {
            observer.Started(new RunPlan(
                Network.Outline(plan.Model).Info, plan.Recipe.Name,
                [.. plan.Recipe.Stages.Select(stage => (stage.Name, stage.Epochs))], settings.Threads, settings.Seed));
            var trained = new TrainingRun(plan, observer, cancellation).Run();
            var model = new BnnModel(
                trained.Network, TrainingRun.Mode(plan.Recipe.Stages.Last()), trained.Normalization, plan.Data.Train.Classes);
            if (folder is not null)
            {
                model.Save(folder);
                LatentHistogram.Write(folder.HistogramPath, [.. trained.LatentWeights]);
                epochs.ForEach(folder.AppendEpoch);
                folder.WriteResult(RecipeJson.Of(plan), model.Info, settings.Seed, settings.Threads, trained.Results);
            }

            observer.Ended(trained.Results);
            return new TrainingResult(trained.Results, epochs, model, settings.Seed, settings.Threads, folder?.Root);
        }
        catch
        {
            observer.Failed();
            throw;
        }
    }

    /// <summary>Passes everything on to whoever listens.</summary>
    private sealed class Observers(ITrainingObserver? progress, List<EpochMetrics> epochs, Action<EpochMetrics>? onEpoch)
        : ITrainingObserver
    {
        public void Started(RunPlan plan) => progress?.Started(plan);

        public void StageStarted(string stage, int index, int count, long imagesPerEpoch) =>
            progress?.StageStarted(stage, index, count, imagesPerEpoch);

        public void Batch(long imagesDone, double loss, double dataWait) => progress?.Batch(imagesDone, loss, dataWait);

        public void EpochEnded(EpochMetrics e)
        {
            epochs.Add(e);
            progress?.EpochEnded(e);
            onEpoch?.Invoke(e);
        }

        public void StageEnded(StageResult r) => progress?.StageEnded(r);

        public void Ended(IReadOnlyList<StageResult> stages) => progress?.Ended(stages);

        public void Failed() => progress?.Failed();
    }
}
