module Bnn.Tests.RecipeTests

open Bnn
open Expecto

let private rate wd = WeightDecay.coupled (Const wd)

let private options: Recipe.Options =
    { Recipe.defaults with
        WeightDecay = rate 1e-4
        Epochs = 3
    }

let private faults recipe =
    Recipe.validate recipe |> List.map _.Name

[<Tests>]
let tests =
    testList
        "Recipe"
        [
            test "one step binarizes weights and activations from the start" {
                match (Recipe.oneStep options).Stages with
                | [ stage ] ->
                    Expect.isTrue (stage.BinaryActivations && stage.BinaryWeights) "all binary"
                    Expect.equal (stage.WeightDecay, stage.Epochs) (rate 1e-4, 3) "the options"
                | stages -> failtest $"{stages.Length} stages, should be 1"
            }

            test "two steps: activations first with decay, then the weights too without" {
                match (Recipe.twoStep options).Stages with
                | [ first; second ] ->
                    Expect.equal
                        (first.BinaryActivations, first.BinaryWeights)
                        (true, false)
                        "step 1 keeps real weights"

                    Expect.equal (first.WeightDecay, first.Epochs) (rate 1e-4, 3) "step 1 has the options"
                    Expect.equal second.WeightDecay WeightDecay.none "step 2 does not decay"
                    Expect.equal second.Epochs 3 "step 2 is as long"
                | stages -> failtest $"{stages.Length} stages, should be 2"
            }

            test "step 2 is the one step without decay, under its own name" {
                let only =
                    (Recipe.oneStep
                        { options with
                            WeightDecay = WeightDecay.none
                        })
                        .Stages.Head

                Expect.equal
                    { (Recipe.twoStep options).Stages[1] with
                        Name = only.Name
                    }
                    only
                    "the same stage"
            }

            test "the stages of a recipe are told apart by their names" {
                let names = (Recipe.twoStep options).Stages |> List.map _.Name
                Expect.equal (List.distinct names) names "distinct"
                Expect.notEqual (Recipe.twoStep options).Name (Recipe.oneStep options).Name "and so are recipes"
            }

            test "the defaults are valid, and those of the paper where it states them" {
                Expect.equal Recipe.defaults.WeightDecay (rate 5e-6) "the paper, section 5.2"
                Expect.equal (faults (Recipe.oneStep Recipe.defaults)) [] "one step"
                Expect.equal (faults (Recipe.twoStep Recipe.defaults)) [] "two steps"
            }

            test "every fault of every stage is listed" {
                let broken =
                    Recipe.twoStep
                        { options with
                            WeightDecay = rate nan
                            Epochs = 0
                        }

                Expect.equal (faults broken) [ "step 1: epochs"; "step 1: weightDecay"; "step 2: epochs" ] "all of them"
                Expect.equal (faults { broken with Stages = [] }) [ "stages" ] "a recipe without stages"

                Expect.equal
                    (faults (
                        Recipe.oneStep
                            { options with
                                WeightDecay = rate infinity
                            }
                    ))
                    [ "step 1: weightDecay" ]
                    "infinite"

                Expect.equal
                    (faults (Recipe.oneStep { options with Epochs = -1 }))
                    [ "step 1: epochs" ]
                    "a negative length"
            }

            test "negative decay is allowed: the paper uses one" {
                Expect.equal
                    (faults (
                        Recipe.twoStep
                            { options with
                                WeightDecay = rate -5e-6
                            }
                    ))
                    []
                    "no fault"
            }
        ]
