/// Laws of what is chained before, after and around optimizers: clipping, centralization, accumulation, averaging.
module Bnn.Tests.CombinatorTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.CombinatorSupport
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

let private norm (numbers: float[]) =
    numbers |> Array.sumBy (fun x -> x * x) |> sqrt

let private gradientOf (course: Course) = course.Grads[0]

let private clipping =
    [
        law "a clipped gradient lies within the limit, and what lay within it is not touched" course (fun course ->
            let g = gradientOf course

            Array.iter2
                (fun before after ->
                    Expect.isLessThanOrEqual (abs after) 0.5 "within"

                    if abs before <= 0.5 then
                        Expect.equal after before "not touched")
                g
                (transformed (Gradient.clip 0.5) g))

        law "clipping twice is clipping once" course (fun course ->
            let clip = Gradient.clip 0.5
            equalBits (transformed clip (gradientOf course)) (transformed (clip >=> clip) (gradientOf course)) "twice")

        law "a gradient clipped by its norm is no longer than the limit, and points where it did" course (fun course ->
            let g = gradientOf course
            let clipped = transformed (Gradient.clipGlobalNorm 0.5) g
            Expect.isLessThanOrEqual (norm clipped) (0.5 * (1.0 + 1e-12)) "no longer"
            let factor = min 1.0 (0.5 / (norm g + 1e-6))
            Array.iter2 (fun e a -> Expect.isTrue (near 1e-12 0.0 (e * factor) a) $"{e} {a}") g clipped)

        law
            "clipped by its largest magnitude it has none beyond the limit, and points where it did"
            course
            (fun course ->
                let g = gradientOf course
                let largest = g |> Array.map abs |> Array.max
                let clipped = transformed (Gradient.clipLargest 0.5) g
                let factor = min 1.0 (0.5 / (largest + 1e-6))
                Array.iter2 (fun e a -> Expect.isTrue (near 1e-14 0.0 (e * factor) a) $"{e} {a}") g clipped)

        test "the norm goes over all tensors of all groups, that of a part over the part alone" {
            let segments =
                [
                    tensor ParameterGroup.BinaryWeights 2 1
                    tensor ParameterGroup.Classifier 1 2
                ]

            let g = [| 3.0; 0.0; 0.0; 4.0 |]
            let clip = Gradient.clipGlobalNorm 1.0
            let all = transformedOver segments clip g
            Array.iter2 (fun e a -> Expect.isTrue (near 1e-6 0.0 (e / 5.0) a) "a fifth") g all
            let part = Rule.partition [ [ ParameterGroup.Classifier ], clip ] Rule.identity
            let some = transformedOver segments part g
            Expect.equal some[0] 3.0 "the other group is left alone"
            Expect.isTrue (near 1e-6 0.0 1.0 some[3]) "a quarter of its own"
        }
    ]

let private rowsOf length (numbers: float[]) = numbers |> Array.chunkBySize length

let private centralizing =
    [
        law "a centralized gradient has mean 0 over each output channel" course (fun course ->
            let g = Array.concat [ gradientOf course; gradientOf course; [| 1.0; -3.0 |] ]
            let length = g.Length / 2

            let centred =
                transformedOver [ tensor ParameterGroup.BinaryWeights 2 length ] Gradient.centralize g

            for before, row in Array.zip (rowsOf length g) (rowsOf length centred) do
                let size = before |> Array.map abs |> Array.max
                Expect.isLessThanOrEqual (abs (Array.sum row)) (1e-12 * size * float length) "mean 0"

                for i in 1 .. length - 1 do
                    Expect.isTrue
                        (near 0.0 (1e-14 * size) (before[i] - before[0]) (row[i] - row[0]))
                        "differences within a channel stay")

        test "a channel of a single weight keeps its gradient" {
            let g = [| 1.0; -2.0; 3.0 |]

            equalBits
                g
                (transformedOver [ tensor ParameterGroup.ShiftsAndScales 3 1 ] Gradient.centralize g)
                "a bias a channel"
        }
    ]

