/// Networks of one's own in the trainer: any shape of data, and what does not fit is said at once.
module Bnn.Tests.OwnNetworkTests

open System
open Bnn
open Bnn.Tests.OwnNetworkSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private size rows columns : Size2 = { Rows = rows; Columns = columns }

/// Mean losses of the first and the last of some steps on one batch, of three classes that differ in the mean.
let private learn steps (model: ModelDescription) mode =
    use _scope = torch.NewDisposeScope()
    use network = TorchNetwork.Create(model, 1L)
    torch.manual_seed 2L |> ignore
    let truth = torch.arange(24L).remainder((3).ToScalar())
    let shape = [| 24L; model.Input.Channels; model.Input.Height; model.Input.Width |]
    let x = torch.randn shape + truth.``to``(torch.float32).view(-1L, 1L, 1L, 1L)
    let rule = Rules.Adam().Then(Rules.Descend(Expr.op_Implicit 0.01))
    use optimizer = new RuleOptimizer(rule, steps, network.Store.Groups)

    let losses =
        [
            for _ in 1..steps do
                use _step = torch.NewDisposeScope()

                for group in network.Store.Groups do
                    group.Gradients.zero_ () |> ignore

                let logits = network.Forward(x, mode)
                Expect.equal logits.shape [| 24L; 3L |] "a number for each class"
                let loss = torch.nn.functional.cross_entropy (logits, truth)
                Differentiation.Backward loss
                optimizer.Step() |> ignore
                float (loss.item<float32>())
        ]

    List.average losses[..4], List.average losses[steps - 5 ..]

let private modes =
    [
        for activations, weights in List.allPairs [ false; true ] [ false; true ] do
            NetworkMode(true, activations, weights, Moment = TrainingMoment(1, 40, 1L))
    ]

let private ends: (string * Network) list =
    [
        "a convolution of the whole image", Layers.Convolution("last", 3, 6, padding = Nullable 0)
        "a pool of the whole image", Layers.Convolution("last", 3, 1) >=> Layers.MeanPool 6
        "a flat picture", Layers.Convolution("last", 3, 6, padding = Nullable 0) >=> Layers.Flatten()
        "a binary convolution of one pixel",
        Layers.GlobalMean()
        >=> Layers.Sign("sign", shifted = true)
        >=> Layers.BinaryConvolution("last", 3, 1)
        "branches of a vector and a picture",
        Layers.Branches(
            Layers.GlobalMean() >=> Layers.Linear("a", 1),
            Layers.Convolution("b", 2, 6, padding = Nullable 0)
        )
        "the sum of a vector and a picture",
        Layers.Residual(
            Layers.GlobalMean() >=> Layers.Linear("a", 3),
            Layers.Convolution("b", 3, 6, padding = Nullable 0)
        )
        "scaled vectors",
        Layers.GlobalMean()
        >=> Layers.FactoredScale "scale"
        >=> Layers.Linear("last", 3)
        "grouped vectors",
        Layers.GlobalMean()
        >=> Layers.Groups(Layers.Linear("a", 1), Layers.Convolution("b", 2, 1))
    ]

let private faults (trainer: BnnTrainer) =
    [ for fault in trainer.Validate() -> fault.Name, fault.Value ]

