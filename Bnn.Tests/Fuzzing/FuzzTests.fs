module Bnn.Tests.FuzzTests

open System
open Bnn
open Bnn.Tests.FuzzKinds
open Expecto

[<Tests>]
let tests =
    testSequenced (
        testList
            "Fuzzing"
            [
                test "Changed files of every kind are read or refused by a documented error, in little memory" {
                    let kinds = FuzzKinds.all ()
                    let outcomes = FuzzRun.outcomes 1 (fun _ -> 25) kinds
                    Expect.isEmpty (List.collect FuzzRun.faults outcomes) "faults"

                    for outcome in outcomes do
                        // the event files and a recipe's copy beside a run are read as far as they go, without an error
                        if outcome.Kind <> "events" && outcome.Kind <> "checkpoints/recipe.json" then
                            Expect.isGreaterThan outcome.Refused 0 $"{outcome.Kind}: something is refused"
                }

                test "What is undocumented, or takes too much, is a fault; the same seed makes the same files" {
                    let reader read =
                        {
                            Name = "kind"
                            File = "file"
                            Beside = []
                            Whole = [ Array.init 100 byte ]
                            Change = Mutations.mutated
                            Read = read
                        }

                    let faultsOf read =
                        FuzzRun.outcomes 1 (fun _ -> 3) [ reader read ] |> List.collect FuzzRun.faults

                    Expect.isEmpty (faultsOf ignore) "none"
                    Expect.isEmpty (faultsOf (fun path -> raise (BnnFileException(path, "is", "do")))) "documented"
                    Expect.hasLength (faultsOf (fun _ -> raise (NullReferenceException()))) 3 "undocumented"

                    Expect.hasLength
                        (faultsOf (fun _ ->
                            // 2 GiB in parts, none of which is kept
                            for _ in 1..32 do
                                GC.KeepAlive(Array.zeroCreate<byte>(64 <<< 20))))
                        1
                        "memory"

                    let kind = reader ignore
                    Expect.sequenceEqual (FuzzRun.changed 3 kind 5) (FuzzRun.changed 3 kind 5) "the same"
                    Expect.notEqual (FuzzRun.changed 3 kind 5) (FuzzRun.changed 4 kind 5) "another"
                }
            ]
    )
