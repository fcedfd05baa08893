/// Laws of what is chained before, after and around optimizers: clipping, centralization, accumulation, averaging, groups.
module Bnn.Tests.CombinatorTests

open System
open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

let private rate = Const 0.0625
let private adam = Adam.rule Adam.defaults >=> Rule.descend rate

let private momentum =
    Sgd.rule { Sgd.defaults with Momentum = 0.9 } >=> Rule.descend rate

let private run rule (course: Course) =
    Reference.trajectory rule course.Grads.Length course.P0 course.Grads

/// What a transform makes of the gradients of a first step, for weights that lie so.
let private transformedOver segments (rule: Rule) (gradients: float[]) =
    let showing = { rule with Weight = -rule.Gradient }
    let zero = gradients |> Array.map (fun _ -> 0.0)

    let struct (_, w) =
        Optimizer.step showing (Optimizer.startOver segments 0 showing zero) gradients zero

    w |> Array.map (~-)

let private tensor group rows length =
    {
        Group = group
        Rows = rows
        Length = length
    }

let private transformed rule (gradients: float[]) =
    transformedOver [ tensor BinaryWeights 1 gradients.Length ] rule gradients

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
            let segments = [ tensor BinaryWeights 2 1; tensor Classifier 1 2 ]
            let g = [| 3.0; 0.0; 0.0; 4.0 |]
            let clip = Gradient.clipGlobalNorm 1.0
            let all = transformedOver segments clip g
            Array.iter2 (fun e a -> Expect.isTrue (near 1e-6 0.0 (e / 5.0) a) "a fifth") g all
            let part = Rule.partition [ [ Classifier ], clip ] Rule.identity
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
                transformedOver [ tensor BinaryWeights 2 length ] Gradient.centralize g

            for before, row in Array.zip (rowsOf length g) (rowsOf length centred) do
                let size = before |> Array.map abs |> Array.max
                Expect.isLessThanOrEqual (abs (Array.sum row)) (1e-12 * size * float length) "mean 0"

                for i in 1 .. length - 1 do
                    Expect.isTrue
                        (near 0.0 (1e-14 * size) (before[i] - before[0]) (row[i] - row[0]))
                        "differences within a channel stay")

        test "a channel of a single weight keeps its gradient" {
            let g = [| 1.0; -2.0; 3.0 |]
            equalBits g (transformedOver [ tensor Biases 3 1 ] Gradient.centralize g) "a bias a channel"
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

        law "an average changes nothing before the last iteration, which gives the moving average" course (fun course ->
            let raw = run momentum course
            let averaged = run (momentum >=> Weights.average 0.75) course

            List.iter2
                (fun e a -> equalBits e a "before the last")
                (List.take (raw.Length - 1) raw)
                (List.take (raw.Length - 1) averaged)

            let byHand =
                raw
                |> List.fold (fun average w -> Array.map2 (fun a w -> 0.75 * a + 0.25 * w) average w) course.P0

            equalBits byHand (List.last averaged) "the last")

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

let private anyGroups =
    Arb.fromGen (
        Gen.zip
            (Gen.listOfLength 3 (Gen.subListOf Group.all |> Gen.map List.ofSeq))
            (Gen.zip courseGen (Gen.elements Group.all))
    )

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

let private grouping =
    [
        law
            "a partition gives each weight the rule of its group, once, whatever the groups"
            anyGroups
            (fun (groups, (course, group)) ->
                // Rates that are powers of two: a weight that two rules had moved would show.
                let parts =
                    [ Const 0.5; Const 0.25; Const 0.125 ]
                    |> List.map (fun rate -> Sgd.rule { Sgd.defaults with Momentum = 0.5 } >=> Rule.descend rate)

                let rule = Rule.partition (List.zip groups parts) adam

                let own =
                    List.zip groups parts
                    |> List.tryFind (fun (groups, _) -> List.contains group groups)
                    |> Option.map snd
                    |> Option.defaultValue adam

                let over rule =
                    let start = Optimizer.startOver [ tensor group 1 course.P0.Length ] 0 rule course.P0
                    let step = Optimizer.step rule

                    ((start, course.P0), course.Grads)
                    ||> Array.scan (fun (state, w) g ->
                        let struct (state, w) = step state g w
                        state, w)
                    |> Array.map snd

                Array.iter2 (fun e a -> equalBits e a $"{group}") (over own) (over rule)
                let kept = (Rule.specialize group rule).Slots
                Expect.equal kept.Length own.Slots.Length "only its own slots have memory")

        law "a mask of 1 is the rule, a mask of 0 is nothing" course (fun course ->
            List.iter2 (fun e a -> equalBits e a "1") (run adam course) (run (Rule.only (Const 1.0) adam) course)

            for w in run (Rule.only (Const 0.0) adam >=> Rule.descend (Const 0.0)) course do
                Expect.sequenceEqual w course.P0 "0")

        law "a mask over weights holds exactly those still that it names" course (fun course ->
            let positive = Expr.ifLess (Const 0.0) Expr.weight (Const 1.0) (Const 0.0)

            let first =
                { course with
                    Grads = Array.truncate 1 course.Grads
                }

            let free, masked = (run adam first).Head, (run (Rule.only positive adam) first).Head

            for i in 0 .. course.P0.Length - 1 do
                Expect.equal masked[i] (if course.P0[i] > 0.0 then free[i] else course.P0[i]) $"weight {i}")

        law "a factor on the gradient is a factor on plain descent's rate" course (fun course ->
            let scaled = Rule.scale (Const 0.5) >=> Rule.descend rate

            List.iter2
                (fun e a -> equalBits e a "half")
                (run (Rule.descend (Const 0.03125)) course)
                (run scaled course))
    ]

let private folding =
    let rules =
        [
            "norm clipping", Gradient.clipGlobalNorm 0.5 >=> adam
            "largest clipping", Gradient.clipLargest 0.5 >=> momentum
            "centralization", Gradient.centralize >=> adam
            "both, accumulated", Gradient.accumulate 2 (Gradient.centralize >=> Gradient.clipGlobalNorm 0.25 >=> adam)
            "a part", Rule.partition [ [ BinaryWeights ], Gradient.clipGlobalNorm 0.5 >=> momentum ] adam
        ]

    [
        for name, rule in rules do
            law
                $"what is folded is the interpreter's compiled, to the bit, in every width: {name}"
                course
                (fun course ->
                    let course =
                        {
                            P0 = Array.concat [ course.P0; course.P0; course.P0; course.P0 ]
                            Grads = course.Grads |> Array.map (fun g -> Array.concat [ g; Array.rev g; g; g ])
                        }

                    let segment = tensor BinaryWeights 4 (course.P0.Length / 4)
                    let width = Reference.widths[course.P0.Length % Reference.widths.Length]

                    let actual =
                        Reference.compiledRows 4 BinaryWeights width rule 20 course.P0 course.Grads

                    let step = Optimizer.step rule
                    let mutable state, w = Optimizer.startOver [ segment ] 20 rule course.P0, course.P0

                    for g, a in Seq.zip course.Grads actual do
                        let struct (next, after) = step state g w
                        state <- next
                        w <- after
                        equalBits w a $"{width}")
    ]

let private decaying =
    [
        test "a decay of 0 is no decay, coupled, decoupled or proximal" {
            for kind in [ Coupled; Decoupled; Proximal ] do
                let decay = { WeightDecay.none with Kind = kind }
                let whole = WeightDecay.descend rate decay (Adam.rule Adam.defaults)
                Expect.equal whole adam $"{kind}"
        }

        law "proximal decay divides the weight after the step" course (fun course ->
            let decay =
                { WeightDecay.none with
                    Kind = Proximal
                    Rate = Const 0.5
                }

            let first =
                { course with
                    Grads = Array.truncate 1 course.Grads
                }

            let plain = (run adam first).Head

            let decayed =
                (run (WeightDecay.descend rate decay (Adam.rule Adam.defaults)) first).Head

            equalBits (plain |> Array.map (fun w -> w / 1.03125)) decayed "divided")

        test "only the groups named decay" {
            let rule = WeightDecay.descend rate (WeightDecay.coupled (Const 0.5)) Rule.identity
            let segments = [ for group in Group.all -> tensor group 1 1 ]
            let w = [| 1.0; 1.0; 1.0; 1.0; 1.0 |]

            let struct (_, after) =
                Optimizer.step rule (Optimizer.startOver segments 0 rule w) (Array.zeroCreate 5) w

            equalBits [| 0.96875; 0.96875; 1.0; 1.0; 1.0 |] after "convolutions decay, the rest does not"
        }

        law "negative decay lets weights grow by as much as positive takes away" course (fun course ->
            let first rate' =
                let rule =
                    WeightDecay.descend rate (WeightDecay.decoupled (Const rate')) Rule.identity

                (run
                    rule
                    { course with
                        Grads = [| Array.zeroCreate course.P0.Length |]
                    })
                    .Head

            Array.iteri2
                (fun i less more ->
                    Expect.isTrue (near 1e-12 1e-300 (course.P0[i] - less) (more - course.P0[i])) $"weight {i}")
                (first 0.5)
                (first -0.5))

        test "a decay that float32 loses is warned of, and no other" {
            let warned kind rate wd =
                WeightDecay.warnings
                    (Const rate)
                    100
                    { WeightDecay.coupled (Const wd) with
                        Kind = kind
                    }
                |> List.isEmpty
                |> not

            Expect.isTrue (warned Decoupled 1.25e-3 5e-6) "the paper's rate and decay, decoupled"
            Expect.isTrue (warned Proximal 1.25e-3 -5e-6) "negative too"
            Expect.isFalse (warned Coupled 1.25e-3 5e-6) "coupled is not lost"
            Expect.isFalse (warned Decoupled 1e-2 1e-2) "large enough"
            Expect.isFalse (warned Decoupled 1e-2 0.0) "no decay at all"
            // The figure behind it: below half of a last bit the weight stays.
            Expect.equal (1.0f - 5e-8f * 0.5f) 1.0f "float32"
        }
    ]

[<Tests>]
let tests =
    testList
        "Combinator"
        (clipping
         @ centralizing
         @ accumulating
         @ averaging
         @ grouping
         @ folding
         @ decaying)
