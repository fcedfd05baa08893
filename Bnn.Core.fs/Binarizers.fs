namespace Bnn.Core

/// The binarizers by name, with their options at standard values. Those whose width changes in training have it as a number
/// here; the functions of `Binarizer` take any schedule.
module Binarizers =
    let private fixed' name source binarizer =
        Entry.create name source [] (fun _ -> []) (fun _ -> binarizer)

    let private positive name (get: string -> float) = Fault.positive name (get name)

    let private ofBits name source make =
        Entry.create name source [ "bits", 2.0 ] (fun get -> Entry.whole 1 16 "bits" (get "bits")) (fun get ->
            make (int (get "bits")))

    /// Signs and what else there is for activations and, with a scale, for weights.
    let all: Entry<Binarizer> list =
        [
            fixed' "none" "no binarizer" Binarizer.none
            fixed' "identity" "Bengio et al., 2013, arXiv 1308.3432" Binarizer.identity
            fixed' "clip" "Liu et al., ICML 2021, equation 2" Binarizer.clip
            fixed' "approxSign" "Liu et al., ECCV 2018, equation 5" Binarizer.approxSign

            Entry.create
                "swishSign"
                "Darabi et al., 2018, arXiv 1812.11800"
                [ "beta", 5.0 ]
                (positive "beta")
                (fun get -> Binarizer.swishSign (Const(get "beta")))

            Entry.create "tanhSign" "Cao et al., ICCV 2017" [ "width", 1.0 ] (positive "width") (fun get ->
                Binarizer.tanhSign (Const(get "width")))

            Entry.create
                "ede"
                "Qin et al., CVPR 2020, section 3.3"
                [ "sharpness", 1.0 ]
                (positive "sharpness")
                (fun get -> Binarizer.ede (Const(get "sharpness")))

            fixed'
                "scheduledEde"
                "Qin et al., CVPR 2020, section 3.3, from 0.1 to 10 over the stage"
                (Binarizer.ede Binarizer.edeSharpness)

            Entry.create
                "progressiveSign"
                "bitorch's ProgressiveSign"
                [ "alpha", 4.0; "beta", 10.0; "progress", 0.0 ]
                (fun get ->
                    Fault.positive "alpha" (get "alpha")
                    @ Fault.notNegative "beta" (get "beta")
                    @ Fault.share "progress" (get "progress"))
                (fun get -> Binarizer.progressiveSign (get "alpha") (get "beta") (Const(get "progress")))

            fixed'
                "stochasticSign"
                "Courbariaux et al., 2016, arXiv 1602.02830, equations 2 to 4"
                Binarizer.stochasticSign
            fixed' "heaviside" "0 and 1 in place of -1 and +1" (Binarizer.heaviside Binarizer.clip)
            fixed' "negativeAtZero" "bitorch's SteHeaviside" Binarizer.negativeAtZero
            fixed' "ternary" "Li et al., 2016, arXiv 1605.04711" (Binarizer.ternary Row)
            ofBits "dorefaInput" "Zhou et al., 2016, arXiv 1606.06160, equation 5" Binarizer.dorefaInput
            ofBits "dorefaWeight" "Zhou et al., 2016, arXiv 1606.06160, equation 9" Binarizer.dorefaWeight
        ]

    /// Weights with their scales.
    let scaled: Entry<Binarizer> list =
        [
            fixed' "valueOnly" "the code of Liu et al., ICML 2021" (Scale.valueOnly (Scale.mean Row) Binarizer.clip)
            fixed' "magnitudeAware" "Liu et al., ECCV 2018, section 3.3" Scale.magnitudeAware
            fixed'
                "attached"
                "the whole derivative of mean |x| sign(x)"
                (Scale.attached (Scale.mean Row) Binarizer.clip)
            fixed' "xnorNet" "Rastegari et al., ECCV 2016, section 3.1" (Scale.xnorNet Binarizer.clip)
            fixed' "learned" "Bulat and Tzimiropoulos, BMVC 2019" (Scale.learned Binarizer.clip)
            fixed' "standardized" "Qin et al., CVPR 2020, section 3.2" (Scale.standardized Binarizer.clip)

            fixed'
                "irNet"
                "Qin et al., CVPR 2020, sections 3.2 and 3.3"
                (Scale.irNet (Binarizer.ede Binarizer.edeSharpness))

            fixed'
                "ternaryWeights"
                "Li et al., 2016, arXiv 1605.04711"
                (Scale.valueOnly (Scale.ternary Row) (Binarizer.ternary Row))
        ]
