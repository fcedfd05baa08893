module Bnn.Tests.ReportChannelTests

open System
open System.Globalization
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open System.Xml.Linq
open Bnn
open Bnn.Tests.ReportSupport
open Expecto

let private attribute name (element: XElement) = element.Attribute(XName.Get name).Value

let private number (text: string) =
    Double.Parse(text, CultureInfo.InvariantCulture)

/// The charts, with what each shows of a layer, and whether its axis is logarithmic.
let private figures: (string * (LayerDiagnostics -> ChannelSpread) * bool) list =
    [
        "CAM of latent weights", _.Cam, false
        "CAM of updates", _.UpdateCam, true
        "Gradients that are 0, by channel",
        (fun layer ->
            let s = layer.ChannelZeroGradients
            ChannelSpread(100.0 * s.Least, 100.0 * s.Lower, 100.0 * s.Median, 100.0 * s.Upper, 100.0 * s.Greatest)),
        false
    ]

let private numbers (s: ChannelSpread) =
    [ s.Least; s.Lower; s.Median; s.Upper; s.Greatest ]

let private chart title page =
    charts page |> List.find (fun svg -> attribute "aria-label" svg = title)

let private withClass name (svg: XElement) =
    [
        for element in svg.Descendants() do
            match element.Attribute(XName.Get "class") with
            | null -> ()
            | found ->
                if found.Value = name then
                    element
    ]

/// Reads a height as a reader does: from the labels of two ticks of the vertical axis.
let private reader isLog svg =
    let bend = if isLog then log else id

    let ticks =
        [
            for tick in withClass "tick" svg do
                if attribute "text-anchor" tick = "end" then
                    number (attribute "y" tick) - 4.0, bend (number tick.Value)
        ]

    let (y1, v1), (y2, v2) = List.head ticks, List.last ticks
    fun value -> y1 + (bend value - v1) * (y2 - y1) / (v2 - v1)

/// The heights of a box from the least to the greatest; none where there is a gap.
let private heights (box: XElement) =
    match List.exactlyOne (withClass "shapes" box) with
    | shapes when not (isNull (shapes.Attribute(XName.Get "visibility"))) -> []
    | shapes ->
        let path kind =
            [
                for found in Regex.Matches(attribute "d" (List.exactlyOne (withClass kind shapes)), @"[MVh ][\d.]+") ->
                    found.Value[1..] |> number
            ]

        let middle = List.exactlyOne (withClass "middle" shapes)
        let whisker = path "whisker"
        let top = number (attribute "y" middle)
        let bottom = top + number (attribute "height" middle)
        Expect.floatClose Accuracy.medium whisker[5] top "the upper whisker ends at the box"
        Expect.floatClose Accuracy.low whisker[7] bottom "the lower whisker begins at the box"
        [ whisker[8]; bottom; (path "median")[1]; top; whisker[1] ]

let private boxes title page = withClass "box" (chart title page)

