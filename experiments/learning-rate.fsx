(**
Which learning rate suits the built-in sample? Each optimizer and rate trains in two steps on 8,000 of the sample's training
images and is judged on the other 2,000; the test images are not read. The defaults of `WithAdam` and `WithSgd` come from here.
First `dotnet build -c Release`, then `dotnet fsi experiments/learning-rate.fsx`; about 10 minutes on 2 cores.
Expected: results/learning-rate.md.
*)
#load "bnn.fsx"

open Bnn

let struct (train, heldOut) = Data.FashionMnistSample().Load().Train.Split(2000, 7L)

let data = Data.InMemory("2,000 held-out training images", train, heldOut)
let trainer = BnnTrainer().WithData(data).TwoStep(wd = 5e-6)

let candidates =
    [
        for rate in [ 1.25e-3; 2.5e-3; 5e-3; 1e-2; 2e-2 ] -> "Adam", rate, trainer.WithAdam rate
        for rate in [ 5e-2; 1e-1; 2e-1 ] -> "SGD, momentum 0.9", rate, trainer.WithSgd rate
    ]

// rounded, so that a share of 8,000 images that is half of 0.01 % is shown as if it were counted in percent
let percent share = System.Math.Round(100.0 * share, 10)

printfn
    "| optimizer | learning rate | step 1 held-out | step 2 held-out | step 2 train | FF step 2, in 1e-3 | C2I step 2 |"

printfn "|---|---|---|---|---|---|---|"

for name, rate, candidate in candidates do
    let result = candidate.Train()
    use _model = result.Model
    let first, second = result.Stages[0], result.Stages[1]

    printfn
        "| %s | %g | %.2f | %.2f | %.2f | %.1f | %.3f |"
        name
        rate
        (percent first.Top1)
        (percent second.Top1)
        (percent second.TrainTop1)
        (1e3 * second.FlipFlopRatio)
        second.C2IRatio
