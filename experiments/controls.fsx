(**
# Does Adam still win when SGD has everything of its own? (controls that the paper lacks)

The paper gives both optimizers the same decay and schedule. Here each has its own rate, decay and schedule, chosen by screening: the best of decays 0,
1e-4 and 1e-3 and of a linear and a cosine schedule at its best rate. And SGD updates the binary weights alone, Adam all others: is Adam's advantage
in the binary weights at all?

First `dotnet build -c Release`, then `dotnet fsi experiments/controls.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let data = DataSets.FashionMnist

/// An optimizer's decays and schedules at its best rate.
let candidates (scale: Scale) name find =
    match Usual.tuned scale data name find with
    | Some optimizer ->
        [
            for decay in Usual.decays[..2] do
                for schedule in [ "linear"; "cosine" ] ->
                    { (Usual.training scale data |> Usual.oneStep scale decay) with
                        Optimizer = optimizer
                        Schedule = schedule
                    }
        ]
    | None -> []

/// An optimizer with all of its own.
let own (scale: Scale) name find =
    match candidates scale name find with
    | [] -> None
    | some -> Tuning.best scale find some

/// SGD on the binary weights at three rates around its best, Adam at its best on all others.
let mixedCandidates (scale: Scale) find =
    match Usual.tuned scale data "SGD" find, Usual.tuned scale data "Adam" find with
    | Some sgd, Some adam ->
        [
            for factor in [ 0.3; 1.0; 3.0 ] ->
                { (Usual.training scale data |> Usual.oneStep scale 0.0) with
                    Optimizer =
                        { sgd with
                            LearningRate = factor * sgd.LearningRate
                        }
                    RealOptimizer = Some adam
                }
        ]
    | _ -> []

let mixed (scale: Scale) find =
    match mixedCandidates scale find with
    | [] -> None
    | some -> Tuning.best scale find some

let adamAlone (scale: Scale) find =
    Usual.tunedOneStep scale data "Adam" find

let trainings (scale: Scale) find =
    Usual.oneStepOfBoth scale data find
    @ Tuning.runs scale (candidates scale "Adam" find)
    @ Tuning.runs scale (candidates scale "SGD" find)
    @ Tuning.runs scale (mixedCandidates scale find)
    @ Usual.allSeeds scale [ own scale "Adam" find; own scale "SGD" find; mixed scale find ]

let sayRecipe training =
    match training with
    | Some training ->
        let step = training.Steps.Head
        $"rate {Json.number training.Optimizer.LearningRate}, decay {Json.number step.WeightDecay}, {training.Schedule}"
    | None -> "not known yet"

let claims (scale: Scale) =
    [
        {
            Name = "Adam is better than SGD when each has its own rate, decay and schedule"
            Paper = ""
            Prediction = "the 95 % interval of Adam - SGD, test top-1, is above 0"
            Judge =
                fun find ->
                    let adam, sgd = own scale "Adam" find, own scale "SGD" find

                    Contrast.moreAccurate scale find ($"Adam ({sayRecipe adam})", adam) ($"SGD ({sayRecipe sgd})", sgd)
        }
        {
            Name = "Adam on all weights is better than SGD on the binary and Adam on the real ones"
            Paper = ""
            Prediction = "the 95 % interval of Adam - both, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate
                        scale
                        find
                        ("Adam", adamAlone scale find)
                        ("SGD on the binary weights", mixed scale find)
        }
        {
            Name = "Most of Adam's advantage is in the binary weights"
            Paper = ""
            Prediction =
                "SGD on the binary and Adam on the real weights is no better than SGD on all: the 95 % interval of SGD on all - both, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate
                        scale
                        find
                        ("SGD on all", Usual.tunedOneStep scale data "SGD" find)
                        ("SGD on the binary weights", mixed scale find)
        }
    ]

let draw (scale: Scale) (find: Find) =
    [
        "Adam", Chart.blue, adamAlone scale find
        "Adam, own\ndecay, schedule", Chart.blue, own scale "Adam" find
        "SGD binary,\nAdam real", Chart.green, mixed scale find
        "SGD, own\ndecay, schedule", Chart.orange, own scale "SGD" find
        "SGD", Chart.orange, Usual.tunedOneStep scale data "SGD" find
    ]
    |> IntervalPlot.draw "Who updates which weights, one step" scale find

let experiment =
    {
        Name = "controls"
        Title = "Does Adam still win when SGD has everything of its own?"
        Paper = "not in the paper"
        Method =
            "One step. Own decay and schedule: the best of decays 0, 1e-4, 1e-3 and of linear and cosine at the optimizer's best rate, on held-out images. SGD on binary weights: the best of three rates around SGD's, with Adam at its best on all other weights."
        Tier = 2
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "controls"
                        Caption = "Test top-1 of Adam, SGD and both together: means with 95 % intervals, and each seed."
                        Width = 820
                        Height = 420
                        Draw = draw scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
