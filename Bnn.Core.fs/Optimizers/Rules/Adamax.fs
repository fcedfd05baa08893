namespace Bnn

/// Adam with the largest gradient in place of the root of the mean square.
///
/// m' = beta1 m + (1 - beta1) g;   u' = max(beta2 u, |g| + epsilon);   the gradient becomes (m' / (1 - beta1^t)) / u'.
///
/// Source: Kingma and Ba, "Adam" (ICLR 2015), algorithm 2. Departure from it, after torch.optim.Adamax: epsilon is added to
/// the magnitude before the maximum is taken; the paper has none. Nothing is squared, so float32 serves for gradients from
/// 1e-36 to 1e37.
[<EditorBrowsable(Never)>]
module Adamax =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta1: float
            [<Option(0.999, OptionRange.DecayRate, "decay rate of the largest magnitude")>]
            Beta2: float
            [<Option(1e-8, OptionRange.NotNegative, "added to each magnitude")>]
            Epsilon: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, u = Expr.slot "m", Expr.slot "u"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let u' = Expr.maximum (beta2 * u) (abs g + Const o.Epsilon)

        { Rule.identity with
            Slots = [ Slot.perWeight "m" (Const 0.0) m'; Slot.perWeight "u" (Const 0.0) u' ]
            Gradient = m' / (1.0 - beta1 ** t) / u'
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Adamax"
            Source = "Kingma and Ba, ICLR 2015, algorithm 2, as torch.optim.Adamax"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
