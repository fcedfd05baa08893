/// The page of all experiments.
module Bnn.Tests.ExperimentPageTests

open System.IO
open System.Text.RegularExpressions
open Bnn.Experiments
open Bnn.Tests.DataSupport
open Bnn.Tests.ExperimentSupport
open Expecto

let private scale =
    { Scale.full with
        Seeds = [ 1L; 2L; 3L ]
    }

let private low, high, jpeg =
    trainingAt 0.1,
    trainingAt 0.2,
    { trainingAt 0.3 with
        Data = DataSets.Cifar10
    }

let private claim name paper a b =
    {
        Name = name
        Paper = paper
        Prediction = $"{name} is expected"
        Judge = fun find -> Contrast.moreAccurate scale find ("one", Some a) ("other", Some b)
    }

let private picture name =
    {
        Name = name
        Caption = $"What {name} shows."
        Width = 10
        Height = 10
        Draw = fun _ -> None
    }

let private first =
    { experimentOf "first" 1 (Usual.allSeeds scale [ Some low; Some high ]) with
        Claims = fun _ -> [ claim "High is better" "61 | 59" high low; claim "Low is better" "" low high ]
        Pictures = fun _ -> [ picture "drawn"; picture "not-drawn" ]
    }

let private second =
    { experimentOf "second" 2 (Usual.seeds scale jpeg) with
        Claims =
            fun _ ->
                [
                    claim "Shards are better" "a table" jpeg high
                    claim "Nobody knows" "" (trainingAt 0.9) low
                ]
    }

let private records =
    [
        for k, seed in List.indexed scale.Seeds do
            recordOf (0.7 + 0.001 * float k) (withSeed seed low)

            { recordOf (0.8 + 0.002 * float k) (withSeed seed high) with
                Seconds = 5_400.0
            }

            { recordOf (0.8 - 0.1 * float k) (withSeed seed jpeg) with
                DataNote = "JPEG"
            }
    ]

let private experiments = [ first; second ]

let private pageOf records =
    Page.text scale experiments records (fun name -> if name = "drawn" then Some "results/drawn.svg" else None)

let private page = lazy (pageOf records)

let private line (start: string) (page: string) =
    match
        page.Split '\n'
        |> Array.filter _.StartsWith(start, System.StringComparison.Ordinal)
    with
    | [| line |] -> line
    | lines -> failtest $"%d{lines.Length} lines start with {start}"

