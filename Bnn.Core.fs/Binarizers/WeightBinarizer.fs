namespace Bnn

/// What tells all of a weight, after training.
[<RequireQualifiedAccess; EditorBrowsable(Never)>]
type SignStorage =
    /// Its sign, and mean |w| of its output channel.
    | MeanMagnitude
    /// Its sign alone.
    | Sign
    /// Nothing less than the latent weight.
    | Latent

/// Binarizers of weights with their usual scales, all by output channel.
[<EditorBrowsable(Never)>]
module WeightBinarizer =
    let private mean = Scale.mean Channel

    [<Entry("mean |w| sign(w), the scale not in the derivative", "the code of Liu et al., ICML 2021")>]
    let valueOnly = Scale.valueOnly mean Binarizer.clip

    [<Entry("mean |w| sign(w); derivative mean |w| for |w| at most 1", "Liu et al., ECCV 2018, section 3.3")>]
    let magnitudeAware = Scale.magnitudeAware

    [<Entry("mean |w| sign(w) with its whole derivative", "the product rule")>]
    let attached = Scale.attached mean Binarizer.clip

    [<Entry("mean |w| sign(w); derivative 1 / n + mean |w| clip'", "Rastegari et al., ECCV 2016, section 3.1")>]
    let xnorNet = Scale.xnorNet Binarizer.clip

    [<Entry("A scale that is learned for each channel", "Bulat and Tzimiropoulos, BMVC 2019")>]
    let learned = Scale.learned Binarizer.clip

    [<Entry("sign of the standardized weights", "Qin et al., CVPR 2020, section 3.2")>]
    let standardized = Scale.standardized Binarizer.clip

    [<Entry("IR-Net's: standardized, scaled by a power of two, with its error decay estimator",
            "Qin et al., CVPR 2020, sections 3.2 and 3.3")>]
    let irNet = Scale.irNet (Binarizer.ede Binarizer.edeSharpness)

    [<Entry("-1, 0 and +1 times the mean magnitude of those that are not 0", "Li et al., 2016, arXiv 1605.04711")>]
    let ternary = Scale.valueOnly (Scale.ternary Channel) (Binarizer.ternary Channel)

    /// What must be stored of weights that this binarizer makes, to have the same values again. The value may read the weight through its
    /// sign, and mean |w| as its factor.
    let storage (binarizer: Binarizer) =
        let value =
            binarizer.Evaluation
            |> Expr.rewrite (function
                | Surrogate(value, _) -> value
                | Unary(SignPlus, inner) when inner = Binarizer.x -> Expr.uniform "sign"
                | other -> other)

        let readsWeight e =
            Expr.leaves e |> List.contains Binarizer.x

        match value with
        | value when not (readsWeight value) -> SignStorage.Sign
        | Binary(Mul, scale, sign) when scale = mean && not (readsWeight sign) -> SignStorage.MeanMagnitude
        | _ -> SignStorage.Latent
