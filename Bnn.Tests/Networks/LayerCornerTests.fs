/// What layers, passes and figures do exactly at their corners: borders of pools, derivatives where a formula bends, NaN in reductions.
module Bnn.Tests.LayerCornerTests

open System
open Bnn
open Bnn.Tests.LayerSupport
open Expecto
open TorchSharp

/// y, dx for dy = 1, and the gradients of the learned numbers, one a channel, by torch's automatic differentiation.
let private atPoints (formula: Elementwise) (learned: float list) (points: float list) =
    use _scope = torch.NewDisposeScope()
    let layer = ElementwiseLayer.OfActivation formula

    let x =
        (tensorOf torch.float64 [ 1L; 1L; int64 points.Length ] (Array.ofList points)).requires_grad_()

    let parameters =
        [|
            for number in learned -> (tensorOf torch.float64 [ 1L ] [| number |]).requires_grad_()
        |]

    let y = layer.Apply(x, training, place, null, parameters)
    Differentiation.Backward(y.sum ())

    List.ofArray (numbersOf (y.detach ())),
    List.ofArray (numbersOf x.grad),
    [ for p in parameters -> (numbersOf p.grad)[0] ]

let private bends =
    [
        test "RPReLU's derivative at z = 0 is the slope, and 1 just above" {
            // z = x + 0.5
            let y, dx, gradients = atPoints Elementwise.shiftedPRelu [ 0.5; 0.25; 2.0 ] [ -0.5 ]
            Expect.equal y [ 2.0 ] "value"
            Expect.equal dx [ 0.25 ] "of x"
            Expect.equal gradients [ 0.25; 0.0; 1.0 ] "of the shift before, the slope, the shift after"

            let _, dx, gradients =
                atPoints Elementwise.shiftedPRelu [ 0.5; 0.25; 2.0 ] [ -0.5 + 1e-15 ]

            Expect.equal dx [ 1.0 ] "of x, above"
            Expect.equal gradients [ 1.0; 0.0; 1.0 ] "of the others, above"
        }

        test "PReLU's derivative at 0 is the slope, ReLU's 0; a clip's is 1 at both ends and 0 beyond" {
            let _, dx, _ = atPoints Elementwise.prelu [ 0.25 ] [ -0.0; 0.0; 1e-300; -1e-300 ]
            Expect.equal dx [ 0.25; 0.25; 1.0; 0.25 ] "PReLU"
            let _, dx, _ = atPoints Elementwise.relu [] [ 0.0; 1e-300; -1e-300 ]
            Expect.equal dx [ 0.0; 1.0; 0.0 ] "ReLU"
            let beyond = 1.0 + 2.0 ** -52.0
            let y, dx, _ = atPoints Elementwise.hardTanh [] [ -1.0; 1.0; -beyond; beyond ]
            Expect.equal y [ -1.0; 1.0; -1.0; 1.0 ] "clipped"
            Expect.equal dx [ 1.0; 1.0; 0.0; 0.0 ] "hard tanh"
            let _, dx, gradients = atPoints Elementwise.shiftedClip [ 0.5 ] [ -1.5; 0.5; 0.75 ]
            Expect.equal dx [ 1.0; 1.0; 0.0 ] "shifted hard tanh"
            Expect.equal gradients [ 2.0 ] "its shift"
        }

        test "A real stage's sign is a clip of x and its learned shift" {
            use _scope = torch.NewDisposeScope()
            use _none = torch.no_grad ()

            let model =
                ModelDescription.Create("test", Layers.Sign("sign", shifted = true), 2, 1, 3)

            use net = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)

            net.Store["sign.bias"].Value.copy_(torch.tensor([| 0.5; -0.5 |]).view(1L, 2L, 1L, 1L))
            |> ignore

            let x = torch.tensor([| -2.0; 0.25; 0.75; -2.0; 0.25; 0.75 |]).view(1L, 2L, 1L, 3L)
            let y = net.Forward(x, NetworkMode(false, false, true))
            Expect.equal (numbersOf y) [| -1.0; 0.75; 1.0; -1.0; -0.25; 0.25 |] "clipped"
            let y = net.Forward(x, NetworkMode(false, true, true))
            Expect.equal (numbersOf y) [| -1.0; 1.0; 1.0; -1.0; -1.0; 1.0 |] "signs"
        }
    ]

