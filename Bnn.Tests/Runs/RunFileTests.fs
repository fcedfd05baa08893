/// Files of a run that were cut, deleted, extended or edited while it was stopped: written anew from its checkpoint, or said to be lost.
module Bnn.Tests.RunFileTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.RunSupport
open Bnn.Tests.StartSupport
open Expecto

let private three = run.TwoStep(epochs = 3)

/// The run in its fifth epoch, and at its end, with the diagnostics of an uninterrupted one.
let private saved =
    lazy
        (let folder = Directory.CreateTempSubdirectory("bnn-files-").FullName
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))
         let stopped, ended = Path.Combine(folder, "stopped"), Path.Combine(folder, "ended")
         stopIn stopped 26 three
         (three.SaveTo ended).Train().Model.Dispose()
         stopped, ended)

let private diagnosticsOf folder =
    Path.Combine(folder, "diagnostics.jsonl")

let private metricsOf folder = Path.Combine(folder, "metrics.csv")

let private eventsOf folder =
    Directory.GetFiles(folder, "events.out.tfevents.*.bnn")

/// Goes on in a copy of a folder that was changed: the warnings, the epochs with diagnostics that the result has, and what `look` sees.
let private goesOn source change look =
    let warnings = ResizeArray<string>()
    let mutable diagnosed = []

    let listening =
        { new ITrainingObserver with
            member _.Warning text = warnings.Add text
        }

    inFolder (fun folder ->
        copyTo folder source
        change folder
        let result = (three.SaveTo folder).Observed(listening).Train()
        result.Model.Dispose()

        diagnosed <-
            [
                for k, e in Seq.indexed result.Epochs do
                    if not (isNull (box e.Diagnostics)) then
                        k + 1
            ]

        look folder)

    List.ofSeq warnings, diagnosed

let private lines change folder =
    let path = diagnosticsOf folder
    File.WriteAllLines(path, (change (File.ReadAllLines path): string[]))

/// The columns of metrics.csv that are no times.
let private figures folder =
    [
        for line in File.ReadAllLines(metricsOf folder) ->
            let fields = line.Split ','
            Array.append fields[..6] fields[10..] |> String.concat ","
    ]

