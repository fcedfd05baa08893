using System.Diagnostics.Contracts;
using Bnn.Core;
using Microsoft.FSharp.Collections;

namespace Bnn;

/// <summary>A number that changes during a stage: a learning rate, a weight decay, a surrogate's width. A formula over the
/// iteration t (from 1) and the stage's iterations T. A plain number is a constant schedule.</summary>
public sealed class Schedule : IEquatable<Schedule>
{
    internal Schedule(Expr formula) => Formula = formula;

    internal Expr Formula { get; }

    /// <summary>The same number throughout.</summary>
    public static implicit operator Schedule(double value) => Schedules.Constant(value);

    /// <summary>This schedule times a number.</summary>
    [Pure]
    public Schedule Scale(double factor) => new(Core.Schedule.scale(factor, Formula));

    /// <summary>The schedule by epoch: it counts this many epochs in place of iterations, and changes between epochs only.</summary>
    /// <exception cref="ArgumentException">Fewer than 1.</exception>
    [Pure]
    public Schedule ByEpoch(int epochs) => new(Core.Schedule.byEpoch(epochs, Formula));

    /// <summary>The schedule of a stage of this many iterations, which then stays what it is one iteration after the last.</summary>
    /// <exception cref="ArgumentException">Fewer than 1.</exception>
    [Pure]
    public Schedule Lasting(int iterations) => new(Core.Schedule.lasting(iterations, Formula));

    /// <summary>The schedule one ahead, as a loop computes it that steps its schedule before the epoch that uses it: the paper's
    /// code does. Apply it before <see cref="ByEpoch"/>; the last epoch of Linear(rate, 0) then has rate 0.</summary>
    [Pure]
    public Schedule SteppedBeforeUse() => new(Core.Schedule.steppedBeforeUse(Formula));

    /// <summary>The value at an iteration (from 1) of a stage of so many; 0 iterations where the length is not known.</summary>
    [Pure]
    public double ValueAt(int iteration, int iterations = 0) => Core.Schedule.value(iterations, iteration, Formula);

    /// <summary>All that is wrong with it.</summary>
    [Pure]
    public IReadOnlyList<Fault> Validate() => [.. Core.Schedule.validate("schedule", Formula).Select(Fault.Of)];

    /// <summary>The formula as text.</summary>
    public override string ToString() => Print.expr(Formula);

    /// <summary>The formula as LaTeX.</summary>
    [Pure]
    public string ToLatex() => Latex.expr(Formula);

    /// <summary>Whether the formulas are the same.</summary>
    public bool Equals(Schedule? other) => other is not null && Formula.Equals(other.Formula);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Schedule);

    /// <inheritdoc/>
    public override int GetHashCode() => Formula.GetHashCode();
}

/// <summary>Schedules. p stands for (t - 1) / T, the share of the stage that is done.</summary>
public static class Schedules
{
    /// <summary>The same number throughout.</summary>
    public static Schedule Constant(double value) => new(Core.Schedule.constant(value));

    /// <summary>start + (finish - start) p. The paper's is Linear(rate, 0) (section 5.1).</summary>
    public static Schedule Linear(double start, double finish = 0) => new(Core.Schedule.linear(start, finish));

    /// <summary>finish + (start - finish) (1 + cos(pi p)) / 2 (SGDR, Loshchilov and Hutter, ICLR 2017, equation 5).</summary>
    public static Schedule Cosine(double start, double finish = 0) => new(Core.Schedule.cosine(start, finish));

    /// <summary>finish + (start - finish) (1 - p)^power.</summary>
    public static Schedule Polynomial(double power, double start, double finish = 0) =>
        new(Core.Schedule.polynomial(power, start, finish));

    /// <summary>start (finish / start)^p; both of one sign, not 0.</summary>
    public static Schedule Geometric(double start, double finish) => new(Core.Schedule.geometric(start, finish));

    /// <summary>start factor^(t - 1).</summary>
    public static Schedule Exponential(double factor, double start) => new(Core.Schedule.exponential(factor, start));

    /// <summary>start factor^floor((t - 1) / iterations): times the factor after every so many iterations, at least 1.</summary>
    /// <exception cref="ArgumentException">Fewer than 1.</exception>
    public static Schedule Every(int iterations, double factor, double start) =>
        new(Core.Schedule.every(iterations, factor, start));

    /// <summary>start factor^k, k how many of the boundaries are done; at least 0 each, in ascending order.</summary>
    /// <exception cref="ArgumentException">A negative boundary, or not in order.</exception>
    public static Schedule Steps(IEnumerable<int> boundaries, double factor, double start) =>
        new(Core.Schedule.steps(ListModule.OfSeq(boundaries), factor, start));

    /// <summary>So many iterations from the share <paramref name="first"/> of the schedule's start towards it, then the
    /// schedule.</summary>
    /// <exception cref="ArgumentException">Fewer than 1 iteration.</exception>
    public static Schedule WarmUp(int iterations, Schedule schedule, double first = 0)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return new(Core.Schedule.warmUp(iterations, first, schedule.Formula));
    }

    /// <summary>Schedules one after another, each for so many iterations as if they were a stage; then the last.</summary>
    /// <exception cref="ArgumentException">Fewer than 1 iteration.</exception>
    public static Schedule Join(Schedule last, params (int Iterations, Schedule Schedule)[] parts)
    {
        ArgumentNullException.ThrowIfNull(last);
        return new(Core.Schedule.join(
            ListModule.OfSeq(parts.Select(part => Tuple.Create(part.Iterations, part.Schedule.Formula))), last.Formula));
    }

    /// <summary>The schedule over and over: first for so many iterations, then each time for <paramref name="multiplier"/> times
    /// as many as before (SGDR's T_0 and T_mult).</summary>
    /// <exception cref="ArgumentException">Fewer than 1.</exception>
    public static Schedule Restart(int first, Schedule schedule, int multiplier = 1)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return new(Core.Schedule.restart(first, multiplier, schedule.Formula));
    }
}
