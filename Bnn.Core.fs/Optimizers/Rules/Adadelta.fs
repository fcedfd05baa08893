namespace Bnn

/// The gradient in the units of the weight: over the root of its mean square, times the root of the steps' mean square.
///
/// v' = rho v + (1 - rho) g^2;   u = sqrt(a + epsilon) / sqrt(v' + epsilon) g;   a' = rho a + (1 - rho) u^2.
///
/// Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (arXiv 1212.5701, 2012), algorithm 1. The formula is
/// torch.optim.Adadelta's, which is the paper's with a learning rate on top, 1 there; a holds the steps before the
/// learning rate. With epsilon 0 no weight ever moves: the first step is sqrt(a) = 0 times the rest.
/// float32: gradients up to 1e19; those far below sqrt(epsilon) make steps that are as small.
[<EditorBrowsable(Never)>]
module Adadelta =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of both mean squares")>]
            Rho: float
            [<Option(1e-6, OptionRange.NotNegative, "under both roots")>]
            Epsilon: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g = Expr.gradient
        let v, a = Expr.slot "v", Expr.slot "a"
        let rho, epsilon = Const o.Rho, Const o.Epsilon
        let v' = rho * v + (1.0 - rho) * g * g
        let u = sqrt (a + epsilon) / sqrt (v' + epsilon) * g
        let a' = rho * a + (1.0 - rho) * u * u

        { Rule.identity with
            Slots = [ Slot.perWeight "v" (Const 0.0) v'; Slot.perWeight "a" (Const 0.0) a' ]
            Gradient = u
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Adadelta"
            Source = "Zeiler, arXiv 1212.5701, 2012, algorithm 1"
            LearningRate = 3.0
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd; ScaleInvariant ]
        }
