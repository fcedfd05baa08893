module Bnn.Tests.Rules.SignSgdTests

open Bnn
open Bnn.Tests
open Bnn.Tests.Laws
open Bnn.Tests.Mutants
open Bnn.Tests.Subject
open Expecto
open FsCheck
open FsCheck.FSharp

let private options: Gen<SignSgd.Options> =
    Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
    |> Gen.map (fun momentum -> { Momentum = momentum })

let private byHand (o: SignSgd.Options) (grads: float[]) =
    let mutable m = 0.0

    [
        for g in grads do
            m <- o.Momentum * m + (1.0 - o.Momentum) * g
            float (sign m)
    ]

let private laws: Law<SignSgd.Options> list =
    [
        {
            Name = "is SignSGD written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "without momentum it is the gradient's sign"
            Holds =
                fun make _ course ->
                    List.forall2
                        (Array.forall2 (fun (g: float) u -> u = float (sign g)))
                        (List.ofArray course.Grads)
                        (transformed (make { Momentum = 0.0 }) course)
        }

        {
            Name = "is Lion with both betas equal"
            Holds =
                fun make o course ->
                    let lion =
                        Lion.rule
                            {
                                Beta1 = o.Momentum
                                Beta2 = o.Momentum
                            }

                    List.forall2 allSame (transformed lion course) (transformed (make o) course)
        }
    ]

let private g, m = Expr.gradient, Expr.slot "m"

let private mutants: (string * (SignSgd.Options -> Rule)) list =
    let broken change o = change o (SignSgd.rule o)

    let mean (o: SignSgd.Options) =
        Const o.Momentum * m + (1.0 - Const o.Momentum) * g

    [
        "no sign is taken", broken (fun o rule -> { rule with Gradient = mean o })
        "the sign of 0 is +1",
        broken (fun o rule ->
            { rule with
                Gradient = Unary(SignPlus, mean o)
            })
        "the sign's sign", broken (fun _ rule -> { rule with Gradient = -rule.Gradient })
        "the sign is of the gradient alone",
        broken (fun _ rule ->
            { rule with
                Gradient = Unary(Signum, g)
            })
        "the sign is of the mean before the step",
        broken (fun _ rule ->
            { rule with
                Gradient = Unary(Signum, m)
            })
        "the mean starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "the mean never moves", broken (fun _ -> withSlot "m" (fun slot -> { slot with Next = m }))
        "the mean is of the signs",
        broken (fun o -> swapping ((1.0 - Const o.Momentum) * g) ((1.0 - Const o.Momentum) * Unary(Signum, g)))
    ]

[<Tests>]
let tests =
    Subject.tests
        {
            Row = SignSgd.row
            Rule = SignSgd.rule
            Options = options
            Bound = Some(fun _ -> Some(fun _ -> 1.0))
            Laws = laws
            Mutants = mutants
            // No golden file has SignSGD: its formula is Lion's with equal betas, which has.
            Unseen = List.map fst mutants
        }
