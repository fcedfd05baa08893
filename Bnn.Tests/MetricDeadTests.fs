module Bnn.Tests.MetricDeadTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.MetricSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private threshold = 0.25

let private windowAt threshold (s: Stream) iterations =
    (ActiveWeights.empty threshold (s.Channels * s.Length), iterations)
    ||> Array.fold (fun all values -> ActiveWeights.add (span values) all)

let private window s iterations = windowAt threshold s iterations

/// Numbers of which a good part is small beside the mean; finite.
let private gradients =
    Gen.frequency
        [
            3, finite32
            3, Gen.choose (-30, 30) |> Gen.map (fun k -> float32 k * 1e-3f)
            2, Gen.elements [ 0.0f; -0.0f ]
        ]

let private stream least = streamOf gradients least

/// Whether weight i is active in some of the iterations, by the definition.
let private isActive threshold (iterations: float32[][]) i =
    iterations
    |> Array.exists (fun values ->
        let mean =
            Reference.sumOf (values |> Array.map (float >> abs)) / float values.Length

        abs values[i] > float32 (threshold * mean))

let private countOf test (s: Stream) =
    Seq.init (s.Channels * s.Length) id |> Seq.filter test |> Seq.length |> int64

/// The gradients and updates of each iteration under a rule, from weights 0; gradients change with the iteration only by sign.
let private train rule iterations (scale: float[]) =
    let sign t = if t % 3 = 0 then -1.0 else 1.0
    let first = Array.zeroCreate<float> scale.Length

    ((Optimizer.start rule first, first, [], []), [ 1..iterations ])
    ||> List.fold (fun (state, w, gradients, updates) t ->
        let g = scale |> Array.map ((*) (sign t))
        let struct (state, after) = Optimizer.step rule state g w
        let update = Array.map2 (fun (a: float) b -> float32 (a - b)) after w
        state, after, gradients @ [ Array.map float32 g ], updates @ [ update ])
    |> fun (_, _, gradients, updates) -> gradients, updates

let private over (values: float32[] list) =
    (ActiveWeights.empty ActiveWeights.DefaultThreshold values.Head.Length, values)
    ||> List.fold (fun all each -> ActiveWeights.add (span each) all)

let private descend = Rule.descend (Schedule.constant 0.01)

/// Eight weights: five with ordinary gradients, two with almost none, one with none.
let private scales = [| 1.0; 0.5; 2.0; 1.0; 1.5; 1e-5; 1e-6; 0.0 |]

