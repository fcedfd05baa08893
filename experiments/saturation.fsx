(**
# Does Adam leave fewer activations saturated? (the paper, Figure 3)

Where |x| > 1 in front of a sign the surrogate gradient is 0, and the weights behind it learn nothing from that image. On ImageNet the first binary
convolution's inputs are 42.5 % saturated with SGD after the first epoch and 35.5 % with Adam; after the last 38.6 % and 23.8 %. By channel, Adam has
fewer output channels whose gradients are mostly 0.

First `dotnet build -c Release`, then `dotnet fsi experiments/saturation.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let training (scale: Scale) name find =
    Usual.tunedOneStep scale DataSets.FashionMnist name find

let trainings scale find =
    Usual.oneStepOfBoth scale DataSets.FashionMnist find

let first (number: Epoch -> float) (record: Record) =
    List.tryHead record.Epochs |> Option.map number |> Option.defaultValue nan

let last (number: Epoch -> float) (record: Record) =
    List.tryLast record.Epochs |> Option.map number |> Option.defaultValue nan

/// The median over the first binary convolution's output channels of the share of gradients that are exactly 0.
let medianZeros (epoch: Epoch) =
    match epoch.FirstLayer with
    | Some layer -> layer.ZeroGradients[2]
    | None -> nan

let sgdAboveAdam (scale: Scale) number =
    fun find -> Contrast.sgdAboveAdam Show.percent Show.points (fun name -> training scale name find) number scale find

let claims scale =
    [
        {
            Name = "After the first epoch SGD has more saturated activations than Adam"
            Paper = "42.54 % against 35.45 %, first binary convolution"
            Prediction = "the 95 % interval of SGD - Adam is above 0"
            Judge = sgdAboveAdam scale (first _.Saturation)
        }
        {
            Name = "After the last epoch, too"
            Paper = "38.61 % against 23.81 %"
            Prediction = "the 95 % interval of SGD - Adam is above 0"
            Judge = sgdAboveAdam scale (last _.Saturation)
        }
        {
            Name = "With SGD more of the first binary convolution's gradients are 0"
            Paper = "Figure 3: more channels without gradients"
            Prediction =
                "after the last epoch the 95 % interval of SGD - Adam is above 0, for the median over the output channels of the share of gradients that are exactly 0"
            Judge = sgdAboveAdam scale (last medianZeros)
        }
    ]

let draw (scale: Scale) (find: Find) =
    EpochPlot.withLegend
        ScottPlot.Alignment.UpperRight
        "Saturated inputs of the first binary convolution"
        "share of inputs with |x| > 1, %"
        (EpochPlot.ofOptimizers (fun name -> training scale name find) (fun e -> 100.0 * e.Saturation))
        scale
        find

let experiment =
    {
        Name = "saturation"
        Title = "Does Adam leave fewer activations saturated?"
        Paper = "Figure 3"
        Method =
            "The one-step trainings of Adam and SGD at their best rates. Saturation is the share of inputs, after the learned shift, with |x| > 1, over an epoch."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "saturation"
                        Caption =
                            "Saturation of the first binary convolution's inputs by epoch, Adam and SGD: mean of the seeds and their range."
                        Width = 760
                        Height = 460
                        Draw = draw scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
