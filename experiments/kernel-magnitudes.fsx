(**
# Are Adam's kernels more alike than SGD's? (the paper, Figures 4 and 5)

CAM is the mean |w| of an output channel's kernel, SDAM its standard deviation over the channels. On ImageNet SGD leaves kernels that differ more
after an epoch (SDAM 6.227e-3 against 5.558e-3 with Adam), because its updates do: 34.3 % of its kernels are updated less than the least of Adam's.

First `dotnet build -c Release`, then `dotnet fsi experiments/kernel-magnitudes.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let training (scale: Scale) name find =
    Usual.tunedOneStep scale DataSets.FashionMnist name find

let trainings scale find =
    Usual.oneStepOfBoth scale DataSets.FashionMnist find

/// The first binary convolution after the first epoch.
let early (record: Record) =
    List.tryHead record.Epochs |> Option.bind _.FirstLayer

(** Rates differ, so that plain magnitudes would compare rates: SDAM is also taken as a share of the mean, and updates as a share of their median. *)
let sdam record =
    early record |> Option.map _.Sdam |> Option.defaultValue nan

/// SDAM of the updates of single iterations as a share of their mean.
let updateSpread record =
    match early record with
    | Some layer when not layer.UpdateCam.IsEmpty -> layer.UpdateSdam / List.average layer.UpdateCam
    | _ -> nan

/// The share of one training's channels whose updates are less than the least of another's, each as a share of its own median.
let shareBelow (ofA: Record) (ofB: Record) =
    let relative record =
        match early record with
        | Some layer when not layer.UpdateCam.IsEmpty ->
            let median = layer.UpdateCam[layer.UpdateCam.Length / 2]
            layer.UpdateCam |> List.map (fun cam -> cam / median)
        | _ -> []

    match relative ofA, relative ofB with
    | [], _
    | _, [] -> nan
    | a, b ->
        let least = List.min b

        float (a |> List.filter (fun cam -> cam < least) |> List.length)
        / float a.Length

let judgeBelow (scale: Scale) (find: Find) =
    let records name =
        training scale name find |> Option.bind (Find.seeds find scale.Seeds)

    match records "Adam", records "SGD" with
    | Some adam, Some sgd ->
        let sgdBelow = List.map2 shareBelow sgd adam
        let adamBelow = List.map2 shareBelow adam sgd
        let difference = Interval.ofDifferences sgdBelow adamBelow

        Verdict.above
            $"{Show.percent (List.average sgdBelow)} of SGD's channels are below the least of Adam's, {Show.percent (List.average adamBelow)} the other way round; difference {Show.points difference}"
            difference
    | _ -> Verdict.waiting 0

let sgdAboveAdam (scale: Scale) number =
    fun find -> Contrast.sgdAboveAdam Show.ratio Show.interval (fun name -> training scale name find) number scale find

let claims scale =
    [
        {
            Name = "After an epoch the kernels' magnitudes differ more with SGD"
            Paper = "SDAM 6.227e-3 against 5.558e-3"
            Prediction = "the 95 % interval of SGD - Adam, SDAM of the first binary convolution, is above 0"
            Judge = sgdAboveAdam scale sdam
        }
        {
            Name = "Updates differ more from channel to channel with SGD"
            Paper = "Figure 5"
            Prediction =
                "the 95 % interval of SGD - Adam is above 0, for the SDAM of single iterations' updates as a share of their mean"
            Judge = sgdAboveAdam scale updateSpread
        }
        {
            Name = "More of SGD's channels are updated less than the least of Adam's than the other way round"
            Paper = "34.3 % of SGD's kernels are below Adam's minimum"
            Prediction =
                "the 95 % interval of the difference of both shares is above 0; updates are taken as a share of their median, since the rates differ"
            Judge = judgeBelow scale
        }
    ]

let draw (scale: Scale) (find: Find) =
    let record name =
        training scale name find
        |> Option.bind (fun t -> find { t with Seed = scale.Seeds.Head })
        |> Option.bind early

    match record "Adam", record "SGD" with
    | Some adam, Some sgd ->
        let plot =
            Chart.create
                "Updates of the first binary convolution's channels, after one epoch"
                "output channels, ascending"
                "mean |update| as a share of the median"

        for name, layer in [ "Adam", adam; "SGD", sgd ] do
            let median = layer.UpdateCam[layer.UpdateCam.Length / 2]

            Chart.line
                plot
                name
                (Chart.ofOptimizer name)
                false
                [ for k in 1 .. layer.UpdateCam.Length -> float k ]
                [ for cam in layer.UpdateCam -> cam / median ]

        Chart.legend plot ScottPlot.Alignment.UpperLeft
        Some plot
    | _ -> None

let experiment =
    {
        Name = "kernel-magnitudes"
        Title = "Are Adam's kernels more alike than SGD's?"
        Paper = "Figures 4 and 5"
        Method =
            "The one-step trainings of Adam and SGD at their best rates; the first binary convolution, after the first epoch, updates over its last ten iterations."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "kernel-updates"
                        Caption =
                            "Mean |update| of each output channel of the first binary convolution as a share of their median, in ascending order, Adam and SGD, first seed."
                        Width = 760
                        Height = 460
                        Draw = draw scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
