namespace Bnn

open System

/// Numbers that change during a stage: learning rate, weight decay, a surrogate's width. A schedule is an expression over
/// `Expr.time` (t, from 1) and `Expr.iterations` (T, infinite where it is not known), so a rule that uses it can be printed,
/// compared and compiled whole. Everything that is done with one, from epochs to restarts, replaces t and T in it.
///
/// A number that is not finite stays in the formula, where `validate` reports it. A count below 1 would leave no trace there:
/// the functions that take counts raise `BnnConfigurationException`, which names the count, its value and what is allowed.
[<EditorBrowsable(Never)>]
module Schedule =
    let private t = Expr.time
    let private total = Expr.iterations
    let private done' = t - 1.0
    let private const' (n: int) = Const(float n)

    let private requireCount name (n: int) = Fault.require (Fault.atLeast 1 name n)
    let private requireCountOr0 name (n: int) = Fault.require (Fault.atLeast 0 name n)

    /// `finish` and what is left of the way to it from `start`.
    let private between (start: float) (finish: float) (left: Expr) =
        if finish = 0.0 then
            Const start * left
        else
            Const finish + Const(start - finish) * left

    /// The same number throughout: s(t) = value.
    [<Entry("The same number throughout", "s(t) = value")>]
    let constant ([<Option(1.0, OptionRange.Finite, "the number")>] value: float) : Expr = Const value

    /// From `start` at the stage's first iteration, straight towards `finish`, which would be reached one iteration after the
    /// last: s(p) = start + (finish - start) p, with p = (t - 1) / T. The paper's schedule is `linear lr 0`
    /// (section 5.1), by iteration instead of by epoch; `byEpoch` and `steppedBeforeUse` make it what its code does.
    [<Entry("start + (finish - start) p", "Liu et al., ICML 2021, section 5.1")>]
    let linear
        ([<Option(1.0, OptionRange.Finite, "the value at the first iteration")>] start: float)
        ([<Option(0.0, OptionRange.Finite, "the value one iteration after the last")>] finish: float)
        : Expr =
        if finish = 0.0 then
            Const start * (1.0 - Expr.progress)
        else
            Const start + Const(finish - start) * Expr.progress

    /// Half a cosine from `start` to `finish`: s(t) = finish + (start - finish) (1 + cos(pi (t - 1) / T)) / 2 (Loshchilov and
    /// Hutter, "SGDR", ICLR 2017, equation 5). It rises again after its end, as in torch; `lasting` holds it.
    [<Entry("finish + (start - finish) (1 + cos(pi p)) / 2", "Loshchilov and Hutter, ICLR 2017, equation 5")>]
    let cosine
        ([<Option(1.0, OptionRange.Finite, "the value at the first iteration")>] start: float)
        ([<Option(0.0, OptionRange.Finite, "the value one iteration after the last")>] finish: float)
        : Expr =
        between start finish ((1.0 + cos (Math.PI * done' / total)) / 2.0)

    /// s(t) = finish + (start - finish) (1 - p)^power, p = (t - 1) / T; power at least 0, 1 is `linear` (the "poly" policy of
    /// Caffe). After its end it stays at `finish`.
    [<Entry("finish + (start - finish) (1 - p)^power", "Caffe's poly policy")>]
    let polynomial
        ([<Option(2.0, OptionRange.NotNegative, "the exponent; 1 is linear")>] power: float)
        ([<Option(1.0, OptionRange.Finite, "the value at the first iteration")>] start: float)
        ([<Option(0.0, OptionRange.Finite, "the value one iteration after the last")>] finish: float)
        : Expr =
        between start finish (Expr.maximum (1.0 - Expr.progress) (Const 0.0) ** Const power)

    /// From `start` to `finish` by the same factor at each iteration: s(p) = start (finish / start)^p. Both of one sign, not 0.
    /// How IR-Net sharpens its surrogate: `geometric 0.1 10`.
    [<Entry("start (finish / start)^p; both of one sign, not 0", "Qin et al., CVPR 2020, section 3.3")>]
    let geometric
        ([<Option(0.1, OptionRange.Finite, "the value at the first iteration")>] start: float)
        ([<Option(10.0, OptionRange.Finite, "the value one iteration after the last")>] finish: float)
        : Expr =
        if start * finish <= 0.0 then
            Fault.require (
                Fault.unless false "finish" (Fault.text finish) "a number of the same sign as start, neither 0"
            )

        Const start * (Const(finish / start) ** Expr.progress)

    /// `factor` times as much at each iteration: s(t) = start factor^(t - 1).
    [<Entry("start factor^(t - 1)", "torch.optim.lr_scheduler.ExponentialLR")>]
    let exponential
        ([<Option(0.95, OptionRange.Positive, "by how much each iteration multiplies")>] factor: float)
        ([<Option(1.0, OptionRange.Finite, "the value at the first iteration")>] start: float)
        : Expr =
        Const start * (Const factor ** done')

    /// `factor` times as much after every `count` iterations: s(t) = start factor^floor((t - 1) / count). `count` at least 1.
    [<Entry("start factor^floor((t - 1) / count)", "torch.optim.lr_scheduler.StepLR")>]
    let every
        ([<Option(30.0, OptionRange.Count, "after how many iterations the factor comes again")>] count: int)
        ([<Option(0.1, OptionRange.NotNegative, "by how much it multiplies")>] factor: float)
        ([<Option(1.0, OptionRange.Finite, "the value at the first iteration")>] start: float)
        : Expr =
        requireCount "count" count
        Const start * (Const factor ** floor (done' / const' count))

    /// `factor` times as much once each of `boundaries` iterations are done: s(t) = start factor^k, k how many boundaries are
    /// below t. Boundaries are at least 0 and in order; one that is there twice counts twice.
    let steps (boundaries: int list) (factor: float) (start: float) : Expr =
        let text = boundaries |> List.map string |> String.concat ", "

        Fault.require (
            Fault.unless
                (boundaries |> List.forall (fun b -> b >= 0) && List.sort boundaries = boundaries)
                "boundaries"
                text
                "whole numbers of at least 0, in ascending order"
        )

        let passed =
            (Const 0.0, boundaries)
            ||> List.fold (fun count boundary -> count + Expr.ifLess (const' boundary) t (Const 1.0) (Const 0.0))

        Const start * (Const factor ** passed)

    /// The schedule with its time counted otherwise: `time` in place of t, `iterations` in place of T.
    let retimed (time: Expr) (iterations: Expr) (schedule: Expr) =
        schedule
        |> Expr.substitute (fun leaf ->
            if leaf = t then Some time
            elif leaf = total then Some iterations
            else None)

    /// `factor` times the schedule.
    [<Entry("The schedule times a number", "a factor")>]
    let scale ([<Option(1.0, OptionRange.Finite, "the number")>] factor: float) (schedule: Expr) =
        match schedule with
        | Const c -> Const(factor * c)
        // a share of 1 is left out: the numbers stay the same
        | Binary(Mul, Const 1.0, rest) -> Const factor * rest
        | _ -> Const factor * schedule

    /// The schedule as if the stage had `count` iterations, whatever it has. Beyond them it goes on by its formula.
    [<Entry("The schedule as if the stage had so many iterations; beyond them it goes on by its formula",
            "a stage of another length")>]
    let spanning ([<Option(100.0, OptionRange.Count, "how many iterations")>] count: int) (schedule: Expr) =
        requireCount "count" count
        retimed t (const' count) schedule

    /// The schedule of a stage of `count` iterations, which then stays what it is one iteration after the last.
    [<Entry("The schedule of a stage of so many iterations, which then stays what it is one iteration after the last",
            "a stage of another length, whose end is held")>]
    let lasting ([<Option(100.0, OptionRange.Count, "how many iterations")>] count: int) (schedule: Expr) =
        requireCount "count" count
        retimed (Expr.minimum t (const' count + 1.0)) (const' count) schedule

    /// The schedule of what remains after `count` iterations: its t is t - count, its T is T - count (at least 1). After 0 it is the schedule.
    [<Entry("The schedule of what remains after so many iterations", "the rest of a stage")>]
    let after ([<Option(100.0, OptionRange.CountOr0, "how many iterations")>] count: int) (schedule: Expr) =
        requireCountOr0 "count" count

        if count = 0 then
            schedule
        else
            retimed (t - const' count) (Expr.maximum (total - const' count) (Const 1.0)) schedule

    /// Schedules one after another, each as if its iterations were a stage of their own: the first for `count` iterations, and
    /// so on; `last` for the rest of the stage. One for 0 iterations is left out. What torch calls SequentialLR.
    let join (parts: (int * Expr) list) (last: Expr) =
        (parts, last)
        ||> List.foldBack (fun (count, part) rest ->
            requireCountOr0 "count" count

            if count = 0 then
                rest
            else
                Expr.ifLessOrEqual t (const' count) (spanning count part) (after count rest))

    /// First `count` iterations straight from the share `first` of the schedule's start towards that start, then the schedule:
    /// (first + (1 - first) (t - 1) / count) s(1) for t <= count, after that s(t - count) (Goyal et al., "Accurate, Large
    /// Minibatch SGD", 2017, section 2.2). With `first` 0 the first iteration changes nothing; with `count` 0 it is the schedule.
    [<Entry("First so many iterations straight from a share of the schedule's start towards that start, then the schedule",
            "Goyal et al., 2017, section 2.2")>]
    let warmUp
        ([<Option(5.0, OptionRange.CountOr0, "how many iterations; with 0 it is the schedule")>] count: int)
        ([<Option(0.01, OptionRange.Finite, "the first iteration's share; with 0 it changes nothing")>] first: float)
        (schedule: Expr)
        =
        requireCountOr0 "count" count

        if count = 0 then
            schedule
        else
            let start = schedule |> after count |> retimed (const' count + 1.0) total
            let share = Const first + Const(1.0 - first) * (done' / const' count)
            Expr.ifLessOrEqual t (const' count) (share * start) (after count schedule)

    /// The schedule over and over, each time as if it were a stage of its own: the first time of `first` iterations, then each
    /// time of `multiplier` times as many as before (Loshchilov and Hutter, "SGDR", ICLR 2017, section 3, T_0 and T_mult).
    /// Both at least 1. Where the multiplier m is no whole number, time k (from 0) begins after first (m^k - 1) / (m - 1) iterations, rounded, of halves
    /// the even one: with 10 and 1.5 the times have 10, 15, 23, 33, ... iterations, whose sums stay within half an iteration. An m above 1 and below 1.000001 is refused.
    [<Entry("The schedule over and over, each time as if it were a stage of its own",
            "Loshchilov and Hutter, ICLR 2017, section 3")>]
    let restart
        ([<Option(10.0, OptionRange.Count, "iterations of the first time, T_0")>] first: int)
        ([<Option(1.0, OptionRange.AtLeast1, "how many times longer each next time is, T_mult; lengths are rounded")>] multiplier:
            float)
        (schedule: Expr)
        =
        requireCount "first" first
        // So close to 1 the logarithms lose their digits.
        Fault.require (
            Fault.unless
                (multiplier = 1.0 || (multiplier >= 1.000001 && multiplier < infinity))
                "multiplier"
                (Fault.text multiplier)
                "a finite number of at least 1; above 1 at least 1.000001"
        )

        let first, factor = const' first, Const multiplier

        if multiplier = 1.0 then
            retimed (Binary(Mod, done', first) + 1.0) first schedule
        else
            let isWhole = (multiplier = floor multiplier)

            // Rounded, because a power need not be exact to the last bit.
            let power cycle =
                if isWhole then
                    Unary(Round, factor ** cycle)
                else
                    factor ** cycle

            let start cycle =
                let exact = first * (power cycle - 1.0) / (factor - 1.0)
                if isWhole then exact else Unary(Round, exact)

            let length cycle =
                if isWhole then
                    first * power cycle
                else
                    start (cycle + 1.0) - start cycle

            // The logarithm may be a little off beside a boundary, where the boundaries themselves decide.
            let guess =
                floor (log (done' * (factor - 1.0) / first + 1.0) / Const(log multiplier))

            let cycle =
                Expr.ifLessOrEqual
                    (start (guess + 1.0))
                    done'
                    (guess + 1.0)
                    (Expr.ifLess done' (start guess) (guess - 1.0) guess)

            retimed (done' - start cycle + 1.0) (length cycle) schedule

    /// The schedule by epoch: it counts `epochs` epochs in place of iterations, t -> floor((t - 1) epochs / T) + 1, T -> epochs,
    /// and changes between epochs only. Where T is not known, every iteration is of the first epoch.
    [<Entry("The schedule by epoch: it counts epochs in place of iterations, and changes between epochs only",
            "by epoch in place of by iteration")>]
    let byEpoch ([<Option(256.0, OptionRange.Count, "the stage's epochs")>] epochs: int) (schedule: Expr) =
        requireCount "epochs" epochs
        retimed (floor (done' * const' epochs / total) + 1.0) (const' epochs) schedule

    /// The schedule one ahead: s(t + 1) at t. What a training loop computes that steps its schedule before the epoch that uses
    /// it, as the paper's code does: `linear lr 0 |> steppedBeforeUse |> byEpoch epochs` is lr (1 - (e + 1) / epochs) in epoch
    /// e = 0, 1, ..., so the last epoch's rate is 0. After `byEpoch` it would be one iteration ahead instead of one epoch.
    [<Entry("The schedule one ahead, as a loop has it that steps its schedule before the epoch that uses it; to be changed by the epoch, it comes first",
            "the code of Liu et al., ICML 2021")>]
    let steppedBeforeUse (schedule: Expr) = retimed (t + 1.0) total schedule

    /// What a formula reads by name at iteration `time` (from 1) of `iterations` (0 where unknown): t and T. Another name raises
    /// `BnnConfigurationException`.
    let once (iterations: int) (time: int) name =
        match name with
        | "t" -> float time
        | "T" -> if iterations > 0 then float iterations else infinity
        | unknown ->
            Fault.require (Fault.unless false "formula" $"reading {unknown}" "a formula over t and T")
            nan

    /// The value of a graph of one schedule at iteration `time` of `iterations`.
    let private valueOf (iterations: int) (time: int) (graph: Graph) =
        (Algebra.evaluate Algebra.float64 (once iterations time) graph)[0]

    /// The schedule's value at iteration `time` (from 1) of a stage of `iterations` (0 where unknown: then progress is 0).
    let value (iterations: int) (time: int) (schedule: Expr) =
        valueOf iterations time (Graph.ofExprs [ schedule ])

    /// The schedule's values at each iteration of a stage.
    let values (iterations: int) (schedule: Expr) =
        let graph = Graph.ofExprs [ schedule ]
        Array.init iterations (fun k -> valueOf iterations (k + 1) graph)

    /// All that is wrong with a schedule whatever the stage: what it reads besides t and T, numbers in it that are not finite,
    /// and a start that is not.
    let validate name (schedule: Expr) =
        let graph = Graph.ofExprs [ schedule ]

        let numberName =
            match schedule with
            | Const _ -> name
            | _ -> $"{name}: a number in it"

        let strangers =
            [
                for node in graph.Nodes do
                    match node with
                    | Node.Leaf(("t" | "T"), false) -> ()
                    | Node.Leaf(leaf, _) -> leaf
                    | Node.Reduce _ -> "a reduction"
                    | _ -> ()
            ]
            |> List.distinct

        let constants =
            [
                for node in graph.Nodes do
                    match node with
                    | Node.Const bits -> Fault.finite numberName (BitConverter.Int64BitsToDouble bits)
                    | _ -> ()
            ]
            |> List.concat

        let reads =
            Fault.unless
                (strangers.IsEmpty && Expr.extent schedule = Once)
                name
                ("a formula over " + String.concat ", " strangers)
                "a formula over t and T, the same for every weight"

        if not (List.isEmpty (reads @ constants)) then
            reads @ constants
        else
            Fault.finite $"{name} at iteration 1" (value 0 1 schedule)

    /// All that is wrong with a schedule of a stage of `iterations`: also the first iteration at which it is not finite.
    let validateOver (iterations: int) name (schedule: Expr) =
        match validate name schedule with
        | [] ->
            let values = values iterations schedule

            match values |> Array.tryFindIndex (fun v -> not (Double.IsFinite v)) with
            | Some k -> Fault.finite $"{name} at iteration %d{k + 1}" values[k]
            | None -> []
        | faults -> faults
