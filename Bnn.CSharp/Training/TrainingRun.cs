using static TorchSharp.torch;

namespace Bnn;

/// <summary>What a run leaves.</summary>
internal sealed record TrainedStages(TorchNetwork Network, Normalization Normalization, RunPosition Position);

/// <summary>Trains a network through the stages of a recipe. Each stage starts from the weights that the one before it left,
/// with a fresh optimizer. Where there are checkpoints, it goes on from the newest and writes more.</summary>
internal sealed class TrainingRun(TrainingPlan plan, ITrainingObserver observer, StopRequest stop, CheckpointFolder? checkpoints)
{
    private readonly Normalization normalization = plan.Data.Normalization;

    public static NetworkMode Mode(Stage stage) => new(true, stage.BinaryActivations, stage.BinaryWeights);

    public TrainedStages Run()
    {
        var network = plan.FirstNetwork();
        try
        {
            var saved = checkpoints?.Newest(observer.Warning);
            var position = saved?.Position ?? new RunPosition();
            if (saved is not null)
            {
                saved.Require(plan, network);
                observer.Note(Where(position));
                WarnOfChanges(saved.Environment);
                observer.Resumed(position.Epochs, position.Results);
                NetworkTensors.Give(network, saved.Live.Count > 0 ? saved.Live : saved.Network);
            }
            else
            {
                NoteStart();
            }

            if (network.FirstLost() is { } lost)
            {
                throw new NotFiniteException($"{lost} in the weights that the training starts from");
            }

            foreach (var note in DataNotes.Of(plan.Data))
            {
                observer.Note(note);
            }

            NoteSkipped(plan.Data.Name, "training", plan.Data.Train.SkippedBefore);
            NoteSkipped(plan.Data.Name, "test", plan.Data.Test.SkippedBefore);
            using var epochs = new TrainingEpoch(plan, normalization, observer) { Gathered = saved?.Probe };
            while (position.Stage < plan.Recipe.Stages.Length)
            {
                var stage = plan.Recipe.Stages[position.Stage];
                observer.StageStarted(stage.Name, position.Stage, stage.Epochs, position.Epoch - 1, plan.Data.Train.Count);
                using var running = new StageRun(plan, network, stage, position, epochs.Batches.Count, saved);
                Run(running, stage, position, epochs);
                End(running, network, stage, position);
                saved = null;
            }

            network.Use(plan.ModelIn(plan.Recipe.Stages.Last()));
            return new TrainedStages(network, normalization, position);
        }
        catch (NotFiniteException e)
        {
            network.Dispose();
            throw new BnnTrainingException($"{e.Message}; {WhatIsLeft()}", e);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>What of the run is still good: no checkpoint is written with numbers that are not finite.</summary>
    private string WhatIsLeft() => (checkpoints, checkpoints?.NewestFile) switch
    {
        (null, _) => "nothing was saved",
        (_, null) => "no checkpoint was written before",
        (_, { } file) => $"the last good checkpoint is {file}, and a run with other settings needs {RunIdentity.Elsewhere}",
    };

    private void NoteStart()
    {
        foreach (var (k, sentence) in (plan.Start?.Report.Sentences() ?? []).Index())
        {
            observer.Note(k == 0 ? $"starts from {sentence}" : sentence);
        }
    }

    private string Where(RunPosition position)
    {
        if (position.Stage == plan.Recipe.Stages.Length)
        {
            return "this training has ended in this folder before: its result is given again; "
                + $"to train on from it, StartingFrom(\"{checkpoints!.RunFolder}\") and SaveTo another folder; to train anew, {RunIdentity.Elsewhere}";
        }

        var stage = plan.Recipe.Stages[position.Stage];
        return position.Epoch > stage.Epochs
            ? $"goes on at the end of {stage.Name}, where accuracy is measured"
            : $"goes on in {stage.Name}, epoch {position.Epoch} of {stage.Epochs}, batch {position.Sums.Batches + 1}";
    }

    private void Run(StageRun running, Stage stage, RunPosition position, TrainingEpoch trainer)
    {
        while (position.Epoch <= stage.Epochs)
        {
            void AfterBatch() => this.AfterBatch(running, stage, position, trainer.Probe);
            var metrics = trainer.Run(running.Network, stage, running.Optimizer, position, AfterBatch) with
            {
                StageIndex = position.Stage,
                LearningRate = plan.Optimizer.RateAt(stage, position.Epoch * trainer.Batches.Count, running.Iterations),
            };
            var ofStage = position.Epochs.Where(epoch => epoch.StageIndex == position.Stage).Append(metrics);
            metrics = DiagnosticsFile.With(metrics, trainer.Probe?.Ended(running.First, [.. ofStage]));
            var isMeasured = stage.KeepsBest || (plan.EvaluationEvery > 0 && position.Epoch % plan.EvaluationEvery == 0);
            var measured = isMeasured ? running.Measured(AfterBatch) : running.Network;
            var test = isMeasured ? Evaluate(measured, stage, plan.Data.Test, AfterBatch) : null;
            metrics = metrics with { Top1 = test?.Top1 ?? double.NaN, Top5 = test?.Top5 ?? double.NaN, Psnr = test?.Psnr ?? double.NaN };
            position.Epochs.Add(metrics);
            (position.Epoch, position.EpochsDone, position.Sums) = (position.Epoch + 1, position.EpochsDone + 1, new());
            var isBest = test is not null && running.IsBest(test.Score, measured);

            // first, so that no checkpoint has an epoch that the run's files have not
            observer.EpochEnded(metrics);
            if (isBest)
            {
                checkpoints?.WriteBest(Complete(running.CaptureBest(measured), stage));
            }

            NoteSkipped($"{stage.Name}, epoch {metrics.Epoch}", "training", metrics.SkippedImages);
            NoteSkipped($"{stage.Name}, epoch {metrics.Epoch}", "test", test?.Skipped ?? 0);
        }
    }

    private void End(StageRun running, TorchNetwork network, Stage stage, RunPosition position)
    {
        // what follows changes the network, and may take long
        checkpoints?.Write(Complete(running.Capture(), stage));
        void AfterBatch() => StopAtEnd(stage);

        // of averaged weights those are shown that were trained, whose signs flipped where FF counts it
        var (trained, c2i) = running.Averages ? (network.LatentWeightsCopy(), running.C2I()) : (null, double.NaN);
        running.Leave(AfterBatch);
        if (!running.Averages)
        {
            Recalibration.Run(
                network, Mode(stage), normalization, plan.Data.Train, plan.Batch, plan.RecalibrationBatches, plan.Seed, plan.Workers, AfterBatch);
            c2i = running.C2I();
        }

        if (network.FirstLost() is { } lost)
        {
            throw new NotFiniteException($"{stage.Name}: {lost} after batch norm's statistics were computed anew at its end");
        }

        var result = Result(
            network, stage, [.. position.Epochs.Where(epoch => epoch.StageIndex == position.Stage)], c2i,
            isMeasured: !stage.KeepsBest && (running.Averages || plan.RecalibrationBatches == 0));
        position.Results.Add(result);
        position.Histograms.Add(WeightHistogram.Of(trained ?? network.LatentWeightsCopy()));
        position.BestScore = null;
        (position.Stage, position.Epoch) = (position.Stage + 1, 1);
        checkpoints?.Write(Complete(StageRun.Between(network, position), stage));
        observer.StageEnded(result);
    }

    /// <summary>The checkpoint with what is the same throughout the stage.</summary>
    private Checkpoint Complete(Checkpoint checkpoint, Stage stage) => checkpoint with
    {
        Identity = checkpoints?.Identity,
        Environment = RunEnvironment.Current(plan.Device),
        Header = NetworkHeader.Of(plan.ModelIn(stage), Mode(stage), normalization, plan.Data.Train.Classes),
    };

    private void AfterBatch(StageRun running, Stage stage, RunPosition position, EpochProbe? probe)
    {
        // asked once: what is made in between must find its checkpoint written too
        var isAsked = stop.IsMade;
        if (checkpoints is not null && (isAsked || checkpoints.IsDue))
        {
            checkpoints.Write(Complete(running.Capture(probe), stage));
        }

        StopIf(isAsked, $"in {stage.Name}, epoch {position.Epoch} of {stage.Epochs}, after {position.Sums.Batches} of {running.Iterations / stage.Epochs} batches");
    }

    private void StopIf(bool isAsked, string where)
    {
        if (isAsked)
        {
            throw new BnnStoppedException(
                $"stopped {where}; " + (checkpoints is null ? "nothing is saved" : "all is saved: start the same training again, and it goes on from here"),
                stop.Token);
        }
    }

    private void StopAtEnd(Stage stage) => StopIf(stop.IsMade, $"at the end of {stage.Name}, where accuracy is measured");

    /// <param name="network">The network as the stage leaves it.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="epochs">Its epochs.</param>
    /// <param name="c2i">C2I.</param>
    /// <param name="isMeasured">Whether the network is the one that was measured after the last epoch, if any was.</param>
    private StageResult Result(TorchNetwork network, Stage stage, List<EpochMetrics> epochs, double c2i, bool isMeasured)
    {
        void AfterBatch() => StopAtEnd(stage);
        var test = Tested(network, stage, epochs[^1], isMeasured, AfterBatch);
        var train = Evaluate(network, stage, plan.Data.Train, AfterBatch);
        var seconds = epochs.Sum(epoch => epoch.Seconds);
        return new StageResult(
            stage.Name, stage.Epochs, test.Top1, test.Top5, train.Top1, train.Score - test.Score, epochs.Average(epoch => epoch.FlipFlopRatio),
            c2i, epochs[^1].Saturation, seconds, stage.Epochs * (double)plan.Data.Train.Count / seconds)
        {
            Psnr = test.Psnr,
            TrainPsnr = train.Psnr,
        };
    }

    /// <summary>Accuracy on the test images at a stage's end: that after its last epoch, where nothing has changed the network since.</summary>
    private Evaluation Tested(TorchNetwork network, Stage stage, EpochMetrics last, bool isMeasured, Action afterBatch)
    {
        var known = new Evaluation(last.Top1, last.Top5, double.NaN, plan.Data.Test.Count) { Psnr = last.Psnr };
        if (!double.IsNaN(known.Score) && isMeasured)
        {
            return known;
        }

        var test = Evaluate(network, stage, plan.Data.Test, afterBatch);
        NoteSkipped(stage.Name, "test", test.Skipped);
        return test;
    }

    private void WarnOfChanges(RunEnvironment earlier)
    {
        if (RunEnvironment.Current(plan.Device).Since(earlier) is { } changes)
        {
            observer.Warning(changes);
        }
    }

    private void NoteSkipped(string where, string images, long count)
    {
        if (count > 0)
        {
            observer.Warning($"{where}: {count} {images} {(count == 1 ? "image was" : "images were")} left out as damaged");
        }
    }

    private Evaluation Evaluate(TorchNetwork network, Stage stage, Examples images, Action afterBatch)
    {
        try
        {
            return Evaluator.Evaluate(network, Mode(stage), normalization, images, plan.Workers, plan.Data.Order(images), afterBatch);
        }
        catch (NotFiniteException e)
        {
            throw new NotFiniteException($"{stage.Name}: {e.Message} where accuracy is measured");
        }
    }
}
