/// The saturation of signs behind a clip: of what came before it.
module Bnn.Tests.ClippedSignTests

open System
open System.Collections.Generic
open Bnn
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

/// For each sign of a network its inputs with |x| > 1, and all, at one forward pass; learned shifts are not 0.
let private watched (network: Network) =
    use _scope = torch.NewDisposeScope()
    let model = ModelDescription.Create("test", network, 2, 8, 8)
    use made = TorchNetwork.Create(model, 1L)
    use random = new torch.Generator(2UL)

    do
        use _none = torch.no_grad ()

        for tensor in made.Store.All do
            if tensor.Name.EndsWith "bias" then
                tensor.Value.copy_ (torch.randn (tensor.Shape, generator = random)) |> ignore

    let counts = Dictionary<int, float * int64>()

    let mode =
        NetworkMode(
            true,
            true,
            true,
            Watch = fun sign -> Action<float, int64>(fun saturated all -> counts[sign] <- (saturated, all))
        )

    made.Forward(torch.randn ([| 5L; 2L; 8L; 8L |], generator = random) * 2.0, mode)
    |> ignore

    [ for sign in 0 .. counts.Count - 1 -> counts[sign] ]

let private stem: Network =
    Layers.Convolution("stem", 4, 3) >=> Layers.BatchNorm "norm"

let private behind: Network =
    Layers.BinaryConvolution("conv", 4, 3) >=> Layers.GlobalMean()

/// Ways to write a clip of z to -1..1.
let private clips: (string * Network) list =
    let x = Binarizer.x

    let clip low high =
        Layers.Formula("own", Expr.minimum (Expr.maximum x (Const low)) (Const high))

    [
        "HardTanh", Layers.HardTanh()
        "of one's own", clip -1.0 1.0
        "the other way round", Layers.Formula("own", "max(-1, min(1, x))")
        "with choices", Layers.Formula("own", "if 1 <= x then 1 else (if x <= -1 then -1 else x)")
        "narrower", clip -0.5 0.5
        "wider", clip -2.0 2.0
        "uneven", clip 0.0 6.0
        "twice", Layers.HardTanh() >=> Layers.HardTanh()
    ]

let private nothing = Layers.Identity

/// Networks with a hole for a clip before their signs.
let private places: (string * (Network -> Network)) list =
    let sign = Layers.Sign("sign")

    [
        "right before it", (fun clip -> stem >=> clip >=> sign >=> behind)
        "before a shifted sign",
        (fun clip ->
            stem
            >=> clip
            >=> Layers.Sign("sign", Binarizer.approxSign, shifted = true)
            >=> behind)
        "in a scope", (fun clip -> stem >=> Layers.Scope("inner", clip) >=> Layers.Scope("other", sign) >=> behind)
        "after a sum, before both ways",
        (fun clip ->
            let half name =
                Layers.Sign($"{name}.sign") >=> Layers.BinaryConvolution($"{name}.conv", 4, 3)

            stem
            >=> Layers.Residual(half "a", after = Layers.Scope("one", clip))
            >=> Layers.Residual(half "b", after = Layers.Scope("two", clip))
            >=> sign
            >=> behind)
        "before a max pool", (fun clip -> stem >=> clip >=> Layers.MaxPool(2) >=> sign >=> behind)
        "before fewer and more pixels",
        (fun clip ->
            stem
            >=> clip
            >=> Layers.Upsample 2
            >=> Layers.Subsample(6, 2)
            >=> sign
            >=> behind)
        "before branches", (fun clip -> stem >=> clip >=> Layers.Branches(sign, Layers.Sign "second") >=> behind)
        "in one branch of two",
        (fun clip -> stem >=> Layers.Branches(clip, Layers.BatchNorm "plain") >=> sign >=> behind)
        "before groups", (fun clip -> stem >=> clip >=> Layers.Groups(sign, Layers.Sign "second") >=> behind)
        "in groups", (fun clip -> stem >=> Layers.Groups(clip, Layers.BatchNorm "plain") >=> sign >=> behind)
        "before a vector", (fun clip -> stem >=> clip >=> Layers.Flatten() >=> sign >=> Layers.Linear("fc", 3))
    ]

let private shiftedClip: Network =
    Layers.Formula("shift", "max(-1, min(1, x + bias))", struct ("bias", 0.5))

let private shift: Network =
    Layers.Formula("shift", "x + bias", struct ("bias", 0.5))

[<Tests>]
let tests =
    testList
        "Saturation before a clip"
        [
            for name, place in places do
                for kind, clip in clips do
                    test $"a sign's saturation is of what came before the clip: {name}, {kind}" {
                        let expected, found = watched (place nothing), watched (place clip)
                        // a clip whose sum goes on changes what follows it
                        let compared = if name.StartsWith "after a sum" then 2 else expected.Length
                        Expect.equal (List.truncate compared found) (List.truncate compared expected) "the same counts"
                        Expect.all found (fun (saturated, _) -> saturated > 0.0) "some are saturated"
                    }

            test "a clip of shifted numbers is looked through with its shift" {
                let place clip =
                    stem >=> clip >=> Layers.Sign "sign" >=> behind

                Expect.equal (watched (place shiftedClip)) (watched (place shift)) "the shifted numbers"

                Expect.equal
                    (watched (place (Layers.HardTanh() >=> shiftedClip)))
                    (watched (place (Layers.HardTanh() >=> shift)))
                    "and no further"
            }

            test "what is no clip is not looked through: tanh, a sum, a mean, batch norm" {
                for name, between in
                    [
                        "tanh", Layers.Formula("tanh", "tanh(x)")
                        "a mean", Layers.HardTanh() >=> Layers.MeanPool 2
                        "half", Layers.HardTanh() >=> Layers.Formula("half", "0.5 * x")
                    ] do
                    Expect.all
                        (watched (stem >=> between >=> Layers.Sign "sign" >=> behind))
                        (fun (saturated, _) -> saturated = 0.0)
                        name

                let normed =
                    stem
                    >=> Layers.HardTanh()
                    >=> Layers.BatchNorm "again"
                    >=> Layers.Sign "sign"
                    >=> behind

                Expect.all
                    (watched normed)
                    (fun (saturated, all) -> saturated > 0.0 && saturated < float all)
                    "batch norm's own outputs"
            }

            test "saturation of every sign is above 0 in BinaryNet and in ResNet-20" {
                for model in
                    [
                        Models.BinaryNet(3, 3, 16).Scaled 0.05
                        Models.BinaryResNet20(3, 3, 16).Scaled 0.25
                    ] do
                    let result = (trainerOf model.Network 3 16 16).WithDiagnostics(true).Train()
                    use _ = result.Model
                    let epoch = Seq.last result.Epochs
                    Expect.isGreaterThan epoch.Saturation 0.0 model.Name

                    for sign in epoch.Diagnostics.Saturation do
                        Expect.isGreaterThan sign.Share 0.0 $"{model.Name}, {sign.Name}"
                        Expect.isLessThan sign.Share 1.0 $"{model.Name}, {sign.Name}"
            }
        ]
