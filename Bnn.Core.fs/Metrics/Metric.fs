namespace Bnn

open System

/// What explains a binary network's training: the formulas, which a pass can sum where the numbers are, and the ratios of
/// packed signs. Ratios of no weights at all are NaN. What is gathered over a stream has a module of its own: `SignHistory`,
/// `Saturation`, `Cam`, `ChannelGradients`, `Confidence`, `ActiveWeights` with `DeadWeights`.
[<EditorBrowsable(Never)>]
module Metric =
    let private isLess a b = Expr.ifLess a b (Const 1.0) (Const 0.0)

    /// FF of one iteration: sum |sign w(t+1) - sign w(t)| / 2 / N, the share of signs that changed, in 0..1 (the paper,
    /// equation 6). A stage's FF is the mean over its iterations: `SignHistory`.
    let flipFlop (before: Signs) (after: Signs) =
        float (Signs.differing before after) / float before.Count

    /// C2I: 1 - sum |sign w_last - sign w_first| / 2 / N: 1 where all signs are those of the start, about 0.5 where they have
    /// nothing to do with it (the paper, equation 7; its further 1/2 contradicts its own Table 1 and is left out).
    let c2i (first: Signs) (last: Signs) = 1.0 - flipFlop first last

    /// 1 where |z| > 1, where clip's derivative is 0, else 0. Its mean over a layer's inputs, after the learned shift, is
    /// the saturation share (the paper, section 4.1).
    let saturated (z: Expr) = isLess (Const 1.0) (abs z)

    /// 1 where |w| > 0.9, else 0: a weight that is sure of its sign (the paper, Figure 7).
    let confident (w: Expr) = isLess (Const 0.9) (abs w)

    /// 1 where |w| < 0.1, else 0: a weight that a small step can flip (the paper, Figure 7).
    let unsure (w: Expr) = isLess (abs w) (Const 0.1)

    /// 1 where the gradient is 0 or -0, else 0.
    let isZero (g: Expr) =
        Expr.ifEqual g (Const 0.0) (Const 1.0) (Const 0.0)

    /// |w' - w|: how far one step of the rule moves a weight. Its mean over an output channel is the CAM of updates.
    let updateMagnitude (rule: Rule) = abs (rule.Weight - Expr.weight)

    /// What a step did to each weight: after - before, in float32. Both must have the same count.
    let update (before: ReadOnlySpan<float32>) (after: ReadOnlySpan<float32>) =
        if before.Length <> after.Length then
            invalidArg
                (nameof after)
                $"%d{after.Length} weights after a step, %d{before.Length} before it; both must be the same weights"

        let change: float32[] = Array.zeroCreate before.Length

        for i in 0 .. change.Length - 1 do
            change[i] <- after[i] - before[i]

        change
