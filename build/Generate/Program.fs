/// Code and documentation that are written from the catalogues of Bnn.Core: the builder's methods, the factories for C#, the table of
/// optimizers. Without arguments it writes them; with --check it says which are out of date, and fails where one is.
module Bnn.Generate.Program

open System
open System.IO
open System.Reflection
open System.Text.RegularExpressions
open Bnn

let private note =
    "// Written by build/Generate from the catalogue of Bnn.Core: dotnet run -c Release --project build/Generate"

/// SGD becomes Sgd, RMSProp RmsProp, warmUp WarmUp; NAdam stays.
let private pascal (name: string) =
    let shortened (m: Match) =
        let run = m.Value

        if m.Index + run.Length = name.Length then
            run[..0] + run[1..].ToLowerInvariant()
        else
            run[..0] + run[1 .. run.Length - 2].ToLowerInvariant() + run[run.Length - 1 ..]

    let short = Regex.Replace(name, "[A-Z]{3,}", shortened)
    short[..0].ToUpperInvariant() + short[1..]

let private escaped (text: string) =
    text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

let private sentence (text: string) =
    text[..0].ToUpperInvariant() + text[1..]

let private isWhole (option: OptionInfo) =
    option.Range = OptionRange.Count || option.Range = OptionRange.Bits

/// The default as users read it.
let private shown (option: OptionInfo) =
    match option.Range, option.Default with
    | OptionRange.Flag, Const value -> if value = 1.0 then "true" else "false"
    | _, value -> Print.expr value

let private parameter (option: OptionInfo) =
    match option with
    | { TakesFormula = true } -> $"Expr? {option.Name} = null"
    | { Range = OptionRange.Flag } -> $"bool {option.Name} = {shown option}"
    | _ when isWhole option -> $"int {option.Name} = {shown option}"
    | _ -> $"double {option.Name} = {shown option}"

let private documented (option: OptionInfo) =
    let range =
        match OptionRange.inWords option.Range with
        | "" -> ""
        | words -> $", {words}"

    $"    /// <param name=\"{option.Name}\">{escaped (sentence option.Meaning)}{escaped range}; default {escaped (shown option)}.</param>"

let private parameters (options: OptionInfo list) =
    options |> List.map parameter |> String.concat ", "

/// Where the row is declared, and its options: `Adam.row, new Adam.Options(beta1, ...)`.
let private rowAndOptions (row: OptimizerRow) =
    let home = row.OptionsType.DeclaringType

    let property =
        home.GetProperties(BindingFlags.Public ||| BindingFlags.Static)
        |> Array.find (fun property -> obj.ReferenceEquals(property.GetValue null, row))

    let values = row.Options |> List.map _.Name |> String.concat ", "
    $"Bnn.{home.Name}.{property.Name}, new Bnn.{home.Name}.Options({values})"

let private builderMethod (row: OptimizerRow) =
    let rate = Notation.number row.LearningRate
    let all = $"double learningRate = {rate}, {parameters row.Options}"

    [
        $"    /// <summary>Updates weights by {row.Name}: {escaped row.Source}.</summary>"
        $"    /// <param name=\"learningRate\">Before the schedule, above 0; default {rate}.</param>"
        yield! row.Options |> List.map documented
        "    [Pure]"
        $"    public BnnTrainer With{pascal row.Name}({all}) =>"
        $"        With({rowAndOptions row}, learningRate);"
    ]

let private ruleFactory (row: OptimizerRow) =
    [
        $"    /// <summary>{row.Name}'s transform of the gradient: {escaped row.Source}. Chain <see cref=\"Descend\"/> after it.</summary>"
        yield! row.Options |> List.map documented
        "    /// <exception cref=\"BnnConfigurationException\">An option out of range; lists every fault.</exception>"
        $"    public static Rule {pascal row.Name}({parameters row.Options}) =>"
        $"        Made({rowAndOptions row});"
    ]

