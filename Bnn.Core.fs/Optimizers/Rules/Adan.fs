namespace Bnn

/// Adam with Nesterov's momentum, which it estimates from the difference of successive gradients.
///
/// d = g - p, p the gradient before (at the first step d = 0);   p' = g;   s = g + beta2 d;
/// m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) d;   n' = beta3 n + (1 - beta3) s^2;
/// u = (m' / (1 - beta1^t) + beta2 v' / (1 - beta2^t)) / (sqrt(n') / sqrt(1 - beta3^t) + epsilon).
///
/// Source: Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models" (arXiv 2208.06677,
/// 2022), algorithm 1. The formula is pytorch_optimizer's, which departs from it: the betas are what the paper writes as
/// 1 - beta; all means start at 0 and are corrected for that, where the paper starts from m = g and n = g^2; nothing
/// restarts. Decay is the paper's, w' / (1 + lr wd) after the step (WeightDecayKind.Proximal). Not part of the rule: the
/// reference's clipping (max_grad_norm) and centralization (use_gc).
/// float32: gradients from 1e-19 to 1e18.
[<EditorBrowsable(Never)>]
module Adan =
    type Options =
        {
            [<Option(0.98, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta1: float
            [<Option(0.92, OptionRange.DecayRate, "decay rate of the mean difference of gradients")>]
            Beta2: float
            [<Option(0.99, OptionRange.DecayRate, "decay rate of the mean square")>]
            Beta3: float
            [<Option(1e-8,
                     OptionRange.NotNegative,
                     "added to the root, so that a weight that has never seen a gradient stays a number")>]
            Epsilon: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, v, n, p = Expr.slot "m", Expr.slot "v", Expr.slot "n", Expr.slot "p"
        let beta1, beta2, beta3 = Const o.Beta1, Const o.Beta2, Const o.Beta3
        let d = Expr.ifEqual t (Const 1.0) (Const 0.0) (g - p)
        let s = g + beta2 * d
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = beta2 * v + (1.0 - beta2) * d
        let n' = beta3 * n + (1.0 - beta3) * s * s
        let ahead = m' / (1.0 - beta1 ** t) + beta2 / (1.0 - beta2 ** t) * v'
        let deviation = sqrt n' / sqrt (1.0 - beta3 ** t)
        let slot name next = Slot.perWeight name (Const 0.0) next

        { Rule.identity with
            Slots = [ slot "m" m'; slot "v" v'; slot "n" n'; slot "p" g ]
            Gradient = ahead / (deviation + Const o.Epsilon)
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Adan"
            Source = "Xie et al., arXiv 2208.06677, 2022, algorithm 1"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Proximal
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
