using System.Globalization;

namespace Bnn;

/// <summary>The lines that stay on the console, one an epoch, in columns under one header.</summary>
internal sealed class EpochLines(IReadOnlyList<(string Name, int Epochs)> stages, Score score)
{
    private readonly int stageWidth = stages.Select(stage => stage.Name.Length).Append("stage".Length).Max();

    private readonly int epochsWidth = stages.Select(stage => Digits(stage.Epochs)).Append(2).Max();

    /// <summary>The names of the columns.</summary>
    public string Header =>
        Columns("stage", "epoch", "loss", $"train {score.Name}", $"test {score.Name}", "FF", "saturation", "seconds", "data wait");

    /// <summary>The line of one epoch.</summary>
    public string Line(EpochMetrics e) => Columns(
        e.Stage,
        $"{e.Epoch.ToString(CultureInfo.InvariantCulture).PadLeft(Digits(e.Epochs))}/{e.Epochs.ToString(CultureInfo.InvariantCulture)}",
        Show.Loss(e.Loss),
        score.Text(score.Train(e)),
        score.Text(score.Test(e)),
        Show.Scientific(e.FlipFlopRatio),
        Show.Percent(e.Saturation),
        Show.Fixed(e.Seconds, 1),
        Show.Percent(e.DataWait));

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private string Columns(
        string stage, string epoch, string loss, string train, string test, string flipFlop, string saturation,
        string seconds, string dataWait) =>
        $"{stage.PadRight(stageWidth)}  {epoch.PadLeft(2 * epochsWidth + 1)}  {loss,8}  {train,11}  {test,10}  {flipFlop,7}  {saturation,10}  {seconds,8}  {dataWait,9}";
}
