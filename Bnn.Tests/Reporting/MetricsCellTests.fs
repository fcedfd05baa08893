module Bnn.Tests.MetricsCellTests

open System
open System.IO
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.ReportingTests
open Expecto
open FsCheck.FSharp

let private epoch stage index loss =
    EpochMetrics(stage, index, 1, 1, loss, 0.405, nan, 0.1, 1e-7, 1.5, infinity, Top1 = 0.615)

/// metrics.csv of a stage of each name, and what is read back of it.
let private kept (names: string list) =
    withFolder (fun folder ->
        let folder = RunFolder.Prepare folder
        folder.WriteEpochs [| for k, name in List.indexed names -> epoch name k -0.5 |]

        File.ReadAllText folder.MetricsPath,
        [ for epoch in MetricsFile.Read folder.MetricsPath -> epoch.Stage, epoch.Loss ])

let private formulas =
    [
        "=1+1"
        "+1+1"
        "-1+1"
        "@SUM(1,2)"
        "\t=1"
        "\r=1"
        "\n=1"
        " =1"
        "\u00a0=1"
        "\ufeff=1"
        "'=1"
        "''=1"
        "' =1"
        "＝1"
        "=HYPERLINK(\"http://a.example\";\"b\")"
        "=cmd|' /C calc'!A0"
        "\tword"
    ]

/// What a spreadsheet shows of a row's first cell, whichever character it takes for the end of one.
let private firstCells (row: string) =
    [
        for separator in [ ','; ';'; '\t' ] ->
            if row.StartsWith '"' then
                row[1 .. row.Replace("\"\"", "##").IndexOf('"', 1) - 1]
            else
                row.Split(separator)[0]
    ]

[<Tests>]
let tests =
    testList
        "Reporting: cells of metrics.csv"
        [
            testCase "No text in metrics.csv is a formula to a spreadsheet, and all of it is read back as it was"
            <| fun _ ->
                for name in formulas do
                    let text, read = kept [ name ]
                    Expect.equal read [ name, -0.5 ] $"{name} is read back"
                    let row = text[text.IndexOf '\n' + 1 ..]

                    for cell in firstCells row do
                        Expect.isTrue (cell.StartsWith '\'') $"{name} is text: {cell}"

            testCase "A name that a spreadsheet ends in the middle has no second cell that is a formula"
            <| fun _ ->
                for name in [ "a;=1+1"; "a\t=1+1"; "a,=1+1"; "a\n=1+1"; "a\r\n=1+1" ] do
                    let text, read = kept [ name ]
                    Expect.equal read [ name, -0.5 ] $"{name} is read back"
                    Expect.equal (text[text.IndexOf '\n' + 1]) '"' "one cell in quotes"

            testCase "A number of metrics.csv that is negative stays a number"
            <| fun _ -> Expect.stringContains (fst (kept [ "step 1" ])) "\nstep 1,1,-0.5,0.405," "no apostrophe"

            law
                "Any text is read back from metrics.csv"
                (Gen.elements ("=+-@'\"\t\r\n ,;a1＝\u200b" |> Seq.map string |> List.ofSeq)
                 |> Gen.listOf
                 |> Gen.map (String.concat "")
                 |> Arb.fromGen)
                (fun name ->
                    let text = Csv.Cell name
                    let record = Csv.Records(text + ",1\n") |> List.ofSeq |> List.exactlyOne
                    Expect.equal (Csv.Text record[0]) name text)
        ]
