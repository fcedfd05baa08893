namespace Bnn

open System
open System.Collections.Generic

/// What a binarizer's values may be, before any scale.
[<RequireQualifiedAccess; EditorBrowsable(Never)>]
type ValueSet =
    /// So many numbers, evenly spaced from `low` to `high`.
    | Levels of count: int * low: float * high: float
    /// Every number from `low` to `high`.
    | Interval of low: float * high: float

/// A function from real numbers to few values, with a surrogate for its derivative, over the input `Binarizer.x`. It may also
/// read `Binarizer.noise`, t and T, numbers of the channel, and reductions over x.
type Binarizer =
    {
        Name: string
        /// The value in training; its derivative is the surrogate's.
        Formula: Expr
        /// The value outside training: without noise, and as hard as it gets.
        Evaluation: Expr
        [<EditorBrowsable(Never)>]
        Values: ValueSet
        /// The learned numbers of a channel that the formula reads.
        [<EditorBrowsable(Never)>]
        Parameters: string list
    }

    /// The numbers that it learns for each channel, by name; usually none.
    member binarizer.ParameterNames: IReadOnlyList<string> = binarizer.Parameters

    /// Its name, and its value as a formula.
    override binarizer.ToString() =
        $"{binarizer.Name}: {Lines.expr (Lines.values binarizer.Formula)}"

