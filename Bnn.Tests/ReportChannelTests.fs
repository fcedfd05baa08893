module Bnn.Tests.ReportChannelTests

open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.ReportSupport
open Expecto

/// The charts, with what each shows of a layer, and whether its axis is logarithmic.
let private figures: (string * (LayerDiagnostics -> Quartiles) * bool) list =
    [
        "CAM of latent weights", _.Cam, false
        "CAM of updates", _.UpdateCam, true
        "CAM of updates by iteration", (fun layer -> Quartiles.ofNumbers layer.IterationUpdateCam), true
        "Gradients that are 0, by channel",
        (fun layer ->
            let s = layer.ChannelZeroGradients

            {
                Least = 100.0 * s.Least
                Lower = 100.0 * s.Lower
                Median = 100.0 * s.Median
                Upper = 100.0 * s.Upper
                Greatest = 100.0 * s.Greatest
            }),
        false
    ]

let private five (s: Quartiles) =
    [ s.Least; s.Lower; s.Median; s.Upper; s.Greatest ]

/// The boxes of an epoch, each from the least to the greatest number; none where there is a gap.
let private boxes (epoch: System.Text.Json.Nodes.JsonNode) =
    [ for box in epoch["boxes"].AsArray() -> numbers box ]

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: channels"
            [
                testCase
                    "The page holds a box a binary layer of every epoch, within its axes, and the layers' names in their order"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        // in a run this short no gradient is 0
                        change copy "diagnostics.jsonl" (fun text ->
                            let start = text.LastIndexOf "\"channelZeroGradients\""

                            text[.. start - 1]
                            + "\"channelZeroGradients\":{\"least\":0,\"lower\":0.125,\"median\":0.25,\"upper\":0.75,\"greatest\":1}"
                            + text[text.IndexOf("}", start) + 1 ..])

                        let page = read (Report.Write copy)
                        let lines = List.ofSeq (DiagnosticsFile.Read copy)

                        for title, spread, isLog in figures do
                            let chart = chart title page
                            let low, high = range "yaxis" chart

                            Expect.equal
                                (textOf "type" chart.Layout["yaxis"])
                                (if isLog then "log" else "linear")
                                title

                            Expect.equal (numbersOf "x" chart.Traces[0]) [ 1.0; 2.0; 3.0; 4.0; 5.0 ] "places"

                            for epoch, line in List.zip chart.Epochs lines do
                                Expect.equal (textOf "words" epoch) $"{line.Stage}, epoch {line.Epoch}" "words"

                                for box, layer in List.zip (boxes epoch) (List.ofSeq line.Layers) do
                                    for held, value in List.zip box (five (spread layer)) do
                                        Expect.isLessThanOrEqual (abs (held - value)) (1e-4 * abs value) title

                                        Expect.isTrue
                                            (value <= high && (value = 0.0 || low <= value))
                                            $"{title}: {value}"

                        let names =
                            [
                                for name in Regex.Matches(page, "<li>(.*?)</li>") -> name.Groups[1].Value + ".weight"
                            ]

                        Expect.equal names [ for layer in lines[0].Layers -> layer.Name ] "names")

                testCase
                    "What a layer does not have leaves a gap, what is 0 does not stretch a logarithmic axis, and names are text"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        change copy "diagnostics.jsonl" (fun text ->
                            let start = text.LastIndexOf "{\"stage\":"

                            let without =
                                Regex(@"""cam"":\{""least"":[\d.E-]+")
                                    .Replace(text[start..], @"""cam"":{""least"":null", 1)

                            let still = Regex(@"""updateCam"":\{""least"":[\d.E-]+")
                            text[.. start - 1] + still.Replace(without, @"""updateCam"":{""least"":0", 1))

                        change copy "diagnostics.jsonl" _.Replace("feature.1.binary_3x3", "<b>&'")
                        let page = read (Report.Write copy)

                        let last title =
                            boxes (List.last (chart title page).Epochs)

                        Expect.equal (last "CAM of latent weights" |> List.map _.Length) [ 0; 5; 5; 5; 5 ] "gaps"
                        Expect.equal (last "CAM of updates").Head.Head 0.0 "the least"
                        Expect.isGreaterThan (fst (range "yaxis" (chart "CAM of updates" page))) 1e-6 "the axis"
                        Expect.isFalse (page.Contains "<b>") "no markup"
                        Expect.stringContains page "<li>&lt;b&gt;&amp;&#39;</li>" "the name"
                        // the tags are plotly.js's
                        let names = (chart "CAM of updates" page).Traces[1]["text"]
                        Expect.equal (string names[0]) "<b>1 &lt;b&gt;&amp;'</b>" "in the chart")

                testCase "An epoch without diagnostics has no box, and a run without any has no chart"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        change copy "diagnostics.jsonl" (fun text -> text[.. text.LastIndexOf "{\"stage\":" - 1])
                        let some = read (Report.Write copy)

                        for title, _, _ in figures do
                            Expect.all (boxes (List.last (chart title some).Epochs)) _.IsEmpty "gaps"

                        // as many bars as the other epochs have
                        let bars = numbersOf "shares" (List.last (chart HistogramChart.Title some).Epochs)
                        Expect.equal bars (List.replicate 61 0.0) "bars"
                        Expect.stringContains some "step 2, epoch 2: no diagnostics" "words"
                        File.Delete(Path.Combine(copy, "diagnostics.jsonl"))

                        for page in [ read (Report.Write copy); pageOf real ] do
                            Expect.isFalse (page.Contains "<h2>Channels") "no section"
                            Expect.isFalse (page.Contains "id='epoch'") "no slider"

                            for title, _, _ in figures do
                                Expect.isFalse (page.Contains $"<h3>{title}") "no chart"
                                Expect.stringContains page $"; {title}" "left out")

                testCase "Two runs' boxes have the same axis, and as much room as the larger network needs"
                <| fun _ ->
                    let larger =
                        run (
                            lazy
                                DiagnosticsSupport
                                    .tiny()
                                    .WithModel(Models.BiReal18(10, 1, 28).Scaled 0.05)
                                    .TwoStep(epochs = 1)
                        )

                    inCopy adam (fun copy ->
                        let page =
                            read (Report.Compare(copy, larger.Value, Path.Combine(copy, "both.html")))

                        for title, _, _ in figures do
                            let pair = charts page |> List.filter (fun chart -> chart.Title = title)
                            let layers chart = (numbersOf "x" chart.Traces[0]).Length
                            Expect.equal (List.map layers pair) [ 5; 16 ] "boxes"
                            Expect.equal (range "yaxis" pair[0]) (range "yaxis" pair[1]) "vertical"
                            Expect.equal (List.map (range "xaxis") pair) [ 0.5, 16.5; 0.5, 16.5 ] "horizontal")
            ]
    )
