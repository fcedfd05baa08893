/// Names and numbers as generated code and pages write them.
module Bnn.Generate.Text

open System.Text.RegularExpressions
open Bnn

/// SGD becomes Sgd, RMSProp RmsProp, warmUp WarmUp; NAdam stays.
let pascal (name: string) =
    let shortened (m: Match) =
        let run = m.Value

        if m.Index + run.Length = name.Length then
            run[..0] + run[1..].ToLowerInvariant()
        else
            run[..0] + run[1 .. run.Length - 2].ToLowerInvariant() + run[run.Length - 1 ..]

    let short = Regex.Replace(name, "[A-Z]{3,}", shortened)
    short[..0].ToUpperInvariant() + short[1..]

/// Text inside XML.
let escaped (text: string) =
    text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

/// With a capital letter.
let sentence (text: string) =
    text[..0].ToUpperInvariant() + text[1..]

/// Whether C# has it as an int.
let isWhole (option: OptionInfo) =
    List.contains option.Range [ OptionRange.Count; OptionRange.CountOr0; OptionRange.Bits ]

/// The default as users read it.
let shown (option: OptionInfo) =
    match option.Range, option.Default with
    | OptionRange.Flag, Const value -> if value = 1.0 then "true" else "false"
    | _, value -> Print.expr value

/// The name by which F# calls the module of this type: Binarizer for BinarizerModule.
let moduleOf (home: System.Type) =
    if home.Name.EndsWith "Module" then
        home.Name[.. home.Name.Length - 7]
    else
        home.Name
