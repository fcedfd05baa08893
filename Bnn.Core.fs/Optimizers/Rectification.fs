namespace Bnn

/// How far a running mean of squares can be trusted after t steps: Liu et al., "On the Variance of the Adaptive Learning
/// Rate and Beyond" (ICLR 2020), algorithm 2. The mean counts like a simple mean over rho(t) gradients; from about 4 on its
/// variance is finite, and the root of the variances' ratio scales the step.
[<EditorBrowsable(Never)>]
module Rectification =
    /// rho(infinity) = 2 / (1 - beta2) - 1.
    let private longest (beta2: Expr) = 2.0 / (1.0 - beta2) - 1.0

    /// rho(t) = rho(infinity) - 2 t beta2^t / (1 - beta2^t), over the step t.
    let length (beta2: Expr) =
        let t = Expr.time
        longest beta2 - 2.0 * t * beta2 ** t / (1.0 - beta2 ** t)

    /// r(t) = sqrt((rho(t) - 4) (rho(t) - 2) rho(infinity) / ((rho(infinity) - 4) (rho(infinity) - 2) rho(t))), in (0, 1)
    /// where rho(t) is above 4; meaningless below.
    let factor (beta2: Expr) =
        let rho, most = length beta2, longest beta2
        sqrt ((rho - 4.0) * (rho - 2.0) * most / ((most - 4.0) * (most - 2.0) * rho))
