/// The page of binarizers: every entry of the catalogue with its picture, formulas, options and source.
module Bnn.Generate.BinarizerPage

open Bnn
open Bnn.Generate.Text

let private standard entry = Fault.orRaise (Entry.make entry [])

let private picturePath (entry: Entry<Binarizer>) = $"binarizers/{entry.Name}.svg"

let private optionNames (entry: Entry<Binarizer>) = entry.Options |> List.map _.Name

/// `Binarizers.TanhSign(width)`; the class has the name of the module and an s.
let private csharp (entry: Entry<Binarizer>) =
    let call = $"{moduleOf entry.Home}s.{pascal entry.Name}"

    match optionNames entry with
    | [] -> call
    | names -> call + "(" + String.concat ", " names + ")"

/// `Binarizer.tanhSign width`.
let private fsharp (entry: Entry<Binarizer>) =
    String.concat " " ($"{moduleOf entry.Home}.{entry.Name}" :: optionNames entry)

/// With a sign, but for 0 and where no number is below 0.
let private signed low (number: float) =
    let sign = if low < 0.0 && number > 0.0 then "+" else ""
    sign + Notation.number number

/// Whether the value is a number of the set times a number of the channel.
let private isScaled (binarizer: Binarizer) =
    match binarizer.Evaluation with
    | Binary(Mul, scale, _) -> Expr.extent scale = PerChannel
    | _ -> false

let private valueSet (entry: Entry<Binarizer>) =
    let binarizer = standard entry

    let levels count =
        match entry.Options |> List.tryFind (fun option -> option.Range = OptionRange.Bits) with
        | Some bits when 2.0 ** bits.DefaultNumber = float count -> $"2^{bits.Name} numbers"
        | _ -> $"{count} numbers"

    let values =
        match binarizer.Values with
        | ValueSet.Interval(low, high) when low = -infinity && high = infinity -> "every number"
        | ValueSet.Interval(low, high) -> $"every number from {signed low low} to {signed low high}"
        | ValueSet.Levels(2, low, high) -> $"{signed low low} and {signed low high}"
        | ValueSet.Levels(3, low, high) -> $"{signed low low}, {signed low ((low + high) / 2.0)} and {signed low high}"
        | ValueSet.Levels(count, low, high) ->
            $"{levels count}, evenly spaced from {signed low low} to {signed low high}"

    if isScaled binarizer then
        values + ", times the channel's scale"
    else
        values

let private reads (entry: Entry<Binarizer>) =
    let binarizer = standard entry
    let overWhole, overChannel = Curves.reductions binarizer

    [
        "x"
        if Binarizer.readsNoise binarizer then
            "noise in training"
        if Curves.isScheduled binarizer then
            if List.exists _.TakesFormula entry.Options then
                "t and T by the default of its option"
            else
                "t and T"
        for name in binarizer.Parameters do
            $"the learned {name} of its channel"
        if overChannel then
            "reductions over its channel"
        if overWhole then
            "reductions over the whole tensor"
    ]
    |> String.concat "; "

let private place (entry: Entry<Binarizer>) =
    if moduleOf entry.Home = "WeightBinarizer" then
        "weights"
    elif Curves.reduces (standard entry) then
        "weights; activations, where a reduction is over one image"
    else
        "weights; activations"

let private optionTable (options: OptionInfo list) =
    let row (option: OptionInfo) =
        let kind =
            if option.TakesFormula then "number or schedule"
            elif isWhole option then "whole number"
            else "number"

        let range =
            match OptionRange.inWords option.Range with
            | "" -> kind
            | words -> $"{kind}, {words}"

        $"| {option.Name} | `{shown option}` | {range} | {option.Meaning} |"

    match options with
    | [] -> []
    | _ ->
        [
            "| option | default | range | meaning |"
            "|---|---|---|---|"
            yield! List.map row options
            ""
        ]

let private section (entry: Entry<Binarizer>) =
    [
        $"### {entry.Name}"
        $"{sentence entry.Summary}."
        ""
        $"![value and gradient of {entry.Name}]({picturePath entry})"
        ""
        "```"
        yield! Formulas.ofEntry entry
        "```"
        ""
        yield! optionTable entry.Options
        $"- C# `{csharp entry}`, F# `{fsharp entry}`"
        $"- Values: {valueSet entry}."
        $"- Reads: {reads entry}."
        $"- Place: {place entry}."
        $"- Source: {entry.Source}."
        ""
    ]

let private index (entries: Entry<Binarizer> list) =
    let inCell (text: string) = text.Replace("|", "\\|")

    [
        "| name | what it is | values |"
        "|---|---|---|"
        for entry in entries do
            let link = $"[{entry.Name}](#{entry.Name.ToLowerInvariant()})"
            $"| {link} | {inCell (sentence entry.Summary)} | {valueSet entry} |"
        ""
    ]

/// Those without options first.
let private binarizers =
    let plain, withOptions =
        Catalogue.binarizers |> List.partition (fun entry -> entry.Options.IsEmpty)

    plain @ withOptions

/// docs/binarizers.md.
let page =
    [
        BinarizerText.introduction
        "## Signs and other binarizers"
        yield! index binarizers
        yield! List.collect section binarizers
        "## Scales of weights"
        BinarizerText.scales
        ""
        yield! ScaleTable.lines
        ""
        "## Weights with their scales"
        yield! index Catalogue.weightBinarizers
        yield! List.collect section Catalogue.weightBinarizers
    ]
    |> List.map (fun line -> line + "\n")
    |> String.concat ""
    |> fun text -> text.TrimEnd() + "\n"

/// The folder that holds the pictures, and nothing else.
let folder = "docs/binarizers"

/// Every picture, with what it should hold.
let pictures =
    [
        for entry in Catalogue.binarizers @ Catalogue.weightBinarizers do
            $"docs/{picturePath entry}",
            Picture.svg $"{entry.Name}: value and gradient over x" (Curves.ofBinarizer (standard entry))
    ]
