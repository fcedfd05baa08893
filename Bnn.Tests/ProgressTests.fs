module Bnn.Tests.ProgressTests

open System
open System.IO
open Bnn
open Bnn.Tests.ReportingTests
open Expecto
open Spectre.Console

let internal epoch stage index number flipFlop =
    EpochMetrics(
        stage,
        index,
        number,
        2,
        1.25,
        0.405,
        flipFlop,
        0.1,
        1e-3,
        1.5,
        3300.25,
        Top1 = (if index = 0 then 0.3725 else nan)
    )

let internal batch images loss flipFlop wait =
    BatchMetrics("step 1", 1, images, loss, flipFlop, wait)

/// A run of two stages with two epochs of three batches each, as the trainer reports it.
let internal run (observer: ITrainingObserver) =
    observer.Started(RunPlan(model, "two-step", [| struct ("step 1", 2); struct ("step 2", 2) |], 2, 42L))

    for index, name in [ 0, "step 1"; 1, "step 2" ] do
        observer.StageStarted(name, index, 2, 0, 300L)

        for number in 1..2 do
            for images in [ 100L; 200L; 300L ] do
                observer.Batch(batch images 1.5 1e-3 0.0)

            observer.EpochEnded(epoch name index number (if index = 0 then 2.7e-3 else Double.NaN))

        observer.StageEnded(stage name)

    observer.Ended [| stage "step 1"; stage "step 2" |]

type internal Terminal(writer: TextWriter, width: int) =
    interface IAnsiConsoleOutput with
        member _.Writer = writer
        member _.IsTerminal = true
        member _.Width = width
        member _.Height = 25
        member _.SetEncoding _ = ()

type internal Clock() =
    inherit TimeProvider()
    member val Now = 0L with get, set
    override _.TimestampFrequency = 1000L
    override this.GetTimestamp() = this.Now

let internal console (output: IAnsiConsoleOutput) ansi =
    let console =
        AnsiConsole.Create(
            AnsiConsoleSettings(
                Ansi = ansi,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.Yes,
                Out = output
            )
        )

    console.Profile.Capabilities.Unicode <- false
    console

let internal plain (play: ITrainingObserver -> unit) =
    use writer = new StringWriter()
    play (ConsoleProgress(console (AnsiConsoleOutput writer) AnsiSupport.Yes))
    writer.ToString()

let internal onTerminal width (clock: Clock) (play: ITrainingObserver -> unit) =
    use writer = new StringWriter()
    play (ConsoleProgress(console (Terminal(writer, width)) AnsiSupport.Yes, clock))
    writer.ToString()

/// The same for whoever does not move the clock.
let internal onStillTerminal width play = onTerminal width (Clock()) play

let internal linesOf (output: string) = output.Replace("\r\n", "\n").Split '\n'

/// What stands on an endless screen after this output, of which only \r, \n and "erase to the end of the line" move anything.
let internal screen (output: string) =
    let rest (line: string) =
        (line.Split '\r')
        |> Array.fold
            (fun (shown: string) (part: string) ->
                let text = part.Replace("\u001b[K", "")

                if part.Contains "\u001b[K" then text
                else if text = "" then shown
                else text + shown[min text.Length shown.Length ..])
            ""

    linesOf output |> Array.map rest

/// What stands on a terminal after two batches of which the second has this FF.
let private lastLine width ratio =
    let clock = Clock()

    onTerminal width clock (fun observer ->
        observer.StageStarted("step 1", 0, 2, 0, 300L)
        clock.Now <- 1000L
        observer.Batch(batch 100L 1.5 0.5 0.0)
        clock.Now <- 2000L
        observer.Batch(batch 200L 1.25 ratio 0.125))
    |> screen
    |> Array.last

