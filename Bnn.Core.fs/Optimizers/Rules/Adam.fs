namespace Bnn

/// Adam's scaling of the gradient.
///
/// m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) g^2;
/// u = (m' / (1 - beta1^t)) / (sqrt(v') / sqrt(1 - beta2^t) + epsilon).
/// AMSGrad: x' = max(x, v') takes the place of v' in u.
///
/// Source: Kingma and Ba, "Adam" (ICLR 2015), algorithm 1; AMSGrad: Reddi et al., "On the Convergence of Adam and Beyond"
/// (ICLR 2018), algorithm 2, with torch.optim's bias correction. A dead binary weight sees tiny gradients; dividing by
/// sqrt(v') makes its step as large as any other's, which is the paper's reason why Adam trains binary networks better
/// ("How Do Adam and Training Strategies Help BNNs Optimization?", section 4).
[<EditorBrowsable(Never)>]
module Adam =
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
            [<Option(false, "divide by the largest mean square so far")>]
            AmsGrad: bool
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, v, x = Expr.slot "m", Expr.slot "v", Expr.slot "x"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = beta2 * v + (1.0 - beta2) * (g * g)
        let x' = Expr.maximum x v'
        let mean = m' / (1.0 - beta1 ** t)

        let deviation = sqrt (if o.AmsGrad then x' else v') / sqrt (1.0 - beta2 ** t)

        let slot name next = Slot.perWeight name (Const 0.0) next

        { Rule.identity with
            Slots = [ slot "m" m'; slot "v" v' ] @ (if o.AmsGrad then [ slot "x" x' ] else [])
            Gradient = mean / (deviation + Const o.Epsilon)
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "Adam"
            Source = "Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Coupled
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
        }

    /// AdamW: the same transform, whose weight decay is decoupled (Loshchilov and Hutter, ICLR 2019, algorithm 2).
    let decoupledRow =
        { row with
            Name = "AdamW"
            Source = "Loshchilov and Hutter, ICLR 2019, algorithm 2"
            Decay = WeightDecayKind.Decoupled
        }
