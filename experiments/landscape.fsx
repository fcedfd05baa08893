(**
# Is a binary network's loss rougher than a real one's, and do real shortcuts smooth it? (the paper, Figure 1)

The paper draws the loss around a trained real network, smooth, and around a binary one, rugged: many weights change sign at each step. Which parts of a binary
network beside its weights shape its loss the paper leaves open; the sums beside its blocks are the one real-valued path from layer to layer.

Here: the training loss of 1,000 images around the real network, the binary one, and the binary one without these sums, in random directions that are in each
output channel as long as its weights (Li et al., 2018). Latent weights move; signs are taken anew at each point. Roughness of a line: how much it bends from
point to point, as a share of how much it rises and falls; 0 of a straight line, 1.73 of white noise, and no factor changes it. 81 points, three directions a seed.

First `dotnet build -c Release`, then `dotnet fsi experiments/landscape.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open System
open Bnn.Experiments

let data = DataSets.FashionMnist

let measured (training: Training) =
    { training with
        Analysis = Landscape.analysis.Name
    }

let real scale find =
    Usual.tunedRealStep scale data "Adam" find |> Option.map measured

let binary scale find =
    Usual.tunedOneStep scale data "Adam" find |> Option.map measured

/// At the rate of the network with shortcuts: one thing differs.
let withoutShortcuts scale find =
    binary scale find
    |> Option.map (fun training ->
        { training with
            Network = Networks.WithoutShortcuts
        })

let networks =
    [
        "real", real, Chart.green
        "binary", binary, Chart.blue
        "binary, no shortcuts", withoutShortcuts, Chart.purple
    ]

let trainings scale find =
    [
        yield! Tuning.runs scale (Usual.sweep scale data "Adam")
        yield! Tuning.runs scale (Usual.realSweep scale data "Adam")
        yield! Usual.allSeeds scale [ for _, training, _ in networks -> training scale find ]
    ]

/// NaN of a run that failed: then a claim is undecided.
let roughness (record: Record) =
    match Map.tryFind "roughness" record.Analysis with
    | Some [ roughness ] -> roughness
    | _ -> nan

let claims scale =
    let rougher find a b =
        Contrast.greater Show.ratio Show.interval roughness scale find a b

    [
        {
            Name = "The binary network's loss is rougher than the real one's"
            Paper = "Figure 1: the real network's surface is smooth, the binary one's rugged"
            Prediction = "the 95 % interval of the difference of their roughness, binary - real, is above 0"
            Judge = fun find -> rougher find ("binary", binary scale find) ("real", real scale find)
        }
        {
            Name = "Without real-valued shortcuts the binary network's loss is rougher"
            Paper = ""
            Prediction = "the 95 % interval of the difference of their roughness, without - with, is above 0"
            Judge =
                fun find -> rougher find ("without shortcuts", withoutShortcuts scale find) ("with", binary scale find)
        }
    ]

(** The pictures are of one seed, and of one scale for the three networks: loss from 0 to three times that of a guess among ten classes; what lies above, or is no number, is cut there. *)
let cut = 3.0 * log 10.0

let height loss =
    if Double.IsFinite loss then min loss cut / cut else 1.0

/// The first seed's record of each network, where all are there and have been measured.
let records (scale: Scale) (find: Find) =
    let found =
        [
            for name, training, colour in networks do
                match training scale find |> Option.bind (Find.seeds find [ scale.Seeds.Head ]) with
                | Some [ record ] when record.Failure = "" -> name, record, colour
                | _ -> ()
        ]

    if found.Length = networks.Length then Some found else None

/// How three surfaces stand side by side: what places a point, where each begins and how wide it is, how high all are.
type View =
    {
        Place: float -> float -> float -> ScottPlot.Coordinates
        IsEdged: bool
        Left: float
        Width: float
        Height: float
    }

let corner =
    {
        Place = Surface.fromCorner
        IsEdged = true
        Left = -1.0
        Width = 2.0
        Height = 2.0
    }

let above =
    {
        Place = Surface.fromAbove
        IsEdged = false
        Left = 0.0
        Width = 1.0
        Height = 1.0
    }

let drawSurfaces title view scale find =
    records scale find
    |> Option.map (fun found ->
        let plot = Chart.create title "" ""
        let gap = 0.1 * view.Width
        let right = view.Left + float found.Length * (view.Width + gap)
        Surface.bare plot (view.Left - gap) (right + 0.45 * view.Width) (-0.05 * view.Height) (1.12 * view.Height)

        for k, (name, record, _) in List.indexed found do
            let shift = float k * (view.Width + gap)

            let heights =
                [|
                    for row in Landscape.surface record -> [| for loss in row -> height loss |]
                |]

            Surface.draw plot view.Place view.IsEdged shift heights

            let label =
                Chart.text plot Chart.black (view.Left + shift + 0.5 * view.Width) (1.03 * view.Height) name

            label.LabelAlignment <- ScottPlot.Alignment.LowerCenter

        Surface.scale plot right (0.04 * view.Width) view.Height "loss 0" $"{Show.ratio cut} or more"
        plot)

/// Each line through its mean: roughness knows no factor, either.
let drawLines scale find =
    records scale find
    |> Option.map (fun found ->
        let plot =
            Chart.create
                "The loss along a random direction"
                "step, as a share of the weights' length"
                "loss / mean loss of the line"

        for name, record, colour in found do
            let losses = record.Analysis["line 1"]

            let points =
                List.zip (Landscape.places losses.Length) losses
                |> List.filter (snd >> Double.IsFinite)

            let mean = points |> List.averageBy snd

            Chart.line
                plot
                $"{name}, roughness {Show.ratio (Landscape.roughness losses)}"
                colour
                false
                (List.map fst points)
                (points |> List.map (fun (_, loss) -> loss / mean))

        Chart.legend plot ScottPlot.Alignment.UpperCenter
        plot)

let ofSurfaces =
    $"the training loss around the trained real network, the binary one and the binary one without shortcuts, in two random directions, seed 1; loss above {Show.ratio cut}, three times that of a guess, and what is no number is cut there."

let experiment =
    {
        Name = "landscape"
        Title = "Is a binary network's loss rougher than a real one's, and do real shortcuts smooth it?"
        Paper = "Figure 1"
        Method =
            "The training loss of 1,000 images around networks that Adam trained in one step, real, binary and binary without shortcuts, in random directions of each output channel's length; signs are taken anew at each point. Roughness: mean |a - 2b + c| through mean |b - a| of neighbours on lines of 81 points."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "landscape-surfaces"
                        Caption = $"Seen from a corner: {ofSurfaces}"
                        Width = 960
                        Height = 340
                        Draw = drawSurfaces "The loss around a trained network" corner scale
                    }
                    {
                        Name = "landscape-maps"
                        Caption = $"As a map, the trained network in the middle: {ofSurfaces}"
                        Width = 960
                        Height = 340
                        Draw =
                            drawSurfaces
                                "The loss around a trained network, two directions, steps of -1 to 1 of the weights' length"
                                above
                                scale
                    }
                    {
                        Name = "landscape-lines"
                        Caption =
                            "The training loss along one random direction, through its mean, by the step: the three networks, seed 1."
                        Width = 760
                        Height = 460
                        Draw = drawLines scale
                    }
                ]
        Analyses = [ Landscape.analysis ]
    }

Script.main experiment fsi.CommandLineArgs
