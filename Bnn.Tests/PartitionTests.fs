/// Laws of rules that differ by group or weight: masks, partitions, weight decay; and of reductions, compiled.
module Bnn.Tests.PartitionTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.CombinatorSupport
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

let private anyGroups =
    Arb.fromGen (
        Gen.zip
            (Gen.listOfLength 3 (Gen.subListOf ParameterGroup.all |> Gen.map List.ofSeq))
            (Gen.zip courseGen (Gen.elements ParameterGroup.all))
    )

let private grouping =
    [
        law
            "a partition gives each weight the rule of its group, once, whatever the groups"
            anyGroups
            (fun (groups, (course, group)) ->
                // Rates that are powers of two: a weight that two rules had moved would show.
                let parts =
                    [ Const 0.5; Const 0.25; Const 0.125 ]
                    |> List.map (fun rate -> Sgd.rule { Sgd.defaults with Momentum = 0.5 } >=> Rule.descend rate)

                let rule = Rule.partition (List.zip groups parts) adam

                let own =
                    List.zip groups parts
                    |> List.tryFind (fun (groups, _) -> List.contains group groups)
                    |> Option.map snd
                    |> Option.defaultValue adam

                let over rule =
                    let start = Optimizer.startOver [ tensor group 1 course.P0.Length ] 0 rule course.P0
                    let step = Optimizer.step rule

                    ((start, course.P0), course.Grads)
                    ||> Array.scan (fun (state, w) g ->
                        let struct (state, w) = step state g w
                        state, w)
                    |> Array.map snd

                Array.iter2 (fun e a -> equalBits e a $"{group}") (over own) (over rule)
                let kept = (Rule.specialize group rule).Slots
                Expect.equal kept.Length own.Slots.Length "only its own slots have memory")

        law "a mask of 1 is the rule, a mask of 0 is nothing" course (fun course ->
            List.iter2 (fun e a -> equalBits e a "1") (run adam course) (run (Rule.only (Const 1.0) adam) course)

            for w in run (Rule.only (Const 0.0) adam >=> Rule.descend (Const 0.0)) course do
                Expect.sequenceEqual w course.P0 "0")

        law "a mask over weights holds exactly those still that it names" course (fun course ->
            let positive = Expr.ifLess (Const 0.0) Expr.weight (Const 1.0) (Const 0.0)

            let first =
                { course with
                    Grads = Array.truncate 1 course.Grads
                }

            let free, masked = (run adam first).Head, (run (Rule.only positive adam) first).Head

            for i in 0 .. course.P0.Length - 1 do
                Expect.equal masked[i] (if course.P0[i] > 0.0 then free[i] else course.P0[i]) $"weight {i}")

        law "a factor on the gradient is a factor on plain descent's rate" course (fun course ->
            let scaled = Rule.scale (Const 0.5) >=> Rule.descend rate

            List.iter2
                (fun e a -> equalBits e a "half")
                (run (Rule.descend (Const 0.03125)) course)
                (run scaled course))
    ]

let private reducing =
    let rules =
        [
            "norm clipping", Gradient.clipGlobalNorm 0.5 >=> adam
            "largest clipping", Gradient.clipLargest 0.5 >=> momentum
            "centralization", Gradient.centralize >=> adam
            "both, accumulated", Gradient.accumulate 2 (Gradient.centralize >=> Gradient.clipGlobalNorm 0.25 >=> adam)
            "a part", Rule.partition [ [ ParameterGroup.BinaryWeights ], Gradient.clipGlobalNorm 0.5 >=> momentum ] adam
        ]

    [
        for name, rule in rules do
            let compiled = Reference.compiledInTurn 4 ParameterGroup.BinaryWeights rule

            law
                $"what is reduced is the interpreter's compiled, to the bit, in every width: {name}"
                course
                (fun course ->
                    let course =
                        {
                            P0 = Array.concat [ course.P0; course.P0; course.P0; course.P0 ]
                            Grads = course.Grads |> Array.map (fun g -> Array.concat [ g; Array.rev g; g; g ])
                        }

                    let segment = tensor ParameterGroup.BinaryWeights 4 (course.P0.Length / 4)
                    let width, steps = compiled course.P0
                    let actual = steps 20 course.P0 course.Grads
                    let step = Optimizer.step rule
                    let mutable state, w = Optimizer.startOver [ segment ] 20 rule course.P0, course.P0

                    for g, a in Seq.zip course.Grads actual do
                        let struct (next, after) = step state g w
                        state <- next
                        w <- after
                        equalBits w a $"{width}")
    ]