[<Tests>]
let tests =
    testList
        "Networks of one's own"
        [
            for model in [ vectors; series; normed.ToModel("images", 2, 6, 6) ] do
                test $"{model.Name} train in every mode" {
                    for mode in modes do
                        let first, last = learn 40 model mode
                        Expect.isLessThan last (0.85 * first) $"{mode}"
                }

            for name, last in ends do
                test $"a network that ends in {name} gives a number for each class and trains" {
                    let model = (Layers.Convolution("stem", 4, 3) >=> last).ToModel("own", 2, 6, 6)

                    for mode in [ modes.Head; List.last modes ] do
                        let first, last = learn 20 model mode
                        Expect.isLessThan last first $"{mode}"
                }

            test "vectors and series go through the trainer as images do" {
                for model in [ vectors; series ] do
                    let trainer = trainerOf model.Network model.Channels model.Height model.Width

                    let result = trainer.WithDiagnostics(true).TwoStep(epochs = 1).Train()
                    use trained = result.Model
                    Expect.all result.Epochs (fun epoch -> Double.IsFinite epoch.Loss) model.Name
                    Expect.equal trained.Description.Network model.Network model.Name
                    Expect.equal trained.Description.Input model.Input model.Name
            }

            test
                "rules see the output channels of every weight, also where there is one, and the channels of what is learned for each" {
                let network =
                    Layers.Sign("sign", shifted = true)
                    >=> Layers.BinaryConvolution("one", 1, 3)
                    >=> Layers.BinaryConvolution("two", 2, 3)
                    >=> Layers.FactoredScale "scale"

                use network = TorchNetwork.Create(network.ToModel("channels", 5, 6, 6), 1L)

                let channels =
                    [
                        for group in network.Store.Groups do
                            for name, struct (_, rows, length) in Seq.zip group.Names group.Tensors ->
                                name, (rows, length)
                    ]

                Expect.equal
                    (Map.ofList channels)
                    (Map.ofList
                        [
                            "sign.bias", (5, 1L)
                            "one.weight", (1, 45L)
                            "two.weight", (2, 9L)
                            "scale.channels", (2, 1L)
                            "scale.rows", (6, 1L)
                            "scale.columns", (6, 1L)
                        ])
                    "channels, and the numbers of each"
            }

            testList
                "what does not fit"
                [
                    test "a network of one's own is for the data's images, whatever their size" {
                        for channels, height, width in [ 2, 6, 6; 1, 5, 9; 3, 1, 12 ] do
                            let model = (trainerOf normed channels height width).Plan().Model
                            Expect.equal model.Input (FeatureSize.Of(int64 channels, int64 height, int64 width)) "size"
                            Expect.equal model.Network normed "network"

                        let named = (trainerOf normed 2 6 6).WithModel(normed, "mine")
                        Expect.stringContains (named.Describe()) "mine: 2 x 6 x 6 -> 3 classes" "name"
                    }

                    test "the last WithModel counts, and a preset does not replace a network of one's own" {
                        let trainer = trainerOf normed 2 6 6
                        let model = Models.ReActNetSmall(3, 2, 6)
                        Expect.equal (trainer.WithModel(model).Plan().Model) model "a description"

                        Expect.equal
                            (trainer.WithModel(model).WithModel(normed).Plan().Model.Network)
                            normed
                            "a network"

                        let preset = trainer.WithPreset(Preset.ReActNetA)
                        Expect.equal (preset.Plan().Model.Network) normed "before the preset"
                        Expect.equal (preset.WithModel(plain).Plan().Model.Network) plain "after it"
                    }

                    test "a network that ends in no vector, or in other classes, is one fault that says so" {
                        let trainer = trainerOf normed 2 6 6

                        Expect.equal
                            (faults (trainer.WithModel(Layers.Convolution("last", 3, 3))))
                            [ "model own network: output", "3 x 6 x 6" ]
                            "no vector"

                        Expect.equal
                            (faults (trainer.WithModel(Layers.GlobalMean() >=> Layers.Linear("last", 4))))
                            [ "model own network: classes", "4" ]
                            "other classes"
                    }

                    test "all that is wrong with a network and the settings is said at once" {
                        let impossible =
                            Layers.Convolution("stem", 4, 3, groups = 3)
                            >=> Layers.Linear("last", 0)
                            >=> Layers.BatchNorm ""

                        let trainer =
                            (trainerOf impossible 2 6 6)
                                .WithAdam(learningRate = nan)
                                .WithBatch(1)
                                .WithLabelSmoothing(2.0)

                        let names = faults trainer |> List.map fst

                        for expected in [ "learningRate"; "batch"; "labelSmoothing" ] do
                            Expect.contains names expected "settings"

                        for part in [ "stem: groups"; "last: input"; "last: outputs"; "batch norm" ] do
                            Expect.exists
                                names
                                (fun name ->
                                    name.StartsWith("model own network: ", StringComparison.Ordinal)
                                    && name.Contains part)
                                part

                        let thrown = refusals (fun () -> trainer.Train() |> ignore) |> List.map _.Name

                        Expect.equal thrown names "Train lists the same"
                    }
                ]
        ]
