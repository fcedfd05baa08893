module Bnn.Tests.ScheduleTests

open System
open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private finite =
    Gen.choose (-100000, 100000) |> Gen.map (fun k -> float k / 1000.0)

let private ends = Arb.fromGen (Gen.two finite)

[<Tests>]
let tests =
    testList
        "Schedule"
        [
            law "a constant schedule is its value throughout" ends (fun (value, _) ->
                for time in [ 1; 7; 999 ] do
                    Expect.equal (Schedule.value 1000 time (Schedule.constant value)) value $"at {time}")

            law "a linear schedule starts at its start exactly, and ends at its end" ends (fun (start, finish) ->
                let at time =
                    Schedule.value 2 time (Schedule.linear start finish)

                Expect.equal (at 1) start "the start"
                Expect.isTrue (near 1e-14 1e-12 (at 3) finish) "the end"
                Expect.isTrue (near 1e-14 1e-12 (at 2) ((start + finish) / 2.0)) "the middle")

            law "a linear schedule never leaves the range of its ends, and is monotone" ends (fun (start, finish) ->
                let values =
                    [ for k in 0..20 -> Schedule.value 20 (k + 1) (Schedule.linear start finish) ]

                let slack = 1e-14 * (abs start + abs finish)

                Expect.all
                    values
                    (fun v -> v >= min start finish - slack && v <= max start finish + slack)
                    "within its ends"

                for a, b in List.pairwise values do
                    Expect.isGreaterThanOrEqual ((b - a) * float (sign (finish - start))) -slack "towards its end")

            test "to 0 it is the start times what is left: the last of n iterations takes start / n" {
                for n in [ 1; 3; 60 ] do
                    let last = Schedule.value n n (Schedule.linear 0.125 0.0)
                    Expect.floatClose Accuracy.veryHigh last (0.125 / float n) $"of {n}"

                Expect.equal (Schedule.value 5 6 (Schedule.linear 0.1 0.0)) 0.0 "0 exactly"
            }

            test "a schedule may read the iteration" {
                Expect.equal (Schedule.value 0 4 (Const 1.0 / sqrt Expr.time)) 0.5 "1 / sqrt t at t = 4"
            }

            test "what a schedule cannot know is NaN, not a number" {
                Expect.isTrue (Double.IsNaN(Schedule.value 2 2 (Expr.uniform "loss"))) "an unknown input"
            }

            test "a formula over weights, gradients or rows is no schedule" {
                let faults schedule =
                    Schedule.validate "learningRate" schedule |> List.map _.Name

                Expect.equal (faults (Schedule.linear 1.0 0.0)) [] "linear"
                Expect.equal (faults (Const 1.0)) [] "constant"
                Expect.equal (faults (Expr.time * Expr.progress)) [] "over t and progress"

                for leaf in perWeightLeaves @ perRowLeaves do
                    Expect.equal (faults (leaf * Expr.time)) [ "learningRate" ] $"over {Print.expr leaf}"
            }
        ]
