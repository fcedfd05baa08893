/// Averages of weights as parts of rules: pure laws, text and JSON.
module Bnn.Tests.AverageTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.CombinatorSupport
open Bnn.Tests.Generators
open Expecto

/// The same numbers; 0 may have either sign, which is +1 for all that reads signs.
let private equal (expected: float[]) (actual: float[]) what =
    equalBits (expected |> Array.map ((+) 0.0)) (actual |> Array.map ((+) 0.0)) what

/// The weights after each step, and what the trained network has then.
let private averages rule (course: Course) =
    let step = Optimizer.step rule

    let mutable state, w =
        Optimizer.startFor course.Grads.Length rule course.P0, course.P0

    [
        for gradients in course.Grads do
            let struct (next, weights) = step state gradients w
            state <- next
            w <- weights
            w, Optimizer.average rule state w
    ]

let private close (expected: float[]) (actual: float[]) what =
    let largest = expected |> Array.fold (fun a b -> max a (abs b)) 0.0

    Array.iter2
        (fun e a -> Expect.isLessThanOrEqual (abs (e - a)) (1e-12 * largest + 1e-318) $"{what}: {e} and {a}")
        expected
        actual

[<Tests>]
let tests =
    testList
        "Average"
        [
            law
                "averaged weights are a_t / (1 - decay^t) with a_t = decay a_(t-1) + (1 - decay) w_t, which starts at 0"
                course
                (fun course ->
                    for decay in [ 0.5; 0.99; 0.999 ] do
                        let mutable a = course.P0 |> Array.map (fun _ -> 0.0)

                        for t, (w, average) in List.indexed (averages (momentum >=> Weights.average decay) course) do
                            a <- Array.map2 (fun a w -> decay * a + (1.0 - decay) * w) a w
                            let bias = 1.0 - decay ** float (t + 1)

                            // a itself has lost digits where the bias is small
                            close (a |> Array.map (fun a -> a / bias)) average $"decay {decay}, step {t + 1}")

            law "an average of decay 0 is the live weights, to the bit" course (fun course ->
                for w, average in averages (adam >=> Weights.average 0.0) course do
                    equal w average "the live weights")

            law "after one step an average of any decay is the live weights, to the bit" course (fun course ->
                for decay in [ 0.0; 0.5; 0.999; 1.0 - 1e-12 ] do
                    let w, average = List.head (averages (adam >=> Weights.average decay) course)
                    equal w average $"decay {decay}")

            law "weights that do not change average to themselves, to the bit" course (fun course ->
                let resting = Rule.descend (Const 0.0) >=> Weights.average 0.999

                for _, average in averages resting course do
                    equal course.P0 average "the first weights")

            law "a rule without an average leaves the network the live weights" course (fun course ->
                for w, average in averages adam course do
                    equalBits w average "the live weights")

            law "a part of a rule averages the weights of its groups alone" course (fun course ->
                let segments =
                    [
                        tensor ParameterGroup.BinaryWeights 1 course.P0.Length
                        tensor ParameterGroup.Classifier 1 course.P0.Length
                    ]

                let averaging = momentum >=> Weights.average 0.75

                for rule, averaged in
                    [
                        Rule.partition [ [ ParameterGroup.BinaryWeights ], averaging ] momentum, 0
                        Rule.partition [ [ ParameterGroup.BinaryWeights ], momentum ] averaging, 1
                        momentum
                        >=> Rule.only (ParameterGroup.isOneOf [ ParameterGroup.Classifier ]) (Weights.average 0.75),
                        1
                    ] do
                    let twice = Array.append course.P0 course.P0

                    let mutable state, w =
                        Optimizer.startOver segments course.Grads.Length rule twice, twice

                    for gradients, (live, average) in Seq.zip course.Grads (averages averaging course) do
                        let struct (next, weights) =
                            Optimizer.step rule state (Array.append gradients gradients) w

                        state <- next
                        w <- weights

                        let expected =
                            if averaged = 0 then
                                Array.append average live
                            else
                                Array.append live average

                        equalBits expected (Optimizer.average rule state w) "its groups")

            law "where gradients are accumulated the average is over the steps that are made" course (fun course ->
                let every = 2
                let rule = momentum >=> Weights.average 0.75
                let slow = averages (Gradient.accumulate every rule) course

                let made =
                    course.Grads
                    |> Array.chunkBySize every
                    |> Array.map (fun block ->
                        Array.init block[0].Length (fun i ->
                            (block |> Array.fold (fun sum g -> sum + g[i]) 0.0) / float block.Length))

                let fast = averages rule { course with Grads = made }
                equalBits (snd (List.last fast)) (snd (List.last slow)) "the last")

            test
                "an average is in a rule's text, in its LaTeX and in its JSON, and is read back; rules without one read as before" {
                let rule = adam >=> Weights.average 0.999
                Expect.stringEnds (string rule) "network  = average'" "text"
                Expect.stringContains (Latex.rule rule) "network" "LaTeX"
                let json = ValueJson.ofRule rule
                Expect.equal (ValueJson.toRule json) (Ok rule) "read back"
                let plain = ValueJson.ofRule adam
                Expect.isFalse (plain.Contains "average") "no member more"
                Expect.equal (ValueJson.toRule plain) (Ok adam) "as before"
            }

            test
                "a rule whose average reads the gradient or a sum is refused, and one that keeps its state for the average alone is not" {
                let faults average =
                    RuleChecks.validate { adam with Average = average } |> List.map _.Name

                Expect.equal (faults Expr.gradient) [ "average" ] "the gradient"
                Expect.equal (faults (Expr.sum Whole Expr.weight)) [ "average" ] "a sum"
                Expect.equal (faults (Expr.slot "nothing")) [ "formulas" ] "a stranger"
                Expect.isEmpty (RuleChecks.validate (adam >=> Weights.average 0.999)) "an average"
            }
        ]
