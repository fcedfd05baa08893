using Bnn.Core;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>How the learning rate changes during a stage, iteration by iteration.</summary>
public enum LearningRateSchedule
{
    /// <summary>Straight towards 0, which would be reached one iteration after the stage's last: the paper's.</summary>
    Linear,

    /// <summary>The same throughout.</summary>
    Constant,
}

/// <summary>An optimizer of the core's catalogue with its options and learning rate.</summary>
internal sealed record OptimizerChoice(
    Row Row, IReadOnlyList<(string Name, double Value)> Options, double LearningRate,
    LearningRateSchedule Schedule = LearningRateSchedule.Linear)
{
    /// <summary>Adam with the paper's options.</summary>
    public static OptimizerChoice Default { get; } = new(Adam.row, [], 1e-2);

    public IEnumerable<Fault> Validate()
    {
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
        {
            yield return new Fault("learningRate", FormattableString.Invariant($"{LearningRate}"), "a finite number above 0");
        }

        if (!Enum.IsDefined(Schedule))
        {
            yield return new Fault("schedule", $"{Schedule}", "Linear or Constant");
        }

        var made = Make();
        if (made.IsError)
        {
            foreach (var fault in made.ErrorValue)
            {
                yield return Fault.Of(fault);
            }
        }
    }

    /// <summary>The whole rule of a stage: its weight decay of the convolutions, binary and real; the optimizer; the
    /// descent.</summary>
    public Rule Rule(Stage stage) => WeightDecayModule.descend(
        Rate(), WeightDecayModule.coupled(Bnn.Core.Schedule.constant(stage.WeightDecay)), Make().ResultValue);

    /// <summary>The learning rate of an iteration (from 1) of so many.</summary>
    public double RateAt(int iteration, int iterations) =>
        Bnn.Core.Schedule.value(iterations, iteration, Rate());

    private Expr Rate() => Schedule == LearningRateSchedule.Linear
        ? Bnn.Core.Schedule.linear(LearningRate, 0)
        : Bnn.Core.Schedule.constant(LearningRate);

    private Microsoft.FSharp.Core.FSharpResult<Rule, FSharpList<Bnn.Core.Fault>> Make() =>
        Catalogue.make(Row, ListModule.OfSeq(Options.Select(option => Tuple.Create(option.Name, option.Value))));
}
