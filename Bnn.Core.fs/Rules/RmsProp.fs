namespace Bnn.Core

/// The gradient over the root of its mean square, centered and with momentum if wanted.
///
/// v' = alpha v + (1 - alpha) g^2;   u = g / (sqrt(v') + epsilon).
/// Centered: m' = alpha m + (1 - alpha) g, and the variance max(v' - m'^2, 0) takes the place of v' in u.
/// Momentum: b' = momentum b + u takes the place of u.
///
/// Source: Tieleman and Hinton, "Neural Networks for Machine Learning" (2012), lecture 6.5; centered, with momentum: Graves,
/// "Generating Sequences With Recurrent Neural Networks" (arXiv 1308.0850, 2013), equations 38 to 41. The formula is
/// torch.optim.RMSprop's, which departs from Graves: epsilon is added to the root instead of under it, and the learning
/// rate multiplies the buffer instead of what enters it. Departure from torch: where rounding makes the variance negative
/// it is 0 here and NaN there.
/// float32: gradients from 1e-19 to 1e19.
module RmsProp =
    type Options =
        {
            /// Decay rate of the mean square, in [0, 1); default 0.99.
            Alpha: float
            /// Keeps the quotient finite, at least 0; default 1e-8. With 0 a weight that has never seen a gradient becomes NaN.
            Epsilon: float
            /// Share of the buffer that a step keeps, in [0, 1); default 0: no buffer.
            Momentum: float
            /// Divide by the deviation from the mean gradient. Default false.
            Centered: bool
        }

    let defaults =
        {
            Alpha = 0.99
            Epsilon = 1e-8
            Momentum = 0.0
            Centered = false
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "alpha" o.Alpha
            Fault.notNegative "epsilon" o.Epsilon
            Fault.decayRate "momentum" o.Momentum
        ]
        |> List.concat

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g = Expr.gradient
        let v, m, b = Expr.slot "v", Expr.slot "m", Expr.slot "b"
        let alpha = Const o.Alpha
        let v' = alpha * v + (1.0 - alpha) * g * g
        let m' = alpha * m + (1.0 - alpha) * g

        let square =
            if o.Centered then
                Expr.maximum (v' - m' * m') (Const 0.0)
            else
                v'

        let u = g / (sqrt square + Const o.Epsilon)
        let b' = Const o.Momentum * b + u
        let slot name next = Slot.perWeight name (Const 0.0) next

        {
            Slots =
                [
                    slot "v" v'
                    if o.Centered then
                        slot "m" m'
                    if o.Momentum > 0.0 then
                        slot "b" b'
                ]
            Gradient = if o.Momentum > 0.0 then b' else u
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "alpha" "decay rate of the mean square, in [0, 1)" _.Alpha (fun x o -> { o with Alpha = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
            Row.number "momentum" "share of the buffer that a step keeps, in [0, 1)" _.Momentum (fun x o ->
                { o with Momentum = x })
            Row.flag "centered" "divide by the deviation from the mean gradient" _.Centered (fun x o ->
                { o with Centered = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "RMSProp"
            Source = "Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, equations 38 to 41"
            LearningRate = 1e-2
            Decay = Coupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
