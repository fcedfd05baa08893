module Bnn.Tests.ScheduleTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.ScheduleModel
open Expecto
open FsCheck
open FsCheck.FSharp

let private finite =
    Gen.choose (-100000, 100000) |> Gen.map (fun k -> float k / 1000.0)

let private shrinkEnds (a, b) =
    seq {
        if (a, b) <> (1.0, 0.0) then
            1.0, 0.0

        if b <> 0.0 then
            a, 0.0

        if a <> Math.Round(a: float) then
            Math.Round a, b
    }

/// Two of them, of which one shrinks at a time.
let private pairs (one: Arbitrary<'T>) =
    let shrink (a, b) =
        Seq.append (Arb.toShrink one a |> Seq.map (fun a -> a, b)) (Arb.toShrink one b |> Seq.map (fun b -> a, b))

    Arb.fromGenShrink (Gen.two (Arb.toGen one), shrink)

let private ends = Arb.fromGenShrink (Gen.two finite, shrinkEnds)

let private positiveEnds =
    let positive = Gen.choose (1, 100000) |> Gen.map (fun k -> float k / 1000.0)

    Arb.fromGenShrink (
        Gen.two positive,
        (fun pair ->
            if pair = (1.0, 2.0) then
                Seq.empty
            else
                Seq.singleton (1.0, 2.0))
    )

/// A law of each schedule that has two ends.
let private ofTwoEnds name (holds: (float -> float -> Expr) -> float * float -> unit) =
    testList
        name
        [
            for shape, schedule in
                [
                    "linear", Schedule.linear
                    "cosine", Schedule.cosine
                    "polynomial, power 2", Schedule.polynomial 2.0
                    "polynomial, power 0.5", Schedule.polynomial 0.5
                ] do
                law shape ends (holds schedule)
            law "geometric" positiveEnds (holds Schedule.geometric)
        ]

/// The values at the first iterations of a stage.
let private values total count schedule =
    let graph = Graph.ofExprs [ schedule ]

    [|
        for t in 1..count ->
            let leaf name =
                match name with
                | "t" -> float t
                | _ when total = 0 -> infinity
                | _ -> float total

            (Algebra.evaluate Algebra.float64 leaf graph)[0]
    |]

[<Tests>]
let tests =
    testList
        "Schedule"
        [
            lawOf 1000 "a composed schedule has the values of its reading step by step" any (fun model ->
                let schedule = build model

                for total in [ None; Some 1; Some 12; Some 37 ] do
                    let count = defaultArg total 40
                    let values = values (defaultArg total 0) (count + 1) schedule

                    for t in 1 .. count + 1 do
                        let expected, actual = value t total model, values[t - 1]

                        Expect.isTrue
                            (near 1e-11 1e-11 expected actual)
                            $"iteration {t} of {total}: {actual}, should be {expected}")

            law "a composed schedule passes validation, over a stage as well" any (fun model ->
                let schedule = build model
                Expect.isEmpty (Schedule.validate "rate" schedule) "whatever the stage"
                Expect.isEmpty (Schedule.validateOver 25 "rate" schedule) "over 25 iterations")

            law "a rule moves weights by its schedule's value" any (fun model ->
                let rule = Rule.descend (build model)
                let weights = Reference.trajectory rule 12 [| 0.0 |] (Array.create 12 [| -1.0 |])

                (0.0, List.zip [ 1..12 ] weights)
                ||> List.fold (fun before (t, after) ->
                    Expect.equal after[0] (before + Schedule.value 12 t (build model)) $"iteration {t}"
                    after[0])
                |> ignore)

            law "a constant schedule is its value throughout" ends (fun (value, _) ->
                for time in [ 1; 7; 999 ] do
                    Expect.equal (Schedule.value 1000 time (Schedule.constant value)) value $"at {time}")

            ofTwoEnds
                "it starts at its start and is at its end one iteration after the last"
                (fun schedule (start, finish) ->
                    let size = abs start + abs finish

                    let at n time =
                        Schedule.value n time (schedule start finish)

                    for n in [ 1; 2; 30 ] do
                        Expect.isTrue (near 0.0 (1e-15 * size) (at n 1) start) "the start"
                        Expect.isTrue (near 0.0 (1e-14 * size) (at n (n + 1)) finish) "the end"

                    Expect.isTrue (near 0.0 (1e-15 * size) (at 0 7) start) "a stage of unknown length never gets on")

            ofTwoEnds "it never leaves the range of its ends, and is monotone" (fun schedule (start, finish) ->
                let values = Schedule.values 21 (schedule start finish)
                let slack = 1e-14 * (abs start + abs finish)

                Expect.all
                    values
                    (fun v -> v >= min start finish - slack && v <= max start finish + slack)
                    "within its ends"

                for a, b in Array.pairwise values do
                    Expect.isGreaterThanOrEqual ((b - a) * float (sign (finish - start))) -slack "towards its end")

            law "a linear schedule starts at its start exactly and passes the middle" ends (fun (start, finish) ->
                let at time =
                    Schedule.value 2 time (Schedule.linear start finish)

                Expect.equal (at 1) start "the start"
                Expect.isTrue (near 1e-14 1e-12 (at 2) ((start + finish) / 2.0)) "the middle")

            test "to 0 it is the start times what is left: the last of n iterations takes start / n" {
                for n in [ 1; 3; 60 ] do
                    let last = Schedule.value n n (Schedule.linear 0.125 0.0)
                    Expect.floatClose Accuracy.veryHigh last (0.125 / float n) $"of {n}"

                Expect.equal (Schedule.value 5 6 (Schedule.linear 0.1 0.0)) 0.0 "0 exactly"
            }

            law "a cosine is as far from its start as, mirrored in time, from its end" ends (fun (start, finish) ->
                let at time =
                    Schedule.value 16 time (Schedule.cosine start finish)

                for k in 0..16 do
                    Expect.isTrue (near 0.0 1e-12 (start - at (1 + k)) (at (17 - k) - finish)) $"{k}")

            law "a polynomial of power 1 is linear" ends (fun (start, finish) ->
                for t in 1..11 do
                    let a = Schedule.value 10 t (Schedule.polynomial 1.0 start finish)
                    let b = Schedule.value 10 t (Schedule.linear start finish)
                    Expect.isTrue (near 0.0 1e-12 a b) $"at {t}")

            law "dropping after every n iterations is dropping at n, 2n, 3n, ..." (counts 9) (fun n ->
                let every = Schedule.every n 0.5 1.0
                let steps = Schedule.steps [ for k in 1..40 -> k * n ] 0.5 1.0

                for t in 1..40 do
                    Expect.equal (Schedule.value 0 t every) (Schedule.value 0 t steps) $"at {t}")

            law
                "what lasts n iterations is after them what it is one iteration later, in a stage of any length"
                any
                (fun model ->
                    let held = Schedule.lasting 7 (build model)

                    for total in [ 0; 5; 30 ] do
                        for t in 8..20 do
                            Expect.isTrue
                                (same (Schedule.value 7 8 (build model)) (Schedule.value total t held))
                                $"at {t} of {total}")

            law
                "joined schedules are the values of each, one after another"
                (pairs (pairs any))
                (fun ((a, b), (c, _)) ->
                    let a, b, c = build a, build b, build c
                    let joined = Schedule.values 24 (Schedule.join [ 5, a; 8, b ] c)

                    Array.concat [ Schedule.values 5 a; Schedule.values 8 b; Schedule.values 11 c ]
                    |> fun parts -> equalBits parts joined "the parts")

            law "after a warm-up comes the schedule of the remaining iterations" any (fun model ->
                let warmed = Schedule.values 20 (Schedule.warmUp 6 0.1 (build model))
                equalBits (Schedule.values 14 (build model)) warmed[6..] "the rest"
                Expect.isTrue (near 1e-13 1e-300 (0.1 * warmed[6]) warmed[0]) "from a tenth of its start")

            testList
                "restarts begin exactly at their boundaries, however late"
                [
                    for multiplier in [ 1; 2; 3; 7; 10 ] do
                        law $"multiplier {multiplier}" (counts 1000) (fun first ->
                            // s is 1 at a cycle's first iteration alone.
                            let isFirst = Expr.ifEqual Expr.time (Const 1.0) (Const 1.0) (Const 0.0)
                            let schedule = Schedule.restart first (float multiplier) isFirst

                            let boundaries =
                                (int64 first, 0L)
                                |> Seq.unfold (fun (length, before) ->
                                    if before > 1_000_000_000L then
                                        None
                                    else
                                        Some(int before, (length * int64 multiplier, before + length)))
                                |> Seq.truncate 40

                            for before in boundaries do
                                Expect.equal (Schedule.value 0 (before + 1) schedule) 1.0 $"{before} are done"

                                if first > 1 then
                                    Expect.equal (Schedule.value 0 (before + 2) schedule) 0.0 "one more"

                                if before > 0 && first > 1 then
                                    Expect.equal (Schedule.value 0 before schedule) 0.0 "one less")
                ]

            testList
                "restarts whose length grows by a factor that is no whole number begin at the rounded sums of their lengths"
                [
                    for multiplier in [ 1.5; 1.1; 2.5; 1.001; 3.7 ] do
                        law $"multiplier {multiplier}" (counts 1000) (fun first ->
                            let isFirst = Expr.ifEqual Expr.time (Const 1.0) (Const 1.0) (Const 0.0)
                            let schedule = Schedule.restart first multiplier isFirst
                            let length = Schedule.restart first multiplier Expr.iterations

                            let boundaries =
                                Seq.initInfinite (fun k ->
                                    Math.Round(
                                        float first * (Math.Pow(multiplier, float k) - 1.0) / (multiplier - 1.0)
                                    ))
                                |> Seq.takeWhile (fun before -> before < 1e9)
                                |> Seq.truncate 40
                                |> Seq.map int

                            for before, next in Seq.pairwise boundaries do
                                Expect.isGreaterThan next before "every time has an iteration"
                                Expect.equal (Schedule.value 0 (before + 1) schedule) 1.0 $"{before} are done"
                                Expect.equal (Schedule.value 0 next length) (float (next - before)) "the time's length"

                                if next > before + 1 then
                                    Expect.equal (Schedule.value 0 (before + 2) schedule) 0.0 "one more"
                                    Expect.equal (Schedule.value 0 next schedule) 0.0 "the last")
                ]

            test "SGDR with T_0 10 and T_mult 1.5 has times of 10, 15, 23 and 33 iterations" {
                let lengths =
                    Schedule.values 81 (Schedule.restart 10 1.5 Expr.iterations) |> Array.countBy id

                Expect.equal lengths [| 10.0, 10; 15.0, 15; 23.0, 23; 33.0, 33 |] "the lengths"

                Expect.equal
                    (Schedules.Restart(Expr.iterations, 10, 1.5))
                    (Schedule.restart 10 1.5 Expr.iterations)
                    "from C#"
            }

            law
                "a warm-up of 0 iterations, what is after 0 and a part of 0 leave the schedule as it is"
                ScheduleModel.any
                (fun model ->
                    let schedule = build model
                    Expect.equal (Schedule.warmUp 0 0.1 schedule) schedule "warm-up"
                    Expect.equal (Schedule.after 0 schedule) schedule "after"
                    Expect.equal (Schedule.join [ 0, Const 7.0 ] schedule) schedule "join"
                    Expect.equal (Schedules.WarmUp(schedule, 0)) schedule "from C#"

                    Expect.equal
                        (Schedule.steps [ 0 ] 0.5 1.0 |> Schedule.values 3)
                        [| 0.5; 0.5; 0.5 |]
                        "a boundary at 0 is past from the start")

            law
                "by epoch, every iteration of an epoch has the epoch's value"
                (pairs (counts 60))
                (fun (epochs, perEpoch) ->
                    let byEpoch = Schedule.byEpoch epochs (Schedule.linear 1.0 0.0)
                    let ofEpochs = Schedule.values epochs (Schedule.linear 1.0 0.0)
                    let values = Schedule.values (epochs * perEpoch) byEpoch

                    values
                    |> Array.iteri (fun k v ->
                        Expect.isTrue
                            (same ofEpochs[k / perEpoch] v)
                            $"iteration {k + 1} of {epochs} epochs of {perEpoch}"))

            law
                "stepped before use, an epoch has the next one's rate, and the last has rate 0, as in the paper's code"
                (counts 300)
                (fun epochs ->
                    let schedule =
                        Schedule.linear 1.25e-3 0.0
                        |> Schedule.steppedBeforeUse
                        |> Schedule.byEpoch epochs

                    let values = Schedule.values (epochs * 3) schedule

                    for e in 0 .. epochs - 1 do
                        let expected = 1.25e-3 * (1.0 - float (e + 1) / float epochs)
                        Expect.isTrue (near 1e-14 0.0 expected values[3 * e]) $"epoch {e}"

                    Expect.equal (Array.last values) 0.0 "the last epoch")

            law "a scaled schedule is so many times the schedule" any (fun model ->
                let schedule = build model

                for t in 1..9 do
                    Expect.isTrue
                        (same (0.3 * Schedule.value 9 t schedule) (Schedule.value 9 t (Schedule.scale 0.3 schedule)))
                        $"at {t}")

            test "a schedule may read the iteration" {
                Expect.equal (Schedule.value 0 4 (Const 1.0 / sqrt Expr.time)) 0.5 "1 / sqrt t at t = 4"
            }

            test "what a schedule cannot know is a fault by name, never NaN" {
                Expect.stringContains
                    (argumentFault (fun () -> Schedule.value 2 2 (Expr.uniform "loss") |> ignore))
                    "loss"
                    "an unknown input"
            }
        ]
