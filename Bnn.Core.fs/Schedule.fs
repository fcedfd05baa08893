namespace Bnn.Core

/// Numbers that change during a stage: learning rate, weight decay. A schedule is an expression over `Expr.time` and
/// `Expr.iterations` (and so `Expr.progress`), so a rule that uses it can be printed, compared and compiled whole.
module Schedule =
    /// The same number throughout: s(p) = value.
    let constant (value: float) : Expr = Const value

    /// From `start` at the stage's first iteration, straight towards `finish`, which would be reached one iteration after the
    /// last: s(p) = start + (finish - start) p, with p = (t - 1) / T. The paper's schedule is `linear lr 0`
    /// (section 5.1), by iteration instead of by epoch.
    let linear (start: float) (finish: float) : Expr =
        if finish = 0.0 then
            Const start * (1.0 - Expr.progress)
        else
            Const start + Const(finish - start) * Expr.progress

    /// The schedule's value at iteration `time` (from 1) of a stage of `iterations` (0 where unknown: then progress is 0).
    let value (iterations: int) (time: int) (schedule: Expr) =
        let leaf name =
            match name with
            | "t" -> float time
            | "T" -> if iterations > 0 then float iterations else infinity
            | _ -> nan

        Algebra.evaluateExpr Algebra.float64 leaf schedule

    /// A schedule must not read weights, and must start with a number.
    let validate name (schedule: Expr) =
        if Expr.extent schedule = Once then
            Fault.finite name (value 0 1 schedule)
        else
            Fault.unless false name "a formula over weights" "a formula over t and T, the same for every weight"
