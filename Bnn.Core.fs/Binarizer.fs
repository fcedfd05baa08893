namespace Bnn.Core

/// A function from real numbers to two values, with a surrogate for its derivative, over the input `Binarizer.x`.
type Binarizer = { Name: string; Formula: Expr }

module Binarizer =
    /// What is binarized: a latent weight or an activation.
    let x = Input("x", PerWeight)

    /// The scale of a row (an output channel): `Scale.meanMagnitude` or another number, the same for the whole row.
    let alpha = Input("alpha", PerRow)

    let private signWith name carrier =
        {
            Name = name
            Formula = Surrogate(Unary(SignPlus, x), carrier)
        }

    /// sign(x), +1 at 0; derivative 1 everywhere (Bengio et al., 2013, arXiv 1308.3432).
    let identity = signWith "sign, identity surrogate" x

    /// sign(x), +1 at 0; derivative 1 for |x| <= 1, else 0: that of clip(-1, x, 1) (the paper's text, equation 2).
    let clip =
        signWith "sign, clip surrogate" (Expr.ifLessOrEqual (abs x) (Const 1.0) x (Unary(Signum, x)))

    /// sign(x), +1 at 0; derivative max(0, 2 - 2|x|) (Bi-Real Net, Liu et al., ECCV 2018, equation 5; what the paper's code
    /// does for activations).
    let approxSign =
        signWith
            "sign, ApproxSign surrogate"
            (Expr.ifLessOrEqual (abs x) (Const 1.0) (2.0 * x - x * abs x) (Unary(Signum, x)))

    /// alpha times the binarizer. The scale is in the value only, not in the derivative: that is how the paper's code
    /// defines it, and Adam hides the difference while SGD does not.
    let scaled (binarizer: Binarizer) =
        {
            Name = binarizer.Name + ", scaled"
            Formula = Surrogate(alpha * binarizer.Formula, binarizer.Formula)
        }

/// Scales of binary weights.
module Scale =
    /// What a row's scale is the mean of: |x| (XNOR-Net, Rastegari et al., ECCV 2016, equation 6). Detached: a number, not
    /// part of any derivative.
    let meanMagnitude = abs Binarizer.x
