module Bnn.Tests.Rules.SgdTests

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

let private options: Gen<Sgd.Options> =
    gen {
        let! momentum = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! nesterov = Gen.elements [ true; false ]
        let! dampening = Gen.elements [ 0.0; 0.1; 0.9; 1.0 ]
        let nesterov = nesterov && momentum > 0.0

        return
            {
                Momentum = momentum
                Nesterov = nesterov
                Dampening = if nesterov then 0.0 else dampening
            }
    }

let private laws: Law<Sgd.Options> list =
    [
        {
            Name = "without momentum it is plain descent"
            Holds =
                fun make o course ->
                    allSame
                        (last
                            (make
                                { Sgd.defaults with
                                    Momentum = 0.0
                                    Dampening = o.Dampening
                                })
                            course)
                        (last Rule.identity course)
        }

        {
            Name = "its first step takes the whole gradient, Nesterov's 1 + momentum of it"
            Holds =
                fun make o course ->
                    let first =
                        { course with
                            Grads = Array.truncate 1 course.Grads
                        }

                    let share = if o.Nesterov then 1.0 + o.Momentum else 1.0

                    Array.forall2
                        (near 1e-15 1e-300)
                        (List.head (transformed (make o) first))
                        (first.Grads[0] |> Array.map ((*) share))
        }

        {
            Name = "is linear: all gradients times a power of two give all steps times it"
            Holds =
                fun make o course ->
                    // Large enough that nothing is subnormal before or after.
                    let course = course |> scaled 1e20

                    let sensible =
                        course.Grads |> Array.forall (Array.forall (fun g -> g = 0.0 || abs g > 1e-200))

                    let larger = transformed (make o) (scaled 1024.0 course)

                    not sensible
                    || List.forall2 (Array.forall2 (fun a b -> 1024.0 * a = b)) (transformed (make o) course) larger
        }

        {
            Name = "Nesterov's step is the gradient plus momentum times the plain buffer"
            Holds =
                fun make o course ->
                    let momentum = max 0.5 o.Momentum

                    let plain =
                        transformed
                            (make
                                {
                                    Momentum = momentum
                                    Dampening = 0.0
                                    Nesterov = false
                                })
                            course

                    let nesterov =
                        transformed
                            (make
                                {
                                    Momentum = momentum
                                    Dampening = 0.0
                                    Nesterov = true
                                })
                            course

                    (List.ofArray course.Grads, plain, nesterov)
                    |||> List.zip3
                    |> List.forall (fun (g, b, n) -> allNear n (Array.map2 (fun g b -> g + momentum * b) g b))
        }

        {
            Name = "is the buffer written by hand"
            Holds =
                fun make o course ->
                    let byHand (grads: float[]) =
                        let mutable b = 0.0

                        [
                            for t in 1 .. grads.Length do
                                let g = grads[t - 1]

                                if o.Momentum = 0.0 then
                                    g
                                else
                                    b <-
                                        if t = 1 then
                                            g
                                        else
                                            o.Momentum * b + (1.0 - o.Dampening) * g

                                    if o.Nesterov then g + o.Momentum * b else b
                        ]

                    asByHand byHand (make o) course
        }
    ]

let private g = Expr.gradient

let private mutants: (string * (Sgd.Options -> Rule)) list =
    let broken change o =
        match (Sgd.rule o).Slots with
        | [] -> Sgd.rule o
        | _ -> change o (Sgd.rule o)

    let buffer (o: Sgd.Options) = Const o.Momentum * Expr.slot "b"

    [
        "the momentum's sign", broken (fun o -> swapping (buffer o) (-(buffer o)))
        "the first step is dampened",
        broken (fun _ ->
            rewritten (function
                | Select(Equal, _, _, _, later) -> later
                | e -> e))
        "the buffer never forgets", broken (fun o -> swapping (buffer o) (Expr.slot "b"))
        "the dampening is forgotten", (fun o -> Sgd.rule { o with Dampening = 0.0 })
        "the dampening is taken for its share", broken (fun o -> swapping (1.0 - Const o.Dampening) (Const o.Dampening))
        "Nesterov is forgotten", (fun o -> Sgd.rule { o with Nesterov = false })
        "Nesterov looks ahead along the old buffer",
        broken (fun o rule ->
            if o.Nesterov then
                { rule with Gradient = g + buffer o }
            else
                rule)
        "Nesterov adds the whole buffer",
        broken (fun o rule ->
            if o.Nesterov then
                { rule with
                    Gradient = g + rule.Slots.Head.Next
                }
            else
                rule)
        "the gradient's sign", (fun o -> let rule = Sgd.rule o in { rule with Gradient = -rule.Gradient })
        "the gradient's magnitude enters the buffer",
        broken (fun _ ->
            withSlot "b" (fun slot ->
                { slot with
                    Next = Expr.rewrite (fun e -> if e = g then abs g else e) slot.Next
                }))
        "the weight leaks into the buffer",
        broken (fun _ ->
            withSlot "b" (fun slot ->
                { slot with
                    Next = slot.Next + 1e-3 * Expr.weight
                }))
        "the momentum of plain descent", (fun o -> Sgd.rule { o with Momentum = max 0.5 o.Momentum })
    ]

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Sgd.row
            Rule = Sgd.rule
            Options = options
            Bound = None
            Laws = laws
            Mutants = mutants
            Unseen =
                [
                    // No golden file has dampening.
                    "the first step is dampened"
                    "the dampening is forgotten"
                    "the dampening is taken for its share"
                ]
        }
