module Bnn.Tests.Rules.LionTests

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

let private options: Gen<Lion.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        return { Beta1 = beta1; Beta2 = beta2 }
    }

let private byHand (o: Lion.Options) (grads: float[]) =
    let mutable m = 0.0

    [
        for g in grads do
            float (sign (o.Beta1 * m + (1.0 - o.Beta1) * g))
            m <- o.Beta2 * m + (1.0 - o.Beta2) * g
    ]

let private laws: Law<Lion.Options> list =
    [
        {
            Name = "is Lion written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "every step is the learning rate, forth, back or none"
            Holds =
                fun make o course ->
                    transformed (make o) course
                    |> List.forall (Array.forall (fun u -> u = -1.0 || u = 0.0 || u = 1.0))
        }

        {
            Name = "with beta1 = 0 it is the gradient's sign"
            Holds =
                fun make o course ->
                    List.forall2
                        (Array.forall2 (fun (g: float) u -> u = float (sign g)))
                        (List.ofArray course.Grads)
                        (transformed (make { o with Beta1 = 0.0 }) course)
        }

        {
            Name = "with equal betas it is the sign of SGD's momentum"
            Holds =
                fun make o course ->
                    let beta = max 0.5 o.Beta1

                    let buffers = transformed (Sgd.rule { Sgd.defaults with Momentum = beta }) course

                    let largest = course.Grads |> Seq.concat |> Seq.map abs |> Seq.max

                    // A buffer that is 0 but for rounding may have either sign.
                    not (isModerate course)
                    || List.forall2
                        (Array.forall2 (fun (b: float) u -> abs b <= 1e-12 * largest || u = float (sign b)))
                        buffers
                        (transformed (make { Beta1 = beta; Beta2 = beta }) course)
        }

        {
            Name = "a gradient that stays is followed at every step"
            Holds =
                fun make o course ->
                    let staying =
                        { course with
                            Grads = Array.create 12 course.Grads[0]
                        }

                    not (isModerate course)
                    || transformed (make o) staying
                       |> List.forall (Array.forall2 (fun (g: float) u -> u = float (sign g)) course.Grads[0])
        }
    ]

let private g, m = Expr.gradient, Expr.slot "m"

let private mutants: (string * (Lion.Options -> Rule)) list =
    let broken change o = change o (Lion.rule o)

    let mean (o: Lion.Options) =
        Const o.Beta2 * m + (1.0 - Const o.Beta2) * g

    let between (o: Lion.Options) =
        Const o.Beta1 * m + (1.0 - Const o.Beta1) * g

    let signOf e = Unary(Signum, e)

    [
        "beta1 and beta2 exchanged", (fun o -> Lion.rule { Beta1 = o.Beta2; Beta2 = o.Beta1 })
        "no sign is taken", broken (fun o rule -> { rule with Gradient = between o })
        "the sign of 0 is +1",
        broken (fun o rule ->
            { rule with
                Gradient = Unary(SignPlus, between o)
            })
        "the sign's sign", broken (fun _ rule -> { rule with Gradient = -rule.Gradient })
        "the sign is of the new mean", broken (fun o rule -> { rule with Gradient = signOf (mean o) })
        "the sign is of the gradient alone", broken (fun _ rule -> { rule with Gradient = signOf g })
        "the sign is of the old mean alone", broken (fun _ rule -> { rule with Gradient = signOf m })
        "the mean moves before the sign is taken",
        broken (fun o rule ->
            { rule with
                Gradient = signOf (Const o.Beta1 * mean o + (1.0 - Const o.Beta1) * g)
            })
        "the sign takes the whole gradient",
        broken (fun o rule ->
            { rule with
                Gradient = signOf (Const o.Beta1 * m + g)
            })
        "the mean takes the whole gradient",
        broken (fun o ->
            withSlot "m" (fun slot ->
                { slot with
                    Next = Const o.Beta2 * m + g
                }))
        "the mean's sign",
        broken (fun o ->
            withSlot "m" (fun slot ->
                { slot with
                    Next = -(Const o.Beta2 * m) + (1.0 - Const o.Beta2) * g
                }))
        "the mean is of the signs",
        broken (fun o ->
            withSlot "m" (fun slot ->
                { slot with
                    Next = Const o.Beta2 * m + (1.0 - Const o.Beta2) * signOf g
                }))
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "m starts at 1", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Const 1.0 }))
        "small gradients are taken for none",
        broken (fun o rule ->
            { rule with
                Gradient = Expr.ifLess (abs g) (Const 1.0) (Const 0.0) (signOf (between o))
            })
    ]

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Lion.row
            Rule = Lion.rule
            Options = options
            Bound = Some(fun _ -> Some(fun _ -> 1.0))
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
