using System.Globalization;

namespace Bnn;

/// <summary>A column of a page's table with a row a stage.</summary>
/// <param name="Title">Quantity and unit.</param>
/// <param name="Cell">A stage's cell.</param>
internal sealed record StageColumn(string Title, Func<StageResult, string> Cell)
{
    private static readonly StageColumn[] Always =
    [
        new("FF", stage => Show.Scientific(stage.FlipFlopRatio)), new("C2I, %", stage => Show.Percent(stage.C2IRatio, 1)),
        new("saturation, %", stage => Show.Percent(stage.Saturation, 1)), new("time", stage => Show.Time(stage.Seconds)),
        new("images/s", stage => stage.ImagesPerSecond.ToString("N0", CultureInfo.InvariantCulture)),
    ];

    private static readonly StageColumn[] OfClasses =
    [
        new("top-1, %", stage => Show.Percent(stage.Top1, 2)), new("top-5, %", stage => Show.Percent(stage.Top5, 2)),
        new("training top-1, %", stage => Show.Percent(stage.TrainTop1, 2)),
        new("gap, points", stage => Score.Of(stage) == Score.Top1 ? Show.Percent(stage.GeneralizationGap, 2) : Show.Percent(double.NaN, 2)),
    ];

    private static readonly StageColumn[] OfPictures =
    [
        new("PSNR, dB", stage => Show.Fixed(stage.Psnr, 2)), new("training PSNR, dB", stage => Show.Fixed(stage.TrainPsnr, 2)),
        new("gap, dB", stage => Show.Fixed(Score.Of(stage) == Score.Psnr ? stage.GeneralizationGap : double.NaN, 2)),
    ];

    /// <summary>The columns for these stages: of the scores that one of them has, and what all have.</summary>
    public static IReadOnlyList<StageColumn> Of(IReadOnlyList<StageResult> stages) =>
    [
        .. stages.Any(stage => Score.Of(stage) == Score.Top1) ? OfClasses : [],
        .. stages.Any(stage => Score.Of(stage) == Score.Psnr) ? OfPictures : [],
        .. Always,
    ];
}
