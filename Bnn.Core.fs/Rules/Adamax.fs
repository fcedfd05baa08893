namespace Bnn.Core

/// Adam with the largest gradient in place of the root of the mean square.
///
/// m' = beta1 m + (1 - beta1) g;   u' = max(beta2 u, |g| + epsilon);   the gradient becomes (m' / (1 - beta1^t)) / u'.
///
/// Source: Kingma and Ba, "Adam" (ICLR 2015), algorithm 2. Departure from it, after torch.optim.Adamax: epsilon is added to
/// the magnitude before the maximum is taken; the paper has none. Nothing is squared, so float32 serves for gradients from
/// 1e-36 to 1e37.
module Adamax =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Beta1: float
            /// Decay rate of the largest magnitude, in [0, 1); default 0.999.
            Beta2: float
            /// Added to the magnitude of each gradient, at least 0; default 1e-8. With 0 a weight that has never seen a
            /// gradient becomes NaN.
            Epsilon: float
        }

    let defaults =
        {
            Beta1 = 0.9
            Beta2 = 0.999
            Epsilon = 1e-8
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "beta1" o.Beta1
            Fault.decayRate "beta2" o.Beta2
            Fault.notNegative "epsilon" o.Epsilon
        ]
        |> List.concat

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, u = Expr.slot "m", Expr.slot "u"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let u' = Expr.maximum (beta2 * u) (abs g + Const o.Epsilon)

        {
            Slots = [ Slot.perWeight "m" (Const 0.0) m'; Slot.perWeight "u" (Const 0.0) u' ]
            Gradient = m' / (1.0 - beta1 ** t) / u'
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "decay rate of the largest magnitude, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "epsilon" "added to each magnitude, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "Adamax"
            Source = "Kingma and Ba, ICLR 2015, algorithm 2, as torch.optim.Adamax"
            LearningRate = 2e-3
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