[<Tests>]
let tests =
    testList
        "Progress"
        [
            testCase "Plain output holds no escape byte, no carriage return and one line an epoch"
            <| fun () ->
                let output = plain run
                Expect.isFalse (output.Contains '\u001b') "no escape byte"
                let lines = linesOf output
                Expect.isFalse (lines |> Array.exists _.Contains('\r')) "no carriage return"

                for name in [ "step 1"; "step 2" ] do
                    for number in [ "1/2"; "2/2" ] do
                        let ofEpoch =
                            lines |> Array.filter (fun line -> line.StartsWith name && line.Contains number)

                        Expect.hasLength ofEpoch 1 (name + " " + number)

            testCase
                "An epoch's line shows loss, train and test top-1, FF, saturation, seconds and the wait for data with a decimal point everywhere"
            <| fun () ->
                inGermany (fun () ->
                    let lines = linesOf (plain run)

                    let words (line: string) =
                        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

                    Expect.contains
                        (Array.map words lines)
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
                            "10.00"
                            "%"
                            "1.5"
                            "0.00"
                            "%"
                        ]
                        "step 1"

                    Expect.contains
                        (Array.map words lines)
                        [
                            "step"
                            "2"
                            "2/2"
                            "1.2500"
                            "40.50"
                            "%"
                            "-"
                            "-"
                            "10.00"
                            "%"
                            "1.5"
                            "0.00"
                            "%"
                        ]
                        "without test top-1 and FF"

                    Expect.contains
                        (Array.map words lines)
                        [ "step"; "1"; "61.25"; "70.50"; "9.25"; "1.1e-3"; "-"; "12.50"; "1:15" ]
                        "the table")

            testCase "A share is shown in percent as a percentage of the same counts is, halves too"
            <| fun () ->
                for all in [ 64.0; 2000.0; 8000.0; 10000.0 ] do
                    for count in 0.0 .. all do
                        let percentage = 100.0 * count / all
                        Expect.equal (Show.Percent(count / all, 2)) (Show.Fixed(percentage, 2)) $"{count} of {all}"

            testCase "The lines of all epochs and their header have the same length"
            <| fun () ->
                let lines =
                    EpochLines([| struct ("a", 1000); struct ("a longer name", 5) |], Score.Top1)

                let short =
                    lines.Line(EpochMetrics("a", 0, 7, 1000, 1e9, 1.0, 0.0, 1.0, 1.0, 1e5, 1.0))

                let long =
                    lines.Line(EpochMetrics("a longer name", 1, 5, 5, Double.NaN, Double.NaN, 0.5, 0.0, 1.0, 0.0, 1.0))

                Expect.equal short.Length lines.Header.Length short
                Expect.equal long.Length lines.Header.Length long

            testCase "A terminal ends up with the same lines as a file, and the cursor is never hidden"
            <| fun () ->
                let epochs (lines: string[]) =
                    lines |> Array.filter (fun line -> line.Contains "/2 ")

                let expected = epochs (linesOf (plain run))
                Expect.hasLength expected 4 "the epochs"

                for width in [ 20; 60; 80; 100; 200 ] do
                    let output = onTerminal width (Clock()) run
                    let shown = epochs (screen output)
                    Expect.hasLength shown 4 (sprintf "%d columns" width)
                    Expect.isFalse (output.Contains "\u001b[?25l") "the cursor stays"

                    if width > expected[0].Length then
                        Expect.equal shown expected (sprintf "%d columns" width)

            testCase "The progress line is never as wide as the terminal, which would break it"
            <| fun () ->
                for width in [ 1; 2; 10; 40; 79; 80; 300 ] do
                    let clock = Clock()

                    let output =
                        onTerminal width clock (fun observer ->
                            observer.StageStarted("step 1", 0, 2, 0, 300L)
                            clock.Now <- 1000L
                            observer.Batch(batch 100L 1e30 1e-3 1.0))

                    let drawn = output.Replace("\u001b[K", "").Split '\r'
                    Expect.isTrue (drawn |> Array.forall (fun line -> line.Length < width)) (sprintf "%A" drawn)

            testCase
                "The progress line shows epoch, share of the run, speed, time left, loss, FF where there is one, and the wait for data"
            <| fun () ->
                for width, ratio, shown in
                    [
                        100, 1.234e-3, "  33%     100 img/s  0:04 left  loss 1.2500  FF 1.2e-3  wait 12%"
                        100, 0.0, "  33%     100 img/s  0:04 left  loss 1.2500  FF 0  wait 12%"
                        100, nan, "  33%     100 img/s  0:04 left  loss 1.2500  wait 12%"
                        80, nan, "  33%     100 img/s  0:04 left  loss 1.2500  wait 12%"
                        80, 1.234e-3, "- 100 img/s 0:04 left loss 1.2500 FF 1.2e-3 wait 12%"
                    ] do
                    let last = lastLine width ratio
                    Expect.stringStarts last "step 1  epoch 1/2  ##" last
                    Expect.stringEnds last shown last

                let last = lastLine 75 1.234e-3
                Expect.equal last "step 1  epoch 1/2  33% 100 img/s 0:04 left loss 1.2500 FF 1.2e-3 wait 12%" "no bar"

            testCase "The progress line is drawn at most ten times a second"
            <| fun () ->
                let clock = Clock()

                let output =
                    onTerminal 80 clock (fun observer ->
                        observer.StageStarted("step 1", 0, 1, 0, 100000L)

                        for i in 1..2000 do
                            clock.Now <- int64 i
                            observer.Batch(batch (int64 i) 1.0 0.0 0.0))

                let times = (output.Split '\r').Length - 1
                Expect.isTrue (times > 15 && times <= 21) (sprintf "%d times in 2 s" times)

            testCase "A run that fails leaves the cursor at the beginning of an empty line"
            <| fun () ->
                let output =
                    onTerminal 80 (Clock()) (fun observer ->
                        observer.StageStarted("step 1", 0, 2, 0, 300L)
                        observer.Batch(batch 100L 1.5 nan 0.0)
                        observer.Failed(Exception "anything"))

                Expect.stringEnds output "\r\u001b[K" "erased"
                Expect.equal (screen output) [| "" |] "nothing left"
        ]
