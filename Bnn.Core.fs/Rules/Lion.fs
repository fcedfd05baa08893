namespace Bnn.Core

/// The sign of a mean of the gradients: every step is the learning rate, forth, back or none.
///
/// u = sign(beta1 m + (1 - beta1) g);   m' = beta2 m + (1 - beta2) g.   sign(0) = 0.
///
/// Source: Chen et al., "Symbolic Discovery of Optimization Algorithms" (NeurIPS 2023), algorithm 2, whose decay is decoupled.
/// The formula is pytorch_optimizer's, which is the paper's. Not part of the rule: the reference's centralization (use_gc)
/// and masking of steps against the gradient (cautious).
/// float32: gradients from 1e-36 to 1e38.
module Lion =
    type Options =
        {
            /// Share of the mean in what the step's sign is taken of, in [0, 1); default 0.9.
            Beta1: float
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.99.
            Beta2: float
        }

    let defaults = { Beta1 = 0.9; Beta2 = 0.99 }

    /// All options that are out of range.
    let validate (o: Options) =
        [ Fault.decayRate "beta1" o.Beta1; Fault.decayRate "beta2" o.Beta2 ]
        |> List.concat

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, m = Expr.gradient, Expr.slot "m"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2

        {
            Slots = [ Slot.perWeight "m" (Const 0.0) (beta2 * m + (1.0 - beta2) * g) ]
            Gradient = Unary(Signum, beta1 * m + (1.0 - beta1) * g)
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "share of the mean in the step's sign, in [0, 1)" _.Beta1 (fun x o ->
                { o with Beta1 = x })
            Row.number "beta2" "decay rate of the mean gradient, in [0, 1)" _.Beta2 (fun x o -> { o with Beta2 = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "Lion"
            Source = "Chen et al., NeurIPS 2023, algorithm 2"
            LearningRate = 1e-4
            Decay = Decoupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
