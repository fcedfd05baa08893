namespace Bnn.Core

/// Adam with Nesterov's momentum, whose share grows with the steps.
///
/// mu(t) = beta1 (1 - 0.96^(t momentumDecay) / 2);   p' = p mu(t), p = 1 at first;
/// m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) g^2;
/// u = (mu(t + 1) m' / (1 - p' mu(t + 1)) + (1 - mu(t)) g / (1 - p')) / (sqrt(v' / (1 - beta2^t)) + epsilon).
///
/// Source: Dozat, "Incorporating Nesterov Momentum into Adam" (ICLR workshop 2016), algorithm 2. Departure from it, after the
/// algorithm that torch.optim.NAdam documents: m decays by beta1, not by mu(t). Torch itself keeps p in float32, and its loop
/// over single tensors in 1.13 multiplies by mu(t) twice in the first quotient; here p is a float64 and enters as documented.
/// float32 serves for gradients from 1e-17 to 1e19: the share of a square that enters v is a normal number.
module NAdam =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Beta1: float
            /// Decay rate of the mean of the squared gradients, in [0, 1); default 0.999.
            Beta2: float
            /// Keeps the quotient finite, at least 0; default 1e-8. With 0 a weight that has never seen a gradient becomes NaN.
            Epsilon: float
            /// How fast mu grows from beta1 / 2 to beta1, at least 0; default 0.004. With 0 it stays at beta1 / 2.
            MomentumDecay: float
        }

    let defaults =
        {
            Beta1 = 0.9
            Beta2 = 0.999
            Epsilon = 1e-8
            MomentumDecay = 4e-3
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "beta1" o.Beta1
            Fault.decayRate "beta2" o.Beta2
            Fault.notNegative "epsilon" o.Epsilon
            Fault.notNegative "momentumDecay" o.MomentumDecay
        ]
        |> List.concat

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, v = Expr.slot "m", Expr.slot "v"
        let product = Expr.slotOnce "product"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2

        let momentum t =
            beta1 * (1.0 - 0.5 * Const 0.96 ** (t * Const o.MomentumDecay))

        let mu, ahead = momentum t, momentum (t + 1.0)
        let product' = product * mu
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = beta2 * v + (1.0 - beta2) * (g * g)

        let mean = ahead * m' / (1.0 - product' * ahead) + (1.0 - mu) * g / (1.0 - product')

        {
            Slots =
                [
                    Slot.perWeight "m" (Const 0.0) m'
                    Slot.perWeight "v" (Const 0.0) v'
                    Slot.once "product" (Const 1.0) product'
                ]
            Gradient = mean / (sqrt (v' / (1.0 - beta2 ** t)) + Const o.Epsilon)
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "decay rate of the mean squared gradient, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
            Row.number
                "momentumDecay"
                "how fast the momentum grows from beta1 / 2 to beta1, at least 0"
                _.MomentumDecay
                (fun x o -> { o with MomentumDecay = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "NAdam"
            Source = "Dozat, ICLR workshop 2016, algorithm 2, as torch.optim.NAdam documents it"
            LearningRate = 2e-3
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
