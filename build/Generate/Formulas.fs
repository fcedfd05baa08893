/// A binarizer's formulas as its page writes them: over the names of its options, and shortened.
module Bnn.Generate.Formulas

open Bnn

/// What stands for an option until the formula is made, so that it can be found again: no formula has this number.
let private standIn (index: int) = Expr.time + (3.0e8 + float index) / 7.0

/// The entry's binarizer over the names of those of its options that may be schedules, with the defaults of the others.
let private overNames (entry: Entry<Binarizer>) =
    let named =
        entry.Options
        |> List.filter _.TakesFormula
        |> List.mapi (fun index option -> option.Name, standIn index)

    let restore =
        Expr.rewrite (fun node ->
            match named |> List.tryFind (fun (_, standIn) -> standIn = node) with
            | Some(name, _) -> Input(name, Once)
            | None -> node)

    let binarizer = Fault.orRaise (Entry.make entry named)

    { binarizer with
        Formula = restore binarizer.Formula
        Evaluation = restore binarizer.Evaluation
    }

let private channelCount = Expr.sum Channel (Const 1.0)

/// Shorter, with n for how many numbers a channel has.
let private forReading e =
    e
    |> Lines.values
    |> Simplify.forReading
    |> Expr.rewrite (fun node -> if node = channelCount then Input("n", PerChannel) else node)

/// Each formula on a line of its own where all are short, else with lines for what they share.
let private written (named: (string * Expr) list) =
    let alone = named |> List.map (fun (name, e) -> name, Print.expr e)

    if alone |> List.forall (fun (_, text) -> text.Length <= 90) then
        let width = named |> List.map (fun (name, _) -> name.Length) |> List.max
        [ for name, text in alone -> $"{name.PadRight width} = {text}" ]
    else
        Print.definitions named

let private isShort most (lines: string list) =
    lines.Length <= most && lines |> List.forall (fun line -> line.Length <= 130)

let private dy = Input("dy", PerWeight)

/// Whether a reduction takes up what comes back to other numbers: then x also counts for their values.
let private passesBack (gradient: Expr) =
    let reads body = List.contains dy (Expr.leaves body)

    let rec search (e: Expr) =
        match e with
        | Reduce(_, _, body) when reads body -> true
        | _ -> List.exists search e.Children

    search gradient

/// What the derivative is derived from, as a formula of its own; what is detached stays a number.
let private surrogate e =
    e
    |> Expr.rewrite (function
        | Surrogate(value, Const _) -> value
        | Surrogate(_, surrogate) -> surrogate
        | other -> other)

/// Its value in training and in evaluation, and its derivative, or, where that is long, the surrogate that has it.
let ofEntry (entry: Entry<Binarizer>) =
    let binarizer = overNames entry

    let value, evaluation =
        forReading binarizer.Formula, forReading binarizer.Evaluation

    let values =
        [
            "value", value
            "evaluation",
            (if value = evaluation then
                 Input("value", PerWeight)
             else
                 evaluation)
        ]

    let gradient = Derive.pullback dy Binarizer.x binarizer.Formula

    let derivative =
        if passesBack gradient then
            "gradient", forReading gradient
        else
            "derivative", forReading (Derive.pullback (Const 1.0) Binarizer.x binarizer.Formula)

    let surrogate = "surrogate", forReading (surrogate binarizer.Formula)

    [ 6, derivative; 12, surrogate ]
    |> List.map (fun (most, last) -> most, written (values @ [ last ]))
    |> List.tryFind (fun (most, lines) -> isShort most lines)
    |> Option.map snd
    |> Option.defaultValue (written values)
