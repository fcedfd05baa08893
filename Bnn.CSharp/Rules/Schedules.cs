using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>Schedules: numbers that change during a stage, as formulas over the iteration t (from 1) and the stage's iterations T. A plain
/// number is a constant schedule. p stands for (t - 1) / T, the share of the stage that is done. A number out of range is a
/// <see cref="BnnConfigurationException"/>.</summary>
public static partial class Schedules
{
    /// <summary>start factor^k, k how many of the boundaries are done; at least 0 each, in ascending order.</summary>
    public static Expr Steps(IEnumerable<int> boundaries, double factor, double start) =>
        Schedule.steps(ListModule.OfSeq(boundaries), factor, start);

    /// <summary>Schedules one after another, each for so many iterations as if they were a stage, one for 0 left out; then the last.</summary>
    public static Expr Join(Expr last, params (int Iterations, Expr Schedule)[] parts)
    {
        ArgumentNullException.ThrowIfNull(last);
        return Schedule.join(ListModule.OfSeq(parts.Select(part => Tuple.Create(part.Iterations, part.Schedule))), last);
    }

    /// <summary>A formula over t and T from its text: <c>1e-3 * (1 - (t - 1) / T)</c>; what <see cref="FormulaMembers.ToText"/> writes.</summary>
    /// <exception cref="BnnConfigurationException">It is no such formula.</exception>
    public static Expr Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FaultModule.orRaise(Bnn.Parse.schedule(text));
    }
}