/// What stands for an option in the call of its function.
let private argument (option: OptionInfo) =
    if option.TakesFormula then
        $"{option.Name} ?? Schedules.Parse(\"{Print.expr option.Default}\")"
    else
        option.Name

/// A factory that calls an entry's function; a property where it has no options. `receiver` is the schedule that it changes.
let private factory typeName (receiver: string option) (entry: Entry<'T>) =
    let target = $"{entry.Home.Name}.{entry.Name}"
    let changed = receiver |> Option.map (fun _ -> "schedule") |> Option.toList

    let all =
        Option.toList receiver @ List.map parameter entry.Options |> String.concat ", "

    let arguments = (entry.Options |> List.map argument) @ changed |> String.concat ", "

    [
        $"    /// <summary>{escaped (sentence entry.Summary)} ({escaped entry.Source}).</summary>"
        for name in changed do
            $"    /// <param name=\"{name}\">The schedule.</param>"
        yield! entry.Options |> List.map documented
        if all = "" then
            $"    public static {typeName} {pascal entry.Name} => {target};"
        else
            $"    public static {typeName} {pascal entry.Name}({all}) => {target}({arguments});"
    ]

let private classOf header (members: string list list) =
    let body = members |> List.map (String.concat "\n") |> String.concat "\n\n"
    $"{header}\n{{\n{body}\n}}\n"

let private code usings (classes: string list) =
    let uses = if usings = "" then "" else $"using {usings};\n\n"

    $"{note}\n{uses}namespace Bnn;\n\n" + String.concat "\n" classes

let private schedules =
    (Catalogue.schedules |> List.map (factory "Expr" None))
    @ (Catalogue.scheduleChanges
       |> List.map (factory "Expr" (Some "this Expr schedule")))

let private binarizers =
    [
        Catalogue.binarizers
        |> List.map (factory "Binarizer" None)
        |> classOf
            "/// <summary>Binarizers. Widths and the like are schedules.</summary>\npublic static class Binarizers"
        Catalogue.weightBinarizers
        |> List.map (factory "Binarizer" None)
        |> classOf
            "/// <summary>Binarizers of weights with their scales.</summary>\npublic static class WeightBinarizers"
    ]

let private table =
    let line (row: OptimizerRow) =
        let options =
            row.Options
            |> List.map (fun option -> $"{option.Name} {shown option}")
            |> String.concat ", "

        $"| {row.Name} | {options} | {Notation.number row.LearningRate} | {string row.Decay |> _.ToLowerInvariant()} | {row.Source} |"

    [
        "# Optimizers"
        ""
        "<!-- Written by build/Generate from the catalogue of Bnn.Core. -->"
        "Each row is a file in Bnn.Core.fs/Rules with its formula, its equation in the paper, and where the reference departs from it;"
        "`Rules.X(...)` in C# is the transform, `BnnTrainer.WithX(...)` trains with it."
        ""
        "| optimizer | options and defaults | learning rate | weight decay | source |"
        "|---|---|---|---|---|"
        yield! Catalogue.all |> List.map line
        ""
    ]
    |> String.concat "\n"

/// Every file that is written, with what it should hold.
let private files =
    [
        "Bnn.CSharp/BnnTrainer.Optimizers.cs",
        code
            "System.Diagnostics.Contracts"
            [
                classOf "public sealed partial class BnnTrainer" (Catalogue.all |> List.map builderMethod)
            ]
        "Bnn.CSharp/Rules/Rules.Optimizers.cs",
        code
            ""
            [
                classOf "public static partial class Rules" (Catalogue.all |> List.map ruleFactory)
            ]
        "Bnn.CSharp/Rules/Schedules.Entries.cs", code "" [ classOf "public static partial class Schedules" schedules ]
        "Bnn.CSharp/Rules/Binarizers.cs", code "" binarizers
        "docs/optimizers.md", table
    ]

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
