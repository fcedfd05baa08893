namespace Bnn

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
[<EditorBrowsable(Never)>]
module AdaBelief =
    type Options =
        {
            [<Option(0.9, OptionRange.DecayRate, "decay rate of the mean gradient")>]
            Beta1: float
            [<Option(0.999, OptionRange.DecayRate, "decay rate of the mean squared surprise")>]
            Beta2: float
            [<Option(1e-16, OptionRange.NotNegative, "added to the mean square and to its root")>]
            Epsilon: float
            [<Option(false, "divide by the largest mean square so far; not where rectified")>]
            AmsGrad: bool
            [<Option(false, "scale the steps by how far the mean square can be trusted")>]
            Rectify: bool
            [<Option(true, "with rectify: step by the mean gradient until the mean square can be trusted, else wait")>]
            DegenerateToSgd: bool
        }

    let defaults: Options = Options.defaults ()

    /// All options that are out of range.
    let validate (o: Options) = Options.faults o

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

        { Rule.identity with
            Slots = [ slot "m" m'; slot "s" s' ] @ (if keepsLargest then [ slot "x" x' ] else [])
            Gradient = gradient
        }

    /// The catalogue's row.
    let row =
        { OptimizerRow.create validate rule with
            Name = "AdaBelief"
            Source = "Zhuang et al., NeurIPS 2020, algorithm 2, as adabelief_pytorch 0.2"
            LearningRate = 1e-2
            Decay = WeightDecayKind.Decoupled
            Laws = [ Still; Odd; Bounded ]
        }
