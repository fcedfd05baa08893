module Bnn.Tests.Rules.AdadeltaTests

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

let private options: Gen<Adadelta.Options> =
    gen {
        let! rho = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! epsilon = Gen.elements [ 1e-6; 1e-3; 1e-12 ]
        return { Rho = rho; Epsilon = epsilon }
    }

let private byHand (o: Adadelta.Options) (grads: float[]) =
    let mutable v, a = 0.0, 0.0

    [
        for g in grads do
            v <- o.Rho * v + (1.0 - o.Rho) * g * g
            let u = sqrt ((a + o.Epsilon) / (v + o.Epsilon)) * g
            a <- o.Rho * a + (1.0 - o.Rho) * u * u
            u
    ]

/// Gradients beside whose squares epsilon is nothing, or 0.
let private large (course: Course) = scaled 1e40 course

let private isLarge (course: Course) =
    course.Grads |> Array.forall (Array.forall (fun g -> g = 0.0 || abs g > 1e7))

let private laws: Law<Adadelta.Options> list =
    [
        {
            Name = "is Adadelta written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "both mean squares are never negative"
            Holds =
                fun make o course ->
                    [ "v"; "a" ]
                    |> List.forall (fun name ->
                        slotted name (make o) course
                        |> List.forall (Array.forall (fun square -> square >= 0.0)))
        }

        {
            Name = "large gradients have the same steps whatever their unit"
            Holds =
                fun make o course ->
                    let course = large course

                    not (isLarge course)
                    || List.forall2
                        (Array.forall2 (near 1e-12 1e-300))
                        (transformed (make o) course)
                        (transformed (make o) (scaled 1024.0 course))
        }

        {
            Name = "of large gradients it is RMSProp times the root of its steps' mean square"
            Holds =
                fun make o course ->
                    let course = large course

                    let rmsProp =
                        RmsProp.rule
                            { RmsProp.defaults with
                                Alpha = o.Rho
                                Epsilon = 0.0
                            }

                    let roots =
                        slotted "a" (make o) course
                        |> List.map (Array.map (fun a -> sqrt (a + o.Epsilon)))

                    let before = (course.P0 |> Array.map (fun _ -> sqrt o.Epsilon)) :: roots

                    not (isLarge course)
                    || List.forall2
                        (Array.forall2 (fun e u -> Double.IsNaN e || near 1e-12 1e-300 e u))
                        (List.map2
                            (Array.map2 (*))
                            (List.truncate course.Grads.Length before)
                            (transformed rmsProp course))
                        (transformed (make o) course)
        }

        {
            Name = "no step exceeds what the growth of its own mean square allows"
            Holds =
                fun make o course ->
                    // |u| <= sqrt((a + epsilon) / (1 - rho)), a from the steps before.
                    let limits =
                        (0.0, course.Grads)
                        ||> Array.scan (fun a _ -> o.Rho * a + (a + o.Epsilon))
                        |> Array.map (fun a -> sqrt ((a + o.Epsilon) / (1.0 - o.Rho)))

                    transformed (make o) course
                    |> List.indexed
                    |> List.forall (fun (t, step) ->
                        step |> Array.forall (fun u -> not (abs u > limits[t] * (1.0 + 1e-9))))
        }
    ]

let private g = Expr.gradient
let private v, a = Expr.slot "v", Expr.slot "a"

let private mutants: (string * (Adadelta.Options -> Rule)) list =
    let broken change o = change o (Adadelta.rule o)
    let share (o: Adadelta.Options) = 1.0 - Const o.Rho
    let kept (o: Adadelta.Options) slot = Const o.Rho * slot

    [
        "rho and its share are exchanged", (fun o -> Adadelta.rule { o with Rho = 1.0 - o.Rho })
        "the gradient is not squared", broken (fun o -> swapping (share o * g * g) (share o * g))
        "its magnitude is taken for its square", broken (fun o -> swapping (share o * g * g) (share o * abs g))
        "the gradients' mean square never forgets", broken (fun o -> swapping (kept o v) v)
        "the gradients' mean square is the one before the step",
        broken (fun o rule ->
            { swapping (kept o v + share o * g * g) v rule with
                Slots = rule.Slots
            })
        "the steps' mean square never forgets", broken (fun o -> swapping (kept o a) a)
        "the steps' mean square is the gradients'",
        broken (fun o ->
            withSlot "a" (fun slot ->
                { slot with
                    Next = kept o a + share o * g * g
                }))
        "the steps are not squared",
        broken (fun o rule ->
            rule
            |> withSlot "a" (fun slot ->
                { slot with
                    Next = kept o a + share o * rule.Gradient
                }))
        "v starts at 1", broken (fun _ -> withSlot "v" (fun slot -> { slot with Init = Const 1.0 }))
        "a starts at 1", broken (fun _ -> withSlot "a" (fun slot -> { slot with Init = Const 1.0 }))
        "the roots are exchanged",
        broken (fun _ ->
            rewritten (function
                | Binary(Div, x, y) -> y / x
                | e -> e))
        "no roots are taken",
        broken (fun _ ->
            rewritten (function
                | Unary(Sqrt, x) -> x
                | e -> e))
        "epsilon stands outside the roots",
        broken (fun _ ->
            rewritten (function
                | Unary(Sqrt, Binary(Add, x, epsilon)) -> sqrt x + epsilon
                | e -> e))
        "epsilon is nothing beside the steps", broken (fun o -> swapping (a + Const o.Epsilon) a)
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
    ]

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Adadelta.row
            Rule = Adadelta.rule
            Options = options
            Bound = None
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
