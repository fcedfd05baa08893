/// What is refused of a rule before it trains anything.
module Bnn.Tests.RuleCheckTests

open System
open Bnn
open Expecto

let private adam = Adam.rule Adam.defaults
let private descend rate = Rule.descend (Const rate)

let private faults rule =
    RuleChecks.validate rule |> List.map (fun fault -> fault.Value)

let private isFault (words: string list) rule =
    let text = faults rule |> String.concat "\n"

    for word in words do
        Expect.stringContains text word (string rule)

let private isFine rule =
    Expect.equal (faults rule) [] (string rule)

[<Tests>]
let tests =
    testList
        "Rule checks"
        [
            test "a transform after the descent is a fault: no weight reads what it makes of the gradient" {
                isFault [ "state m, which no weight"; "state v"; "changes the gradient after" ] (descend 0.1 >=> adam)
                isFault [ "changes the gradient after" ] (descend 0.1 >=> Gradient.clip 1.0)
                isFine (adam >=> descend 0.1)
                isFine (Gradient.clipGlobalNorm 1.0 >=> adam >=> descend 0.1 >=> Weights.clip 1.0)
                isFine (Gradient.accumulate 4 (adam >=> descend 0.1))
                isFine (adam >=> descend 0.1 >=> Weights.average 0.9 >=> Weights.lookahead 5 0.5)
            }

            test
                "a number that float32 rounds to 0 below a division is a fault; one that it has is none, and neither is 0" {
                for epsilon in [ 0.0; 1e-8; 1e-45 ] do
                    isFine (Adam.rule { Adam.defaults with Epsilon = epsilon } >=> descend 0.1)

                for lost in [ 1e-46; 5e-324 ] do
                    isFault
                        [ "dividing by"; lost.ToString Globalization.CultureInfo.InvariantCulture ]
                        (Adam.rule { Adam.defaults with Epsilon = lost } >=> descend 0.1)

                    isFault
                        [ "dividing by" ]
                        (Adadelta.rule
                            { Adadelta.defaults with
                                Epsilon = lost
                            }
                         >=> descend 0.1)

                // computed once a step, in float64
                isFine (Rule.descend (Const 0.1 / (Expr.time + 1e-50)))

                isFine (
                    { Rule.identity with
                        Gradient = Expr.gradient * 1e-50
                    }
                    >=> descend 0.1
                )
            }

            test
                "an option that float32 rounds to 0 is a fault that names the option, in every optimizer that has an epsilon" {
                let rows =
                    Catalogue.all
                    |> List.filter (fun row -> row.Options |> List.exists (fun option -> option.Name = "epsilon"))

                Expect.isGreaterThan rows.Length 8 "most have one"

                for row in rows do
                    match row.Make [ "epsilon", 1e-50 ] with
                    | Ok _ -> failtestf "%s takes it" row.Name
                    | Error faults ->
                        Expect.equal [ for fault in faults -> fault.Name ] [ "epsilon" ] row.Name
                        Expect.stringContains (string faults[0]) "1E-50" "its value"
                        Expect.stringContains (string faults[0]) "float32" "and why"

                    Expect.isOk (row.Make [ "epsilon", 1e-45 ]) row.Name

                Expect.throwsT<BnnConfigurationException> (fun () -> Rules.Adam(epsilon = 1e-50) |> ignore) "from C#"
            }

            test "two descents of one group are a fault that names both rates; one for each group is fine" {
                isFault [ "2 descents"; "0.1 and 0.2" ] (adam >=> descend 0.1 >=> descend 0.2)

                isFine (
                    Rule.partition
                        [ [ ParameterGroup.BinaryWeights ], Sgd.rule Sgd.defaults >=> descend 0.1 ]
                        (adam >=> descend 0.01)
                )

                let twice =
                    Rule.only (ParameterGroup.isOneOf [ ParameterGroup.Norms ]) (descend 0.5)
                    >=> adam
                    >=> descend 0.1

                isFault [ "2 descents"; "(batch norm)" ] twice
            }

            test "state that no weight needs is a fault where it is kept, and none where it is left out" {
                let idle = { adam with Gradient = Expr.gradient }

                isFault [ "state m"; "state v" ] (idle >=> descend 0.1)
                // groups that a rule leaves alone keep no state
                isFine (Rule.only (ParameterGroup.isOneOf [ ParameterGroup.BinaryWeights ]) (adam >=> descend 0.1))
            }

            test "a rate that is no number, or reads what nothing gives, is a fault" {
                isFault [ "NaN" ] (adam >=> descend nan)
                isFault [ "Infinity" ] (adam >=> descend infinity)
                isFault [ "loss" ] (adam >=> Rule.descend (Expr.uniform "loss"))
                isFault [ "NaN" ] (Rule.scale (Const nan) >=> descend 0.1)
            }

            test "the rates of descents are carried: joined by chain, decided by group, retimed with the rule" {
                let rates group rule = (Rule.specialize group rule).Rates

                let both =
                    Rule.partition [ [ ParameterGroup.BinaryWeights ], descend 0.1 ] (adam >=> descend 0.01)

                Expect.equal (rates ParameterGroup.BinaryWeights both) [ Const 0.1 ] "its own"
                Expect.equal (rates ParameterGroup.Norms both) [ Const 0.01 ] "the rest"

                let slow = Gradient.accumulate 2 (adam >=> Rule.descend (Schedule.linear 1.0 0.0))

                Expect.equal
                    (Rule.rate slow |> Option.map (Schedule.values 4))
                    (Some [| 1.0; 1.0; 0.5; 0.5 |])
                    "by the rule's own time, also where it waits"

                Expect.equal (Rule.rate adam) None "a transform has none"
            }

            test "the faults are in nobody's functions: C# users read the same words" {
                for rule in [ adam; descend 0.1 >=> adam; adam >=> descend nan ] do
                    for fault in RuleChecks.validate rule do
                        Expect.isFalse (fault.ToString().Contains "Rule.") (string fault)
                        Expect.isFalse (fault.ToString().Contains "Slot.") (string fault)
            }
        ]
