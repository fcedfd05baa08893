/// Golden files: finding and reading them.
module Bnn.Tests.Golden

open System
open System.IO
open System.Text.Json
open Bnn
open Expecto

/// The folder `golden` beside the test assembly.
let shipped = Path.Combine(AppContext.BaseDirectory, "golden")

/// BNN_GOLDEN, else what is shipped.
let folder =
    match Environment.GetEnvironmentVariable "BNN_GOLDEN" with
    | null
    | "" -> shipped
    | given -> given

/// The *.json files of a sub-folder, in order; none where it is missing.
let filesOf folder kind =
    let path = Path.Combine(folder, kind)

    if Directory.Exists path then
        Directory.GetFiles(path, "*.json")
        |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    else
        [||]

/// The sub-folders that there are.
let kinds folder =
    if Directory.Exists folder then
        Directory.GetDirectories folder |> Array.map Path.GetFileName |> Array.sort
    else
        [||]

let read (path: string) =
    use document = JsonDocument.Parse(File.ReadAllText path)
    document.RootElement.Clone()

let text (name: string) (file: JsonElement) = file.GetProperty(name).GetString()
let number (e: JsonElement) = e.GetDouble()

let list (item: JsonElement -> 'T) (e: JsonElement) =
    [| for x in e.EnumerateArray() -> item x |]

let numbers (name: string) (file: JsonElement) = file.GetProperty name |> list number

let rows (name: string) (file: JsonElement) =
    file.GetProperty name |> list (list number)

/// Options by name, each of which must be taken: what is left over is a failure that names it.
type Options(where: string, element: JsonElement) =
    let left = Collections.Generic.Dictionary<string, JsonElement>()

    do
        for property in element.EnumerateObject() do
            left[property.Name] <- property.Value

    member _.TryTake name =
        match left.TryGetValue name with
        | true, value ->
            left.Remove name |> ignore
            Some value
        | _ -> None

    member options.Number(name, standard) =
        options.TryTake name |> Option.map number |> Option.defaultValue standard

    member options.Required name =
        match options.TryTake name with
        | Some value -> number value
        | None -> failtest $"{where}: the option {name} is missing"

    member options.Flag name =
        options.TryTake name |> Option.exists _.GetBoolean()

    member options.Inner name =
        options.TryTake name
        |> Option.map (fun value -> Options($"{where}, {name}", value))

    /// Fails where an option was not taken.
    member _.Finish() =
        if left.Count > 0 then
            let unknown = String.concat ", " left.Keys
            failtest $"{where}: unknown option {unknown}"

/// The names of the file's `name` and of its options, for messages.
let hyper (file: JsonElement) =
    Options(text "name" file, file.GetProperty "hyper")
