(**
# Does Adam win on binary networks, and SGD on real ones? (the paper, Figure 2)

On ImageNet the paper finds SGD with momentum as good as Adam or better on the real-valued ResNet-18, and Adam clearly better on the binary one,
whose training and validation curves lie close together: a binary network has few degrees of freedom, so finding a good minimum is its problem, not
overfitting. Here: {Adam, SGD} x {real, binary}, each at the best of its own rates, with accuracy on held-out images after each epoch.

First `dotnet build -c Release`, then `dotnet fsi experiments/curves.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let data = DataSets.FashionMnist

let binary scale name find = Usual.tunedOneStep scale data name find

let real scale name find =
    Usual.tunedRealStep scale data name find

let trainings scale find =
    [
        for name in [ "Adam"; "SGD" ] do
            yield! Tuning.runs scale (Usual.sweep scale data name)
            yield! Tuning.runs scale (Usual.realSweep scale data name)
            yield! Usual.allSeeds scale [ binary scale name find; real scale name find ]
    ]

/// How much better the training images are known than the held-out ones, at the end.
let gap (record: Record) =
    match List.tryLast record.Steps with
    | Some step -> step.TrainTop1 - step.HeldOutTop1
    | None -> nan

let claims scale =
    [
        {
            Name = "Adam is better than SGD on the binary network"
            Paper = "one step on ImageNet: 61.49 % against 58.98 %"
            Prediction = "the 95 % interval of Adam - SGD, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate scale find ("Adam", binary scale "Adam" find) ("SGD", binary scale "SGD" find)
        }
        {
            Name = "SGD is better than Adam on the real network"
            Paper = "Figure 2: SGD ends above Adam on validation images"
            Prediction = "the 95 % interval of SGD - Adam, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate scale find ("SGD", real scale "SGD" find) ("Adam", real scale "Adam" find)
        }
        {
            Name = "The binary network overfits less than the real one"
            Paper = "Figure 2: the binary network's curves lie close together"
            Prediction =
                "with Adam the 95 % interval of the difference of their gaps (training - held-out top-1) is above 0"
            Judge =
                fun find ->
                    Contrast.greater
                        Show.percent
                        Show.points
                        gap
                        scale
                        find
                        ("the real network's gap", real scale "Adam" find)
                        ("the binary one's", binary scale "Adam" find)
        }
    ]

let draw (title: string) kind (scale: Scale) (find: Find) =
    let curves =
        [
            for name in [ "Adam"; "SGD" ] do
                let curve label isDashed (number: Epoch -> float) =
                    {
                        Label = $"{name}, {label}"
                        Color = Chart.ofOptimizer name
                        IsDashed = isDashed
                        Training = kind scale name find
                        Number = fun e -> 100.0 * number e
                    }

                curve "held-out images" false _.HeldOutTop1
                curve "training images" true _.TrainTop1
        ]

    EpochPlot.withLegend ScottPlot.Alignment.LowerRight title "top-1, %" curves scale find

let experiment =
    {
        Name = "curves"
        Title = "Does Adam win on binary networks, and SGD on real ones?"
        Paper = "Figure 2"
        Method =
            "{Adam, SGD} x {real, binary}, one step without decay, each at the best of its own rates. The real network is the binary one's twin: clip(-1, x, 1) in place of signs."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "curves-binary"
                        Caption =
                            "Top-1 by epoch of the binary network, Adam and SGD, training and held-out images: mean of the seeds and their range."
                        Width = 760
                        Height = 460
                        Draw = draw "The binary network, one step" binary scale
                    }
                    {
                        Name = "curves-real"
                        Caption = "The same of its real twin."
                        Width = 760
                        Height = 460
                        Draw = draw "Its real twin" real scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
