/// Code and documentation that are written from the catalogues of Bnn.Core: the builder's methods, the factories for
/// C#, the table of optimizers, the page of binarizers with its pictures. Without arguments it writes them; with
/// --check it says which are out of date, and fails where one is.
module Bnn.Generate.Program

open System.IO
open Bnn.Generate

let private root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))

let private full (path: string) = Path.Combine(root, path)

/// Every file that is written, with what it should hold.
let private files =
    Code.files
    @ [
        "docs/optimizers.md", OptimizerPage.page
        "docs/binarizers.md", BinarizerPage.page
    ]
    @ BinarizerPage.pictures

let private differs (path: string, text: string) =
    not (File.Exists(full path)) || File.ReadAllText(full path) <> text

/// Pictures of what the catalogue no longer has.
let private left () =
    if Directory.Exists(full BinarizerPage.folder) then
        [
            for file in Directory.GetFiles(full BinarizerPage.folder) |> Array.sort do
                let path = $"{BinarizerPage.folder}/{Path.GetFileName file}"

                if not (List.exists (fun (written, _) -> written = path) files) then
                    path
        ]
    else
        []

let private check () =
    let stale =
        (files
         |> List.filter differs
         |> List.map (fun (path, _) -> $"{path} is out of date"))
        @ (left () |> List.map (fun path -> $"{path} is of nothing in the catalogue"))

    for fault in stale do
        eprintfn $"{fault}: dotnet run -c Release --project build/Generate"

    if stale.IsEmpty then
        printfn "the written files are up to date"

    min stale.Length 1

let private write () =
    Directory.CreateDirectory(full BinarizerPage.folder) |> ignore

    for path, text in List.filter differs files do
        File.WriteAllText(full path, text)
        printfn $"wrote {path}"

    for path in left () do
        File.Delete(full path)
        printfn $"deleted {path}"

    0

[<EntryPoint>]
let main arguments =
    match arguments with
    | [| "--check" |] -> check ()
    | [||] -> write ()
    | _ ->
        eprintfn "usage: dotnet run -c Release --project build/Generate [-- --check]"
        2
