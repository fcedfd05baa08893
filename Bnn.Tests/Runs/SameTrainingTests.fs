/// The same training, however it is said, goes on in its folder; what it is recorded as is what it used.
module Bnn.Tests.SameTrainingTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.RunSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto

let private bare =
    BnnTrainer().WithData(source).WithModel(normed, "normed").WithBatch(4).WithThreads(1)

/// Trainings that say the same in other words.
let private same =
    [
        "the default optimizer by its name", bare, bare.WithAdam()
        "its options", bare, bare.WithAdam(0.01, 0.9, 0.999, 1e-8, false)
        "the default recipe", bare, bare.TwoStep(wd = WeightDecay.Of 5e-6, epochs = 6)
        "its epochs", bare, bare.WithEpochs 6
        "the default schedule", bare, bare.WithSchedule(Schedules.Linear(1.0, 0.0))
        "its stages", bare.TwoStep(), bare.WithStages(Array.ofSeq (Recipes.TwoStep().StagesInOrder))
        "the recipe as a value", bare, bare.WithRecipe(Recipes.TwoStep())
        "the optimizer in a recipe",
        bare,
        bare.WithRecipe(Recipes.TwoStep().WithOptimizer("mine", Rules.Adam(), learningRate = 0.01))
        "the batch in a recipe", bare, bare.WithRecipe(Recipes.TwoStep().WithBatch 4)
        "the objective", bare, bare.WithObjective(Objectives.CrossEntropy())
        "another name of the network", bare, bare.WithModel(normed, "mine")
        "how often it saves and measures",
        bare,
        bare.WithCheckpoints(TimeSpan.FromHours 1.0, 7).WithEvaluation(0).WithDiagnostics(false)
        "threads", bare, bare.WithThreads(2).WithDataWorkers(1)
    ]

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume: the same training"
            [
                test "new BnnTrainer() and WithAdam() in one folder are the same training" {
                    inFolder (fun folder ->
                        stopIn folder 3 bare
                        Expect.isEmpty (faultsOf ((bare.WithAdam()).SaveTo folder)) "goes on")
                }

                test "A training goes on in its folder in whatever words it is said" {
                    for what, first, second in same do
                        for first, second in [ first, second; second, first ] do
                            inFolder (fun folder ->
                                stopIn folder 3 first
                                Expect.isEmpty (faultsOf (second.SaveTo folder)) what
                                // and it does go on
                                stopIn folder 1 second)
                }
                |> Checks.long

                test "Slots that begin otherwise make another training, though the step's formulas are the same" {
                    let rule first =
                        let json =
                            Rules.Sgd(momentum = 0.9).Then(Rules.Descend(Schedules.Linear 0.1)).ToJson()

                        Expect.stringContains json "\"first\": \"0\"" "the first value"
                        Rules.FromJson(json.Replace("\"first\": \"0\"", $"\"first\": \"{first}\""))

                    inFolder (fun folder ->
                        stopIn folder 3 (bare.WithOptimizer(rule "0"))
                        Expect.isEmpty (faultsOf ((bare.WithOptimizer(rule "0")).SaveTo folder)) "the same"

                        Expect.equal
                            (faultNames ((bare.WithOptimizer(rule "w")).SaveTo folder))
                            [ "updates[0]"; "updates[1]" ]
                            "another")
                }

                test
                    "A run by a rule of one's own is recorded with its formulas, and with no rate or schedule that it did not use" {
                    inFolder (fun folder ->
                        let rule = Rules.Adam().Then(Rules.Descend(Schedules.Cosine 0.25))
                        (bare.WithOptimizer(rule).TwoStep(epochs = 1).SaveTo folder).Train().Model.Dispose()
                        let text = File.ReadAllText(Path.Combine(folder, "result.json"))
                        use json = Text.Json.JsonDocument.Parse text
                        let recipe = json.RootElement.GetProperty "recipe"

                        for stage in recipe.GetProperty("stages").EnumerateArray() do
                            Expect.equal
                                (stage.GetProperty("schedule").ValueKind)
                                Text.Json.JsonValueKind.Null
                                "no schedule of the trainer's"

                        Expect.equal (recipe.GetProperty("optimizer").GetProperty("options").ToString()) "{}" "no rate"
                        Expect.stringContains text "cos" "its own schedule is in its formulas"
                        let page = File.ReadAllText(Path.Combine(folder, "report.html"))

                        let words =
                            page.Substring(page.IndexOf "<body", page.IndexOf "</table>" - page.IndexOf "<body")

                        Expect.isFalse (words.Contains "learning rate times") "nor in the page"
                        Expect.isFalse (words.Contains "own rule: ") "nor an empty list of options")
                }

                test "A training with a schedule that has no effect is the same as one without" {
                    let rule = Rules.Adam().Then(Rules.Descend(Schedules.Cosine 0.25))

                    inFolder (fun folder ->
                        stopIn folder 3 (bare.WithOptimizer rule)
                        let idle = bare.WithOptimizer(rule).WithSchedule(Schedules.Constant 1.0)
                        Expect.isEmpty (faultsOf (idle.SaveTo folder)) "the same")
                }
            ]
    )
