namespace Bnn

/// Adam whose mean of squares moves towards the squared gradient by a share of that alone, not of itself: it forgets a
/// large gradient slowly.
///
/// m' = beta1 m + (1 - beta1) g;   v' = v - (1 - beta2) sign(v - g^2) g^2, sign(0) = 0;
/// u = (m' / (1 - beta1^t)) / (sqrt(v') / sqrt(1 - beta2^t) + epsilon).   AdamD: u = m' / (...), the mean as it is.
///
/// Source: Zaheer et al., "Adaptive Methods for Nonconvex Optimization" (NeurIPS 2018), algorithm 2; AdamD: St John,
/// "AdamD" (2021). Departures from the first, after kozistr/pytorch_optimizer: both biases are corrected, as if m and v
/// started at 0; both start at `InitialAccumulator` instead, so that without any gradient weights move at first. The paper's
/// algorithm corrects none. float32 serves for gradients up to 1e19.
[<EditorBrowsable(Never)>]
module Yogi =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta1: float
            [<Option(0.999, OptionRange.DecayRate, "1 less the share by which the mean square moves")>]
            Beta2: float
            [<Option(1e-3, OptionRange.NotNegative, "added to the root")>]
            Epsilon: float
            [<Option(1e-6, OptionRange.NotNegative, "where both means start")>]
            InitialAccumulator: float
            [<Option(false, "leave the mean gradient's bias uncorrected")>]
            AdamD: bool
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, v = Expr.slot "m", Expr.slot "v"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let square = g * g
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = v - (1.0 - beta2) * Unary(Signum, v - square) * square
        let mean = if o.AdamD then m' else m' / (1.0 - beta1 ** t)

        let slot name next =
            Slot.perWeight name (Const o.InitialAccumulator) next

        { Rule.identity with
            Slots = [ slot "m" m'; slot "v" v' ]
            Gradient = mean / (sqrt v' / sqrt (1.0 - beta2 ** t) + Const o.Epsilon)
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Yogi"
            Source = "Zaheer et al., NeurIPS 2018, algorithm 2, as kozistr/pytorch_optimizer"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Decoupled
            Laws = [ ScaleInvariant; Bounded ]
        }
