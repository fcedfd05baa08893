namespace Bnn.Core

/// SignSGD with momentum, which its authors call Signum: every step is the learning rate, forth, back or none.
///
/// m' = momentum m + (1 - momentum) g;   u = sign(m').   sign(0) = 0.
///
/// Source: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems" (ICML 2018), algorithm 2; with momentum 0
/// algorithm 1. No departure. It is Lion with both betas equal.
/// float32: gradients from 1e-36 to 1e38.
module SignSgd =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Momentum: float
        }

    let defaults = { Momentum = 0.9 }

    /// All options that are out of range.
    let validate (o: Options) = Fault.decayRate "momentum" o.Momentum

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let momentum = Const o.Momentum
        let m' = momentum * Expr.slot "m" + (1.0 - momentum) * Expr.gradient

        {
            Slots = [ Slot.perWeight "m" (Const 0.0) m' ]
            Gradient = Unary(Signum, m')
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields: OptionField<Options> list =
        [
            Row.number "momentum" "decay rate of the mean gradient, in [0, 1)" _.Momentum (fun x _ -> { Momentum = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "SignSGD"
            Source = "Bernstein et al., ICML 2018, algorithms 1 and 2"
            LearningRate = 1e-4
            Decay = Decoupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
