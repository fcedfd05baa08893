namespace Bnn.Core

/// The gradient over the root of the sum of all its squares so far.
///
/// s' = s + g^2, s from initialAccumulator;   u = g / (sqrt(s') + epsilon) / (1 + (t - 1) lrDecay).
///
/// Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (JMLR
/// 2011), figure 1, with diagonal matrices; epsilon is its delta. The formula is torch.optim.Adagrad's, which adds two
/// options: the sum may start above 0, and the learning rate may decay. A rule knows no learning rate, so that decay
/// multiplies the transform, which comes to the same.
/// float32: gradients from 1e-19, and a sum of squares up to 1e38.
module Adagrad =
    type Options =
        {
            /// How fast the steps shrink beside the sum, at least 0: by 1 / (1 + (t - 1) lrDecay); default 0.
            LrDecay: float
            /// The sum of squares before the first step, at least 0; default 0.
            InitialAccumulator: float
            /// Keeps the quotient finite, at least 0; default 1e-10. With 0, and no accumulator, a weight that has never seen
            /// a gradient becomes NaN.
            Epsilon: float
        }

    let defaults =
        {
            LrDecay = 0.0
            InitialAccumulator = 0.0
            Epsilon = 1e-10
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.notNegative "lrDecay" o.LrDecay
            Fault.notNegative "initialAccumulator" o.InitialAccumulator
            Fault.notNegative "epsilon" o.Epsilon
        ]
        |> List.concat

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let s' = Expr.slot "s" + g * g
        let u = g / (sqrt s' + Const o.Epsilon)

        {
            Slots = [ Slot.perWeight "s" (Const o.InitialAccumulator) s' ]
            Gradient =
                if o.LrDecay = 0.0 then
                    u
                else
                    1.0 / (1.0 + (t - 1.0) * Const o.LrDecay) * u
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "lrDecay" "how fast the steps shrink beside the sum, at least 0" _.LrDecay (fun x o ->
                { o with LrDecay = x })
            Row.number
                "initialAccumulator"
                "sum of squares before the first step, at least 0"
                _.InitialAccumulator
                (fun x o -> { o with InitialAccumulator = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "Adagrad"
            Source = "Duchi, Hazan and Singer, JMLR 2011, figure 1, diagonal"
            LearningRate = 1e-2
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
