namespace Bnn

/// Scales of binary weights. A scale is a number for each output channel, as a formula over x; what becomes of it in
/// the derivative is a choice of its own: `valueOnly`, `detached` or `attached`. No scale at all is the binarizer itself.
[<EditorBrowsable(Never)>]
module Scale =
    let private x = Binarizer.x
    let private number scale = Surrogate(scale, Const 0.0)

    let private with' name formula evaluation (binarizer: Binarizer) =
        { binarizer with
            Name = $"{binarizer.Name}, {name}"
            Formula = formula
            Evaluation = evaluation
        }

    /// What a channel's scale is the mean of: |x| (XNOR-Net, Rastegari et al., ECCV 2016, equation 6). Detached: a number, not
    /// part of any derivative.
    let meanMagnitude = abs x

    /// mean |x| over each channel, or over the whole tensor: of all numbers, alpha sign(x) is closest to x with this alpha
    /// (XNOR-Net, Rastegari et al., ECCV 2016, equation 6).
    let mean over = Expr.mean over (abs x)

    /// The mean of |x| over those beyond the threshold of `Binarizer.ternary`; 0 where there are none. Of all numbers, alpha times
    /// the ternary values is closest to x with this alpha (Li et al., "Ternary weight networks", 2016, arXiv 1605.04711).
    let ternary over =
        let beyond e =
            Expr.ifLessOrEqual (abs x) (Binarizer.ternaryThreshold over) (Const 0.0) e

        Expr.sum over (beyond (abs x))
        / Expr.maximum (Expr.sum over (beyond (Const 1.0))) (Const 1.0)

    /// round(log2 scale): by how many bits to shift in place of a multiplication (IR-Net, Qin et al., CVPR 2020, section 3.2).
    /// Halves go to the even number.
    let shiftExponent scale =
        Unary(Round, log scale / log (Const 2.0))

    /// 2^round(log2 scale): the power of two nearest to it in ratio; 0 stays 0.
    let powerOfTwo scale = Const 2.0 ** shiftExponent scale

    /// scale b in the value, the derivative of b alone: what the paper's code does. Adam hides the difference, SGD does
    /// not.
    let valueOnly scale (binarizer: Binarizer) =
        with'
            "scaled in the value"
            (Surrogate(scale * binarizer.Formula, binarizer.Formula))
            (scale * binarizer.Evaluation)
            binarizer

    /// scale b, and scale b' for the derivative: the scale counts as a number.
    let detached scale (binarizer: Binarizer) =
        with' "scaled, detached" (number scale * binarizer.Formula) (scale * binarizer.Evaluation) binarizer

    /// scale b with its whole derivative: a weight also changes its channel's scale, so the gradient of weight j is
    /// dy_j scale b'(x_j) + sum_i (dy_i b(x_i)) dscale/dx_j.
    let attached scale (binarizer: Binarizer) =
        with' "scaled, attached" (scale * binarizer.Formula) (scale * binarizer.Evaluation) binarizer

    /// mean |x| b with the derivative 1 / n + mean |x| b' (XNOR-Net, Rastegari et al., ECCV 2016, section 3.1), n the numbers of a
    /// channel. The paper leaves out what a weight's change of the scale does to the channel's other weights: `attached` has it.
    let xnorNet (binarizer: Binarizer) =
        let scale = mean Channel

        with'
            "XNOR-Net's scale"
            (Surrogate(scale * binarizer.Formula, x / Expr.sum Channel (Const 1.0) + number scale * binarizer.Formula))
            (scale * binarizer.Evaluation)
            binarizer

    /// Bi-Real Net's magnitude-aware binarization: mean |x| sign(x) with the derivative mean |x| for |x| <= 1, else 0, so that a
    /// channel's gradient grows with its weights (Liu et al., ECCV 2018, section 3.3). The mean is over each channel, as in its code; the
    /// paper writes it over the layer. The paper drops the factor after training, where batch norm makes up for it.
    let magnitudeAware =
        { detached (mean Channel) Binarizer.clip with
            Name = "magnitude-aware sign"
        }

    /// The learned number of a channel that `learned` multiplies by.
    let factor = Input("scale", PerChannel)

    /// A scale that is learned for each channel, whatever the weights are: scale b; its gradient is the channel's sum of dy b
    /// (Bulat and Tzimiropoulos, "XNOR-Net++", BMVC 2019). It starts at mean |x|, or at 1.
    let learned (binarizer: Binarizer) =
        { with' "learned scale" (factor * binarizer.Formula) (factor * binarizer.Evaluation) binarizer with
            Parameters = List.distinct (binarizer.Parameters @ [ "scale" ])
        }

    /// (x - mean x) / std x over each channel, with its whole derivative; std with n - 1 in the denominator, as in IR-Net's code,
    /// and at least 1e-12, so that a channel of equal numbers gives 0.
    let standardize =
        // of larger numbers the squares would be infinite in float32, and the derivative NaN
        let centred =
            Expr.maximum (Const -1e18) (Expr.minimum (Const 1e18) (x - Expr.mean Channel x))

        let count = Expr.maximum (Expr.sum Channel (Const 1.0) - 1.0) (Const 1.0)
        let variance = Expr.sum Channel (centred * centred) / count
        centred / sqrt (Expr.maximum variance (Const 1e-24))

    /// The binarizer of weights that are standardized first: as many above 0 as below, about, in each channel.
    let standardized (binarizer: Binarizer) =
        let formula = Binarizer.at standardize binarizer
        with' "of standardized weights" formula.Formula formula.Evaluation binarizer

    /// IR-Net's weights: 2^s b(z), z the standardized weights, s = round(log2 mean |z|) for each channel; 2^s counts as a number in
    /// the derivative, which goes back through the standardization (Libra-PB; Qin et al., CVPR 2020, section 3.2). b is usually
    /// `Binarizer.ede`.
    let irNet (binarizer: Binarizer) =
        let scale = powerOfTwo (Expr.mean Channel (abs standardize))

        { detached scale (standardized binarizer) with
            Name = $"{binarizer.Name}, IR-Net's weights"
        }
