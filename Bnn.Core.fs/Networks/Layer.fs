namespace Bnn

/// A convolution, padded with zeros. Where `Weights` is `Binarizer.none` it is real; else its latent weights pass through the
/// binarizer in stages with binary weights, and are used as they are in others.
[<EditorBrowsable(Never)>]
type Convolution =
    {
        /// Output channels.
        Outputs: int
        Kernel: Size2
        Stride: Size2
        /// Rows above and below, columns left and right.
        Padding: Size2
        /// The channels are divided evenly into so many groups; each output sees its own group's channels. 1 is an ordinary convolution, as
        /// many groups as channels a depthwise one.
        Groups: int
        /// Whether a number is learned and added for each output channel.
        HasBias: bool
        Weights: Binarizer
    }

/// A linear layer over vectors.
[<EditorBrowsable(Never)>]
type Linear =
    {
        Outputs: int
        HasBias: bool
        Weights: Binarizer
    }

/// What a pool makes of the numbers under its window.
[<EditorBrowsable(Never)>]
type PoolKind =
    | Largest = 0
    | Mean = 1

/// A pool. Padding never counts: a mean is of the numbers that there are.
[<EditorBrowsable(Never)>]
type Pool =
    {
        Kind: PoolKind
        Window: Size2
        Stride: Size2
        Padding: Size2
        /// Whether a last window that the image does not fill counts too.
        RoundUp: bool
    }

/// A number that an element-wise formula learns for each channel.
[<EditorBrowsable(Never)>]
type LearnedNumber =
    {
        /// What the formula calls it.
        Input: string
        /// The name of its tensor in the layer's scope.
        Tensor: string
        /// Slopes have the shape C, other groups 1 x C x 1 x 1.
        Group: ParameterGroup
        /// Its first value.
        First: float
    }

/// One layer. What it keeps is a function of the size of its input.
[<RequireQualifiedAccess; EditorBrowsable(Never)>]
type Layer =
    | Convolution of Convolution
    | Linear of Linear
    /// Over channels: momentum 0.1, epsilon 1e-5.
    | BatchNorm
    /// The binarizer of an activation, of x + shift where a shift is learned for each channel (RSign); in stages with real activations
    /// that is clipped to -1..1 instead.
    | Sign of binarizer: Binarizer * isShifted: bool
    /// A formula for each number, with numbers that are learned for each channel.
    | Elementwise of formula: Elementwise * learned: LearnedNumber list
    /// x times a factor for each channel, one for each row and one for each column, all learned (Martinez et al., ICLR 2020, section
    /// 4.1).
    | FactoredScale
    | Pool of Pool
    /// The mean of each channel.
    | GlobalMean
    /// All numbers of an image as a vector.
    | Flatten
    /// Every `stride`-th pixel of each row and column; new channels are 0, half of them before and half behind (He et al., CVPR 2016,
    /// shortcut A).
    | Subsample of channels: int * stride: int
    /// Each pixel `factor` times in both directions.
    | Upsample of factor: int

/// The first values of a tensor.
[<RequireQualifiedAccess; EditorBrowsable(Never)>]
type FirstValue =
    /// Uniform in +-1 / sqrt(inputs of one output).
    | Uniform of inputs: int64
    | Constant of float
    /// A whole number, 0.
    | Counter

/// A tensor of a network.
[<EditorBrowsable(Never)>]
type TensorSpec =
    {
        /// Its full name, for instance `layer1.0.conv1.weight`.
        Name: string
        Shape: int64 list
        /// None for what is kept but not learned: batch norm's statistics.
        Group: ParameterGroup option
        First: FirstValue
    }

    /// How many numbers.
    member tensor.Count = List.fold (*) 1L tensor.Shape
