using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Bnn;

/// <summary>How the weights are updated: an optimizer of the core's catalogue with its options and learning rate, or a whole
/// rule of the user's.</summary>
internal sealed record OptimizerChoice(
    OptimizerRow Row, IReadOnlyList<(string Name, double Value)> Options, double LearningRate)
{
    /// <summary>Adam with the paper's options, as <see cref="BnnTrainer.WithAdam"/> has them.</summary>
    public static OptimizerChoice Default { get; } = Of(Adam.row, Adam.defaults, Adam.row.LearningRate);

    /// <summary>The user's own rule, in place of the row's.</summary>
    public Rule? Own { get; init; }

    /// <summary>A recipe's transform, in place of the row's, with its name.</summary>
    public RecipeOptimizer? Given { get; init; }

    /// <summary>The row's name or the recipe's, or that the rule is the user's.</summary>
    public string Name => Own is not null ? "own rule" : Given?.Name ?? Row.Name;

    /// <summary>Where weight decay goes unless the user says otherwise.</summary>
    public WeightDecayKind Decay => Own is null && Given is null ? Row.Decay : WeightDecayKind.Coupled;

    /// <summary>A recipe's optimizer.</summary>
    public static OptimizerChoice Of(RecipeOptimizer optimizer) => Default with { Options = [], LearningRate = optimizer.LearningRate, Given = optimizer };

    /// <summary>A row with its record of options.</summary>
    public static OptimizerChoice Of<TOptions>(OptimizerRow row, TOptions options, double learningRate) =>
        new(row, [.. Bnn.Options.values(options).Select(option => (option.Item1, option.Item2))], learningRate);

    /// <summary>All that is wrong with it, and with what it cannot do in a stage.</summary>
    public IEnumerable<Fault> Validate(Recipe recipe)
    {
        if (Own is not null)
        {
            return RuleChecks.validate(Own).Concat(RuleModule.rate(Own) is null ? recipe.Stages.Where(NeedsRate).Select(stage => new Fault(
                $"{stage.Name}: weightDecay: kind", $"{stage.WeightDecay.Kind}",
                "Coupled, since the rule has no descent and its learning rate is not known; or a decay that is a part of the rule")) : []);
        }

        if (Given is not null)
        {
            return []; // the recipe's own checks tell
        }

        var rate = FaultModule.positive("learningRate", LearningRate);
        var made = Made(Row, Options);
        var options = made.IsError ? made.ErrorValue : FSharpList<Fault>.Empty;
        var places = recipe.Stages.Where(stage => Row.IsForBinaryWeights && stage.BinaryWeights && stage.PlaceNames.Count > 0);
        return rate.Concat(options).Concat(places.Select(stage => new Fault(
            $"{stage.Name}: places", string.Join(", ", stage.PlaceNames),
            $"none with {Row.Name}, which would flip the real weights elsewhere; or an optimizer for all weights")));
    }

    /// <summary>The whole rule of a stage: its weight decay, the optimizer, the descent. An optimizer that is for binary weights alone has
    /// the catalogue's companion beside it, which updates all other weights, and in a stage whose weights are real all of them. What flips
    /// does not decay.</summary>
    public Rule Rule(Stage stage)
    {
        if (Own is not null)
        {
            return WeightDecayModule.around(stage.WeightDecay, Own);
        }

        var transform = Given?.Transform ?? Made(Row, Options).ResultValue;
        if (Given is not null || !Row.IsForBinaryWeights)
        {
            return WeightDecayModule.descend(Rate(stage), stage.WeightDecay, transform);
        }

        var rest = WeightDecayModule.descend(Rate(stage), stage.WeightDecay, Made(Catalogue.companion, []).ResultValue);
        return stage.BinaryWeights ? Rules.Partition(rest, (transform, [ParameterGroup.BinaryWeights])) : rest;
    }

    /// <summary>A stage's learning rate at an iteration (from 1) of so many: of the binary weights, or of the first group that has one; NaN
    /// where nothing descends.</summary>
    public double RateAt(Stage stage, int iteration, int iterations)
    {
        var rule = Rule(stage);
        var rate = ParameterGroupModule.all.Select(group => RuleModule.rate(RuleModule.specialize(group, rule))?.Value)
            .FirstOrDefault(rate => rate is not null);
        return rate is null ? double.NaN : Schedule.value(iterations, iteration, rate);
    }

    /// <summary>What float32 would lose in a stage, in sentences.</summary>
    public IEnumerable<string> Warnings(Stage stage) =>
        Own is null ? WeightDecayModule.warnings(Rate(stage), 0, stage.WeightDecay) : FSharpList<string>.Empty;

    private static bool NeedsRate(Stage stage) => stage.WeightDecay.Kind is WeightDecayKind.Decoupled or WeightDecayKind.Proximal;

    /// <summary>A row's transform with these options.</summary>
    private static FSharpResult<Rule, FSharpList<Fault>> Made(OptimizerRow row, IReadOnlyList<(string Name, double Value)> options) =>
        row.Make.Invoke(ListModule.OfSeq(options.Select(option => Tuple.Create(option.Name, option.Value))));

    private Expr Rate(Stage stage) => Schedule.scale(LearningRate, stage.Schedule.Value);
}
