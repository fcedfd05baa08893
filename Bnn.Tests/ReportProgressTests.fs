module Bnn.Tests.ReportProgressTests

open System
open System.IO
open System.Text.RegularExpressions
open System.Threading
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportingTests
open Bnn.Tests.ReportSupport
open Expecto

/// A clock that tests move.
type private Clock() =
    inherit TimeProvider()
    member val Seconds = 0L with get, set
    override _.TimestampFrequency = 1L
    override this.GetTimestamp() = this.Seconds

let private trainer () = tiny().TwoStep(epochs = 2)

let private progress page =
    let found = Regex.Match(page, "<p class='progress'>(.*?)</p>")
    if found.Success then Some found.Groups[1].Value else None

/// How many epochs a page shows, how many rows its table of stages has, and whether it says that the run goes on.
let private shown (page: string) =
    let epochs = (chart HistogramChart.Title page).Epochs.Length

    match progress page with
    | Some words -> Expect.stringStarts words $"Not ended yet: {epochs} of 4 epochs are done" "words"
    | None -> ()

    epochs, Regex.Matches(page, "<tr><td class='text'>").Count, (progress page).IsSome

/// What the page shows after each epoch and stage and at the end, where each batch takes so many seconds.
let private pages (batch: int64) =
    withFolder (fun folder ->
        let clock = Clock()
        let seen = ResizeArray()

        let see () =
            let path = Path.Combine(folder, "report.html")

            seen.Add(if File.Exists path then Some(shown (read path)) else None)

        let observer =
            { new ITrainingObserver with
                member _.Batch _ = clock.Seconds <- clock.Seconds + batch
                member _.EpochEnded _ = see ()
                member _.StageEnded _ = see ()
            }

        use _model =
            (trainer ()).SaveTo(folder).Timed(clock).Observed(observer).Train().Model

        see ()
        List.ofSeq seen)

/// A run of two stages of two epochs that has done these, of so many seconds each.
let private observed stages seconds =
    let epochs =
        [
            for k, seconds in List.indexed seconds ->
                EpochMetrics($"step {k / 2 + 1}", k / 2, k % 2 + 1, 2, 1.0, 0.5, nan, nan, 1e-3, seconds, 32.0)
        ]

    let plan =
        RunPlan(model, "two-step", [| struct ("step 1", 2); struct ("step 2", 2) |], 1, 1L)

    SavedRun.Of(
        "a-run",
        RecipeJson.Of((trainer ()).Plan()),
        plan,
        [| for k in 1..stages -> stage $"step {k}" |],
        Array.ofList epochs
    )

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Report: a run that goes on"
            [
                testCase "A run of less than a minute writes its page at its end only"
                <| fun _ -> Expect.equal (pages 0L) [ None; None; None; None; None; None; Some(4, 2, false) ] "pages"

                testCase
                    "A run writes its page after an epoch where the last one is a minute old, the first without a stage's row"
                <| fun _ ->
                    // 5 batches an epoch
                    Expect.equal
                        (pages 12L)
                        [
                            Some(1, 0, true)
                            Some(2, 0, true)
                            Some(2, 0, true)
                            Some(3, 1, true)
                            Some(4, 1, true)
                            Some(4, 1, true)
                            Some(4, 2, false)
                        ]
                        "pages"

                testCase
                    "The page of a run that was stopped has its epochs so far, and that of the run that went on has all"
                <| fun _ ->
                    withFolder (fun folder ->
                        use stop = new CancellationTokenSource()

                        let stopping =
                            { new ITrainingObserver with
                                member _.EpochEnded e =
                                    if e.StageIndex = 1 then
                                        stop.Cancel()
                            }

                        let train (token: CancellationToken) observer =
                            use _model = (trainer ()).SaveTo(folder).Observed(observer).Train(token).Model
                            ()

                        Expect.throwsT<BnnStoppedException> (fun () -> train stop.Token stopping) "stopped"

                        let page () =
                            read (Path.Combine(folder, "report.html"))

                        Expect.equal (shown (page ())) (3, 1, true) "stopped"
                        train CancellationToken.None { new ITrainingObserver }
                        Expect.equal (shown (page ())) (4, 2, false) "went on"
                        let written = page ()
                        Expect.equal (read (Report.Write folder)) written "the same as from its files")

                testCase "The time left is that of the epochs left at the pace of the newest epoch's stage"
                <| fun _ ->
                    let words stages seconds = (observed stages seconds).Progress()

                    for stages, seconds, expected in
                        [
                            0,
                            [ 10.0 ],
                            "1 of 4 epochs are done, up to step 1, epoch 1; about 0:30 of training left at the pace of step 1."
                            0,
                            [ 10.0; 20.0 ],
                            "2 of 4 epochs are done, up to step 1, epoch 2; about 0:30 of training left at the pace of step 1."
                            1,
                            [ 10.0; 20.0; 4000.0 ],
                            "3 of 4 epochs are done, up to step 2, epoch 1; about 1:06:40 of training left at the pace of step 2."
                            1,
                            [ 10.0; 20.0; 30.0; 40.0 ],
                            "4 of 4 epochs are done, up to step 2, epoch 2; the accuracy at the stage's end is not measured yet."
                        ] do
                        inGermany (fun () ->
                            Expect.stringStarts (words stages seconds) ("Not ended yet: " + expected) "words")

                    Expect.isTrue (observed 2 [ 1.0; 1.0; 1.0; 1.0 ]).HasEnded "all stages"
                    Expect.isFalse (observed 1 [ 1.0; 1.0; 1.0; 1.0 ]).HasEnded "a stage is missing"

                testCase "A page of few epochs without diagnostics is whole, and says what is left out so far"
                <| fun _ ->
                    withFolder (fun folder ->
                        for seconds in [ [ 1.0 ]; [ 1.0; 1.0; 1.0 ] ] do
                            let run = observed 0 seconds

                            let at =
                                SavedRun(folder, run.Recipe, run.Model, run.Seed, run.Threads, run.Stages, run.Epochs)

                            let page = read (Report.Write at)
                            Expect.isGreaterThan (charts page).Length 2 "charts"
                            Expect.isFalse (page.Contains "class='stages'") "no table"
                            Expect.stringContains page "has no such numbers so far: " "left out"
                            Expect.stringContains page "1 CPU thread, 0:0" "time so far")
            ]
    )
