module Bnn.Tests.MessageTests

open System
open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.DiagnosticsSupport
open Bnn.Tests.ReportSupport
open Bnn.Tests.ReportingTests
open Expecto

/// What a training says that is refused, a fault a line.
let private said (trainer: BnnTrainer) =
    [ for fault in trainer.Validate() -> string fault ]

let private series = FeatureSize.Of(2L, 1L, 4L)

let private examples count (size: FeatureSize) (classes: string[]) (label: int -> int) =
    { new Examples() with
        member _.Count = count
        member _.Size = size
        member _.Classes = classes
        member _.Label index = label index
        member _.Write(_: int, _: Span<float32>) = ()
    }

let private own examples =
    BnnTrainer().WithData(Data.Own("n", "1", examples, examples))

let private loading load =
    BnnTrainer()
        .WithData(
            { new DataSource() with
                member _.Name = "mine"
                member _.Load() = load ()
            }
        )

let private ownLoss =
    Objectives.Own("mine", "1", (fun outputs _ -> outputs.mean ()))

/// Trainings that are refused for each reason that is no range of a number, each with what must be said.
let private refused (folder: string) =
    let at name = Path.Combine(folder, name)
    let file = at "file"
    File.WriteAllText(file, "")
    let names = [| "a"; "b" |]
    let none = at "none"

    [
        BnnTrainer().WithData(Data.ImageFolder none),
        $"data: {none}: there is no such folder; give a folder that holds train and val, each with a folder of images for every class, or ImageNet as it was unpacked"
        tiny().SaveTo(Path.Combine(file, "below")),
        $"folder: {file}/below cannot be written: {file} is a file; give a folder that can be created and written to"
        tiny().SaveTo file,
        $"folder: {file} cannot be written: it is a file; give a folder that can be created and written to"
        loading (fun () -> failwith "offline"),
        "data mine: its source has thrown Exception: offline; give a source that loads"
        own (examples 0 series names (fun _ -> 0)), "data n: training examples: there are 0; give at least one"
        own (examples 3 (FeatureSize.Of(2L, 0L, 4L)) names (fun _ -> 0)),
        "data n: training examples: their size is 2 x 0 x 4; give channels, height and width of at least 1, and fewer than 2^31 numbers"
        own (examples 3 series [||] (fun _ -> 0)),
        "data n: training examples: they have neither classes nor targets; override Classes and Label, or TargetSize and WriteTarget"
        own (examples 3 series names (fun _ -> 5)),
        "data n: training examples: label 5 of example 0 is not within 0..1; give labels that are indices of the 2 classes"
        tiny().WithObjective(ownLoss).WithLabelSmoothing 0.1,
        "labelSmoothing: the objective mine has no labels to smooth; give an objective with labels"
        tiny().WithObjective(ownLoss).WithClassWeights(Array.create 10 1.0),
        "classWeights: the objective mine is your own, and can weigh classes itself; give none"
        tiny().WithClassWeights(1.0, 2.0), "classWeights is a list of 2; allowed: one for each of the data's 10 classes"
        BnnTrainer().WithData(Data.FashionMnistSample().WithNoise 0.1),
        "model: none is given, and none is made for examples with targets; give a network with WithModel whose output is 1 x 28 x 28, the size of the targets"
        tiny().StartingFrom(at "no.pth"), $"""start: {at "no.pth"}: there is no such file; check the path"""
        tiny().StartingFrom(adam.Value).SaveTo adam.Value,
        $"start: {adam.Value} is of the folder that the training saves to; give SaveTo another folder"
    ]

/// What no message to a user of C# may have: F#'s names, escaped letters, and a command after what begins a range.
let private unwanted =
    Regex
        @"\\u00[0-9a-fA-F]{2}|FSharp|Module\b|, which (there|its|their|the|it)\b|allowed: (give|get|check|use|take|train|delete|make|start|wait|say|keep|put|remove)\b|: :|;\s*$"

