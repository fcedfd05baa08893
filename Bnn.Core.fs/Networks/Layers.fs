namespace Bnn

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// Makes networks, layer by layer: `Layers.Convolution("conv1", 32, 3).Then(Layers.BatchNorm("bn1"))`. What learns has a name, under which
/// its tensors are stored; `Scope` puts a prefix before names.
// Kernels and windows have an overload for squares: a number becomes a Size2 by itself in C#, but F# warns of such conversions.
[<AbstractClass; Sealed>]
type Layers =
    static member private OrDefault(binarizer: Binarizer, usual: Binarizer) =
        if isNull (box binarizer) then usual else binarizer

    /// A size that is not given, 0 x 0, is the usual one.
    static member private OrUsual(size: Size2, usual: Size2) =
        if size.Rows = 0 && size.Columns = 0 then usual else size

    static member private Square(size: int) : Size2 = { Rows = size; Columns = size }

    static member private Square(size: Nullable<int>) =
        if size.HasValue then
            Nullable(Layers.Square size.Value)
        else
            Nullable()

    static member private Convolve
        (name, outputs, kernel: Size2, stride, padding: Nullable<Size2>, groups, bias, weights: Binarizer)
        =
        Network.Layer(
            name,
            Layer.Convolution
                {
                    Outputs = outputs
                    Kernel = kernel
                    Stride = stride
                    Padding = if padding.HasValue then padding.Value else kernel.Half
                    Groups = groups
                    HasBias = bias
                    Weights = Layers.OrDefault(weights, WeightBinarizer.valueOnly)
                }
        )

    /// What changes nothing.
    static member Identity = Network.identity

    /// A real convolution. Weight: outputs x inputs / groups x rows x columns.
    /// <param name="name">Its name: `name.weight`, `name.bias`.</param>
    /// <param name="outputs">Output channels, 1 to 65536.</param>
    /// <param name="kernel">Rows and columns of a square kernel.</param>
    /// <param name="stride">Default 1.</param>
    /// <param name="padding">Zeros on each side; default: half of the kernel, so that stride 1 keeps the size where the kernel is odd.</param>
    /// <param name="groups">1, or as many as channels for a depthwise one; a divisor of inputs and outputs.</param>
    /// <param name="bias">Whether a number is learned for each output channel.</param>
    static member Convolution
        (
            name: string,
            outputs: int,
            kernel: int,
            [<Optional; DefaultParameterValue(1)>] stride: int,
            [<Optional>] padding: Nullable<int>,
            [<Optional; DefaultParameterValue(1)>] groups: int,
            [<Optional; DefaultParameterValue(false)>] bias: bool
        ) =
        Layers.Convolve(
            name,
            outputs,
            Layers.Square kernel,
            Layers.Square stride,
            Layers.Square padding,
            groups,
            bias,
            Binarizer.none
        )

    /// A real convolution of rows x columns: `Layers.Convolution("conv1", 32, (1, 5))`.
    static member Convolution
        (
            name: string,
            outputs: int,
            kernel: Size2,
            [<Optional>] stride: Size2,
            [<Optional>] padding: Nullable<Size2>,
            [<Optional; DefaultParameterValue(1)>] groups: int,
            [<Optional; DefaultParameterValue(false)>] bias: bool
        ) =
        Layers.Convolve(
            name,
            outputs,
            kernel,
            Layers.OrUsual(stride, Layers.Square 1),
            padding,
            groups,
            bias,
            Binarizer.none
        )

    /// A convolution with binary weights. It binarizes no activations: put a `Sign` before it.
    /// <param name="name">Its name: `name.weight`.</param>
    /// <param name="outputs">Output channels, 1 to 65536.</param>
    /// <param name="kernel">Rows and columns of a square kernel.</param>
    /// <param name="stride">Default 1.</param>
    /// <param name="padding">Zeros on each side; default: half of the kernel.</param>
    /// <param name="groups">1, or as many as channels for a depthwise one; a divisor of inputs and outputs.</param>
    /// <param name="bias">Whether a number is learned for each output channel.</param>
    /// <param name="weights">What makes weights binary; default: mean |w| sign(w), the scale in the value only, the paper's.</param>
    static member BinaryConvolution
        (
            name: string,
            outputs: int,
            kernel: int,
            [<Optional; DefaultParameterValue(1)>] stride: int,
            [<Optional>] padding: Nullable<int>,
            [<Optional; DefaultParameterValue(1)>] groups: int,
            [<Optional; DefaultParameterValue(false)>] bias: bool,
            [<Optional>] weights: Binarizer
        ) =
        Layers.Convolve(
            name,
            outputs,
            Layers.Square kernel,
            Layers.Square stride,
            Layers.Square padding,
            groups,
            bias,
            weights
        )

    /// A convolution with binary weights of rows x columns.
    static member BinaryConvolution
        (
            name: string,
            outputs: int,
            kernel: Size2,
            [<Optional>] stride: Size2,
            [<Optional>] padding: Nullable<Size2>,
            [<Optional; DefaultParameterValue(1)>] groups: int,
            [<Optional; DefaultParameterValue(false)>] bias: bool,
            [<Optional>] weights: Binarizer
        ) =
        Layers.Convolve(name, outputs, kernel, Layers.OrUsual(stride, Layers.Square 1), padding, groups, bias, weights)

    /// A real linear layer over vectors: W x + b.
    static member Linear(name: string, outputs: int, [<Optional; DefaultParameterValue(true)>] bias: bool) =
        Layers.BinaryLinear(name, outputs, bias, Binarizer.none)

    /// A linear layer with binary weights over vectors; `weights` as in `BinaryConvolution`.
    static member BinaryLinear
        (
            name: string,
            outputs: int,
            [<Optional; DefaultParameterValue(false)>] bias: bool,
            [<Optional>] weights: Binarizer
        ) =
        Network.Layer(
            name,
            Layer.Linear
                {
                    Outputs = outputs
                    HasBias = bias
                    Weights = Layers.OrDefault(weights, WeightBinarizer.valueOnly)
                }
        )

    /// Batch norm over channels: momentum 0.1, epsilon 1e-5.
    static member BatchNorm(name: string) = Network.Layer(name, Layer.BatchNorm)

    /// Binarizes activations.
    /// <param name="name">Its name, for its shift and for reports.</param>
    /// <param name="binarizer">What becomes of them; default: sign with ApproxSign's derivative, the paper's.</param>
    /// <param name="shifted">Whether a shift is learned for each channel and added before (RSign).</param>
    static member Sign
        (name: string, [<Optional>] binarizer: Binarizer, [<Optional; DefaultParameterValue(false)>] shifted: bool)
        =
        Network.Layer(name, Layer.Sign(Layers.OrDefault(binarizer, Binarizer.approxSign), shifted))

    /// A formula of one's own for each number x, with numbers that are learned for each channel.
    /// <param name="name">What reports call it; also the prefix of its tensors: `name.input`.</param>
    /// <param name="formula">Over x and the learned numbers: `if 0 &lt; x then x else slope * x`.</param>
    /// <param name="learned">The names and first values of the learned numbers.</param>
    static member Formula(name: string, formula: string, [<ParamArray>] learned: struct (string * float)[]) =
        let inputs = [ for struct (input, _) in learned -> Input(input, PerChannel) ]

        match Parse.expr (Binarizer.x :: inputs) formula with
        | Ok output -> Layers.Formula(name, output, learned)
        | Error faults -> raise (BnnConfigurationException(List.toArray (Fault.ofPart name faults)))

    /// The same of an expression.
    static member Formula(name: string, formula: Expr, [<ParamArray>] learned: struct (string * float)[]) =
        let elementwise =
            {
                Name = name
                Output = formula
                Parameters = [ for struct (input, _) in learned -> input ]
            }

        Network.Layer(
            name,
            Layer.Elementwise(
                elementwise,
                [
                    for struct (input, first) in learned ->
                        {
                            Input = input
                            Tensor = $"{name}.{input}"
                            Group = ParameterGroup.ShiftsAndScales
                            First = first
                        }
                ]
            )
        )

    /// max(x, 0).
    static member Relu() =
        Network.Layer("", Layer.Elementwise(Elementwise.relu, []))

    /// x clipped to -1..1.
    static member HardTanh() =
        Network.Layer("", Layer.Elementwise(Elementwise.hardTanh, []))

    static member private Slope(name: string) =
        {
            Input = "slope"
            Tensor = $"{name}.weight"
            Group = ParameterGroup.Slopes
            First = 0.25
        }

    static member private Shift(input: string, name: string) =
        {
            Input = input
            Tensor = $"{name}.bias"
            Group = ParameterGroup.ShiftsAndScales
            First = 0.0
        }

    /// PReLU: x where x > 0, else slope x; the slope learned for each channel, 0.25 at first.
    static member PRelu(name: string) =
        Network.Layer(name, Layer.Elementwise(Elementwise.prelu, [ Layers.Slope name ]))

    /// RPReLU: PReLU of x + before, + after; all learned for each channel.
    /// <param name="name">The slope's name: `name.weight`.</param>
    /// <param name="before">The first shift's name: `before.bias`.</param>
    /// <param name="after">The second shift's.</param>
    static member ShiftedPRelu(name: string, before: string, after: string) =
        Network.Layer(
            name,
            Layer.Elementwise(
                Elementwise.shiftedPRelu,
                [
                    Layers.Shift("before", before)
                    Layers.Slope name
                    Layers.Shift("after", after)
                ]
            )
        )

    /// x times a factor for each channel, one for each row and one for each column, all learned, 1 at first (Martinez et al., ICLR 2020,
    /// section 4.1). The network takes images of one size then.
    static member FactoredScale(name: string) =
        Network.Layer(name, Layer.FactoredScale)

    static member private Pool(kind, window: Size2, stride: Size2, padding: Size2, roundUp) =
        Network.Layer(
            "",
            Layer.Pool
                {
                    Kind = kind
                    Window = window
                    Stride = Layers.OrUsual(stride, window)
                    Padding = padding
                    RoundUp = roundUp
                }
        )

    /// The largest number under a window.
    /// <param name="window">Rows and columns of a square window.</param>
    /// <param name="stride">Default: the window's size.</param>
    /// <param name="padding">At most half of the window; default 0.</param>
    /// <param name="roundUp">Whether a last window that the image does not fill counts too.</param>
    static member MaxPool
        (
            window: int,
            [<Optional; DefaultParameterValue(0)>] stride: int,
            [<Optional; DefaultParameterValue(0)>] padding: int,
            [<Optional; DefaultParameterValue(false)>] roundUp: bool
        ) =
        Layers.Pool(PoolKind.Largest, Layers.Square window, Layers.Square stride, Layers.Square padding, roundUp)

    /// The largest number under a window of rows x columns.
    static member MaxPool
        (
            window: Size2,
            [<Optional>] stride: Size2,
            [<Optional>] padding: Size2,
            [<Optional; DefaultParameterValue(false)>] roundUp: bool
        ) =
        Layers.Pool(PoolKind.Largest, window, stride, padding, roundUp)

    /// The mean of the numbers under a window, as in `MaxPool`; padding does not count.
    static member MeanPool
        (
            window: int,
            [<Optional; DefaultParameterValue(0)>] stride: int,
            [<Optional; DefaultParameterValue(0)>] padding: int,
            [<Optional; DefaultParameterValue(false)>] roundUp: bool
        ) =
        Layers.Pool(PoolKind.Mean, Layers.Square window, Layers.Square stride, Layers.Square padding, roundUp)

    /// The mean of the numbers under a window of rows x columns.
    static member MeanPool
        (
            window: Size2,
            [<Optional>] stride: Size2,
            [<Optional>] padding: Size2,
            [<Optional; DefaultParameterValue(false)>] roundUp: bool
        ) =
        Layers.Pool(PoolKind.Mean, window, stride, padding, roundUp)

    /// The mean of each channel: a vector.
    static member GlobalMean() = Network.Layer("", Layer.GlobalMean)

    /// All numbers of an image as a vector.
    static member Flatten() = Network.Layer("", Layer.Flatten)

    /// Every `stride`-th pixel; new channels are 0, half of them before and half behind (He et al., CVPR 2016, shortcut A).
    static member Subsample(channels: int, stride: int) =
        Network.Layer("", Layer.Subsample(channels, stride))

    /// Each pixel `factor` times in both directions: nearest-neighbour upsampling.
    static member Upsample(factor: int) =
        Network.Layer("", Layer.Upsample factor)

    static member private OrIdentity(part: Network) =
        if isNull (box part) then Network.identity else part

    /// body(x) + shortcut(x), then `after`.
    /// <param name="body">The part beside which the shortcut is.</param>
    /// <param name="shortcut">Default: x itself.</param>
    /// <param name="after">What the sum goes through; a place of its own only because tensors are stored in the order body, after, shortcut.</param>
    static member Residual(body: Network, [<Optional>] shortcut: Network, [<Optional>] after: Network) =
        Network.Residual(body, Layers.OrIdentity after, Layers.OrIdentity shortcut)

    /// Parts that each see the whole input; their channels are joined.
    static member Branches([<ParamArray>] parts: Network[]) = Network.Branches(List.ofArray parts)

    /// Parts among which the channels are divided evenly.
    static member Groups([<ParamArray>] parts: Network[]) = Network.Groups(List.ofArray parts)

    /// The part with `name.` before its names.
    static member Scope(name: string, part: Network) = Network.Scope(name, part)

    /// Parts one after the other.
    static member Chain(parts: IEnumerable<Network>) : Network =
        ArgumentNullException.ThrowIfNull parts
        Network.chain (List.ofSeq parts)
