using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>A run's recipe as JSON: what result.json keeps of it.</summary>
internal static class RecipeJson
{
    /// <summary>What the weights that were given are kept under.</summary>
    public const string Start = "start";

    public static JsonObject Of(TrainingPlan plan)
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

        var recipe = new JsonObject
        {
            ["name"] = plan.Recipe.Name,
            ["data"] = plan.Data.Name,
            ["trainImages"] = plan.Data.Train.Count,
            ["testImages"] = plan.Data.Test.Count,
            ["batch"] = plan.Batch,
            ["augmentation"] = plan.Augmentation.ToJson(),
            ["microBatches"] = plan.MicroBatches,
            ["recalibrationBatches"] = plan.RecalibrationBatches,
            ["deviations"] = $"{plan.Deviations}",
            ["objective"] = plan.Loss.ToJson(),
            [Start] = plan.Start?.Report is not { } start ? null : new JsonObject
            {
                ["from"] = start.From,
                ["sha256"] = start.Sha256,
                ["taken"] = start.Taken.Count,
                ["new"] = Texts(start.New),
                ["left"] = Texts(start.Left),
                ["remarks"] = Texts(start.Remarks),
            },
            ["optimizer"] = new JsonObject
            {
                ["name"] = plan.Optimizer.Name,
                ["options"] = options,
            },
            ["stages"] = new JsonArray([.. plan.Recipe.Stages.Select(stage => Stage(plan, stage))]),
            ["rules"] = new JsonArray([.. plan.Recipe.Stages.Select(stage => new JsonObject
            {
                ["stage"] = stage.Name,
                ["ofGroups"] = new JsonArray([.. RuleText.Of(plan, stage).Select(rule => new JsonObject
                {
                    ["groups"] = rule.Groups,
                    ["formulas"] = Texts(rule.Formulas),
                })]),
            })]),
        };
        foreach (var (name, value) in Given(plan))
        {
            recipe[name] = value;
        }

        return recipe;
    }

    /// <summary>A stage; a rule of the user's brings its schedule in its formulas, and the trainer's has no effect.</summary>
    private static JsonObject Stage(TrainingPlan plan, Stage stage)
    {
        var json = ValueJson.stageNode(stage);
        if (plan.Optimizer.Own is not null)
        {
            json["schedule"] = null;
        }

        return json;
    }

    /// <summary>What a recipe has only where somebody has said so.</summary>
    private static IEnumerable<(string Name, JsonNode Value)> Given(TrainingPlan plan)
    {
        if (plan.DataVersion.Length > 0)
        {
            yield return ("dataVersion", plan.DataVersion);
        }

        if (plan.Data.GivenNormalization is { } normalization)
        {
            yield return ("normalization", new JsonObject { ["means"] = Numbers(normalization.Means), ["deviations"] = Numbers(normalization.Deviations) });
        }

        if (plan.IsBalanced)
        {
            yield return ("balancedClasses", true);
        }
    }

    private static JsonArray Numbers(IEnumerable<double> numbers) => new([.. numbers.Select(number => (JsonNode)number)]);

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
