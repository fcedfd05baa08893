module Bnn.Tests.RuleTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private trained learningRate rule =
    Rule.addDecayedWeights (Const 5e-6) >=> rule >=> Rule.descend learningRate

/// The optimizers that the laws of all rules are tried on, over a rate that changes.
let private optimizers =
    Reference.optimizers
    |> List.map (fun (name, rule) -> name, trained (Schedule.linear 0.01 0.002) rule)

let private three = Arb.fromGen (Gen.three anyRuleGen)

/// The law for each optimizer, on random courses.
let private ofEach name (holds: Rule -> Course -> unit) =
    testList name [ for optimizer, rule in optimizers -> law optimizer course (holds rule) ]

let private copyOf (state: OptimizerState) =
    { state with
        Slots = state.Slots |> List.map Array.copy
    }

let private names (rule: Rule) = rule.Slots |> List.map _.Name

let private sameState (a: OptimizerState) (b: OptimizerState) message =
    Expect.equal a.Time b.Time $"{message}: time"
    List.iter2 (fun a b -> equalBits a b message) a.Slots b.Slots

let private runFrom (rule: Rule) (state: OptimizerState) (weights: float[]) (grads: float[][]) =
    let step = Optimizer.step rule

    ((state, weights), grads)
    ||> Array.fold (fun (state, w) g ->
        let struct (state, w) = step state g w
        state, w)

let private slot name init next = Slot.perWeight name init next

