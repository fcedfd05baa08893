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

    /// Exponential moving average of the weights, without the bias of its start: a_t / (1 - decay^t) with a_t = decay a_(t-1) +
    /// (1 - decay) w_t and a_0 = 0, where w_t are the weights that step t leaves (Polyak and Juditsky, 1992; as an exponential average
    /// Tarvainen and Valpola, NeurIPS 2017; corrected as Adam's means are, Kingma and Ba, ICLR 2015, algorithm 1). The weights w go on as
    /// without it: the average is what the trained network has. `decay` is in [0, 1); with 0, and after the first step, the average is w.
    ///
    /// The slot holds the corrected average m itself, m_t = w_t + k (m_(t-1) - w_t), k = (decay - decay^t) / (1 - decay^t), which is the
    /// same number, and exactly w where the weights do not change.
    let average (decay: float) =
        Fault.require (Fault.within OptionRange.DecayRate "decay" decay)
        let average = Expr.slot "average"
        let power = Const decay ** Expr.time
        let kept = (Const decay - power) / (1.0 - power)

        { Rule.identity with
            Slots = [ Slot.perWeight "average" w (w + kept * (average - w)) ]
            Average = average
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
