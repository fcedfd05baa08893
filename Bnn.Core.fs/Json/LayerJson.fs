namespace Bnn

open System.Text.Json
open System.Text.Json.Nodes

/// JSON of layers: the first member is the kind and has the name; what has its usual value is left out.
module internal LayerJson =
    let private one = Size2.op_Implicit 1
    let private zero = Size2.op_Implicit 0

    let private ofSize (size: Size2) =
        if size.Rows = size.Columns then
            Json.ofNumber size.Rows
        else
            Json.ofList [ Json.ofNumber size.Rows; Json.ofNumber size.Columns ]

    let private ofWeights (tables: WrittenTables) =
        Json.unlessIs Binarizer.none (tables.Binarizers.Of >> Json.ofText) "weights"

    let private members (tables: WrittenTables) layer =
        match layer with
        | Layer.Convolution c ->
            "convolution",
            [
                "outputs", Json.ofNumber c.Outputs
                "kernel", ofSize c.Kernel
                yield! Json.unlessIs one ofSize "stride" c.Stride
                yield! Json.unlessIs c.Kernel.Half ofSize "padding" c.Padding
                yield! Json.unlessIs 1 Json.ofNumber "groups" c.Groups
                yield! Json.unlessIs false Json.ofFlag "bias" c.HasBias
                yield! ofWeights tables c.Weights
            ]
        | Layer.Linear l ->
            "linear",
            [
                "outputs", Json.ofNumber l.Outputs
                yield! Json.unlessIs false Json.ofFlag "bias" l.HasBias
                yield! ofWeights tables l.Weights
            ]
        | Layer.BatchNorm -> "norm", []
        | Layer.Sign(binarizer, isShifted) ->
            "sign",
            [
                "binarizer", Json.ofText (tables.Binarizers.Of binarizer)
                yield! Json.unlessIs false Json.ofFlag "shift" isShifted
            ]
        | Layer.Elementwise(formula, learned) ->
            let shared = learned |> List.map (fun number -> { number with Tensor = "" })
            let tensors = learned |> List.map _.Tensor

            "elementwise",
            [
                "formula", Json.ofText (tables.Formulas.Of(formula, shared))
                yield! Json.unlessIs [] Json.ofTexts "tensors" tensors
            ]
        | Layer.FactoredScale -> "scale", []
        | Layer.Pool p ->
            "pool",
            [
                "kind", Json.ofText (string p.Kind)
                "window", ofSize p.Window
                yield! Json.unlessIs p.Window ofSize "stride" p.Stride
                yield! Json.unlessIs zero ofSize "padding" p.Padding
                yield! Json.unlessIs false Json.ofFlag "roundUp" p.RoundUp
            ]
        | Layer.GlobalMean -> "globalMean", []
        | Layer.Flatten -> "flatten", []
        | Layer.Subsample(channels, stride) ->
            "subsample", [ "channels", Json.ofNumber channels; "stride", Json.ofNumber stride ]
        | Layer.Upsample factor -> "upsample", [ "factor", Json.ofNumber factor ]

    let write tables (name: string) layer =
        let kind, members = members tables layer
        Json.ofMembers ((kind, Json.ofText (string<string> name)) :: members)

    let private readSize path (element: JsonElement) : Read<Size2> =
        if element.ValueKind = JsonValueKind.Array then
            Read.list path Read.number element
            |> Result.bind (function
                | [ rows; columns ] -> Ok { Rows = rows; Columns = columns }
                | other -> Read.fault path $"a list of %d{other.Length}" "a number, or a list of rows and columns")
        else
            Read.number path element |> Read.map Size2.op_Implicit

    /// What a key stands for.
    let private keyed (table: Read<Map<string, Read<'T>>>) path element : Read<'T> =
        Read.text path element
        |> Result.bind (fun key ->
            match table |> Result.map (Map.tryFind key) with
            | Ok(Some(Ok value)) -> Ok value
            | Ok None -> Read.fault path key "a key of its table"
            | Ok(Some(Error _))
            | Error _ -> Error [])

    let private readConvolution (tables: ReadTables) (its: Members) =
        gather {
            let! outputs = its.Get("outputs", Read.number)
            and! kernel = its.Get("kernel", readSize)
            and! stride = its.GetOr(one, "stride", readSize)
            and! padding = its.Find("padding", readSize)
            and! groups = its.GetOr(1, "groups", Read.number)
            and! bias = its.GetOr(false, "bias", Read.flag)
            and! weights = its.GetOr(Binarizer.none, "weights", keyed tables.Binarizers)

            return
                Layer.Convolution
                    {
                        Outputs = outputs
                        Kernel = kernel
                        Stride = stride
                        Padding = Option.defaultValue kernel.Half padding
                        Groups = groups
                        HasBias = bias
                        Weights = weights
                    }
        }

    let private readLinear (tables: ReadTables) (its: Members) =
        gather {
            let! outputs = its.Get("outputs", Read.number)
            and! bias = its.GetOr(false, "bias", Read.flag)
            and! weights = its.GetOr(Binarizer.none, "weights", keyed tables.Binarizers)

            return
                Layer.Linear
                    {
                        Outputs = outputs
                        HasBias = bias
                        Weights = weights
                    }
        }

    let private readSign (tables: ReadTables) (its: Members) =
        gather {
            let! binarizer = its.Get("binarizer", keyed tables.Binarizers)
            and! isShifted = its.GetOr(false, "shift", Read.flag)
            return Layer.Sign(binarizer, isShifted)
        }

    let private readElementwise path (tables: ReadTables) (its: Members) =
        gather {
            let! formula, learned = its.Get("formula", keyed tables.Formulas)
            and! tensors = its.GetOr([], "tensors", Read.texts)

            return!
                if tensors.Length = learned.Length then
                    let named =
                        List.map2
                            (fun (number: LearnedNumber) tensor -> { number with Tensor = tensor })
                            learned
                            tensors

                    Ok(Layer.Elementwise(formula, named))
                else
                    Read.fault
                        (Read.child path "tensors")
                        $"a list of %d{tensors.Length}"
                        $"%d{learned.Length} names, one for each number that the formula learns"
        }

    let private readPool (its: Members) =
        gather {
            let! kind = its.Get("kind", Read.choice<PoolKind>)
            and! window = its.Get("window", readSize)
            and! stride = its.Find("stride", readSize)
            and! padding = its.GetOr(zero, "padding", readSize)
            and! roundUp = its.GetOr(false, "roundUp", Read.flag)

            return
                Layer.Pool
                    {
                        Kind = kind
                        Window = window
                        Stride = Option.defaultValue window stride
                        Padding = padding
                        RoundUp = roundUp
                    }
        }

    let private readSubsample (its: Members) =
        gather {
            let! channels = its.Get("channels", Read.number)
            and! stride = its.Get("stride", Read.number)
            return Layer.Subsample(channels, stride)
        }

    /// The kinds, each with the members that it must have and may have.
    let private shapes =
        [
            "convolution", ([ "outputs"; "kernel" ], [ "stride"; "padding"; "groups"; "bias"; "weights" ])
            "linear", ([ "outputs" ], [ "bias"; "weights" ])
            "norm", ([], [])
            "sign", ([ "binarizer" ], [ "shift" ])
            "elementwise", ([ "formula" ], [ "tensors" ])
            "scale", ([], [])
            "pool", ([ "kind"; "window" ], [ "stride"; "padding"; "roundUp" ])
            "globalMean", ([], [])
            "flatten", ([], [])
            "subsample", ([ "channels"; "stride" ], [])
            "upsample", ([ "factor" ], [])
        ]

    /// The members of which an object has one that is a layer.
    let kinds = List.map fst shapes

    let private readKind path tables kind (its: Members) : Read<Layer> =
        match kind with
        | "convolution" -> readConvolution tables its
        | "linear" -> readLinear tables its
        | "norm" -> Ok Layer.BatchNorm
        | "sign" -> readSign tables its
        | "elementwise" -> readElementwise path tables its
        | "scale" -> Ok Layer.FactoredScale
        | "pool" -> readPool its
        | "globalMean" -> Ok Layer.GlobalMean
        | "flatten" -> Ok Layer.Flatten
        | "subsample" -> readSubsample its
        | "upsample" -> its.Get("factor", Read.number) |> Read.map Layer.Upsample
        | other -> invalidOp $"layers of the kind {other} have no reader"

    /// The layer of this kind that an object is.
    let read (tables: ReadTables) kind path element : Read<Network> =
        let required, optional = shapes |> List.find (fst >> (=) kind) |> snd

        gather {
            let! its = Members.Of(path, kind :: required, optional, element)
            let! name = its.Get(kind, Read.text)
            and! layer = readKind path tables kind its
            return Network.Layer(name, layer)
        }