[<Tests>]
let tests =
    testList
        "Rule"
        [
            law "chaining is associative, names of slots included" three (fun (a, b, c) ->
                Expect.equal ((a >=> b) >=> c) (a >=> (b >=> c)) "both ways of bracketing")

            law "the rule that changes nothing is chaining's identity on both sides" anyRule (fun rule ->
                Expect.equal (Rule.identity >=> rule) rule "from the left"
                Expect.equal (rule >=> Rule.identity) rule "from the right")

            law "slots that are chained never clash, and none is lost" three (fun (a, b, c) ->
                let all = names (a >=> b >=> c)
                Expect.equal (List.distinct all) all "distinct names"
                Expect.equal all.Length (names a @ names b @ names c).Length "all slots"
                Expect.equal (List.truncate a.Slots.Length all) (names a) "the first rule's names stay")

            lawOf
                300
                "a chain does what its parts do one after the other"
                (Arb.fromGen (Gen.zip (Gen.two anyRuleGen) courseGen))
                (fun ((a, b), course) ->
                    // b is run on the gradients and weights that a leaves, each with its own state.
                    let both = a >=> b
                    let show (rule: Rule) = { rule with Weight = rule.Gradient }

                    let mutable sa, sb, sBoth =
                        Optimizer.start a course.P0, Optimizer.start b course.P0, Optimizer.start both course.P0

                    let mutable w, wBoth = course.P0, course.P0

                    for g in course.Grads do
                        let struct (_, g') = Optimizer.step (show a) sa g w
                        let struct (sa', w') = Optimizer.step a sa g w
                        let struct (sb', w'') = Optimizer.step b sb g' w'
                        let struct (sBoth', wBoth') = Optimizer.step both sBoth g wBoth
                        sa <- sa'
                        sb <- sb'
                        sBoth <- sBoth'
                        w <- w''
                        wBoth <- wBoth'
                        equalBits w wBoth "the weights"

                        List.iter2
                            (fun expected actual -> equalBits expected actual "the slots")
                            (sa.Slots @ sb.Slots)
                            sBoth.Slots)

            test "all slots read the values from before the step: two that swap swap" {
                let a, b = Expr.slot "a", Expr.slot "b"

                let rule =
                    { Rule.identity with
                        Slots = [ slot "a" Expr.weight b; slot "b" (Expr.weight * 2.0) a ]
                        Gradient = a
                        Weight = Expr.weight + a
                    }

                let start = Optimizer.start rule [| 3.0 |]
                Expect.equal start.Slots [ [| 3.0 |]; [| 6.0 |] ] "they start from the weight"
                let struct (once, w) = Optimizer.step rule start [| 0.0 |] [| 3.0 |]
                Expect.equal once.Slots [ [| 6.0 |]; [| 3.0 |] ] "swapped"
                Expect.equal w [| 6.0 |] "the weight reads a from before the step, too"
                let struct (twice, _) = Optimizer.step rule once [| 0.0 |] w
                Expect.equal twice.Slots start.Slots "swapped back"
                let moves = rule >=> Rule.descend (Const 1.0)

                for width in Reference.widths do
                    Expect.equal
                        (Reference.compiledTrajectory width moves 0 [| 3.0 |] [| [| 0.0 |]; [| 0.0 |]; [| 0.0 |] |])
                        (Reference.trajectory moves 0 [| 3.0 |] [| [| 0.0 |]; [| 0.0 |]; [| 0.0 |] |])
                        $"compiled, {width}"
            }

            ofEach "a run that is split in two and keeps its state is the run in one" (fun rule course ->
                let start = Optimizer.startFor course.Grads.Length rule course.P0
                let whole, w = runFrom rule start course.P0 course.Grads
                let first, second = Array.splitAt (course.Grads.Length / 2) course.Grads
                let half, half' = runFrom rule start course.P0 first
                let resumed, w' = runFrom rule half half' second
                equalBits w w' "the weights"
                sameState whole resumed "the state")

            ofEach "weights do not see each other: reversing them reverses the result" (fun rule course ->
                let reversed =
                    Reference.trajectory rule 0 (Array.rev course.P0) (course.Grads |> Array.map Array.rev)

                let straight = Reference.trajectory rule 0 course.P0 course.Grads
                List.iter2 (fun s r -> equalBits s (Array.rev r) "reversed") straight reversed)

            ofEach "a start and a step leave what they are given as it was" (fun rule course ->
                let w, g = Array.copy course.P0, Array.copy course.Grads[0]
                let state = Optimizer.start rule w
                let before = copyOf state
                let struct (next, _) = Optimizer.step rule state g w
                let nextBefore = copyOf next
                let struct (_, _) = Optimizer.step rule next g w
                equalBits course.P0 w "the weights"
                equalBits course.Grads[0] g "the gradients"
                sameState before state "the state"
                sameState nextBefore next "the second state")

            ofEach "the compiled steps are the interpreter's, to the bit, in every width" (fun rule ->
                let compiled = Reference.compiledInTurn 1 ParameterGroup.BinaryWeights rule

                fun course ->
                    let expected = Reference.trajectory rule 20 course.P0 course.Grads
                    let width, steps = compiled course.P0
                    let actual = steps 20 course.P0 course.Grads
                    List.iter2 (fun e a -> equalBits e a $"{width}") expected actual)

            ofEach "finite weights and gradients stay finite" (fun rule course ->
                for w in Reference.trajectory rule 0 course.P0 course.Grads do
                    Expect.all w Double.IsFinite "finite")

            test "a schedule sees t from 1 and progress from 0, which stays 0 where the length is unknown" {
                let rule = Rule.stepTo (Expr.time * 100.0 + Expr.progress)
                let grads = Array.create 4 [| 0.0 |]

                let values iterations =
                    Reference.trajectory rule iterations [| 0.0 |] grads |> List.map Array.head

                Expect.equal (values 4) [ 100.0; 200.25; 300.5; 400.75 ] "of 4"
                Expect.equal (values 0) [ 100.0; 200.0; 300.0; 400.0 ] "unknown"
            }

            test "a rule without a step is refused, and so are slots that clash" {
                let faultsOf rule =
                    RuleChecks.validate rule |> List.map _.Name

                Expect.equal (faultsOf (trained (Const 0.1) (Adam.rule Adam.defaults))) [] "a whole rule"
                Expect.equal (faultsOf (Adam.rule Adam.defaults)) [ "rule" ] "no step"
                Expect.equal (faultsOf Rule.identity) [ "rule" ] "nothing at all"

                let twice =
                    { Rule.descend (Const 0.1) with
                        Slots = [ slot "m" (Const 0.0) Expr.gradient; slot "m" (Const 0.0) Expr.weight ]
                    }

                Expect.equal (faultsOf twice) [ "slots" ] "a name twice"

                for reserved in [ "w"; "g"; "t"; "T"; "group" ] do
                    let clashing =
                        { Rule.identity with
                            Slots = [ slot reserved (Const 0.0) Expr.gradient ]
                        }

                    Expect.equal (faultsOf clashing) [ "rule"; "slots" ] $"a slot named {reserved}, and no step"
            }
        ]
