module Bnn.Tests.ElementwiseTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto

let private shape = { Rows = 6; Length = 45L; Channels = 3 }
let private count = shape.Rows * int shape.Length
let private channelOf i = i / int shape.Length % shape.Channels

/// Numbers of both signs with 0, -0, and the surrogates' edges among them.
let private numbers seed =
    let random = Random(seed: int)

    Array.init count (fun i ->
        match i % 15 with
        | 3 -> 0.0
        | 7 -> -0.0
        | 11 -> 1.0
        | 13 -> -1.0
        | _ -> random.NextDouble() * 4.0 - 2.0)

let private x = numbers 1
let private dy = numbers 2

/// The learned numbers of a channel; the second channel's shift is 0, so the edges above stay edges.
let private parameter name =
    match name with
    | "shift"
    | "before" -> [| 0.25; 0.0; -0.5 |]
    | "slope" -> [| 0.25; -0.1; 1.5 |]
    | "after" -> [| 0.1; -0.2; 0.0 |]
    | _ -> [| 0.3; 2.0; 0.05 |]

let private run width pass =
    let kernel = Kernel.double width pass
    let rows = pass.Rows |> Array.map parameter |> List.ofArray
    let stored = Array.create count nan

    Reference.run
        kernel
        2
        shape
        (Pass.uniforms (fun _ -> nan) pass)
        rows
        1
        -7.0
        [ "x", x; "dy", dy; "y", stored; "dx", stored ]

/// The sums over each channel of a number for each i, side by side for each parameter.
let private perChannel (terms: (int -> float) list) =
    [|
        for c in 0 .. shape.Channels - 1 do
            for term in terms -> Seq.init count id |> Seq.filter (fun i -> channelOf i = c) |> Seq.sumBy term
    |]

let private sumsNear (expected: float[]) (actual: float[]) message =
    Expect.equal actual.Length expected.Length $"{message}: as many sums"
    Array.iter2 (fun e a -> Expect.isTrue (near 1e-13 1e-12 e a) $"{message}: {a}, should be {e}") expected actual

/// The layer's output and gradients in every width are those of formulas for number i.
let private isAs layer (y: int -> float) (dx: int -> float) (gradients: (int -> float) list) =
    for width in Reference.widths do
        let forward, noSums = run width (Elementwise.forward [] layer)
        equalBits (Array.init count y) forward["y"] $"{layer.Name}, y, {width}"
        Expect.isEmpty noSums "nothing is watched"
        let backward, sums = run width (Elementwise.backward layer)

        Array.iteri
            (fun i a -> Expect.isTrue (near 1e-15 0.0 (dx i) a) $"{layer.Name}, dx {i}, {width}: {a}, should be {dx i}")
            backward["dx"]

        sumsNear (perChannel gradients) sums $"{layer.Name}, gradients, {width}"

let private clipSlope z = if abs z <= 1.0 then 1.0 else 0.0
let private approxSlope z = max 0.0 (2.0 - 2.0 * abs z)
let private sign z = if z >= 0.0 then 1.0 else -1.0
let private one (_: float) = 1.0
let private of' name i = (parameter name)[channelOf i]

