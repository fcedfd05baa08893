using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>A plan as text.</summary>
internal static class TrainerDescription
{
    public static string Of(CheckedSettings settings)
    {
        var plan = settings.Plan;
        var network = Network.Outline(plan.Model);
        var d = plan.Model;
        var text = new StringBuilder();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

        Line($"model       {d.Name}: {d.Channels} x {d.Height} x {d.Width} -> {d.Classes} classes");
        Line($"            {network.Parameters:N0} parameters, {network.BinaryWeights:N0} of them binary");
        Line($"            {network.Summary.Operations:N0} operations an image = {network.Summary.BinaryOperations:N0} binary / 64 + {network.Summary.RealOperations:N0} real");
        Line($"data        {plan.Data.Name}: {plan.Data.Train.Count:N0} training, {plan.Data.Test.Count:N0} test images; batches of {plan.Batch}{(plan.MicroBatches > 1 ? $" in {plan.MicroBatches} micro-batches" : "")}");
        Line($"            trained on {plan.Augmentation.InWords()}; {(plan.Workers == 0 ? "read between batches" : $"read ahead by {plan.Workers} threads")}");
        Line($"loss        {plan.Distillation?.ToString() ?? "cross-entropy with the labels"}{(plan.LabelSmoothing > 0 ? $", labels smoothed by {plan.LabelSmoothing}" : "")}");
        Line($"recipe      {plan.Recipe.Name}; seed {settings.Settings.Seed}, {settings.Settings.Threads} threads, {plan.Device}");
        if (plan.Deviations != Deviations.None)
        {
            Line($"            as the reference code: {plan.Deviations}");
        }

        if (plan.RecalibrationBatches > 0)
        {
            Line($"            batch norm's statistics from {plan.RecalibrationBatches} batches at each stage's end");
        }

        foreach (var stage in plan.Recipe.Stages)
        {
            Line($"");
            Line($"{stage.Name}: activations {Kind(stage.BinaryActivations)}, weights {Kind(stage.BinaryWeights)}, {stage.Epochs} epochs");
            if (stage.BinaryStart != BinaryStart.Inherited)
            {
                Line($"  binary convolutions start anew{(stage.BinaryStart == BinaryStart.FreshPositive ? ", all positive" : "")}");
            }

            if (stage.KeepsBest)
            {
                Line($"  leaves the weights of its best epoch");
            }

            foreach (var (groups, formulas) in RuleText.Of(plan, stage))
            {
                Line($"  {groups}");
                foreach (var formula in formulas)
                {
                    Line($"    {formula}");
                }
            }
        }

        foreach (var warning in Warnings(settings))
        {
            Line($"");
            Line($"warning     {warning}");
        }

        return text.ToString().TrimEnd();
    }

    public static IReadOnlyList<string> Warnings(CheckedSettings settings) =>
    [
        .. settings.IdleSchedules(),
        .. settings.Plan.Recipe.Stages.SelectMany(stage => Warnings(settings.Plan, stage).Select(text => $"{stage.Name}: {text}")),
    ];

    private static IEnumerable<string> Warnings(TrainingPlan plan, Stage stage) =>
        stage.KeepsBest
            ? plan.Optimizer.Warnings(stage).Append("its best epoch is chosen on the test images, whose top-1 is then too good")
            : plan.Optimizer.Warnings(stage);

    private static string Kind(bool isBinary) => isBinary ? "binary" : "real";
}
