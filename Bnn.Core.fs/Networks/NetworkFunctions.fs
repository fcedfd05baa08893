namespace Bnn

open System
open System.Collections.Generic
open NetworkWalk

/// Networks by what they are, and by what they make of others.
[<EditorBrowsable(Never); CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Network =
    /// Parts within parts.
    [<Literal>]
    let MostNesting = 24

    /// Layers of a network.
    [<Literal>]
    let MostLayers = 10_000

    /// What changes nothing.
    let identity = Network.Chain []

    /// Parts one after the other; a chain among them is its parts, and a chain of one part is that part.
    let chain (parts: Network list) = Network.Joined parts

    /// The faults of a network that is too large to be looked at; nothing recurses before they are known.
    let limits (network: Network) =
        let waiting = Stack [ struct (network, 1) ]
        let mutable count, deepest = 0, 1

        while waiting.Count > 0 && count <= MostLayers && deepest <= MostNesting do
            let struct (part, depth) = waiting.Pop()
            count <- count + 1
            deepest <- max deepest depth

            for child in parts part do
                waiting.Push(struct (child, depth + 1))

        Fault.unless
            (count <= MostLayers)
            "layers"
            $"more than %d{MostLayers}"
            $"at most %d{MostLayers} layers and parts"
        @ Fault.unless
            (deepest <= MostNesting)
            "parts within parts"
            $"deeper than %d{MostNesting}"
            $"at most %d{MostNesting}"

    let rec private mapIn scope (f: string -> string -> Layer -> Layer) network =
        let go = mapIn scope f

        match network with
        | Network.Layer(name, layer) -> Network.Layer(name, f (join scope name) name layer)
        | Network.Chain parts -> Network.Chain(List.map go parts)
        | Network.Residual(body, after, shortcut) -> Network.Residual(go body, go after, go shortcut)
        | Network.Branches parts -> Network.Branches(List.map go parts)
        | Network.Groups parts -> Network.Groups(List.map go parts)
        | Network.Scope(name, part) -> Network.Scope(name, mapIn (join scope name) f part)

    /// The network with every layer, with its name in its scope, replaced.
    let map (f: string -> Layer -> Layer) network = mapIn "" (fun _ -> f) network

    /// The same network without chains in chains and chains of one part, as `Layers` and `Then` make it.
    let rec normal network =
        match network with
        | Network.Layer _ -> network
        | Network.Chain parts -> chain (List.map normal parts)
        | Network.Residual(body, after, shortcut) -> Network.Residual(normal body, normal after, normal shortcut)
        | Network.Branches parts -> Network.Branches(List.map normal parts)
        | Network.Groups parts -> Network.Groups(List.map normal parts)
        | Network.Scope(name, part) -> Network.Scope(name, normal part)

    /// Every layer of a sound network in the order of declaration, which is that of the published files.
    let places input network =
        let places, _, _ = walk (fun _ _ _ _ -> []) input network
        places

    /// The size of a sound network's output.
    let output input network =
        let _, output, _ = walk (fun _ _ _ _ -> []) input network
        output

    /// The tensors of a layer where it stands, with their full names.
    let tensorsOf (place: LayerPlace) =
        let prefix =
            match place.Layer with
            | Layer.Elementwise _ -> place.Scope
            | _ -> place.Name

        Layer.tensors place.Layer place.Input
        |> List.map (fun tensor ->
            { tensor with
                Name = join prefix tensor.Name
            })

    /// All tensors of a sound network, in the order of declaration.
    let tensors input network =
        places input network |> List.collect tensorsOf

    let private twice (names: string list) =
        names
        |> List.filter ((<>) "")
        |> List.countBy id
        |> List.filter (fun (_, count) -> count > 1)
        |> List.collect (fun (name, count) -> Fault.unless false name $"the name of %d{count}" "one name each")

    /// What is wrong with the layers of a network whose sizes fit.
    let private placeFaults (places: LayerPlace list) =
        let tensors = places |> List.collect tensorsOf

        let numbers =
            tensors
            |> List.sumBy (fun tensor -> tensor.Shape |> List.fold (fun count length -> count * float length) 1.0)

        let names =
            places
            |> List.map _.Name
            |> List.filter ((<>) "")
            |> List.map (fun name -> name, name)

        [
            for where, name in
                names
                @ (tensors |> List.map (fun tensor -> $"tensor {tensor.Name}", tensor.Name)) do
                yield! LayerChecks.name where name
            yield! twice (tensors |> List.map _.Name)
            yield! Fault.unless (not tensors.IsEmpty) "layers" "none that learns" "at least one"
            yield!
                Fault.unless
                    (numbers <= MostNumbers)
                    "size"
                    $"{Fault.text numbers} numbers"
                    $"at most {Fault.text MostNumbers}: smaller widths or images"
        ]

    /// All that is wrong with a network for inputs of this size.
    let validate (input: FeatureSize) (network: Network) =
        let side name size =
            Fault.unless (size >= 1L && size <= int64 Layer.Most) name (string size) $"1 to %d{Layer.Most}"

        match
            limits network
            @ side "input channels" input.Channels
            @ side "input height" input.Height
            @ side "input width" input.Width
        with
        | [] ->
            let places, _, faults = walk (LayerChecks.create ()) input network

            twice (places |> List.map _.Name)
            @ (if faults.IsEmpty then placeFaults places else faults)
        | faults -> faults

    /// The binarizers of its activations, and those of its weights, each once, in order; `Binarizer.none` is none.
    let binarizers network =
        let activations, weights = List<Binarizer>(), List<Binarizer>()

        let add (found: List<Binarizer>) binarizer =
            if not (Binarizer.isNone binarizer || found.Contains binarizer) then
                found.Add binarizer

        network
        |> map (fun _ layer ->
            match layer with
            | Layer.Sign(binarizer, _) -> add activations binarizer
            | other -> Layer.weights other |> Option.iter (add weights)

            layer)
        |> ignore

        struct (List.ofSeq activations, List.ofSeq weights)

    /// The network with every binarizer of weights replaced; layers without one (`Binarizer.none`) keep it.
    let mapWeights (f: Binarizer -> Binarizer) network =
        network
        |> map (fun _ layer ->
            match Layer.weights layer with
            | Some binarizer when not (Binarizer.isNone binarizer) -> Layer.withWeights (f binarizer) layer
            | _ -> layer)

    /// The network with every binarizer of activations replaced.
    let mapActivations (f: Binarizer -> Binarizer) network =
        network
        |> map (fun _ layer ->
            match layer with
            | Layer.Sign(binarizer, isShifted) -> Layer.Sign(f binarizer, isShifted)
            | other -> other)

    /// The network without what is added to its bodies.
    let rec withoutShortcuts network =
        match network with
        | Network.Layer _ -> network
        | Network.Chain parts -> chain (List.map withoutShortcuts parts)
        | Network.Residual(body, after, _) -> (withoutShortcuts body).Then(withoutShortcuts after)
        | Network.Branches parts -> Network.Branches(List.map withoutShortcuts parts)
        | Network.Groups parts -> Network.Groups(List.map withoutShortcuts parts)
        | Network.Scope(name, part) -> Network.Scope(name, withoutShortcuts part)

    /// clip(-1, x, 1), after the shift, with the tensors of a sign; what its binarizer learns is kept and not read.
    let private realSign name (binarizer: Binarizer) isShifted =
        let clip =
            if isShifted then
                Elementwise.shiftedClip
            else
                Elementwise.hardTanh

        let number input tensor first =
            {
                Input = input
                Tensor = $"{name}.{tensor}"
                Group = ParameterGroup.ShiftsAndScales
                First = first
            }

        Layer.Elementwise(
            { clip with
                Parameters = clip.Parameters @ binarizer.Parameters
            },
            [
                if isShifted then
                    number "shift" "bias" 0.0
                for parameter in binarizer.Parameters do
                    number parameter parameter 1.0
            ]
        )

    /// What a layer is where it is not binary.
    let private realLayer name layer =
        match layer, Layer.weights layer with
        | Layer.Sign(binarizer, isShifted), _ when not (Binarizer.isNone binarizer) -> realSign name binarizer isShifted
        | other, Some binarizer when not (Binarizer.isNone binarizer) ->
            let real =
                { Binarizer.none with
                    Parameters = binarizer.Parameters
                }

            Layer.withWeights real other
        | other, _ -> other

    /// What the network is in stages in which nothing is binary, with the same tensors: signs become clip(-1, x, 1), after their shift,
    /// and weights are used as they are. Numbers that binarizers learn are kept, and nothing reads them.
    let realTwin network = map realLayer network

    /// Whether a layer or scope of this full name is one of these places, or lies in one.
    let private isIn (places: string list) (name: string) =
        places
        |> List.exists (fun place -> name = place || name.StartsWith(place + ".", StringComparison.Ordinal))

    /// The network that is binary in these layers and scopes, by their full names, and real elsewhere.
    let binaryIn (places: string list) network =
        network
        |> mapIn "" (fun full name layer -> if isIn places full then layer else realLayer name layer)

    /// Those of these places in which no layer with binary weights and no sign lies.
    let withoutBinary (places: string list) network =
        let found = HashSet<string>()

        network
        |> mapIn "" (fun full name layer ->
            if realLayer name layer <> layer then
                for place in places do
                    if isIn [ place ] full then
                        found.Add place |> ignore

            layer)
        |> ignore

        places |> List.filter (found.Contains >> not)

    /// Whether the channels of a part's output depend on those of its input: nothing on some way through it says how many there are.
    let rec private passes network =
        match network with
        | Network.Layer(_, Layer.Convolution c) -> c.Groups > 1
        | Network.Layer(_, layer) -> not (Layer.hasOutputs layer)
        | Network.Chain parts -> List.forall passes parts
        | Network.Residual(body, after, shortcut) -> passes after && (passes body || passes shortcut)
        | Network.Branches parts
        | Network.Groups parts -> List.exists passes parts
        | Network.Scope(_, part) -> passes part

    /// The network with every layer replaced by what `f` makes of it, and of whether it is a last one: one on which the channels of the
    /// output depend. Where they come from a sum or from branches, there are several.
    let private mapOutputs (f: bool -> Layer -> Layer) network =
        let rec go isLast network =
            match network with
            | Network.Layer(name, layer) -> Network.Layer(name, f isLast layer)
            | Network.Chain parts ->
                let restPasses = List.scanBack (fun part rest -> rest && passes part) parts true
                Network.Chain(List.map2 (fun part rest -> go (isLast && rest) part) parts restPasses.Tail)
            | Network.Residual(body, after, shortcut) ->
                let isSumLast = isLast && passes after
                Network.Residual(go isSumLast body, go isLast after, go isSumLast shortcut)
            | Network.Branches parts -> Network.Branches(List.map (go isLast) parts)
            | Network.Groups parts -> Network.Groups(List.map (go isLast) parts)
            | Network.Scope(name, part) -> Network.Scope(name, go isLast part)

        go true network

    /// The network whose last layer with output channels has so many of them.
    let withOutputs (outputs: int) network =
        network
        |> mapOutputs (fun isLast layer -> if isLast then Layer.withOutputs outputs layer else layer)

    /// The network with the output channels of every layer times a factor, rounded, at least 1, but for the last layer that has any:
    /// that is what the network is to give. What others are joined to has the sum of theirs (`Widths`). Groups keep their sizes, so that there are
    /// fewer or more of them: depthwise convolutions stay depthwise.
    let scaled (factor: float) network =
        if not (factor > 0.0 && Double.IsFinite factor) then
            raise (ArgumentOutOfRangeException(nameof factor, Fault.text factor, "allowed: a finite number above 0"))

        let scale = Widths.scaled factor network

        network
        |> mapOutputs (fun isLast layer ->
            match layer with
            | layer when isLast -> layer
            | Layer.Convolution c when c.Groups > 1 && c.Outputs % c.Groups = 0 ->
                let groups = scale c.Groups

                Layer.Convolution
                    { c with
                        Groups = groups
                        Outputs = groups * (c.Outputs / c.Groups)
                    }
            | Layer.Convolution c -> Layer.Convolution { c with Outputs = scale c.Outputs }
            | Layer.Linear l -> Layer.Linear { l with Outputs = scale l.Outputs }
            | Layer.Subsample(channels, stride) -> Layer.Subsample(scale channels, stride)
            | other -> other)