[<Tests>]
let tests =
    testList
        "Elementwise"
        [
            for binarizer, slope in
                [
                    Binarizer.identity, one
                    Binarizer.clip, clipSlope
                    Binarizer.approxSign, approxSlope
                ] do
                test $"shifted {binarizer.Name}: as the naive loop, forward and backward" {
                    let z i = x[i] + of' "shift" i
                    let dx i = dy[i] * slope (z i)
                    isAs (Elementwise.shiftedSign binarizer) (z >> sign) dx [ dx ]
                }

                test
                    $"binary weight, {binarizer.Name}: as the naive loop, and the scale is a learned number of the channel" {
                    let y i = of' "scale" i * sign x[i]
                    let dx i = dy[i] * (of' "scale" i * slope x[i])
                    isAs (Elementwise.ofBinarizer (Scale.learned binarizer)) y dx [ (fun i -> dy[i] * sign x[i]) ]
                }

            test "shifted PReLU: as the naive loop, forward and backward" {
                let z i = x[i] + of' "before" i

                let y i =
                    (if z i > 0.0 then z i else of' "slope" i * z i) + of' "after" i

                let dx i =
                    dy[i] * (if z i > 0.0 then 1.0 else of' "slope" i)

                let slope i =
                    dy[i] * (if z i > 0.0 then 0.0 else z i)

                isAs Elementwise.shiftedPRelu y dx [ dx; slope; (fun i -> dy[i]) ]
            }

            test "what is watched in the forward pass is added up for each channel" {
                let layer = Elementwise.shiftedSign Binarizer.clip

                let share i =
                    if abs (x[i] + of' "shift" i) > 1.0 then 1.0 else 0.0

                for width in Reference.widths do
                    let _, sums =
                        run width (Elementwise.forward [ Metric.saturated Elementwise.shifted ] layer)

                    Expect.equal sums (perChannel [ share ]) $"saturated activations, {width}"
            }

            test "where saturation is counted, clip's derivative is 0, and nowhere else" {
                let value e z =
                    Algebra.evaluateExpr Algebra.float64 (fun _ -> z) e

                let slope = Derive.wrt Binarizer.x Binarizer.clip.Formula

                for z in Array.append x [| Math.BitIncrement 1.0; Math.BitDecrement -1.0; infinity; -infinity |] do
                    Expect.equal (value (Metric.saturated Binarizer.x) z) (1.0 - value slope z) $"at {z}"
            }

            test "a layer without reductions is one pass forward and one back, in its plan too" {
                let watched = [ Metric.saturated Elementwise.shifted ]

                for layer in
                    [
                        Elementwise.shiftedSign Binarizer.approxSign
                        Elementwise.shiftedPRelu
                        Elementwise.ofBinarizer (Binarizer.swishSign (Const 5.0))
                        Elementwise.ofBinarizer (Binarizer.ede Binarizer.edeSharpness)
                        Elementwise.ofBinarizer Binarizer.stochasticSign
                        Elementwise.ofBinarizer (Scale.learned Binarizer.clip)
                    ] do
                    for plan, pass in
                        [
                            Elementwise.forwardPlan watched layer, Elementwise.forward watched layer
                            Elementwise.backwardPlan layer, Elementwise.backward layer
                        ] do
                        Expect.isEmpty plan.Stages $"{layer.Name}: no pass before it"
                        Expect.equal plan.Final pass $"{layer.Name}: the same pass"
            }

            test "a layer with reductions has a plan, and asking for its one pass says so" {
                let layer = Elementwise.ofBinarizer (Scale.irNet Binarizer.clip)
                Expect.equal (Elementwise.forwardPlan [] layer).Stages.Length 3 "mean, variance, mean magnitude"

                for pass in
                    [
                        (fun () -> Elementwise.forward [] layer)
                        (fun () -> Elementwise.backward layer)
                    ] do
                    let message =
                        try
                            pass () |> ignore
                            "there was one pass"
                        with :? ArgumentException as refusal ->
                            refusal.Message

                    Expect.stringContains message "a plan of the formula makes them" "the remedy"
            }

            test "reductions that only a surrogate holds cost no pass" {
                let surrogate = Binarizer.x / Expr.mean Channel (abs Binarizer.x)

                let layer =
                    Elementwise.ofBinarizer (Binarizer.clip |> Binarizer.withSurrogate "sign" surrogate)

                Expect.isEmpty (Elementwise.forwardPlan [] layer).Stages "forward"
                Expect.isNonEmpty (Elementwise.backwardPlan layer).Stages "backward"
            }

            test "what a scheduled layer reads once a step is t and T, backward alone where the value does not change" {
                let reads (pass: Pass) =
                    [
                        for node, extent in Array.zip pass.Graph.Nodes pass.Graph.Extents do
                            match node with
                            | Node.Leaf(name, _) when extent = Once -> name
                            | _ -> ()
                    ]

                let layer = Elementwise.shiftedSign (Binarizer.ede Binarizer.edeSharpness)
                Expect.isEmpty (reads (Elementwise.forward [] layer)) "forward"
                Expect.equal (reads (Elementwise.backward layer) |> List.sort) [ "T"; "t" ] "backward"
            }

            test "the backward pass of a stochastic layer needs no noise" {
                let layer = Elementwise.ofBinarizer Binarizer.stochasticSign
                Expect.contains (Elementwise.forward [] layer).Arrays "noise" "forward"
                Expect.equal (Set (Elementwise.backward layer).Arrays) (Set [ "dx"; "dy"; "x" ]) "backward"
            }

            test "a layer's parameters are those its output reads for each row" {
                for layer in [ Elementwise.shiftedSign Binarizer.clip; Elementwise.shiftedPRelu ] do
                    Expect.sequenceEqual
                        ((Elementwise.forward [] layer).Rows |> Array.sort)
                        (layer.Parameters |> List.sort)
                        layer.Name
            }
        ]