[<Tests>]
let tests =
    testSequenced (
        testList
            "Reporting: messages"
            [
                testCase "A fault is one sentence: a value and its range, or a problem and its remedy"
                <| fun _ ->
                    Expect.equal
                        (string (Fault("rate", "NaN", "a finite number above 0")))
                        "rate is NaN; allowed: a finite number above 0"
                        "a range"

                    Expect.equal
                        (string (Fault.Problem("data /x", "there is no such folder", "give a folder of images")))
                        "data /x: there is no such folder; give a folder of images"
                        "a problem"

                    Expect.equal
                        (Fault.ofPart "step 1" [ Fault.Problem("a", "b", "c") ] |> List.map string)
                        [ "step 1: a: b; c" ]
                        "of a part"

                    Expect.equal (Fault("a", "b", "c")) (Fault("a", "b", "c")) "the same"
                    Expect.notEqual (Fault("a", "b", "c")) (Fault.Problem("a", "b", "c")) "another"

                testCase
                    "What a refused training says of data, folders, objectives and given weights are whole sentences"
                <| fun _ ->
                    withFolder (fun folder ->
                        for trainer, expected in refused folder do
                            let said = said trainer
                            Expect.contains said expected $"%A{said}"

                            for sentence in said do
                                Expect.isFalse (unwanted.IsMatch sentence) sentence)

                testCase
                    "No text of the source that a user can meet names F#'s modules, or joins a path and a problem without a colon"
                <| fun _ ->
                    for file in
                        Programs.sources [ "Bnn.Files"; "Bnn.Data"; "Bnn.CSharp/Training"; "Bnn.CSharp/Reporting" ] do
                        for line in File.ReadLines file do
                            let code = line.TrimStart()

                            if not (code.StartsWith "//") then
                                for broken in
                                    [
                                        @"Path\} \{\w+\.Problem"
                                        @"which \{\w+\.(Problem|Message)"
                                        @"""[^""{]*\w+Module\b"
                                    ] do
                                    Expect.isFalse (Regex.IsMatch(code, broken)) $"{Path.GetFileName file}: {code}"

                testCase "Names of users stand in a run's JSON files as they were given, and are still text on its page"
                <| fun _ ->
                    withFolder (fun folder ->
                        let name = "it's <b>grün</b> & 層 + 1"

                        use _model =
                            tiny().WithStages(Stage.Create(name, true, true, 1)).SaveTo(folder).Train().Model

                        for file in [ "result.json"; "diagnostics.jsonl"; "metrics.csv"; "checkpoints/recipe.json" ] do
                            let text = File.ReadAllText(Path.Combine(folder, file))
                            Expect.stringContains text name file
                            Expect.isFalse (Regex.IsMatch(text, @"\\u00[0-9a-f]{2}", RegexOptions.IgnoreCase)) file

                        let page = read (Path.Combine(folder, "report.html"))
                        Expect.isFalse (page.Contains "<b>grün") "no markup"
                        Expect.stringContains page "it&#39;s &lt;b&gt;gr" "text"

                        // and the same training goes on from what it has written
                        use _model =
                            tiny().WithStages(Stage.Create(name, true, true, 1)).SaveTo(folder).Train().Model

                        ())

                testCase
                    "Control characters of names reach neither a log, nor a description, an estimate, a prediction or a formula"
                <| fun _ ->
                    let name = "a\u001b[2J\r\nb"
                    let trainer = tiny().WithStages(Stage.Create(name, true, true, 1))
                    let log = LogTests.Log Microsoft.Extensions.Logging.LogLevel.Trace
                    use _model = trainer.WithLogger(log).Train().Model
                    Expect.isNonEmpty log.Entries "a log"

                    let shown =
                        [
                            for entry in log.Entries do
                                yield entry.Text
                            yield! (trainer.Describe().Split Environment.NewLine)
                            yield! ((string (trainer.Estimate 1)).Split Environment.NewLine)
                            yield string (Prediction(name, 0.5, [||]))
                            yield Latex.expr (Slot(name, PerWeight))
                        ]

                    for text in shown do
                        Expect.isFalse (Seq.exists Char.IsControl text) text

                    Expect.exists shown _.StartsWith("a␛[2J␍␊b: activations") "its name"

                testCase "JSON of rules, stages and recipes has a formula's letters as they are"
                <| fun _ ->
                    let rule = Adam.rule Adam.defaults
                    let json = ValueJson.ofRule rule
                    Expect.stringContains json "m'" "the next moment"
                    Expect.isFalse (json.Contains "\\u00") json
            ]
    )