let private shown folder =
    [
        for step, tag, value in TensorBoardTests.kept folder do
            if not (tag.StartsWith "speed/") then
                step, tag, value.SimpleValue
    ]
    |> List.sort

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume: files"
            [
                for state, all in [ "was stopped", 4; "has ended", 6 ] do
                    test
                        $"Lines of diagnostics.jsonl that were cut off or deleted are missed where a run {state}, and which epochs are lost is said" {
                        let stopped, ended = saved.Value
                        let source = if all = 4 then stopped else ended

                        for change, lost in
                            [
                                (fun folder -> File.Delete(diagnosticsOf folder)), [ 1..all ]
                                (fun folder -> File.WriteAllText(diagnosticsOf folder, "")), [ 1..all ]
                                lines (Array.take 3), [ 4..all ]
                                lines (Array.take 1), [ 2..all ]
                                lines (fun lines -> Array.append lines[..0] lines[2..]), [ 2 ]
                                lines (fun lines -> Array.append [| lines[0]; "{" |] lines[2..]), [ 2 ]
                                lines (Array.skip 1), [ 1 ]
                                lines (fun lines ->
                                    Array.append
                                        [| lines[0].Replace("\"flipFlopRatio\":", "\"flipFlopRatio\":1") |]
                                        lines[1..]),
                                [ 1 ]
                            ] do
                            let warnings, diagnosed = goesOn source change ignore
                            Expect.equal diagnosed (List.except lost [ 1..6 ]) "the others are there"
                            let warning = List.exactlyOne warnings
                            Expect.stringContains warning "diagnostics.jsonl" "the file"

                            let words stage lost =
                                match lost with
                                | [] -> []
                                | [ one ] -> [ $"step {stage}, epoch {one}" ]
                                | several -> [ $"step {stage}, epochs {List.head several} to {List.last several}" ]

                            let first, second = List.partition (fun k -> k <= 3) lost

                            Expect.stringContains
                                warning
                                (words 1 first @ words 2 (List.map (fun k -> k - 3) second) |> String.concat "; ")
                                "the epochs"
                    }

                test "Lines of another run, or of epochs that are to be trained again, are left out" {
                    let stopped, ended = saved.Value

                    let warnings, diagnosed =
                        goesOn
                            stopped
                            (fun folder -> File.Copy(diagnosticsOf ended, diagnosticsOf folder, true))
                            (fun folder -> Expect.hasLength (DiagnosticsFile.Read folder) 6 "a line an epoch")

                    Expect.equal (warnings, diagnosed) ([], [ 1..6 ]) "the same run's"
                    (three.WithSeed 9L).SaveTo(ended + "-other").Train().Model.Dispose()

                    try
                        let warnings, diagnosed =
                            goesOn
                                stopped
                                (fun folder -> File.Copy(diagnosticsOf (ended + "-other"), diagnosticsOf folder, true))
                                ignore

                        Expect.equal diagnosed [ 5; 6 ] "of another run"
                        Expect.hasLength warnings 1 "said"
                    finally
                        Directory.Delete(ended + "-other", true)
                }

                test "A run without diagnostics misses none" {
                    inFolder (fun folder ->
                        let bare = three.WithDiagnostics false
                        stopIn folder 20 bare
                        let warnings = ResizeArray<string>()

                        let listening =
                            { new ITrainingObserver with
                                member _.Warning text = warnings.Add text
                            }

                        (bare.SaveTo folder).Observed(listening).Train().Model.Dispose()
                        Expect.isEmpty warnings "nothing")
                }

                test
                    "metrics.csv, result.json, report.html, network.bnn and TensorBoard's events are written anew from the checkpoint, whatever was done to them" {
                    let stopped, ended = saved.Value
                    let figures', shown' = figures ended, shown ended
                    let network = File.ReadAllBytes(Path.Combine(ended, "network.bnn"))

                    let all folder =
                        [
                            metricsOf folder
                            yield! eventsOf folder
                            for name in [ "result.json"; "report.html"; "network.bnn"; "latent-weights.png" ] do
                                let path = Path.Combine(folder, name)

                                if File.Exists path then
                                    path
                        ]

                    for source in [ stopped; ended ] do
                        for what, change in
                            [
                                "deleted", File.Delete
                                "emptied", (fun file -> File.WriteAllBytes(file, [||]))
                                "cut",
                                (fun file ->
                                    let bytes = File.ReadAllBytes file
                                    File.WriteAllBytes(file, bytes[.. bytes.Length / 2]))
                                "extended",
                                (fun file -> File.AppendAllText(file, "step 1,9,1,1,1,1,1,1,1,1,1,1,1,1,1\n"))
                                "edited",
                                (fun file ->
                                    let bytes = File.ReadAllBytes file
                                    bytes[bytes.Length / 3] <- bytes[bytes.Length / 3] ^^^ 1uy
                                    File.WriteAllBytes(file, bytes))
                            ] do
                            let warnings, _ =
                                goesOn source (all >> List.iter change) (fun folder ->
                                    Expect.equal (figures folder) figures' $"{what}: metrics.csv"
                                    Expect.equal (shown folder) shown' $"{what}: the events"

                                    Expect.equal
                                        (File.ReadAllBytes(Path.Combine(folder, "network.bnn")))
                                        network
                                        $"{what}: the network"

                                    use _ =
                                        Text.Json.JsonDocument.Parse(
                                            File.ReadAllText(Path.Combine(folder, "result.json"))
                                        )

                                    Report.Write folder |> ignore)

                            Expect.isEmpty warnings $"{what}: nothing is lost"
                }
                |> Checks.long

                test
                    "Events that are whole stay as they are, and none are written where a run that has ended gives its result again" {
                    let stopped, ended = saved.Value

                    let before folder =
                        [ for file in eventsOf folder -> Path.GetFileName file, File.ReadAllBytes file ]

                    let were = before ended

                    goesOn ended ignore (fun folder -> Expect.equal (before folder) were "the same bytes")
                    |> ignore

                    let first = List.exactlyOne (before stopped)

                    goesOn stopped ignore (fun folder ->
                        Expect.hasLength (eventsOf folder) 2 "one more file"
                        Expect.contains (before folder) first "the first stays")
                    |> ignore
                }
            ]
    )
