namespace Bnn

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// How binary weights are scaled, for each output channel.
type WeightScale =
    /// mean |w| in the value, not in the derivative: what the paper's code does.
    | InValueOnly = 0
    /// mean |w| in the value and the derivative, as a number.
    | Detached = 1
    /// mean |w| with its whole derivative.
    | Attached = 2
    /// XNOR-Net's gradient: 1 / n + mean |w| b'.
    | XnorNet = 3
    /// A number learned for each channel.
    | Learned = 4
    /// The weights are standardized first: (w - mean) / deviation.
    | Standardized = 5
    /// IR-Net's: standardized, and scaled by the power of two nearest to their mean magnitude.
    | IrNet = 6

/// Where a binarizer is evaluated: iteration t (from 1) of T (0 where not known), the uniform number in [0, 1) that stochastic
/// binarizers compare with, and the channel's learned scale.
[<Sealed; AllowNullLiteral>]
type BinarizerSetting
    (
        [<Optional; DefaultParameterValue(1)>] iteration: int,
        [<Optional; DefaultParameterValue(0)>] iterations: int,
        [<Optional; DefaultParameterValue(0.5)>] noise: float,
        [<Optional; DefaultParameterValue(1.0)>] learnedScale: float
    ) =
    member _.Iteration = iteration
    member _.Iterations = iterations
    member _.Noise = noise
    member _.LearnedScale = learnedScale

/// What C# does with binarizers by the dot; F# has the functions of the modules Binarizer and Scale.
[<Extension; AbstractClass; Sealed>]
type BinarizerMembers =
    /// One channel's numbers through a plan over x and dy; gives the array that it stores under this name.
    static member private Run(plan: Plan, x: float[], dy: float[], setting: BinarizerSetting, stored: string) =
        let setting =
            if isNull setting then
                BinarizerSetting(1, 0, 0.5, 1.0)
            else
                setting

        let arrays =
            Dictionary<string, float[]>(dict [ "x", x; "dy", dy; "noise", Array.create x.Length setting.Noise ])

        let shape = Shape.flat (int64 x.Length)

        let carryOut pass (once: Func<string, float>) (perChannel: Func<string, float[]>) =
            let ofChannel name =
                if name = "scale" then
                    [| setting.LearnedScale |]
                else
                    perChannel.Invoke name

            let results, reductions =
                Pass.interpret Algebra.float64 shape once.Invoke ofChannel (fun name -> arrays[name]) pass

            for name, numbers in results do
                arrays[name] <- numbers

            reductions

        let runner =
            { new IPassRunner with
                member _.Once(_, name) =
                    Schedule.once setting.Iterations setting.Iteration name

                member _.Shape _ = shape

                member _.Run(_, pass, once, perChannel) = carryOut pass once perChannel
            }

        Plan.run [| plan |] runner |> ignore
        Array.AsReadOnly arrays[stored] :> IReadOnlyList<float>

    /// The binarizer with a scale for each output channel: for weights.
    [<Extension>]
    static member WithScale(binarizer: Binarizer, scale: WeightScale) =
        let mean = Scale.mean Channel

        match scale with
        | WeightScale.InValueOnly -> Scale.valueOnly mean binarizer
        | WeightScale.Detached -> Scale.detached mean binarizer
        | WeightScale.Attached -> Scale.attached mean binarizer
        | WeightScale.XnorNet -> Scale.xnorNet binarizer
        | WeightScale.Learned -> Scale.learned binarizer
        | WeightScale.Standardized -> Scale.standardized binarizer
        | WeightScale.IrNet -> Scale.irNet binarizer
        | unknown -> raise (ArgumentOutOfRangeException(nameof scale, unknown, "a weight scale"))

    /// 0 and 1 in place of -1 and +1.
    [<Extension>]
    static member AsHeaviside(binarizer: Binarizer) = Binarizer.heaviside binarizer

    /// The same values with derivative 1 everywhere.
    [<Extension>]
    static member StraightThrough(binarizer: Binarizer) = Binarizer.straightThrough binarizer

    /// What it makes of the numbers of one channel, at least one; `setting` null: iteration 1, noise 0.5, learned scale 1.
    [<Extension>]
    static member Apply(binarizer: Binarizer, x: IEnumerable<float>, [<Optional>] setting: BinarizerSetting) =
        ArgumentNullException.ThrowIfNull x
        let x = Seq.toArray x

        if x.Length = 0 then
            invalidArg (nameof x) "no number; give at least one"

        let plan = Elementwise.forwardPlan [] (Elementwise.ofBinarizer binarizer)
        BinarizerMembers.Run(plan, x, Array.zeroCreate x.Length, setting, "y")

    /// The gradients of a loss with respect to the numbers of one channel, given those with respect to the values, one a number.
    [<Extension>]
    static member Gradients
        (
            binarizer: Binarizer,
            x: IEnumerable<float>,
            upstream: IEnumerable<float>,
            [<Optional>] setting: BinarizerSetting
        ) =
        ArgumentNullException.ThrowIfNull x
        ArgumentNullException.ThrowIfNull upstream
        let x, dy = Seq.toArray x, Seq.toArray upstream

        if x.Length = 0 || dy.Length <> x.Length then
            invalidArg
                (nameof upstream)
                $"%d{dy.Length} gradients for %d{x.Length} numbers; give at least one number, and one gradient each"

        BinarizerMembers.Run(Elementwise.backwardPlan (Elementwise.ofBinarizer binarizer), x, dy, setting, "dx")

    /// The value as LaTeX.
    [<Extension>]
    static member ToLatex(binarizer: Binarizer) = Latex.expr binarizer.Formula

    /// All that is wrong with it.
    [<Extension>]
    static member Validate(binarizer: Binarizer) : IReadOnlyList<Fault> = Binarizer.validate binarizer
