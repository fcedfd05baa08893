namespace Bnn.Core

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
module Adam =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Beta1: float
            /// Decay rate of the mean of the squared gradients, in [0, 1); default 0.999.
            Beta2: float
            /// Keeps the quotient finite, at least 0; default 1e-8. With 0 a weight that has never seen a gradient becomes NaN.
            Epsilon: float
            /// Divide by the largest v' so far. Default false.
            AmsGrad: bool
        }

    let defaults =
        {
            Beta1 = 0.9
            Beta2 = 0.999
            Epsilon = 1e-8
            AmsGrad = false
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
        let m, v, x = Expr.slot "m", Expr.slot "v", Expr.slot "x"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = beta2 * v + (1.0 - beta2) * (g * g)
        let x' = Expr.maximum x v'
        let mean = m' / (1.0 - beta1 ** t)

        let deviation = sqrt (if o.AmsGrad then x' else v') / sqrt (1.0 - beta2 ** t)

        let slot name next = Slot.perWeight name (Const 0.0) next

        {
            Slots = [ slot "m" m'; slot "v" v' ] @ (if o.AmsGrad then [ slot "x" x' ] else [])
            Gradient = mean / (deviation + Const o.Epsilon)
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "decay rate of the mean squared gradient, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
            Row.flag "amsGrad" "divide by the largest mean square so far" _.AmsGrad (fun x o -> { o with AmsGrad = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "Adam"
            Source = "Kingma and Ba, ICLR 2015, algorithm 1; AMSGrad: Reddi et al., ICLR 2018, algorithm 2"
            LearningRate = 1e-2
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }

    /// AdamW: the same transform, whose weight decay is decoupled (Loshchilov and Hutter, ICLR 2019, algorithm 2).
    let decoupledRow =
        { row with
            Name = "AdamW"
            Source = "Loshchilov and Hutter, ICLR 2019, algorithm 2"
            Decay = Decoupled
        }
