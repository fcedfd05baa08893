/// Code and documentation that are written from the catalogue: builder methods, rule factories, the table of optimizers.
module Bnn.Tests.CatalogueText

open System
open System.Globalization
open System.IO
open System.Text.RegularExpressions
open Bnn.Core

let private root = Path.GetDirectoryName __SOURCE_DIRECTORY__

let private number (x: float) =
    x.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-").Replace("E", "e")

/// SGD becomes Sgd, RMSProp RmsProp; NAdam stays.
let private pascal (name: string) =
    Regex.Replace(
        name,
        "[A-Z]{3,}",
        fun m ->
            let run = m.Value
            let isLast = m.Index + run.Length = name.Length

            if isLast then
                run.Substring(0, 1) + run.Substring(1).ToLowerInvariant()
            else
                run.Substring(0, 1)
                + run.Substring(1, run.Length - 2).ToLowerInvariant()
                + run.Substring(run.Length - 1)
    )

let private parameter (option: RowOption) =
    if option.IsFlag then
        let value = if option.Default = 1.0 then "true" else "false"
        $"bool {option.Name} = {value}"
    else
        $"double {option.Name} = {number option.Default}"

let private shown (option: RowOption) =
    if option.IsFlag then
        (if option.Default = 1.0 then "true" else "false")
    else
        number option.Default

let private escaped (text: string) =
    text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

let private documented (option: RowOption) =
    let meaning =
        option.Meaning.Substring(0, 1).ToUpperInvariant() + option.Meaning.Substring 1

    $"    /// <param name=\"{option.Name}\">{escaped meaning}; default {shown option}.</param>"

let private argument (option: RowOption) =
    if option.IsFlag then
        $"(\"{option.Name}\", {option.Name} ? 1 : 0)"
    else
        $"(\"{option.Name}\", {option.Name})"

let private note =
    "// Written from the catalogue of Bnn.Core: run the tests with BNN_WRITE=1 after changing a row."

let private builderMethod (row: Row) =
    let parameters =
        $"double learningRate = {number row.LearningRate}"
        :: (row.Options |> List.map parameter)
        |> String.concat ", "

    let arguments = row.Options |> List.map (argument >> (+) ", ") |> String.concat ""

    [
        $"    /// <summary>Updates weights by {row.Name}: {escaped row.Source}.</summary>"
        $"    /// <param name=\"learningRate\">Before the schedule, above 0; default {number row.LearningRate}.</param>"
        yield! row.Options |> List.map documented
        "    [Pure]"
        $"    public BnnTrainer With{pascal row.Name}({parameters}) =>"
        $"        WithRow(\"{row.Name}\", learningRate{arguments});"
    ]

let private factory (row: Row) =
    let parameters = row.Options |> List.map parameter |> String.concat ", "
    let arguments = row.Options |> List.map (argument >> (+) ", ") |> String.concat ""

    [
        $"    /// <summary>{row.Name}'s transform of the gradient: {escaped row.Source}. Chain <see cref=\"Descend\"/> after it.</summary>"
        yield! row.Options |> List.map documented
        "    /// <exception cref=\"ArgumentException\">An option out of range; lists every fault.</exception>"
        $"    public static Rule {pascal row.Name}({parameters}) =>"
        $"        Make(\"{row.Name}\"{arguments});"
    ]

let private partOf header (members: string list list) =
    let body = members |> List.map (String.concat "\n") |> String.concat "\n\n"

    $"{note}\nusing System.Diagnostics.Contracts;\n\nnamespace Bnn;\n\n{header}\n{{\n{body}\n}}\n"

let private table =
    let line (row: Row) =
        let options =
            row.Options
            |> List.map (fun option -> $"{option.Name} {shown option}")
            |> String.concat ", "

        $"| {row.Name} | {options} | {row.LearningRate |> number} | {string row.Decay |> _.ToLowerInvariant()} | {row.Source} |"

    [
        "# Optimizers"
        ""
        "<!-- Written from the catalogue of Bnn.Core: run the tests with BNN_WRITE=1 after changing a row. -->"
        "Each row is a file in Bnn.Core.fs/Rules with its formula, its equation in the paper, and where the reference departs from it;"
        "`Rules.X(...)` in C# is the transform, `BnnTrainer.WithX(...)` trains with it."
        ""
        "| optimizer | options and defaults | learning rate | weight decay | source |"
        "|---|---|---|---|---|"
        yield! Catalogue.all |> List.map line
        ""
    ]
    |> String.concat "\n"

/// Every file that is written from the catalogue, and from the networks' descriptions, with what it should hold.
let files =
    [
        "Bnn.CSharp/BnnTrainer.Optimizers.cs",
        partOf "public sealed partial class BnnTrainer" (Catalogue.all |> List.map builderMethod)
        "Bnn.CSharp/Rules/Rules.Optimizers.cs",
        (partOf "public static partial class Rules" (Catalogue.all |> List.map factory))
            .Replace("using System.Diagnostics.Contracts;\n\n", "")
        "docs/optimizers.md", table
        "docs/networks.md", NetworkText.page
    ]
    |> List.map (fun (path, text) -> Path.Combine(root, path), text)

/// Writes the files where BNN_WRITE is 1.
let writeIfAsked () =
    if Environment.GetEnvironmentVariable "BNN_WRITE" = "1" then
        for path, text in files do
            Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
            File.WriteAllText(path, text)
