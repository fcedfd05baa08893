namespace Bnn

open System
open System.Text.Json
open System.Text.Json.Nodes

/// JSON of core values, written and read by hand. A reader gathers every fault with the path of its member.
module internal Json =
    let private options = JsonSerializerOptions(WriteIndented = true)

    let text (node: JsonNode) = node.ToJsonString options

    let ofList (nodes: JsonNode seq) =
        JsonArray(Seq.toArray nodes) :> JsonNode

    let ofText (text: string) = JsonValue.Create text :> JsonNode

    let ofFlag (isOn: bool) = JsonValue.Create isOn :> JsonNode

    let ofNumber (number: int) = JsonValue.Create number :> JsonNode

    let ofFormula (e: Expr) = ofText (Print.expr e)

    let ofMembers (members: (string * JsonNode) list) =
        let object = JsonObject()

        for name, value in members do
            object.Add(name, value)

        object

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

    let private shown (element: JsonElement) =
        let text = element.GetRawText()
        if text.Length > 60 then text[..59] + "..." else text

    let private child path name =
        if path = "" then name else $"{path}.{name}"

    /// An object with these members and no others; `optional` ones may be missing.
    let members
        path
        (known: string list)
        (optional: string list)
        (element: JsonElement)
        : Read<Map<string, JsonElement>> =
        if element.ValueKind <> JsonValueKind.Object then
            fault path (shown element) "an object"
        else
            let all = [ for each in element.EnumerateObject() -> each.Name, each.Value ]
            let names = List.map fst all
            let allowed = String.concat ", " (known @ optional)

            [
                for name in List.distinct names do
                    if not (List.contains name (known @ optional)) then
                        yield! Fault.unless false (child path name) "a member" $"members named {allowed}"

                    if (List.filter ((=) name) names).Length > 1 then
                        yield! Fault.unless false (child path name) "there twice" "one member of a name"
                for name in known do
                    yield! Fault.unless (List.contains name names) (child path name) "missing" "a value"
            ]
            |> function
                | [] -> Ok(Map.ofList all)
                | faults -> Error faults

    let text path (element: JsonElement) : Read<string> =
        if element.ValueKind = JsonValueKind.String then
            Ok(element.GetString())
        else
            fault path (shown element) "a text"

    let flag path (element: JsonElement) : Read<bool> =
        match element.ValueKind with
        | JsonValueKind.True -> Ok true
        | JsonValueKind.False -> Ok false
        | _ -> fault path (shown element) "true or false"

    let number path (element: JsonElement) : Read<int> =
        match element.ValueKind = JsonValueKind.Number, element.TryGetInt32() with
        | true, (true, value) -> Ok value
        | _ -> fault path (shown element) "a whole number"

    let list path (read: string -> JsonElement -> Read<'T>) (element: JsonElement) : Read<'T list> =
        if element.ValueKind = JsonValueKind.Array then
            [
                for k, item in Seq.indexed (element.EnumerateArray()) -> read $"{path}[{k}]" item
            ]
            |> all
        else
            fault path (shown element) "a list"

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
        |> Result.mapError (
            List.map (fun fault ->
                if fault.Name = "formula" then
                    { fault with Name = path }
                else
                    fault)
        )

    /// The value of a whole text of JSON. More than 1 MB, or parts nested more than 64 deep, are faults before anything is read.
    let document (read: JsonElement -> Read<'T>) (json: string) : Read<'T> =
        if json.Length > Limits.Characters then
            fault "JSON" $"a text of {json.Length} characters" $"at most {Limits.Characters}"
        else
            try
                use document =
                    JsonDocument.Parse(json, JsonDocumentOptions(MaxDepth = Limits.Nesting))

                read document.RootElement
            with :? JsonException as e ->
                fault "JSON" "damaged" $"JSON nested at most {Limits.Nesting} deep: {e.Message}"
