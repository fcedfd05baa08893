namespace Bnn

open System
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

/// JSON of core values, written and read by hand. A reader gathers every fault with the path of its member.
module internal Json =
    // Read by people, and put into no page as it is: m' and < stay as they are.
    let private options =
        JsonSerializerOptions(WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

    let text (node: JsonNode) = node.ToJsonString options

    let ofList (nodes: JsonNode seq) =
        JsonArray(Seq.toArray nodes) :> JsonNode

    let ofText (text: string) = JsonValue.Create text :> JsonNode

    let ofFlag (isOn: bool) = JsonValue.Create isOn :> JsonNode

    let ofNumber (number: int) = JsonValue.Create number :> JsonNode

    /// JSON has no infinite numbers: those are the text of a formula.
    let ofReal (number: float) =
        if Double.IsFinite number then
            JsonValue.Create number :> JsonNode
        else
            ofText (Notation.number number)

    let ofFormula (e: Expr) = ofText (Print.expr e)

    let ofTexts (texts: string list) = texts |> List.map ofText |> ofList

    let ofMembers (members: (string * JsonNode) list) =
        let object = JsonObject()

        for name, value in members do
            object.Add(name, value)

        object

    /// A member, left out where it has its usual value.
    let unlessIs usual (write: 'T -> JsonNode) (name: string) value =
        if value = usual then [] else [ name, write value ]

/// What reading gives: a value, or every fault.
type internal Read<'T> = Result<'T, Fault list>

module internal Read =
    let fault path value allowed : Read<'T> =
        Error(Fault.unless false path value allowed)

    let map f (read: Read<'T>) : Read<'U> = Result.map f read

    /// Both, or the faults of both.
    let both (a: Read<'T>) (b: Read<'U>) : Read<'T * 'U> =
        match a, b with
        | Ok a, Ok b -> Ok(a, b)
        | Error a, Error b -> Error(a @ b)
        | Error faults, _
        | _, Error faults -> Error faults

    /// All, or the faults of all.
    let all (reads: Read<'T> list) : Read<'T list> =
        List.foldBack (fun read rest -> both read rest |> map (fun (first, rest) -> first :: rest)) reads (Ok [])

    // a reader of messages wants ' and é as they are, not as \u0027 and \u00E9
    let private readable =
        JsonSerializerOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

    let private shown (element: JsonElement) =
        let text =
            try
                JsonSerializer.Serialize(element, readable)
            with :? InvalidOperationException ->
                // half of a character, which is no text
                element.GetRawText()

        if text.Length > 60 then text[..59] + "..." else text

    /// The path of a member of what is at `path`.
    let child path name =
        if path = "" then name else $"{path}.{name}"

    // An escape of half a character is valid JSON and no text.
    let private decoded path (decode: unit -> 'T) : Read<'T> =
        try
            Ok(decode ())
        with :? InvalidOperationException ->
            fault path "damaged" "text without halves of characters"

    let private entries path (element: JsonElement) : Read<(string * JsonElement) list> =
        if element.ValueKind <> JsonValueKind.Object then
            fault path (shown element) "an object"
        else
            decoded path (fun () -> [ for each in element.EnumerateObject() -> each.Name, each.Value ])

    let private twice path (entries: (string * JsonElement) list) =
        entries
        |> List.countBy fst
        |> List.collect (fun (name, count) ->
            Fault.unless (count = 1) (child path name) "there twice" "one member of a name")

    /// An object with these members and no others; `optional` ones may be missing.
    let members
        path
        (known: string list)
        (optional: string list)
        (element: JsonElement)
        : Read<Map<string, JsonElement>> =
        entries path element
        |> Result.bind (fun all ->
            let found = Map.ofList all
            let allowed = "members named " + String.concat ", " (known @ optional)

            [
                for name in found.Keys do
                    if not (List.contains name known || List.contains name optional) then
                        yield! Fault.unless false (child path name) "a member" allowed
                yield! twice path all
                for name in known do
                    yield! Fault.unless (found.ContainsKey name) (child path name) "missing" "a value"
            ]
            |> function
                | [] -> Ok found
                | faults -> Error faults)

    /// An object whose members have any names and are of one kind: what reading gives for each.
    let table path (read: string -> JsonElement -> Read<'T>) (element: JsonElement) : Read<Map<string, Read<'T>>> =
        entries path element
        |> Result.bind (fun all ->
            match twice path all with
            | [] -> Ok(Map.ofList [ for name, value in all -> name, read (child path name) value ])
            | faults -> Error faults)

    /// Which of these names, one of which it must have, is an object's first.
    let kind path (known: string list) (element: JsonElement) : Read<string> =
        entries path element
        |> Result.bind (fun all ->
            match all |> List.tryFind (fun (name, _) -> List.contains name known) with
            | Some(name, _) -> Ok name
            | None ->
                let allowed = String.concat ", " known
                fault path (shown element) $"an object with one of {allowed}")

    let text path (element: JsonElement) : Read<string> =
        if element.ValueKind = JsonValueKind.String then
            decoded path element.GetString
        else
            fault path (shown element) "a text"

    let flag path (element: JsonElement) : Read<bool> =
        match element.ValueKind with
        | JsonValueKind.True -> Ok true
        | JsonValueKind.False -> Ok false
        | _ -> fault path (shown element) "true or false"

    let number path (element: JsonElement) : Read<int> =
        let mutable value = 0

        // what is no number would raise
        if element.ValueKind = JsonValueKind.Number && element.TryGetInt32 &value then
            Ok value
        else
            fault path (shown element) "a whole number"

    let longNumber path (element: JsonElement) : Read<int64> =
        let mutable value = 0L

        if element.ValueKind = JsonValueKind.Number && element.TryGetInt64 &value then
            Ok value
        else
            fault path (shown element) "a whole number"

    /// A number as `Json.ofReal` writes it.
    let real path (element: JsonElement) : Read<float> =
        match element.ValueKind, element.GetRawText() with
        | JsonValueKind.String, "\"Infinity\"" -> Ok infinity
        | JsonValueKind.String, "\"-Infinity\"" -> Ok -infinity
        | JsonValueKind.String, "\"NaN\"" -> Ok nan
        | JsonValueKind.Number, _ when Double.IsFinite(element.GetDouble()) -> Ok(element.GetDouble())
        | _ -> fault path (shown element) "a number of 64 bits"

    let list path (read: string -> JsonElement -> Read<'T>) (element: JsonElement) : Read<'T list> =
        if element.ValueKind = JsonValueKind.Array then
            [
                for k, item in Seq.indexed (element.EnumerateArray()) -> read $"{path}[%d{k}]" item
            ]
            |> all
        else
            fault path (shown element) "a list"

    let texts path element = list path text element

    /// One of an enumeration's names.
    let choice<'T when 'T: struct and 'T :> Enum and 'T: (new: unit -> 'T)> path (element: JsonElement) : Read<'T> =
        let allowed = String.concat ", " (Enum.GetNames<'T>())

        text path element
        |> Result.bind (fun name ->
            if Array.contains name (Enum.GetNames<'T>()) then
                Ok(Enum.Parse<'T> name)
            else
                fault path name $"one of {allowed}")

    /// A formula over these inputs and slots.
    let formula (leaves: Expr list) path (element: JsonElement) : Read<Expr> =
        text path element
        |> Result.bind (Parse.expr leaves)
        |> Result.mapError (List.map (fun (fault: Fault) -> if fault.Name = "formula" then fault.Named path else fault))

    /// The value of a whole text of JSON. More than 1 MB, or parts nested more than 64 deep, are faults before anything is read.
    let document (read: JsonElement -> Read<'T>) (json: string) : Read<'T> =
        if json.Length > Limits.Characters then
            fault "JSON" $"a text of %d{json.Length} characters" $"at most %d{Limits.Characters}"
        else
            try
                use document =
                    JsonDocument.Parse(json, JsonDocumentOptions(MaxDepth = Limits.Nesting))

                read document.RootElement
            with
            | :? JsonException as e ->
                fault "JSON" "damaged" $"JSON nested at most %d{Limits.Nesting} deep: {e.Message}"
            // a text that holds half a character cannot become UTF-8
            | :? ArgumentException -> fault "JSON" "damaged" "text without halves of characters"

/// `gather { let! a = ... and! b = ... return ... }`: a value of several parts, or the faults of all.
type internal ReadBuilder() =
    member _.MergeSources(a: Read<'T>, b: Read<'U>) = Read.both a b
    member _.BindReturn(read: Read<'T>, f: 'T -> 'U) : Read<'U> = Result.map f read
    member _.Bind(read: Read<'T>, f: 'T -> Read<'U>) : Read<'U> = Result.bind f read
    member _.ReturnFrom(read: Read<'T>) = read

[<AutoOpen>]
module internal Gather =
    let gather = ReadBuilder()

/// The members of an object at `path`, to be read by name.
type internal Members(path: string, its: Map<string, JsonElement>) =
    /// A member that must be there.
    member _.Get(name, read: string -> JsonElement -> Read<'T>) : Read<'T> = read (Read.child path name) its[name]

    /// A member that may be missing.
    member _.Find(name, read: string -> JsonElement -> Read<'T>) : Read<'T option> =
        match its.TryFind name with
        | Some element -> read (Read.child path name) element |> Read.map Some
        | None -> Ok None

    /// A member with a usual value, where it is missing.
    member members.GetOr(usual: 'T, name, read) : Read<'T> =
        members.Find(name, read) |> Read.map (Option.defaultValue usual)

    /// The object with these members and, maybe, the optional ones.
    static member Of(path, known, optional, element) : Read<Members> =
        Read.members path known optional element
        |> Read.map (fun its -> Members(path, its))
