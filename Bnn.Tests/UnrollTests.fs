/// Whole trainings over any algebra.
module Bnn.Tests.UnrollTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.ReductionFormulas
open Expecto
open FsCheck
open FsCheck.FSharp

let private w, g = Expr.weight, Expr.gradient

/// The gradient over the largest magnitude so far, which all weights share.
let private byLargest =
    let largest = Expr.maximum (Expr.slotOnce "n") (Expr.largest Whole g)

    { Rule.identity with
        Slots = [ Slot.once "n" (Const 1e-3) largest ]
        Gradient = g / largest
        Weight = w
    }

let private descend = Rule.descend (Schedule.linear 0.0625 0.0)

let private adam = Adam.rule Adam.defaults

let private reductionsOf (rule: Rule) =
    (Graph.ofExprs (rule.Weight :: (rule.Slots |> List.map _.Next))).Nodes
    |> Array.exists _.IsReduce

let private reducing, plain =
    [
        for name, transform in Reference.optimizers do
            name, transform >=> descend
        "clip by the norm, Adam", Gradient.clipGlobalNorm 0.5 >=> adam >=> descend
        "centralize, decay, SGD",
        Gradient.centralize
        >=> Rule.addDecayedWeights (Const 0.01)
        >=> Sgd.rule { Sgd.defaults with Momentum = 0.9 }
        >=> descend
        "by the largest so far", byLargest >=> descend
        "a reduction of a reduction", Gradient.centralize >=> Gradient.clipGlobalNorm 0.25 >=> byLargest >=> descend
        "by group",
        Rule.partition
            [ [ ParameterGroup.Classifier ], Gradient.clipGlobalNorm 0.5 >=> descend ]
            (Gradient.centralize >=> adam >=> Rule.descend (Const 0.01))
        "decay of one group", WeightDecay.descend (Const 0.01) (WeightDecay.decoupled (Const 0.1)) adam
        "every other step", Gradient.accumulate 2 (adam >=> descend)
    ]
    |> List.partition (fun (_, rule) -> reductionsOf rule)

/// How weights lie, and their first values and gradients.
let private settings =
    gen {
        let! segments =
            gen {
                let! group =
                    Gen.elements
                        [
                            ParameterGroup.BinaryWeights
                            ParameterGroup.Classifier
                            ParameterGroup.Norms
                        ]

                let! rows = Gen.choose (1, 3)
                let! length = Gen.choose (1, 4)

                return
                    {
                        Group = group
                        Rows = rows
                        Length = length
                    }
            }
            |> Gen.nonEmptyListOf
            |> Gen.map (List.truncate 3)

        let count = segments |> List.sumBy _.Count
        let numbers = Gen.choose (-2000, 2000) |> Gen.map (fun k -> float k / 1000.0)
        let! weights = Gen.arrayOfLength count numbers
        let! steps = Gen.choose (1, 6)
        let! gradients = Gen.arrayOfLength steps (Gen.arrayOfLength count numbers)
        return segments, weights, gradients
    }

let private lengthsOf (segments: Segment list) =
    [| for segment in segments -> Array.create segment.Rows segment.Length |]
    |> Array.concat

let private groupsOf (segments: Segment list) =
    [|
        for segment in segments -> Array.create segment.Rows (ParameterGroup.code segment.Group)
    |]
    |> Array.concat

/// The weights after each step, by `Optimizer`.
let private byOptimizer rule segments weights (gradients: float[][]) =
    let step = Optimizer.step rule

    ((Optimizer.startOver segments 8 rule weights, weights), gradients)
    ||> Array.scan (fun (state, w) g ->
        let struct (state, w) = step state g w
        state, w)
    |> Array.map snd

/// The weights after each step, over arrays of an algebra's numbers, one a weight.
let private unrolled (algebra: Algebra<'T>) rule segments input (weights: 'T[]) (gradients: float[][]) =
    let lengths = lengthsOf segments
    let arrays = ArrayAlgebra.ofChannels lengths algebra
    let step = Unroll.step arrays rule

    let input name =
        if name = "group" then
            groupsOf segments |> Array.map algebra.Const
        else
            input name

    (Unroll.start arrays rule weights, gradients)
    ||> Array.scan (fun before g -> step input 8 before (g |> Array.map algebra.Const))
    |> Array.map (fun after -> ArrayAlgebra.perWeight lengths after.Weights)

let private noInput (name: string) : 'T =
    failtestf "nothing else is read, but %s is" name

let private throwsNaming (part: string) f =
    Expect.throwsC f (fun e -> Expect.stringContains e.Message part "the message")

/// A rule whose learning rate and decay are left open.
let private openRule =
    Gradient.clipGlobalNorm 1.5
    >=> Rule.addDecayedWeights (Expr.uniform "wd")
    >=> adam
    >=> Rule.descend (Expr.uniform "lr" * (1.0 - Expr.progress))

