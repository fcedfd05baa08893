module Bnn.Tests.Rules.AdagradTests

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

let private options: Gen<Adagrad.Options> =
    gen {
        let! lrDecay = Gen.elements [ 0.0; 0.01; 1.0 ]
        let! initial = Gen.elements [ 0.0; 1e-3; 1.0 ]
        let! epsilon = Gen.elements [ 1e-10; 1e-3 ]

        return
            {
                LrDecay = lrDecay
                InitialAccumulator = initial
                Epsilon = epsilon
            }
    }

let private byHand (o: Adagrad.Options) (grads: float[]) =
    let mutable s = o.InitialAccumulator

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            s <- s + g * g
            g / (sqrt s + o.Epsilon) / (1.0 + float (t - 1) * o.LrDecay)
    ]

let private bare =
    {
        LrDecay = 0.0
        InitialAccumulator = 0.0
        Epsilon = 0.0
    }
    : Adagrad.Options

let private laws: Law<Adagrad.Options> list =
    [
        {
            Name = "is Adagrad written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "the sum of squares starts where it should, and never shrinks"
            Holds =
                fun make o course ->
                    let start = course.P0 |> Array.map (fun _ -> o.InitialAccumulator)

                    start :: slotted "s" (make o) course
                    |> List.pairwise
                    |> List.forall (fun (before, after) -> Array.forall2 (<=) before after)
        }

        {
            Name = "its decay is a factor after the rule without it, to the bit"
            Holds =
                fun make o course ->
                    let factor = 1.0 / (1.0 + (Expr.time - 1.0) * Const o.LrDecay)

                    List.forall2
                        allSame
                        (transformed (make o) course)
                        (transformed (make { o with LrDecay = 0.0 } >=> Rule.scale factor) course)
        }

        {
            Name = "bare, and where a gradient stays, the step t is its sign over the root of t"
            Holds =
                fun make _ course ->
                    let staying =
                        { course with
                            Grads = Array.create 12 course.Grads[0]
                        }

                    not (isModerate course)
                    || List.forall2
                        (fun (t: int) ->
                            Array.forall2
                                (fun (g: float) u -> g = 0.0 || near 1e-12 0.0 u (float (sign g) / sqrt (float t)))
                                course.Grads[0])
                        [ 1..12 ]
                        (transformed (make bare) staying)
        }

        {
            Name = "the order of the gradients before does not matter"
            Holds =
                fun make o course ->
                    let before, last = Array.splitAt (course.Grads.Length - 1) course.Grads

                    let turned =
                        { course with
                            Grads = Array.append (Array.rev before) last
                        }

                    Array.forall2
                        (near 1e-12 1e-300)
                        (transformed (make o) course |> List.last)
                        (transformed (make o) turned |> List.last)
        }
    ]

let private g, t = Expr.gradient, Expr.time
let private s = Expr.slot "s"

let private mutants: (string * (Adagrad.Options -> Rule)) list =
    let broken change o = change o (Adagrad.rule o)

    [
        "the gradient is not squared", broken (fun _ -> swapping (g * g) g)
        "its magnitude is taken for its square", broken (fun _ -> swapping (g * g) (abs g))
        "the sum forgets", broken (fun _ -> swapping (s + g * g) (0.9 * s + g * g))
        "the sum is a mean", broken (fun _ -> swapping (s + g * g) (s + (g * g - s) / t))
        "the sum lacks this gradient",
        broken (fun _ rule ->
            { rule with
                Gradient = Expr.rewrite (fun e -> if e = s + g * g then s else e) rule.Gradient
            })
        "the sum keeps the largest", broken (fun _ -> swapping (s + g * g) (Expr.maximum s (g * g)))
        "the sum starts at 0", broken (fun _ -> withSlot "s" (fun slot -> { slot with Init = Const 0.0 }))
        "the sum starts at the weight's square",
        broken (fun _ ->
            withSlot "s" (fun slot ->
                { slot with
                    Init = Expr.weight * Expr.weight
                }))
        "no root is taken",
        broken (fun _ ->
            rewritten (function
                | Unary(Sqrt, a) -> a
                | e -> e))
        "epsilon stands under the root",
        broken (fun o ->
            rewritten (function
                | Binary(Add, Unary(Sqrt, a), Const _) -> sqrt (a + o.Epsilon)
                | e -> e))
        "epsilon is subtracted",
        broken (fun _ ->
            rewritten (function
                | Binary(Add, (Unary(Sqrt, _) as root), epsilon) -> root - epsilon
                | e -> e))
        "a zero gradient steps",
        broken (fun _ rule ->
            { rule with
                Gradient = rule.Gradient + 1e-3
            })
        "the gradient's sign is lost",
        broken (fun _ rule ->
            { rule with
                Gradient = abs rule.Gradient
            })
        "the decay is forgotten", (fun o -> Adagrad.rule { o with LrDecay = 0.0 })
        "the decay counts from the first step on", broken (fun _ -> swapping (t - 1.0) t)
        "the decay grows",
        broken (fun _ ->
            rewritten (function
                | Binary(Div, Const 1.0, a) -> a
                | e -> e))
    ]

/// |g| <= sqrt(s').
let private bound (o: Adagrad.Options) =
    Some(fun t -> 1.0 / (1.0 + float (t - 1) * o.LrDecay))

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Adagrad.row
            Rule = Adagrad.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
