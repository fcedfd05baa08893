/// The list of places that the mutation run breaks follows the code.
module Bnn.Tests.Mutation.PlaceTests

open Bnn.Tests
open Bnn.Tests.Mutation.Place
open Expecto

[<Tests>]
let tests =
    testList
        "Mutants outside the core"
        [
            test "Each place that is to be broken stands once in its file" {
                let faults = Places.all |> List.choose (faultOf Programs.root)
                Expect.isEmpty faults (String.concat "\n" faults)
            }

            test "A place that is gone, or that is there twice, or that is not broken, is a fault" {
                let place = Places.all.Head

                for wrong in
                    [
                        { place with Text = "no such text" }
                        { place with Text = "random" }
                        { place with Broken = place.Text }
                    ] do
                    Expect.isSome (faultOf Programs.root wrong) wrong.Text
            }

            test "Every place is in one tenth, and each tenth has its share" {
                let tenths = [ for first in 0..9 -> MutationRun.chosen (Some first) ]

                Expect.containsAll (List.concat tenths) Places.all "all of them"
                Expect.hasLength (List.concat tenths) Places.all.Length "each once"

                for tenth in tenths do
                    Expect.isLessThanOrEqual (abs (tenth.Length - Places.all.Length / 10)) 1 "a tenth"
            }
        ]
