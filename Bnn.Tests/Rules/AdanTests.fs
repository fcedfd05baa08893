module Bnn.Tests.Rules.AdanTests

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

let private options: Gen<Adan.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.98 ]
        let! beta2 = Gen.elements [ 0.0; 0.5; 0.92; 0.99 ]
        let! beta3 = Gen.elements [ 0.0; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Beta3 = beta3
                Epsilon = epsilon
            }
    }

let private byHand (o: Adan.Options) (grads: float[]) =
    let mutable m, v, n, previous = 0.0, 0.0, 0.0, grads[0]
    let unbiased beta (mean: float) t = mean / (1.0 - Math.Pow(beta, float t))

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            let difference = g - previous
            let ahead = g + o.Beta2 * difference
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g
            v <- o.Beta2 * v + (1.0 - o.Beta2) * difference
            n <- o.Beta3 * n + (1.0 - o.Beta3) * ahead * ahead
            previous <- g

            (unbiased o.Beta1 m t + o.Beta2 * unbiased o.Beta2 v t)
            / (sqrt (unbiased o.Beta3 n t) + o.Epsilon)
    ]

let private adam (o: Adan.Options) =
    Adam.rule
        {
            Beta1 = o.Beta1
            Beta2 = o.Beta3
            Epsilon = o.Epsilon
            AmsGrad = false
        }

/// The same steps, but for rounding relative to the course's largest step: the mean of signs that alternate is all rounding.
let private sameSteps a b =
    let largest = Seq.append (Seq.concat a) (Seq.concat b) |> Seq.map abs |> Seq.max
    List.forall2 (Array.forall2 (fun a b -> near 1e-12 (1e-12 * largest) a b || same a b)) a b

let private laws: Law<Adan.Options> list =
    [
        {
            Name = "is Adan written by hand"
            Holds =
                fun make o course ->
                    // The two parts of a step may cancel, so the comparison is against the largest.
                    let steps = transformed (make o) course

                    let hand i =
                        course.Grads |> Array.map (fun g -> g[i]) |> byHand o |> List.toArray

                    let byHand = Array.init course.P0.Length hand

                    course.P0.Length = 0
                    || sameSteps steps (List.init steps.Length (fun t -> byHand |> Array.map (fun weight -> weight[t])))
        }

        {
            Name = "with beta2 = 0 it is Adam, whose beta2 is beta3"
            Holds =
                fun make o course ->
                    let o = { o with Beta2 = 0.0 }
                    sameSteps (transformed (make o) course) (transformed (adam o) course)
        }

        {
            Name = "where gradients stay it is Adam, whatever beta2"
            Holds =
                fun make o course ->
                    let staying =
                        { course with
                            Grads = Array.create 12 course.Grads[0]
                        }

                    sameSteps (transformed (make o) staying) (transformed (adam o) staying)
        }

        {
            Name = "without epsilon a fresh state's first step is the learning rate, whatever the gradient"
            Holds =
                fun make o course ->
                    let first =
                        { course with
                            Grads = Array.truncate 1 course.Grads
                        }

                    not (isModerate course)
                    || Array.forall2
                        (fun (g: float) u -> g = 0.0 || near 1e-12 0.0 u (float (sign g)))
                        first.Grads[0]
                        (List.head (transformed (make { o with Epsilon = 0.0 }) first))
        }

        {
            Name = "the mean square is never negative"
            Holds = fun make o course -> slotted "n" (make o) course |> List.forall (Array.forall (fun n -> n >= 0.0))
        }
    ]

let private g, t = Expr.gradient, Expr.time
let private m, v, n, p = Expr.slot "m", Expr.slot "v", Expr.slot "n", Expr.slot "p"

