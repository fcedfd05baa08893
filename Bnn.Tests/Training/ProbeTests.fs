/// What an epoch's diagnostics say of gradients and weights that are known.
module Bnn.Tests.ProbeTests

open Bnn
open Bnn.Tests.DiagnosticsSupport
open Expecto

let private near = { absolute = 1e-6; relative = 1e-6 }

/// The share of revived weights where half of a layer's, all dead, move in one iteration of so many.
let private revivedAt at iterations =
    let d =
        probed iterations (fun i gradients after ->
            Array.fill gradients 0 18 0.0f

            if i = at then
                for k in 0..8 do
                    after[k] <- after[k] + 0.5f)

    d.Layers[0].RevivedWeights

[<Tests>]
let tests =
    testList
        "Diagnostics laws"
        [
            test "Of an odd number of iterations the middle one belongs to the later half" {
                Expect.equal [ for at in 0..4 -> revivedAt at 5 ] [ 0.0; 0.0; 0.5; 0.5; 0.5 ] "revived by each"
            }

            test "Of more iterations than are looked at the later half is that of the last ten" {
                Expect.equal [ for at in [ 3; 8; 9; 13 ] -> revivedAt at 14 ] [ 0.0; 0.0; 0.5; 0.5 ] "revived by each"
            }

            test "A channel's share of gradients that are 0 is over its own weights and all iterations looked at" {
                // the first layer has 2 channels of 18 weights: 9 of the first are 0 in 3 of 4 iterations
                let d =
                    probed 4 (fun i gradients _ ->
                        if i > 0 then
                            Array.fill gradients 0 9 0.0f)

                let layer = d.Layers[0]
                Expect.floatClose near layer.ChannelZeroGradients.Greatest (9.0 * 3.0 / (18.0 * 4.0)) "of the first"
                Expect.equal layer.ChannelZeroGradients.Least 0.0 "of the second"
                Expect.floatClose near layer.ZeroGradients (9.0 * 3.0 / (36.0 * 4.0)) "of the layer"
                Expect.equal layer.ZeroGradientChannels 0.0 "no channel has none at all"
                Expect.equal layer.DeadWeights 0.0 "none in all iterations"
            }

            test "CAM is of the weights after the epoch, CAM of updates of the whole epoch's change" {
                let d =
                    probed 12 (fun i _ after ->
                        for k in 0..35 do
                            let channel = k / 18

                            after[k] <-
                                if i = 11 then
                                    (if channel = 0 then 0.5f else -2.0f)
                                else
                                    after[k] + 1.0f)

                let layer = d.Layers[0]
                Expect.equal (layer.Cam.Least, layer.Cam.Greatest) (0.5, 2.0) "mean |w| of each channel"
                Expect.floatClose near layer.Cam.Median 1.25 "between them"
                Expect.floatClose near layer.Sdam 0.75 "their deviation"
                // first weights are within a quarter or so of 0
                Expect.floatClose { absolute = 0.1; relative = 0.0 } layer.UpdateCam.Least 0.5 "what the first moved by"
                Expect.floatClose { absolute = 0.1; relative = 0.0 } layer.UpdateCam.Greatest 2.0 "the second"
            }

            test "Least, greatest, confident and unsure are those of the weights, NaN apart" {
                let spread =
                    EpochProbe.Spread(
                        System.ReadOnlySpan [| nanf; 0.05f; -0.05f; 0.95f; -1.5f; 0.5f; 2.5f; 0.1f; 0.9f |]
                    )

                Expect.equal (float32 spread.Least, float32 spread.Greatest) (-1.5f, 2.5f) "least and greatest"
                Expect.equal spread.NotNumbers 1L "NaN"
                Expect.equal spread.Confident (3.0 / 8.0) "confident: above 0.9 alone"
                Expect.equal spread.Unsure (2.0 / 8.0) "unsure: below 0.1 alone"
                Expect.equal (Seq.sum spread.Counts + spread.Below + spread.Above) 8L "the rest is counted"
            }
        ]
