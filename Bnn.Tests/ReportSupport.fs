/// Runs, their pages, and the pictures on these, as the tests of pages need them.
module Bnn.Tests.ReportSupport

open System
open System.IO
open System.Text.RegularExpressions
open System.Xml.Linq
open Bnn
open Bnn.Tests.DiagnosticsTests
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
    run (lazy tiny().WithSgd().WithStages(Stage(hostile, true, false, 1), Stage("a, b\"c", true, true, 2)))

let internal real =
    run (lazy tiny().WithModel(Models.ResNet18(10, 1, 28).Scaled(0.05)).WithStages(Stage("real", false, false, 1)))

let internal pageOf (run: Lazy<string>) =
    File.ReadAllText(Path.Combine(run.Value, "report.html"))

let internal inCopy (run: Lazy<string>) act =
    withFolder (fun copy ->
        for file in files do
            File.Copy(Path.Combine(run.Value, file), Path.Combine(copy, file))

        act copy)

let internal pictures (page: string) =
    [
        for found in Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline) -> XElement.Parse found.Value
    ]

let internal charts page =
    pictures page
    |> List.filter (fun svg -> not (isNull (svg.Attribute(XName.Get "role"))))

/// The text of an element with this class.
let internal texts (kind: string) (svg: XElement) =
    [
        for element in svg.Descendants() do
            match element.Attribute(XName.Get "class") with
            | null -> ()
            | found ->
                if found.Value = kind then
                    element.Value
    ]

/// The data beside the charts of this kind, in the page's order.
let internal data (kind: string) (page: string) =
    let found =
        Regex.Matches(
            page,
            $"<div class='{kind}'>.*?<script type='application/json' class='epochs'>(.*?)</script>",
            RegexOptions.Singleline
        )

    [ for found in found -> found.Groups[1].Value ]

let internal change (folder: string) (file: string) (edit: string -> string) =
    let path = Path.Combine(folder, file)
    let before = File.ReadAllText path
    let after = edit before
    Expect.notEqual after before $"{file} is changed"
    File.WriteAllText(path, after)
