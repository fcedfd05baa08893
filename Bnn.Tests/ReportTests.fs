module Bnn.Tests.ReportTests

open System
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open System.Xml.Linq
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.DiagnosticsTests
open Bnn.Tests.ReportingTests
open Expecto
open FsCheck.FSharp

let private files = [ "result.json"; "metrics.csv"; "diagnostics.jsonl" ]

/// The folder of a run, kept until the tests end; others may only read it.
let private run (trainer: Lazy<BnnTrainer>) =
    lazy
        (let folder = Directory.CreateTempSubdirectory("bnn-report-").FullName
         use _model = trainer.Value.SaveTo(folder).Train().Model
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))
         folder)

let private hostile = "</script><b title='x'>&\""

let private adam = run (lazy tiny().TwoStep(epochs = 2))

let private sgd =
    run (lazy tiny().WithSgd().WithStages(Stage(hostile, true, false, 1), Stage("a, b\"c", true, true, 2)))

let private real =
    run (lazy tiny().WithModel(Models.ResNet18(10, 1, 28).Scaled(0.05)).WithStages(Stage("real", false, false, 1)))

let private pageOf (run: Lazy<string>) =
    File.ReadAllText(Path.Combine(run.Value, "report.html"))

let private inCopy (run: Lazy<string>) act =
    withFolder (fun copy ->
        for file in files do
            File.Copy(Path.Combine(run.Value, file), Path.Combine(copy, file))

        act copy)

let private pictures (page: string) =
    [
        for found in Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline) -> XElement.Parse found.Value
    ]

let private charts page =
    pictures page
    |> List.filter (fun svg -> not (isNull (svg.Attribute(XName.Get "role"))))

/// The text of an element with this class.
let private texts (kind: string) (svg: XElement) =
    [
        for element in svg.Descendants() do
            match element.Attribute(XName.Get "class") with
            | null -> ()
            | found ->
                if found.Value = kind then
                    element.Value
    ]

let private change (folder: string) (file: string) (edit: string -> string) =
    let path = Path.Combine(folder, file)
    let before = File.ReadAllText path
    let after = edit before
    Expect.notEqual after before $"{file} is changed"
    File.WriteAllText(path, after)

