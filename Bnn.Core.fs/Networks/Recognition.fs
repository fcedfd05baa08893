namespace Bnn

open System

/// What tensors are of.
[<RequireQualifiedAccess; EditorBrowsable(Never)>]
type Recognized =
    | Model of ModelDescription
    /// Networks that have the same tensors, by their functions in `Models`.
    | OneOf of string list
    | Unknown

/// The architecture of a published network, inferred from the names and shapes of its tensors. Strides leave no trace in weights: they are
/// taken as published (2 where a layer begins; in ReActNet where the width changes but to 64), and images as large as the published ones.
[<EditorBrowsable(Never)>]
module Recognition =
    [<Literal>]
    let private LargeImage = 224

    [<Literal>]
    let private SmallImage = 32

    let private width (size: int64) = int (min size (int64 Int32.MaxValue))

    /// The first dimension of each of these tensors, up to the first that is missing or has another rank.
    let private widths (shapes: Map<string, int64 list>) (name: int -> string) =
        Seq.initInfinite name
        |> Seq.map shapes.TryFind
        |> Seq.takeWhile (function
            | Some [ _ ] -> true
            | _ -> false)
        |> Seq.map (fun shape -> width shape.Value.Head)
        |> Seq.truncate Network.MostLayers
        |> Seq.toList

    /// Channels of the images and width of the first convolution.
    let private stem (shapes: Map<string, int64 list>) name =
        match shapes.TryFind name with
        | Some [ outputs; channels; _; _ ] -> Some(width channels, width outputs)
        | _ -> None

    let private classes (shapes: Map<string, int64 list>) layer =
        match shapes.TryFind $"{layer}.bias" with
        | Some [ classes ] -> Some(width classes)
        | _ -> None

    let private describe name (height, columns) network shapes stemName layer =
        match stem shapes stemName, classes shapes layer with
        | Some(channels, stem), Some classes ->
            let model =
                ModelDescription.Create(name, network stem classes, channels, height, columns)

            if (ModelDescription.validate model).IsEmpty then
                Some model
            else
                None
        | _ -> None

    let private square size = (size, size)

    let private reActNet shapes =
        let network stem classes =
            let blocks = widths shapes (fun k -> $"feature.{k + 1}.prelu2.weight")

            let layers =
                (stem, 2)
                :: [
                    for before, next in List.pairwise (stem :: blocks) do
                        next, (if next <> before && next <> 64 then 2 else 1)
                ]

            if (ReActNet.validate layers).IsEmpty then
                ReActNet.network layers classes
            else
                Network.identity

        describe "ReActNet" (square LargeImage) network shapes "feature.0.conv1.weight" "fc"

    let private binaryNet shapes =
        let network _ classes =
            let layers =
                widths shapes (fun k -> $"bn{k}.weight")
                |> List.mapi (fun k width -> width, (if k % 2 = 1 then 2 else 1))

            ResNets.binaryNet layers classes

        describe "BinaryNet" (square SmallImage) network shapes "conv0.weight" "fc"

    /// A network whose blocks lie in layers; `norm` has the width of a block.
    let private layered name family stemStride size shapes norm classifier =
        let network stem classes =
            let blocks =
                Seq.initInfinite (fun layer -> widths shapes (fun block -> $"layer{layer + 1}.{block}.{norm}"))
                |> Seq.takeWhile (not << List.isEmpty)
                |> Seq.truncate Network.MostLayers
                |> Seq.mapi (fun layer widths ->
                    widths
                    |> List.mapi (fun block width -> width, (if layer > 0 && block = 0 then 2 else 1)))
                |> List.concat

            family ((stem, stemStride) :: blocks) classes

        describe name size network shapes "conv1.weight" classifier

    /// The size of StrongBaseline's images: its first scale has a factor for each row and column of a quarter of it.
    let private imageOf (shapes: Map<string, int64 list>) =
        match shapes.TryFind "layer1.0.scale.rows", shapes.TryFind "layer1.0.scale.columns" with
        | Some [ _; _; rows; _ ], Some [ _; _; _; columns ] when max rows columns <= int64 Layer.Most ->
            4 * int rows, 4 * int columns
        | _ -> square LargeImage

    /// A published network by its own name.
    let private known (model: ModelDescription) =
        [ Models.ReActNetA(); Models.ResNet18(); Models.ResNet34(); Models.ResNet50() ]
        |> List.tryFind (fun published -> published.Network = (Network.withOutputs published.Classes model.Network))
        |> Option.map (fun published -> { model with Name = published.Name })
        |> Option.defaultValue model

    /// The networks that files of the library's first formats name by a family, of layers' widths and strides.
    let ofFamily family (layers: struct (int * int) seq) classes =
        let layers = [ for struct (width, stride) in layers -> width, stride ]

        match family with
        | "ReActNet" when (ReActNet.validate layers).IsEmpty -> Some(ReActNet.network layers classes)
        | "ReActResNet" -> Some(ResNets.reActNet18 layers classes)
        | "BiReal" -> Some(ResNets.biReal18 layers classes)
        | "StrongBaseline" -> Some(ResNets.strongBaseline layers classes)
        | "BinaryNet" -> Some(ResNets.binaryNet layers classes)
        | "BinaryResNet20"
        | "BinaryResNet" -> Some(ResNets.binarySmall layers classes)
        | "ResNet" -> Some(ResNets.real layers classes)
        | "BottleneckResNet" -> Some(ResNets.bottlenecks layers classes)
        | _ -> None

    /// The network of these tensors.
    let find (tensors: (string * int64 list) seq) : Recognized =
        let shapes = Map.ofSeq tensors
        let has name = shapes.ContainsKey name

        let large name family norm =
            layered name family 2 (square LargeImage) shapes norm "fc"

        let found =
            if has "feature.0.conv1.weight" then
                reActNet shapes
            elif has "conv0.weight" then
                binaryNet shapes
            elif not (has "layer1.0.bn1.weight") then
                None
            elif has "layer1.0.move0.bias" then
                large "ReActNet-18" ResNets.reActNet18 "prelu.weight"
            elif has "layer1.0.scale.rows" then
                layered "StrongBaseline" ResNets.strongBaseline 2 (imageOf shapes) shapes "prelu.weight" "fc"
            elif has "layer1.0.binary_conv.weight" || has "layer1.0.binary_conv.weights" then
                large "Bi-Real-18" ResNets.biReal18 "bn1.weight"
            elif has "layer1.0.bn3.weight" then
                large "ResNet" ResNets.bottlenecks "bn3.weight"
            elif not (has "linear.weight") then
                large "ResNet" ResNets.real "bn2.weight"
            else
                None

        match found with
        | Some model -> Recognized.Model(known model)
        | None when has "linear.weight" && has "layer1.0.bn1.weight" ->
            Recognized.OneOf [ "Models.ResNet20()"; "Models.BinaryResNet20()" ]
        | None -> Recognized.Unknown
