/// What batches, micro-batches, the stage's iteration and the mode change in an element-wise layer, and what they leave alone.
module Bnn.Tests.LayerModeTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.LayerSupport
open Expecto
open TorchSharp

let private images = 3
let private batchShape = [ 3L; 4L; 2L; 3L ]
let private x = numbers 3 72

let private given (layer: ElementwiseLayer) =
    [|
        for _ in layer.Parameters -> torch.full ([| 4L |], 0.25.ToScalar(), torch.float32)
    |]

let private apply (layer: ElementwiseLayer) mode place (x: torch.Tensor) =
    layer.Apply(x, mode, place, null, given layer)

let private single = tensorOf torch.float32

let private batches =
    [
        test "an image's output does not depend on its batch, in training and outside" {
            use _scope = torch.NewDisposeScope()
            use _none = torch.no_grad ()
            let batch = single batchShape x

            for binarizer in everything do
                for isShifted in [ false; true ] do
                    let layer = ElementwiseLayer.OfActivation(binarizer, isShifted)

                    for mode in [ training; evaluation ] do
                        let y = apply layer mode place batch

                        for n in 0L .. int64 images - 1L do
                            let its =
                                if mode.Training then
                                    NetworkMode(true, true, true, Moment = TrainingMoment(4, 10, 77L, n))
                                else
                                    mode

                            let alone = apply layer its place (batch.narrow (0L, n, 1L))
                            equalBits (numbersOf y[n]) (numbersOf alone) $"{binarizer.Name}, image {n}"
        }

        test "a batch of numbers N x C is one number a channel of each image" {
            use _scope = torch.NewDisposeScope()
            let batch = single [ 6L; 4L ] (numbers 5 24)
            let layer = ElementwiseLayer.OfActivation(WeightBinarizer.attached, false)
            let y = apply layer training place batch
            equalBits (numbersOf batch |> Array.map (fun x -> if x = 0.0 then 0.0 else x)) (numbersOf y) "|x| sign(x)"
        }

        test "noise is the same again, in micro-batches and after a restart, and another in each place, step and stage" {
            use _scope = torch.NewDisposeScope()
            use _none = torch.no_grad ()
            let layer = ElementwiseLayer.OfActivation(Binarizer.stochasticSign, false)
            let batch = torch.zeros (16L, 4L, 8L, 8L)

            let drawn (moment: TrainingMoment) place (x: torch.Tensor) =
                numbersOf (apply layer (NetworkMode(true, true, true, Moment = moment)) place x)

            let seed = TrainingMoment.SeedOf(1L, 0)

            let at iteration first =
                TrainingMoment(iteration, 10, seed, first)

            let whole = drawn (at 1 0L) 0 batch
            equalBits whole (drawn (at 1 0L) 0 batch) "again"

            let split =
                [ 0L, 5L; 5L, 11L ]
                |> List.map (fun (first, count) -> drawn (at 1 first) 0 (batch.narrow (0L, first, count)))

            equalBits whole (Array.concat split) "micro-batches"

            let others =
                [
                    drawn (at 1 0L) 1 batch
                    drawn (at 2 0L) 0 batch
                    drawn (TrainingMoment(1, 10, TrainingMoment.SeedOf(1L, 1))) 0 batch
                ]

            for k, other in List.indexed others do
                let same =
                    Array.map2 (fun a b -> if a = b then 1.0 else 0.0) whole other |> Array.average

                Expect.floatClose { absolute = 0.05; relative = 0.0 } same 0.5 $"half of the signs agree by chance, {k}"
        }

        test "a width that is scheduled follows t and T" {
            use _scope = torch.NewDisposeScope()

            let layer =
                ElementwiseLayer.OfActivation(Binarizer.progressiveSign 4.0 10.0 Expr.progress, false)

            let x = single batchShape x

            for iteration, iterations in [ 1, 10; 4, 10; 4, 40; 10, 10 ] do
                let mode =
                    NetworkMode(true, true, true, Moment = TrainingMoment(iteration, iterations, 1L))

                let share = float (iteration - 1) / float iterations
                let width = float32 (max (1.0 - (1.0 - 4.0 ** (-10.0 * share))) 1e-7)

                let expected =
                    numbersOf x
                    |> Array.map (fun x -> float (max -1.0f (min 1.0f (float32 x / width))))

                let actual = numbersOf (apply layer mode place x)

                Array.iter2
                    (fun e a -> Expect.floatClose Accuracy.medium a e $"{iteration} of {iterations}")
                    expected
                    actual
        }

        test "what is watched is counted over all images, with reductions and without, in training and outside" {
            use _scope = torch.NewDisposeScope()
            let saturated = x |> Array.filter (fun x -> abs x > 1.0) |> Array.length |> float

            for binarizer in everything do
                let layer = ElementwiseLayer.OfActivation(binarizer, false)

                for mode in [ training; evaluation ] do
                    let mutable told = []
                    let watch = Action<float[]>(fun sums -> told <- sums :: told)
                    layer.Apply(single batchShape x, mode, place, watch, given layer) |> ignore
                    Expect.equal (told |> List.map Array.sum) [ saturated ] binarizer.Name
        }
    ]

/// The message of an exception of this type.
let private refusal<'Fault when 'Fault :> exn> action =
    try
        action () |> ignore
        failtest "nothing was refused"
    with :? 'Fault as fault ->
        fault.Message

let private refusals =
    [
        test "training without t, T and noise is refused where they are read, by the forward pass or the backward pass" {
            use _scope = torch.NewDisposeScope()
            let nowhere = NetworkMode(true, true, true)
            let x = single batchShape x

            for binarizer, read in
                [
                    Binarizer.stochasticSign, "noise"
                    Binarizer.ede Binarizer.edeSharpness, "t, T"
                    Binarizer.progressiveSign 4.0 10.0 Expr.progress, "t, T"
                ] do
                let layer = ElementwiseLayer.OfActivation(binarizer, false)

                let message =
                    refusal<InvalidOperationException>(fun () -> apply layer nowhere place x)

                Expect.stringContains message $"reads {read}" binarizer.Name
                Expect.stringContains message "TrainingMoment" "the remedy"

            apply (ElementwiseLayer.OfActivation(Binarizer.clip, false)) nowhere place x
            |> ignore
        }

        test "batch norm's statistics are taken with binarizers as outside training" {
            use _scope = torch.NewDisposeScope()
            let mode = NetworkMode(true, true, true, StatisticsOnly = true)
            let layer = ElementwiseLayer.OfActivation(Binarizer.stochasticSign, false)
            let x = single batchShape x
            equalBits (numbersOf (apply layer evaluation place x)) (numbersOf (apply layer mode place x)) "sign(x)"
        }

        test "learned numbers that are too few, or of another type or size, are refused" {
            use _scope = torch.NewDisposeScope()
            let layer = ElementwiseLayer.OfActivation(Binarizer.clip, true)
            let x = single batchShape x

            for given, why in
                [
                    [||], "0 tensors"
                    [| torch.zeros 3L |], "3 numbers"
                    [| torch.zeros (4L, dtype = torch.float64) |], "Float64"
                ] do
                let message =
                    refusal<ArgumentException>(fun () -> layer.Apply(x, training, place, null, given))

                Expect.stringContains message why "what"
                Expect.stringContains message "shift" "which"
        }
    ]

[<Tests>]
let tests = testList "Elementwise layer, modes" (batches @ refusals)
