// results/learning-rate.md, written from what learning-rate-runs.fsx has kept.
#load "learning-rate-runs.fsx"

open System
open System.Globalization
open System.IO
open Bnn
open ``Learning-rate-runs``

/// One standard error of a share of the held-out images.
let standardError share =
    sqrt (share * (1.0 - share) / float heldOutImages)

/// The trainings of one rate with all seeds.
type Measured =
    {
        Optimizer: string
        Rate: float
        Runs: Run list
    }

    /// A mean over the seeds.
    member measured.Mean(figure: Run -> float) = measured.Runs |> List.averageBy figure

    /// Top-1 after step 2, by which rates are compared: below all where the loss was no number any more.
    member measured.Score =
        let top1 = measured.Mean _.Top1
        if Double.IsNaN top1 then -1.0 else top1

let private order (name: string) =
    let row = name.Split(' ')[0]
    Catalogue.all |> List.findIndex (fun other -> other.Name = row)

let private measured (runs: Run list) =
    runs
    |> List.groupBy (fun run -> order run.Optimizer, run.Optimizer, run.Rate)
    |> List.sortBy fst
    |> List.map (fun ((_, name, rate), runs) ->
        {
            Optimizer = name
            Rate = rate
            Runs = runs
        })

let private decimals (count: int) (value: float) =
    if Double.IsNaN value then
        "diverged"
    else
        value.ToString($"F{count}", CultureInfo.InvariantCulture)

let private percent share = decimals 2 (100.0 * share)

let private rate (value: float) = Print.expr (Const value)

let private ratesText (rates: float list) =
    rates |> List.map rate |> String.concat ", "

/// The rates that one standard error of the best does not tell from it, in order.
let plateau (rates: Measured list) =
    let best = rates |> List.map _.Score |> List.max
    rates |> List.filter (fun other -> other.Score >= best - standardError best)

let private table (columns: string list) (lines: string list list) =
    let line cells =
        cells |> String.concat " | " |> sprintf "| %s |"

    line columns
    :: line (columns |> List.map (fun _ -> "---"))
    :: List.map line lines

let private choice (rates: Measured list) =
    let row = Catalogue.all[order rates.Head.Optimizer]
    let best = rates |> List.maxBy _.Score

    let byDefault =
        match rates |> List.tryFind (fun other -> other.Rate = row.LearningRate) with
        | Some known -> percent (known.Mean _.Top1)
        | None -> "not measured"

    [
        row.Name
        rate row.LearningRate
        byDefault
        rate best.Rate
        percent (best.Mean _.Top1)
        plateau rates |> List.map _.Rate |> ratesText
    ]

let private choices (all: Measured list) =
    all
    |> List.groupBy _.Optimizer
    |> List.filter (fun (name, _) -> not (name.Contains ' '))
    |> List.map (snd >> choice)
    |> table
        [
            "optimizer"
            "default"
            "top-1"
            "best rate"
            "top-1"
            "rates within one standard error of the best"
        ]

let private figures (all: Measured list) =
    [
        for one in all ->
            [
                one.Optimizer
                rate one.Rate
                string one.Runs.Length
                percent (one.Mean _.Top1AfterStep1)
                percent (one.Mean _.Top1)
                percent (one.Mean _.TrainTop1)
                decimals 1 (1e3 * one.Mean _.FlipFlopRatio)
                decimals 3 (one.Mean _.C2IRatio)
            ]
    ]
    |> table
        [
            "optimizer"
            "learning rate"
            "seeds"
            "step 1 held-out"
            "step 2 held-out"
            "step 2 train"
            "FF step 2, in 1e-3"
            "C2I step 2"
        ]

/// How far two seeds of one rate lie apart: the root of the mean square.
let private seedDifference (all: Measured list) =
    let squares =
        [
            for one in all do
                for a, b in List.pairwise one.Runs do
                    (a.Top1 - b.Top1) ** 2.0
        ]

    if squares.IsEmpty then nan else sqrt (List.average squares)

let private epochsSection epochs (runs: Run list) =
    let all = measured runs

    [
        $"## {epochs} + {epochs} epochs"
        ""
        yield! choices all
        ""
        if List.exists (fun one -> one.Runs.Length > 1) all then
            $"Two seeds of the same optimizer and rate differ by {percent (seedDifference all)} points (root of the mean square)."
            ""
        yield! figures all
        ""
    ]

let private defaultsSection (runs: Run list) =
    let series = runs |> List.map _.Series |> List.distinct

    let cells name one =
        match runs |> List.filter (fun run -> run.Series = one && run.Optimizer = name) with
        | [] -> [ ""; "" ]
        | found ->
            [
                found |> List.map _.Rate |> List.distinct |> ratesText
                percent (found |> List.averageBy _.Top1)
            ]

    let lines =
        [
            for name in runs |> List.map _.Optimizer |> List.distinct |> List.sortBy order ->
                name :: List.collect (cells name) series
        ]

    [
        "## By default, 1 + 1 epochs"
        ""
        "`--defaults NAME`: one epoch each step on all of the sample's training images, top-1 in percent on its test images, mean of the seeds. Nothing was"
        "chosen by these figures."
        ""
        yield!
            table
                ("optimizer"
                 :: List.collect (fun one -> [ $"rate, {one}"; $"top-1, {one}" ]) series)
                lines
        ""
    ]

/// Writes the page.
let write () =
    let heldOut, byDefault =
        all () |> List.partition (fun run -> run.Series = heldOutSeries)

    let seeds =
        heldOut
        |> List.map _.Seed
        |> List.distinct
        |> List.sort
        |> List.map string
        |> String.concat " and "

    [
        "# Learning rates on the built-in sample"
        ""
        "<!-- Written by experiments/learning-rate.fsx from learning-rate.csv. -->"
        $"Two steps on {trainingImages:N0} training images of the Fashion-MNIST sample, the small ReActNet, batches of 64, the rate falling to 0 in each step, decay 5e-6 in step 1, options by default"
        $"unless named; top-1 in percent on {heldOutImages:N0} held-out training images, mean of the seeds ({seeds}; rates far from the best have the first alone), 1 thread. Rates are 1 and 3 times powers of"
        $"ten. One standard error of a top-1 of 85 %% on {heldOutImages:N0} images is {percent (standardError 0.85)} points; more seeds do not lessen it, as the images are the same."
        ""
        for epochs, runs in heldOut |> List.groupBy _.Epochs |> List.sortBy fst do
            yield! epochsSection epochs runs
        if not byDefault.IsEmpty then
            yield! defaultsSection byDefault
    ]
    |> String.concat "\n"
    |> fun text -> File.WriteAllText(page, text)
