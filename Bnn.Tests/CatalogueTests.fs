module Bnn.Tests.CatalogueTests

open Bnn
open Expecto

let private faultsOf (result: Result<_, Fault list>) =
    match result with
    | Ok _ -> []
    | Error faults -> faults |> List.map _.Name

let private names (row: OptimizerRow) = row.Options |> List.map _.Name

let private defaults (row: OptimizerRow) =
    row.Options |> List.map (fun option -> option.Name, option.DefaultNumber)

[<Tests>]
let tests =
    testList
        "Catalogue"
        [
            test "names are distinct, in any case, and found in any case" {
                let names = Catalogue.all |> List.map _.Name.ToLowerInvariant()
                Expect.equal (List.distinct names) names "distinct"

                for row in Catalogue.all do
                    Expect.equal
                        (Catalogue.tryFind (row.Name.ToUpperInvariant()) |> Option.map _.Name)
                        (Some row.Name)
                        "upper case"

                    Expect.equal
                        (Catalogue.tryFind (row.Name.ToLowerInvariant()) |> Option.map _.Name)
                        (Some row.Name)
                        "lower case"

                Expect.isNone (Catalogue.tryFind "no such optimizer") "an unknown name"
            }

            for row in Catalogue.all do
                testList
                    row.Name
                    [
                        test "its defaults make its rule, which steps once descent follows" {
                            match row.Make [] with
                            | Error faults -> failtest $"{faults}"
                            | Ok rule ->
                                Expect.equal
                                    (row.Make(defaults row))
                                    (Ok rule)
                                    "the defaults given one by one are the defaults"

                                Expect.equal (RuleChecks.validate (rule >=> Rule.descend (Const 0.1))) [] "a whole rule"
                        }

                        test "it names its source and its options, each once" {
                            Expect.isNotEmpty row.Source "a source"
                            Expect.equal (List.distinct (names row)) (names row) "distinct options"

                            for option in row.Options do
                                Expect.isNotEmpty option.Meaning option.Name
                        }

                        test "every option changes the rule, alone or beside another: none is ignored" {
                            // Beside another: dampening, for one, is nothing without momentum, or a flag.
                            let settings =
                                [
                                    []
                                    for name in names row do
                                        [ name, 0.5 ]
                                        [ name, 1.0 ]
                                ]

                            for name in names row do
                                let changes setting =
                                    let made value = row.Make(setting @ [ name, value ])

                                    let rules = [ 0.0; 0.5; 1.0 ] |> List.map made |> List.choose Result.toOption
                                    rules.Length > 1 && List.exists ((<>) rules.Head) rules

                                Expect.exists settings changes $"{name} matters"
                        }

                        test "NaN is a fault of every option, and all are reported at once" {
                            for name in names row do
                                Expect.contains (faultsOf (row.Make [ name, nan ])) name $"{name} is NaN"

                            let all = faultsOf (row.Make [ for name in names row -> name, nan ])

                            for name in names row do
                                Expect.contains all name "each of them"
                        }

                        test "unknown options are faults that name the optimizer, the option and what there is" {
                            match row.Make [ "tempo", 1.0; "pace", 2.0 ] with
                            | Ok _ -> failtest "unknown options must be refused"
                            | Error faults ->
                                Expect.equal (faults |> List.map _.Name) [ "tempo"; "pace" ] "each by name"

                                for name in names row do
                                    Expect.stringContains faults.Head.Allowed name "what there is"
                        }

                        test "the last of two values of one option holds" {
                            for name, value in defaults row do
                                Expect.equal (row.Make [ name, nan; name, value ]) (row.Make []) name
                        }
                    ]

            test "each optimizer's options reach its rule" {
                let sgd = Sgd.row.Make [ "momentum", 0.5; "dampening", 0.25 ]

                Expect.equal
                    sgd
                    (Ok(
                        Sgd.rule
                            {
                                Momentum = 0.5
                                Dampening = 0.25
                                Nesterov = false
                            }
                    ))
                    "SGD"

                let nesterov = Sgd.row.Make [ "momentum", 0.5; "nesterov", 1.0 ]

                Expect.equal
                    nesterov
                    (Ok(
                        Sgd.rule
                            {
                                Momentum = 0.5
                                Dampening = 0.0
                                Nesterov = true
                            }
                    ))
                    "Nesterov"

                let adam =
                    Adam.row.Make [ "beta1", 0.5; "beta2", 0.75; "epsilon", 0.125; "amsGrad", 1.0 ]

                Expect.equal
                    adam
                    (Ok(
                        Adam.rule
                            {
                                Beta1 = 0.5
                                Beta2 = 0.75
                                Epsilon = 0.125
                                AmsGrad = true
                            }
                    ))
                    "Adam"
            }

            test "options out of range are faults, flags that are neither 0 nor 1 too, all at once" {
                let sgd = Sgd.row.Make [ "momentum", 1.0; "dampening", -1.0; "nesterov", 2.0 ]

                for name in [ "momentum"; "dampening"; "nesterov" ] do
                    Expect.contains (faultsOf sgd) name "SGD"

                let adam =
                    Adam.row.Make [ "beta1", 1.0; "beta2", -0.1; "epsilon", -1.0; "amsGrad", 0.5 ]

                Expect.equal (List.sort (faultsOf adam)) [ "amsGrad"; "beta1"; "beta2"; "epsilon" ] "Adam"
            }
        ]
