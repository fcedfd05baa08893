module Bnn.Tests.ReportTests

open System
open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto

[<Tests>]
let tests =
    Checks.trainings (
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
                            "w&#39; = w - 0.01 * (1 - (t - 1) / T) * (m&#39;"
                        ] do
                        Expect.stringContains page title "content"

                    let policy =
                        Regex.Match(page, "http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value

                    Expect.equal
                        (Regex.Replace(policy, "sha256-[A-Za-z0-9+/]{43}=", "sha256-HASH"))
                        "default-src 'none'; script-src 'sha256-HASH' 'sha256-HASH'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
                        "the browser's policy"

                    Expect.hasLength (Regex.Matches(page, "<script>")) 2 "the scripts that it allows"
                    let page = page.Replace(policy, "")

                    for outside in [ "http:"; "https:"; "//"; "src="; "href="; "url("; "@import"; "fetch(" ] do
                        // a comment of the script is none
                        let code = Regex.Replace(page, "(?m)^ *// .*$", "")
                        Expect.isFalse (code.Contains outside) $"refers to {outside}"

                testCase "The page holds the histogram of every epoch, and shows that of the last"
                <| fun _ ->
                    let page = pageOf adam
                    let histogram = chart HistogramChart.Title page
                    let lines = DiagnosticsFile.Read adam.Value
                    Expect.hasLength histogram.Epochs 4 "epochs"

                    for epoch, line in Seq.zip histogram.Epochs lines do
                        let weights = line.LatentWeights
                        let all = Seq.sum weights.Counts + weights.Below + weights.Above |> float
                        let shares = numbersOf "shares" epoch
                        Expect.hasLength shares weights.Counts.Count "bins"
                        Expect.hasLength (numbersOf "x" histogram.Traces[0]) shares.Length "places"

                        for share, count in Seq.zip shares weights.Counts do
                            let percent = 100.0 * float count / all
                            Expect.isLessThanOrEqual (abs (share - percent)) (1e-4 * percent) "share"
                            Expect.isLessThan share (snd (range "yaxis" histogram)) "within the axis"

                    Expect.stringStarts (textOf "words" histogram.Epochs[0]) "step 1, epoch 1: |w| > 0.9" "words"
                    Expect.stringContains page "<p class='words'>step 2, epoch 2: |w| &gt; 0.9" "the last one's"
                    Expect.stringContains page "max='4' value='4'" "the slider"

                testCase "Names that a user chose are text, never markup"
                <| fun _ ->
                    let page = pageOf sgd
                    Expect.isFalse (page.Contains "<b title") "no markup"
                    Expect.stringContains page "&lt;/script&gt;&lt;b title=&#39;x&#39;&gt;&amp;&quot;" "escaped"
                    let scripts = Regex.Matches(page, "</script>").Count
                    Expect.equal scripts ((charts page).Length + 2) "the charts', plotly.js and page.js"
                    // plotly.js takes some markup in text
                    let names = (chart "Loss" page).Layout["annotations"].AsArray()

                    let escaped =
                        hostile.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

                    Expect.equal (textOf "hovertext" names[0]) escaped "in charts"

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

                        // how many of a layer's channels update less in an iteration than all of the other run's
                        let last run =
                            (Seq.last (DiagnosticsFile.Read run)).Layers

                        let invariant = System.Globalization.CultureInfo.InvariantCulture

                        for a, b in Seq.zip (last adam.Value) (last sgd.Value) do
                            let below (one: LayerDiagnostics) (other: LayerDiagnostics) =
                                let least = Seq.min other.IterationUpdateCam
                                (100.0 * one.UpdatesBelow least).ToString("F1", invariant)

                            Expect.stringContains
                                (File.ReadAllText path)
                                $"</td><td>{below a b}</td><td>{below b a}</td></tr>"
                                a.Name

                        let page = read path
                        let both = charts page
                        Expect.isGreaterThan both.Length 20 "charts"
                        Expect.equal (both.Length % 2) 0 "pairs"

                        for pair in List.chunkBySize 2 both do
                            Expect.equal pair[0].Title pair[1].Title "title"

                            for key in [ "xaxis"; "yaxis"; "height"; "margin" ] do
                                Expect.equal (textOf key pair[0].Layout) (textOf key pair[1].Layout) key

                            for chart in List.filter (fun chart -> chart.Kind = "lines") pair do
                                for x, _ in List.collect points chart.Traces do
                                    Expect.isLessThan x (snd (range "xaxis" chart)) "on the axis"

                        Expect.stringContains page "Adam (left)" "Adam"
                        Expect.stringContains page "SGD (right)" "SGD"
                        Report.Compare(adam.Value, real.Value, path) |> ignore
                        Expect.stringContains (read path) "does not exist in this run" "a word")

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
                            Expect.stringContains (read page) "left: ReActNet" "the page"
                            File.Delete page

                        Expect.throwsT<ArgumentException> (fun () -> Report.Compare("", left) |> ignore) "no folder")

                testCase
                    "A stage's end is a ring around the last point of the test images' line, and stands alone where they were not measured"
                <| fun _ ->
                    let rings page =
                        let trace =
                            named "test, with the weights that the stage leaves" (chart "Top-1" page)

                        Expect.equal (textOf "symbol" trace["marker"]) "circle-open" "a ring"
                        Expect.equal (textOf "mode" trace) "markers" "no line"
                        points trace

                    let page = pageOf adam
                    let test = points (named "test" (chart "Top-1" page))
                    Expect.equal (rings page) [ test[1]; test[3] ] "rings"

                    withFolder (fun folder ->
                        use _model =
                            tiny().WithEvaluation(0).TwoStep(epochs = 2).SaveTo(folder).Train().Model

                        let page = read (Path.Combine(folder, "report.html"))
                        Expect.equal (rings page |> List.map fst) [ 2.0; 4.0 ] "rings"
                        let top1 = chart "Top-1" page
                        Expect.hasLength top1.Traces 2 "training and rings"
                        Expect.equal (textOf "showlegend" top1.Layout) "true" "the legend")

                testCase "A page does without diagnostics, of all epochs or of some, and says what it leaves out"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        change copy "diagnostics.jsonl" (fun text -> text[text.IndexOf '\n' + 1 ..])
                        let some = read (Report.Write copy)
                        Expect.stringContains some "step 1, epoch 1: no diagnostics" "an epoch without"
                        Expect.stringContains some "aria-label='Saturation'" "the others'"
                        File.Delete(Path.Combine(copy, "diagnostics.jsonl"))
                        let none = read (Report.Write copy)
                        Expect.isFalse (none.Contains "aria-label='Saturation'") "no chart"
                        Expect.stringContains none "aria-label='Loss'" "charts of metrics.csv"
                        Expect.stringContains none "Left out, because this run has no such numbers" "says so")
            ]
    )