[<Tests>]
let tests =
    testSequenced (
        testList
            "Report: channels"
            [
                testCase "A box a binary layer shows the last epoch's spread over the channels, to be read off the axis"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        // in a run this short no gradient is 0
                        change copy "diagnostics.jsonl" (fun text ->
                            let start = text.LastIndexOf "\"channelZeroGradients\""

                            text[.. start - 1]
                            + "\"channelZeroGradients\":{\"least\":0,\"lower\":0.125,\"median\":0.25,\"upper\":0.75,\"greatest\":1}}"
                            + text[text.IndexOf("]", start) ..])

                        let page = File.ReadAllText(Report.Write copy)
                        let last = (DiagnosticsFile.Read copy)[3]

                        for title, spread, isLog in figures do
                            let read = reader isLog (chart title page)

                            for box, layer in Seq.zip (boxes title page) last.Layers do
                                for height, value in List.zip (heights box) (numbers (spread layer)) do
                                    Expect.isLessThan
                                        (abs (height - read value))
                                        0.5
                                        $"{title} of {layer.Name}: {value}"

                            Expect.hasLength (boxes title page) 5 "layers")

                testCase "The page holds the boxes of every epoch, to four digits, and the layers' names in their order"
                <| fun _ ->
                    let page = pageOf adam
                    let lines = DiagnosticsFile.Read adam.Value

                    for (title, spread, _), text in List.zip figures (data "boxes" page) do
                        use json = JsonDocument.Parse text
                        let epochs = List.ofSeq (json.RootElement.GetProperty("epochs").EnumerateArray())

                        for epoch, line in List.zip epochs (List.ofSeq lines) do
                            Expect.equal
                                (epoch.GetProperty("words").GetString())
                                $"{line.Stage}, epoch {line.Epoch}"
                                "words"

                            let held =
                                [
                                    for box in epoch.GetProperty("boxes").EnumerateArray() ->
                                        [ for number in box.EnumerateArray() -> number.GetDouble() ]
                                ]

                            for box, layer in List.zip held (List.ofSeq line.Layers) do
                                for held, value in List.zip box (numbers (spread layer)) do
                                    Expect.isLessThanOrEqual (abs (held - value)) (1e-3 * abs value) title

                    let names =
                        [
                            for name in Regex.Matches(page, "<li>(.*?)</li>") -> name.Groups[1].Value + ".weight"
                        ]

                    Expect.equal names [ for layer in lines[0].Layers -> layer.Name ] "names"

                testCase
                    "What a layer does not have leaves a gap, what is 0 stands on a logarithmic axis, and names are text"
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
                        let page = File.ReadAllText(Report.Write copy)
                        let gaps = boxes "CAM of latent weights" page |> List.map (heights >> List.isEmpty)
                        Expect.equal gaps [ true; false; false; false; false ] "gaps"
                        let least = boxes "CAM of updates" page |> List.map (heights >> List.head)
                        Expect.equal least[0] 254.0 "on the axis"
                        Expect.all least[1..] (fun y -> y < 254.0) "above it"
                        Expect.isFalse (page.Contains "<b>") "no markup"
                        Expect.stringContains page "<title>1 &lt;b&gt;&amp;&#39;</title>" "the name"

                        for text in data "boxes" page do
                            use json = JsonDocument.Parse text
                            Expect.isFalse (text.Contains "NaN") "JSON")

                testCase "An epoch without diagnostics has no box, and a run without any has no chart"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        change copy "diagnostics.jsonl" (fun text -> text[.. text.LastIndexOf "{\"stage\":" - 1])
                        let some = File.ReadAllText(Report.Write copy)

                        for title, _, _ in figures do
                            Expect.all (boxes title some) (heights >> List.isEmpty) "gaps"

                        // the slider must find as many bars as the other epochs have
                        Expect.hasLength (withClass "bar" (charts some).Head) 61 "bars"
                        Expect.stringContains some "step 2, epoch 2: no diagnostics" "words"
                        File.Delete(Path.Combine(copy, "diagnostics.jsonl"))

                        for page in [ File.ReadAllText(Report.Write copy); pageOf real ] do
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
                                DiagnosticsTests
                                    .tiny()
                                    .WithModel(Models.BiReal18(10, 1, 28).Scaled 0.05)
                                    .TwoStep(epochs = 1)
                        )

                    inCopy adam (fun copy ->
                        let page =
                            File.ReadAllText(Report.Compare(copy, larger.Value, Path.Combine(copy, "both.html")))

                        for title, _, _ in figures do
                            let pair =
                                charts page |> List.filter (fun svg -> attribute "aria-label" svg = title)

                            Expect.equal (List.map (withClass "box" >> List.length) pair) [ 5; 16 ] "boxes"

                            let axis svg =
                                [
                                    for tick in withClass "tick" svg do
                                        if attribute "text-anchor" tick = "end" then
                                            attribute "y" tick, tick.Value
                                ]

                            let slots svg =
                                [
                                    for slot in withClass "slot" svg -> attribute "x" slot, attribute "width" slot
                                ]

                            Expect.equal (axis pair[0]) (axis pair[1]) "vertical"
                            Expect.equal (slots pair[0]) (List.truncate 5 (slots pair[1])) "horizontal")
            ]
    )
