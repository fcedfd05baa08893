module Bnn.Tests.ReportBrowserTests

open System
open System.IO
open System.Net
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.ReportSupport
open Expecto

/// What the browser makes of a page with a script at its end that writes JSON into an element "seen", in a window of this width: this JSON,
/// and what is on the browser's console.
let internal inBrowser page width script =
    match Tools.browser.Value with
    // a browser is no part of the build
    | None -> Checks.notTried "this machine has no chromium that works"
    | Some program ->
        let copy = Path.ChangeExtension(page, ".seen.html")

        // the page's policy lets nothing run but what it names
        let hashes =
            [
                for own in Regex.Matches(script, "<script>(.*?)</script>", RegexOptions.Singleline) do
                    let bytes = Text.Encoding.UTF8.GetBytes own.Groups[1].Value
                    $"'sha256-{Convert.ToBase64String(Security.Cryptography.SHA256.HashData bytes)}'"
            ]

        let named =
            File.ReadAllText(page).Replace("script-src ", "script-src " + String.concat " " hashes + " ")

        File.WriteAllText(copy, named.Replace("</body>", script + "</body>"))

        let arguments =
            Tools.browserArguments (Path.Combine(Path.GetDirectoryName page, "browser"))
            @ [
                $"--window-size={width},2000"
                "--enable-logging=stderr"
                "--virtual-time-budget=20000"
                "--dump-dom"
                Uri(copy).AbsoluteUri
            ]

        use browser = Programs.started program arguments (Path.GetDirectoryName page)
        let _, dom, errors = Programs.ended browser

        let text =
            Regex.Match(dom, "<pre id=\"seen\">(.*?)</pre>", RegexOptions.Singleline).Groups[1].Value

        let console =
            [
                for line in errors.Split '\n' do
                    if line.Contains "CONSOLE" then
                        line
            ]

        JsonNode.Parse(WebUtility.HtmlDecode text), console

/// Moves the slider to an epoch and writes down what each chart has been given and what is seen of it.
let private look (epoch: int) =
    $$"""
    <pre id="seen"></pre><script>
    const slider = document.getElementById("epoch");
    slider.value = {{epoch}};
    slider.dispatchEvent(new Event("input"));
    setTimeout(() => document.getElementById("seen").textContent = JSON.stringify([...document.querySelectorAll(".chart")].map(chart => {
      const plot = chart.querySelector(".plot"), words = chart.querySelector(".words");
      return { words: words && words.textContent, first: plot.data[0], range: plot._fullLayout.yaxis.range,
        drawn: plot.querySelectorAll(".trace").length, bars: plot.querySelectorAll(".point path").length, boxes: plot.querySelectorAll("path.box").length };
    })), 1500);
    </script>
    """

/// What the browser says of a page at an epoch: of each chart, and on its console.
let private seen page (epoch: int) =
    let found, console = inBrowser page 1280 (look epoch)
    List.ofSeq (found.AsArray()), console

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: in a browser"
            [
                testCase
                    "Every chart is drawn, the slider moves all that show an epoch, and the browser refuses nothing"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        // a whisker that ends at 0
                        change copy "diagnostics.jsonl" (fun text ->
                            Regex(@"""updateCam"":\{""least"":[\d.E-]+")
                                .Replace(text, @"""updateCam"":{""least"":0", 1))

                        let page = Report.Write copy
                        let charts = charts (read page)

                        for epoch in [ 1; 4 ] do
                            let found, console = seen page epoch
                            Expect.isEmpty console "console"
                            Expect.hasLength found charts.Length "charts"

                            for chart, found in List.zip charts found do
                                Expect.isGreaterThan (found["drawn"].GetValue<int>()) 0 chart.Title
                                let first = found["first"]
                                let given key = numbersOf key first

                                if chart.Kind = "histogram" then
                                    Expect.equal (given "y") (numbersOf "shares" chart.Epochs[epoch - 1]) "bars"
                                    Expect.equal (found["bars"].GetValue<int>()) 61 "bars"

                                if chart.Kind = "boxes" then
                                    let boxes = chart.Epochs[epoch - 1]["boxes"]

                                    let box k =
                                        [ for box in boxes.AsArray() -> List.item k (numbers box) ]

                                    Expect.equal (given "median") (box 2) "medians"
                                    Expect.equal (given "upperfence") (box 4) "greatest"
                                    Expect.equal (found["boxes"].GetValue<int>()) 5 "boxes"
                                    let low = fst (range "yaxis" chart)

                                    for least, shown in List.zip (box 0) (given "lowerfence") do
                                        Expect.floatClose Accuracy.high shown (max least low) "on the axis"

                                if not chart.Epochs.IsEmpty then
                                    Expect.equal
                                        (textOf "words" found)
                                        (textOf "words" chart.Epochs[epoch - 1])
                                        "words")
                |> Checks.long

                testCase "A script that something has brought into the page is not run, and the browser says so"
                <| fun _ ->
                    inCopy adam (fun copy ->
                        let page = Report.Write copy

                        let brought =
                            "<b id='brought' onclick='document.title = 1'>b</b><script >document.getElementById('brought').textContent = 'it ran'</script >"

                        let asks =
                            """<pre id="seen"></pre><script>
                            document.getElementById("brought").click();
                            document.getElementById("seen").textContent = JSON.stringify({ text: document.getElementById("brought").textContent, title: document.title });
                            </script>"""

                        let seen, console = inBrowser page 1280 (brought + asks)
                        Expect.equal (seen["text"].GetValue<string>()) "b" "the script did not run"
                        Expect.notEqual (seen["title"].GetValue<string>()) "1" "and neither did the handler"
                        Expect.hasLength console 2 "both are said on the console"

                        for line in console do
                            Expect.stringContains line "Content Security Policy" "why")

                testCase "A shorter run stays at its last epoch, where two are side by side"
                >> Checks.long
                <| fun _ ->
                    inCopy adam (fun copy ->
                        let page = Report.Compare(copy, sgd.Value, Path.Combine(copy, "both.html"))
                        let found, console = seen page 4
                        Expect.isEmpty console "console"

                        for chart, found in List.zip (charts (read page)) found do
                            if not chart.Epochs.IsEmpty then
                                Expect.equal (textOf "words" found) (textOf "words" (List.last chart.Epochs)) "words")
            ]
    )
