module Bnn.Tests.ReferenceTests

open Bnn
open Expecto

let private options: Recipe.Options =
    { Recipe.defaults with
        WeightDecay = WeightDecay.coupled (Const 5e-6)
        Epochs = 4
    }

let private recipes =
    [ Recipe.oneStep options; Recipe.twoStep options; Recipe.weightsFirst options ]

let private all = Reference.all

[<Tests>]
let tests =
    testList
        "Reference"
        [
            test "Without deviations a recipe stays as it is" {
                for recipe in recipes do
                    Expect.equal (Reference.apply Deviations.None recipe) recipe recipe.Name
            }

            test "Each deviation changes one thing of a stage, and the order of deviations does not matter" {
                for recipe in recipes do
                    for deviation in all do
                        for stage, changed in List.zip recipe.Stages (Reference.apply deviation recipe).Stages do
                            let back =
                                match deviation with
                                | Deviations.ScheduleAhead ->
                                    { changed with
                                        Schedule = stage.Schedule
                                    }
                                | Deviations.DecaysShifts ->
                                    { changed with
                                        WeightDecay = WeightDecay.ofGroups stage.WeightDecay.Groups changed.WeightDecay
                                    }
                                | Deviations.PositiveStart
                                | Deviations.LosesBinaryWeights ->
                                    { changed with
                                        BinaryStart = BinaryStart.Inherited
                                    }
                                | Deviations.StartsFromBest -> { changed with KeepsBest = false }
                                | _ -> changed

                            Expect.equal back stage $"{recipe.Name}, {deviation}"

                    Expect.equal
                        (List.foldBack Reference.apply all recipe)
                        (Reference.apply (List.reduce (|||) all) recipe)
                        "the order does not matter"
            }

            test "A schedule ahead has lr (1 - (e + 1) / E) in epoch e, and 0 in the last" {
                let stage =
                    (Reference.apply Deviations.ScheduleAhead (Recipe.oneStep options)).Stages.Head

                let rate = Schedule.scale 1.25e-3 stage.Schedule.Value

                Expect.sequenceEqual
                    (Schedule.values 12 rate)
                    [|
                        for e in 0..3 do
                            for _ in 1..3 -> 1.25e-3 * (1.0 - float (e + 1) / 4.0)
                    |]
                    "three iterations an epoch"
            }

            test "The decayed groups are those whose tensors have four dimensions" {
                for stage in (Reference.apply Deviations.DecaysShifts (Recipe.twoStep options)).Stages do
                    Expect.equal
                        stage.WeightDecay.Groups
                        [
                            ParameterGroup.BinaryWeights
                            ParameterGroup.RealConvolutions
                            ParameterGroup.ShiftsAndScales
                        ]
                        "groups"
            }

            test "Positive first weights are met by trainings that begin with binary weights alone" {
                let starts deviations recipe =
                    [ for stage in (Reference.apply deviations recipe).Stages -> stage.BinaryStart ]

                Expect.equal
                    (List.map (starts Deviations.PositiveStart) recipes)
                    [
                        [ BinaryStart.FreshPositive ]
                        [ BinaryStart.Inherited; BinaryStart.Inherited ]
                        [ BinaryStart.FreshPositive; BinaryStart.Inherited ]
                    ]
                    "one-step, two-step, weights-first"

                Expect.equal
                    (starts Deviations.LosesBinaryWeights (Recipe.twoStep options))
                    [ BinaryStart.Inherited; BinaryStart.FreshPositive ]
                    "the released ReActNet-A"
            }

            test "The best epoch is chosen in every stage that another one follows" {
                let keeps =
                    [
                        for stage in (Reference.apply Deviations.StartsFromBest (Recipe.twoStep options)).Stages ->
                            stage.KeepsBest
                    ]

                Expect.equal keeps [ true; false ] "step 1 alone"
            }

            test "Weights first is two steps that differ in what the first one binarizes" {
                match (Recipe.twoStep options).Stages, (Recipe.weightsFirst options).Stages with
                | [ first; second ], [ other; same ] ->
                    Expect.equal same second "step 2"

                    Expect.equal
                        { other with
                            BinaryActivations = first.BinaryActivations
                            BinaryWeights = first.BinaryWeights
                        }
                        first
                        "step 1 but for what is binary"

                    Expect.equal (other.BinaryActivations, other.BinaryWeights) (false, true) "weights only"
                | _ -> failtest "two stages each"
            }
        ]
