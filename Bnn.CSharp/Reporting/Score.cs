namespace Bnn;

/// <summary>What tells how good a network is, and how it is shown: top-1 of one that tells classes apart, the PSNR of one that makes pictures.</summary>
/// <param name="Name">What columns call it.</param>
/// <param name="Unit">Its unit, in headings.</param>
/// <param name="Train">An epoch's, on training examples.</param>
/// <param name="Test">An epoch's, on test examples.</param>
/// <param name="TrainAtEnd">A stage's, on training examples.</param>
/// <param name="TestAtEnd">A stage's, on test examples.</param>
/// <param name="Text">It with its unit.</param>
/// <param name="Number">It without.</param>
internal sealed record Score(
    string Name, string Unit, Func<EpochMetrics, double> Train, Func<EpochMetrics, double> Test, Func<StageResult, double> TrainAtEnd,
    Func<StageResult, double> TestAtEnd, Func<double, string> Text, Func<double, string> Number)
{
    /// <summary>The share that is classified correctly.</summary>
    public static Score Top1 { get; } = new(
        "top-1", "percent", e => e.TrainTop1, e => e.Top1, s => s.TrainTop1, s => s.Top1, Show.Percent, x => Show.Percent(x, 2));

    /// <summary>The peak signal-to-noise ratio.</summary>
    public static Score Psnr { get; } = new(
        "PSNR", "dB", e => e.TrainPsnr, e => e.Psnr, s => s.TrainPsnr, s => s.Psnr, Show.Decibels, x => Show.Fixed(x, 2));

    /// <summary>That of a stage.</summary>
    public static Score Of(StageResult stage) => double.IsNaN(stage.Psnr) ? Top1 : Psnr;
}
