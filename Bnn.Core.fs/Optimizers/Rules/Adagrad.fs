namespace Bnn

/// The gradient over the root of the sum of all its squares so far.
///
/// s' = s + g^2, s from initialAccumulator;   u = g / (sqrt(s') + epsilon) / (1 + (t - 1) lrDecay).
///
/// Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (JMLR
/// 2011), figure 1, with diagonal matrices; epsilon is its delta. The formula is torch.optim.Adagrad's, which adds two
/// options: the sum may start above 0, and the learning rate may decay. A rule knows no learning rate, so that decay
/// multiplies the transform, which comes to the same.
/// float32: gradients from 1e-19, and a sum of squares up to 1e38.
[<EditorBrowsable(Never)>]
module Adagrad =
    type Options =
        {
            [<Option(0.0, OptionRange.NotNegative, "how fast the steps shrink beside the sum")>]
            LrDecay: float
            [<Option(0.0, OptionRange.NotNegative, "sum of squares before the first step")>]
            InitialAccumulator: float
            [<Option(1e-10,
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
        let s' = Expr.slot "s" + g * g
        let u = g / (sqrt s' + Const o.Epsilon)

        { Rule.identity with
            Slots = [ Slot.perWeight "s" (Const o.InitialAccumulator) s' ]
            Gradient =
                if o.LrDecay = 0.0 then
                    u
                else
                    1.0 / (1.0 + (t - 1.0) * Const o.LrDecay) * u
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Adagrad"
            Source = "Duchi, Hazan and Singer, JMLR 2011, figure 1, diagonal"
            LearningRate = 3e-2
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
