module Bnn.Tests.Rules.BopTests

open System
open Bnn
open Bnn.Tests
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.Laws
open Bnn.Tests.Mutants
open Bnn.Tests.Subject
open Expecto
open FsCheck
open FsCheck.FSharp

let private options: Gen<Bop.Options> =
    gen {
        let! gamma = Gen.elements [ 1e-4; 0.01; 0.5; 1.0 ]
        let! threshold = Gen.elements [ 0.0; 1e-8; 1e-3; 1.0 ]

        return { Gamma = gamma; Threshold = threshold }
    }

let private signOf w = if w >= 0.0 then 1.0 else -1.0

/// One weight's course.
let private byHand (o: Bop.Options) (w0: float) (grads: float[]) =
    let mutable m, w = 0.0, w0

    [
        for g in grads do
            m <- (1.0 - o.Gamma) * m + o.Gamma * g

            if abs m > o.Threshold && float (sign m) = signOf w then
                w <- -w

            w
    ]

let private single w g = { P0 = [| w |]; Grads = [| [| g |] |] }

let private laws: Law<Bop.Options> list =
    [
        {
            Name = "is Bop written by hand"
            Holds =
                fun make o course ->
                    let steps = weights (make o) course

                    seq { 0 .. course.P0.Length - 1 }
                    |> Seq.forall (fun i ->
                        let grads = course.Grads |> Array.map (fun g -> g[i])
                        List.forall2 (fun w (step: float[]) -> step[i] = w) (byHand o course.P0[i] grads) steps)
        }

        {
            Name = "never changes a weight's magnitude"
            Holds =
                fun make o course ->
                    weights (make o) course
                    |> List.forall (Array.forall2 (fun (before: float) after -> abs before = abs after) course.P0)
        }

        {
            Name = "is a whole step: a descent after it changes nothing, to the bit"
            Holds =
                fun make o course ->
                    List.forall2
                        allSame
                        (Reference.trajectory (make o) 0 course.P0 course.Grads)
                        (weights (make o) course)
        }

        {
            Name = "never flips a weight at a tie, and flips it just below the tie where the signs agree"
            Holds =
                fun make o course ->
                    Array.forall2
                        (fun (w: float) (g: float) ->
                            let tie = abs (o.Gamma * g)

                            let after threshold =
                                (last (make { o with Threshold = threshold }) (single w g))[0]

                            let flipped = if float (sign g) = signOf w then -w else w

                            after tie = w && (tie = 0.0 || after (Math.BitDecrement tie) = flipped))
                        course.P0
                        course.Grads[0]
        }

        {
            Name = "with gamma = 1 it has no memory: each gradient decides alone"
            Holds =
                fun make o course ->
                    let rule = make { o with Gamma = 1.0 }
                    let befores = course.P0 :: weights rule course |> List.truncate course.Grads.Length

                    List.forall2
                        (fun (before: float[]) ((g: float[]), after: float[]) ->
                            Array.forall2 (=) after (last rule { P0 = before; Grads = [| g |] }))
                        befores
                        (List.zip (List.ofArray course.Grads) (weights rule course))
        }

        {
            Name = "without threshold a weight's sign is against Lion's step with both betas 1 - gamma"
            Holds =
                fun make _ course ->
                    // Halves, so that 1 - (1 - gamma) is gamma exactly.
                    let steps = transformed (Lion.rule { Beta1 = 0.5; Beta2 = 0.5 }) course
                    let rule = make { Gamma = 0.5; Threshold = 0.0 }

                    List.forall2
                        (Array.forall2 (fun u w -> u = 0.0 || w = 0.0 || signOf w = -u))
                        steps
                        (weights rule course)
        }

        {
            Name = "a higher threshold flips no more weights at the first step"
            Holds =
                fun make o course ->
                    let flips threshold =
                        let first = weights (make { o with Threshold = threshold }) course |> List.head
                        Array.map2 (<>) course.P0 first

                    Array.forall2
                        (fun low high -> low || not high)
                        (flips o.Threshold)
                        (flips (2.0 * o.Threshold + 0.1))
        }
    ]

let private g, w, m = Expr.gradient, Expr.weight, Expr.slot "m"