/// What a network makes of one image of one channel, in float64; batch norm at its first values, and undone, makes it a model.
let private image (height: int) (width: int) (network: Network) =
    use _scope = torch.NewDisposeScope()
    use _none = torch.no_grad ()

    let norm =
        Layers.BatchNorm "norm"
        >=> Layers.Formula("undone", Binarizer.x * Const(sqrt (1.0 + 1e-5)))

    let model = ModelDescription.Create("test", norm >=> network, 1, height, width)
    use net = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)

    let x =
        torch.tensor([| for k in 1 .. height * width -> float k |]).view(1L, 1L, int64 height, int64 width)

    let y = net.Forward(x, NetworkMode(false, true, true))
    List.ofArray y.shape[1..], [ for v in numbersOf y -> round (v * 1e9) / 1e9 ]

let private borders =
    [
        test
            "A mean pool over an odd border is the mean of the numbers that are there, two at an edge, one in the corner" {
            Expect.equal
                (image 3 3 (Layers.MeanPool(2, 2, roundUp = true)))
                ([ 1L; 2L; 2L ], [ (1.0 + 2.0 + 4.0 + 5.0) / 4.0; (3.0 + 6.0) / 2.0; (7.0 + 8.0) / 2.0; 9.0 ])
                "2 x 2 of 3 x 3"
        }

        test "A mean pool's padding does not count" {
            Expect.equal
                (image 3 3 (Layers.MeanPool(3, 2, 1)))
                ([ 1L; 2L; 2L ], [ 3.0; 4.0; 6.0; 7.0 ])
                "3 x 3 of 3 x 3, padded: four numbers in each corner"
        }

        test "A max pool's padding is never the largest, and its border counts where it rounds up" {
            let negative = Layers.Formula("negative", "-x")

            Expect.equal
                (image 3 3 (negative >=> Layers.MaxPool(3, 2, 1)))
                ([ 1L; 2L; 2L ], [ -1.0; -2.0; -4.0; -5.0 ])
                "padded"

            Expect.equal
                (image 3 3 (negative >=> Layers.MaxPool(2, 2, roundUp = true)))
                ([ 1L; 2L; 2L ], [ -1.0; -3.0; -7.0; -9.0 ])
                "rounded up"
        }

        test "Of an odd number of new channels the greater part comes behind" {
            Expect.equal (image 1 1 (Layers.Subsample(4, 1))) ([ 4L ], [ 0.0; 1.0; 0.0; 0.0 ]) "one before, two behind"
        }
    ]

let private batchNorm =
    [
        test
            "Batch norm in training normalizes by the batch's biased variance, and keeps 9/10 of the running figures with 1/10 of its mean and unbiased variance" {
            use _scope = torch.NewDisposeScope()
            use _none = torch.no_grad ()

            let model =
                ModelDescription.Create("test", Layers.BatchNorm "norm" >=> Layers.Formula("same", "x"), 1, 1, 2)

            use net = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)
            let numbers = [| 1.0; 2.0; 4.0; 9.0 |]
            let x = torch.tensor(numbers).view(2L, 1L, 1L, 2L)
            // as a training has it: the momentum is its own default
            let mode = TrainingRun.Mode(Stage.Create("a", true, true, 1))
            let y = net.Forward(x, mode)
            let variance = 38.0 / 4.0

            for number, its in Array.zip numbers (numbersOf y) do
                Expect.floatClose Accuracy.veryHigh its ((number - 4.0) / sqrt (variance + 1e-5)) "normalized"

            let figure name =
                (numbersOf net.Store[$"norm.{name}"].Value)[0]

            Expect.floatClose Accuracy.veryHigh (figure "running_mean") (0.1 * 4.0) "mean"
            Expect.floatClose Accuracy.veryHigh (figure "running_var") (0.9 + 0.1 * 38.0 / 3.0) "variance"
            Expect.equal (net.Store["norm.num_batches_tracked"].Value.item<int64>()) 1L "batches"
            let y = net.Forward(x, NetworkMode(false, true, true))

            let last = (numbersOf y)[3]

            Expect.floatClose
                Accuracy.veryHigh
                last
                ((9.0 - 0.4) / sqrt (0.9 + 0.1 * 38.0 / 3.0 + 1e-5))
                "outside training by the running ones"

            Expect.equal (net.Store["norm.num_batches_tracked"].Value.item<int64>()) 1L "not counted"
        }
    ]