[<Tests>]
let tests =
    testList
        "Metric: dead weights"
        [
            law
                "a weight is dead where no gradient of the window is above the threshold's share of its iteration's mean"
                (stream 1)
                (fun s ->
                    for threshold in [ 0.0; 0.01; 0.25; 1.0; 2.0 ] do
                        let dead = DeadWeights.share (windowAt threshold s s.Iterations)
                        let naive = countOf (isActive threshold s.Iterations >> not) s

                        Expect.equal
                            dead
                            (Share.add naive (int64 (s.Channels * s.Length)) Share.empty)
                            $"threshold {threshold}")

            law
                "the channels' shares of dead weights are those of their weights, and merge into the layer's"
                (stream 1)
                (fun s ->
                    let window = window s s.Iterations
                    let perChannel = DeadWeights.perChannel s.Channels window

                    let naive =
                        Array.init s.Channels (fun c ->
                            {
                                Part =
                                    countOf (fun i -> i / s.Length = c && not (isActive threshold s.Iterations i)) s
                                Whole = s.Length
                            })

                    Expect.equal perChannel naive "naive"
                    Expect.equal (Array.reduce Share.merge perChannel) (DeadWeights.share window) "all channels")

            splits
                "a window is its parts merged, to the bit, wherever it is split"
                (stream 0)
                Expect.equal
                (fun s -> window s [||])
                (fun values all -> ActiveWeights.add (span values) all)
                ActiveWeights.merge

            law "the order of a window's iterations does not matter" (stream 1) (fun s ->
                Expect.equal (window s (Array.rev s.Iterations)) (window s s.Iterations) "reversed")

            law "what is dead over a window is dead over every part of it" (stream 2) (fun s ->
                let whole = DeadWeights.share (window s s.Iterations)

                for values in s.Iterations do
                    Expect.isLessThanOrEqual
                        whole.Part
                        (DeadWeights.share (window s [| values |])).Part
                        "no more in the whole")

            law "a higher threshold leaves no fewer weights dead" (stream 1) (fun s ->
                let dead threshold =
                    (DeadWeights.share (windowAt threshold s s.Iterations)).Part

                for low, high in List.pairwise [ 0.0; 0.01; 0.1; 1.0; 3.0 ] do
                    Expect.isLessThanOrEqual (dead low) (dead high) $"{low} and {high}")

            law "the scale of an iteration's gradients does not matter, nor their signs" (stream 1) (fun s ->
                let scaled =
                    s.Iterations
                    |> Array.mapi (fun t values -> values |> Array.map ((*) (if t % 2 = 0 then 1024.0f else -0.5f)))

                Expect.equal (window s scaled) (window s s.Iterations) "each iteration by its own factor")

            law "with threshold 0 the dead are those whose gradients are all zero" (stream 1) (fun s ->
                let naive = countOf (fun i -> s.Iterations |> Array.forall (fun g -> g[i] = 0.0f)) s
                Expect.equal (DeadWeights.share (windowAt 0.0 s s.Iterations)).Part naive "all zero")

            law
                "not all weights of a layer are dead below threshold 1, unless all gradients are zero"
                (stream 1)
                (fun s ->
                    let share = DeadWeights.share (windowAt 0.99 s s.Iterations)
                    let zero = s.Iterations |> Array.forall (Array.forall (fun g -> g = 0.0f))
                    Expect.equal (share.Part = share.Whole) zero "the greatest is above the mean")

            law "the revived are the dead of one window that are active in the next" (stream 2) (fun s ->
                for k in 1 .. s.Iterations.Length - 1 do
                    let first, second = Array.splitAt k s.Iterations
                    let revived = DeadWeights.revived (window s first) (window s second)
                    let dead i = not (isActive threshold first i)
                    let naive = countOf (fun i -> dead i && isActive threshold second i) s
                    Expect.equal revived (Share.add naive (countOf dead s) Share.empty) $"windows of {k} and the rest")

            law "the flipped are the dead of a window whose signs then changed" (stream 3) (fun s ->
                let gradients = window s s.Iterations[2..]
                let before, after = s.Iterations[0], s.Iterations[1]

                let dead i =
                    not (isActive threshold s.Iterations[2..] i)

                let naive = countOf (fun i -> dead i && (before[i] >= 0.0f) <> (after[i] >= 0.0f)) s
                let flipped = DeadWeights.flipped gradients (pack before) (pack after)
                Expect.equal flipped (Share.add naive (countOf dead s) Share.empty) "naive"
                Expect.equal (DeadWeights.flipped gradients (pack before) (pack before)).Part 0L "no change, no flip")

            test "plain descent does not revive weights that get almost no gradient; Adam revives all that get any" {
                let revivedBy rule =
                    let gradients, updates = train rule 20 scales
                    let dead = over (List.truncate 10 gradients)

                    Expect.equal
                        (DeadWeights.share dead)
                        { Part = 3L; Whole = 8L }
                        "two with almost none, one with none"
                    // Over both windows, so that no gradient's return explains it.
                    DeadWeights.revived (over gradients) (over (List.skip 10 updates))

                Expect.equal (revivedBy descend) { Part = 0L; Whole = 3L } "SGD"
                let momentum = Rule.chain (Sgd.rule { Sgd.defaults with Momentum = 0.9 }) descend
                Expect.equal (revivedBy momentum) { Part = 0L; Whole = 3L } "SGD with momentum"
                let adam = Rule.chain (Adam.rule Adam.defaults) descend
                Expect.equal (revivedBy adam) { Part = 2L; Whole = 3L } "Adam, except the one without any"
            }

            test "a gradient that returns revives under plain descent too, but is not the optimizer's doing" {
                let dead = [| 1.0f; 1.0f; 0.0f |]
                let returned = [| 1.0f; 1.0f; 1.0f |]
                let first, second = over [ dead ], over [ returned ]
                Expect.equal (DeadWeights.revived first second) { Part = 1L; Whole = 1L } "the third weight moves"
                let both = ActiveWeights.merge first second
                Expect.equal (DeadWeights.revived both second) Share.empty "nothing is dead over both windows"
            }

            test "an iteration whose mean is not finite kills nothing" {
                for odd in [ nanf; infinityf; -infinityf ] do
                    let window = over [ [| odd; 0.0f; 1.0f |] ]
                    Expect.equal (DeadWeights.share window) { Part = 0L; Whole = 3L } $"{odd}"

                // Long enough for the vector code, with a rest behind it.
                let many = Array.init 77 (fun i -> if i = 3 || i = 76 then nanf else 0.0f)
                Expect.equal (DeadWeights.share (over [ many ])).Part 0L "77 weights"
                let zeros = over [ Array.zeroCreate 77 ]
                Expect.equal (DeadWeights.share zeros) { Part = 77L; Whole = 77L } "all gradients zero: all dead"
            }

            testProperty "a window that is saved in its middle goes on to the shares of one that is not"
            <| fun (early: float32 list) (late: float32 list) ->
                let count = 77

                let iteration (values: float32 list) =
                    Array.init count (fun i ->
                        values |> List.tryItem (i % (values.Length + 1)) |> Option.defaultValue 0.0f)

                let half = over [ iteration early ]
                let bytes = ActiveWeights.toBytes half

                let restored =
                    (ActiveWeights.tryOfBytes ActiveWeights.DefaultThreshold count half.Iterations bytes).Value
                    |> ActiveWeights.add (span (iteration late))

                Expect.equal restored (over [ iteration early; iteration late ]) "the window"
                Expect.isNone (ActiveWeights.tryOfBytes threshold 65 1L bytes[..7]) "too few bytes"

            test "of no iterations all shares are NaN" {
                let none, one = ActiveWeights.empty threshold 2, over [ [| 0.0f; 0.0f |] ]
                let signs = pack [| 1.0f; 1.0f |]
                isNaN "dead" (DeadWeights.share none).Value

                DeadWeights.perChannel 2 none
                |> Array.iter (fun share -> isNaN "a channel" share.Value)

                isNaN "revived of nothing seen" (DeadWeights.revived none one).Value
                isNaN "revived with no update seen" (DeadWeights.revived one none).Value
                isNaN "flipped" (DeadWeights.flipped none signs signs).Value
                Expect.equal (none.Iterations, one.Iterations, one.Count) (0L, 1L, 2) "iterations and weights"
            }

            test "windows that do not fit and thresholds that are none are refused" {
                for bad in [ -0.1; nan; infinity ] do
                    refuses [ "threshold is"; "at least 0"; "count is -1" ] (fun () -> ActiveWeights.empty bad -1)

                let two, three = ActiveWeights.empty 0.01 2, ActiveWeights.empty 0.01 3
                refuses [ "values"; "1 numbers"; "2 weights" ] (fun () -> ActiveWeights.add (span [| 1.0f |]) two)
                refuses [ "3 weights"; "with 2" ] (fun () -> ActiveWeights.merge two three)
                refuses [ "threshold 0.5"; "0.01" ] (fun () -> ActiveWeights.merge two (ActiveWeights.empty 0.5 2))
                refuses [ "gradients"; "3 numbers"; "2 channels" ] (fun () -> DeadWeights.perChannel 2 three)
                refuses [ "channels"; "0 channels" ] (fun () -> DeadWeights.perChannel 0 three)
                refuses [ "updates"; "3 weights"; "of 2" ] (fun () -> DeadWeights.revived two three)
                let signs count = pack (Array.zeroCreate count)
                refuses [ "before"; "3 weights"; "of 2" ] (fun () -> DeadWeights.flipped two (signs 3) (signs 2))
                refuses [ "after"; "3 weights"; "of 2" ] (fun () -> DeadWeights.flipped two (signs 2) (signs 3))
            }
        ]
