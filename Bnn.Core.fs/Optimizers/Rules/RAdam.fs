namespace Bnn

/// Adam that waits until its mean of squares can be trusted, and then trusts it by degrees.
///
/// m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) g^2;   rho(t) and r(t) as in `Rectification`;
/// where rho(t) > 5: u = (m' / (1 - beta1^t)) r(t) sqrt(1 - beta2^t) / (sqrt(v') + epsilon);
/// before that:      u = m' / (1 - beta1^t).
///
/// Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (ICLR 2020), algorithm 2. Departures from
/// it, after torch.optim.RAdam: the bound is 5 instead of 4, and epsilon, which the paper lacks, is added to sqrt(v') before
/// the correction of its bias. Where beta2 is at most 2/3, rho never gets above 5. float32 serves for gradients from 1e-17
/// to 1e19: the share of a square that enters v is a normal number.
[<EditorBrowsable(Never)>]
module RAdam =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta1: float
            [<Option(0.999, OptionRange.DecayRate, "decay rate of the mean squared gradient")>]
            Beta2: float
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
        let m, v = Expr.slot "m", Expr.slot "v"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = beta2 * v + (1.0 - beta2) * (g * g)

        let whenTrusted x y =
            Expr.ifLess (Const 5.0) (Rectification.length beta2) x y

        let scale =
            whenTrusted (Rectification.factor beta2 * sqrt (1.0 - beta2 ** t)) (Const 1.0)

        let divisor = whenTrusted (sqrt v' + Const o.Epsilon) (Const 1.0)

        { Rule.identity with
            Slots = [ Slot.perWeight "m" (Const 0.0) m'; Slot.perWeight "v" (Const 0.0) v' ]
            Gradient = m' / (1.0 - beta1 ** t) * scale / divisor
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "RAdam"
            Source = "Liu et al., ICLR 2020, algorithm 2, as torch.optim.RAdam"
            LearningRate = 1e-1
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd ]
        }
