// Trains a binary network in two steps on Fashion-MNIST from F# Interactive, loads it and classifies a picture.
// First `dotnet build -c Release`, then `dotnet fsi experiments/two-step.fsx [--epochs 6]`.
#load "bnn.fsx"

open Bnn

let epochs =
    match fsi.CommandLineArgs with
    | [| _; "--epochs"; number |] -> int number
    | _ -> 6

let result =
    BnnTrainer().WithAdam().TwoStep(wd = 5e-6, epochs = epochs).SaveTo("runs/two-step").WithProgress().Train()

let model = BnnModel.Load "runs/two-step"
let test = Data.FashionMnistSample().Load().Test
printf "%s" (test[0].ToText())
printfn "predicted: %O, truth: %s" (model.Predict test[0]) test.Classes[test.Label 0]
