(**
# Does SGD stall on the plateau that Adam crosses? (the paper, Figure 6)

Where activations are saturated the gradient of a sign, straight through by clip's derivative, is 0, and the loss is a plateau for those weights. The paper
draws the smallest such network, the sum of two sign nodes: SGD with momentum stalls on the plateau, and Adam, which divides by the small gradients
that it has seen, crosses it.

Here: y(x) = sign(w1 x) + sign(w2 x), with x and both w in the plane. It shall say of 200 points (standard normal coordinates) what a network of the same
kind says whose w stand at a right angle. Loss: mean (y - target)^2 / 2. Gradient of wk: mean (y - target) [|wk x| <= 1] x. All points in each
iteration, 300 iterations, constant rate. A start counts as solved when at most 2 % of the points are wrong. With |w| = 10 more than nine tenths of the
points saturate a node, with |w| = 1 a third.

Three kinds of starts, each in random directions: both nodes saturated; one saturated beside one that is not, so that no rate suits both; none, the control.
Each optimizer (the catalogue's SGD with momentum 0.9, and Adam) has 13 rates, 1e-3 to 1e3, and gets its best for each kind, chosen on other starts.

First `dotnet build -c Release`, then `dotnet fsi experiments/two-nodes.fsx [--quick]`; nothing is recorded, it is computed anew each time.
*)
#load "runner.fsx"

open System
open Bnn.Experiments

let optimizers = [ "Adam"; "SGD" ]
let rates = [ for k in -6 .. 6 -> 10.0 ** (float k / 2.0) ]
let points, iterations, enough = 200, 300, 0.02

/// A kind of starts: its name, and how long w1 and w2 are.
type Kind = string * float * float

let bothSaturated, oneSaturated, noneSaturated =
    ("both nodes saturated", 10.0, 10.0), ("one node saturated", 10.0, 1.0), ("none saturated", 1.0, 1.0)

let kinds = [ bothSaturated; oneSaturated; noneSaturated ]

/// The task and the start of a seed.
let drawn (_, length1, length2) (seed: int) =
    let random = Random seed
    let task = TwoNodes.task random points
    task, TwoNodes.start random length1 length2

let train name rate kind seed =
    let task, start = drawn kind seed
    TwoNodes.train (TwoNodes.rule name rate) iterations enough task start

/// For each seed 1 where the start is solved, else 0.
let solved name rate kind seeds =
    [
        for seed in seeds ->
            if (train name rate kind seed).Reached.IsSome then
                1.0
            else
                0.0
    ]

/// What all claims and pictures rest on, by optimizer and kind.
type Measured =
    {
        /// The share of the choosing starts that each rate solves.
        Sweeps: Map<string * Kind, (float * float) list>
        /// The best of these rates.
        BestRate: Map<string * Kind, float>
        /// The starts that judge.
        Starts: int list
        /// For each of them 1 where the best rate solves it, else 0.
        Solved: Map<string * Kind, float list>
    }

let measure choosing judging =
    let ofAll f =
        Map.ofList
            [
                for name in optimizers do
                    for kind in kinds -> (name, kind), f name kind
            ]

    let sweeps =
        ofAll (fun name kind -> [ for rate in rates -> rate, List.average (solved name rate kind choosing) ])

    let best = sweeps |> Map.map (fun _ sweep -> sweep |> List.maxBy snd |> fst)

    {
        Sweeps = sweeps
        BestRate = best
        Starts = judging
        Solved = ofAll (fun name kind -> solved name best[name, kind] kind judging)
    }

let quick = lazy (measure [ 1001..1005 ] [ 1..10 ])
let full = lazy (measure [ 1001..1040 ] [ 1..200 ])

let measured (scale: Scale) =
    if scale.Protocol = Protocol.Quick then
        quick.Value
    else
        full.Value

let inWords m name kind =
    $"{name} solves {Show.percent (List.average m.Solved[name, kind])} of %d{m.Starts.Length} starts at rate {Show.ratio m.BestRate[name, kind]}"

let bothInWords m kind =
    optimizers |> List.map (fun name -> inWords m name kind) |> String.concat ", "

/// The starts that one optimizer solves and the other does not.
let only m name other kind =
    List.zip3 m.Starts m.Solved[name, kind] m.Solved[other, kind]
    |> List.choose (fun (seed, ofName, ofOther) -> if ofName > ofOther then Some seed else None)

let differences m kind =
    List.map2 (-) m.Solved["Adam", kind] m.Solved["SGD", kind]

let verdict measured (interval: Interval) =
    Verdict.above $"{measured}; difference {Show.points interval}" interval

/// How many of the points saturate w1 and w2 before the first iteration.
let saturationInWords m kind =
    let mean node =
        m.Starts
        |> List.averageBy (fun seed ->
            let task, start = drawn kind seed
            TwoNodes.saturation start node task)

    $"{Show.percent (mean 0)} and {Show.percent (mean 1)} of the points saturate w1 and w2 at the start"

/// "Adam solves more of a kind of starts than SGD."
let moreSolved scale ((name, _, _) as kind) paper =
    {
        Name = $"Two nodes, {name}: Adam solves more starts than SGD"
        Paper = paper
        Prediction = "each at its own best rate, the 95 % interval of Adam - SGD, share of starts solved, is above 0"
        Judge =
            fun _ ->
                let m = measured scale
                verdict $"{saturationInWords m kind}; {bothInWords m kind}" (Interval.ofNumbers (differences m kind))
    }

let claims scale =
    [
        moreSolved scale bothSaturated "Figure 6: SGD stalls on the plateau, Adam crosses it"
        moreSolved scale oneSaturated "Figure 6, and that some channels are more saturated than others"
        {
            Name = "Two nodes: Adam's advantage is greater where a node is saturated"
            Paper = ""
            Prediction =
                "the 95 % interval of (Adam - SGD with one node saturated) - (Adam - SGD with none) is above 0, start by start"
            Judge =
                fun _ ->
                    let m = measured scale

                    verdict
                        $"none saturated: {bothInWords m noneSaturated}"
                        (Interval.ofDifferences (differences m oneSaturated) (differences m noneSaturated))
        }
    ]

(** The pictures. First all rates: a best rate hides how many others would have done. *)
let drawRates scale _ =
    let plot =
        Chart.create "Two sign nodes: which starts are solved, by rate" "learning rate" "starts solved, %"

    for name in optimizers do
        for kind, isDashed, words in
            [
                oneSaturated, false, "one node saturated"
                noneSaturated, true, "none saturated"
            ] do
            let rates, shares = List.unzip (measured scale).Sweeps[name, kind]

            Chart.line
                plot
                $"{name}, {words}"
                (Chart.ofOptimizer name)
                isDashed
                (List.map log10 rates)
                (List.map ((*) 100.0) shares)

    Chart.decades plot [ -3 .. 3 ]
    Chart.legend plot ScottPlot.Alignment.UpperRight
    Some plot

(** Then two paths from one start. The loss depends on the angles of w1 and w2 alone, so that a map over these shows it whole; it repeats every 360 degrees. *)
let map (plot: ScottPlot.Plot) task (left, right) (low, high) =
    let count = 160

    let radians low high k =
        (low + (high - low) * (float k + 0.5) / float count) * Math.PI / 180.0

    let losses =
        Array2D.init count count (fun row column ->
            let angle1, angle2 = radians left right column, radians high low row
            TwoNodes.loss [| cos angle1; sin angle1; cos angle2; sin angle2 |] task)

    let map = plot.Add.Heatmap losses
    map.Position <- ScottPlot.CoordinateRect(left, right, low, high)
    // from white, so that the paths can be seen on it
    map.Colormap <- ScottPlot.Colormaps.GrayscaleReversed()
    map.Opacity <- 0.6
    let scale = plot.Add.ColorBar map
    scale.Label <- "loss"
    plot.Axes.SetLimits(left, right, low, high)

let drawPaths scale _ =
    let m = measured scale
    let kind = oneSaturated

    match only m "Adam" "SGD" kind with
    | [] -> None
    | onlyAdam ->
        let onlySgd = only m "SGD" "Adam" kind
        let seed = onlyAdam.Head

        let plot =
            Chart.create
                $"One node saturated: a start that only Adam solves (%d{onlyAdam.Length} of %d{m.Starts.Length}; only SGD: %d{onlySgd.Length})"
                "angle of w1 (saturated), degrees"
                "angle of w2, degrees"

        let paths =
            [
                for name in optimizers ->
                    let weights = (train name m.BestRate[name, kind] kind seed).Weights
                    name, TwoNodes.angles 0 weights, TwoNodes.angles 1 weights
            ]

        let range (angles: float list) =
            List.min angles - 30.0, List.max angles + 30.0

        map
            plot
            (fst (drawn kind seed))
            (range
                [
                    for _, first, _ in paths do
                        yield! first
                ])
            (range
                [
                    for _, _, second in paths do
                        yield! second
                ])

        for name, first, second in paths do
            Chart.line
                plot
                $"{name}, rate {Show.ratio m.BestRate[name, kind]}"
                (Chart.ofOptimizer name)
                false
                first
                second

            Chart.points plot "" (Chart.ofOptimizer name) [ List.last first ] [ List.last second ]

        let _, first, second = paths.Head
        Chart.points plot "start" Chart.black [ first.Head ] [ second.Head ]
        Chart.legend plot ScottPlot.Alignment.LowerLeft
        Some plot

let experiment =
    {
        Name = "two-nodes"
        Title = "Does SGD stall on the plateau that Adam crosses?"
        Paper = "Figure 6"
        Method =
            "y = sign(w1 x) + sign(w2 x) in the plane, 200 points, squared error, gradients straight through by clip's derivative, 300 iterations; solved: at most 2 % of the points wrong. Starts with both nodes, one or none saturated; each optimizer at the best of 13 rates, chosen on other starts."
        Tier = 1
        Trainings = fun _ _ -> []
        Claims = claims
        Pictures =
            fun scale ->
                [
                    {
                        Name = "two-nodes-rates"
                        Caption =
                            "Share of starts from which at most 2 % of the points are wrong within 300 iterations, by learning rate: Adam and SGD, with one node saturated and with none."
                        Width = 760
                        Height = 460
                        Draw = drawRates scale
                    }
                    {
                        Name = "two-nodes-paths"
                        Caption =
                            "The first start with one node saturated that Adam solves and SGD does not: the loss by the angles of w1 and w2, and the two paths, a dot where each ends."
                        Width = 760
                        Height = 520
                        Draw = drawPaths scale
                    }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
