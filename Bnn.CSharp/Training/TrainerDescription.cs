using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>A plan as text.</summary>
internal static class TrainerDescription
{
    public static string Of(CheckedSettings settings)
    {
        var plan = settings.Plan;
        var network = TorchNetwork.Outline(plan.Model);
        var d = plan.Model;
        var text = new StringBuilder();

        void Line(FormattableString line) => text.AppendLine(PlainText.Line(line.ToString(CultureInfo.InvariantCulture)));

        Line($"model       {d.Name}: {d.Channels} x {d.Height} x {d.Width} -> {(plan.Data.Train.TargetSize is null ? $"{d.Classes} classes" : $"{d.Output}")}");
        Line($"            {network.Parameters:N0} parameters, {network.BinaryWeights:N0} of them binary");
        Line($"            {network.Summary.Operations:N0} operations an image = {network.Summary.BinaryOperations:N0} binary / 64 + {network.Summary.RealOperations:N0} real");
        Line($"data        {plan.Data.Name}: {plan.Data.Train.Count:N0} training, {plan.Data.Test.Count:N0} test images; batches of {plan.Batch}{(plan.MicroBatches > 1 ? $" in {plan.MicroBatches} micro-batches" : "")}");
        Line($"            trained on {plan.Augmentation.InWords()}{(plan.IsBalanced ? ", as many of each class" : "")}; {(plan.Workers == 0 ? "read between batches" : $"read ahead by {plan.Workers} threads")}");
        foreach (var note in DataNotes.Of(plan.Data))
        {
            Line($"            {note}");
        }

        Line($"loss        {plan.Loss}");
        Line($"recipe      {plan.Recipe.Name}; seed {settings.Settings.Seed}, {settings.Settings.Threads} threads, {plan.Device}");
        if (plan.Deviations != Deviations.None)
        {
            Line($"            as the reference code: {plan.Deviations}");
        }

        if (plan.RecalibrationBatches > 0)
        {
            Line($"            batch norm's statistics from {plan.RecalibrationBatches} batches at each stage's end");
        }

        foreach (var (k, sentence) in (plan.Start?.Report.Sentences() ?? []).Index())
        {
            Line($"{(k == 0 ? "start" : ""),-12}{sentence}");
        }

        foreach (var stage in plan.Recipe.Stages)
        {
            Line($"");
            Line($"{stage.Name}: activations {Kind(stage.BinaryActivations)}, weights {Kind(stage.BinaryWeights)}, {stage.Epochs} epochs");
            if (stage.PlaceNames.Count > 0)
            {
                Line($"  binary in {string.Join(", ", stage.PlaceNames)}; real elsewhere");
            }

            if (stage.BinaryStart != BinaryStart.Inherited)
            {
                Line($"  binary convolutions start anew{(stage.BinaryStart == BinaryStart.FreshPositive ? ", all positive" : "")}");
            }

            if (Optimizer.averages(plan.Optimizer.Rule(stage)))
            {
                Line($"  leaves the average of its weights, which is also what is measured; batch norm's statistics of it from {plan.BatchesOfAverage} batches");
            }

            if (stage.KeepsBest)
            {
                Line($"  leaves the weights of its best epoch");
            }

            var (activations, weights) = NetworkModule.binarizers(plan.ModelIn(stage).Network);
            foreach (var (what, isBinary, names) in new[] { ("activations", stage.BinaryActivations, activations), ("weights", stage.BinaryWeights, weights) })
            {
                if (isBinary && !names.IsEmpty)
                {
                    Line($"  {what}: {string.Join("; ", names.Select(binarizer => binarizer.Name))}");
                }
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
    [
        .. plan.Optimizer.Warnings(stage),
        .. stage.KeepsBest ? ["its best epoch is chosen on the test images, whose top-1 is then too good"] : Array.Empty<string>(),
        .. Unused(stage).Select(what => $"its binarizer of {what} has no effect: they are real in it"),
    ];

    /// <summary>What a stage has binarizers of though that is real in it.</summary>
    private static IEnumerable<string> Unused(Stage stage)
    {
        if (stage.Weights is not null && !stage.BinaryWeights)
        {
            yield return "weights";
        }

        if (stage.Activations is not null && !stage.BinaryActivations)
        {
            yield return "activations";
        }
    }

    private static string Kind(bool isBinary) => isBinary ? "binary" : "real";
}
