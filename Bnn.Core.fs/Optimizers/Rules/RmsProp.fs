namespace Bnn

/// The gradient over the root of its mean square, centered and with momentum if wanted.
///
/// v' = alpha v + (1 - alpha) g^2;   u = g / (sqrt(v') + epsilon).
/// Centered: m' = alpha m + (1 - alpha) g, and the variance max(v' - m'^2, 0) takes the place of v' in u.
/// Momentum: b' = momentum b + u takes the place of u.
///
/// Source: Tieleman and Hinton, "Neural Networks for Machine Learning" (2012), lecture 6.5; centered, with momentum: Graves,
/// "Generating Sequences With Recurrent Neural Networks" (arXiv 1308.0850, 2013), equations 38 to 41. The formula is
/// torch.optim.RMSprop's, which departs from Graves: epsilon is added to the root instead of under it, and the learning
/// rate multiplies the buffer instead of what enters it. Departure from torch: where rounding makes the variance negative
/// it is 0 here and NaN there.
/// float32: gradients from 1e-19 to 1e19.
[<EditorBrowsable(Never)>]
module RmsProp =
    type Options =
        {
            [<Option(0.99, OptionRange.DecayRate, "decay rate of the mean square")>]
            Alpha: float
            [<Option(1e-8,
                     OptionRange.NotNegative,
                     "added to the root, so that a weight that has never seen a gradient stays a number")>]
            Epsilon: float
            [<Option(0.0, OptionRange.DecayRate, "share of the buffer that a step keeps")>]
            Momentum: float
            [<Option(false, "divide by the deviation from the mean gradient")>]
            Centered: bool
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g = Expr.gradient
        let v, m, b = Expr.slot "v", Expr.slot "m", Expr.slot "b"
        let alpha = Const o.Alpha
        let v' = alpha * v + (1.0 - alpha) * g * g
        let m' = alpha * m + (1.0 - alpha) * g

        let square =
            if o.Centered then
                Expr.maximum (v' - m' * m') (Const 0.0)
            else
                v'

        let u = g / (sqrt square + Const o.Epsilon)
        let b' = Const o.Momentum * b + u
        let slot name next = Slot.perWeight name (Const 0.0) next

        { Rule.identity with
            Slots =
                [
                    slot "v" v'
                    if o.Centered then
                        slot "m" m'
                    if o.Momentum > 0.0 then
                        slot "b" b'
                ]
            Gradient = if o.Momentum > 0.0 then b' else u
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "RMSProp"
            Source = "Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, equations 38 to 41"
            LearningRate = 3e-3
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
