(**
# Is the magnitude of a latent weight the confidence of its sign? (the paper, Figure 7)

The paper reads |w| of a latent weight as how sure training is of its sign: a large one takes many gradients to turn. It shows histograms. Here the reading is
put to the test without training: of a trained network a share of each binary layer's signs is flipped, least |w| first, at random, or greatest |w| first, and
top-1 on held-out images is measured. If |w| is confidence, the first costs least and the last most. Magnitudes stay: a flip changes no scaling factor.
A channel with a large scaling factor has large |w| and a large say, so the same is done with the order taken in each output channel: all are touched alike.

First `dotnet build -c Release`, then `dotnet fsi experiments/confidence.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let data = DataSets.FashionMnist
let optimizers = [ "Adam"; "SGD" ]

let flipped (training: Training) =
    { training with
        Analysis = SignFlips.analysis.Name
    }

let oneStep scale name find =
    Usual.tunedOneStep scale data name find |> Option.map flipped

let twoStep scale find =
    Usual.tunedTwoStep scale data find |> Option.map flipped

let trainings scale find =
    [
        for name in optimizers do
            yield! Tuning.runs scale (Usual.sweep scale data name)

        yield! Tuning.runs scale (Usual.twoStepSweep scale data find)

        yield!
            Usual.allSeeds
                scale
                [
                    for name in optimizers do
                        oneStep scale name find
                    twoStep scale find
                ]
    ]

(** Claims are about a fifth of the signs. *)
let share = 0.2

/// What a share of flips in an order leaves; NaN of a run that failed.
let top1 order share (record: Record) =
    match Map.tryFind order record.Analysis with
    | Some scores -> scores[List.findIndex ((=) share) SignFlips.shares]
    | None -> nan

/// What a fifth of flips costs in an order.
let cost order record =
    top1 order 0.0 record - top1 order share record

let prediction =
    "the 95 % interval of the difference of what 20 % of flips cost, top-1 on held-out images, is above 0"

/// "Flips in this order cost more than in that one."
let costsMore name paper prediction training (wordsA, orderA) (wordsB, orderB) scale =
    {
        Name = name
        Paper = paper
        Prediction = prediction
        Judge =
            fun find ->
                let costs order =
                    Contrast.numbers (cost order) scale find (training scale find)

                match costs orderA, costs orderB with
                | Some ofA, Some ofB ->
                    let difference = Interval.ofDifferences ofA ofB

                    Verdict.above
                        $"{wordsA} {Show.percent (List.average ofA)}, {wordsB} {Show.percent (List.average ofB)}; difference {Show.points difference}"
                        difference
                | _ ->
                    Verdict.waiting (
                        Option.map (Find.count find scale.Seeds) (training scale find)
                        |> Option.defaultValue 0
                    )
    }

let inChannels words paper training scale =
    costsMore
        $"{words}, in each channel: flips of the most confident cost more than of the least"
        paper
        prediction
        training
        ("most confident of each channel", SignFlips.mostOfChannels)
        ("least", SignFlips.leastOfChannels)
        scale

/// The two halves of "least first costs less than at random, and that less than most first".
let inOrder words paper training scale =
    let least, random, most =
        ("least confident first", SignFlips.leastFirst),
        ("at random", SignFlips.atRandom),
        ("most confident first", SignFlips.mostFirst)

    [
        costsMore
            $"{words}: flips at random cost more than the least confident"
            paper
            prediction
            training
            random
            least
            scale
        costsMore
            $"{words}: flips of the most confident cost more than at random"
            paper
            prediction
            training
            most
            random
            scale
    ]

/// How much a latent weight's magnitude tells: what it saves to flip the least confident rather than any.
let saved record =
    cost SignFlips.atRandom record - cost SignFlips.leastFirst record

let claims scale =
    let paper = "|w| is the confidence of the sign (Figure 7 shows histograms)"

    [
        yield! inOrder "Adam, one step" paper (fun scale find -> oneStep scale "Adam" find) scale
        inChannels "Adam, one step" paper (fun scale find -> oneStep scale "Adam" find) scale
        yield! inOrder "SGD, one step" "" (fun scale find -> oneStep scale "SGD" find) scale
        yield! inOrder "Adam, two steps" paper twoStep scale
        {
            Name = "Adam's magnitudes tell more about confidence than SGD's"
            Paper = "Figure 7: Adam's latent weights have peaks beside 0, SGD's lie around 0"
            Prediction =
                "the 95 % interval of Adam - SGD of what flips at random cost beyond flips of the least confident, 20 %, is above 0"
            Judge =
                fun find ->
                    Contrast.greater
                        Show.percent
                        Show.points
                        saved
                        scale
                        find
                        ("random - least confident: Adam", oneStep scale "Adam" find)
                        ("SGD", oneStep scale "SGD" find)
        }
    ]

let orders =
    [
        SignFlips.leastFirst, Chart.green, false
        SignFlips.leastOfChannels, Chart.green, true
        SignFlips.atRandom, Chart.grey, false
        SignFlips.mostFirst, Chart.purple, false
        SignFlips.mostOfChannels, Chart.purple, true
    ]

(** One picture an optimizer and recipe: colours are orders here, and the pictures have the same axes. *)
let draw title training (scale: Scale) (find: Find) =
    match training scale find |> Option.bind (Find.seeds find scale.Seeds) with
    | None -> None
    | Some records ->
        match records |> List.filter (fun record -> record.Failure = "") with
        | [] -> None
        | records ->
            let plot =
                Chart.create title "signs flipped in each binary layer, %" "top-1 on held-out images, %"

            let percents = List.map ((*) 100.0)

            for order, colour, isDashed in orders do
                Chart.seeds
                    plot
                    order
                    colour
                    isDashed
                    (percents SignFlips.shares)
                    [ for record in records -> percents record.Analysis[order] ]

            plot.Axes.SetLimits(0.0, 100.0 * List.max SignFlips.shares + 1.0, 0.0, 100.0)
            Chart.legend plot ScottPlot.Alignment.UpperRight
            Some plot

let picture name title training scale =
    {
        Name = name
        Caption =
            $"{title}: top-1 on held-out images by the share of signs flipped, least confident first, at random and most confident first, of a layer and of each channel; the mean of the seeds and their range."
        Width = 620
        Height = 420
        Draw = draw title training scale
    }

let experiment =
    {
        Name = "confidence"
        Title = "Is the magnitude of a latent weight the confidence of its sign?"
        Paper = "Figure 7"
        Method =
            "Trained networks of one step (Adam, SGD) and two steps (Adam), each at its tuned rate or decay; a share of each binary layer's signs is flipped without training, in three orders of |w|, of the layer or of each output channel, and top-1 on held-out images is measured."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    picture
                        "confidence-adam"
                        "Flipped signs: Adam, one step"
                        (fun scale find -> oneStep scale "Adam" find)
                        scale
                    picture
                        "confidence-sgd"
                        "Flipped signs: SGD, one step"
                        (fun scale find -> oneStep scale "SGD" find)
                        scale
                    picture "confidence-two-step" "Flipped signs: Adam, two steps" twoStep scale
                ]
        Analyses = [ SignFlips.analysis ]
    }

Script.main experiment fsi.CommandLineArgs
