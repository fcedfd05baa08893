using System.Diagnostics;

namespace Bnn.Benchmarks;

/// <summary>What it costs a training to be saved and seen: metrics, diagnostics with histograms, checkpoints, TensorBoard's events and the page,
/// against the same training with all of it off; and what measuring accuracy after each epoch costs beside.</summary>
internal static class RunCost
{
    private const int Rounds = 9;
    private const int Epochs = 3;

    /// <summary>Prints the time of each training, in turns, and the medians of the rounds' ratios.</summary>
    public static void Print()
    {
        Console.WriteLine($"The default network on the built-in sample, two-step, {Epochs} + {Epochs} epochs; seconds of the whole training.\n");
        var bare = new BnnTrainer().WithAdam().TwoStep(epochs: Epochs).WithDiagnostics(false).WithEvaluation(0);
        var seen = new BnnTrainer().WithAdam().TwoStep(epochs: Epochs).WithEvaluation(0);
        var measured = seen.WithEvaluation(1);
        Seconds(bare, saves: false);
        Report.Header("round", "all off", "saved and seen", "and accuracy each epoch");
        List<double[]> rounds = [];
        for (var round = 1; round <= Rounds; round++)
        {
            // in another order each time, so that none is always the first
            Func<double>[] runs = [() => Seconds(bare, saves: false), () => Seconds(seen, saves: true), () => Seconds(measured, saves: true)];
            var times = new double[runs.Length];
            for (var k = 0; k < runs.Length; k++)
            {
                var which = (k + round) % runs.Length;
                times[which] = runs[which]();
            }

            rounds.Add(times);
            Report.Row($"{round}", Report.Number(times[0], 2), Report.Number(times[1], 2), Report.Number(times[2], 2));
        }

        var medians = Enumerable.Range(0, 3).Select(k => rounds.Select(times => times[k]).Order().ElementAt(Rounds / 2)).ToArray();
        Report.Row("median", Report.Number(medians[0], 2), Report.Number(medians[1], 2), Report.Number(medians[2], 2));
        var ratios = Enumerable.Range(0, 3).Select(k => rounds.Select(times => times[k] / times[0]).Order().ElementAt(Rounds / 2)).ToArray();
        Report.Row("to all off, median of the rounds'", "1", Report.Number(ratios[1], 3), Report.Number(ratios[2], 3));
    }

    private static double Seconds(BnnTrainer trainer, bool saves)
    {
        var folder = Directory.CreateTempSubdirectory("bnn-cost").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            (saves ? trainer.SaveTo(folder) : trainer).Train().Model.Dispose();
            return clock.Elapsed.TotalSeconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
