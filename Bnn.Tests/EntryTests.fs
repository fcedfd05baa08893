/// The lists that users choose from by name.
module Bnn.Tests.EntryTests

open Bnn.Core
open Expecto

let private laws kind (entries: Entry<'T> list) =
    testList
        kind
        [
            test "names are distinct, and found in any case" {
                let names = entries |> List.map _.Name
                Expect.equal (List.distinct names) names "distinct"

                for name in names do
                    let found = Entry.tryFind entries (name.ToUpperInvariant())
                    Expect.equal (found |> Option.map _.Name) (Some name) name

                Expect.isNone (Entry.tryFind entries "no such thing") "an unknown name"
            }

            for entry in entries do
                test $"{entry.Name}: its defaults are in range, and it has a source" {
                    Expect.isOk (Entry.make entry []) "the defaults"
                    Expect.isNotEmpty entry.Source "the source"
                }

                test $"{entry.Name}: each option that is not a number is a fault of that name" {
                    for option, _ in entry.Options do
                        for bad in [ nan; infinity; -infinity ] do
                            match Entry.make entry [ option, bad ] with
                            | Ok _ -> failtest $"{option} = {bad} passed"
                            | Error faults ->
                                Expect.contains (faults |> List.map _.Name) option $"{option} = {bad}: the fault's name"
                }

                test $"{entry.Name}: an unknown option is a fault that lists the known ones" {
                    match Entry.make entry [ "no such option", 1.0 ] with
                    | Ok _ -> failtest "passed"
                    | Error faults ->
                        Expect.equal faults.Length 1 "one fault"

                        for option, _ in entry.Options do
                            Expect.stringContains faults[0].Allowed option "the known options"
                }
        ]

let private isFault entries name options option =
    let entry = (Entry.tryFind entries name).Value

    match Entry.make entry options with
    | Ok _ -> failtest $"{name} with {options} passed"
    | Error faults -> Expect.equal (faults |> List.map _.Name) [ option ] $"{name} with {options}"

[<Tests>]
let tests =
    testList
        "Entries"
        [
            laws "schedules" Schedules.all
            laws "changes of schedules" Schedules.changes
            laws "binarizers" Binarizers.all
            laws "scaled binarizers" Binarizers.scaled

            test "a binarizer's options out of range are faults" {
                isFault Binarizers.all "swishSign" [ "beta", 0.0 ] "beta"
                isFault Binarizers.all "tanhSign" [ "width", -1.0 ] "width"
                isFault Binarizers.all "ede" [ "sharpness", 0.0 ] "sharpness"
                isFault Binarizers.all "progressiveSign" [ "progress", 1.5 ] "progress"

                for bits in [ 0.0; 2.5; 17.0 ] do
                    isFault Binarizers.all "dorefaInput" [ "bits", bits ] "bits"
                    isFault Binarizers.all "dorefaWeight" [ "bits", bits ] "bits"
            }

            test "counts must be whole and at least 1" {
                for bad in [ 0.0; -1.0; 1.5 ] do
                    isFault Schedules.all "every" [ "count", bad ] "count"
                    isFault Schedules.changes "restart" [ "multiplier", bad ] "multiplier"
                    isFault Schedules.changes "byEpoch" [ "epochs", bad ] "epochs"
            }

            test "a geometric schedule cannot cross or reach 0" {
                isFault Schedules.all "geometric" [ "finish", -1.0 ] "finish"
                isFault Schedules.all "geometric" [ "start", 0.0 ] "finish"
            }

            test "entries make what the functions make" {
                let made entries name options =
                    match Entry.make (Entry.tryFind entries name).Value options with
                    | Ok made -> made
                    | Error faults -> failtest $"{faults}"

                Expect.equal (made Schedules.all "cosine" [ "start", 0.1 ]) (Schedule.cosine 0.1 0.0) "cosine from 0.1"

                Expect.equal
                    (made Schedules.changes "restart" [ "first", 3.0; "multiplier", 1.0 ] (Schedule.linear 1.0 0.0))
                    (Schedule.linear 1.0 0.0 |> Schedule.restart 3 1)
                    "restarts"
            }
        ]
