/// Runs, their pages, and the charts on these, as the tests of pages need them.
module Bnn.Tests.ReportSupport

open System
open System.IO
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Expecto

let private files = [ "result.json"; "metrics.csv"; "diagnostics.jsonl" ]

/// The folder of a run, kept until the tests end; others may only read it.
let internal run (trainer: Lazy<BnnTrainer>) =
    lazy
        (let folder = Directory.CreateTempSubdirectory("bnn-report-").FullName
         use _model = trainer.Value.SaveTo(folder).Train().Model
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))
         folder)

let internal hostile = "</script><b title='x'>&\""

let internal adam = run (lazy tiny().TwoStep(epochs = 2))

let internal sgd =
    run (
        lazy tiny().WithSgd().WithStages(Stage.Create(hostile, true, false, 1), Stage.Create("a, b\"c", true, true, 2))
    )

let internal real =
    run (
        lazy tiny().WithModel(Models.ResNet18(10, 1, 28).Scaled(0.05)).WithStages(Stage.Create("real", false, false, 1))
    )

let private plotly = Text.Encoding.UTF8.GetString ChartHtml.Plotly.Span

/// A page without plotly.js, which it has once.
let internal read (path: string) =
    let parts = (File.ReadAllText path).Split plotly
    Expect.hasLength parts 2 "plotly.js, once"
    String.Concat parts

let internal pageOf (run: Lazy<string>) =
    read (Path.Combine(run.Value, "report.html"))

let internal inCopy (run: Lazy<string>) act =
    withFolder (fun copy ->
        for file in files do
            File.Copy(Path.Combine(run.Value, file), Path.Combine(copy, file))

        act copy)

/// A chart of a page: its title, what plotly.js is given, and what the first trace is at each epoch.
type internal Chart =
    {
        Kind: string
        Title: string
        Traces: JsonNode list
        Layout: JsonNode
        Epochs: JsonNode list
    }

let private items (node: JsonNode) =
    if isNull node then [] else List.ofSeq (node.AsArray())

let internal charts (page: string) =
    let found =
        Regex.Matches(
            page,
            "<div class='chart' data-kind='(.*?)'><div class='plot' role='img' aria-label='(.*?)'>.*?<script type='application/json'>(.*?)</script>",
            RegexOptions.Singleline
        )

    [
        for found in found do
            let json = JsonNode.Parse found.Groups[3].Value

            {
                Kind = found.Groups[1].Value
                Title = found.Groups[2].Value
                Traces = items (json["figure"].["data"])
                Layout = json["figure"].["layout"]
                Epochs = items (json["epochs"])
            }
    ]

let internal chart title page =
    charts page |> List.find (fun chart -> chart.Title = title)

/// Numbers, NaN where there is none.
let internal numbers (node: JsonNode) =
    [
        for item in items node -> if isNull item then nan else item.GetValue<float>()
    ]

let internal numbersOf (key: string) (node: JsonNode) = numbers (node.[key])

let internal textOf (key: string) (node: JsonNode) = string (node.[key])

/// The first and the last number of an axis.
let internal range (axis: string) chart =
    let axis = chart.Layout[axis]

    match numbersOf "range" axis with
    | [ low; high ] when textOf "type" axis = "log" -> 10.0 ** low, 10.0 ** high
    | [ low; high ] -> low, high
    | other -> failtest $"{chart.Title}: a range of {other}"

/// The points of a line, without gaps.
let internal points (trace: JsonNode) =
    List.zip (numbersOf "x" trace) (numbersOf "y" trace)
    |> List.filter (fst >> Double.IsFinite)

let internal named (name: string) chart =
    chart.Traces |> List.find (fun trace -> textOf "name" trace = name)

let internal change (folder: string) (file: string) (edit: string -> string) =
    let path = Path.Combine(folder, file)
    let before = File.ReadAllText path
    let after = edit before
    Expect.notEqual after before $"{file} is changed"
    File.WriteAllText(path, after)
