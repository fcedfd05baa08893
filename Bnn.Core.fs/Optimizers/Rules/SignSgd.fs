namespace Bnn

/// SignSGD with momentum, which its authors call Signum: every step is the learning rate, forth, back or none.
///
/// m' = momentum m + (1 - momentum) g;   u = sign(m').   sign(0) = 0.
///
/// Source: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems" (ICML 2018), algorithm 2; with momentum 0
/// algorithm 1. No departure. It is Lion with both betas equal.
/// momentum m is 0 where rounding gives m back, below 1e-44 in float32 with the default: a weight whose gradient stays 0 comes to
/// rest, after the 900 or so steps in which 1e-3 decays to that.
/// float32: gradients from 1e-36 to 1e38.
[<EditorBrowsable(Never)>]
module SignSgd =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Momentum: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let momentum = Const o.Momentum
        let m' = Rule.decayed o.Momentum (Expr.slot "m") + (1.0 - momentum) * Expr.gradient

        { Rule.identity with
            Slots = [ Slot.perWeight "m" (Const 0.0) m' ]
            Gradient = Unary(Signum, m')
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "SignSGD"
            Source = "Bernstein et al., ICML 2018, algorithms 1 and 2"
            LearningRate = 3e-3
            Decay = WeightDecayKind.Decoupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
