namespace Bnn

/// Layers by what they make of a size, and by the tensors that they keep.
[<EditorBrowsable(Never); CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Layer =
    /// Widths, sizes of images and strides are at most this.
    [<Literal>]
    let Most = 65536

    /// Rows and columns of kernels and windows are at most this.
    [<Literal>]
    let MostKernel = 1024

    /// Numbers that one formula learns for each channel are at most this many.
    [<Literal>]
    let MostLearned = 64

    /// A stride below 1 is a fault that `LayerChecks` tells; here it counts as 1.
    let private divisor (stride: int) = int64 (max 1 stride)

    let private steps size kernel stride padding =
        (size + 2L * int64 padding - int64 kernel) / divisor stride + 1L

    // A last window begins within the image or the padding before it, as torch has it.
    let private stepsUp (size: int64) kernel stride padding =
        let steps =
            (size + 2L * int64 padding - int64 kernel + int64 stride - 1L) / divisor stride
            + 1L

        if (steps - 1L) * int64 stride >= size + int64 padding then
            steps - 1L
        else
            steps

    let private windows
        (steps: int64 -> int -> int -> int -> int64)
        (kernel: Size2)
        (stride: Size2)
        (padding: Size2)
        (x: FeatureSize)
        =
        { x with
            Height = steps x.Height kernel.Rows stride.Rows padding.Rows
            Width = steps x.Width kernel.Columns stride.Columns padding.Columns
        }

    /// The size that a layer makes of an input for which `faults` is empty.
    let output (layer: Layer) (x: FeatureSize) =
        match layer with
        | Layer.Convolution c ->
            { windows steps c.Kernel c.Stride c.Padding x with
                Channels = int64 c.Outputs
            }
        | Layer.Linear l -> FeatureSize.Of(int64 l.Outputs, 1L, 1L)
        | Layer.Pool p -> windows (if p.RoundUp then stepsUp else steps) p.Window p.Stride p.Padding x
        | Layer.GlobalMean -> { x with Height = 1L; Width = 1L }
        | Layer.Flatten -> FeatureSize.Of(x.Count, 1L, 1L)
        | Layer.Subsample(channels, stride) ->
            FeatureSize.Of(int64 channels, (x.Height - 1L) / divisor stride + 1L, (x.Width - 1L) / divisor stride + 1L)
        | Layer.Upsample factor ->
            { x with
                Height = x.Height * int64 factor
                Width = x.Width * int64 factor
            }
        | Layer.BatchNorm
        | Layer.Sign _
        | Layer.Elementwise _
        | Layer.FactoredScale -> x

    /// The size that a layer with faults was probably meant to make, so that what follows is checked too.
    let intended (layer: Layer) (x: FeatureSize) =
        let atLeast least (size: Size2) =
            {
                Rows = max least size.Rows
                Columns = max least size.Columns
            }

        let width = max 1 >> min Most

        let sane =
            match layer with
            | Layer.Convolution c ->
                Layer.Convolution
                    { c with
                        Outputs = width c.Outputs
                        Stride = atLeast 1 c.Stride
                    }
            | Layer.Linear l -> Layer.Linear { l with Outputs = width l.Outputs }
            | Layer.Pool p -> Layer.Pool { p with Stride = atLeast 1 p.Stride }
            | Layer.Subsample(channels, stride) -> Layer.Subsample(width channels, max 1 stride)
            | Layer.Upsample factor -> Layer.Upsample(min Most (max 1 factor))
            | other -> other

        let guess = output sane x

        FeatureSize.Of(
            max 1L guess.Channels,
            min (int64 Most) (max 1L guess.Height),
            min (int64 Most) (max 1L guess.Width)
        )

    /// Its binarizer of weights, where it has weights.
    let weights layer =
        match layer with
        | Layer.Convolution c -> Some c.Weights
        | Layer.Linear l -> Some l.Weights
        | _ -> None

    /// Whether it says how many channels its output has.
    let hasOutputs layer =
        match layer with
        | Layer.Convolution _
        | Layer.Linear _
        | Layer.Subsample _ -> true
        | _ -> false

    /// The layer with so many output channels, where it says how many.
    let withOutputs outputs layer =
        match layer with
        | Layer.Convolution c -> Layer.Convolution { c with Outputs = outputs }
        | Layer.Linear l -> Layer.Linear { l with Outputs = outputs }
        | Layer.Subsample(_, stride) -> Layer.Subsample(outputs, stride)
        | other -> other

    /// The layer with another binarizer of weights, where it has weights.
    let withWeights binarizer layer =
        match layer with
        | Layer.Convolution c -> Layer.Convolution { c with Weights = binarizer }
        | Layer.Linear l -> Layer.Linear { l with Weights = binarizer }
        | other -> other

    let private perChannel (channels: int64) = [ 1L; channels; 1L; 1L ]

    /// The tensors of a binarizer's learned numbers, 1 at first.
    let private learnedBy (binarizer: Binarizer) shape =
        [
            for name in binarizer.Parameters ->
                {
                    Name = name
                    Shape = shape
                    Group = Some ParameterGroup.ShiftsAndScales
                    First = FirstValue.Constant 1.0
                }
        ]

    let private tensor name shape group first =
        {
            Name = name
            Shape = shape
            Group = group
            First = first
        }

    /// A weight, its binarizer's learned numbers, and a bias.
    let private weighted shape (binarizer: Binarizer) realGroup hasBias biasGroup =
        let outputs, inputs = List.head shape, List.fold (*) 1L (List.tail shape)

        let group =
            if Binarizer.isNone binarizer then
                realGroup
            else
                ParameterGroup.BinaryWeights

        [
            tensor "weight" shape (Some group) (FirstValue.Uniform inputs)
            if hasBias then
                tensor "bias" [ outputs ] (Some biasGroup) (FirstValue.Uniform inputs)
            yield! learnedBy binarizer (outputs :: List.map (fun _ -> 1L) (List.tail shape))
        ]

    /// The tensors that a layer keeps for an input of this size, named after the layer's own name; for `Elementwise` they are named in the
    /// scope.
    let tensors (layer: Layer) (x: FeatureSize) =
        let ones = FirstValue.Constant 1.0
        let zeros = FirstValue.Constant 0.0

        let scale name shape =
            tensor name shape (Some ParameterGroup.ShiftsAndScales) ones

        match layer with
        | Layer.Convolution c ->
            let shape =
                [
                    int64 c.Outputs
                    x.Channels / int64 c.Groups
                    int64 c.Kernel.Rows
                    int64 c.Kernel.Columns
                ]

            weighted shape c.Weights ParameterGroup.RealConvolutions c.HasBias ParameterGroup.ShiftsAndScales
        | Layer.Linear l ->
            weighted
                [ int64 l.Outputs; x.Channels ]
                l.Weights
                ParameterGroup.Classifier
                l.HasBias
                ParameterGroup.Classifier
        | Layer.BatchNorm ->
            [
                tensor "weight" [ x.Channels ] (Some ParameterGroup.Norms) ones
                tensor "bias" [ x.Channels ] (Some ParameterGroup.Norms) zeros
                tensor "running_mean" [ x.Channels ] None zeros
                tensor "running_var" [ x.Channels ] None ones
                tensor "num_batches_tracked" [] None FirstValue.Counter
            ]
        | Layer.Sign(binarizer, isShifted) ->
            [
                if isShifted then
                    tensor "bias" (perChannel x.Channels) (Some ParameterGroup.ShiftsAndScales) zeros
                yield! learnedBy binarizer (perChannel x.Channels)
            ]
        | Layer.Elementwise(_, learned) ->
            [
                for number in learned ->
                    let shape =
                        if number.Group = ParameterGroup.Slopes then
                            [ x.Channels ]
                        else
                            perChannel x.Channels

                    tensor number.Tensor shape (Some number.Group) (FirstValue.Constant number.First)
            ]
        | Layer.FactoredScale ->
            [
                scale "channels" (perChannel x.Channels)
                scale "rows" [ 1L; 1L; x.Height; 1L ]
                scale "columns" [ 1L; 1L; 1L; x.Width ]
            ]
        | Layer.Pool _
        | Layer.GlobalMean
        | Layer.Flatten
        | Layer.Subsample _
        | Layer.Upsample _ -> []

    /// What it is, in a word or two.
    let kind layer =
        match layer with
        | Layer.Convolution c when Binarizer.isNone c.Weights -> $"conv %d{c.Kernel.Rows}x%d{c.Kernel.Columns}"
        | Layer.Convolution c -> $"binary %d{c.Kernel.Rows}x%d{c.Kernel.Columns}"
        | Layer.Linear l when Binarizer.isNone l.Weights -> "linear"
        | Layer.Linear _ -> "binary linear"
        | Layer.BatchNorm -> "batch norm"
        | Layer.Sign _ -> "sign"
        | Layer.Elementwise(formula, _) -> formula.Name
        | Layer.FactoredScale -> "scale"
        | Layer.Pool p when p.Kind = PoolKind.Mean -> $"mean pool %d{p.Window.Rows}x%d{p.Window.Columns}"
        | Layer.Pool p -> $"max pool %d{p.Window.Rows}x%d{p.Window.Columns}"
        | Layer.GlobalMean -> "global mean"
        | Layer.Flatten -> "flatten"
        | Layer.Subsample _ -> "subsample"
        | Layer.Upsample _ -> "upsample"
