namespace Bnn

open System

/// A network that may be the one of some tensors.
[<EditorBrowsable(Never)>]
type Candidate =
    {
        /// The call that makes it, as C# writes it: `Models.ResNet20(classes: 100)`.
        Code: string
        Model: ModelDescription
    }

/// What tensors are of.
[<RequireQualifiedAccess; EditorBrowsable(Never)>]
type Recognized =
    | Model of ModelDescription
    /// Several networks, all of which have these tensors.
    | OneOf of Candidate list
    /// None of the library's; perhaps the one whose names they have, where others have other shapes, are missing or too many.
    | Unknown of nearest: ModelDescription option

/// The network of the library that has tensors of these names and shapes, all of them and no others. Where several have them, none is taken: the
/// caller is told which. Of one family, `Models.ReActNet` or the ResNets, only strides can differ, which leave no trace in tensors: they are taken
/// as published (2 where a layer begins; in ReActNet where the width changes but to 64), and so is the size of images. What else tensors do not
/// tell, above all whether weights are used by their signs, is not of the network but of its use.
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

    /// The images' channels and the width of the first convolution.
    let private stem (shapes: Map<string, int64 list>) name =
        match shapes.TryFind name with
        | Some [ outputs; channels; _; _ ] -> Some(width channels, width outputs)
        | _ -> None

    let private classes (shapes: Map<string, int64 list>) layer =
        match shapes.TryFind $"%s{layer}.bias" with
        | Some [ classes ] -> Some(width classes)
        | _ -> None

    /// A factory's usual classes, channels and size of images.
    let private large, private small, private grey =
        [ 1000; 3; 224 ], [ 10; 3; 32 ], [ 10; 1; 28 ]

    /// The call that makes a model: with the layers where there are some, and with what is not as usual.
    let private call factory usual layers (model: ModelDescription) =
        let layers =
            match layers with
            | [] -> []
            | _ ->
                let pairs = layers |> List.map (fun (width, stride) -> $"(%d{width}, %d{stride})")
                [ "[" + String.concat ", " pairs + "]" ]

        let others =
            List.zip3 [ "classes"; "channels"; "size" ] [ model.Classes; model.Channels; model.Height ] usual
            |> List.filter (fun (_, value, usual) -> value <> usual)
            |> List.map (fun (name, value, _) -> $"%s{name}: %d{value}")

        let given = String.concat ", " (layers @ others)
        $"Models.%s{factory}(%s{given})"

    /// A sound network with the classes and channels of these tensors; `network` is given the classes.
    let private describe name (height, columns) network code shapes first last =
        match stem shapes first, classes shapes last with
        | Some(channels, _), Some classes ->
            let model =
                ModelDescription.Create(name, network classes, channels, height, columns)

            if (ModelDescription.validate model).IsEmpty then
                [ { Code = code model; Model = model } ]
            else
                []
        | _ -> []

    let private square size = (size, size)

    /// The width of the first convolution; 0 where there is none, which `describe` finds too.
    let private stemWidth shapes name =
        stem shapes name |> Option.map snd |> Option.defaultValue 0

    let private reActNet shapes =
        let widths =
            stemWidth shapes "feature.0.conv1.weight"
            :: widths shapes (fun k -> $"feature.%d{k + 1}.prelu2.weight")

        let published =
            (widths.Head, 2)
            :: [
                for before, next in List.pairwise widths do
                    next, (if next <> before && next <> 64 then 2 else 1)
            ]

        let candidate name size layers code =
            let network classes =
                if (ReActNet.validate layers).IsEmpty then
                    ReActNet.network layers classes
                else
                    Network.identity

            describe name (square size) network code shapes "feature.0.conv1.weight" "fc"

        if widths = List.map fst ReActNet.a then
            candidate "ReActNet-A" LargeImage ReActNet.a (call "ReActNetA" large [])
        else
            [
                yield! candidate "ReActNet" LargeImage published (call "ReActNet" grey published)
                if widths = List.map fst ReActNet.small then
                    yield! candidate "ReActNet-small" 28 ReActNet.small (call "ReActNetSmall" grey [])
            ]

    /// BinaryNet's names say nothing of signs, so its real twin has them too.
    let private binaryNet (shapes: Map<string, int64 list>) =
        let layers =
            widths shapes (fun k -> $"bn%d{k}.weight")
            |> List.mapi (fun k width -> width, (if k % 2 = 1 then 2 else 1))

        // the linear layer has an input for each pixel that the pools leave of each channel
        let side =
            match shapes.TryFind "fc.weight", List.tryLast layers with
            | Some [ _; inputs ], Some(width, _) when width > 0 ->
                let pools = layers |> List.filter (fun (_, stride) -> stride > 1) |> List.length
                int (min (round (sqrt (float inputs / float width)) * 2.0 ** float pools) (float Layer.Most))
            | _ -> SmallImage

        let code =
            if layers = ResNets.vggSmall then
                call "BinaryNet" small []
            else
                call "BinaryVgg" small layers

        let candidate name change code =
            describe name (square side) (ResNets.binaryNet layers >> change) code shapes "conv0.weight" "fc"

        candidate "BinaryNet" id code
        @ candidate "BinaryNet's real twin" Network.realTwin (fun model -> code model + ".RealTwin()")

    /// The layers of a network whose blocks lie in layers; `norm` has the width of a block.
    let private layersOf shapes stemStride norm =
        let blocks =
            Seq.initInfinite (fun layer -> widths shapes (fun block -> $"layer%d{layer + 1}.%d{block}.%s{norm}"))
            |> Seq.takeWhile (not << List.isEmpty)
            |> Seq.truncate Network.MostLayers
            |> Seq.mapi (fun layer widths ->
                widths
                |> List.mapi (fun block width -> width, (if layer > 0 && block = 0 then 2 else 1)))
            |> List.concat

        (stemWidth shapes "conv1.weight", stemStride) :: blocks

    /// The ResNets for small images: the binary one's names say nothing of signs, so the real one has them too.
    let private forSmallImages shapes =
        let layers = layersOf shapes 1 "bn2.weight"

        let candidate family (name, factory) (nameOfTwenty, factoryOfTwenty) =
            let name, code =
                if layers = ResNets.twenty then
                    nameOfTwenty, call factoryOfTwenty small []
                else
                    name, call factory small layers

            describe name (square SmallImage) (family layers) code shapes "conv1.weight" "linear"

        candidate ResNets.realSmall ("CIFAR ResNet", "CifarResNet") ("ResNet-20", "ResNet20")
        @ candidate
            ResNets.binarySmall
            ("binary CIFAR ResNet", "BinaryCifarResNet")
            ("binary ResNet-20", "BinaryResNet20")

    /// The size of StrongBaseline's images: its first scale has a factor for each row and column of a quarter of it.
    let private imageOf (shapes: Map<string, int64 list>) =
        match shapes.TryFind "layer1.0.scale.rows", shapes.TryFind "layer1.0.scale.columns" with
        | Some [ _; _; rows; _ ], Some [ _; _; _; columns ] when max rows columns <= int64 Layer.Most ->
            4 * int rows, 4 * int columns
        | _ -> square LargeImage

    /// A published network by its own name.
    let private known (model: ModelDescription) =
        [ Models.ResNet18(); Models.ResNet34(); Models.ResNet50() ]
        |> List.tryFind (fun published -> published.Network = (Network.withOutputs published.Classes model.Network))
        |> Option.map (fun published -> { model with Name = published.Name })
        |> Option.defaultValue model

    /// The networks whose names these tensors have.
    let private candidates (shapes: Map<string, int64 list>) =
        let has name = shapes.ContainsKey name

        // one network alone has such names, so nobody is asked to call its factory
        let only name family norm size =
            describe name size (family (layersOf shapes 2 norm)) _.Name shapes "conv1.weight" "fc"

        let large = square LargeImage

        if has "feature.0.conv1.weight" then
            reActNet shapes
        elif has "conv0.weight" then
            binaryNet shapes
        elif not (has "layer1.0.bn1.weight") then
            []
        elif has "layer1.0.move0.bias" then
            only "ReActNet-18" ResNets.reActNet18 "prelu.weight" large
        elif has "layer1.0.scale.rows" then
            only "StrongBaseline" ResNets.strongBaseline "prelu.weight" (imageOf shapes)
        elif has "layer1.0.binary_conv.weight" || has "layer1.0.binary_conv.weights" then
            only "Bi-Real-18" ResNets.biReal18 "bn1.weight" large
        elif has "layer1.0.bn3.weight" then
            only "ResNet" ResNets.bottlenecks "bn3.weight" large
        elif has "linear.weight" then
            forSmallImages shapes
        else
            only "ResNet" ResNets.real "bn2.weight" large

    /// Whether a network has these tensors, all of them and no others. Old files have no counters of batch norm, and a released network has its
    /// binary weights in a column, as `weights`.
    let private fits (shapes: Map<string, int64 list>) (model: ModelDescription) =
        let own = Network.tensors model.Input model.Network

        let isThere (tensor: TensorSpec) =
            match shapes.TryFind tensor.Name with
            | Some shape -> shape = tensor.Shape
            | None ->
                tensor.First.IsCounter
                || (tensor.Name.EndsWith(".weight", StringComparison.Ordinal)
                    && shapes.TryFind $"{tensor.Name}s" = Some [ tensor.Count; 1L ])

        let names = own |> List.map _.Name |> Set.ofList

        List.forall isThere own
        && shapes
           |> Map.forall (fun name _ ->
               names.Contains name
               || (name.EndsWith(".weights", StringComparison.Ordinal)
                   && names.Contains(name.Substring(0, name.Length - 1))))

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
        let found = candidates shapes

        match List.filter (fun candidate -> fits shapes candidate.Model) found with
        | [ only ] -> Recognized.Model(known only.Model)
        | [] -> Recognized.Unknown(List.tryHead found |> Option.map (fun nearest -> known nearest.Model))
        | several -> Recognized.OneOf several
