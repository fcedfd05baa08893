/// Golden files: reading them, and building what they name from the core.
module Bnn.Tests.Golden

open System
open System.IO
open System.Text.Json
open Bnn.Core
open Expecto

/// The folder `golden` beside the test assembly.
let shipped = Path.Combine(AppContext.BaseDirectory, "golden")

/// BNN_GOLDEN, else what is shipped.
let folder =
    match Environment.GetEnvironmentVariable "BNN_GOLDEN" with
    | null
    | "" -> shipped
    | given -> given

/// The *.json files of a sub-folder, in order; none where it is missing.
let filesOf folder kind =
    let path = Path.Combine(folder, kind)

    if Directory.Exists path then
        Directory.GetFiles(path, "*.json")
        |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    else
        [||]

/// The sub-folders that there are.
let kinds folder =
    if Directory.Exists folder then
        Directory.GetDirectories folder |> Array.map Path.GetFileName |> Array.sort
    else
        [||]

let read (path: string) =
    use document = JsonDocument.Parse(File.ReadAllText path)
    document.RootElement.Clone()

let text (name: string) (file: JsonElement) = file.GetProperty(name).GetString()
let private number (e: JsonElement) = e.GetDouble()

let private list (item: JsonElement -> 'T) (e: JsonElement) =
    [| for x in e.EnumerateArray() -> item x |]

let numbers (name: string) (file: JsonElement) = file.GetProperty name |> list number

let rows (name: string) (file: JsonElement) =
    file.GetProperty name |> list (list number)

/// Options by name, each of which must be taken: what is left over is a failure that names it.
type Options(where: string, element: JsonElement) =
    let left = Collections.Generic.Dictionary<string, JsonElement>()

    do
        for property in element.EnumerateObject() do
            left[property.Name] <- property.Value

    member _.TryTake name =
        match left.TryGetValue name with
        | true, value ->
            left.Remove name |> ignore
            Some value
        | _ -> None

    member options.Number(name, standard) =
        options.TryTake name |> Option.map number |> Option.defaultValue standard

    member options.Required name =
        match options.TryTake name with
        | Some value -> number value
        | None -> failtest $"{where}: the option {name} is missing"

    member options.Flag name =
        options.TryTake name |> Option.exists _.GetBoolean()

    member options.Inner name =
        options.TryTake name
        |> Option.map (fun value -> Options($"{where}, {name}", value))

    /// Fails where an option was not taken.
    member _.Finish() =
        if left.Count > 0 then
            let unknown = String.concat ", " left.Keys
            failtest $"{where}: unknown option {unknown}"

/// The names of the file's `name` and of its options, for messages.
let hyper (file: JsonElement) =
    Options(text "name" file, file.GetProperty "hyper")

/// How a row's rule is made from option values; the parameter lets broken ones be tried.
type Maker = Row -> (string * float) list -> Rule

/// The rule of the catalogue.
let fromCatalogue: Maker =
    fun row options ->
        match Catalogue.make row options with
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
let private algorithms: Map<string, Row * OptionName list> =
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
let private rate (row: Row) (options: Options) =
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
            match kind with
            | "constant" -> Schedule.constant learningRate, 0
            | "linear" -> Schedule.linear learningRate 0.0, int (schedule.Required "total_steps")
            | unknown -> failtest $"unknown lr_schedule {unknown}"

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
            | Some isDecoupled when isDecoupled.GetBoolean() -> Decoupled
            | Some _ -> if row.Decay = Decoupled then Coupled else row.Decay

        let towards =
            if options.Flag "maximize" then
                Rule.scale (Const -1.0)
            else
                Rule.identity

        // Without the learning rate the decay is a share of the weight; the references leave coupled decay as it is.
        // Without the learning rate the decay is a share of the weight; the references fix no coupled decay.
        let decay =
            if options.Flag "fixed_decay" && kind <> Coupled then
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
