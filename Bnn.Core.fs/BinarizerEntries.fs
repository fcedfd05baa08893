namespace Bnn

open System.ComponentModel

/// The binarizers by name.
[<EditorBrowsable(EditorBrowsableState.Never)>]
module BinarizerEntries =
    let private fixed' name summary source binarizer =
        Entry.create name summary source [] (fun _ -> binarizer)

    let private ofBits name summary source make =
        Entry.create name summary source [ Entry.number "bits" 2.0 OptionRange.Bits "how many" ] (fun get ->
            make (int (get "bits")))

    /// Signs and what else there is for activations and, with a scale, for weights.
    let all: Entry<Binarizer> list =
        [
            fixed' "none" "The numbers as they are" "no binarizer" Binarizer.none

            fixed'
                "identity"
                "sign, +1 at 0; derivative 1 everywhere"
                "Bengio et al., 2013, arXiv 1308.3432"
                Binarizer.identity

            fixed'
                "clip"
                "sign, +1 at 0; derivative 1 for |x| at most 1, else 0"
                "Liu et al., ICML 2021, equation 2"
                Binarizer.clip

            fixed'
                "approxSign"
                "sign, +1 at 0; derivative max(0, 2 - 2|x|)"
                "Liu et al., ECCV 2018, equation 5"
                Binarizer.approxSign

            Entry.ofFormulas
                "swishSign"
                "sign, +1 at 0; SwishSign's derivative"
                "Darabi et al., 2018, arXiv 1812.11800"
                [
                    Entry.formula "beta" (Const 5.0) OptionRange.Positive "how narrow the derivative is"
                ]
                (fun get -> Binarizer.swishSign (get "beta"))

            Entry.ofFormulas
                "tanhSign"
                "sign, +1 at 0; the derivative of tanh(x / width)"
                "Cao et al., ICCV 2017"
                [
                    Entry.formula "width" (Const 1.0) OptionRange.Positive "how wide the derivative is"
                ]
                (fun get -> Binarizer.tanhSign (get "width"))

            Entry.ofFormulas
                "ede"
                "sign, +1 at 0; IR-Net's error decay estimator"
                "Qin et al., CVPR 2020, section 3.3"
                [
                    Entry.formula
                        "sharpness"
                        Binarizer.edeSharpness
                        OptionRange.Positive
                        "how narrow the derivative is, usually from 0.1 to 10 over the stage"
                ]
                (fun get -> Binarizer.ede (get "sharpness"))

            Entry.createWith
                "progressiveSign"
                "From clip to nearly sign over the stage; derivative 1 everywhere"
                "bitorch's ProgressiveSign"
                [
                    Entry.number "alpha" 4.0 OptionRange.Positive "the base, usually 2 to 10"
                    Entry.number "beta" 10.0 OptionRange.NotNegative "how fast, usually 2 to 10"
                    Entry.formula
                        "progress"
                        Expr.progress
                        OptionRange.Share
                        "usually the share of the stage that is done"
                ]
                (fun _ -> [])
                (fun number formula -> Binarizer.progressiveSign (number "alpha") (number "beta") (formula "progress"))

            fixed'
                "stochasticSign"
                "+1 with probability clip(0, (x + 1) / 2, 1), else -1; derivative as clip"
                "Courbariaux et al., 2016, arXiv 1602.02830, equations 2 to 4"
                Binarizer.stochasticSign

            fixed'
                "heaviside"
                "0 and 1 in place of -1 and +1; half of clip's derivative"
                "0 and 1 in place of -1 and +1"
                (Binarizer.heaviside Binarizer.clip)

            fixed'
                "negativeAtZero"
                "sign, -1 at 0, for comparisons with its reference alone; derivative as clip"
                "bitorch's SteHeaviside"
                Binarizer.negativeAtZero

            fixed'
                "ternary"
                "-1, 0 and +1: 0 where |x| is at most 0.7 mean |x| of its channel; derivative 1"
                "Li et al., 2016, arXiv 1605.04711"
                (Binarizer.ternary Channel)

            ofBits
                "doReFaInput"
                "DoReFa's activations: 2^bits values from 0 to 1"
                "Zhou et al., 2016, arXiv 1606.06160, equation 5"
                Binarizer.dorefaInput

            ofBits
                "doReFaWeight"
                "DoReFa's weights: 2^bits values from -1 to +1"
                "Zhou et al., 2016, arXiv 1606.06160, equation 9"
                Binarizer.dorefaWeight
        ]

    /// Weights with their scales.
    let scaled: Entry<Binarizer> list =
        [
            fixed'
                "valueOnly"
                "mean |w| sign(w), the scale not in the derivative"
                "the code of Liu et al., ICML 2021"
                (Scale.valueOnly (Scale.mean Channel) Binarizer.clip)

            fixed'
                "magnitudeAware"
                "mean |w| sign(w); derivative mean |w| for |w| at most 1"
                "Liu et al., ECCV 2018, section 3.3"
                Scale.magnitudeAware

            fixed'
                "attached"
                "mean |w| sign(w) with its whole derivative"
                "the whole derivative of mean |x| sign(x)"
                (Scale.attached (Scale.mean Channel) Binarizer.clip)

            fixed'
                "xnorNet"
                "mean |w| sign(w); derivative 1 / n + mean |w| clip'"
                "Rastegari et al., ECCV 2016, section 3.1"
                (Scale.xnorNet Binarizer.clip)

            fixed'
                "learned"
                "A scale that is learned for each channel"
                "Bulat and Tzimiropoulos, BMVC 2019"
                (Scale.learned Binarizer.clip)

            fixed'
                "standardized"
                "sign of the standardized weights"
                "Qin et al., CVPR 2020, section 3.2"
                (Scale.standardized Binarizer.clip)

            fixed'
                "irNet"
                "IR-Net's: standardized, scaled by a power of two, with its error decay estimator"
                "Qin et al., CVPR 2020, sections 3.2 and 3.3"
                (Scale.irNet (Binarizer.ede Binarizer.edeSharpness))

            fixed'
                "ternaryWeights"
                "-1, 0 and +1 times the mean magnitude of those that are not 0"
                "Li et al., 2016, arXiv 1605.04711"
                (Scale.valueOnly (Scale.ternary Channel) (Binarizer.ternary Channel))
        ]