/// Gradients in blocks of n, the last one short where they do not divide.
let private meansOf n (grads: float[][]) =
    grads
    |> Array.chunkBySize n
    |> Array.map (fun block ->
        Array.init block[0].Length (fun i ->
            let sum = block |> Array.fold (fun sum g -> sum + g[i]) 0.0
            sum / float block.Length))

let private accumulating =
    let scheduled = Adam.rule Adam.defaults >=> Rule.descend (Schedule.linear 0.1 0.0)

    [
        for n in [ 1; 2; 3; 5 ] do
            law $"{n} accumulated gradients are one step on their mean, and nothing in between" course (fun course ->
                for rule in [ scheduled; momentum ] do
                    let slow = run (Gradient.accumulate n rule) course

                    let fast =
                        run
                            rule
                            { course with
                                Grads = meansOf n course.Grads
                            }

                    slow
                    |> List.iteri (fun t w ->
                        let isStep = (t + 1) % n = 0 || t + 1 = course.Grads.Length

                        if isStep then
                            equalBits fast[t / n] w $"after {t + 1}"
                        elif t >= n then
                            equalBits fast[t / n - 1] w $"between, {t + 1}"
                        else
                            equalBits course.P0 w $"before the first step, {t + 1}"))
    ]

let private averaging =
    [
        law
            "clipped latent weights lie within the limit, and the step is otherwise the optimizer's"
            course
            (fun course ->
                let first =
                    { course with
                        Grads = Array.truncate 1 course.Grads
                    }

                let free, clipped = run adam first, run (adam >=> Weights.clip 0.25) first
                List.iter2 (Array.iter2 (fun f c -> Expect.equal c (max -0.25 (min 0.25 f)) "clipped")) free clipped)

        law "an average changes no weight that is trained, at the last iteration neither" course (fun course ->
            List.iter2
                (fun e a -> equalBits e a "the same")
                (run momentum course)
                (run (momentum >=> Weights.average 0.75) course))

        law "lookahead is its slow weights written by hand" course (fun course ->
            let every, alpha = 3, 0.5
            let step = Optimizer.step momentum

            let mutable state, w =
                Optimizer.startFor course.Grads.Length momentum course.P0, course.P0

            let mutable slow = course.P0

            let expected =
                [
                    for t in 1 .. course.Grads.Length do
                        let struct (next, fast) = step state course.Grads[t - 1] w
                        state <- next
                        w <- fast

                        if t % every = 0 then
                            slow <- Array.map2 (fun s f -> s + alpha * (f - s)) slow fast
                            w <- slow

                        w
                ]

            List.iter2
                (fun e a -> equalBits e a "by hand")
                expected
                (run (momentum >=> Weights.lookahead every alpha) course))
    ]

let private refusing =
    [
        test "a number out of range is refused by name, with its value and what is allowed" {
            let refused name value (make: unit -> Rule) =
                let message =
                    try
                        make () |> ignore
                        "nothing was raised"
                    with :? ArgumentException as e ->
                        e.Message

                for part in [ name; value; "allowed" ] do
                    Expect.stringContains message part message

            refused "limit" "0" (fun () -> Gradient.clip 0.0)
            refused "limit" "NaN" (fun () -> Gradient.clipGlobalNorm nan)
            refused "limit" "-1" (fun () -> Gradient.clipLargest -1.0)
            refused "count" "0" (fun () -> Gradient.accumulate 0 adam)
            refused "limit" "Infinity" (fun () -> Weights.clip infinity)
            refused "decay" "1" (fun () -> Weights.average 1.0)
            refused "every" "0" (fun () -> Weights.lookahead 0 0.5)
            refused "alpha" "1.5" (fun () -> Weights.lookahead 5 1.5)
        }
    ]

[<Tests>]
let tests =
    testList "Combinator" (clipping @ centralizing @ accumulating @ averaging @ refusing)