let private mutants: (string * (Bop.Options -> Rule)) list =
    let broken change o = change o (Bop.rule o)
    let kept (o: Bop.Options) = (1.0 - Const o.Gamma) * m
    let taken (o: Bop.Options) = Const o.Gamma * g
    let mean o = kept o + taken o
    let sign = Unary(SignPlus, w)
    let deciding flips (o: Bop.Options) (rule: Rule) = { rule with Weight = flips o }

    [
        "a tie flips", broken (deciding (fun o -> Expr.ifLessOrEqual (Const o.Threshold) (mean o * sign) (-w) w))
        "it flips below the threshold",
        broken (deciding (fun o -> Expr.ifLess (mean o * sign) (Const o.Threshold) (-w) w))
        "it flips where the signs differ",
        broken (deciding (fun o -> Expr.ifLess (Const o.Threshold) (-(mean o) * sign) (-w) w))
        "it flips whatever the mean's sign",
        broken (deciding (fun o -> Expr.ifLess (Const o.Threshold) (abs (mean o)) (-w) w))
        "the mean's magnitude decides", broken (fun o -> swapping (mean o * sign) (abs (mean o) * sign))
        "the threshold is forgotten", (fun o -> Bop.rule { o with Threshold = 0.0 })
        "the threshold is twice itself", (fun o -> Bop.rule { o with Threshold = 2.0 * o.Threshold })
        "the weight's magnitude has a say", broken (fun _ -> swapping sign w)
        "the old mean decides",
        broken (fun o rule ->
            { swapping (mean o) m rule with
                Slots = rule.Slots
            })
        "the gradient decides alone", broken (deciding (fun o -> Expr.ifLess (Const o.Threshold) (g * sign) (-w) w))
        "gamma and its share are exchanged", (fun o -> Bop.rule { o with Gamma = 1.0 - o.Gamma })
        "the mean takes the whole gradient", broken (fun o -> swapping (taken o) g)
        "the mean never forgets", broken (fun o -> swapping (kept o) m)
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = w }))
        "a flip starts the mean anew",
        broken (fun o ->
            withSlot "m" (fun slot ->
                { slot with
                    Next = Expr.ifLess (Const o.Threshold) (mean o * sign) (Const 0.0) (mean o)
                }))
        "a flip forgets the magnitude",
        broken (fun o rule ->
            { rule with
                Weight = Expr.ifLess (Const o.Threshold) (mean o * sign) (-sign) w
            })
        "the gradient is passed on", broken (fun _ rule -> { rule with Gradient = g })
    ]

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Bop.row
            Rule = Bop.rule
            Options = options
            Bound = None
            Laws = laws
            Mutants = mutants
            Unseen = [ "a flip forgets the magnitude"; "the weight's magnitude has a say" ]
        }

/// Binary weights and the scales of a norm, in one state, with as many of each.
let private mixed count =
    [ ParameterGroup.BinaryWeights; ParameterGroup.Norms ]
    |> List.map (fun group ->
        {
            Group = group
            Rows = 1
            Length = count
        }
        : Segment)

[<Tests>]
let onBinaryWeights =
    testList
        "Optimizer"
        [
            law
                "Bop on binary weights leaves the rest to another rule, and neither sees the other"
                course
                (fun course ->
                    let count = course.P0.Length
                    let bop = Bop.rule { Bop.defaults with Gamma = 0.5 }
                    let adam = Adam.rule Adam.defaults >=> Rule.descend (Const learningRate)
                    let rule = Rule.partition [ [ ParameterGroup.BinaryWeights ], bop ] adam
                    let both numbers = Array.append numbers numbers
                    let step = Optimizer.step rule
                    let start = Optimizer.startOver (mixed count) 0 rule (both course.P0)

                    let _, actual =
                        ((start, both course.P0), course.Grads)
                        ||> Array.fold (fun (state, w) g ->
                            let struct (state, w) = step state (both g) w
                            state, w)

                    let alone rule =
                        Reference.trajectory rule 0 course.P0 course.Grads |> List.last

                    equalBits (Array.append (alone bop) (alone adam)) actual "binary weights, then the rest")

            law
                "the flips that a step counts are Bop's, but for weights of 0, which have no sign to change"
                course
                (fun course ->
                    let rule = Bop.rule { Gamma = 0.5; Threshold = 0.0 }
                    let isFlipped = Rule.flipped rule
                    let g = course.Grads[0]
                    let after = Reference.trajectory rule 0 course.P0 [| g |] |> List.head

                    for i in 0 .. course.P0.Length - 1 do
                        let leaf name =
                            match name with
                            | "w" -> course.P0[i]
                            | "g" -> g[i]
                            | _ -> 0.0

                        Expect.equal
                            (Algebra.evaluateExpr Algebra.float64 leaf isFlipped)
                            (if after[i] <> course.P0[i] then 1.0 else 0.0)
                            $"weight {course.P0[i]}, gradient {g[i]}")

            test "Bop is the one row for binary weights only" {
                Expect.equal
                    (Catalogue.all |> List.filter _.IsForBinaryWeights |> List.map _.Name)
                    [ "Bop" ]
                    "the rows that need another beside them"
            }
        ]
