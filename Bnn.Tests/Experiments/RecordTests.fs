/// Configurations and records as text, and the hash by which a record is found.
module Bnn.Tests.ExperimentRecordTests

open System
open Bnn.Experiments
open Bnn.Tests.ExperimentSupport
open Expecto
open Microsoft.FSharp.Reflection

/// A change of each field, by the field's name.
let private changes: (string * (Training -> Training)) list =
    [
        "Data", (fun t -> { t with Data = "other" })
        "Images", (fun t -> { t with Images = t.Images + 1 })
        "Network", (fun t -> { t with Network = "other" })
        "Optimizer",
        (fun t ->
            { t with
                Optimizer = { t.Optimizer with Name = "other" }
            })
        "RealOptimizer",
        (fun t ->
            { t with
                RealOptimizer = Some { Name = "other"; LearningRate = 0.5 }
            })
        "Schedule", (fun t -> { t with Schedule = "constant" })
        "Steps", (fun t -> { t with Steps = List.rev t.Steps })
        "Batch", (fun t -> { t with Batch = t.Batch + 1 })
        "Teacher",
        (fun t ->
            { t with
                Teacher = Some { training with Seed = 77L }
            })
        "Analysis", (fun t -> { t with Analysis = "other" })
        "Protocol", (fun t -> { t with Protocol = Protocol.Full })
        "Seed", (fun t -> { t with Seed = t.Seed + 1L })
    ]

let private ofStep: (string * (Step -> Step)) list =
    [
        "BinaryActivations",
        (fun s ->
            { s with
                BinaryActivations = not s.BinaryActivations
            })
        "BinaryWeights",
        (fun s ->
            { s with
                BinaryWeights = not s.BinaryWeights
            })
        "Epochs", (fun s -> { s with Epochs = s.Epochs + 1 })
        "WeightDecay",
        (fun s ->
            { s with
                WeightDecay = s.WeightDecay + 1e-4
            })
        "IsFresh", (fun s -> { s with IsFresh = not s.IsFresh })
    ]

let private fieldsOf<'T> =
    [ for field in FSharpType.GetRecordFields typeof<'T> -> field.Name ]

/// A record with all that one can have.
let private full =
    { recordOf 0.8125 rich with
        Epochs =
            [
                {
                    Step = 1
                    Epoch = 2
                    Loss = 1.5
                    TrainTop1 = 0.5
                    HeldOutTop1 = nan
                    FlipFlopRatio = 1.25e-6
                    C2IRatio = 0.0
                    Saturation = 1.0
                    ZeroGradientChannels = nan
                    ZeroGradients = 0.125
                    DeadWeights = 0.25
                    RevivedWeights = 0.5
                    Latent =
                        Some
                            {
                                Limit = 1.5
                                Counts = [ 1L; 0L; 5_000_000_000L ]
                                Below = 0L
                                Above = 2L
                                Confident = 0.25
                                Unsure = 0.0
                                Peaks = [ -1.0; 0.0; 1.0 ]
                            }
                    FirstLayer = None
                }
            ]
        Analysis = Map.ofList [ "line 1", [ 0.0; nan; -2.5 ]; "nothing", [] ]
        DataNote = "JPEG"
    }

let private again (record: Record) =
    match Json.tryRead<Record>(Json.indented record) with
    | Ok read -> read
    | Error problem -> failtest problem

[<Tests>]
let tests =
    testList
        "Experiments: configurations and records"
        [
            test "A configuration that is written and read again is the same" {
                for training in [ training; rich; { rich with Teacher = Some rich } ] do
                    Expect.equal (Json.tryRead<Training>(Json.compact training)) (Ok training) "the same"
            }

            test
                "A record that is written and read again is the same: what does not exist is NaN again, and None stays None" {
                let read = again full
                Expect.equal (Json.indented read) (Json.indented full) "all of it"
                Expect.equal read.Training rich "configuration, teacher and all"
                Expect.equal read.TestTop1 0.8125 "top-1"
                Expect.isTrue (Double.IsNaN read.Epochs[0].HeldOutTop1) "NaN"
                Expect.equal read.Epochs[0].C2IRatio 0.0 "0"
                Expect.equal read.Epochs[0].Latent full.Epochs[0].Latent "Some"
                Expect.isNone read.Epochs[0].FirstLayer "None"
                Expect.isTrue (Double.IsNaN (Map.find "line 1" read.Analysis).[1]) "NaN in a list"
                Expect.equal (Map.find "nothing" read.Analysis) [] "an empty list"
                Expect.equal (read.Machine, read.DataNote) (full.Machine, "JPEG") "machine and note"
                Expect.isTrue (Double.IsNaN (again (diverged training)).TestTop1) "of one that diverged"
            }

            test "What is no record is an error in words: other text, another kind of value, a field that records lack" {
                for text in [ ""; "{"; "null"; "[]"; "{\"seconds\": \"x\"}"; "{\"colour\": 1}" ] do
                    Expect.isError (Json.tryRead<Record> text) text
            }

            test "The hash changes with every field of a configuration" {
                Expect.equal (List.map fst changes) fieldsOf<Training> "each field has its change"

                for name, change in changes do
                    Expect.notEqual (Training.hash (change rich)) (Training.hash rich) name

                Expect.equal (List.map fst ofStep) fieldsOf<Step> "each field of a step"

                for name, change in ofStep do
                    let changed =
                        { rich with
                            Steps = List.map change rich.Steps
                        }

                    Expect.notEqual (Training.hash changed) (Training.hash rich) name

                let faster =
                    { rich with
                        Optimizer =
                            { rich.Optimizer with
                                LearningRate = 0.031
                            }
                    }

                Expect.notEqual (Training.hash faster) (Training.hash rich) "the rate"
            }

            test "The hash changes with every field of the teacher" {
                for name, change in changes do
                    let changed =
                        { training with
                            Teacher = Some(change rich)
                        }

                    let before = { training with Teacher = Some rich }
                    Expect.notEqual (Training.hash changed) (Training.hash before) name
            }

            test "The hash of a configuration is the same after it has been written and read again" {
                for rate in [ 0.01; 1.0 / 3.0; 1.25e-7; 12_345.678 ] do
                    let training = trainingAt rate

                    match Json.tryRead<Training>(Json.compact training) with
                    | Ok read -> Expect.equal (Training.hash read) (Training.hash training) (Json.number rate)
                    | Error problem -> failtest problem
            }

            // records are found by these: whoever changes them makes all records worthless, and has to run all experiments again
            test "Known configurations have the hashes under which their records are kept" {
                Expect.equal (Training.hash training) "1d8e476daa48" "as usual"
                Expect.equal (Training.hash rich) "39c1b8e5ebe5" "as unusual as can be"
            }

            test "Hashes, records and words do not depend on the culture" {
                let texts () =
                    [
                        Training.hash rich
                        Json.indented full
                        Training.inWords rich
                        Show.percent 0.12345
                        Show.time 9_000.0
                    ]

                let expected = texts ()
                Expect.equal (under german texts) expected "German"
                Expect.equal (under german (fun () -> Json.indented (again full))) expected[1] "read under it"
            }

            test "The runner's code does not ask for the thread's culture" {
                Expect.equal (CultureScan.find typeof<Record>.Assembly) [] "nowhere"
            }
        ]
