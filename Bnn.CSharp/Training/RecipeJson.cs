using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>A run's recipe as JSON: what result.json keeps of it.</summary>
internal static class RecipeJson
{
    public static JsonNode Of(TrainingPlan plan)
    {
        var options = new JsonObject();
        if (plan.Optimizer.Own is null)
        {
            options["learningRate"] = plan.Optimizer.LearningRate;
            foreach (var (name, value) in plan.Optimizer.Options)
            {
                options[name] = value;
            }
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
            ["microBatches"] = plan.MicroBatches,
            ["recalibrationBatches"] = plan.RecalibrationBatches,
            ["deviations"] = $"{plan.Deviations}",
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
            ["stages"] = new JsonArray([.. plan.Recipe.Stages.Select(ValueJson.stageNode)]),
            ["rules"] = new JsonArray([.. plan.Recipe.Stages.Select(stage => new JsonObject
            {
                ["stage"] = stage.Name,
                ["ofGroups"] = new JsonArray([.. RuleText.Of(plan, stage).Select(rule => new JsonObject
                {
                    ["groups"] = rule.Groups,
                    ["formulas"] = new JsonArray([.. rule.Formulas.Select(formula => (JsonNode)formula)]),
                })]),
            })]),
        };
    }
}