let private mutants: (string * (Adan.Options -> Rule)) list =
    let broken change o = change o (Adan.rule o)
    let d = Expr.ifEqual t (Const 1.0) (Const 0.0) (g - p)
    let ahead (o: Adan.Options) = g + Const o.Beta2 * d
    let bias beta = 1.0 - Const beta ** t
    let share beta = 1.0 - Const beta

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            Adan.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "beta2 and beta3 exchanged",
        (fun o ->
            Adan.rule
                { o with
                    Beta2 = o.Beta3
                    Beta3 = o.Beta2
                })
        "the first difference is the first gradient", broken (fun _ -> swapping d (g - p))
        "the difference's sign", broken (fun _ -> swapping (g - p) (p - g))
        "the difference is the gradient", broken (fun _ -> swapping (g - p) g)
        "the gradient before is the first one",
        broken (fun _ ->
            withSlot "p" (fun slot ->
                { slot with
                    Next = Expr.ifEqual t (Const 1.0) g p
                }))
        "the mean square looks back", broken (fun o -> swapping (ahead o) (g - Const o.Beta2 * d))
        "the mean square does not look ahead", broken (fun o -> swapping (ahead o) g)
        "the mean square looks ahead by the whole difference", broken (fun o -> swapping (ahead o) (g + d))
        "the step does not look ahead", broken (fun o -> swapping (Const o.Beta2 / bias o.Beta2) (Const 0.0))
        "the step looks ahead by the whole mean difference",
        broken (fun o -> swapping (Const o.Beta2 / bias o.Beta2) (1.0 / bias o.Beta2))
        "the step looks back", broken (fun o -> swapping (Const o.Beta2 / bias o.Beta2) (-Const o.Beta2 / bias o.Beta2))
        "the mean's bias is not corrected",
        broken (fun o ->
            rewritten (function
                | Binary(Div, mean, b) when b = bias o.Beta1 && mean <> Const o.Beta2 -> mean
                | e -> e))
        "the mean difference's bias is not corrected",
        broken (fun o -> swapping (Const o.Beta2 / bias o.Beta2) (Const o.Beta2))
        "the mean square's bias is not corrected", broken (fun o -> swapping (sqrt (bias o.Beta3)) (Const 1.0))
        "the mean takes the whole gradient", broken (fun o -> swapping (share o.Beta1 * g) g)
        "the mean difference takes the whole difference", broken (fun o -> swapping (share o.Beta2 * d) d)
        "the mean square is not of squares",
        broken (fun o -> swapping (share o.Beta3 * ahead o * ahead o) (share o.Beta3 * ahead o))
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "v starts at 1", broken (fun _ -> withSlot "v" (fun slot -> { slot with Init = Const 1.0 }))
        "n starts at 1", broken (fun _ -> withSlot "n" (fun slot -> { slot with Init = Const 1.0 }))
        "no root is taken of the mean square",
        broken (fun _ ->
            rewritten (function
                | Binary(Div, Unary(Sqrt, a), b) -> a / b
                | e -> e))
        "epsilon is subtracted",
        broken (fun _ ->
            rewritten (function
                | Binary(Add, (Binary(Div, Unary(Sqrt, _), _) as root), epsilon) -> root - epsilon
                | e -> e))
        "epsilon is added before the bias is corrected",
        broken (fun _ ->
            rewritten (function
                | Binary(Add, Binary(Div, (Unary(Sqrt, _) as root), b), epsilon) -> (root + epsilon) / b
                | e -> e))
        "the step's sign is lost",
        broken (fun _ rule ->
            { rule with
                Gradient = abs rule.Gradient
            })
    ]

/// A step is a sum of a_j s_j over the looked-ahead gradients s_j, over the root of the sum of b_j s_j^2; by Cauchy and
/// Schwarz |u| <= sqrt(sum a_j^2 / b_j). Each a_j is the step of a course whose only s is s_j = 1.
let private bound (o: Adan.Options) =
    if o.Beta3 = 0.0 then
        None
    else
        Some(fun t ->
            let weightOf j =
                let mutable g, m, v = 0.0, 0.0, 0.0

                for i in 1..t do
                    let s = if i = j then 1.0 else 0.0
                    let next = if i = 1 then s else (s + o.Beta2 * g) / (1.0 + o.Beta2)
                    let difference = if i = 1 then 0.0 else next - g
                    m <- o.Beta1 * m + (1.0 - o.Beta1) * next
                    v <- o.Beta2 * v + (1.0 - o.Beta2) * difference
                    g <- next

                m / (1.0 - Math.Pow(o.Beta1, float t))
                + o.Beta2 * v / (1.0 - Math.Pow(o.Beta2, float t))

            [ 1..t ]
            |> List.sumBy (fun j ->
                let square =
                    (1.0 - o.Beta3) * Math.Pow(o.Beta3, float (t - j))
                    / (1.0 - Math.Pow(o.Beta3, float t))

                weightOf j * weightOf j / square)
            |> sqrt)

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Adan.row
            Rule = Adan.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