[<Tests>]
let tests =
    testList
        "Experiments: the page"
        [
            test
                "Each claim is in the table with a link to its section, its figure, what the paper says, what was measured and its verdict" {
                for experiment in experiments do
                    Expect.stringContains page.Value $"<a id=\"{experiment.Name}\"></a>" "the link's goal"

                    for claim in experiment.Claims scale do
                        let verdict = claim.Judge(finding records)
                        let row = page.Value |> line $"| [{claim.Name}](#{experiment.Name}) | Figure 1 | "

                        for part in
                            [
                                verdict.Measured
                                $"| %d{verdict.Seeds} | {Script.inWords verdict.Outcome} |"
                            ] do
                            Expect.stringContains row part "row"

                let outcome start =
                    (page.Value |> line $"| [{start}").Split(" | ") |> Array.last

                Expect.equal (outcome "High") "holds |" "holds"
                Expect.equal (outcome "Low") "does not hold |" "does not hold"
                Expect.equal (outcome "Shards") "undecided |" "undecided"
                Expect.equal (outcome "Nobody") "undecided |" "runs are missing"
            }

            test "Each experiment has a section with script, method and its claims: expected, measured, verdict" {
                for experiment in experiments do
                    for part in
                        [
                            $"## {experiment.Title}"
                            $"[{experiment.Name}.fsx]({experiment.Name}.fsx)"
                            experiment.Method
                        ] do
                        Expect.stringContains page.Value part experiment.Name

                    for claim in experiment.Claims scale do
                        let verdict = claim.Judge(finding records)

                        for part in
                            [
                                $"**{claim.Name}**: {Script.inWords verdict.Outcome}"
                                $"- expected: {claim.Prediction}"
                                $"- measured: {verdict.Measured}"
                            ] do
                            Expect.stringContains page.Value part claim.Name
            }

            test "A bar in a text does not end a cell" {
                Expect.stringContains (page.Value |> line "| [High") "| 61 \\| 59 |" "the paper's figures"
            }

            test "Pictures are shown where they are there" {
                Expect.stringContains page.Value "![What drawn shows.](results/drawn.svg)" "there"
                Expect.isFalse (page.Value.Contains "not-drawn") "not there"
            }

            test "The protocol is the scale's" {
                let other =
                    { scale with
                        Epochs = 34
                        Images = 7_000
                        ScreeningImages = 4_321
                        Seeds = [ 1L .. 11L ]
                    }

                let page = Page.text other experiments records (fun _ -> None)

                for part in
                    [
                        "34 epochs"
                        "7,000 training images"
                        "5,000"
                        "4,321 training images"
                        "11 seeds"
                        "2 seeds"
                    ] do
                    Expect.stringContains page part "the protocol"

                Expect.isFalse (page.Contains "no evidence") "it counts"

                let trial =
                    Page.text { other with Protocol = Protocol.Quick } experiments [] (fun _ -> None)

                Expect.stringContains trial "is no evidence for anything" "a trial"
            }

            test "Counts are those of the claims and of the records that experiments ask for" {
                Expect.stringContains page.Value "hold: 1 of 4; that do not hold: 1; undecided: 2." "claims"
                Expect.stringContains page.Value "There are 9 records of the full protocol: 10.5 core-hours" "records"

                Expect.stringContains
                    page.Value
                    "| a processor | a runtime | 1.2.3 | 9 | 2025-01-31 | 2025-01-31 |"
                    "machine"

                Expect.isFalse (page.Value.Contains "have no record") "nothing is missing"

                Expect.equal
                    (pageOf (recordOf 0.9 (trainingAt 0.7) :: records))
                    page.Value
                    "another record is not counted"

                Expect.stringContains (pageOf records.Tail) "1 run that can be named already" "one is missing"

                let failed =
                    { diverged records.Head.Training with
                        Seconds = 0.0
                    }

                Expect.stringContains (pageOf (failed :: records.Tail)) "1 run diverged" "one diverged"
            }

            test "Rates that screening has found are listed" {
                let runs =
                    [
                        for training in Tuning.runs scale (Usual.sweep scale DataSets.FashionMnist "Adam") ->
                            recordOf (if training.Optimizer.LearningRate = 0.003 then 0.8 else 0.5) training
                    ]

                Expect.stringContains (pageOf (records @ runs)) "Fashion-MNIST, binary network, Adam: 0.003" "found"
                Expect.isFalse (page.Value.Contains "that screening has found") "not found yet"
            }

            test "Beside figures of images that were JPEGs the page says so, and beside no others" {
                let note = "CIFAR-10 from JPEG images"
                Expect.stringContains (page.Value |> line "| [Shards") note "in the table"
                Expect.isFalse ((page.Value |> line "| [High").Contains note) "not of others"
                Expect.stringContains page.Value $"Data: {note}; figures are not comparable" "in the section"

                let raw = pageOf [ for record in records -> { record with DataNote = "" } ]
                Expect.isFalse (raw.Contains "JPEG") "raw images"
            }

            test "The page is the same text under another culture, in another order of the records, and anew" {
                Expect.equal (under german (fun () -> pageOf records)) page.Value "German"
                Expect.equal (pageOf (List.rev records)) page.Value "another order"
                Expect.isFalse (page.Value.Contains '\r') "line ends"
            }

            test "A picture that is drawn again is the same text, and each part that it names is there" {
                let drawn title =
                    let plot = Chart.create title "x" "y"
                    Chart.line plot "a line" Chart.blue false [ 0.0; 1.0 ] [ 0.0; 1.0 ]
                    Chart.legend plot ScottPlot.Alignment.UpperLeft
                    Chart.svg plot 400 300

                let first = drawn "A title"
                drawn "Another title" |> ignore
                Expect.equal (drawn "A title") first "the same"

                let names pattern =
                    [ for found in Regex.Matches(first, pattern) -> found.Groups[1].Value ]
                    |> List.distinct

                Expect.isNonEmpty (names "url\\(#([^)]+)\\)") "parts are named"
                Expect.containsAll (names "id=\"([^\"]+)\"") (names "url\\(#([^)]+)\\)") "and are there"
            }

            test "The page is written with links from its own folder to the pictures that are there" {
                inFolder (fun folder ->
                    let pictures = Path.Combine(folder, "results", "pictures")
                    Directory.CreateDirectory pictures |> ignore
                    File.WriteAllText(Path.Combine(pictures, "drawn.svg"), "<svg/>")
                    let file = Path.Combine(folder, "README.md")

                    for _ in 1..2 do
                        Page.write file pictures scale experiments records
                        let text = File.ReadAllText file
                        Expect.stringContains text "![What drawn shows.](results/pictures/drawn.svg)" "the picture"
                        Expect.isFalse (text.Contains "not-drawn") "not there"

                    Expect.equal (Directory.GetFiles folder) [| file |] "nothing else")
            }
        ]
