/// Networks that nobody knows: all that can be put together, with weights of every kind of storage.
module Bnn.Tests.OwnNetworkSupport

open System
open Bnn

let private size rows columns : Size2 = { Rows = rows; Columns = columns }

/// A block of a binary convolution in groups beside a shortcut, with a formula of its own behind.
let private block name width kernel (weights: Binarizer) =
    Layers.Scope(
        name,
        Layers.Residual(
            Layers.Sign("sign", Scale.learned Binarizer.clip, shifted = true)
            >=> Layers.BinaryConvolution("conv", width, (kernel: Size2), groups = 2, weights = weights)
            >=> Layers.BatchNorm "norm"
        )
        >=> Layers.Formula(
            "swish",
            "x / (1 + exp(-slope * x)) + offset",
            struct ("slope", 1.0),
            struct ("offset", 0.125)
        )
    )

/// Weights of each kind of storage: magnitude and sign, sign alone, the latent weights.
let storages =
    [
        "mean magnitude", WeightBinarizer.valueOnly
        "learned scale", WeightBinarizer.learned
        "sign alone", Binarizer.tanhSign (Schedule.linear 1.0 0.1)
        "sign outside training", Binarizer.progressiveSign 4.0 10.0 Expr.progress
        "stochastic", Binarizer.stochasticSign.WithScale WeightScale.Attached
        "IR-Net", WeightBinarizer.irNet
        "DoReFa", Binarizer.doReFaWeight 2
        "DoReFa of 1 bit", Binarizer.doReFaWeight 1
        "ternary", WeightBinarizer.ternary
        "0 and 1", Binarizer.heavisideClip
        "none", Binarizer.none
    ]

let private all name (several: (string * Binarizer) list) =
    let blocks =
        several
        |> List.mapi (fun k (_, weights) -> block $"block{k}" 8 (if k % 2 = 0 then size 3 1 else size 1 5) weights)

    Layers.Convolution("stem", 8, size 3 5, stride = size 2 1)
    >=> Layers.BatchNorm "norm"
    >=> Layers.Upsample 2
    >=> Layers.Chain blocks
    >=> Layers.Branches(
        Layers.MaxPool(3, 1, 1) >=> Layers.Convolution("left", 4, 1, bias = true),
        Layers.Groups(Layers.MeanPool(3, 1, 1), Layers.Identity >=> Layers.PRelu "right")
    )
    >=> Layers.Subsample(14, 2)
    >=> Layers.GlobalMean()
    >=> Layers.BinaryLinear("hidden", 6, true, snd several.Head)
    >=> Layers.HardTanh()
    >=> Layers.Linear("classifier", 3)
    |> fun network -> network.ToModel(name, 2, 9, 8)

/// Images of 2 x 9 x 8: with every kind of storage, and with each of them alone.
let models =
    all "all kinds" storages
    :: [ for name, weights in storages -> all name [ name, weights ] ]

/// Series of 1 x 24.
let series =
    (Layers.Convolution("conv1", 8, size 1 5)
     >=> Layers.BatchNorm "norm1"
     >=> Layers.Sign("sign2", shifted = true)
     >=> Layers.BinaryConvolution("conv2", 8, size 1 3, stride = size 1 2)
     >=> Layers.BatchNorm "norm2"
     >=> Layers.MaxPool(size 1 2)
     >=> Layers.Flatten()
     >=> Layers.Sign("sign3")
     >=> Layers.BinaryLinear("linear3", 8)
     >=> Layers.BatchNorm "norm3"
     >=> Layers.Linear("classifier", 3))
        .ToModel("series", 2, 1, 24)

/// Vectors of 6 numbers.
let vectors =
    (Layers.Linear("linear1", 8)
     >=> Layers.BatchNorm "norm1"
     >=> Layers.Residual(
         Layers.Sign("sign2", shifted = true)
         >=> Layers.BinaryLinear("linear2", 8)
         >=> Layers.BatchNorm "norm2"
     )
     >=> Layers.Linear("classifier", 3))
        .ToModel("vectors", 6, 1, 1)
