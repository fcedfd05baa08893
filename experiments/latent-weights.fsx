(**
# Do Adam's latent weights become sure of their signs? (the paper, Figure 7)

The magnitude of a latent weight is the confidence of its sign. On ImageNet Adam's latent weights form three peaks, at 0 and just past -1 and +1, SGD's
one at 0; two-step training without decay in step 2 makes the outer ones higher. A weight moves by about the learning rate a step, so peaks at +-1 need
a sum of learning rates far above 1: on ImageNet about 800. Where it is small here the claim is undecided, whatever the histogram looks like.

First `dotnet build -c Release`, then `dotnet fsi experiments/latent-weights.fsx [--quick] [--data FOLDER] [--seeds 5]`.
*)
#load "runner.fsx"

open Bnn.Experiments

let data = DataSets.FashionMnist

/// Two steps by an optimizer at its best one-step rate, without decay: so that nothing but the optimizer differs.
let twoStep (scale: Scale) name find =
    Usual.training scale data
    |> Usual.twoStep scale 0.0
    |> Usual.at (Usual.tuned scale data name find)

let oneStep (scale: Scale) name find = Usual.tunedOneStep scale data name find

let trainings (scale: Scale) find =
    Usual.oneStepOfBoth scale data find
    @ Usual.allSeeds scale [ for name in [ "Adam"; "SGD" ] -> twoStep scale name find ]

let latent (record: Record) =
    List.tryLast record.Epochs |> Option.bind _.Latent

let confident record =
    latent record |> Option.map _.Confident |> Option.defaultValue nan

(** The sum of the learning rates over all iterations: linear to 0, so half of the first rate times the iterations. *)
let sumOfRates (record: Record) =
    let training = record.Training

    0.5
    * training.Optimizer.LearningRate
    * float training.Epochs
    * ceil (float record.Images / float training.Batch)

/// So many times the way from 0 to 1 a weight must be able to go before a missing peak means anything.
let enough = 10.0

/// Peaks beyond 0.8, on both sides, beside one within 0.2 of 0.
let hasThreePeaks record =
    match latent record with
    | Some spread ->
        spread.Peaks |> List.exists (fun p -> p < -0.8)
        && spread.Peaks |> List.exists (fun p -> p > 0.8)
        && spread.Peaks |> List.exists (fun p -> abs p < 0.2)
    | None -> false

let judgePeaks (scale: Scale) (find: Find) =
    let records name =
        twoStep scale name find |> Option.bind (Find.seeds find scale.Seeds)

    match records "Adam", records "SGD" with
    | Some adam, Some sgd ->
        let way = sumOfRates adam.Head
        let count = List.filter hasThreePeaks >> List.length
        let ofAdam, ofSgd = count adam, count sgd

        {
            Outcome =
                if way < enough then Undecided
                elif ofAdam = adam.Length && ofSgd = 0 then Holds
                else DoesNotHold
            Measured =
                $"three peaks in %d{ofAdam} of %d{adam.Length} runs of Adam and %d{ofSgd} of %d{sgd.Length} of SGD; the sum of Adam's learning rates is {Show.ratio way}"
            Seeds = adam.Length
        }
    | _ -> Verdict.waiting 0

let moreConfident scale find a b =
    Contrast.greater Show.percent Show.points confident scale find a b

let claims (scale: Scale) =
    [
        {
            Name = "After two steps Adam's latent weights have three peaks, SGD's one"
            Paper = "peaks at 0 and just past -1 and +1; SGD one at 0"
            Prediction =
                $"all seeds of Adam have peaks near 0 and beyond -0.8 and 0.8, no seed of SGD has; undecided where the sum of learning rates is below {Json.number enough}"
            Judge = judgePeaks scale
        }
        {
            Name = "Adam makes more latent weights sure of their signs than SGD"
            Paper = "Figure 7"
            Prediction =
                "the 95 % interval of Adam - SGD is above 0, for the share with |w| > 0.9 at the end of one step"
            Judge =
                fun find ->
                    moreConfident scale find ("Adam", oneStep scale "Adam" find) ("SGD", oneStep scale "SGD" find)
        }
        {
            Name = "Two steps make more of Adam's latent weights sure than one"
            Paper = "Figure 7"
            Prediction = "the 95 % interval of two-step - one-step is above 0, for the share with |w| > 0.9 at the end"
            Judge =
                fun find ->
                    moreConfident
                        scale
                        find
                        ("two steps", twoStep scale "Adam" find)
                        ("one step", oneStep scale "Adam" find)
        }
    ]

(** Each epoch's histogram is a line, one above the other, the last one at the top. *)
let draw name kind (scale: Scale) (find: Find) =
    kind scale name find
    |> Option.bind (fun (training: Training) ->
        find
            { training with
                Seed = scale.Seeds.Head
            })
    |> Option.filter (fun record -> record.Failure = "")
    |> Option.map (fun record ->
        let plot =
            Chart.create $"Latent weights, {name}, epoch by epoch" "latent weight" "epoch (height: share of weights)"

        for k, epoch in List.indexed record.Epochs do
            match epoch.Latent with
            | Some spread ->
                let all = float (List.sum spread.Counts + spread.Below + spread.Above)
                let width = 2.0 * spread.Limit / float spread.Counts.Length

                // density, so that heights do not depend on the bins
                let heights = [ for count in spread.Counts -> float count / all / width ]

                let places =
                    [
                        for i in 0 .. spread.Counts.Length - 1 -> (float i + 0.5) * width - spread.Limit
                    ]

                let top = List.max heights

                let isFirst = k = 0 || record.Epochs[k - 1].Step <> epoch.Step

                Chart.line
                    plot
                    (if isFirst then $"step %d{epoch.Step}" else "")
                    (if epoch.Step = 1 then
                         Chart.grey
                     else
                         Chart.ofOptimizer name)
                    false
                    places
                    [ for height in heights -> float (k + 1) + 0.9 * height / top ]
            | None -> ()

        Chart.countUp plot record.Epochs.Length
        Chart.legend plot ScottPlot.Alignment.UpperRight
        plot)

let experiment =
    {
        Name = "latent-weights"
        Title = "Do Adam's latent weights become sure of their signs?"
        Paper = "Figure 7"
        Method =
            "One step and two steps of Adam and SGD without decay, each at its best one-step rate; latent weights of all binary convolutions."
        Tier = 1
        Trainings = trainings
        Claims = claims
        Pictures =
            fun scale ->
                [
                    for name in [ "Adam"; "SGD" ] ->
                        {
                            Name = $"latent-{name.ToLowerInvariant()}"
                            Caption =
                                $"Histograms of the latent weights by epoch, {name}, two steps; step 1 grey, step 2 in colour. Each line is scaled to its own height."
                            Width = 620
                            Height = 520
                            Draw = draw name twoStep scale
                        }
                ]
        Analyses = []
    }

Script.main experiment fsi.CommandLineArgs
