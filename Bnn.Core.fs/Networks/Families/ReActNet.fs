namespace Bnn

/// ReActNet on MobileNet's plan (Liu et al., ECCV 2020), with the names of its code.
[<EditorBrowsable(Never)>]
module ReActNet =
    /// Two of the same beside each other: how the shortcut of a half that doubles the channels meets both of its convolutions.
    let private doubled = Layers.Branches(Layers.Identity, Layers.Identity)

    /// Half of a block: shifted sign, binary convolutions that see the same input, batch norms, the sum, shifted PReLU.
    let private half number (convolutions: Network list) (norms: Network list) stride =
        let isDoubling = convolutions.Length > 1

        let shortcut =
            if stride = 1 then
                Layers.Identity
            else
                Layers.MeanPool(2, roundUp = true)

        let body =
            if isDoubling then
                Network.Branches convolutions >=> Network.Groups norms
            else
                convolutions.Head >=> norms.Head

        Layers.Residual(
            Layers.Sign($"move{number}1", Binarizer.approxSign, shifted = true) >=> body,
            (if isDoubling then shortcut >=> doubled else shortcut)
        )
        >=> Layers.ShiftedPRelu($"prelu{number}", before = $"move{number}2", after = $"move{number}3")

    /// A binary 3x3 half, then a binary 1x1 half that keeps the width or doubles it.
    let private block width next stride =
        let pointwise name =
            Layers.BinaryConvolution(name, width, 1)

        let second =
            if next = width then
                half 2 [ pointwise "binary_pw" ] [ Layers.BatchNorm "bn2" ] 1
            else
                half
                    2
                    [ pointwise "binary_pw_down1"; pointwise "binary_pw_down2" ]
                    [ Layers.BatchNorm "bn2_1"; Layers.BatchNorm "bn2_2" ]
                    1

        half 1 [ Layers.BinaryConvolution("binary_3x3", width, 3, stride = stride) ] [ Layers.BatchNorm "bn1" ] stride
        >=> second

    /// A real 3x3 convolution, blocks, the mean, a linear layer. `layers`: width and stride of the convolution, then of each block, whose
    /// width is the one before it or its double.
    let network (layers: (int * int) list) classes =
        match layers with
        | [] -> Network.identity
        | (stem, stemStride) :: blocks ->
            let numbered k (width, next, stride) =
                Layers.Scope($"feature.%d{k + 1}", block width next stride)

            let steps =
                List.zip (stem :: List.map fst blocks |> List.take blocks.Length) blocks
                |> List.map (fun (width, (next, stride)) -> width, next, stride)

            Layers.Scope(
                "feature.0",
                Layers.Convolution("conv1", stem, 3, stride = stemStride)
                >=> Layers.BatchNorm "bn1"
            )
            >=> Network.Chain(List.mapi numbered steps)
            >=> Layers.GlobalMean()
            >=> Layers.Linear("fc", classes)

    /// ReActNet-A's layers.
    let a =
        [ 32, 2; 64, 1; 128, 2; 128, 1; 256, 2; 256, 1; 512, 2 ]
        @ List.replicate 5 (512, 1)
        @ [ 1024, 2; 1024, 1 ]

    /// The layers of the small one.
    let small = [ 32, 2; 64, 2; 128, 2; 128, 1 ]

    /// What is wrong with layers.
    let validate (layers: (int * int) list) =
        Fault.unless (layers.Length >= 2) "layers" (string layers.Length) "the first convolution and at least one block"
        @ [
            for k, ((width, _), (next, _)) in Seq.indexed (List.pairwise layers) do
                yield!
                    Fault.unless
                        (next = width || next = 2 * width)
                        $"width of layer %d{k + 1}"
                        (string next)
                        $"%d{width} or %d{2 * width}, the width before it or its double"
        ]
