/// The lists that users choose from by name.
module Bnn.Tests.EntryTests

open Bnn
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
                    for { Name = option } in entry.Options do
                        for bad in [ nan; infinity; -infinity ] do
                            match Entry.make entry [ option, Const bad ] with
                            | Ok _ -> failtest $"{option} = {bad} passed"
                            | Error faults ->
                                Expect.contains (faults |> List.map _.Name) option $"{option} = {bad}: the fault's name"
                }

                test $"{entry.Name}: an unknown option is a fault that lists the known ones" {
                    match Entry.make entry [ "no such option", Const 1.0 ] with
                    | Ok _ -> failtest "passed"
                    | Error faults ->
                        Expect.equal faults.Length 1 "one fault"

                        for { Name = option } in entry.Options do
                            Expect.stringContains faults[0].Allowed option "the known options"
                }
        ]

let private isFault entries name options option =
    let entry = (Entry.tryFind entries name).Value

    match Entry.make entry (options |> List.map (fun (name, value) -> name, Const value)) with
    | Ok _ -> failtest $"{name} with {options} passed"
    | Error faults -> Expect.equal (faults |> List.map _.Name) [ option ] $"{name} with {options}"

[<Tests>]
let tests =
    testList
        "Entries"
        [
            laws "schedules" Catalogue.schedules
            laws "changes of schedules" Catalogue.scheduleChanges
            laws "binarizers" Catalogue.binarizers
            laws "scaled binarizers" Catalogue.weightBinarizers

            test "a binarizer's options out of range are faults" {
                isFault Catalogue.binarizers "swishSign" [ "beta", 0.0 ] "beta"
                isFault Catalogue.binarizers "tanhSign" [ "width", -1.0 ] "width"
                isFault Catalogue.binarizers "ede" [ "sharpness", 0.0 ] "sharpness"
                isFault Catalogue.binarizers "progressiveSign" [ "progress", 1.5 ] "progress"

                for bits in [ 0.0; 2.5; 17.0 ] do
                    isFault Catalogue.binarizers "doReFaInput" [ "bits", bits ] "bits"
                    isFault Catalogue.binarizers "doReFaWeight" [ "bits", bits ] "bits"
            }

            test "counts must be whole and at least 1" {
                for bad in [ 0.0; -1.0; 1.5 ] do
                    isFault Catalogue.schedules "every" [ "count", bad ] "count"
                    isFault Catalogue.scheduleChanges "restart" [ "first", bad ] "first"
                    isFault Catalogue.scheduleChanges "byEpoch" [ "epochs", bad ] "epochs"
            }

            test "a warm-up takes whole numbers from 0 on, and a restart's multiplier any from 1 on" {
                for bad in [ -1.0; 1.5 ] do
                    isFault Catalogue.scheduleChanges "warmUp" [ "count", bad ] "count"

                for bad in [ 0.0; -1.0; 0.99; nan; infinity ] do
                    isFault Catalogue.scheduleChanges "restart" [ "multiplier", bad ] "multiplier"
            }

            test "a geometric schedule cannot cross or reach 0" {
                isFault Catalogue.schedules "geometric" [ "finish", -1.0 ] "finish"
                isFault Catalogue.schedules "geometric" [ "start", 0.0 ] "finish"
            }

            test "entries make what the functions make" {
                let made entries name options =
                    match
                        Entry.make
                            (Entry.tryFind entries name).Value
                            (options |> List.map (fun (name, value) -> name, Const value))
                    with
                    | Ok made -> made
                    | Error faults -> failtest $"{faults}"

                Expect.equal
                    (made Catalogue.schedules "cosine" [ "start", 0.1 ])
                    (Schedule.cosine 0.1 0.0)
                    "cosine from 0.1"

                Expect.equal
                    (made
                        Catalogue.scheduleChanges
                        "restart"
                        [ "first", 3.0; "multiplier", 1.0 ]
                        (Schedule.linear 1.0 0.0))
                    (Schedule.linear 1.0 0.0 |> Schedule.restart 3 1.0)
                    "restarts"
            }
        ]
