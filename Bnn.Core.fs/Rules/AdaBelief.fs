namespace Bnn.Core

/// Adam whose step is large where the gradient is what its mean foretold, small where it is not.
///
/// m' = beta1 m + (1 - beta1) g;   s' = beta2 s + (1 - beta2) (g - m')^2 + epsilon;
/// u = (m' / (1 - beta1^t)) / (sqrt(s') / sqrt(1 - beta2^t) + epsilon).
/// AMSGrad: x' = max(x, s') takes the place of s' in u.
/// Rectified, with rho(t) and r(t) as in `Rectification`:
/// where rho(t) >= 5: u = (m' / (1 - beta1^t)) r(t) sqrt(1 - beta2^t) / (sqrt(s') + epsilon);
/// before that:       u = m' / (1 - beta1^t), or 0.
///
/// Source: Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients" (NeurIPS 2020),
/// algorithm 2, which has both epsilons. AMSGrad and rectification are the authors' package's, adabelief_pytorch 0.2:
/// rectification adds the second epsilon before the bias is corrected, has the bound 5 instead of 4, and ignores AMSGrad.
/// The package rectifies unless told otherwise; the paper's algorithm and this default do not. Epsilon stands in s', so
/// float32 serves for all gradients up to 1e19.
module AdaBelief =
    type Options =
        {
            /// Decay rate of the mean of the gradients, in [0, 1); default 0.9.
            Beta1: float
            /// Decay rate of the mean of the squared surprises, in [0, 1); default 0.999.
            Beta2: float
            /// Added to s at every step and to its root, at least 0; default 1e-16. With 0 a weight whose gradient is always
            /// what its mean foretold becomes NaN or infinite.
            Epsilon: float
            /// Divide by the largest s' so far; without effect where `Rectify` is on. Default false.
            AmsGrad: bool
            /// Scale the steps by how far s' can be trusted. Default false.
            Rectify: bool
            /// While s' cannot be trusted, step by the mean gradient alone; else do not step at all. Only where `Rectify` is
            /// on. Default true.
            DegenerateToSgd: bool
        }

    let defaults =
        {
            Beta1 = 0.9
            Beta2 = 0.999
            Epsilon = 1e-16
            AmsGrad = false
            Rectify = false
            DegenerateToSgd = true
        }

    /// All options that are out of range.
    let validate (o: Options) =
        [
            Fault.decayRate "beta1" o.Beta1
            Fault.decayRate "beta2" o.Beta2
            Fault.notNegative "epsilon" o.Epsilon
        ]
        |> List.concat

    /// What the mean gradient is multiplied by and divided by, from the mean of squares s'.
    let private rectified (o: Options) beta2 s' =
        let whenTrusted x y =
            Expr.ifLessOrEqual (Const 5.0) (Rectification.length beta2) x y

        let meanwhile = Const(if o.DegenerateToSgd then 1.0 else 0.0)

        whenTrusted (Rectification.factor beta2 * sqrt (1.0 - beta2 ** Expr.time)) meanwhile,
        whenTrusted (sqrt s' + Const o.Epsilon) (Const 1.0)

    /// The rule; chain `Rule.descend` after it.
    let rule (o: Options) =
        let g, t = Expr.gradient, Expr.time
        let m, s, x = Expr.slot "m", Expr.slot "s", Expr.slot "x"
        let beta1, beta2 = Const o.Beta1, Const o.Beta2
        let m' = beta1 * m + (1.0 - beta1) * g
        let surprise = g - m'
        let s' = beta2 * s + (1.0 - beta2) * (surprise * surprise) + Const o.Epsilon
        let x' = Expr.maximum x s'
        let mean = m' / (1.0 - beta1 ** t)
        let keepsLargest = o.AmsGrad && not o.Rectify

        let gradient =
            if o.Rectify then
                let scale, divisor = rectified o beta2 s'
                mean * scale / divisor
            else
                let deviation = sqrt (if keepsLargest then x' else s') / sqrt (1.0 - beta2 ** t)
                mean / (deviation + Const o.Epsilon)

        let slot name next = Slot.perWeight name (Const 0.0) next

        {
            Slots = [ slot "m" m'; slot "s" s' ] @ (if keepsLargest then [ slot "x" x' ] else [])
            Gradient = gradient
            Weight = Expr.weight
        }

    /// How the options are named in the catalogue.
    let fields =
        [
            Row.number "beta1" "decay rate of the mean gradient, in [0, 1)" _.Beta1 (fun x o -> { o with Beta1 = x })
            Row.number "beta2" "decay rate of the mean squared surprise, in [0, 1)" _.Beta2 (fun x o ->
                { o with Beta2 = x })
            Row.number "epsilon" "added to the mean square and to its root, at least 0" _.Epsilon (fun x o ->
                { o with Epsilon = x })
            Row.flag "amsGrad" "divide by the largest mean square so far; not where rectified" _.AmsGrad (fun x o ->
                { o with AmsGrad = x })
            Row.flag "rectify" "scale the steps by how far the mean square can be trusted" _.Rectify (fun x o ->
                { o with Rectify = x })
            Row.flag
                "degenerateToSgd"
                "with rectify: step by the mean gradient until the mean square can be trusted, else wait"
                _.DegenerateToSgd
                (fun x o -> { o with DegenerateToSgd = x })
        ]

    /// The catalogue's row.
    let row =
        {
            Name = "AdaBelief"
            Source = "Zhuang et al., NeurIPS 2020, algorithm 2, as adabelief_pytorch 0.2"
            LearningRate = 1e-3
            Decay = Decoupled
            IsForBinaryWeights = false
            Laws = [ Still; Odd; Bounded ]
            Options = Row.options fields defaults
            Make = Row.make fields defaults validate rule
        }
