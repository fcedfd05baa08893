// A network of one's own, with binarizers that change during training: the twin of own-network.cs in F#.
// First `dotnet build -c Release`, then `dotnet fsi experiments/own-network.fsx [--epochs 6]`.
#load "bnn.fsx"

open Bnn

let epochs =
    match fsi.CommandLineArgs with
    | [| _; "--epochs"; number |] -> int number
    | _ -> 6

// IR-Net's error decay estimator: its surrogate gradient grows from wide to narrow over each step, here from 0.5 to 5.
let sign = Binarizer.ede (Schedule.geometric 0.5 5.0)

/// A block of a binary 3x3 convolution in 4 groups beside a shortcut; where the width doubles, the shortcut is there twice.
let block name width stride =
    let shortcut =
        if stride = 1 then
            Network.identity
        else
            Layers.MeanPool 2 >=> Network.Branches [ Network.identity; Network.identity ]

    let body =
        Layers.Sign("sign", sign, shifted = true)
        >=> Layers.BinaryConvolution(
            "conv",
            width,
            3,
            stride = stride,
            groups = 4,
            weights = Scale.valueOnly (Scale.mean Channel) sign
        )
        >=> Layers.BatchNorm "norm"

    Network.Scope(name, Layers.Residual(body, shortcut) >=> Layers.PRelu "prelu")

let network =
    Layers.Convolution("stem", 32, 5, stride = 2)
    >=> Layers.BatchNorm "norm"
    >=> block "block1" 32 1
    >=> block "block2" 64 2
    >=> block "block3" 64 1
    >=> Layers.GlobalMean()
    >=> Layers.Linear("classifier", 10)

let model = ModelDescription.Create("own network", network, 1, 28, 28)
printfn "%O" (ModelDescription.summary model)

let result =
    BnnTrainer()
        .WithModel(model)
        .WithAdam()
        .TwoStep(wd = 5e-6, epochs = epochs)
        .SaveTo("runs/own-network-ede")
        .WithProgress()
        .Train()

let loaded = BnnModel.Load "runs/own-network-ede"
let test = Data.FashionMnistSample().Load().Test
printf "%s" (test[0].ToText())
printfn "predicted: %O, truth: %s" (loaded.Predict test[0]) test.Classes[test.Label 0]
printfn "top-1 %.1f %%" (100.0 * loaded.Evaluate(test).Top1)