let private closed rate decay =
    let close =
        Expr.substitute (function
            | Input("lr", Once) -> Some(Const rate)
            | Input("wd", Once) -> Some(Const decay)
            | _ -> None)

    { Rule.identity with
        Slots = openRule.Slots |> List.map (fun slot -> { slot with Next = close slot.Next })
        Gradient = close openRule.Gradient
        Weight = close openRule.Weight
    }

[<Tests>]
let tests =
    testList
        "Unroll"
        [
            for name, rule in plain do
                lawOf
                    50
                    $"{name} over arrays of float64 is the optimizer's course, to the bit"
                    (Arb.fromGen settings)
                    (fun (segments, weights, gradients) ->
                        Array.iter2
                            (fun expected actual -> equalBits expected actual "weights")
                            (byOptimizer rule segments weights gradients)
                            (unrolled Algebra.float64 rule segments noInput weights gradients))

            for name, rule in reducing do
                lawOf
                    50
                    $"{name}: with reductions and groups it is the optimizer's course but for the order of sums"
                    (Arb.fromGen settings)
                    (fun (segments, weights, gradients) ->
                        Expect.equal (RuleChecks.validate rule) [] "a whole rule"

                        Array.iter2
                            (Array.iter2 (fun expected actual ->
                                Expect.isTrue (near 1e-9 1e-9 expected actual) $"{actual}, should be {expected}"))
                            (byOptimizer rule segments weights gradients)
                            (unrolled Algebra.float64 rule segments noInput weights gradients))

            for name, rule in plain @ reducing do
                lawOf
                    50
                    $"{name} over dual numbers that do not vary is the same course to the bit, with derivative 0"
                    (Arb.fromGen settings)
                    (fun (segments, weights, gradients) ->
                        let duals =
                            unrolled Dual.algebra rule segments noInput (weights |> Array.map Dual.constant) gradients

                        Array.iter2
                            (fun expected actual ->
                                equalBits expected (actual |> Array.map _.Primal) "values"
                                Expect.all actual (fun dual -> dual.Derivative = 0.0) "derivatives")
                            (unrolled Algebra.float64 rule segments noInput weights gradients)
                            duals)

            for open', at in
                [
                    "lr", (fun step -> closed (0.0625 + step) 0.01)
                    "wd", (fun step -> closed 0.0625 (0.01 + step))
                ] do
                law
                    $"the course's derivative by {open'} over dual numbers is that by differences of the optimizer's courses"
                    (Arb.fromGen settings)
                    (fun (segments, weights, gradients) ->
                        let input name =
                            let value = if name = "lr" then 0.0625 else 0.01
                            [| (if name = open' then Dual.variable else Dual.constant) value |]

                        let duals =
                            unrolled
                                Dual.algebra
                                openRule
                                segments
                                input
                                (weights |> Array.map Dual.constant)
                                gradients
                            |> Array.last

                        let moved step =
                            byOptimizer (at step) segments weights gradients |> Array.last

                        let difference h =
                            Array.map2 (fun up down -> (up - down) / (2.0 * h)) (moved h) (moved -h)

                        let wide, narrow = difference 1e-6, difference 5e-7

                        for i in 0 .. weights.Length - 1 do
                            if near 1e-5 1e-6 wide[i] narrow[i] then
                                Expect.isTrue
                                    (near 1e-4 1e-5 narrow[i] duals[i].Derivative)
                                    $"weight {i}: {duals[i].Derivative}, by differences {narrow[i]}")

            test
                "one step's derivative by the learning rate is the negated transformed gradient, by every way of deriving" {
                let rule = Rule.scale (Const 3.0) >=> Rule.descend (Expr.uniform "lr")
                let symbolic = Derive.wrt (Expr.uniform "lr") rule.Weight
                Expect.equal (Print.expr symbolic) "-(3 * g)" "symbolically"
                let input _ = Dual.variable 0.125

                let after =
                    Unroll.step
                        Dual.algebra
                        rule
                        input
                        0
                        (Unroll.start Dual.algebra rule (Dual.constant 1.0))
                        (Dual.constant 0.5)

                Expect.equal after.Weights { Primal = 0.8125; Derivative = -1.5 } "over dual numbers"
                Expect.equal after.StepsDone 1 "steps"
            }

            test "an unknown input of a slot's first value is an error that names it" {
                let rule =
                    { Rule.descend (Const 0.1) with
                        Slots = [ Slot.perWeight "m" g (Const 0.0) ]
                    }

                throwsNaming "reads g" (fun () -> Unroll.start Algebra.float64 rule 1.0 |> ignore)
            }
        ]
