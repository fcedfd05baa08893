/// Code and documentation that are written from the catalogues of Bnn.Core: the builder's methods, the factories for C#, the table of
/// optimizers. Without arguments it writes them; with --check it says which are out of date, and fails where one is.
module Bnn.Generate.Program

open System.IO
open Bnn.Generate

/// Every file that is written, with what it should hold.
let private files = Code.files @ [ "docs/optimizers.md", OptimizerPage.page ]

[<EntryPoint>]
let main arguments =
    let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))

    let differs (path: string, text: string) =
        let full = Path.Combine(root, path)
        not (File.Exists full) || File.ReadAllText full <> text

    match arguments, List.filter differs files with
    | [| "--check" |], [] ->
        printfn "the written files are up to date"
        0
    | [| "--check" |], stale ->
        for path, _ in stale do
            eprintfn $"{path} is out of date: dotnet run -c Release --project build/Generate"

        1
    | [||], stale ->
        for path, text in stale do
            File.WriteAllText(Path.Combine(root, path), text)
            printfn $"wrote {path}"

        0
    | _ ->
        eprintfn "usage: dotnet run -c Release --project build/Generate [-- --check]"
        2
