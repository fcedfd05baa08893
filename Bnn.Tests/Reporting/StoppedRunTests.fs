module Bnn.Tests.StoppedRunTests

open System
open System.IO
open System.Text.RegularExpressions
open System.Threading
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto

let private trainer () = tiny().TwoStep(epochs = 2)

/// The folder of a run that is stopped after its first batch where this holds of it, kept until the tests end.
let private stopped (isThere: BatchMetrics -> bool) =
    lazy
        (let folder = Directory.CreateTempSubdirectory("bnn-stopped-").FullName
         use stop = new CancellationTokenSource()

         let observer =
             { new ITrainingObserver with
                 member _.Batch b =
                     if isThere b then
                         stop.Cancel()
             }

         Expect.throwsT<BnnStoppedException>
             (fun () -> (trainer ()).SaveTo(folder).Observed(observer).Train(stop.Token) |> ignore)
             "stopped"

         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))
         folder)

let private late = stopped (fun b -> b.Stage = "step 2" && b.Epoch = 2)
let private early = stopped (fun _ -> true)

let private files folder =
    Directory.GetFiles(folder, "*", SearchOption.AllDirectories)

let private inWholeCopy (run: Lazy<string>) act =
    withFolder (fun copy ->
        for file in files run.Value do
            let target = Path.Combine(copy, Path.GetRelativePath(run.Value, file))
            Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore
            File.Copy(file, target)

        File.Delete(Path.Combine(copy, "report.html"))
        act copy)

let private half (path: string) =
    let bytes = File.ReadAllBytes path
    File.WriteAllBytes(path, bytes[.. bytes.Length / 2])

let private checkpoints (folder: string) =
    Directory.GetFiles(Path.Combine(folder, "checkpoints"), "*.safetensors")
    |> Array.sort

let private isBest (file: string) =
    Path.GetFileName file = "best.safetensors"

/// What the page says of the run, and how many epochs its loss has.
let private told (page: string) =
    let said = Regex.Match(page, "<p class='progress'>(.*?)</p>").Groups[1].Value

    let epochs =
        charts page
        |> List.tryFind (fun chart -> chart.Title = "Loss")
        |> Option.map (fun chart -> points chart.Traces[0] |> List.length)

    said, defaultArg epochs 0

