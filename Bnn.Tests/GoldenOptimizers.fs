/// The rules that golden files name, built from the core.
module Bnn.Tests.GoldenOptimizers

open System
open System.Text.Json
open Bnn
open Bnn.Tests.Golden
open Bnn.Tests.GoldenFormulas
open Expecto

/// How a row's rule is made from option values; the parameter lets broken ones be tried.
type Maker = OptimizerRow -> (string * float) list -> Rule

/// The rule of the catalogue.
let fromCatalogue: Maker =
    fun row options ->
        match row.Make options with
        | Ok rule -> rule
        | Error faults -> failtest (faults |> List.map string |> String.concat "; ")

/// What a reference calls an option, and which of the row's options it is.
type private OptionName =
    | Number of string * string
    | Flag of string * string
    /// One option with several values.
    | Numbers of string * string list

let private betas = Numbers("betas", [ "beta1"; "beta2" ])
let private eps = Number("eps", "epsilon")

/// The references' algorithms: the row of each, and its options' names. Options that all have are left out.
let private algorithms: Map<string, OptimizerRow * OptionName list> =
    Map.ofList
        [
            "sgd",
            (Sgd.row,
             [
                 Number("momentum", "momentum")
                 Number("dampening", "dampening")
                 Flag("nesterov", "nesterov")
             ])
            "adam", (Adam.row, [ betas; eps; Flag("amsgrad", "amsGrad") ])
            "adamw", (Adam.decoupledRow, [ betas; eps; Flag("amsgrad", "amsGrad") ])
            "adamax", (Adamax.row, [ betas; eps ])
            "nadam", (NAdam.row, [ betas; eps; Number("momentum_decay", "momentumDecay") ])
            "radam", (RAdam.row, [ betas; eps ])
            "adan", (Adan.row, [ Numbers("betas", [ "beta1"; "beta2"; "beta3" ]); eps ])
            "lion", (Lion.row, [ betas ])
            "rmsprop",
            (RmsProp.row,
             [
                 Number("alpha", "alpha")
                 eps
                 Number("momentum", "momentum")
                 Flag("centered", "centered")
             ])
            "adagrad",
            (Adagrad.row,
             [
                 Number("lr_decay", "lrDecay")
                 Number("initial_accumulator_value", "initialAccumulator")
                 eps
             ])
            "adadelta", (Adadelta.row, [ Number("rho", "rho"); eps ])
            "adabelief",
            (AdaBelief.row,
             [
                 betas
                 eps
                 Flag("amsgrad", "amsGrad")
                 Flag("rectify", "rectify")
                 Flag("degenerated_to_sgd", "degenerateToSgd")
             ])
            "bop", (Bop.row, [ Number("gamma", "gamma"); Number("threshold", "threshold") ])
            "yogi",
            (Yogi.row,
             [
                 betas
                 eps
                 Number("initial_accumulator", "initialAccumulator")
                 Flag("adam_debias", "adamD")
             ])
        ]

/// What the references decay by where a file does not say.
let private defaultDecay =
    function
    | "adamw" -> 1e-2
    | _ -> 0.0

/// The rate of a run and how many iterations its progress counts; 0 where nothing reads it. Bop has no rate.
let private rate (row: OptimizerRow) (options: Options) =
    let learningRate =
        if row.IsForBinaryWeights then
            options.Number("lr", row.LearningRate)
        else
            options.Required "lr"

    match options.Inner "lr_schedule" with
    | None -> Schedule.constant learningRate, 0
    | Some schedule ->
        let kind =
            schedule.TryTake "kind" |> Option.map _.GetString() |> Option.defaultValue ""

        let made =
            match kind, schedule.TryTake "total_steps" with
            | "linear", Some steps -> Schedule.linear learningRate 0.0, steps.GetInt32()
            | _, None -> scheduleNamed kind learningRate schedule, 0
            | _, Some _ -> failtest $"unknown lr_schedule {kind} of total_steps"

        schedule.Finish()
        made

let private optionValues where (options: Options) names =
    [
        for name in names do
            match name with
            | Number(theirs, ours) ->
                match options.TryTake theirs with
                | Some value -> ours, number value
                | None -> ()
            | Flag(theirs, ours) ->
                match options.TryTake theirs with
                | Some value -> ours, (if value.GetBoolean() then 1.0 else 0.0)
                | None -> ()
            | Numbers(theirs, ours) ->
                match options.TryTake theirs |> Option.map (list number) with
                | Some values when values.Length = ours.Length -> yield! List.zip ours (List.ofArray values)
                | Some values -> failtest $"{where}: {theirs} has {values.Length} values, should have {ours.Length}"
                | None -> ()
    ]

/// The rule of an optimizer's file, and the iterations of its stage.
let ruleOf (make: Maker) (file: JsonElement) =
    let algorithm = text "algorithm" file

    match algorithms.TryFind algorithm with
    | None -> failtest $"unknown algorithm {algorithm}"
    | Some(row, names) ->
        let options = hyper file
        let learningRate, iterations = rate row options
        // The reference's default differs from ours.
        let momentum = if algorithm = "sgd" then [ "momentum", 0.0 ] else []
        let transform = make row (momentum @ optionValues (text "name" file) options names)
        let decay = options.Number("weight_decay", defaultDecay algorithm)

        let kind =
            match [ "weight_decouple"; "decoupled_weight_decay" ] |> List.tryPick options.TryTake with
            | None -> row.Decay
            | Some isDecoupled when isDecoupled.GetBoolean() -> WeightDecayKind.Decoupled
            | Some _ ->
                if row.Decay = WeightDecayKind.Decoupled then
                    WeightDecayKind.Coupled
                else
                    row.Decay

        let towards =
            if options.Flag "maximize" then
                Rule.scale (Const -1.0)
            else
                Rule.identity

        // Without the learning rate the decay is a share of the weight; the references leave coupled decay as it is.
        // Without the learning rate the decay is a share of the weight; the references fix no coupled decay.
        let decay =
            if options.Flag "fixed_decay" && kind <> WeightDecayKind.Coupled then
                Const decay / learningRate
            else
                Const decay

        options.Finish()

        let decayed =
            if decay = Const 0.0 then
                WeightDecay.none
            else
                { WeightDecay.none with
                    Kind = kind
                    Rate = decay
                }

        towards >=> WeightDecay.descend learningRate decayed transform, iterations

/// A way of running a rule: rule, iterations of the stage, first parameters, gradients of each step; the parameters after each.
type Run = Rule -> int -> float[] -> float[][] -> float[] list

/// Where a run first leaves the file's parameters by more than 1e-12 relative + 1e-15, or None.
let firstDifference (run: Run) make (file: JsonElement) =
    let rule, iterations = ruleOf make file
    let expected = rows "params" file

    let actual =
        run rule iterations (numbers "p0" file) (rows "grads" file) |> Array.ofList

    if actual.Length <> expected.Length then
        Some $"{actual.Length} steps, should be {expected.Length}"
    else
        seq {
            for step in 0 .. expected.Length - 1 do
                for i in 0 .. expected[step].Length - 1 do
                    let e, a = expected[step][i], actual[step][i]

                    // Written so that NaN differs.
                    if not (abs (e - a) <= 1e-12 * abs e + 1e-15) then
                        $"step {step + 1}, weight {i}: {a:R}, should be {e:R}"
        }
        |> Seq.tryHead
