/// The networks of all families: their published counts, and that each can be built at any size and trained in every mode.
module Bnn.Tests.ModelFamilyTests

open System
open Bnn
open Expecto
open TorchSharp

/// Every family, small: name and description for images of this size.
let families: (string * (int -> int -> ModelDescription)) list =
    let small (model: ModelDescription) = model.Scaled 0.0625

    [
        "ReActNet-A", (fun channels size -> small (Models.ReActNetA(5, channels, size)))
        "ReActNet-18", (fun channels size -> small (Models.ReActNet18(5, channels, size)))
        "Bi-Real-18", (fun channels size -> small (Models.BiReal18(5, channels, size)))
        "StrongBaseline", (fun channels size -> small (Models.StrongBaseline(5, channels, size)))
        "BinaryNet", (fun channels size -> small (Models.BinaryNet(5, channels, size)))
        "binary ResNet-20", (fun channels size -> small (Models.BinaryResNet20(5, channels, size)))
        "ResNet-20", (fun channels size -> small (Models.ResNet20(5, channels, size)))
        "ResNet-18", (fun channels size -> small (Models.ResNet18(5, channels, size)))
        "ResNet-34", (fun channels size -> small (Models.ResNet34(5, channels, size)))
        "ResNet-50", (fun channels size -> small (Models.ResNet50(5, channels, size)))
    ]

let private isReal (model: ModelDescription) = model.Summary().BinaryParameters = 0L

let private modes =
    [
        for activations in [ false; true ] do
            for weights in [ false; true ] do
                NetworkMode(true, activations, weights)
    ]

let private bufferNames = [ "running_mean"; "running_var"; "num_batches_tracked" ]

let private isBuffer (name: string) =
    bufferNames
    |> List.exists (fun buffer -> name.EndsWith(buffer, StringComparison.Ordinal))

/// Parameters and binary parameters, where they are published or torchvision's.
let private counts =
    [
        Models.ReActNetA(), 29_343_592L, 28_253_184L
        Models.ReActNet18(), 11_704_424L, 10_985_472L
        Models.ResNet18(), 11_689_512L, 0L
        Models.ResNet34(), 21_797_672L, 0L
        Models.ResNet50(), 25_557_032L, 0L
        // ReActNet-18 less a shift for each input channel of a block and three numbers for each output channel
        Models.BiReal18(), 11_704_424L - 3392L - 3L * 3840L, 10_985_472L
    ]