let private where =
    "The run was stopped in step 2, epoch 2 of 2, after 1 batch. Start the same training again, and it goes on from there."

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: a run that was stopped"
            [
                testCase "A run that was stopped has a report, which says where it was stopped and what to do"
                <| fun _ ->
                    inWholeCopy late (fun folder ->
                        Expect.equal (Report.Write folder) (Path.Combine(folder, "report.html")) "the path"
                        let page = read (Path.Combine(folder, "report.html"))
                        let said, epochs = told page
                        Expect.equal epochs 3 "epochs"

                        Expect.stringStarts
                            said
                            "Not ended yet: 3 of 4 epochs are done, up to step 2, epoch 1;"
                            "epochs"

                        Expect.stringEnds said where "where"
                        Expect.hasLength (chart HistogramChart.Title page).Epochs 3 "diagnostics"
                        Expect.stringContains page "<td class='text'>step 1</td>" "the stage that ended"
                        Expect.isFalse (page.Contains "class='remark'") "nothing is damaged")

                testCase "The page that a run writes when it is stopped says that it was stopped, and where"
                <| fun _ ->
                    let said, epochs = told (read (Path.Combine(late.Value, "report.html")))
                    Expect.equal epochs 3 "epochs"

                    Expect.stringContains
                        said
                        "The run was stopped in step 2, epoch 2 of 2, after 1 of 5 batches"
                        "where"

                    Expect.isFalse (said.Contains "as it goes on") "it does not"

                testCase "A run that was stopped in its first epoch has a report without charts"
                <| fun _ ->
                    inWholeCopy early (fun folder ->
                        let page = read (Report.Write folder)
                        let said, epochs = told page
                        Expect.equal epochs 0 "epochs"

                        Expect.equal
                            said
                            "Not ended yet: 0 of 4 epochs are done. The run was stopped in step 1, epoch 1 of 2, after 1 batch. Start the same training again, and it goes on from there."
                            "words"

                        Expect.isEmpty (charts page) "charts"
                        Expect.stringContains page "<h2>What was run</h2>" "the recipe")

                testCase
                    "Whatever file of a stopped run is missing or half-written, its report has what is left, and says what is damaged"
                <| fun _ ->
                    let metrics folder = Path.Combine(folder, "metrics.csv")

                    let lines folder =
                        Path.Combine(folder, "diagnostics.jsonl")

                    let recipe folder =
                        Path.Combine(folder, "checkpoints", "recipe.json")

                    let newest folder =
                        Array.findBack (isBest >> not) (checkpoints folder)

                    for name, damage, epochs, words in
                        [
                            "no metrics.csv", metrics >> File.Delete, 3, ""
                            "half of metrics.csv", metrics >> half, 3, "metrics.csv: row "
                            "no diagnostics.jsonl", lines >> File.Delete, 3, ""
                            "no recipe.json", recipe >> File.Delete, 3, ""
                            "half of recipe.json", recipe >> half, 3, ""
                            "half of the newest checkpoint", newest >> half, 3, "the checkpoint before it"
                            "no checkpoint", checkpoints >> Array.iter File.Delete, 3, ""
                            "half of each checkpoint", checkpoints >> Array.iter half, 3, "no checkpoint that is whole"
                            "half of result.json",
                            (fun folder -> File.WriteAllText(Path.Combine(folder, "result.json"), "{\"recipe\": {")),
                            3,
                            "result.json: is not JSON"
                        ] do
                        inWholeCopy late (fun folder ->
                            damage folder
                            let page = read (Report.Write folder)
                            let said, shown = told page
                            Expect.equal shown epochs name
                            Expect.stringContains said "The run was stopped " name
                            let remark = Regex.Match(page, "<p class='remark'>(.*?)</p>").Groups[1].Value

                            if words = "" then
                                Expect.equal remark "" name
                            else
                                Expect.stringContains remark words name)

                testCase "Half of diagnostics.jsonl is that of the epochs before"
                <| fun _ ->
                    inWholeCopy late (fun folder ->
                        half (Path.Combine(folder, "diagnostics.jsonl"))
                        let page = read (Report.Write folder)
                        Expect.stringContains page "step 2, epoch 1: no diagnostics" "the last one's are lost"
                        Expect.equal (snd (told page)) 3 "epochs")

                testCase "A folder in which nothing says what was to be trained is refused in a sentence"
                <| fun _ ->
                    inWholeCopy late (fun folder ->
                        for file in files (Path.Combine(folder, "checkpoints")) do
                            File.Delete file

                        let message = fault (fun () -> Report.Write folder |> ignore)

                        Expect.stringContains
                            message
                            "neither recipe.json nor a checkpoint says what was to be trained; give the folder of a run that has begun to train"
                            message

                        let none = Path.Combine(folder, "none")

                        Expect.equal
                            (fault (fun () -> Report.Write none |> ignore))
                            $"{none}: there is no such folder; give the folder of a run"
                            "no folder")

                testCase "A report that is asked for while the run goes on does not say that it was stopped"
                <| fun _ ->
                    withFolder (fun folder ->
                        let mutable said = ""

                        let observer =
                            { new ITrainingObserver with
                                member _.EpochEnded e =
                                    if e.StageIndex = 1 && e.Epoch = 1 then
                                        said <- fst (told (read (Report.Write folder)))
                            }

                        use _model = (trainer ()).SaveTo(folder).Observed(observer).Train().Model
                        Expect.stringStarts said "Not ended yet: 3 of 4 epochs are done" "so far"
                        Expect.stringEnds said "The run writes this page again as it goes on." "it goes on")

                testCase "A stopped run stands beside one that has ended"
                <| fun _ ->
                    inWholeCopy late (fun folder ->
                        for left, right in [ folder, adam.Value; adam.Value, folder; folder, folder ] do
                            let page = read (Report.Compare(left, right, Path.Combine(folder, "both.html")))
                            let name = Path.GetFileName folder
                            Expect.stringContains page $"{name}" "named"
                            Expect.stringContains page where "where")

                    inWholeCopy early (fun folder ->
                        for other in [ adam.Value; folder ] do
                            Report.Compare(folder, other, Path.Combine(folder, "both.html")) |> ignore)
            ]
    )
