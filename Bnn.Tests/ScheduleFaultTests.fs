module Bnn.Tests.ScheduleFaultTests

open System
open Bnn
open Bnn.Tests.Generators
open Expecto

let private refuses (words: string list) build =
    let message =
        try
            build () |> ignore
            "nothing was refused"
        with :? ArgumentException as refusal ->
            refusal.Message

    for word in words do
        Expect.stringContains message word "the message names the number and what is allowed"

[<Tests>]
let tests =
    testList
        "Schedule, faults"
        [
            test "a formula over anything but t and T is no schedule" {
                let faults schedule =
                    Schedule.validate "learningRate" schedule |> List.map _.Name

                Expect.equal (faults (Schedule.linear 1.0 0.0)) [] "linear"
                Expect.equal (faults (Const 1.0)) [] "constant"
                Expect.equal (faults (Expr.time * Expr.progress)) [] "over t and progress"

                for leaf in
                    perWeightLeaves
                    @ perRowLeaves
                    @ [ Expr.uniform "loss"; Expr.slotOnce "norm"; Expr.sum Whole Expr.weight ] do
                    Expect.equal (faults (leaf * Expr.time)) [ "learningRate" ] $"over {Print.expr leaf}"
            }

            test "numbers that are not finite are faults, wherever they are in the schedule" {
                for bad in [ nan; infinity; -infinity ] do
                    for schedule in
                        [
                            Schedule.constant bad
                            Schedule.linear bad 0.0
                            Schedule.cosine 1.0 bad
                            Schedule.polynomial bad 1.0 0.0
                            Schedule.exponential bad 1.0
                            Schedule.scale bad (Const 1.0)
                            Schedule.warmUp 3 bad (Const 1.0)
                            Schedule.join [ 3, Const 1.0 ] (Const bad)
                        ] do
                        Expect.isNonEmpty (Schedule.validate "rate" schedule) (Print.expr schedule)
            }

            test "a schedule that stops being finite is a fault that names the iteration" {
                let schedule = Const 1.0 / (4.0 - Expr.time)
                Expect.isEmpty (Schedule.validate "rate" schedule) "it starts with a number"
                Expect.isEmpty (Schedule.validateOver 3 "rate" schedule) "and has one for three iterations"

                Expect.equal
                    (Schedule.validateOver 5 "rate" schedule |> List.map _.Name)
                    [ "rate at iteration 4" ]
                    "the first without one"
            }

            test "counts below the least and boundaries out of order are refused by name, value and remedy" {
                let one = Const 1.0

                for bad in [ 0; -3 ] do
                    let number = string bad
                    refuses [ "count"; number; "at least 1" ] (fun () -> Schedule.every bad 0.1 1.0)
                    refuses [ "count"; number; "at least 1" ] (fun () -> Schedule.spanning bad one)
                    refuses [ "count"; number; "at least 1" ] (fun () -> Schedule.lasting bad one)
                    refuses [ "first"; number; "at least 1" ] (fun () -> Schedule.restart bad 2.0 one)
                    refuses [ "multiplier"; number ] (fun () -> Schedule.restart 2 (float bad) one)
                    refuses [ "epochs"; number; "at least 1" ] (fun () -> Schedule.byEpoch bad one)

                refuses [ "count"; "-3"; "at least 0" ] (fun () -> Schedule.after -3 one)
                refuses [ "count"; "-3"; "at least 0" ] (fun () -> Schedule.join [ -3, one ] one)
                refuses [ "count"; "-3"; "at least 0" ] (fun () -> Schedule.warmUp -3 0.1 one)

                for bad in [ 0.99; 1.0000001; nan; infinity ] do
                    refuses [ "multiplier"; "at least 1" ] (fun () -> Schedule.restart 2 bad one)

                refuses [ "boundaries"; "3, 2"; "ascending" ] (fun () -> Schedule.steps [ 3; 2 ] 0.1 1.0)

                refuses [ "boundaries"; "-1" ] (fun () -> Schedule.steps [ -1 ] 0.1 1.0)
            }
        ]
