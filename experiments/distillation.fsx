(**
# Do two steps win where the network learns from a teacher, as in the paper?

All other experiments here learn from labels. The paper learns from a real ResNet-34's probabilities (the distributional loss, temperature 1, no
labels). One contrast repeats that: two steps against one, taught by a real ResNet-20 that was trained on the same images.

First `dotnet build -c Release`, then `dotnet fsi experiments/distillation.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let data = DataSets.FashionMnist

/// The teacher: real, Adam at its usual rate, few epochs; the same one for all.
let teacher (scale: Scale) =
    { Usual.training scale data with
        Network = Networks.Teacher
        Optimizer = { Name = "Adam"; LearningRate = 1e-3 }
        Steps = [ Step.real (max 2 (scale.Epochs / 2)) 0.0 ]
    }

let taught (scale: Scale) training =
    training
    |> Option.map (fun training ->
        { training with
            Teacher = Some(teacher scale)
        })

let oneStep (scale: Scale) find =
    Usual.tunedOneStep scale data "Adam" find |> taught scale

let twoStep (scale: Scale) find =
    Usual.tunedTwoStep scale data find |> taught scale

let trainings (scale: Scale) find =
    Tuning.runs scale (Usual.sweep scale data "Adam")
    @ Tuning.runs scale (Usual.twoStepSweep scale data find)
    @ [ teacher scale ]
    @ Usual.allSeeds
        scale
        [
            oneStep scale find
            twoStep scale find
            Usual.tunedOneStep scale data "Adam" find
        ]

let claims (scale: Scale) =
    [
        {
            Name = "Taught by a real network, two steps are better than one, in as many epochs"
            Paper = "63.23 % against 61.89 % at best, with twice as many epochs"
            Prediction = "the 95 % interval of two-step - one-step, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate scale find ("two steps", twoStep scale find) ("one step", oneStep scale find)
        }
        {
            Name = "A teacher is better than labels"
            Paper = ""
            Prediction = "in one step the 95 % interval of taught - labels, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate
                        scale
                        find
                        ("taught", oneStep scale find)
                        ("labels", Usual.tunedOneStep scale data "Adam" find)
        }
    ]

let experiment =
    {
        Name = "distillation"
        Title = "Do two steps win where the network learns from a teacher?"
        Paper = "section 5.1"
        Method =
            "The teacher is a real ResNet-20, Adam with rate 1e-3, half of the epochs; its probabilities at temperature 1 take the labels' place."
        Tier = 2
        Trainings = trainings
        Claims = claims
        Pictures = fun _ -> []
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
