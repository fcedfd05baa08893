namespace Bnn.Core

/// Adam with Nesterov's momentum, which it estimates from the difference of successive gradients.
///
/// d = g - p, p the gradient before (at the first step d = 0);   p' = g;   s = g + beta2 d;
/// m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) d;   n' = beta3 n + (1 - beta3) s^2;
/// u = (m' / (1 - beta1^t) + beta2 v' / (1 - beta2^t)) / (sqrt(n') / sqrt(1 - beta3^t) + epsilon).
///
/// Source: Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models" (arXiv 2208.06677,
/// 2022), algorithm 1. The formula is pytorch_optimizer's, which departs from it: the betas are what the paper writes as
/// 1 - beta; all means start at 0 and are corrected for that, where the paper starts from m = g and n = g^2; nothing
/// restarts. Decay is the paper's, w' / (1 + lr wd) after the step (DecayKind.Proximal). Not part of the rule: the
/// reference's clipping (max_grad_norm) and centralization (use_gc).
/// float32: gradients from 1e-19 to 1e18.
module Adan =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.98.
            Beta1: float
            /// Decay rate of the mean of their differences, and how far along it the step looks ahead, in [0, 1); default 0.92.
            Beta2: float
            /// Decay rate of the mean square, in [0, 1); default 0.99.
            Beta3: float
            /// Keeps the quotient finite, at least 0; default 1e-8. With 0 a weight that has never seen a gradient becomes NaN.
            Epsilon: float
        }

    let defaults =
        {
            Beta1 = 0.98
            Beta2 = 0.92
            Beta3 = 0.99
            Epsilon = 1e-8
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "beta1" o.Beta1
            Fault.decayRate "beta2" o.Beta2
            Fault.decayRate "beta3" o.Beta3
            Fault.notNegative "epsilon" o.Epsilon
        ]
        |> List.concat

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

        {
            Slots = [ slot "m" m'; slot "v" v'; slot "n" n'; slot "p" g ]
            Gradient = ahead / (deviation + Const o.Epsilon)
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "decay rate of the mean difference of gradients, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "beta3" "decay rate of the mean square, in [0, 1)" _.Beta3 (fun x o -> { o with Beta3 = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "Adan"
            Source = "Xie et al., arXiv 2208.06677, 2022, algorithm 1"
            LearningRate = 1e-3
            Decay = Proximal
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
