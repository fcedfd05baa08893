(**
Do Adam's latent weights become surer of their signs than SGD's (the paper, Figure 7), and does it move weights that get almost no
gradient (section 4.1)? The same small network is trained in two steps by
Adam and by SGD, each at the rate that results/learning-rate.md found for it, and both runs are set side by side on one page.
First `dotnet build -c Release`, then `dotnet fsi experiments/compare.fsx [--epochs 6]`; about 2 minutes on 2 cores.
Expected: runs/compare/compare.html, and a table of the last epoch. Adam leaves fewer weights below 0.1 than SGD.
Three peaks take far more iterations than this.
*)
#load "bnn.fsx"

open System.IO
open Bnn

let epochs =
    match fsi.CommandLineArgs with
    | [| _; "--epochs"; number |] -> int number
    | _ -> 6

let folder name = Path.Combine("runs", "compare", name)

let trainer = BnnTrainer().TwoStep(wd = 5e-6, epochs = epochs).WithProgress()

printfn "%s\n" (trainer.WithAdam(1e-2).Describe())

let runs =
    [
        "adam", trainer.WithAdam(1e-2).SaveTo(folder "adam").Train()
        "sgd", trainer.WithSgd(1e-1).SaveTo(folder "sgd").Train()
    ]

printfn ""
printfn "the last epoch, in percent"
printfn "| optimizer | top-1 | abs w < 0.1 | abs w > 0.9 | dead | revived | zero gradients |"
printfn "|---|---|---|---|---|---|---|"

for name, result in runs do
    use _model = result.Model
    let last = (Seq.last result.Epochs).Diagnostics

    let percent (share: float) =
        if System.Double.IsNaN share then
            "-"
        else
            (100.0 * share).ToString "F2"

    printfn
        "| %s | %.2f | %s | %s | %s | %s | %s |"
        name
        (100.0 * (Seq.last result.Stages).Top1)
        (percent last.LatentWeights.Unsure)
        (percent last.LatentWeights.Confident)
        (percent last.DeadWeights)
        (percent last.RevivedWeights)
        (percent last.ZeroGradients)

printfn "see %s" (Report.Compare(folder "adam", folder "sgd"))
