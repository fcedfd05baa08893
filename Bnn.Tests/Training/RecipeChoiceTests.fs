/// A recipe brings its optimizer and batch with it, from either language or JSON; presets are recipes; calls after it change what it has set.
module Bnn.Tests.RecipeChoiceTests

open Bnn
open Bnn.Tests.TrainingSupport
open Expecto

let private clipped = Gradient.clipGlobalNorm 5.0 >=> Adam.rule Adam.defaults

let private recipe =
    (Recipe.twoStep { Recipe.defaults with Epochs = 2 }).WithOptimizer("clipped Adam", clipped, 3e-3).WithBatch 8

let private trainer = trainerOf normed 1 6 5

let private outcome (trainer: BnnTrainer) =
    let result = trainer.Train()
    use _model = result.Model
    [ for epoch in result.Epochs -> epoch.Stage, epoch.Loss, epoch.LearningRate ]

let private faults (recipe: Recipe) =
    [ for fault in trainer.WithRecipe(recipe).Validate() -> fault.Name ]

[<Tests>]
let tests =
    testList
        "Recipe's choices"
        [
            test
                "A recipe read from JSON trains to the bits of the one that was written, and of the same said to the builder" {
                let read = Recipes.FromJson(recipe.ToJson())
                Expect.equal read recipe "read"
                let first = outcome (trainer.WithRecipe recipe)
                Expect.equal (outcome (trainer.WithRecipe read)) first "read from JSON"

                let rule = clipped >=> Rule.descend (Schedule.linear 3e-3 0.0)

                Expect.equal
                    (outcome (trainer.TwoStep(wd = WeightDecay.Of 5e-6, epochs = 2).WithBatch(8).WithOptimizer rule))
                    first
                    "said to the builder"
            }

            test "What a recipe leaves open stays the trainer's, and calls after it change what it has set" {
                let described (trainer: BnnTrainer) = trainer.Describe()
                let opened = Recipe.oneStep Recipe.defaults

                Expect.stringContains
                    (described (trainer.WithBatch(16).WithRecipe opened))
                    "batches of 16"
                    "the trainer's batch"

                Expect.stringContains (described (trainer.WithRecipe recipe)) "batches of 8" "the recipe's"
                Expect.stringContains (described (trainer.WithRecipe(recipe).WithBatch 4)) "batches of 4" "changed"
                Expect.stringContains (described (trainer.WithRecipe recipe)) "0.003 *" "the recipe's rate"
                Expect.stringContains (described (trainer.WithRecipe(recipe).WithAdam 0.25)) "0.25 *" "changed"
                Expect.equal (recipe.WithEpochs 7).StagesInOrder[1].Epochs 7 "longer"
            }

            test "A preset is its recipe with its network" {
                for preset in [ Preset.AdamBnn; Preset.ReActNetA; Preset.ReActNet18 ] do
                    let model = Models.ReActNetSmall()
                    let by (trainer: BnnTrainer) = trainer.WithModel(model).Describe()

                    Expect.equal
                        (by (BnnTrainer().WithRecipe(Recipes.Of preset)))
                        (by (BnnTrainer().WithPreset preset))
                        $"{preset}"

                    Expect.equal (Recipes.FromJson((Recipes.Of preset).ToJson())) (Recipes.Of preset) $"{preset}: JSON"
            }

            test
                "Deviations of the published code are functions over recipes: the same as the builder's, where a schedule is left open too" {
                for deviations in [ Deviations.AdamBnn; Deviations.ScheduleAhead; Deviations.DecaysShifts ] do
                    let rates (trainer: BnnTrainer) =
                        let plan = trainer.WithModel(normed).WithData(data 1 6 5).Plan()
                        plan.Recipe.Stages

                    let published = Recipes.Of Preset.AdamBnn

                    Expect.equal
                        (rates (BnnTrainer().WithRecipe(published.WithDeviations deviations)))
                        (rates (BnnTrainer().WithRecipe(published).WithDeviations deviations))
                        $"{deviations}"

                    Expect.notEqual (published.WithDeviations deviations) published $"{deviations}: something"
            }

            test "What is wrong with a recipe's optimizer or batch is a fault by name" {
                Expect.equal (faults (recipe.WithOptimizer("a", clipped, nan))) [ "optimizer: learningRate" ] "NaN"
                Expect.equal (faults (recipe.WithOptimizer("a", clipped, 0.0))) [ "optimizer: learningRate" ] "0"
                let whole = clipped >=> Rule.descend (Const 0.1)
                Expect.equal (faults (recipe.WithOptimizer("a", whole, 0.1))) [ "optimizer: rule" ] "two descents"
                Expect.containsAll (faults (recipe.WithBatch 1)) [ "batch" ] "a batch of one"

                let json =
                    recipe
                        .ToJson()
                        .Replace("\"learningRate\": 0.003", "\"learningRate\": \"fast\"")
                        .Replace("\"batch\": 8", "\"batch\": 8.5")

                let read =
                    try
                        Recipes.FromJson json |> ignore
                        []
                    with :? BnnConfigurationException as e ->
                        [ for fault in e.Faults -> fault.Name ]

                Expect.equal read [ "optimizer.learningRate"; "batch" ] "places in JSON"
            }
        ]
