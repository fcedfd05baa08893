/// Bop in a training: which weights it updates, and what updates the others.
module Bnn.Tests.Training.BopTrainingTests

open Bnn
open Bnn.Tests.TrainerTests
open Expecto

/// What a training prints of each of its stages.
let private stages (trainer: BnnTrainer) =
    trainer.Describe().Split "\nstep " |> List.ofArray |> List.tail

/// The line of the binary layers in a stage, which names all groups that have the same rule, and the rule after it.
let private ofBinaryLayers (stage: string) =
    let lines = stage.Split '\n' |> List.ofArray

    let own =
        lines
        |> List.skipWhile (fun line -> not (line.Contains "binary convolutions ("))

    own.Head, own.Tail |> List.takeWhile _.StartsWith("    ") |> String.concat "\n"

let private bop = (short ()).WithBop(learningRate = 0.25)

[<Tests>]
let tests =
    testList
        "Bop's training"
        [
            testCase
                "Bop flips weights where they are binary; where they are real Adam updates them, as in a training with Adam alone"
            <| fun _ ->
                let adam = (short ()).WithAdam(learningRate = 0.25)

                for withBop, withAdam in List.zip (stages bop) (stages adam) do
                    if withBop.Contains "weights real" then
                        Expect.equal withBop withAdam "with real weights"
                    else
                        let groups, rule = ofBinaryLayers withBop
                        Expect.isFalse (groups.Contains "batch norm") "a rule for binary weights alone"
                        Expect.stringContains rule "-w else w" "it flips"
                        Expect.isFalse (rule.Contains "sqrt") "nothing of Adam's"

            testCase "Bop's learning rate is that of all other weights, in every stage"
            <| fun _ ->
                for stage in stages bop do
                    Expect.stringContains stage "w - 0.25 * (1 - (t - 1) / T)" "Adam's descent"
                    Expect.stringContains stage "sqrt(v')" "Adam's root"

            testCase "Weights that Bop flips do not decay; the others do, by the rate beside it"
            <| fun _ ->
                for decay, text in
                    [
                        WeightDecay.Coupled 0.5, "g + 0.5 * w"
                        WeightDecay.Decoupled 0.5, "* 0.5)"
                        WeightDecay.Proximal 0.5, "* 0.5)"
                    ] do
                    let stage = bop.OneStep(decay).Describe()
                    let _, rule = ofBinaryLayers stage
                    Expect.isFalse (rule.Contains "0.5") $"binary weights, {decay.Kind}: {rule}"
                    Expect.stringContains stage text $"{decay.Kind}"

            testCase
                "Bop in a stage that is binary in some places alone is a fault that names them; real weights elsewhere would flip"
            <| fun _ ->
                let stage binaryWeights =
                    Stage.Create("some", true, binaryWeights, 1, places = [ "block1"; "block2" ])

                let faults isBinary =
                    bop.WithStages(stage isBinary).Validate()
                    |> Seq.filter (fun fault -> fault.Allowed.Contains "Bop")
                    |> Seq.map (fun fault -> fault.Name, fault.Value)
                    |> List.ofSeq

                Expect.equal (faults true) [ "some: places", "block1, block2" ] "binary weights"
                Expect.isEmpty (faults false) "real weights"
        ]