/// Binarizers by what they make of x. Widths and other numbers that may be scheduled are expressions over t and T; a surrogate's
/// derivative is given as s'.
[<EditorBrowsable(Never)>]
module Binarizer =
    /// What is binarized: a latent weight or an activation.
    let x = Input("x", PerWeight)

    /// A number in [0, 1) for each x: whoever runs the pass fills it with `Noise`.
    let noise = Input("noise", PerWeight)

    let private signs = ValueSet.Levels(2, -1.0, 1.0)
    let private sign = Unary(SignPlus, x)

    let private create name values formula =
        {
            Name = name
            Formula = formula
            Evaluation = formula
            Values = values
            Parameters = []
        }

    let private signWith name surrogate =
        create name signs (Surrogate(sign, surrogate))

    let private clipTo (low: float) (high: float) e =
        Expr.minimum (Expr.maximum e (Const low)) (Const high)

    // |z| with derivative +1 at 0, where that of Abs is 0.
    let private magnitude z = z * Unary(SignPlus, z)

    // tanh through exp: exp is vector code and tanh is not, and 1 - tanh^2 keeps its digits where tanh is nearly 1.
    let private tanhByExp z =
        let e = exp (-2.0 * magnitude z)
        Unary(SignPlus, z) * ((1.0 - e) / (1.0 + e))

    /// The binarizer of z in place of x.
    let at (z: Expr) (binarizer: Binarizer) =
        let replaced = Expr.substitute (fun leaf -> if leaf = x then Some z else None)

        { binarizer with
            Formula = replaced binarizer.Formula
            Evaluation = replaced binarizer.Evaluation
        }

    /// The same values with the derivative of `surrogate`.
    let withSurrogate name surrogate (binarizer: Binarizer) =
        { binarizer with
            Name = name
            Formula = Surrogate(binarizer.Formula, surrogate)
        }

    /// The same values with derivative 1 everywhere (the straight-through estimator: Bengio et al., 2013, arXiv 1308.3432).
    let straightThrough (binarizer: Binarizer) =
        withSurrogate $"{binarizer.Name}, straight through" x binarizer

    /// The binarizer as it is outside training.
    let evaluation (binarizer: Binarizer) =
        { binarizer with
            Formula = binarizer.Evaluation
        }

    /// Whether the binarizer reads noise in training.
    let readsNoise (binarizer: Binarizer) =
        (Graph.ofExprs [ binarizer.Formula ]).Nodes
        |> Array.contains (Node.Leaf("noise", false))

    /// No binarizer: x itself, derivative 1. For stages in which a layer is not binary.
    [<Entry("The numbers as they are", "no binarizer")>]
    let none =
        create "full precision" (ValueSet.Interval(Double.NegativeInfinity, Double.PositiveInfinity)) x

    /// Whether it gives the numbers as they are.
    let isNone (binarizer: Binarizer) = (binarizer.Formula = x)

    /// sign(x), +1 at 0; derivative 1 everywhere (Bengio et al., 2013, arXiv 1308.3432).
    [<Entry("sign, +1 at 0; derivative 1 everywhere", "Bengio et al., 2013, arXiv 1308.3432")>]
    let identity = signWith "sign, identity surrogate" x

    /// sign(x), +1 at 0; derivative 1 for |x| <= 1, else 0: that of clip(-1, x, 1) (the paper's text, equation 2).
    [<Entry("sign, +1 at 0; derivative 1 for |x| at most 1, else 0", "Liu et al., ICML 2021, equation 2")>]
    let clip =
        signWith "sign, clip surrogate" (Expr.ifLessOrEqual (abs x) (Const 1.0) x (Unary(Signum, x)))

    /// sign(x), -1 at 0; derivative as `clip`. What bitorch calls SteHeaviside. Unlike every other binarizer here 0 is -1, which
    /// packed signs and flip counts do not follow: for comparisons with that reference alone.
    [<Entry("sign, -1 at 0, for comparisons with its reference alone; derivative as clip", "bitorch's SteHeaviside")>]
    let negativeAtZero =
        create
            "sign, -1 at 0, clip surrogate"
            signs
            (Surrogate(
                Expr.ifLess (Const 0.0) x (Const 1.0) (Expr.ifLessOrEqual x (Const 0.0) (Const -1.0) x),
                clip.Formula
            ))

    /// sign(x), +1 at 0; derivative max(0, 2 - 2|x|) (Bi-Real Net, Liu et al., ECCV 2018, equation 5; what the paper's code
    /// does for activations).
    [<Entry("sign, +1 at 0; derivative max(0, 2 - 2|x|)", "Liu et al., ECCV 2018, equation 5")>]
    let approxSign =
        signWith
            "sign, ApproxSign surrogate"
            (Expr.ifLessOrEqual (abs x) (Const 1.0) (2.0 * x - x * abs x) (Unary(Signum, x)))

    /// sign(x), +1 at 0; derivative beta (2 - beta x tanh(beta x / 2)) / (1 + cosh(beta x)), beta above 0, usually 5: below 0 for
    /// beta |x| > 2.4. Its integral is 2 (Darabi et al., "BNN+", 2018, arXiv 1812.11800).
    [<Entry("sign, +1 at 0; derivative beta (2 - beta x tanh(beta x / 2)) / (1 + cosh(beta x))",
            "Darabi et al., 2018, arXiv 1812.11800")>]
    let swishSign ([<Option("5", OptionRange.Positive, "how narrow the derivative is")>] beta: Expr) =
        let z = beta * x
        // exp(-1000) is 0 in every type, and from there on nothing changes; without an end z may be infinite, and infinity times 0 is NaN
        let size = Expr.minimum (magnitude z) (Const 1000.0)
        let e = exp (-size)
        // 2 sigma(z) (1 + z (1 - sigma(z))) - 1 for z >= 0, through e = exp(-z); odd.
        let half = (1.0 - e) / (1.0 + e) + 2.0 * size * e / ((1.0 + e) * (1.0 + e))
        signWith $"sign, SwishSign surrogate, beta = {Print.expr beta}" (Unary(SignPlus, z) * half)

    /// sign(x), +1 at 0; derivative (1 - tanh^2(x / width)) / width, that of tanh(x / width), which nears sign as width nears
    /// 0; width above 0. Its integral is 2 for every width (Cao et al., "HashNet", ICCV 2017: tanh(beta x) with beta = 1 / width
    /// rising in training).
    [<Entry("sign, +1 at 0; derivative (1 - tanh^2(x / width)) / width", "Cao et al., ICCV 2017")>]
    let tanhSign ([<Option("1", OptionRange.Positive, "how wide the derivative is")>] width: Expr) =
        signWith $"sign, tanh surrogate, width = {Print.expr width}" (tanhByExp (x / width))

    /// IR-Net's error decay estimator: sign(x), +1 at 0; derivative k s (1 - tanh^2(s x)) with k = max(1 / s, 1), s above 0: 1 near
    /// 0 while s < 1, close to sign's as s grows (Qin et al., CVPR 2020, section 3.3). `sharpness` is usually `edeSharpness`.
    [<Entry("sign, +1 at 0; IR-Net's error decay estimator: derivative k s (1 - tanh^2(s x)), s the sharpness, k = max(1 / s, 1)",
            "Qin et al., CVPR 2020, section 3.3")>]
    let ede
        ([<Option("0.1 * 100^((t - 1) / T)",
                  OptionRange.Positive,
                  "how narrow the derivative is, usually from 0.1 to 10 over the stage")>] sharpness: Expr)
        =
        signWith
            $"sign, error decay estimator, s = {Print.expr sharpness}"
            (Expr.maximum (1.0 / sharpness) (Const 1.0) * tanhByExp (sharpness * x))

    /// s = 0.1 * 10^(p log10(10 / 0.1)): from 0.1 to 10 over the stage. IR-Net changes it between epochs: `Schedule.byEpoch`.
    let edeSharpness = Schedule.geometric 0.1 10.0

    /// clip(-1, x / w, 1), w = max(1 - temperature, 1e-7), temperature = 1 - alpha^(-beta progress): from clip at progress 0 to
    /// nearly sign at 1; derivative 1 everywhere; sign(x) outside training. alpha and beta in 2..10, 4 and 10 in bitorch, whose
    /// ProgressiveSign this is. `progress` is usually `Expr.progress`.
    [<Entry("From clip to nearly sign over the stage; derivative 1 everywhere", "bitorch's ProgressiveSign")>]
    let progressiveSign
        ([<Option(4.0, OptionRange.Positive, "the base, usually 2 to 10")>] alpha: float)
        ([<Option(10.0, OptionRange.NotNegative, "how fast, usually 2 to 10")>] beta: float)
        ([<Option("(t - 1) / T", OptionRange.Share, "usually the share of the stage that is done")>] progress: Expr)
        =
        let temperature = 1.0 - Const alpha ** (Const -beta * progress)
        let width = Expr.maximum (1.0 - temperature) (Const 1e-7)

        { create
              $"progressive sign, temperature = {Print.expr temperature}"
              (ValueSet.Interval(-1.0, 1.0))
              (Surrogate(clipTo -1.0 1.0 (x / width), x)) with
            Evaluation = Surrogate(sign, x)
        }

    /// +1 with probability clip(0, (x + 1) / 2, 1), else -1: +1 where noise is below it. Derivative 1 for |x| <= 1, else 0: that of
    /// the mean value clip(-1, x, 1). sign(x) outside training (Courbariaux et al., "Binarized neural networks", 2016, arXiv
    /// 1602.02830, equations 2 to 4).
    [<Entry("+1 with probability clip(0, (x + 1) / 2, 1), else -1; derivative as clip",
            "Courbariaux et al., 2016, arXiv 1602.02830, equations 2 to 4")>]
    let stochasticSign =
        let probability = clipTo 0.0 1.0 ((x + 1.0) * 0.5)

        let drawn =
            Expr.ifLess noise probability (Const 1.0) (Expr.ifLessOrEqual probability noise (Const -1.0) x)

        { create "stochastic sign" signs (Surrogate(drawn, clip.Formula)) with
            Evaluation = clip.Formula
        }

    /// 0 and 1 in place of a sign's -1 and +1: (1 + b) / 2, 1 at 0; the derivative is half of b's, so its integral is 1, the height
    /// of the step, where b's is 2.
    let heaviside (sign: Binarizer) =
        let halved (e: Expr) = 0.5 * e + 0.5

        { sign with
            Name = $"Heaviside of {sign.Name}"
            Formula = halved sign.Formula
            Evaluation = halved sign.Evaluation
            Values =
                match sign.Values with
                | ValueSet.Levels(count, low, high) -> ValueSet.Levels(count, 0.5 * low + 0.5, 0.5 * high + 0.5)
                | ValueSet.Interval(low, high) -> ValueSet.Interval(0.5 * low + 0.5, 0.5 * high + 0.5)
        }

    /// `heaviside` of `clip`.
    [<Entry("0 and 1 in place of -1 and +1; half of clip's derivative", "0 and 1 in place of -1 and +1")>]
    let heavisideClip = heaviside clip

    /// The threshold of ternary weights: 0.7 mean |x|.
    let ternaryThreshold over = 0.7 * Expr.mean over (abs x)

    /// 0 for |x| <= 0.7 mean |x|, else sign(x); derivative 1 everywhere (Li et al., "Ternary weight networks", 2016, arXiv
    /// 1605.04711). The threshold is of each output channel, or of the whole tensor as in the paper. `Scale.ternary` is its scale.
    let ternary over =
        let value =
            Expr.ifLessOrEqual (abs x) (ternaryThreshold over) (Const 0.0) (Unary(Signum, x))

        create "ternary" (ValueSet.Levels(3, -1.0, 1.0)) (Surrogate(value, x))

    /// `ternary` by output channels.
    [<Entry("-1, 0 and +1: 0 where |x| is at most 0.7 mean |x| of its channel; derivative 1",
            "Li et al., 2016, arXiv 1605.04711")>]
    let ternaryByChannel = ternary Channel

    let private requireBits bits =
        Fault.require (Fault.within OptionRange.Bits "bits" (float bits))

    // quantize_k: to the nearest of 2^bits numbers in 0..1, halves to the even one.
    let private quantized bits e =
        let most = Const(float ((1 <<< bits) - 1))
        Unary(Round, e * most) / most

    /// DoReFa's activations of 1 to 16 bits: round(m clip(0, x, 1)) / m with m = 2^bits - 1; derivative 1 on [0, 1], else 0
    /// (Zhou et al., "DoReFa-Net", 2016, arXiv 1606.06160, equation 5 and section 2.4). bitorch's InputDoReFa passes the gradient
    /// everywhere: `straightThrough` of this.
    [<Entry("DoReFa's activations: 2^bits values from 0 to 1; derivative 1 on [0, 1], else 0",
            "Zhou et al., 2016, arXiv 1606.06160, equation 5")>]
    let doReFaInput ([<Option(2.0, OptionRange.Bits, "how many")>] bits: int) =
        requireBits bits

        let surrogate =
            Expr.ifLess x (Const 0.0) (Const 0.0) (Expr.ifLessOrEqual x (Const 1.0) x (Const 1.0))

        create
            $"DoReFa activations, %d{bits} bits"
            (ValueSet.Levels(1 <<< bits, 0.0, 1.0))
            (Surrogate(quantized bits (clipTo 0.0 1.0 x), surrogate))

    /// DoReFa's weights of 1 to 16 bits: 2 round(m (tanh x / (2 M) + 1/2)) / m - 1 with m = 2^bits - 1 and M = max |tanh x| over the
    /// tensor, or 1 where that is 0; derivative (1 - tanh^2 x) / max(M, 2^-126), in which M is a number, and no smaller than the least normal
    /// float32, so that the derivative is finite (Zhou et al., 2016, arXiv 1606.06160,
    /// equation 9). bitorch's WeightDoReFa passes the gradient as it is: `straightThrough` of this. With 1 bit 0 is -1, a half that is
    /// rounded to even; the paper's own 1-bit weights are `identity` with a scale over the tensor.
    [<Entry("DoReFa's weights: 2^bits values from -1 to +1; derivative (1 - tanh^2 x) / max |tanh x|",
            "Zhou et al., 2016, arXiv 1606.06160, equation 9")>]
    let doReFaWeight ([<Option(2.0, OptionRange.Bits, "how many")>] bits: int) =
        requireBits bits
        let largest = Expr.largest Whole (tanh x)
        let largest = Expr.ifEqual largest (Const 0.0) (Const 1.0) largest
        let value = 2.0 * quantized bits (tanh x / (2.0 * largest) + 0.5) - 1.0
        let divisor = Expr.maximum largest (Const(2.0 ** -126.0))
        let surrogate = tanhByExp x / Surrogate(divisor, Const 0.0)
        create $"DoReFa weights, %d{bits} bits" (ValueSet.Levels(1 <<< bits, -1.0, 1.0)) (Surrogate(value, surrogate))

    /// What a binarizer may read besides x and its own parameters.
    let private inputs = [ "x", PerWeight; "noise", PerWeight; "t", Once; "T", Once ]

    /// What the value outside training reads that there is in training alone.
    let private trainingInputs (binarizer: Binarizer) =
        binarizer.Evaluation
        |> Expr.rewrite (function
            | Surrogate(value, _) -> value
            | other -> other)
        |> Expr.leaves
        |> List.filter (fun leaf -> List.contains leaf [ noise; Expr.time; Expr.iterations ])

    /// All that is wrong with a binarizer that is to be run: what it reads that no runner gives it, and numbers that are not
    /// finite, in the value or in the surrogate.
    let validate (binarizer: Binarizer) =
        let gradient = Derive.pullback (Const 1.0) x binarizer.Formula
        let graph = Graph.ofExprs [ binarizer.Formula; gradient; binarizer.Evaluation ]

        let known =
            inputs @ (binarizer.Parameters |> List.map (fun name -> name, PerChannel))

        [
            for node, extent in Array.zip graph.Nodes graph.Extents do
                match node with
                | Node.Leaf(name, isSlot) when isSlot || not (List.contains (name, extent) known) ->
                    let allowed = known |> List.map fst |> String.concat ", "
                    yield! Fault.unless false binarizer.Name $"a formula over {name}" $"a formula over {allowed}"
                | Node.Const bits ->
                    yield! Fault.finite $"{binarizer.Name}: a number in it" (BitConverter.Int64BitsToDouble bits)
                | _ -> ()
            for leaf in trainingInputs binarizer do
                yield!
                    Fault.unless
                        false
                        $"{binarizer.Name}: evaluation"
                        $"a formula over {leaf}"
                        "a value without noise, t and T: there is no training then"
        ]
