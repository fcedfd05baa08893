module Bnn.Tests.ReferenceTests

open Bnn.Core
open Expecto

let private options: Recipe.Options =
    { Recipe.defaults with
        WeightDecay = WeightDecay.coupled (Const 5e-6)
        Epochs = 4
    }

let private recipes =
    [ Recipe.oneStep options; Recipe.twoStep options; Recipe.weightsFirst options ]

let private all =
    [
        ScheduleAhead
        DecaysShifts
        PositiveStart
        StartsFromBest
        LosesBinaryWeights
    ]

[<Tests>]
let tests =
    testList
        "Reference"
        [
            test "Without quirks a recipe stays as it is" {
                for recipe in recipes do
                    Expect.equal (Reference.apply [] recipe) recipe recipe.Name
            }

            test "Each quirk changes one thing of a stage, and the order of quirks does not matter" {
                for recipe in recipes do
                    for quirk in all do
                        for stage, changed in List.zip recipe.Stages (Reference.apply [ quirk ] recipe).Stages do
                            let back =
                                match quirk with
                                | ScheduleAhead ->
                                    { changed with
                                        Schedule = stage.Schedule
                                    }
                                | DecaysShifts ->
                                    { changed with
                                        WeightDecay = WeightDecay.ofGroups stage.WeightDecay.Groups changed.WeightDecay
                                    }
                                | PositiveStart
                                | LosesBinaryWeights -> { changed with BinaryStart = Inherited }
                                | StartsFromBest -> { changed with KeepsBest = false }

                            Expect.equal back stage $"{recipe.Name}, {quirk}"

                    Expect.equal
                        (Reference.apply (List.rev all) recipe)
                        (Reference.apply all recipe)
                        "the order does not matter"
            }

            test "A schedule ahead has lr (1 - (e + 1) / E) in epoch e, and 0 in the last" {
                let stage = (Reference.apply [ ScheduleAhead ] (Recipe.oneStep options)).Stages.Head
                let rate = Schedule.scale 1.25e-3 stage.Schedule

                Expect.sequenceEqual
                    (Schedule.values 12 rate)
                    [|
                        for e in 0..3 do
                            for _ in 1..3 -> 1.25e-3 * (1.0 - float (e + 1) / 4.0)
                    |]
                    "three iterations an epoch"
            }

            test "The decayed groups are those whose tensors have four dimensions" {
                for stage in (Reference.apply [ DecaysShifts ] (Recipe.twoStep options)).Stages do
                    Expect.equal stage.WeightDecay.Groups [ BinaryWeights; RealConvolutions; Biases ] "groups"
            }

            test "Positive first weights are met by trainings that begin with binary weights alone" {
                let starts quirks recipe =
                    [ for stage in (Reference.apply quirks recipe).Stages -> stage.BinaryStart ]

                Expect.equal
                    (List.map (starts [ PositiveStart ]) recipes)
                    [ [ FreshPositive ]; [ Inherited; Inherited ]; [ FreshPositive; Inherited ] ]
                    "one-step, two-step, weights-first"

                Expect.equal
                    (starts [ LosesBinaryWeights ] (Recipe.twoStep options))
                    [ Inherited; FreshPositive ]
                    "the released ReActNet-A"
            }

            test "The best epoch is chosen in every stage that another one follows" {
                let keeps =
                    [
                        for stage in (Reference.apply [ StartsFromBest ] (Recipe.twoStep options)).Stages ->
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
