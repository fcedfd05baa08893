// Written by build/Generate from the catalogue of Bnn.Core: dotnet run -c Release --project build/Generate
namespace Bnn;

public static partial class Schedules
{
    /// <summary>The same number throughout (s(t) = value).</summary>
    /// <param name="value">The number; default 1.</param>
    public static Expr Constant(double value = 1) => Schedule.constant(value);

    /// <summary>Start + (finish - start) p (Liu et al., ICML 2021, section 5.1).</summary>
    /// <param name="start">The value at the first iteration; default 1.</param>
    /// <param name="finish">The value one iteration after the last; default 0.</param>
    public static Expr Linear(double start = 1, double finish = 0) => Schedule.linear(start, finish);

    /// <summary>Finish + (start - finish) (1 + cos(pi p)) / 2 (Loshchilov and Hutter, ICLR 2017, equation 5).</summary>
    /// <param name="start">The value at the first iteration; default 1.</param>
    /// <param name="finish">The value one iteration after the last; default 0.</param>
    public static Expr Cosine(double start = 1, double finish = 0) => Schedule.cosine(start, finish);

    /// <summary>Finish + (start - finish) (1 - p)^power (Caffe's poly policy).</summary>
    /// <param name="power">The exponent; 1 is linear, at least 0; default 2.</param>
    /// <param name="start">The value at the first iteration; default 1.</param>
    /// <param name="finish">The value one iteration after the last; default 0.</param>
    public static Expr Polynomial(double power = 2, double start = 1, double finish = 0) => Schedule.polynomial(power, start, finish);

    /// <summary>Start (finish / start)^p; both of one sign, not 0 (Qin et al., CVPR 2020, section 3.3).</summary>
    /// <param name="start">The value at the first iteration; default 0.1.</param>
    /// <param name="finish">The value one iteration after the last; default 10.</param>
    public static Expr Geometric(double start = 0.1, double finish = 10) => Schedule.geometric(start, finish);

    /// <summary>Start factor^(t - 1) (torch.optim.lr_scheduler.ExponentialLR).</summary>
    /// <param name="factor">By how much each iteration multiplies, above 0; default 0.95.</param>
    /// <param name="start">The value at the first iteration; default 1.</param>
    public static Expr Exponential(double factor = 0.95, double start = 1) => Schedule.exponential(factor, start);

    /// <summary>Start factor^floor((t - 1) / count) (torch.optim.lr_scheduler.StepLR).</summary>
    /// <param name="count">After how many iterations the factor comes again, at least 1; default 30.</param>
    /// <param name="factor">By how much it multiplies, at least 0; default 0.1.</param>
    /// <param name="start">The value at the first iteration; default 1.</param>
    public static Expr Every(int count = 30, double factor = 0.1, double start = 1) => Schedule.every(count, factor, start);

    /// <summary>The schedule times a number (a factor).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="factor">The number; default 1.</param>
    public static Expr Scale(this Expr schedule, double factor = 1) => Schedule.scale(factor, schedule);

    /// <summary>The schedule as if the stage had so many iterations; beyond them it goes on by its formula (a stage of another length).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="count">How many iterations, at least 1; default 100.</param>
    public static Expr Spanning(this Expr schedule, int count = 100) => Schedule.spanning(count, schedule);

    /// <summary>The schedule of a stage of so many iterations, which then stays what it is one iteration after the last (a stage of another length, whose end is held).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="count">How many iterations, at least 1; default 100.</param>
    public static Expr Lasting(this Expr schedule, int count = 100) => Schedule.lasting(count, schedule);

    /// <summary>The schedule of what remains after so many iterations (the rest of a stage).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="count">How many iterations, at least 0; default 100.</param>
    public static Expr After(this Expr schedule, int count = 100) => Schedule.after(count, schedule);

    /// <summary>First so many iterations straight from a share of the schedule's start towards that start, then the schedule (Goyal et al., 2017, section 2.2).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="count">How many iterations; with 0 it is the schedule, at least 0; default 5.</param>
    /// <param name="first">The first iteration's share; with 0 it changes nothing; default 0.01.</param>
    public static Expr WarmUp(this Expr schedule, int count = 5, double first = 0.01) => Schedule.warmUp(count, first, schedule);

    /// <summary>The schedule over and over, each time as if it were a stage of its own (Loshchilov and Hutter, ICLR 2017, section 3).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="first">Iterations of the first time, T_0, at least 1; default 10.</param>
    /// <param name="multiplier">How many times longer each next time is, T_mult; lengths are rounded, at least 1; default 1.</param>
    public static Expr Restart(this Expr schedule, int first = 10, double multiplier = 1) => Schedule.restart(first, multiplier, schedule);

    /// <summary>The schedule by epoch: it counts epochs in place of iterations, and changes between epochs only (by epoch in place of by iteration).</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="epochs">The stage's epochs, at least 1; default 256.</param>
    public static Expr ByEpoch(this Expr schedule, int epochs = 256) => Schedule.byEpoch(epochs, schedule);

    /// <summary>The schedule one ahead, as a loop has it that steps its schedule before the epoch that uses it; to be changed by the epoch, it comes first (the code of Liu et al., ICML 2021).</summary>
    /// <param name="schedule">The schedule.</param>
    public static Expr SteppedBeforeUse(this Expr schedule) => Schedule.steppedBeforeUse(schedule);
}
