namespace Bnn

/// Steps that any optimizer may be followed by: what becomes of the weights after its step. Chain them after the step. A number out of range
/// raises `BnnConfigurationException`, which names it, its value and what is allowed.
[<EditorBrowsable(Never)>]
module Weights =
    let private w = Expr.weight

    /// Latent weights within +-limit: w' = max(-limit, min(limit, w)) (BinaryConnect, Courbariaux et al., NeurIPS 2015, section
    /// 2.4, with limit 1). `limit` is above 0.
    let clip (limit: float) =
        Fault.require (Fault.positive "limit" limit)
        Rule.stepTo (Expr.maximum (Const -limit) (Expr.minimum (Const limit) w))

    /// Exponential moving average of the weights: a' = decay a + (1 - decay) w, from the first weights. At the stage's last
    /// iteration the weights become their average; before that they are left alone (Polyak and Juditsky, 1992; as an
    /// exponential average Tarvainen and Valpola, NeurIPS 2017). `decay` is in [0, 1).
    let average (decay: float) =
        Fault.require (Fault.within OptionRange.DecayRate "decay" decay)
        let average = Expr.slot "average"
        let average' = Const decay * average + (1.0 - Const decay) * w

        { Rule.identity with
            Slots = [ Slot.perWeight "average" w average' ]
            Weight = Expr.ifEqual Expr.time Expr.iterations average' w
        }

    /// Lookahead: every `every` iterations the slow weights go the share `alpha` of the way to the fast ones, which start again
    /// from there: s' = s + alpha (w - s), w' = s' (Zhang et al., NeurIPS 2019, algorithm 1). `every` is at least 1, `alpha` in
    /// (0, 1].
    let lookahead (every: int) (alpha: float) =
        Fault.require (
            Fault.atLeast 1 "every" every
            @ Fault.within OptionRange.PositiveShare "alpha" alpha
        )

        let slow = Expr.slot "slow"
        let slow' = slow + Const alpha * (w - slow)

        let atTurn now otherwise =
            Expr.ifEqual (Binary(Mod, Expr.time, Const(float every))) (Const 0.0) now otherwise

        { Rule.identity with
            Slots = [ Slot.perWeight "slow" w (atTurn slow' slow) ]
            Weight = atTurn slow' w
        }
