namespace Bnn

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
[<EditorBrowsable(Never)>]
module NAdam =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta1: float
            [<Option(0.999, OptionRange.DecayRate, "decay rate of the mean squared gradient")>]
            Beta2: float
            [<Option(1e-8,
                     OptionRange.NotNegative,
                     "added to the root, so that a weight that has never seen a gradient stays a number")>]
            Epsilon: float
            [<Option(4e-3, OptionRange.NotNegative, "how fast the momentum grows from beta1 / 2 to beta1")>]
            MomentumDecay: float
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

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

        { Rule.identity with
            Slots =
                [
                    Slot.perWeight "m" (Const 0.0) m'
                    Slot.perWeight "v" (Const 0.0) v'
                    Slot.once "product" (Const 1.0) product'
                ]
            Gradient = mean / (sqrt (v' / (1.0 - beta2 ** t)) + Const o.Epsilon)
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "NAdam"
            Source = "Dozat, ICLR workshop 2016, algorithm 2, as torch.optim.NAdam documents it"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }
