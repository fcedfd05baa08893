namespace Bnn

/// Transforms that any optimizer may follow: what is done to the gradient before the optimizer sees it. A number out of range
/// raises `BnnConfigurationException`, which names it, its value and what is allowed.
[<EditorBrowsable(Never)>]
module Gradient =
    let private g = Expr.gradient

    /// Each number within +-limit: g' = max(-limit, min(limit, g)). `limit` is above 0.
    let clip (limit: float) =
        Fault.require (Fault.positive "limit" limit)
        Rule.transform (Expr.maximum (Const -limit) (Expr.minimum (Const limit) g))

    let private shrunkTo (limit: float) (size: Expr) =
        Fault.require (Fault.positive "limit" limit)
        Rule.transform (g * Expr.minimum (Const 1.0) (Const limit / (size + 1e-6)))

    /// All gradients shrunk alike where their norm exceeds `limit`: g' = g min(1, limit / (norm + 1e-6)),
    /// norm = sqrt(sum g^2) over all parameters, as torch.nn.utils.clip_grad_norm_ (Pascanu et al., ICML 2013, algorithm 1,
    /// without the 1e-6). `limit` is above 0.
    let clipGlobalNorm (limit: float) =
        shrunkTo limit (sqrt (Expr.sum Whole (g * g)))

    /// The same for the largest magnitude: g' = g min(1, limit / (max |g| + 1e-6)).
    let clipLargest (limit: float) = shrunkTo limit (Expr.largest Whole g)

    /// Gradient centralization: g' = g - mean g, over each output channel's weights; a channel of a single weight (a bias, a
    /// scale) is left alone (Yong et al., "Gradient Centralization", ECCV 2020, equation 1).
    let centralize =
        let isSingle = Expr.sum Channel (Const 1.0)
        Rule.transform (Expr.ifEqual isSingle (Const 1.0) g (g - Expr.mean Channel g))

    /// The whole rule once in `count` iterations, on the mean of their gradients; the stage's last iteration takes what is
    /// left. In between weights, slots and the rule's own time stand still: it sees t = 1, 2, ... and T of its own steps. What
    /// is chained after it sees a gradient of 0 in between. `count` is at least 1.
    let accumulate (count: int) (rule: Rule) =
        Fault.require (Fault.atLeast 1 "count" count)
        let t, n, sum = Expr.time, Const(float count), Expr.slot "sum"
        let gathered = Binary(Mod, t - 1.0, n) + 1.0
        let total = sum + g

        let isStep =
            Expr.ifEqual gathered n (Const 1.0) (Expr.ifEqual t Expr.iterations (Const 1.0) (Const 0.0))

        let steps iterations = floor ((iterations + (n - 1.0)) / n)

        let slowed =
            Expr.substitute (fun leaf ->
                if leaf = t then Some(steps t)
                elif leaf = Expr.iterations then Some(steps Expr.iterations)
                else None)

        let gathering =
            { Rule.identity with
                Slots =
                    [
                        Slot.perWeight "sum" (Const 0.0) (Expr.ifEqual isStep (Const 1.0) (Const 0.0) total)
                    ]
                Gradient = total / gathered
            }

        gathering
        >=> Rule.only isStep (Rule.map slowed rule)
        >=> Rule.transform (Expr.ifEqual isStep (Const 1.0) g (Const 0.0))
