namespace Bnn

/// Networks of residual blocks under torchvision's names: `layer1.0`, `layer1.1`, ...
[<EditorBrowsable(Never)>]
module ResNets =
    /// Width and stride of the first convolution, then of each block: so many blocks of each width, of which the first of each but the
    /// first width has stride 2.
    let layers stem (widths: (int * int) list) =
        stem
        :: [
            for k, (width, count) in List.indexed widths do
                for block in 0 .. count - 1 do
                    width, (if k > 0 && block = 0 then 2 else 1)
        ]

    /// The blocks behind the first convolution; one that changes the size begins a layer. `block` is given inputs, outputs, stride.
    let private blocks (layers: (int * int) list) (block: int -> int -> int -> Network) =
        let next (layer, number, inputs) (outputs, stride) =
            let layer, number =
                if number > 0 && (stride > 1 || outputs <> inputs) then
                    layer + 1, 0
                else
                    layer, number

            Layers.Scope($"layer%d{layer}.%d{number}", block inputs outputs stride), (layer, number + 1, outputs)

        match layers with
        | [] -> Network.identity
        | (stem, _) :: rest -> Network.Chain(List.mapFold next (1, 0, stem) rest |> fst)

    let private stem (layers: (int * int) list) =
        List.tryHead layers |> Option.defaultValue (1, 1)

    /// A real 7x7 convolution and a max pool before the blocks, the mean and a linear layer behind them.
    let private large (activation: Network) layers classes block =
        let width, stride = stem layers

        Layers.Convolution("conv1", width, 7, stride = stride)
        >=> Layers.BatchNorm "bn1"
        >=> activation
        >=> Layers.MaxPool(3, stride = 2, padding = 1)
        >=> blocks layers block
        >=> Layers.GlobalMean()
        >=> Layers.Linear("fc", classes)

    let private norm name = Layers.BatchNorm name

    /// A real 1x1 convolution where the size changes, after a mean pool where the stride does.
    let private pooledShortcut inputs outputs stride =
        let project = Layers.Convolution("downsample.1", outputs, 1) >=> norm "downsample.2"

        if stride > 1 then
            Layers.MeanPool(2, roundUp = true) >=> project
        elif inputs <> outputs then
            project
        else
            Layers.Identity

    /// ResNet-18's widths with a block for each binary convolution.
    let eighteen = layers (64, 2) [ 64, 4; 128, 4; 256, 4; 512, 4 ]

    let private binaryConvolution outputs stride =
        Layers.BinaryConvolution("binary_conv", outputs, 3, stride = stride)

    /// ReActNet-18 (Liu et al., ECCV 2020).
    let reActNet18 layers classes =
        large Layers.Identity layers classes (fun inputs outputs stride ->
            Layers.Residual(
                Layers.Sign("move0", Binarizer.approxSign, shifted = true)
                >=> binaryConvolution outputs stride
                >=> norm "bn1",
                pooledShortcut inputs outputs stride,
                after = Layers.ShiftedPRelu("prelu", before = "move1", after = "move2")
            ))

    /// Bi-Real-18 (Liu et al., ECCV 2018): ReActNet-18 without learned shifts and PReLU.
    let biReal18 layers classes =
        large Layers.Identity layers classes (fun inputs outputs stride ->
            Layers.Residual(
                Layers.Sign("sign", Binarizer.approxSign)
                >=> binaryConvolution outputs stride
                >=> norm "bn1",
                pooledShortcut inputs outputs stride
            ))

    /// StrongBaseline (Martinez et al., ICLR 2020, section 4.1): batch norm before the sign, a learned scale for each channel, row and
    /// column after the convolution, PReLU before the shortcut is added.
    let strongBaseline layers classes =
        large (Layers.PRelu "prelu") layers classes (fun inputs outputs stride ->
            Layers.Residual(
                norm "bn1"
                >=> Layers.Sign("sign", Binarizer.clip)
                >=> binaryConvolution outputs stride
                >=> Layers.FactoredScale "scale"
                >=> Layers.PRelu "prelu",
                pooledShortcut inputs outputs stride
            ))

    let private realConvolution (number: int) outputs (kernel: int) (stride: int) =
        Layers.Convolution($"conv%d{number}", outputs, kernel, stride = stride)
        >=> norm $"bn%d{number}"

    let private projected inputs outputs stride =
        if stride = 1 && inputs = outputs then
            Layers.Identity
        else
            Layers.Convolution("downsample.0", outputs, 1, stride = stride)
            >=> norm "downsample.1"

    /// Two real 3x3 convolutions (He et al., CVPR 2016).
    let private basic shortcut inputs outputs stride =
        Layers.Residual(
            realConvolution 1 outputs 3 stride
            >=> Layers.Relu()
            >=> realConvolution 2 outputs 3 1,
            shortcut inputs outputs stride,
            after = Layers.Relu()
        )

    /// A real 1x1, 3x3 and 1x1 convolution; the inner ones have a quarter of the width, the stride is the 3x3's, as torchvision has it.
    let private bottleneck inputs outputs stride =
        Layers.Residual(
            realConvolution 1 (outputs / 4) 1 1
            >=> Layers.Relu()
            >=> realConvolution 2 (outputs / 4) 3 stride
            >=> Layers.Relu()
            >=> realConvolution 3 outputs 1 1,
            projected inputs outputs stride,
            after = Layers.Relu()
        )

    /// Real ResNet of basic blocks: ResNet-18 and 34.
    let real layers classes =
        large (Layers.Relu()) layers classes (basic projected)

    /// Real ResNet of bottlenecks: ResNet-50.
    let bottlenecks layers classes =
        large (Layers.Relu()) layers classes bottleneck

    /// For small images: a 3x3 convolution, blocks whose shortcuts have no parameters (He et al., CVPR 2016, section 4.2).
    let private small activation layers classes block =
        let width, stride = stem layers

        Layers.Convolution("conv1", width, 3, stride = stride)
        >=> norm "bn1"
        >=> activation
        >=> blocks layers block
        >=> Layers.GlobalMean()
        >=> Layers.Linear("linear", classes)

    /// ResNet-20's widths.
    let twenty = layers (16, 1) [ 16, 3; 32, 3; 64, 3 ]

    let private subsampled inputs outputs stride =
        if stride = 1 && inputs = outputs then
            Layers.Identity
        else
            Layers.Subsample(outputs, stride)

    /// Real ResNet-20 and its like, for CIFAR-10.
    let realSmall layers classes =
        small (Layers.Relu()) layers classes (basic subsampled)

    /// Binary ResNet-20: signs with clip's derivative, activations clipped to -1..1.
    let binarySmall layers classes =
        let half number outputs stride =
            Layers.Sign($"sign%d{number}", Binarizer.clip)
            >=> Layers.BinaryConvolution($"conv%d{number}", outputs, 3, stride = stride)
            >=> norm $"bn%d{number}"

        small (Layers.HardTanh()) layers classes (fun inputs outputs stride ->
            Layers.Residual(
                half 1 outputs stride >=> Layers.HardTanh() >=> half 2 outputs 1,
                subsampled inputs outputs stride,
                after = Layers.HardTanh()
            ))

    /// VGG-small's layers.
    let vggSmall = [ 128, 1; 128, 2; 256, 1; 256, 2; 512, 1; 512, 2 ]

    /// BinaryNet in the form called VGG-small: 3x3 convolutions of stride 1, the first one real, each with batch norm; a layer of stride 2
    /// has a max pool before its norm; a linear layer over all numbers. Signs with clip's derivative, activations clipped to -1..1.
    let binaryNet (layers: (int * int) list) classes =
        let layer k (width, stride) =
            let convolution =
                if k = 0 then
                    Layers.Convolution("conv0", width, 3)
                else
                    Layers.Sign($"sign%d{k}", Binarizer.clip)
                    >=> Layers.BinaryConvolution($"conv%d{k}", width, 3)

            let pool =
                if stride > 1 then
                    Layers.MaxPool(2, roundUp = true)
                else
                    Layers.Identity

            convolution >=> pool >=> norm $"bn%d{k}" >=> Layers.HardTanh()

        Layers.Chain(List.mapi layer layers)
        >=> Layers.Flatten()
        >=> Layers.Linear("fc", classes)
