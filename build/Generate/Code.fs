/// C# that is written from the catalogue: the builder's methods, and the factories of rules, schedules and binarizers.
module Bnn.Generate.Code

open System.Reflection
open Bnn
open Bnn.Generate.Text

let private note =
    "// Written by build/Generate from the catalogue of Bnn.Core: dotnet run -c Release --project build/Generate"

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
    let companion = Catalogue.companion.Name

    let updates, whose =
        if row.IsForBinaryWeights then
            $"binary weights by {row.Name}, without decay, and all others by {companion}, in a stage with real weights all by {companion}",
            $"{companion}'s, b"
        else
            $"weights by {row.Name}", "B"

    [
        $"    /// <summary>Updates {updates}: {escaped row.Source}.</summary>"
        $"    /// <param name=\"learningRate\">{whose}efore the schedule, above 0; default {rate}.</param>"
        yield! row.Options |> List.map documented
        "    [Pure]"
        $"    public BnnTrainer With{pascal row.Name}({all}) =>"
        $"        With({rowAndOptions row}, learningRate);"
    ]

let private ruleFactory (row: OptimizerRow) =
    let what, remark =
        if row.IsForBinaryWeights then
            "step of binary weights", "Give all other weights another rule by <see cref=\"Partition\"/>."
        else
            "transform of the gradient", "Chain <see cref=\"Descend\"/> after it."

    [
        $"    /// <summary>{row.Name}'s {what}: {escaped row.Source}. {remark}</summary>"
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

/// Every file of C#, with what it should hold.
let files =
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
    ]
