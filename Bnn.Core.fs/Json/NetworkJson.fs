namespace Bnn

open System.Collections.Generic
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

/// Models as JSON, and back. What is written of a sound model reads back as the same value, in its normal form (`Network.normal`).
/// `layers` is a part of the network: a list of parts, one after the other, or one object, whose first member tells what it is:
///
///     {"convolution": name, "outputs", "kernel", "stride", "padding", "groups", "bias", "weights"}
///     {"linear": name, "outputs", "bias", "weights"}     {"norm": name}      {"sign": name, "binarizer", "shift"}
///     {"elementwise": name, "formula", "tensors"}        {"scale": name}     {"subsample": name, "channels", "stride"}
///     {"pool": name, "kind", "window", "stride", "padding", "roundUp"}       {"upsample": name, "factor"}
///     {"globalMean": name}     {"flatten": name}     {"scope": name, "layers": part}     {"branches": [part, ...]}
///     {"residual": part, "after": part, "shortcut": part}                                {"split": [part, ...]}
///
/// Sizes are a number, or rows and columns. Left out are stride 1 (a pool's: its window), a convolution's padding of half of the kernel,
/// a pool's of 0, groups 1, what is false, real weights, and parts that change nothing. `weights`, `binarizer` and `formula` are keys of
/// the tables `binarizers` and `formulas`, whose formulas are the text of `Print.expr`:
///
///     {"name", "formula", "evaluation", "values": {"levels", "from", "to"}, "learned": [name, ...]}
///     {"name", "formula", "learned": [{"input", "group", "first"}, ...], "order": [name, ...]}
///
/// Left out are an evaluation that is the formula, the values -1 and +1, the group of shifts and scales, and the first value 0. `levels` is
/// missing for all numbers of an interval; `order` is that of the formula's inputs where it is not that of `learned`.
[<EditorBrowsable(Never)>]
module NetworkJson =
    // Read by people, and put into no page: + and < stay as they are.
    let private options isIndented =
        JsonSerializerOptions(WriteIndented = isIndented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

    let private forPeople = options true
    let private short = options false

    let rec private ofPart tables network : JsonNode =
        let parts = List.map (ofPart tables) >> Json.ofList

        match network with
        | Network.Layer(name, layer) -> LayerJson.write tables name layer
        | Network.Chain all -> parts all
        | Network.Branches all -> Json.ofMembers [ "branches", parts all ]
        | Network.Groups all -> Json.ofMembers [ "split", parts all ]
        | Network.Scope(name, part) -> Json.ofMembers [ "scope", Json.ofText name; "layers", ofPart tables part ]
        | Network.Residual(body, after, shortcut) ->
            Json.ofMembers
                [
                    "residual", ofPart tables body
                    yield! Json.unlessIs Network.identity (ofPart tables) "after" after
                    yield! Json.unlessIs Network.identity (ofPart tables) "shortcut" shortcut
                ]

    /// The model as an object. A network beyond `Network.limits` raises `BnnConfigurationException`.
    let node (model: ModelDescription) : JsonObject =
        Fault.require (Network.limits model.Network)

        let tables: WrittenTables =
            {
                Binarizers = Keys "b"
                Formulas = Keys "f"
            }

        let layers = ofPart tables (Network.normal model.Network)
        let size = model.Input

        Json.ofMembers
            [
                "name", Json.ofText model.Name
                "input",
                Json.ofList
                    [
                        for length in [ size.Channels; size.Height; size.Width ] -> JsonValue.Create length :> JsonNode
                    ]
                "binarizers", tables.Binarizers.Node TableJson.ofBinarizer
                "formulas", tables.Formulas.Node TableJson.ofFormula
                "layers", layers
            ]

    /// The model as text: with indents, but where it would be longer than what `toModel` reads. A network beyond `Network.limits`, or
    /// with more than 1,000,000 characters of text, raises `BnnConfigurationException`.
    let ofModel (model: ModelDescription) =
        let node = node model
        let indented = node.ToJsonString forPeople

        let text =
            if indented.Length <= Limits.Characters then
                indented
            else
                node.ToJsonString short

        Fault.require (
            Fault.unless
                (text.Length <= Limits.Characters)
                $"model {model.Name}: its JSON"
                $"a text of %d{text.Length} characters"
                $"at most %d{Limits.Characters}: fewer layers, shorter names or formulas"
        )

        text

    /// The faults of JSON that holds more parts than a network may, or nests deeper; nothing recurses before they are known.
    let private limits path (element: JsonElement) =
        let waiting = Stack [ struct (element, 1) ]
        let mutable objects, deepest = 0, 1

        while waiting.Count > 0 && objects <= Network.MostLayers && deepest <= Limits.Nesting do
            let struct (part, depth) = waiting.Pop()
            deepest <- max deepest depth

            match part.ValueKind with
            | JsonValueKind.Object ->
                objects <- objects + 1

                for each in part.EnumerateObject() do
                    waiting.Push(struct (each.Value, depth + 1))
            | JsonValueKind.Array ->
                for each in part.EnumerateArray() do
                    waiting.Push(struct (each, depth + 1))
            | _ -> ()

        Fault.unless
            (objects <= Network.MostLayers)
            path
            $"more than %d{Network.MostLayers} layers and parts"
            $"at most %d{Network.MostLayers}"
        @ Fault.unless
            (deepest <= Limits.Nesting)
            path
            $"nested more than %d{Limits.Nesting} deep"
            $"at most %d{Limits.Nesting}"

    let private kinds = [ "residual"; "branches"; "split"; "scope" ] @ LayerJson.kinds

    let rec private readPart tables path (element: JsonElement) : Read<Network> =
        if element.ValueKind = JsonValueKind.Array then
            Read.list path (readPart tables) element |> Read.map Network.chain
        else
            match Read.kind path kinds element with
            | Error faults -> Error faults
            | Ok "residual" -> readResidual tables path element
            | Ok "scope" -> readScope tables path element
            | Ok("branches" | "split" as kind) -> readParts tables kind path element
            | Ok kind -> LayerJson.read tables kind path element

    and private readResidual tables path element =
        gather {
            let! its = Members.Of(path, [ "residual" ], [ "after"; "shortcut" ], element)
            let! body = its.Get("residual", readPart tables)
            and! after = its.GetOr(Network.identity, "after", readPart tables)
            and! shortcut = its.GetOr(Network.identity, "shortcut", readPart tables)
            return Network.Residual(body, after, shortcut)
        }

    and private readScope tables path element =
        gather {
            let! its = Members.Of(path, [ "scope"; "layers" ], [], element)
            let! name = its.Get("scope", Read.text)
            and! part = its.Get("layers", readPart tables)
            return Network.Scope(name, part)
        }

    and private readParts tables kind path element =
        gather {
            let! its = Members.Of(path, [ kind ], [], element)
            let! parts = its.Get(kind, (fun path -> Read.list path (readPart tables)))

            return
                if kind = "split" then
                    Network.Groups parts
                else
                    Network.Branches parts
        }

    /// A part of a network that is small enough to be read; what it is made of may still be too deep or too much for a network.
    let private readNetwork tables path element : Read<Network> =
        match limits path element with
        | [] ->
            readPart tables path element
            |> Result.bind (fun network ->
                match Network.limits network with
                | [] -> Ok network
                | faults -> Error(Fault.ofPart path faults))
        | faults -> Error faults

    let private readInput path element : Read<FeatureSize> =
        Read.list path Read.longNumber element
        |> Result.bind (function
            | [ channels; height; width ] -> Ok(FeatureSize.Of(channels, height, width))
            | other -> Read.fault path $"a list of %d{other.Length}" "channels, height and width")

    /// The faults of a table and of its entries.
    let private tableFaults (table: Read<Map<string, Read<'T>>>) : Read<unit> =
        match table with
        | Error faults -> Error faults
        | Ok entries ->
            match
                [
                    for entry in entries.Values do
                        yield!
                            (match entry with
                             | Error faults -> faults
                             | Ok _ -> [])
                ]
            with
            | [] -> Ok()
            | faults -> Error faults

    /// The model that a JSON object holds.
    let read (element: JsonElement) : Result<ModelDescription, Fault list> =
        gather {
            let! its =
                Members.Of("", [ "name"; "input"; "layers" ], [ "binarizers"; "formulas" ], element)

            let table name read =
                its.Find(name, (fun path -> Read.table path read))
                |> Read.map (Option.defaultValue Map.empty)

            let tables =
                {
                    Binarizers = table "binarizers" TableJson.readBinarizer
                    Formulas = table "formulas" TableJson.readFormulaEntry
                }

            let! name = its.Get("name", Read.text)
            and! input = its.Get("input", readInput)
            and! _ = tableFaults tables.Binarizers
            and! _ = tableFaults tables.Formulas
            and! network = its.Get("layers", readNetwork tables)

            return
                {
                    Name = name
                    Input = input
                    Network = network
                }
        }

    /// The model that a text holds. It is checked as JSON alone: `ModelDescription.validate` tells whether the network is sound.
    let toModel (json: string) : Result<ModelDescription, Fault list> = Read.document read json
