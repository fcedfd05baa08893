module Bnn.Tests.ReportTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open System.Xml.Linq
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.DiagnosticsTests
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto
open FsCheck.FSharp

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

                    use json = JsonDocument.Parse(List.exactlyOne (data "histogram" page))
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
                    Expect.hasLength (Regex.Matches(page, "</script>")) 5 "the charts' data and the slider's"

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
                        Expect.equal (Report.Compare(adam.Value, sgd.Value, path)) path "the path"
                        let page = File.ReadAllText path
                        let both = charts page
                        Expect.equal (both.Length % 2) 0 "pairs"

                        for pair in List.chunkBySize 2 both do
                            Expect.equal (texts "tick" pair[0]) (texts "tick" pair[1]) "ticks"
                            Expect.equal (texts "label" pair[0]) (texts "label" pair[1]) "labels"

                        Expect.stringContains page "Adam (left)" "Adam"
                        Expect.stringContains page "SGD (right)" "SGD"
                        Report.Compare(adam.Value, real.Value, path) |> ignore
                        Expect.stringContains (File.ReadAllText path) "does not exist in this run" "a word")

                testCase
                    "Two runs' page lies beside the first one's folder where no path is given, and a file there is replaced"
                <| fun _ ->
                    inCopy adam (fun first ->
                        let folder = Path.Combine(first, "runs")
                        let left = Path.Combine(folder, "left")
                        Directory.CreateDirectory left |> ignore

                        for file in Directory.GetFiles first do
                            File.Copy(file, Path.Combine(left, Path.GetFileName file))

                        let page = Path.Combine(folder, "compare.html")
                        File.WriteAllText(page, "before")

                        for given in [ left; left + "/"; left + "/../left/." ] do
                            Expect.equal (Report.Compare(given, sgd.Value)) page given
                            Expect.stringContains (File.ReadAllText page) "left: ReActNet" "the page"
                            File.Delete page

                        Expect.throwsT<ArgumentException> (fun () -> Report.Compare("", left) |> ignore) "no folder")

                testCase
                    "A stage's end is a ring around the last point of the test images' line, and stands alone where they were not measured"
                <| fun _ ->
                    let top1 page =
                        charts page
                        |> List.find (fun svg -> svg.Attribute(XName.Get "aria-label").Value = "Top-1")

                    let centres (name: string) (svg: XElement) =
                        [
                            for mark in svg.Descendants(XName.Get name) do
                                let at key =
                                    float (mark.Attribute(XName.Get key).Value)

                                if name = "rect" then
                                    at "x" + 3.0, at "y" + 3.0
                                elif mark.Attribute(XName.Get "fill").Value = "none" then
                                    at "cx", at "cy"
                        ]

                    let svg = top1 (pageOf adam)
                    let test = centres "rect" svg
                    Expect.hasLength test 4 "an epoch each"

                    for ring, point in List.zip (centres "circle" svg) [ test[1]; test[3] ] do
                        Expect.isLessThan
                            (abs (fst ring - fst point) + abs (snd ring - snd point))
                            0.2
                            $"{ring} {point}"

                    withFolder (fun folder ->
                        use _model =
                            tiny().WithEvaluation(0).TwoStep(epochs = 2).SaveTo(folder).Train().Model

                        let page = File.ReadAllText(Path.Combine(folder, "report.html"))
                        let svg = top1 page
                        Expect.hasLength (centres "circle" svg) 2 "rings"
                        Expect.hasLength (svg.Descendants(XName.Get "polyline")) 2 "training, a line a stage"
                        Expect.stringContains page "test, with the weights that the stage leaves</span>" "the legend")

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