[<Tests>]
let tests =
    testList
        "Model families"
        [
            for model, parameters, binary in counts do
                test $"{model.Name} has its published number of parameters" {
                    let summary = model.Summary()
                    Expect.equal (summary.Parameters, summary.BinaryParameters) (parameters, binary) "all, binary"
                }

            testList
                "every network, small"
                [
                    for name, describe in families do
                        test $"{name} gives a finite logit a class at any size of images, odd ones too" {
                            use _scope = torch.NewDisposeScope()

                            for size in [ 1; 7; 32; 45 ] do
                                use network = TorchNetwork.Create(describe 2 size, 1L)
                                let x = torch.randn (2L, 2L, int64 size, int64 size)
                                use logits = network.Forward(x, NetworkMode(false, true, true))
                                Expect.equal logits.shape [| 2L; 5L |] $"shape at {size}"
                                Expect.isTrue (logits.isfinite().all().item<bool>()) $"finite at {size}"
                        }

                        test $"{name}: a row of the summary for each tensor, and no number counted twice" {
                            use network = TorchNetwork.Outline(describe 3 33)
                            Expect.equal network.Summary.Parameters network.Parameters "parameters"
                            Expect.equal network.Summary.BinaryParameters network.BinaryWeights "binary"

                            for tensor in network.Store.All do
                                let owner (row: LayerSummary) =
                                    tensor.Name.StartsWith(row.Name + ".", StringComparison.Ordinal)

                                let isShift = tensor.Name.Contains ".move"

                                Expect.isTrue
                                    (isShift || Seq.exists owner network.Summary.Layers)
                                    $"{tensor.Name} has a row"
                        }

                        test $"{name} learns in every mode: real, binary activations, binary weights, both" {
                            for mode in modes do
                                use _scope = torch.NewDisposeScope()
                                use network = TorchNetwork.Create(describe 3 32, 1L)
                                let x = torch.randn (8L, 3L, 32L, 32L)
                                Differentiation.Backward(network.Forward(x, mode).pow(2.0.ToScalar()).sum())

                                for tensor in network.Store.All do
                                    if not (isBuffer tensor.Name) then
                                        let gradient = tensor.Value.grad.abs().sum().item<float32>()
                                        Expect.isGreaterThan gradient 0.0f $"{mode}: {tensor.Name}"
                        }

                        test $"{name}: binary where the mode says so" {
                            use _scope = torch.NewDisposeScope()
                            use _none = torch.no_grad ()
                            let model = describe 3 32
                            use network = TorchNetwork.Create(model, 1L)
                            let x = torch.randn (4L, 3L, 32L, 32L)

                            let logits =
                                [
                                    for mode in modes ->
                                        network.Forward(
                                            x,
                                            NetworkMode(false, mode.BinaryActivations, mode.BinaryWeights)
                                        )
                                ]

                            let distinct =
                                logits
                                |> List.map (fun y -> y.flatten().data<float32>().ToArray())
                                |> List.distinct
                                |> List.length

                            Expect.equal distinct (if isReal model then 1 else 4) "different logits"
                        }
                ]

            test "StrongBaseline's scale is the product of a factor for each channel, row and column" {
                use _scope = torch.NewDisposeScope()

                use network =
                    TorchNetwork.Create(
                        ModelDescription.Create("scale", Layers.FactoredScale "scale", 3, 4, 5),
                        1L,
                        ``type`` = torch.float64
                    )

                use _none = torch.no_grad ()
                let factors = [ for tensor in network.Store.All -> tensor.Value.normal_ () ]
                let x = torch.randn (2L, 3L, 4L, 5L, dtype = torch.float64)
                let y = network.Forward(x, NetworkMode(false, true, true))

                for n, c, h, w in [ 0, 0, 3, 4; 1, 2, 3, 4; 1, 1, 0, 2 ] do
                    let at (t: torch.Tensor) (index: int) = t.flatten().[int64 index].item<float>()

                    let expected =
                        x[int64 n, int64 c, int64 h, int64 w].item<float>()
                        * at factors[0] c
                        * at factors[1] h
                        * at factors[2] w

                    let actual = y[int64 n, int64 c, int64 h, int64 w].item<float>()
                    Expect.floatClose Accuracy.high actual expected $"{n}, {c}, {h}, {w}"
            }

            test "The summary prints ReActNet-A's published figures" {
                let text = Models.ReActNetA().Summary().ToString()

                for part in
                    [
                        "29,343,592: 28,253,184 of 1 bit, 1,090,408 of 32 bits"
                        "8,024,480 bytes, with 10,912 scales of binary weights and 21,888 statistics of batch norm"
                        "4.817e9 BOPs, 1.186e7 FLOPs, 0.871e8 OPs"
                    ] do
                    Expect.stringContains text part "figures"
            }

            test "A description is scaled in its widths alone, and a factor that is no positive number is refused" {
                let convolutions (model: ModelDescription) =
                    Network.places model.Input model.Network
                    |> List.choose (fun place ->
                        match place.Layer with
                        | Layer.Convolution c -> Some(c.Outputs, c.Stride, c.Kernel)
                        | _ -> None)

                let whole, quarter =
                    convolutions (Models.ReActNet18()), convolutions (Models.ReActNet18().Scaled 0.25)

                Expect.equal quarter [ for width, stride, kernel in whole -> width / 4, stride, kernel ] "widths alone"
                Expect.equal (Models.ReActNet18().Scaled 0.25).Classes 1000 "classes"
                Expect.isEmpty (Models.ResNet50().Scaled(0.1).Validate()) "widths that 4 does not divide"

                for factor in [ 0.0; -1.0; nan; infinity ] do
                    Expect.throwsT<ArgumentOutOfRangeException>
                        (fun () -> Models.ReActNetA().Scaled factor |> ignore)
                        $"{factor}"
            }

            test "Widths that a ReActNet cannot have are faults; other networks are free" {
                let message =
                    Expect.throwsC (fun () -> Models.ReActNet([ struct (8, 1); struct (24, 1) ]) |> ignore) (fun e ->
                        e.Message)

                Expect.stringContains message "8 or 16" "ReActNet doubles"

                let free = ResNets.reActNet18 (ResNets.layers (8, 2) [ 3, 1; 11, 1 ]) 5
                Expect.isEmpty (ModelDescription.Create("free", free, 3, 32, 32).Validate()) "others are free"
            }
        ]
