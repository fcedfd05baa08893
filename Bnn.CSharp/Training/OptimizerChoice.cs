using Bnn.Core;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Bnn;

/// <summary>How the weights are updated: an optimizer of the core's catalogue with its options and learning rate, or a whole
/// rule of the user's.</summary>
internal sealed record OptimizerChoice(
    Row Row, IReadOnlyList<(string Name, double Value)> Options, double LearningRate)
{
    /// <summary>Adam with the paper's options.</summary>
    public static OptimizerChoice Default { get; } = new(Adam.row, [], Adam.row.LearningRate);

    /// <summary>The user's own rule, in place of the row's.</summary>
    public Rule? Own { get; init; }

    /// <summary>The row's name, or that the rule is the user's.</summary>
    public string Name => Own is null ? Row.Name : "own rule";

    /// <summary>The catalogue's row of this name.</summary>
    public static Row RowNamed(string name) =>
        Catalogue.tryFind(name)?.Value ?? throw new InvalidOperationException($"the catalogue has no {name}");

    /// <summary>A row's transform with these options.</summary>
    public static FSharpResult<Core.Rule, FSharpList<Core.Fault>> Make(
        Row row, IEnumerable<(string Name, double Value)> options) =>
        Catalogue.make(row, ListModule.OfSeq(options.Select(option => Tuple.Create(option.Name, option.Value))));

    /// <summary>All that is wrong with it, and with what it cannot do in a stage.</summary>
    public IEnumerable<Fault> Validate(Recipe recipe)
    {
        if (Own is not null)
        {
            var impossible = recipe.Stages.Where(stage => !stage.WeightDecay.Kind.IsCoupled).Select(stage => new Fault(
                $"{stage.Name}: weightDecay: kind", $"{stage.WeightDecay.Kind}",
                "Coupled with a rule of your own, whose learning rate is not known; or make the decay a part of the rule"));
            return [.. Own.Validate(), .. impossible];
        }

        var faults = new List<Fault>();
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
        {
            faults.Add(new Fault("learningRate", FormattableString.Invariant($"{LearningRate}"), "a finite number above 0"));
        }

        var made = Make(Row, Options);
        faults.AddRange(made.IsError ? made.ErrorValue.Select(Fault.Of) : []);
        return faults;
    }

    /// <summary>The whole rule of a stage: its weight decay, the optimizer, the descent.</summary>
    public Core.Rule Rule(Core.Stage stage) => Own is null
        ? WeightDecayModule.descend(Rate(stage), stage.WeightDecay, Transform())
        : WeightDecayModule.before(stage.WeightDecay, Own.Formulas);

    /// <summary>A stage's learning rate at an iteration (from 1) of so many; NaN where the rule is the user's.</summary>
    public double RateAt(Core.Stage stage, int iteration, int iterations) =>
        Own is null ? Core.Schedule.value(iterations, iteration, Rate(stage)) : double.NaN;

    /// <summary>What float32 would lose in a stage, in sentences.</summary>
    public IEnumerable<string> Warnings(Core.Stage stage) =>
        Own is null ? (IEnumerable<string>)WeightDecayModule.warnings(Rate(stage), 0, stage.WeightDecay) : [];

    /// <summary>The optimizer's transform. One that is for binary weights alone has Adam beside it, for all others.</summary>
    private Core.Rule Transform()
    {
        var transform = Make(Row, Options).ResultValue;
        return Row.IsForBinaryWeights
            ? Rules.Partition(Rules.Adam(), (new Rule(transform), [ParameterGroup.BinaryWeights])).Formulas
            : transform;
    }

    private Expr Rate(Core.Stage stage) => Core.Schedule.scale(LearningRate, stage.Schedule);
}
