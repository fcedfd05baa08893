module Bnn.Tests.ChartWidthTests

open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.ReportBrowserTests
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto

/// Writes down of a page in a column of this width which texts of a chart lie upon each other or beyond its edges, and what is wider than the page.
let private overprints (width: int) =
    $$"""
    <pre id="seen"></pre><script>
    document.body.style.cssText += "; box-sizing: border-box; max-width: {{width}}px; margin: 0";
    if ({{width}} < 500) for (const columns of document.querySelectorAll(".columns")) columns.style.gridTemplateColumns = "minmax(0, 1fr)";
    setTimeout(() => {
      const found = [];
      for (const chart of document.querySelectorAll(".chart")) {
        const title = chart.querySelector(".plot").getAttribute("aria-label");
        const parts = (name, selector) => [...chart.querySelectorAll(selector)].map(part => ({ name: name, box: part.getBoundingClientRect() }))
          .filter(part => part.box.width > 0 && part.box.height > 0);
        const kinds = [
          parts("title below", ".xtitle"), parts("title beside", ".ytitle"), parts("numbers below", ".xtick text"), parts("numbers beside", ".ytick text"),
          parts("legend", ".legend"), parts("stage", ".annotation-text"), parts("buttons", ".modebar-group"), parts("axes", ".bglayer .bg, .plotbg, .draglayer .nsewdrag"),
        ];
        const area = chart.querySelector(".plot").getBoundingClientRect();
        const [least, slack] = [1.5, 1];
        const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > least && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > least;
        kinds.forEach((some, k) => some.forEach((part, at) => {
          for (const other of kinds.slice(k + 1).flat().concat(part.name == "stage" || part.name == "numbers below" ? some.slice(at + 1) : []))
            if (meet(part.box, other.box) && !(part.name == "stage" && other.name == "axes")) found.push(`${title}: ${part.name} on ${other.name}`);
          const box = part.box;
          if (box.left < area.left - slack || box.right > area.right + slack || box.top < area.top - slack || box.bottom > area.bottom + slack)
            found.push(`${title}: ${part.name} beyond the chart`);
        }));
        const caption = chart.parentElement.querySelector("figcaption");
        if (caption && meet(caption.getBoundingClientRect(), area)) found.push(`${title}: caption on the chart`);
        const axes = chart.querySelector(".nsewdrag").getBoundingClientRect();
        if (axes.height < 150) found.push(`${title}: axes are ${axes.height} high`);
      }
      if (document.body.scrollWidth > {{width}} + 1) found.push(`the page is ${document.body.scrollWidth} wide`);
      for (const list of document.querySelectorAll("ol.layers li"))
        if (list.scrollWidth > list.clientWidth + 1) found.push(`${list.textContent} is cut`);
      document.getElementById("seen").textContent = JSON.stringify(found);
    }, 4000);
    </script>
    """

let private found page width =
    let seen, console = inBrowser page (max width 500) (overprints width)
    Expect.isEmpty console "console"
    [ for item in seen.AsArray() -> string item ]

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: charts of any width"
            [
                for width in [ 360; 500; 800; 1400 ] do
                    testCase
                        $"At {width} pixels no title, number, name or legend of a chart lies on another or beyond the chart"
                    >> Checks.long
                    <| fun _ ->
                        inCopy adam (fun copy -> Expect.equal (found (Report.Write copy) width) [] "one run")

                        withFolder (fun folder ->
                            let page = Report.Compare(adam.Value, sgd.Value, Path.Combine(folder, "both.html"))
                            Expect.equal (found page width) [] "two runs")

                testCase "Stages with long names and many epochs have no names that lie upon each other"
                >> Checks.long
                <| fun _ ->
                    inCopy adam (fun copy ->
                        change copy "result.json" (fun text ->
                            text.Replace("\"step 1\"", "\"a first step of a very long name, which goes on\""))

                        change copy "metrics.csv" (fun text ->
                            text.Replace("step 1", "\"a first step of a very long name, which goes on\""))

                        change copy "result.json" (fun text ->
                            Regex.Replace(text, "\"step 2\"", "\"another such step, with a name as long\""))

                        change copy "metrics.csv" (fun text ->
                            text.Replace("step 2", "\"another such step, with a name as long\""))

                        Expect.equal (found (Report.Write copy) 500) [] "long names")
            ]
    )
