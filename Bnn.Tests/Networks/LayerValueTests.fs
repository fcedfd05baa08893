/// What layers compute, on numbers that can be counted by hand.
module Bnn.Tests.LayerValueTests

open Bnn
open Expecto
open TorchSharp

/// What a network without random choices makes of one image, given as its numbers, channel by channel and row by row.
let private run (channels: int, height: int, width: int) (numbers: float list) (network: Network) =
    use _scope = torch.NewDisposeScope()
    use _none = torch.no_grad ()

    // a network without anything to learn is no model: batch norm at its first values, and undone, makes it one
    let norm =
        Layers.BatchNorm "norm"
        >=> Layers.Formula("undone", Binarizer.x * Const(sqrt (1.0 + 1e-5)))

    let model =
        ModelDescription.Create("test", norm >=> network, channels, height, width)

    use net = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)

    let x =
        torch.tensor(List.toArray numbers).view(1L, int64 channels, int64 height, int64 width)

    let y = net.Forward(x, NetworkMode(false, true, true))
    List.ofArray y.shape.[1..], [ for v in y.contiguous().data<float>().ToArray() -> round (v * 1e9) / 1e9 ]

let private gives name size numbers network expected =
    test name { Expect.equal (run size numbers network) expected name }

let private upTo n = [ for k in 1..n -> float k ]

[<Tests>]
let tests =
    testList
        "Layer values"
        [
            gives
                "upsampling repeats each pixel in both directions"
                (1, 2, 2)
                (upTo 4)
                (Layers.Upsample 2)
                ([ 1L; 4L; 4L ], [ 1; 1; 2; 2; 1; 1; 2; 2; 3; 3; 4; 4; 3; 3; 4; 4 ])

            gives
                "subsampling takes every second pixel, and puts new channels of 0 before and behind"
                (1, 3, 3)
                (upTo 9)
                (Layers.Subsample(4, 2))
                ([ 4L; 2L; 2L ], List.replicate 4 0.0 @ [ 1; 3; 7; 9 ] @ List.replicate 8 0.0)

            gives
                "a mean pool counts no padding, and a last window that is not filled is a mean of what there is"
                (1, 1, 3)
                (upTo 3)
                (Layers.MeanPool({ Rows = 1; Columns = 2 }, roundUp = true))
                ([ 1L; 1L; 2L ], [ 1.5; 3 ])

            gives
                "a max pool without rounding up leaves out the last window that is not filled"
                (1, 1, 3)
                (upTo 3)
                (Layers.MaxPool { Rows = 1; Columns = 2 })
                ([ 1L ], [ 2.0 ])

            gives
                "branches are joined in their order, and each sees the whole input"
                (2, 1, 1)
                (upTo 2)
                (Layers.Branches(Layers.Identity, Layers.Formula("negative", "-x")))
                ([ 4L ], [ 1; 2; -1; -2 ])

            gives
                "groups see their share of the channels, in order"
                (4, 1, 1)
                (upTo 4)
                (Layers.Groups(Layers.Formula("ten", "10 * x"), Layers.Formula("negative", "-x")))
                ([ 4L ], [ 10; 20; -3; -4 ])

            gives
                "groups of branches of other sizes see the channels as they are joined"
                (2, 1, 1)
                (upTo 2)
                (Layers.Branches(
                    Layers.Identity,
                    Layers.Subsample(4, 1) // 0, 1, 2, 0
                 )
                 >=> Layers.Groups(Layers.Identity, Layers.Formula("ten", "10 * x")))
                ([ 6L ], [ 1; 2; 0; 10; 20; 0 ])

            gives
                "a sum goes through what comes after it"
                (1, 1, 2)
                (upTo 2)
                (Layers.Residual(
                    Layers.Formula("ten", "10 * x"),
                    shortcut = Layers.Formula("hundred", "100 * x"),
                    after = Layers.Formula("less", "x - 1")
                ))
                ([ 1L; 1L; 2L ], [ 109; 219 ])

            gives
                "all numbers of an image as a vector, channel by channel"
                (2, 1, 2)
                (upTo 4)
                (Layers.Flatten())
                ([ 4L ], [ 1; 2; 3; 4 ])

            gives "the mean of each channel" (2, 1, 2) (upTo 4) (Layers.GlobalMean()) ([ 2L ], [ 1.5; 3.5 ])

            test "a depthwise convolution of rows x columns sees its own channel, with stride, padding and bias" {
                use _scope = torch.NewDisposeScope()
                use _none = torch.no_grad ()

                let convolution =
                    Layers.Convolution(
                        "conv",
                        2,
                        { Rows = 1; Columns = 3 },
                        { Rows = 1; Columns = 2 },
                        groups = 2,
                        bias = true
                    )

                let model = ModelDescription.Create("test", convolution, 2, 1, 4)
                use net = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)

                net.Store["conv.weight"].Value.copy_(torch.tensor([| 1.0; 2; 3; 10; 20; 30 |]).view(2L, 1L, 1L, 3L))
                |> ignore

                net.Store["conv.bias"].Value.copy_(torch.tensor [| 0.5; 0.25 |]) |> ignore
                let x = torch.tensor([| for k in 1.0 .. 8.0 -> k |]).view(1L, 2L, 1L, 4L)
                let y = net.Forward(x, NetworkMode(false, true, true))
                // 0 1 2, 2 3 4 and 0 5 6, 6 7 8: padded by one column, every second place
                let expected = [| 8.5; 20.5; 280.25; 440.25 |]
                Expect.equal (y.contiguous().data<float>().ToArray()) expected "numbers"
            }
        ]
