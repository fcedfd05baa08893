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

    /// <summary>How the learning rate changes during a stage, as a share of it: the paper's way towards 0.</summary>
    public Schedule Shape { get; init; } = Schedules.Linear(1);

    /// <summary>Where weight decay goes, and of which groups.</summary>
    public DecayChoice Decay { get; init; } = new();

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

    public IEnumerable<Fault> Validate()
    {
        if (Own is not null)
        {
            return Own.Validate();
        }

        var faults = new List<Fault>();
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
        {
            faults.Add(new Fault("learningRate", FormattableString.Invariant($"{LearningRate}"), "a finite number above 0"));
        }

        faults.AddRange(Core.Schedule.validate("schedule", Shape.Formula).Select(Fault.Of));
        faults.AddRange(Decay.Validate());
        var made = Make(Row, Options);
        faults.AddRange(made.IsError ? made.ErrorValue.Select(Fault.Of) : []);
        return faults;
    }

    /// <summary>The whole rule of a stage: its weight decay, the optimizer, the descent.</summary>
    public Core.Rule Rule(Stage stage)
    {
        var decay = Decay.Of(Row, stage);
        return Own is null
            ? WeightDecayModule.descend(Rate(), decay, Transform())
            : WeightDecayModule.before(decay, Own.Formulas);
    }

    /// <summary>The learning rate of an iteration (from 1) of so many; NaN where the rule is the user's.</summary>
    public double RateAt(int iteration, int iterations) =>
        Own is null ? Core.Schedule.value(iterations, iteration, Rate()) : double.NaN;

    /// <summary>What float32 would lose in a stage, in sentences.</summary>
    public IEnumerable<string> Warnings(Stage stage) =>
        Own is null ? WeightDecayModule.warnings(Rate(), 0, Decay.Of(Row, stage)) : [];

    /// <summary>The optimizer's transform. One that is for binary weights alone has Adam beside it, for all others.</summary>
    private Core.Rule Transform()
    {
        var transform = Make(Row, Options).ResultValue;
        return Row.IsForBinaryWeights
            ? Rules.Partition(Rules.Adam(), (new Rule(transform), [ParameterGroup.BinaryWeights])).Formulas
            : transform;
    }

    private Expr Rate() => Core.Schedule.scale(LearningRate, Shape.Formula);
}

/// <summary>Where weight decay goes: what the stages' rates are applied by.</summary>
internal sealed record DecayChoice
{
    /// <summary>The optimizer's own where none is given.</summary>
    public WeightDecayKind? Kind { get; init; }

    /// <summary>How the decay changes during a stage, as a share of the stage's rate.</summary>
    public Schedule Shape { get; init; } = 1.0;

    public IReadOnlyList<ParameterGroup> Groups { get; init; } =
        [ParameterGroup.BinaryWeights, ParameterGroup.RealConvolutions];

    public IEnumerable<Fault> Validate() => WeightDecayModule.validate(With(Core.DecayKind.Coupled, 0)).Select(Fault.Of);

    /// <summary>A stage's decay by an optimizer of this row.</summary>
    public WeightDecay Of(Row row, Stage stage) => With(
        Kind switch
        {
            null => row.Decay,
            WeightDecayKind.Decoupled => DecayKind.Decoupled,
            WeightDecayKind.Proximal => DecayKind.Proximal,
            _ => DecayKind.Coupled,
        },
        stage.WeightDecay);

    private WeightDecay With(DecayKind kind, double rate) => new(
        kind, rate == 0 ? Core.Schedule.constant(0) : Core.Schedule.scale(rate, Shape.Formula), ParameterGroups.CoreList(Groups));
}

/// <summary>Where weight decay goes.</summary>
public enum WeightDecayKind
{
    /// <summary>Added to the gradient before the optimizer sees it: g + wd w. The paper's.</summary>
    Coupled,

    /// <summary>Taken from the weight before the step: (1 - rate wd) w.</summary>
    Decoupled,

    /// <summary>The weight after the step, divided: w / (1 + rate wd).</summary>
    Proximal,
}
