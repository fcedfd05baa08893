namespace Bnn

/// The sign of a mean of the gradients: every step is the learning rate, forth, back or none.
///
/// u = sign(beta1 m + (1 - beta1) g);   m' = beta2 m + (1 - beta2) g.   sign(0) = 0.
///
/// Source: Chen et al., "Symbolic Discovery of Optimization Algorithms" (NeurIPS 2023), algorithm 2, whose decay is decoupled.
/// The formula is pytorch_optimizer's, which is the paper's. Not part of the rule: the reference's centralization (use_gc)
/// and masking of steps against the gradient (cautious).
/// beta2 m is 0 where rounding gives m back, below 1e-43 in float32 with the default: a weight whose gradient stays 0 comes to rest,
/// after the 9,000 or so steps in which 1e-3 decays to that.
/// float32: gradients from 1e-36 to 1e38.
[<EditorBrowsable(Never)>]
module Lion =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "share of the mean in the step's sign")>]
            Beta1: float
            [<Option(0.99, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta2: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, m = Expr.gradient, Expr.slot "m"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2

        { Rule.identity with
            Slots = [ Slot.perWeight "m" (Const 0.0) (Rule.decayed o.Beta2 m + (1.0 - beta2) * g) ]
            Gradient = Unary(Signum, beta1 * m + (1.0 - beta1) * g)
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Lion"
            Source = "Chen et al., NeurIPS 2023, algorithm 2"
            LearningRate = 3e-3
            Decay = WeightDecayKind.Decoupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
