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

    member options.Pair(name, standard) =
        match options.TryTake name |> Option.map (list number) with
        | Some [| a; b |] -> a, b
        | None -> standard
        | Some other -> failtest $"{where}: {name} has {other.Length} values, should have 2"

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

/// How optimizers are made; the parameter lets broken ones be tried.
type Makers =
    {
        Sgd: Sgd.Options -> Rule
        Adam: Adam.Options -> Rule
    }

let private fromCatalogue row options =
    match Catalogue.make row options with
    | Ok rule -> rule
    | Error faults -> failtest (faults |> List.map string |> String.concat "; ")

let private flag isSet = if isSet then 1.0 else 0.0

let catalogue =
    {
        Sgd =
            fun o ->
                fromCatalogue
                    Catalogue.sgd
                    [
                        "momentum", o.Momentum
                        "dampening", o.Dampening
                        "nesterov", flag o.Nesterov
                    ]
        Adam =
            fun o ->
                fromCatalogue
                    Catalogue.adam
                    [
                        "beta1", o.Beta1
                        "beta2", o.Beta2
                        "epsilon", o.Epsilon
                        "amsGrad", flag o.AmsGrad
                    ]
    }

/// The rate of a run and how many iterations its progress counts; 0 where nothing reads it.
let private rate (options: Options) =
    let learningRate = options.Required "lr"

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

/// The rule of an optimizer's file, and the iterations of its stage.
let ruleOf (makers: Makers) (file: JsonElement) =
    let options = hyper file
    let learningRate, iterations = rate options

    let coupled standard rule =
        match options.Number("weight_decay", standard) with
        | 0.0 -> rule
        | decay -> Rule.addDecayedWeights (Const decay) >=> rule

    let adam () =
        let beta1, beta2 = options.Pair("betas", (0.9, 0.999))

        makers.Adam
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = options.Number("eps", 1e-8)
                AmsGrad = options.Flag "amsgrad"
            }

    let rule =
        match text "algorithm" file with
        | "sgd" ->
            makers.Sgd
                {
                    Momentum = options.Number("momentum", 0.0)
                    Dampening = options.Number("dampening", 0.0)
                    Nesterov = options.Flag "nesterov"
                }
            |> coupled 0.0
        | "adam" -> adam () |> coupled 0.0
        | "adamw" ->
            Rule.decoupledDecay learningRate (Const(options.Number("weight_decay", 1e-2)))
            >=> adam ()
        | unknown -> failtest $"unknown algorithm {unknown}"

    options.Finish()
    rule >=> Rule.descend learningRate, iterations

/// A way of running a rule: rule, iterations of the stage, first parameters, gradients of each step; the parameters after each.
type Run = Rule -> int -> float[] -> float[][] -> float[] list

/// Where a run first leaves the file's parameters by more than 1e-12 relative + 1e-15, or None.
let firstDifference (run: Run) makers (file: JsonElement) =
    let rule, iterations = ruleOf makers file
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
