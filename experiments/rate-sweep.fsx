(**
# Does Adam's best learning rate beat SGD's best? (the paper, Figure 8)

The paper trains the binary ResNet-18 in one step at six rates of each optimizer: Adam's best reaches 61.4 %, SGD's best 59.0 %, and Adam is
better over a wide range. Here the same is asked of a small network on Fashion-MNIST, on 10,000 training images, judged on 5,000 held-out ones: two seeds
a rate, five at the best ones. All other experiments take their rates from these runs.

First `dotnet build -c Release`, then `dotnet fsi experiments/rate-sweep.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let optimizers = [ "Adam"; "SGD" ]

let data = DataSets.FashionMnist

/// Screening at an optimizer's best rate; None while the rates are not all there.
let atBest scale name find =
    Usual.tunedOneStep scale data name find |> Option.map (Tuning.screening scale)

let trainings scale find =
    [
        for name in optimizers do
            yield! Tuning.runs scale (Usual.sweep scale data name)
    ]
    @ Usual.allSeeds scale [ for name in optimizers -> atBest scale name find ]

/// For each rate the scores of its seeds; None while a run is missing.
let curve scale (find: Find) name =
    let points =
        [
            for training in Usual.sweep scale data name ->
                Find.seeds find scale.ScreeningSeeds (Tuning.screening scale training)
                |> Option.map (fun records -> training.Optimizer.LearningRate, List.map Tuning.score records)
        ]

    if List.forall Option.isSome points then
        Some(List.choose id points)
    else
        None

let best points =
    points |> List.maxBy (fun (_, scores: float list) -> List.average scores)

/// An optimizer and its rate in words.
let named scale name find =
    let training = atBest scale name find

    match training with
    | Some { Optimizer = optimizer } -> $"{name} (rate {Json.number optimizer.LearningRate})", training
    | None -> name, training

let claims scale =
    [
        {
            Name = "At its best rate Adam is better than SGD at its"
            Paper = "61.4 % against 59.0 % (ImageNet, one step)"
            Prediction = "the 95 % interval of the paired difference on the held-out images is above 0"
            Judge =
                fun find ->
                    Contrast.greater
                        Show.percent
                        Show.points
                        Tuning.score
                        scale
                        find
                        (named scale "Adam" find)
                        (named scale "SGD" find)
        }
        {
            Name = "Adam is better over a wider range of rates"
            Paper = "Adam above 60 % from 5e-4 to 2e-3; SGD nowhere"
            Prediction = "of the six rates each, more of Adam's are within 2 points of the best of all"
            Judge =
                fun find ->
                    match curve scale find "Adam", curve scale find "SGD" with
                    | Some adam, Some sgd ->
                        let top = snd (best (adam @ sgd)) |> List.average

                        let near points =
                            points
                            |> List.filter (fun (_, scores) -> List.average scores > top - 0.02)
                            |> List.length

                        {
                            Outcome = if near adam > near sgd then Holds else DoesNotHold
                            Measured =
                                $"%d{near adam} of Adam's and %d{near sgd} of SGD's within 2 points of {Show.percent top}"
                            Seeds = scale.ScreeningSeeds.Length
                        }
                    | _ -> Verdict.waiting 0
        }
    ]

let draw (scale: Scale) (find: Find) =
    let curves = optimizers |> List.map (fun name -> name, curve scale find name)

    if curves |> List.forall (snd >> Option.isSome) then
        let plot =
            Chart.create
                "The learning rate of a binary network trained in one step"
                "learning rate"
                "top-1 on held-out images, %"

        // a run that diverged scores 0: it is named, not drawn
        let whole, diverged =
            [
                for name, points in curves do
                    for rate, scores in points.Value -> name, rate, [ for score in scores -> 100.0 * score ]
            ]
            |> List.partition (fun (_, _, scores) -> List.min scores > 0.0)

        let lowest = whole |> List.map (fun (_, _, scores) -> List.min scores) |> List.min

        for name in optimizers do
            let ofName = whole |> List.filter (fun (other, _, _) -> other = name)

            Chart.seeds
                plot
                name
                (Chart.ofOptimizer name)
                false
                [ for _, rate, _ in ofName -> log10 rate ]
                (List.transpose [ for _, _, scores in ofName -> scores ])

        for name, rate, _ in diverged do
            let label = Chart.text plot (Chart.ofOptimizer name) (log10 rate) lowest "diverged"
            label.LabelAlignment <- ScottPlot.Alignment.MiddleCenter

        plot.Axes.SetLimitsX(-3.8, 0.3)
        Chart.decades plot [ -4 .. 0 ]
        Chart.legend plot ScottPlot.Alignment.UpperRight
        Some plot
    else
        None

let experiment =
    {
        Name = "rate-sweep"
        Title = "Does Adam's best learning rate beat SGD's best?"
        Paper = "Figure 8"
        Method =
            "One step, no decay, six rates an optimizer; 10,000 training images, judged on held-out ones; two seeds a rate, five at the best ones. The rates of all other experiments are the best of these."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "rate-sweep"
                        Caption =
                            "Top-1 on held-out images by learning rate, Adam and SGD, the mean of the seeds and their range."
                        Width = 760
                        Height = 460
                        Draw = draw scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
