using System.Text.Json.Nodes;
using Bnn.Core;

namespace Bnn;

/// <summary>A run's recipe as JSON: what result.json keeps of it.</summary>
internal static class RecipeJson
{
    public static JsonNode Of(TrainingPlan plan)
    {
        var options = new JsonObject { ["learningRate"] = plan.Optimizer.LearningRate };
        foreach (var (name, value) in plan.Optimizer.Options)
        {
            options[name] = value;
        }

        return new JsonObject
        {
            ["name"] = plan.Recipe.Name,
            ["data"] = plan.Data.Name,
            ["trainImages"] = plan.Data.Train.Count,
            ["testImages"] = plan.Data.Test.Count,
            ["batch"] = plan.Batch,
            ["augmentation"] = plan.Augmentation.ToJson(),
            ["labelSmoothing"] = plan.LabelSmoothing,
            ["gradientAccumulation"] = plan.BatchParts,
            ["recalibrationBatches"] = plan.RecalibrationBatches,
            ["referenceQuirks"] = $"{plan.Quirks}",
            ["teacher"] = plan.Distillation is not { } distillation ? null : new JsonObject
            {
                ["name"] = distillation.Teacher.Description.Name,
                ["temperature"] = distillation.Temperature,
                ["hardLabels"] = distillation.HardLabels,
            },
            ["optimizer"] = new JsonObject
            {
                ["name"] = plan.Optimizer.Name,
                ["options"] = options,
            },
            ["stages"] = new JsonArray([.. plan.Recipe.Stages.Select(stage => new JsonObject
            {
                ["name"] = stage.Name,
                ["binaryActivations"] = stage.BinaryActivations,
                ["binaryWeights"] = stage.BinaryWeights,
                ["weightDecay"] = new JsonObject
                {
                    ["kind"] = $"{stage.WeightDecay.Kind}",
                    ["rate"] = Print.expr(stage.WeightDecay.Rate),
                    ["groups"] = new JsonArray([.. stage.WeightDecay.Groups.Select(group => (JsonNode)$"{group}")]),
                },
                ["schedule"] = Print.expr(stage.Schedule),
                ["epochs"] = stage.Epochs,
                ["binaryStart"] = $"{stage.BinaryStart}",
                ["keepsBest"] = stage.KeepsBest,
                ["rules"] = new JsonArray([.. RuleText.Of(plan, stage).Select(rule => new JsonObject
                {
                    ["groups"] = rule.Groups,
                    ["formulas"] = new JsonArray([.. rule.Formulas.Select(formula => (JsonNode)formula)]),
                })]),
            })]),
        };
    }
}