let private decaying =
    [
        test "a decay of 0 is no decay, coupled, decoupled or proximal" {
            for kind in [ WeightDecayKind.Coupled; WeightDecayKind.Decoupled; WeightDecayKind.Proximal ] do
                let decay = { WeightDecay.none with Kind = kind }
                let whole = WeightDecay.descend rate decay (Adam.rule Adam.defaults)
                Expect.equal whole adam $"{kind}"
        }

        law "proximal decay divides the weight after the step" course (fun course ->
            let decay =
                { WeightDecay.none with
                    Kind = WeightDecayKind.Proximal
                    Rate = Const 0.5
                }

            let first =
                { course with
                    Grads = Array.truncate 1 course.Grads
                }

            let plain = (run adam first).Head

            let decayed =
                (run (WeightDecay.descend rate decay (Adam.rule Adam.defaults)) first).Head

            equalBits (plain |> Array.map (fun w -> w / 1.03125)) decayed "divided")

        test "only the groups named decay" {
            let rule = WeightDecay.descend rate (WeightDecay.coupled (Const 0.5)) Rule.identity
            let segments = [ for group in ParameterGroup.all -> tensor group 1 1 ]
            let w = [| for _ in ParameterGroup.all -> 1.0 |]

            let struct (_, after) =
                Optimizer.step rule (Optimizer.startOver segments 0 rule w) (Array.zeroCreate w.Length) w

            equalBits
                [|
                    for group in ParameterGroup.all ->
                        if group = ParameterGroup.BinaryWeights || group = ParameterGroup.RealConvolutions then
                            0.96875
                        else
                            1.0
                |]
                after
                "convolutions decay, the rest does not"
        }

        law "negative decay lets weights grow by as much as positive takes away" course (fun course ->
            let first rate' =
                let rule =
                    WeightDecay.descend rate (WeightDecay.decoupled (Const rate')) Rule.identity

                (run
                    rule
                    { course with
                        Grads = [| Array.zeroCreate course.P0.Length |]
                    })
                    .Head

            Array.iteri2
                (fun i less more ->
                    Expect.isTrue (near 1e-12 1e-300 (course.P0[i] - less) (more - course.P0[i])) $"weight {i}")
                (first 0.5)
                (first -0.5))

        test "a decay that float32 loses is warned of, and no other" {
            let warned kind rate wd =
                WeightDecay.warnings
                    (Const rate)
                    100
                    { WeightDecay.coupled (Const wd) with
                        Kind = kind
                    }
                |> List.isEmpty
                |> not

            Expect.isTrue (warned WeightDecayKind.Decoupled 1.25e-3 5e-6) "the paper's rate and decay, decoupled"
            Expect.isTrue (warned WeightDecayKind.Proximal 1.25e-3 -5e-6) "negative too"
            Expect.isFalse (warned WeightDecayKind.Coupled 1.25e-3 5e-6) "coupled is not lost"
            Expect.isFalse (warned WeightDecayKind.Decoupled 1e-2 1e-2) "large enough"
            Expect.isFalse (warned WeightDecayKind.Decoupled 1e-2 0.0) "no decay at all"
            // The figure behind it: below half of a last bit the weight stays.
            Expect.equal (1.0f - 5e-8f * 0.5f) 1.0f "float32"
        }
    ]

[<Tests>]
let tests = testList "Partition" (grouping @ reducing @ decaying)
