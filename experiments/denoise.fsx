// A binary network that cleans noisy pictures: outputs are pictures, the objective is the mean squared error, and what is measured
// is the PSNR. Beside it the same network with real weights and activations, and a 3 x 3 mean, which learns nothing.
// First `dotnet build -c Release`, then `dotnet fsi experiments/denoise.fsx [--epochs 4]`; some minutes on 2 cores.
// Writes runs/denoise with report.html and denoise.png: noisy, cleaned, clean. Measured: results/denoise.md.
#load "bnn.fsx"

open System
open Bnn

let epochs =
    match fsi.CommandLineArgs with
    | [| _; "--epochs"; number |] -> int number
    | _ -> 4

let deviation = 50.0 / 255.0
let pictures = Data.FashionMnistSample()
let noisy = pictures.WithNoise deviation

/// A binary 3x3 convolution beside a shortcut, as in ReActNet.
let block name width =
    Network.Scope(
        name,
        Layers.Residual(
            Layers.Sign("sign", shifted = true)
            >=> Layers.BinaryConvolution("conv", width, 3)
            >=> Layers.BatchNorm "norm"
        )
        >=> Layers.PRelu "prelu"
    )

/// The blocks give the noise with its sign turned; the outer shortcut adds the picture to it.
let network =
    Layers.Residual(
        Layers.Convolution("stem", 32, 3)
        >=> Layers.BatchNorm "norm"
        >=> block "block1" 32
        >=> block "block2" 32
        >=> block "block3" 32
        >=> block "block4" 32
        >=> Layers.Convolution("last", 1, 3, bias = true)
    )

let trainer =
    BnnTrainer()
        .WithModel(network, "binary denoiser")
        .WithData(noisy)
        .WithObjective(Objectives.MeanSquaredError())
        .WithAdam()

let result =
    trainer.TwoStep(wd = 5e-6, epochs = epochs).SaveTo("runs/denoise").WithProgress().Train()

let real =
    trainer.WithStages(Stage.Create("real", false, false, epochs = 2 * epochs)).WithProgress().Train()

/// The mean PSNR of a function of noisy test pictures.
let psnrOf (f: float32[] -> float32[]) =
    let test = noisy.Load().Test
    let input, target = Array.zeroCreate 784, Array.zeroCreate 784

    Seq.average
        [
            for k in 0 .. test.Count - 1 do
                test.Write(k, Span input)
                test.WriteTarget(k, Span target)

                let error =
                    Array.map2 (fun x y -> float (x - y) ** 2.0) (f input) target |> Array.average

                10.0 * log10 (1.0 / error)
        ]

let mean3 (x: float32[]) =
    Array.init 784 (fun k ->
        [
            for row in max 0 (k / 28 - 1) .. min 27 (k / 28 + 1) do
                for column in max 0 (k % 28 - 1) .. min 27 (k % 28 + 1) -> x[28 * row + column]
        ]
        |> List.average)

printfn "\n| test pictures | PSNR, dB |\n|---|---|"
printfn "| noisy | %.2f |" (psnrOf id)
printfn "| 3 x 3 mean | %.2f |" (psnrOf mean3)

for stage in result.Stages do
    let kind =
        if stage.Name = "step 2" then
            "binary activations and weights"
        else
            "binary activations"

    printfn "| %s | %.2f |" kind stage.Psnr

printfn "| the same network, real | %.2f |" real.Stages[0].Psnr

let model = BnnModel.Load "runs/denoise"
let some = [ 0..7 ]
let seen = [ for k in some -> noisy.Load().Test[k] ]

PicturePage.Write(
    "runs/denoise/denoise.png",
    ResizeArray(
        seen
        @ [ for picture in seen -> model.Restore picture ]
        @ [ for k in some -> pictures.Load().Test[k] ]
    ),
    8
)
