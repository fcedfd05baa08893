/// The schedules and binarizers that golden files name, built from the core.
module Bnn.Tests.GoldenFormulas

open System.Text.Json
open Bnn
open Bnn.Tests.Golden
open Expecto

/// The schedule of a kind, and of each part of a joined one, as torch.optim.lr_scheduler's classes have it.
let rec scheduleNamed (kind: string) (learningRate: float) (options: Options) : Expr =
    let count name = int (options.Required name)

    let counts name =
        match options.TryTake name with
        | Some value -> [ for count in value.EnumerateArray() -> int (count.GetDouble()) ]
        | None -> failtest $"{kind}: the option {name} is missing"

    let finish () = options.Number("end", 0.0)

    match kind with
    | "constant" ->
        match options.TryTake "factor" with
        | Some factor ->
            let reduced = Schedule.constant (learningRate * factor.GetDouble())
            Schedule.join [ count "steps", reduced ] (Schedule.constant learningRate)
        | None -> Schedule.constant learningRate
    | "linear" ->
        let share name =
            options.TryTake name
            |> Option.map (fun factor -> learningRate * factor.GetDouble())

        let first = share "start_factor"
        let start = first |> Option.defaultValue learningRate

        let finish =
            match share "end_factor", options.TryTake "end" with
            | Some finish, None -> finish
            | None, Some finish -> finish.GetDouble()
            | None, None when first.IsSome -> learningRate
            | _ -> failtest "a linear schedule has either end or end_factor"

        Schedule.linear start finish |> Schedule.lasting (count "steps")
    | "cosine" -> Schedule.cosine learningRate (finish ()) |> Schedule.spanning (count "steps")
    | "cosine_restarts" ->
        Schedule.cosine learningRate (finish ())
        |> Schedule.restart (count "first") (options.Number("multiplier", 1.0))
    | "polynomial" ->
        Schedule.polynomial (options.Number("power", 1.0)) learningRate (finish ())
        |> Schedule.lasting (count "steps")
    | "exponential" -> Schedule.exponential (options.Required "factor") learningRate
    | "step" -> Schedule.every (count "every") (options.Number("factor", 0.1)) learningRate
    | "multistep" -> Schedule.steps (List.sort (counts "at")) (options.Number("factor", 0.1)) learningRate
    | "join" ->
        let parts =
            match options.TryTake "parts" with
            | Some parts -> [ for part in parts.EnumerateArray() -> Options($"{kind}, part", part) ]
            | None -> failtest "join: the option parts is missing"

        let schedules =
            [
                for part in parts do
                    match part.TryTake "kind" with
                    | Some kind ->
                        scheduleNamed (kind.GetString()) learningRate part
                        part.Finish()
                    | None -> failtest "join: a part without a kind"
            ]

        let at = counts "at"

        if at.Length <> schedules.Length - 1 then
            failtest $"join: {schedules.Length} parts and {at.Length} boundaries"

        let lengths = List.pairwise (0 :: at) |> List.map (fun (a, b) -> b - a)

        let parts =
            List.zip lengths (List.take lengths.Length schedules)
            |> List.filter (fun (length, _) -> length > 0)

        Schedule.join parts (List.last schedules)
    | unknown -> failtest $"unknown schedule {unknown}"

/// The rate of step 0, 1, ... of a schedule's file.
let scheduleOf (file: JsonElement) : int -> float =
    let options = hyper file
    let schedule = scheduleNamed (text "schedule" file) (options.Required "lr") options
    options.Finish()
    fun step -> Schedule.value 0 (step + 1) schedule

/// The binarizer of a file, as the classes of hpi-xnor/bitorch have it.
let binarizerOf (file: JsonElement) =
    let options = hyper file

    let binarizer =
        match text "binarizer" file with
        | "sign" -> Binarizer.identity
        | "approx_sign" -> Binarizer.approxSign
        | "swish_sign" -> Binarizer.swishSign (Const(options.Number("beta", 5.0)))
        | "progressive_sign" ->
            let alpha, beta = options.Number("alpha", 4.0), options.Number("beta", 10.0)
            Binarizer.progressiveSign alpha beta (Const(options.Number("scale", 0.0)))
        | "ste_heaviside" -> Binarizer.negativeAtZero
        | "input_dorefa" -> Binarizer.straightThrough (Binarizer.doReFaInput (int (options.Number("bits", 1.0))))
        | "weight_dorefa" -> Binarizer.straightThrough (Binarizer.doReFaWeight (int (options.Number("bits", 1.0))))
        | "identity" -> Binarizer.none
        | unknown -> failtest $"unknown binarizer {unknown}"

    options.Finish()
    binarizer