let private reductions =
    [
        for dtype in [ torch.float32; torch.float64 ] do
            test
                $"The largest magnitude of numbers with a NaN is NaN wherever it is, on memory and over torch operations ({dtype})" {
                use _scope = torch.NewDisposeScope()
                let pass = Pass.reducing [] [ Largest, Expr.weight ]
                let compiled = CompiledPass pass
                let count = 150

                for at in [ 0; 1; 15; 16; 31; 63; 64; 127; 128; 148; 149 ] do
                    let numbers =
                        [| for k in 0 .. 2 * count - 1 -> if k = at then nan else float (k % 7) - 5.0 |]

                    let w = tensorOf dtype [ int64 (2 * count) ] numbers
                    let layout = ChannelLayout(2, int64 count, 2)

                    let onMemory =
                        compiled.Run(
                            layout,
                            w,
                            (fun _ -> w),
                            (fun name -> CompiledPass.Nothing<torch.Tensor> name),
                            (fun name -> CompiledPass.Nothing<float> name)
                        )

                    let onTensors =
                        compiled.OnTensors(layout, w, [| w |], [||], (fun name -> CompiledPass.Nothing<float> name))

                    for what, largest: float[] in [ "memory", onMemory; "tensors", onTensors ] do
                        Expect.isTrue (Double.IsNaN largest[0]) $"{what}, NaN at {at}"
                        Expect.equal largest[1] 5.0 $"{what}, the other channel"
            }

        test "Gradients with a NaN are not clipped to numbers by their largest magnitude" {
            use _scope = torch.NewDisposeScope()

            let rule = Gradient.clipLargest 1.0 >=> Bnn.Rule.descend (Const 0.5)

            for at in [ 0; 5; 19 ] do
                let w = torch.zeros (20L, dtype = torch.float32)
                let g = torch.ones (20L, dtype = torch.float32)
                g[int64 at].fill_(nan.ToScalar()) |> ignore

                let group =
                    new FlatGroup(
                        ParameterGroup.BinaryWeights,
                        w.DetachFromDisposeScope(),
                        g.DetachFromDisposeScope(),
                        [| struct (0L, 2, 10L) |]
                    )

                use optimizer = new RuleOptimizer(rule, 1, [| group |])
                optimizer.Step() |> ignore
                Expect.isTrue (w.isnan().all().item<bool>()) $"NaN at {at}: the norm of all is not known"
                group.Dispose()
        }

        test "What has a number a channel is as many channels to a rule as it has numbers, however it is shaped" {
            let layout (shape: int64 list) =
                let its = ChannelLayout.Parameter(false, List.toArray shape)
                its.Rows, its.Length, its.Channels

            Expect.equal (layout [ 5L ]) (5, 1L, 5) "a vector"
            Expect.equal (layout [ 1L; 5L; 1L; 1L ]) (5, 1L, 5) "a learned shift"
            Expect.equal (layout [ 1L ]) (1, 1L, 1) "one number"
            let its = ChannelLayout.Parameter(true, [| 4L; 3L; 2L; 2L |])
            Expect.equal (its.Rows, its.Length, its.Channels) (4, 12L, 4) "a weight's output channels"

            let model =
                ModelDescription.Create("test", Layers.Sign("sign", shifted = true), 5, 2, 2)

            use net = TorchNetwork.Create(model, 1L)
            let shift = net.Store["sign.bias"].Layout
            Expect.equal (shift.Rows, shift.Length, shift.Channels) (5, 1L, 5) "in a network"

            let places =
                [
                    for group in net.Store.Groups do
                        for struct (_, rows, length) in group.Tensors -> rows, length
                ]

            Expect.equal places [ 5, 1L ] "where the rule finds it"
        }
    ]

[<Tests>]
let tests =
    testList
        "Layer corners"
        [
            testList "where formulas bend" bends
            testList "borders" borders
            testList "batch norm" batchNorm
            testList "reductions" reductions
        ]
