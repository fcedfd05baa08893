module Bnn.Tests.ConsoleWidthTests

open System
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ProgressTests
open Bnn.Tests.ReportingTests
open Expecto

/// A run whose stages have these names and as many epochs, each of 300 images, as the trainer reports it.
let private runOf (stages: (string * int) list) folder (observer: ITrainingObserver) =
    let plan =
        RunPlan(model, "two-step", [| for name, epochs in stages -> struct (name, epochs) |], 2, 42L, Folder = folder)

    observer.Started plan

    observer.Note
        "a note of many words, which a terminal of eighty columns cannot show in one line: so it stands in two lines"

    for index, (name, epochs) in List.indexed stages do
        observer.StageStarted(name, index, epochs, 0, 300L)

        for number in [ 1; epochs ] do
            observer.Batch(batch 300L 1.5 1e-3 0.0)

            observer.EpochEnded(
                EpochMetrics(
                    name,
                    index,
                    number,
                    epochs,
                    1234.5,
                    0.405,
                    2.7e-10,
                    1.0,
                    1e-3,
                    12345.5,
                    3300.25,
                    Top1 = 1.0,
                    DataWait = 1.0
                )
            )

        observer.StageEnded(stage name)

    observer.Ended [| for name, _ in stages -> stage name |]

let private words (line: string) =
    line.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

let private progressLine (observing: ITrainingObserver -> Clock -> unit) =
    let clock = Clock()

    onTerminal 100 clock (fun observer -> observing observer clock)
    |> screen
    |> Array.last

