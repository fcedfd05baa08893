namespace Bnn.Core

/// Adam whose mean of squares moves towards the squared gradient by a share of that alone, not of itself: it forgets a
/// large gradient slowly.
///
/// m' = beta1 m + (1 - beta1) g;   v' = v - (1 - beta2) sign(v - g^2) g^2, sign(0) = 0;
/// u = (m' / (1 - beta1^t)) / (sqrt(v') / sqrt(1 - beta2^t) + epsilon).   AdamD: u = m' / (...), the mean as it is.
///
/// Source: Zaheer et al., "Adaptive Methods for Nonconvex Optimization" (NeurIPS 2018), algorithm 2; AdamD: St John,
/// "AdamD" (2021). Departures from the first, after kozistr/pytorch_optimizer: both biases are corrected, as if m and v
/// started at 0; both start at `InitialAccumulator` instead, so that without any gradient weights move at first. The paper's
/// algorithm corrects none. float32 serves for gradients up to 1e19.
module Yogi =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Beta1: float
            /// 1 less the share of a squared gradient by which v moves, in [0, 1); default 0.999.
            Beta2: float
            /// Keeps the quotient finite, at least 0; default 1e-3.
            Epsilon: float
            /// Where m and v start, at least 0; default 1e-6.
            InitialAccumulator: float
            /// Do not correct the mean's bias, only that of the deviation. Default false.
            AdamD: bool
        }

    let defaults =
        {
            Beta1 = 0.9
            Beta2 = 0.999
            Epsilon = 1e-3
            InitialAccumulator = 1e-6
            AdamD = false
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "beta1" o.Beta1
            Fault.decayRate "beta2" o.Beta2
            Fault.notNegative "epsilon" o.Epsilon
            Fault.notNegative "initialAccumulator" o.InitialAccumulator
        ]
        |> List.concat

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, v = Expr.slot "m", Expr.slot "v"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let square = g * g
        let m' = beta1 * m + (1.0 - beta1) * g
        let v' = v - (1.0 - beta2) * Unary(Signum, v - square) * square
        let mean = if o.AdamD then m' else m' / (1.0 - beta1 ** t)

        let slot name next =
            Slot.perWeight name (Const o.InitialAccumulator) next

        {
            Slots = [ slot "m" m'; slot "v" v' ]
            Gradient = mean / (sqrt v' / sqrt (1.0 - beta2 ** t) + Const o.Epsilon)
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "1 less the share by which the mean square moves, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "epsilon" "added to the root, at least 0" _.Epsilon (fun x o -> { o with Epsilon = x })
            Row.number "initialAccumulator" "where both means start, at least 0" _.InitialAccumulator (fun x o ->
                { o with InitialAccumulator = x })
            Row.flag "adamD" "leave the mean gradient's bias uncorrected" _.AdamD (fun x o -> { o with AdamD = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "Yogi"
            Source = "Zaheer et al., NeurIPS 2018, algorithm 2, as kozistr/pytorch_optimizer"
            LearningRate = 1e-2
            Decay = Decoupled
            IsForBinaryWeights = false
            Laws = [ ScaleInvariant; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
