/// Trainings that nobody runs, their records, and experiments of them.
module Bnn.Tests.ExperimentSupport

open System.Globalization
open System.IO
open Bnn.Experiments
open Bnn.Tests.DataSupport

/// A training by a rate.
let trainingAt rate =
    { Training.usual DataSets.FashionMnist Networks.ReActNet with
        Optimizer = { Name = "Adam"; LearningRate = rate }
        Steps = [ Step.binary 2 0.0 ]
    }

let training = trainingAt 0.01

let withSeed seed (training: Training) = { training with Seed = seed }

/// A training in which nothing is as usual.
let rich =
    { training with
        Data = DataSets.Cifar10
        Images = 1_234
        Network = Networks.Teacher
        Optimizer = { Name = "SGD"; LearningRate = 0.03 }
        RealOptimizer = Some { Name = "Lion"; LearningRate = 1e-4 }
        Schedule = "cosine"
        Steps =
            [
                Step.activations 3 1.5e-3
                { Step.binary 4 0.0 with
                    IsFresh = true
                }
            ]
        Batch = 32
        Teacher = Some training
        Analysis = "landscape"
        Protocol = Protocol.Screening
        Seed = 9L
    }

/// A record of a training that reached so much on the held-out and the test images.
let recordOf top1 (training: Training) =
    {
        Hash = Training.hash training
        NumericsVersion = Training.NumericsVersion
        Training = training
        Images = 320
        Failure = ""
        TestTop1 = top1
        Steps =
            [
                {
                    TrainTop1 = 0.75
                    HeldOutTop1 = top1
                    FlipFlopRatio = 0.001
                    C2IRatio = nan
                    Saturation = 0.25
                }
            ]
        Epochs = []
        Analysis = Map.empty
        Seconds = 3_600.0
        Machine =
            {
                Processor = "a processor"
                Runtime = "a runtime"
                Torch = "1.2.3"
                Day = "2025-01-31"
            }
        DataNote = ""
    }

/// The record of one that diverged.
let diverged training =
    { recordOf nan training with
        Failure = "the loss was no number"
        Steps = []
    }

/// What finds these records.
let finding (records: Record list) : Find =
    let byHash = records |> List.map (fun r -> r.Hash, r) |> Map.ofList
    fun training -> byHash.TryFind(Training.hash training)

/// An experiment of these trainings, without claims and pictures.
let experimentOf name tier trainings =
    {
        Name = name
        Title = $"What does {name} say?"
        Paper = "Figure 1"
        Method = "A method."
        Tier = tier
        Trainings = fun _ _ -> trainings
        Claims = fun _ -> []
        Pictures = fun _ -> []
        Analyses = []
    }

let inStore (action: Store -> unit) =
    inFolder (fun folder ->
        action
            {
                Records = Path.Combine(folder, "records")
                Work = Path.Combine(folder, "work")
            })

/// The file of a training's record.
let fileOf (store: Store) training =
    Path.Combine(store.Records, Training.hash training + ".json")

/// A decimal comma.
let german = CultureInfo.GetCultureInfo "de-DE"

/// Runs under a culture.
let under (culture: CultureInfo) (action: unit -> 'T) =
    let before = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- culture
        action ()
    finally
        CultureInfo.CurrentCulture <- before