[<Tests>]
let tests =
    testList
        "Progress: the width of the terminal"
        [
            testCase "No line of a run is wider than the terminal, of any width, with any names and numbers of epochs"
            <| fun () ->
                for width in [ 24; 40; 60; 72; 80; 91; 100; 132; 200 ] do
                    for stages in
                        [
                            [ "step 1", 2; "step 2", 2 ]
                            [ "step 1", 256; "step 2", 10000 ]
                            [
                                "a name that is much longer than any terminal is wide, so that it must be cut somewhere in it",
                                2
                            ]
                            [ "层的名字由汉字组成", 3 ]
                        ] do
                        for line in onTerminal width (Clock()) (runOf stages null) |> screen do
                            Expect.isLessThan (ConsoleText.Width line) width $"{width} columns: {line}"

            testCase
                "At 80 columns an epoch's line has all its columns: loss, train and test top-1, FF, saturation, time and wait"
            <| fun () ->
                let lines = onTerminal 80 (Clock()) run |> screen
                let header = lines |> Array.find (fun line -> line.StartsWith "stage")

                Expect.equal
                    (words header)
                    [ "stage"; "epoch"; "loss"; "train"; "test"; "FF"; "satur."; "time"; "wait" ]
                    "the columns"

                let line = lines |> Array.find (fun line -> line.Contains "1/2")

                Expect.equal
                    (words line)
                    [
                        "step"
                        "1"
                        "1/2"
                        "1.2500"
                        "40.50"
                        "%"
                        "37.25"
                        "%"
                        "2.7e-3"
                        "10"
                        "%"
                        "0:02"
                        "0"
                        "%"
                    ]
                    "an epoch"

                Expect.equal line.Length header.Length "under their titles"

            testCase "Where a terminal is too narrow for all columns, epoch and test top-1 are the last that are left"
            <| fun () ->
                let header width =
                    onTerminal width (Clock()) run
                    |> screen
                    |> Array.find (fun line -> line.Contains "epoch")
                    |> words

                Expect.equal (header 72) [ "stage"; "epoch"; "loss"; "train"; "test"; "FF"; "satur."; "time" ] "72"
                Expect.equal (header 54) [ "stage"; "epoch"; "loss"; "train"; "test"; "FF" ] "54"
                Expect.equal (header 40) [ "stage"; "epoch"; "loss"; "test" ] "40"
                Expect.equal (header 26) [ "stage"; "epoch"; "test" ] "26"

            testCase "Where output is no terminal, every line is whole, however long"
            <| fun () ->
                let name = String('n', 300)
                let output = plain (runOf [ name, 2 ] (String('f', 400)))
                Expect.isFalse (output.Contains '\u001b') "no escape codes"
                let lines = linesOf output
                Expect.exists lines (fun line -> line.StartsWith(name + "    1/2")) "the epoch"
                Expect.exists lines _.Contains("in one line: so it stands in two lines") "the note"
                Expect.exists lines _.Contains(String('f', 400) + "/network.bnn") "the paths"

            testCase "The last line of a run names its report and its network"
            <| fun () ->
                let last output =
                    linesOf output |> Array.filter ((<>) "") |> Array.last

                let expected = "report runs/a/report.html, network runs/a/network.bnn"
                Expect.equal (last (plain (runOf [ "step 1", 2 ] "runs/a"))) expected "a file"

                Expect.equal
                    (onTerminal 80 (Clock()) (runOf [ "step 1", 2 ] "runs/a")
                     |> screen
                     |> Array.filter ((<>) "")
                     |> Array.last)
                    expected
                    "a terminal"

                withFolder (fun folder ->
                    let output =
                        plain (fun observer ->
                            use _model =
                                tiny().OneStep(epochs = 1).SaveTo(folder).Observed(observer).Train().Model

                            ())

                    for file in (last output).Split(", ") do
                        let path = file[file.IndexOf ' ' + 1 ..]
                        Expect.isTrue (File.Exists path) $"{path} is there")

            testCase "A run that is stopped names the report of what it has done, and one that is not saved names none"
            <| fun () ->
                withFolder (fun folder ->
                    use stop = new CancellationTokenSource()

                    let output =
                        plain (fun observer ->
                            let trainer =
                                tiny()
                                    .OneStep(epochs = 2)
                                    .OnEpoch(fun (_: EpochMetrics) -> stop.Cancel())
                                    .SaveTo(folder)

                            Expect.throwsT<BnnStoppedException>
                                (fun () -> trainer.Observed(observer).Train(stop.Token) |> ignore)
                                "stopped")

                    Expect.stringEnds (output.TrimEnd()) (Path.Combine(folder, "report.html")) "the report"
                    Expect.isFalse ((plain run).Contains "report") "not saved")

            testCase "What is left is the time of the whole run: all its stages, at the pace of now"
            <| fun () ->
                let plan =
                    RunPlan(model, "two-step", [| struct ("a", 2); struct ("b", 3); struct ("c", 5) |], 2, 42L)

                // 100 images a second, epochs of 300
                let shown stage index epochs epochsDone =
                    progressLine (fun observer clock ->
                        observer.Started plan
                        observer.StageStarted(stage, index, epochs, epochsDone, 300L)
                        clock.Now <- 1000L
                        observer.Batch(batch 100L 1.5 nan 0.0))

                // 3000 images in all
                Expect.stringContains (shown "a" 0 2 0) "  3%     100 img/s  0:29 left" "the first stage"
                Expect.stringContains (shown "b" 1 3 0) " 23%     100 img/s  0:23 left" "the second"
                Expect.stringContains (shown "c" 2 5 4) " 93%     100 img/s  0:02 left" "the last, which went on"

            testCase "A terminal whose width changes gets a new header, and no line that is too wide"
            <| fun () ->
                let mutable width = 120
                use writer = new StringWriter()

                let output =
                    { new Spectre.Console.IAnsiConsoleOutput with
                        member _.Writer = writer
                        member _.IsTerminal = true
                        member _.Width = width
                        member _.Height = 25
                        member _.SetEncoding _ = ()
                    }

                let observer =
                    ConsoleProgress(console output Spectre.Console.AnsiSupport.Yes, Clock()) :> ITrainingObserver

                observer.Started(RunPlan(model, "two-step", [| struct ("step 1", 2) |], 2, 42L))
                observer.EpochEnded(epoch "step 1" 0 1 1e-3)
                width <- 60
                observer.EpochEnded(epoch "step 1" 0 2 1e-3)
                let lines = writer.ToString() |> screen |> Array.filter ((<>) "")
                Expect.hasLength (lines |> Array.filter (fun line -> line.StartsWith "stage")) 2 "headers"
                Expect.isLessThan lines[lines.Length - 1].Length 60 "the last line"

            testCase "Control characters in names reach no terminal and no file: a picture stands for each"
            <| fun () ->
                let name = "a\u001b[2Jb\rc\nd\u0007\u202ee\u009bf"

                for output in
                    [
                        plain (runOf [ name, 2 ] name)
                        onTerminal 120 (Clock()) (runOf [ name, 2 ] name)
                    ] do
                    for unwanted in [ "\u001b[2J"; "\rc"; "\u0007"; "\u202e"; "\u009b" ] do
                        Expect.isFalse (output.Contains(unwanted, StringComparison.Ordinal)) $"%A{unwanted}"

                    Expect.stringContains output "a␛[2Jb␍c␊d␇�e�f    1/2" "pictures"
        ]
