namespace Bnn.Core

/// Adam that waits until its mean of squares can be trusted, and then trusts it by degrees.
///
/// m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) g^2;   rho(t) and r(t) as in `Rectification`;
/// where rho(t) > 5: u = (m' / (1 - beta1^t)) r(t) sqrt(1 - beta2^t) / (sqrt(v') + epsilon);
/// before that:      u = m' / (1 - beta1^t).
///
/// Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (ICLR 2020), algorithm 2. Departures from
/// it, after torch.optim.RAdam: the bound is 5 instead of 4, and epsilon, which the paper lacks, is added to sqrt(v') before
/// the correction of its bias. Where beta2 is at most 2/3, rho never gets above 5. float32 serves for gradients from 1e-17
/// to 1e19: the share of a square that enters v is a normal number.
module RAdam =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Beta1: float
            /// Decay rate of the mean of the squared gradients, in [0, 1); default 0.999: rectified from the 6th step on.
            Beta2: float
            /// Keeps the quotient finite, at least 0; default 1e-8. With 0 a weight that has never seen a gradient becomes NaN.
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
        let m, v = Expr.slot "m", Expr.slot "v"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = beta2 * v + (1.0 - beta2) * (g * g)

        let whenTrusted x y =
            Expr.ifLess (Const 5.0) (Rectification.length beta2) x y

        let scale =
            whenTrusted (Rectification.factor beta2 * sqrt (1.0 - beta2 ** t)) (Const 1.0)

        let divisor = whenTrusted (sqrt v' + Const o.Epsilon) (Const 1.0)

        {
            Slots = [ Slot.perWeight "m" (Const 0.0) m'; Slot.perWeight "v" (Const 0.0) v' ]
            Gradient = m' / (1.0 - beta1 ** t) * scale / divisor
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "decay rate of the mean squared gradient, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "RAdam"
            Source = "Liu et al., ICLR 2020, algorithm 2, as torch.optim.RAdam"
            LearningRate = 1e-3
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
