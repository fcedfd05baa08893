/// Weights whose gradients have become 0 come to rest, in finitely many steps.
module Bnn.Tests.RestTests

open System
open Bnn
open Bnn.Tests.Checks
open Expecto

/// One step of a rule on one weight in float32, as the compiled loops compute it: the slots and the weight after it.
let private stepper (rule: Rule) =
    let graph =
        Graph.ofExprs (
            ParameterGroup.specialize ParameterGroup.BinaryWeights rule.Weight
            :: List.map _.Next rule.Slots
        )

    fun time (gradient: float32) (slots: float32[]) (weight: float32) ->
        let leaf name =
            match name with
            | "w" -> weight
            | "g" -> gradient
            | _ -> slots[rule.Slots |> List.findIndex (fun slot -> slot.Name = name)]

        let once = Algebra.once (Optimizer.once 0 time) graph
        let values = Algebra.evaluateStep Algebra.float32 once leaf graph
        values[1..], values[0]

[<Tests>]
let tests =
    testList
        "Rest"
        [
            for name, transform in Reference.optimizers do
                if not (transform.Slots |> List.exists (fun slot -> slot.Extent = Once)) then
                    test
                        $"a weight whose gradient has become 0 comes to rest among the smallest numbers, and stays: {name}" {
                        let rule = transform >=> Rule.descend (Const 0.01)
                        let step = stepper rule
                        let mutable slots = Array.zeroCreate<float32> rule.Slots.Length
                        let mutable w = 1.0f

                        let go time gradient =
                            let slots', w' = step time gradient slots w
                            slots <- slots'
                            w <- w'

                        // its square is a small number too
                        for time in 1..3 do
                            go time 1e-18f

                        // the largest decay rate is 0.999, of which 1e-36 takes 18,000 steps to get to 1e-44; those of signs are at most 0.99
                        for time in 4..20000 do
                            go time 0.0f

                        let rest = w

                        for time in 20001..20050 do
                            go time 0.0f

                        Expect.equal w rest "at rest"
                    }

            test "Lion's and SignSGD's means become 0 themselves, from the step on in which rounding gives them back" {
                for name, rule, decay in
                    [
                        "Lion", Lion.rule Lion.defaults, 0.99
                        "SignSGD", SignSgd.rule SignSgd.defaults, 0.9
                    ] do
                    let next = rule.Slots.Head.Next

                    let after (m: float) =
                        Algebra.evaluateExpr
                            Algebra.float64
                            (function
                            | "m" -> m
                            | _ -> 0.0)
                            next

                    for m in [ 1.0; -1e-3; 1e-300; -1e-305; 5e-322 ] do
                        Expect.equal (after m) (decay * m) $"{name}: {m} decays"

                    for m in [ 5e-324; -5e-324; 0.0 ] do
                        Expect.equal (after m) 0.0 $"{name}: {m} does not"

                    Expect.equal (after infinity) infinity $"{name}: what has overflowed stays to be seen"
                    Expect.isTrue (Double.IsNaN(after nan)) name
            }
        ]
