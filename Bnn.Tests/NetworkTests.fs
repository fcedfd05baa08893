module Bnn.Tests.NetworkTests

open Expecto
open TorchSharp
open Bnn

let private evaluation = NetworkMode(false, true, true)

[<Tests>]
let tests =
    testList
        "Network"
        [
            testCase "ReActNet-A has exactly the published counts and cost"
            <| fun _ ->
                use network = TorchNetwork.Outline(Models.ReActNetA())
                Expect.equal network.Parameters 29_343_592L "parameters"
                Expect.equal network.BinaryWeights 28_253_184L "binary weights"
                Expect.equal (network.Summary.BinaryOperations.ToString "e3") "4.817e+009" "binary operations"
                Expect.equal (network.Summary.RealOperations.ToString "e3") "1.186e+007" "real operations"
                Expect.equal ((network.Summary.Operations / 1e8).ToString "F3") "0.871" "operations, in 1e8"

            testCase "A network of odd size, any width and any number of classes gives one finite logit a class"
            <| fun _ ->
                use _scope = torch.NewDisposeScope()

                for size in [ 1; 2; 5; 13; 28 ] do
                    let model =
                        Models.ReActNet([ struct (3, 2); struct (6, 2); struct (6, 1); struct (12, 2) ], 7, 2, size)

                    use network = TorchNetwork.Create(model, 1L)
                    let size = int64 size
                    use logits = network.Forward(torch.randn (2L, 2L, size, size), evaluation)
                    Expect.equal logits.shape [| 2L; 7L |] $"shape at {size}"
                    Expect.isTrue (logits.isfinite().all().item<bool>()) $"finite at {size}"

            testCase "The same seed gives the same first weights, another seed others"
            <| fun _ ->
                let first (seed: int64) =
                    use network = TorchNetwork.Create(Models.ReActNetSmall(), seed)
                    Memory.Floats(network.LatentWeights).ToArray()

                Expect.equal (first 5L) (first 5L) "same seed"
                Expect.notEqual (first 5L) (first 6L) "other seed"

            testCase "Binary weights are the mean magnitude times the sign in each output channel"
            <| fun _ ->
                use _scope = torch.NewDisposeScope()
                let w = torch.randn (4L, 3L, 3L, 3L)
                let alpha = ChannelScale.MeanMagnitude w
                let expected = w.abs().mean([| 1L; 2L; 3L |])
                Expect.isTrue (alpha.allclose (expected, 1e-6, 1e-8)) "scale"

                use _none = torch.no_grad ()

                let binary =
                    ElementwiseLayer.OfWeights(WeightBinarizer.valueOnly).Apply(w, evaluation, 0, null)

                let expected = alpha.view (4L, 1L, 1L, 1L) * w.sign ()
                Expect.isTrue (binary.eq(expected).all().item<bool>()) "weights"

            testCase "All of a group's parameters are views of its flat buffer, and gradients accumulate into the other"
            <| fun _ ->
                use _scope = torch.NewDisposeScope()
                use network = TorchNetwork.Create(Models.ReActNetSmall(), 1L)
                let x = torch.randn (4L, 1L, 28L, 28L)
                let mode = NetworkMode(true, true, true)
                Differentiation.Backward(network.Forward(x, mode).pow(2.0.ToScalar()).sum())

                for group in network.Store.Groups do
                    let gradient = group.Gradients.abs().sum().item<float32>()
                    Expect.isGreaterThan gradient 0.0f $"{group.Group}: gradient"
                    group.Weights.zero_ () |> ignore

                let buffers = [ "running"; "batches" ]

                for tensor in network.Store.All do
                    if not (buffers |> List.exists (fun (part: string) -> tensor.Name.Contains part)) then
                        Expect.equal (tensor.Value.abs().sum().item<float32>()) 0.0f tensor.Name

            testCase "A description that cannot be built is refused with every fault, by the layers' names"
            <| fun _ ->
                let network = ResNets.reActNet18 [ 0, 0; 5, 1 ] 70000

                let names =
                    ModelDescription.Create("net", network, 1, 8, 8).Validate()
                    |> Seq.map _.Name
                    |> List.ofSeq

                let expected =
                    [
                        "conv1: outputs"
                        "conv1: stride rows"
                        "conv1: stride columns"
                        "fc: outputs"
                    ]
                    |> List.map (fun name -> $"model net: {name}")

                Expect.equal names expected "faults"

            testCase "Images without pixels, or with more than can be, are refused before anything else is looked at"
            <| fun _ ->
                for channels, height, width in [ 0, 0, 0; 70000, 70000, 70000 ] do
                    let names =
                        Models.ReActNet18().WithInput(channels, height, width).Validate()
                        |> Seq.map _.Name
                        |> List.ofSeq

                    let expected = [ "input channels"; "input height"; "input width" ]
                    Expect.equal names (expected |> List.map (fun name -> $"model ReActNet-18: {name}")) "faults"
        ]
