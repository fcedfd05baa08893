/// The facade's optimizer against the core's, on parameters of several groups and tensors.
module Bnn.Tests.RuleOptimizerTests

open Bnn
open Bnn.Tests.Checks
open Expecto
open TorchSharp

let private coreAdam =
    Bnn.Rule.addDecayedWeights (Const 5e-6)
    >=> Adam.rule { Adam.defaults with Beta2 = 0.99 }
    >=> Bnn.Rule.descend (Bnn.Schedule.linear 1.25e-3 0.0)

/// Parameters of two groups, the first of two tensors, in float64.
let private parameters () =
    let flat (numbers: float[]) =
        torch.tensor(numbers).DetachFromDisposeScope()

    let group kind (w: float[]) (g: float[]) (tensors: struct (int64 * int * int64) list) =
        new FlatGroup(kind, flat w, flat g, List.toArray tensors)

    let numbers seed count =
        Array.init count (fun i -> sin (float (seed * 31 + i * 7)))

    let binary =
        group ParameterGroup.BinaryWeights (numbers 1 20) (numbers 2 20) [ struct (0L, 2, 4L); struct (8L, 3, 4L) ]

    let classifier =
        group ParameterGroup.Classifier (numbers 3 6) (numbers 4 6) [ struct (0L, 6, 1L) ]

    [| binary; classifier |]

let private segments =
    let segment group rows length =
        {
            Group = group
            Rows = rows
            Length = length
        }

    [
        segment ParameterGroup.BinaryWeights 2 4
        segment ParameterGroup.BinaryWeights 3 4
        segment ParameterGroup.Classifier 6 1
    ]

let private counting =
    // A number kept once, which the next step reads.
    { Rule.identity with
        Slots = [ Slot.once "steps" (Const 0.0) (Expr.slotOnce "steps" + 1.0) ]
        Gradient = Expr.gradient * (Expr.slotOnce "steps" + 1.0)
        Weight = Expr.weight
    }

let private optimizing =
    let rules =
        [
            "norm clipping", Gradient.clipGlobalNorm 0.5 >=> coreAdam
            "centralization", Gradient.centralize >=> coreAdam
            "a number kept once", counting >=> coreAdam
            "a partition",
            Bnn.Rule.partition
                [ [ ParameterGroup.Classifier ], Gradient.clipLargest 0.25 >=> coreAdam ]
                (Bnn.Rule.descend (Const 0.25))
        ]

    [
        for name, rule in rules do
            testCase $"The trainer's optimizer makes the core's steps on all groups: {name}"
            <| fun _ ->
                use _scope = torch.NewDisposeScope()
                let groups = parameters ()
                let numbers (t: torch.Tensor) = t.data<float>().ToArray()

                let joined (pick: FlatGroup -> torch.Tensor) =
                    groups |> Array.collect (pick >> numbers)

                let first, gradients = joined _.Weights, joined _.Gradients
                use optimizer = new RuleOptimizer(rule, 10, groups)
                let step = Optimizer.step rule
                let mutable state, w = Optimizer.startOver segments 10 rule first, first

                for _ in 1..4 do
                    let flips = optimizer.Step().Flips
                    let struct (next, after) = step state gradients w

                    let expected =
                        Array.map2 (fun a b -> a >= 0.0 <> (b >= 0.0)) w after
                        |> Array.take 20
                        |> Array.filter id

                    Expect.equal flips (int64 expected.Length) "flips of binary weights"
                    state <- next
                    w <- after

                    for e, a in Array.zip w (joined _.Weights) do
                        // What is reduced over everything may be added up in another order.
                        Expect.isTrue (near 1e-13 1e-15 e a) $"{e} {a}"

        testCase "A step leaves no tensor behind"
        <| fun _ ->
            use _scope = torch.NewDisposeScope()

            use optimizer =
                new RuleOptimizer(Gradient.centralize >=> coreAdam, 10, parameters ())

            optimizer.Step() |> ignore
            Checks.collectGarbage ()
            let before = torch.Tensor.TotalCount

            for _ in 1..20 do
                use _inner = torch.NewDisposeScope()
                optimizer.Step() |> ignore

            Expect.equal torch.Tensor.TotalCount before "live tensors"
    ]

[<Tests>]
let tests = testSequenced (testList "Rule optimizer" optimizing)
