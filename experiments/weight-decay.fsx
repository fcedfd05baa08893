(**
# Is weight decay a dilemma, and do two steps end it? (the paper, Table 1)

The paper trains StrongBaseline with Adam in one step: more decay gives more sign flips (FF) and weights that depend less on the start (C2I), no decay
less of the first and more of the second, and neither is best; a negative decay freezes the signs and ruins the network. Two steps, decay in the first
and none in the second, have few flips and end better. Coupled decay depends on how large gradients are, so the paper's 5e-6 does nothing at this
scale: decays from 1e-4 to 1e-2 are tried.

First `dotnet build -c Release`, then `dotnet fsi experiments/weight-decay.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open System
open Bnn.Experiments

let data = DataSets.FashionMnist

/// The paper's negative decay, as far below 0 as its positive ones are large here.
let negative = -1e-3

let oneStepDecays = negative :: Usual.decays
let twoStepDecays = Usual.decays

let oneStep (scale: Scale) decay find =
    Usual.training scale data
    |> Usual.oneStep scale decay
    |> Usual.at (Usual.tuned scale data "Adam" find)

let twoStep (scale: Scale) decay find =
    Usual.training scale data
    |> Usual.twoStep scale decay
    |> Usual.at (Usual.tuned scale data "Adam" find)

let trainings (scale: Scale) find =
    Tuning.runs scale (Usual.sweep scale data "Adam")
    @ Tuning.runs scale (Usual.twoStepSweep scale data find)
    @ Usual.allSeeds
        scale
        [
            for decay in oneStepDecays -> oneStep scale decay find
            for decay in twoStepDecays -> twoStep scale decay find
        ]

let lastStep (number: StepResult -> float) (record: Record) =
    List.tryLast record.Steps |> Option.map number |> Option.defaultValue nan

let flipFlop = lastStep _.FlipFlopRatio
let c2i = lastStep _.C2IRatio

let largest = List.max Usual.decays

let claims (scale: Scale) =
    let ratio number a b find =
        Contrast.greater Show.ratio Show.interval number scale find (a find) (b find)

    let one decay find =
        $"decay {Json.number decay}", oneStep scale decay find

    [
        {
            Name = "In one step decay makes signs flip more"
            Paper = "FF 2.33e-3 with 1e-5, 1.62e-3 with 5e-6, 2.86e-4 with none"
            Prediction = $"the 95 %% interval of FF({Json.number largest}) - FF(0) is above 0"
            Judge = ratio flipFlop (one largest) (one 0.0)
        }
        {
            Name = "In one step decay makes weights depend less on the start"
            Paper = "C2I 0.4810 with 1e-5, 0.4960 with 5e-6, 0.5243 with none"
            Prediction = $"the 95 %% interval of C2I(0) - C2I({Json.number largest}) is above 0"
            Judge = ratio c2i (one 0.0) (one largest)
        }
        {
            Name = "Negative decay freezes the signs"
            Paper = "FF 1.07e-7, C2I 0.9740 with -1e-4"
            Prediction = $"the 95 %% interval of C2I({Json.number negative}) - C2I(0) is above 0"
            Judge = ratio c2i (one negative) (one 0.0)
        }
        {
            Name = "Negative decay costs accuracy"
            Paper = "26.21 % against 61.49 % without decay"
            Prediction = $"the 95 %% interval of decay 0 - decay {Json.number negative}, test top-1, is above 0"
            Judge = fun find -> Contrast.moreAccurate scale find (one 0.0 find) (one negative find)
        }
        {
            Name = "Some decay is better than none in one step"
            Paper = "61.89 % with 5e-6, 61.49 % with none"
            Prediction = "the 95 % interval of decay 1e-4 - decay 0, test top-1, is above 0"
            Judge = fun find -> Contrast.moreAccurate scale find (one 1e-4 find) (one 0.0 find)
        }
        {
            Name = "Step 2 of two steps flips fewer signs than one step with the same decay"
            Paper = "FF 4.50e-4 against 1.62e-3 (5e-6), 4.89e-4 against 2.33e-3 (1e-5)"
            Prediction = "the 95 % interval of FF(one step) - FF(step 2), decay 1e-4, is above 0"
            Judge =
                fun find ->
                    Contrast.greater
                        Show.ratio
                        Show.interval
                        flipFlop
                        scale
                        find
                        ("one step", oneStep scale 1e-4 find)
                        ("step 2", twoStep scale 1e-4 find)
        }
        {
            Name = "Two steps are better than one, in as many epochs"
            Paper = "63.23 % against 61.89 % at best, with twice as many epochs"
            Prediction =
                "with step 1's best decay (by screening) the 95 % interval of two-step - one-step without decay, test top-1, is above 0"
            Judge =
                fun find ->
                    Contrast.moreAccurate
                        scale
                        find
                        ("two steps", Usual.tunedTwoStep scale data find)
                        ("one step", oneStep scale 0.0 find)
        }
    ]

/// One scheme's means of the seeds, one place a decay.
let points number kind (decays: float list) (scale: Scale) (find: Find) =
    decays
    |> List.map (fun decay -> Contrast.numbers number scale find (kind scale decay find))

let decayNames decays =
    [ for decay in decays -> Json.number decay ]

let draw title y number factor (scale: Scale) (find: Find) =
    let ofOne = points number oneStep oneStepDecays scale find
    let ofTwo = points number twoStep twoStepDecays scale find

    if List.forall Option.isSome (ofOne @ ofTwo) then
        let plot = Chart.create title "weight decay (of step 1, where there are two)" y
        Chart.categories plot (decayNames oneStepDecays)
        let scaled = Option.get >> List.map ((*) factor)

        for k, numbers in List.indexed ofOne do
            Chart.interval plot (if k = 0 then "one step" else "") Chart.orange (float k - 0.15) (scaled numbers)

        for k, numbers in List.indexed ofTwo do
            Chart.interval plot (if k = 0 then "two steps" else "") Chart.blue (float (k + 1) + 0.15) (scaled numbers)

        Chart.legend plot ScottPlot.Alignment.LowerRight
        Some plot
    else
        None

let experiment =
    {
        Name = "weight-decay"
        Title = "Is weight decay a dilemma, and do two steps end it?"
        Paper = "Table 1"
        Method =
            "Adam at its best one-step rate; coupled decay of the convolutions' weights. One step: all epochs binary. Two steps: half of the epochs with binary activations and decay, half all binary without, as many in all. FF and C2I are of the last step, from its own start."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                let picture name caption draw =
                    {
                        Name = name
                        Caption = caption
                        Width = 760
                        Height = 420
                        Draw = draw scale
                    }

                [
                    picture
                        "decay-top1"
                        "Test top-1 by weight decay, one and two steps: means with 95 % intervals, and each seed."
                        (draw "Accuracy by weight decay" "test top-1, %" Contrast.top1 100.0)
                    picture
                        "decay-ff"
                        "Flip-flop ratio by weight decay."
                        (draw "Sign flips by weight decay" "FF, of 1,000 weights in an iteration" flipFlop 1000.0)
                    picture
                        "decay-c2i"
                        "Correlation to initialization by weight decay."
                        (draw "What is left of the first signs" "C2I" c2i 1.0)
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
