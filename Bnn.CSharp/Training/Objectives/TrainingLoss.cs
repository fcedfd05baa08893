using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>An objective, and how much the examples of each class weigh in it: sum w_y loss / sum w_y over the batch.</summary>
/// <param name="Objective">The objective.</param>
/// <param name="ClassWeights">A weight for each class; null: all the same.</param>
internal sealed record TrainingLoss(Objective Objective, IReadOnlyList<double>? ClassWeights)
{
    /// <summary>All that is wrong with it, whatever the data.</summary>
    public IEnumerable<Fault> Validate()
    {
        foreach (var fault in Objective.Validate())
        {
            yield return fault;
        }

        if (ClassWeights is not null && Objective is OwnObjective)
        {
            yield return Fault.Problem("classWeights", $"the objective {Objective.Name} is your own, and can weigh classes itself", "give none");
        }

        for (var k = 0; k < ClassWeights?.Count; k++)
        {
            if (!(ClassWeights[k] > 0 && double.IsFinite(ClassWeights[k])))
            {
                yield return new Fault($"classWeights[{k}]", FormattableString.Invariant($"{ClassWeights[k]}"), "a finite number above 0");
            }
        }
    }

    /// <summary>All that is wrong with it for these examples.</summary>
    public IEnumerable<Fault> Validate(Examples examples)
    {
        if (examples.TargetSize is not null && Objective.NeedsClasses)
        {
            yield return new Fault("objective", Objective.Name, "one for examples with targets: Objectives.MeanSquaredError() or one of your own");
        }

        if (ClassWeights is not null && examples.Classes.Count != ClassWeights.Count)
        {
            yield return new Fault("classWeights", $"a list of {ClassWeights.Count}", examples.TargetSize is null
                ? $"one for each of the data's {examples.Classes.Count} classes" : "none: the examples have targets, not classes");
        }
    }

    /// <summary>The batch's loss.</summary>
    public Tensor Of(in Outcome outcome)
    {
        if (ClassWeights is null)
        {
            return Objective.Mean(outcome);
        }

        var weights = WeightsOf(outcome.Target).to(outcome.Outputs.dtype);
        return (Objective.OfEach(outcome) * weights).sum() / weights.sum();
    }

    /// <summary>How much the examples with these targets weigh together: so much of the whole batch's loss is theirs.</summary>
    public double WeightOf(Tensor target) => ClassWeights is null ? target.shape[0] : WeightsOf(target).sum().item<double>();

    /// <summary>What identifies it in a run's recipe.</summary>
    public JsonObject ToJson()
    {
        var json = Objective.ToJson();
        if (ClassWeights is not null)
        {
            json["classWeights"] = new JsonArray([.. ClassWeights.Select(weight => (JsonNode)weight)]);
        }

        return json;
    }

    /// <summary>In words, for descriptions.</summary>
    public override string ToString() => ClassWeights is null
        ? $"{Objective}" : $"{Objective}, classes weighed {string.Join(" : ", ClassWeights.Select(weight => FormattableString.Invariant($"{weight}")))}";

    private Tensor WeightsOf(Tensor target) => tensor(ClassWeights!.ToArray(), ScalarType.Float64, target.device).index_select(0, target);
}
