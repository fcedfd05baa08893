(**
# Do the paper's two contrasts hold on CIFAR-10, too?

Adam against SGD, and two steps against one, on other pictures: photographs in colour, with flips and shifted crops. Rates are tuned anew.

First `dotnet build -c Release`, then `dotnet fsi experiments/cifar10-contrasts.fsx --data FOLDER [--quick] [--seeds 5]`, where the folder has CIFAR-10's binary
version or tar shards of JPEGs.
*)
#load "runner.fsx"

open Bnn.Experiments

let data = DataSets.Cifar10

let oneStep (scale: Scale) name find = Usual.tunedOneStep scale data name find

let twoStep (scale: Scale) find = Usual.tunedTwoStep scale data find

let trainings (scale: Scale) find =
    Usual.oneStepOfBoth scale data find
    @ Tuning.runs scale (Usual.twoStepSweep scale data find)
    @ Usual.allSeeds scale [ twoStep scale find ]

let claims (scale: Scale) =
    [
        {
            Name = "Adam is better than SGD on CIFAR-10"
            Paper = "one step on ImageNet: 61.49 % against 58.98 %"
            Prediction = "the 95 % interval of Adam - SGD, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate
                        scale
                        find
                        ("Adam", oneStep scale "Adam" find)
                        ("SGD", oneStep scale "SGD" find)
        }
        {
            Name = "Two steps are better than one on CIFAR-10, in as many epochs"
            Paper = "63.23 % against 61.89 % at best, with twice as many epochs"
            Prediction = "the 95 % interval of two-step - one-step, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate
                        scale
                        find
                        ("two steps", twoStep scale find)
                        ("one step", oneStep scale "Adam" find)
        }
    ]

let draw (scale: Scale) (find: Find) =
    [
        "SGD, one step", Chart.orange, oneStep scale "SGD" find
        "Adam, one step", Chart.blue, oneStep scale "Adam" find
        "Adam, two steps", Chart.blue, twoStep scale find
    ]
    |> IntervalPlot.draw "CIFAR-10: optimizer and steps" scale find

let experiment =
    {
        Name = "cifar10-contrasts"
        Title = "Do the paper's two contrasts hold on CIFAR-10, too?"
        Paper = "Figure 2, Table 1"
        Method =
            "The same network and recipes on CIFAR-10 with flips and shifted crops; rates and step 1's decay by screening on its own held-out images."
        Tier = 2
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "cifar10-contrasts"
                        Caption =
                            "Test top-1 on CIFAR-10: SGD and Adam in one step, Adam in two: means with 95 % intervals, and each seed."
                        Width = 620
                        Height = 420
                        Draw = draw scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
