module Bnn.Tests.ReportFileTests

open System.IO
open System.Text.Json.Nodes
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: a run's files"
            [
                testCase "A missing file of a run is refused with its name, and no page is written"
                <| fun _ ->
                    for file in [ "result.json"; "metrics.csv" ] do
                        inCopy adam (fun copy ->
                            let path = Path.Combine(copy, file)
                            File.Delete path
                            let message = fault (fun () -> Report.Write copy |> ignore)
                            Expect.stringStarts message (path + ": cannot be read") "names it"
                            Expect.isFalse (File.Exists(Path.Combine(copy, "report.html"))) "no page")

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
                                    0.405,
                                    nan,
                                    0.1,
                                    1e-7,
                                    1.5,
                                    infinity,
                                    Top1 = 0.615
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
            ]
    )
