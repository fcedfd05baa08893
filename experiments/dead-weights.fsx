(**
# Does Adam revive dead weights? (the paper, section 4.1)

The paper's explanation of why Adam wins: where activations are saturated weights see almost no gradient ("dead" weights). SGD's update of them stays
near 0; Adam divides by the small history of their gradients, and moves them. The paper gives no definition; ours: a weight is *dead* where its gradient
was at most 1 % of its layer's mean magnitude in all of an epoch's last ten iterations; a dead weight is *revived* where the optimizer moved it all
the same, by more than 1 % of its layer's mean move, in the later five of them.

First `dotnet build -c Release`, then `dotnet fsi experiments/dead-weights.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open System
open Bnn.Experiments

let training (scale: Scale) name find =
    Usual.tunedOneStep scale DataSets.FashionMnist name find

let trainings scale find =
    Usual.oneStepOfBoth scale DataSets.FashionMnist find

/// The mean over the epochs of what exists.
let mean (number: Epoch -> float) (record: Record) =
    match record.Epochs |> List.map number |> List.filter Double.IsFinite with
    | [] -> nan
    | numbers -> List.average numbers

let claims (scale: Scale) =
    let both find name = name, training scale name find

    [
        {
            Name = "SGD leaves more dead weights than Adam"
            Paper = "more saturation with SGD, and so more weights without gradients"
            Prediction = "the 95 % interval of SGD - Adam is above 0, for the share of dead weights, mean of the epochs"
            Judge =
                fun find ->
                    Contrast.greater
                        Show.percent
                        Show.points
                        (mean _.DeadWeights)
                        scale
                        find
                        (both find "SGD")
                        (both find "Adam")
        }
        {
            Name = "Adam revives more of its dead weights than SGD"
            Paper = "\"the update value of Adam is enlarged for weights with small gradients\""
            Prediction =
                "the 95 % interval of Adam - SGD is above 0, for the share of the dead that moved, mean of the epochs"
            Judge =
                fun find ->
                    Contrast.greater
                        Show.percent
                        Show.points
                        (mean _.RevivedWeights)
                        scale
                        find
                        (both find "Adam")
                        (both find "SGD")
        }
    ]

let draw title y (number: Epoch -> float) (scale: Scale) (find: Find) =
    EpochPlot.withLegend
        ScottPlot.Alignment.UpperRight
        title
        y
        (EpochPlot.ofOptimizers (fun name -> training scale name find) (fun e -> 100.0 * number e))
        scale
        find

let experiment =
    {
        Name = "dead-weights"
        Title = "Does Adam revive dead weights?"
        Paper = "section 4.1"
        Method =
            "The one-step trainings of Adam and SGD at their best rates. Dead: gradient at most 1 % of the layer's mean magnitude in the last ten iterations of an epoch; revived: moved by more than 1 % of the layer's mean move all the same."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "dead-weights"
                        Caption =
                            "Share of binary weights that are dead, by epoch, Adam and SGD: mean of the seeds and their range."
                        Width = 760
                        Height = 420
                        Draw = draw "Dead weights" "share of binary weights, %" _.DeadWeights scale
                    }
                    {
                        Name = "revived-weights"
                        Caption = "Share of the dead weights that the optimizer moved all the same, by epoch."
                        Width = 760
                        Height = 420
                        Draw =
                            draw
                                "Dead weights that move all the same"
                                "share of the dead weights, %"
                                _.RevivedWeights
                                scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