[<Tests>]
let tests =
    testSequenced (
        testList
            "Report: pages"
            [
                testCase "A run that saves leaves a page of every quantity, without a reference to anything outside"
                <| fun _ ->
                    let page = pageOf adam

                    for title in
                        [
                            "Loss"
                            "Top-1"
                            "FF"
                            "C2I"
                            "Saturation"
                            "SDAM of latent weights"
                            "SDAM of updates"
                            "Gradients that are 0"
                            "Dead weights"
                            "Latent weights"
                            "Update rules"
                            "w&#39; = w - 0.01 * (1 - (t - 1) / T) * m&#39;"
                        ] do
                        Expect.stringContains page title "content"

                    for outside in [ "http:"; "https:"; "//"; "src="; "href="; "url("; "@import"; "fetch(" ] do
                        // a comment of the script is none
                        let code = Regex.Replace(page, "(?m)^ *// .*$", "")
                        Expect.isFalse (code.Contains outside) $"refers to {outside}"

                testCase "Every picture is well-formed, its places are numbers, and its points lie within it"
                <| fun _ ->
                    for page in [ pageOf adam; pageOf sgd; pageOf real ] do
                        Expect.isGreaterThan (charts page).Length 2 "charts"

                        for svg in charts page do
                            Expect.isFalse (svg.ToString().Contains "NaN" || svg.ToString().Contains "∞") "numbers"

                            for line in svg.Descendants() |> Seq.filter (fun e -> e.Name.LocalName = "polyline") do
                                for point in line.Attribute(XName.Get "points").Value.Split ' ' do
                                    let xy = point.Split ',' |> Array.map float
                                    Expect.isTrue (xy[0] >= 74.0 && xy[0] <= 566.0) $"x {point}"
                                    Expect.isTrue (xy[1] >= 24.0 && xy[1] <= 254.0) $"y {point}"

                testCase "The page holds the histogram of every epoch, and shows that of the last"
                <| fun _ ->
                    let page = pageOf adam

                    let data =
                        Regex.Match(
                            page,
                            "<script type='application/json' class='epochs'>(.*?)</script>",
                            RegexOptions.Singleline
                        )

                    use json = JsonDocument.Parse data.Groups[1].Value
                    let epochs = List.ofSeq (json.RootElement.EnumerateArray())
                    Expect.hasLength epochs 4 "epochs"

                    let last =
                        [ for h in epochs[3].GetProperty("heights").EnumerateArray() -> h.GetDouble() ]

                    let lines = DiagnosticsFile.Read adam.Value
                    let counts = lines[3].LatentWeights.Counts
                    let highest = Seq.max counts |> float
                    Expect.hasLength last counts.Count "bins"

                    for height, count in Seq.zip last counts do
                        Expect.isLessThan (abs (height / List.max last - float count / highest)) 1e-3 "proportions"

                    let shown =
                        [
                            for bar in charts(page).Head.Descendants() do
                                if bar.Name.LocalName = "rect" then
                                    float (bar.Attribute(XName.Get "height").Value)
                        ]

                    Expect.equal shown last "what is shown"
                    Expect.stringContains (epochs[0].GetProperty("words").GetString()) "step 1, epoch 1" "words"
                    Expect.stringContains page "max='4' value='4'" "the slider"

                testCase "Names that a user chose are text, never markup"
                <| fun _ ->
                    let page = pageOf sgd
                    Expect.isFalse (page.Contains "<b title") "no markup"
                    Expect.stringContains page "&lt;/script&gt;&lt;b title=&#39;x&#39;&gt;&amp;&quot;" "escaped"
                    Expect.hasLength (Regex.Matches(page, "</script>")) 2 "the histograms' and the slider's"

                testCase "What a real network does not have is left out, with a word"
                <| fun _ ->
                    let page = pageOf real
                    Expect.stringContains page "Left out, because this run has no such numbers:" "a word"

                    for title in [ "<h3>Dead weights"; "<h3>Saturation"; "<h2>Latent weights" ] do
                        Expect.isFalse (page.Contains title) title

                    Expect.stringContains page "<h3>Loss" "the loss is there"
                    Expect.stringContains page "<td>-</td>" "the table has a dash"

                testCase "The page is made again from the folder, the same to the byte in every culture"
                <| fun _ ->
                    let before = pageOf adam
                    inGermany (fun () -> Report.Write adam.Value |> ignore)
                    Expect.equal (pageOf adam) before "page"

                testCase "Two runs side by side have the same axes, and what one of them lacks is said"
                <| fun _ ->
                    withFolder (fun folder ->
                        let path = Path.Combine(folder, "both.html")
                        Report.Compare(adam.Value, sgd.Value, path)
                        let page = File.ReadAllText path
                        let both = charts page
                        Expect.equal (both.Length % 2) 0 "pairs"

                        for pair in List.chunkBySize 2 both do
                            Expect.equal (texts "tick" pair[0]) (texts "tick" pair[1]) "ticks"
                            Expect.equal (texts "label" pair[0]) (texts "label" pair[1]) "labels"

                        Expect.stringContains page "Adam (left)" "Adam"
                        Expect.stringContains page "SGD (right)" "SGD"
                        Report.Compare(adam.Value, real.Value, path)
                        Expect.stringContains (File.ReadAllText path) "does not exist in this run" "a word")

                testCase "A missing file of a run is refused with its name, and no page is written"
                <| fun _ ->
                    for file in [ "result.json"; "metrics.csv" ] do
                        inCopy adam (fun copy ->
                            let path = Path.Combine(copy, file)
                            File.Delete path
                            let message = fault (fun () -> Report.Write copy |> ignore)
                            Expect.stringStarts message (path + ": cannot be read") "names it"
                            Expect.isFalse (File.Exists(Path.Combine(copy, "report.html"))) "no page")

                testCase "A page does without diagnostics, of all epochs or of some, and says what it leaves out"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        change copy "diagnostics.jsonl" (fun text -> text[text.IndexOf '\n' + 1 ..])
                        let some = File.ReadAllText(Report.Write copy)
                        Expect.stringContains some "step 1, epoch 1: no diagnostics" "an epoch without"
                        Expect.stringContains some "aria-label='Saturation'" "the others'"
                        File.Delete(Path.Combine(copy, "diagnostics.jsonl"))
                        let none = File.ReadAllText(Report.Write copy)
                        Expect.isFalse (none.Contains "aria-label='Saturation'") "no chart"
                        Expect.stringContains none "aria-label='Loss'" "charts of metrics.csv"
                        Expect.stringContains none "Left out, because this run has no such numbers" "says so")

                testCase "A value of result.json that is missing or of another kind is refused with its place"
                <| fun _ ->
                    for place in
                        [
                            "seed"
                            "recipe"
                            "model.name"
                            "stages"
                            "recipe.optimizer.options"
                            "recipe.stages"
                            "recipe.augmentation"
                        ] do
                        for value in [ None; Some "[[{}]]" ] do
                            inCopy adam (fun copy ->
                                let path = Path.Combine(copy, "result.json")
                                let root = JsonNode.Parse(File.ReadAllText path)
                                let keys = place.Split '.'
                                let mutable node = root

                                for key in keys[.. keys.Length - 2] do
                                    node <- node[key]

                                match value with
                                | None -> node.AsObject().Remove keys[keys.Length - 1] |> ignore
                                | Some text -> node[keys[keys.Length - 1]] <- JsonNode.Parse text

                                File.WriteAllText(path, root.ToJsonString())
                                let message = fault (fun () -> Report.Write copy |> ignore)
                                Expect.stringStarts message (path + ": " + place) message)

                testCase "Damaged files of a run are refused, whatever is damaged"
                <| fun _ ->
                    for file, edit in
                        [
                            "result.json", (fun (text: string) -> text[.. text.Length / 2])
                            "result.json", (fun text -> text.Replace("\"step 2\"", "\"step 3\""))
                            "metrics.csv", (fun text -> text.Replace("trainTop1", "top1"))
                            "metrics.csv", (fun text -> text[.. text.Length - 20])
                            "metrics.csv", (fun text -> text.Replace("step 1,1,", "step 1,x,"))
                            "metrics.csv", (fun text -> text.Replace("step 1,1,", "step 1,0,"))
                            "metrics.csv", (fun text -> text + "step 2,3,1,1,1,1,1,1,1,1,0,1,1\n")
                            "metrics.csv", (fun _ -> "")
                            "diagnostics.jsonl", (fun text -> text[.. text.Length - 20])
                            "diagnostics.jsonl", (fun text -> text.Replace("\"epoch\":2", "\"epoch\":3"))
                        ] do
                        inCopy adam (fun copy ->
                            change copy file edit
                            let message = fault (fun () -> Report.Write copy |> ignore)
                            Expect.stringStarts message copy message)

                testCase "metrics.csv reads back to the numbers that were written, with any names of stages"
                <| fun _ ->
                    inGermany (fun () ->
                        withFolder (fun folder ->
                            let epoch stage index number =
                                EpochMetrics(
                                    stage,
                                    index,
                                    number,
                                    2,
                                    1.0 / 3.0,
                                    40.5,
                                    nan,
                                    0.1,
                                    1e-7,
                                    1.5,
                                    infinity,
                                    Top1 = 61.5
                                )

                            let written =
                                [
                                    epoch "a, \"b\"\nc" 0 1
                                    epoch "a, \"b\"\nc" 0 2
                                    epoch "\"" 1 1
                                    epoch "\"" 1 2
                                    epoch "\"" 2 1
                                    epoch "\"" 2 2
                                ]

                            let folder = RunFolder.Prepare folder
                            folder.WriteEpochs(Array.ofList written)
                            Expect.equal (List.ofSeq (MetricsFile.Read folder.MetricsPath)) written "epochs"))

                law
                    "An axis holds all numbers that it is made for, and has some round ticks on it"
                    (Gen.zip
                        (Gen.nonEmptyListOf (
                            Gen.map2
                                (fun a b -> float a * 10.0 ** float b)
                                (Gen.choose (-999, 999))
                                (Gen.choose (-9, 9))
                        ))
                        (Gen.elements [ true; false ])
                     |> Arb.fromGen)
                    (fun (values, isLog) ->
                        let axis = Axis.Over(values, isLog)

                        for value in values do
                            if axis.Holds value then
                                let place = axis.Place value
                                Expect.isTrue (place >= 0.0 && place <= 1.0) $"{value} lies at {place}"

                        let ticks = List.ofSeq (axis.Ticks())
                        Expect.isTrue (ticks.Length >= 1 && ticks.Length <= 8) $"{ticks.Length} ticks"
                        Expect.equal ticks (List.sort ticks) "order"

                        for tick in ticks do
                            let place = axis.Place tick
                            Expect.isTrue (place >= -1e-9 && place <= 1.0 + 1e-9) $"tick {tick} lies at {place}"

                        Expect.equal
                            (ticks |> List.map axis.Label |> List.distinct).Length
                            ticks.Length
                            "labels can be told apart")
            ]
    )
