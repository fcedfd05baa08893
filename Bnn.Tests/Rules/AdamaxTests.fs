module Bnn.Tests.Rules.AdamaxTests

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

let private options: Gen<Adamax.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = epsilon
            }
    }

let private byHand (o: Adamax.Options) (grads: float[]) =
    let mutable m, u = 0.0, 0.0

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g
            u <- max (o.Beta2 * u) (abs g + o.Epsilon)
            m / (1.0 - Math.Pow(o.Beta1, float t)) / u
    ]

let private laws: Law<Adamax.Options> list =
    [
        {
            Name = "is Adamax written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "without epsilon a fresh state's first step is the learning rate, whatever the gradient"
            Holds =
                fun make o course ->
                    let first = firstOf course

                    not (isModerate course)
                    || Array.forall2
                        (fun (g: float) (u: float) -> g = 0.0 || near 1e-12 0.0 u (float (sign g)))
                        first.Grads[0]
                        (List.head (transformed (make { o with Epsilon = 0.0 }) first))
        }

        {
            Name = "without memory and epsilon it is the gradient's sign"
            Holds =
                fun make _ course ->
                    let rule =
                        make
                            {
                                Beta1 = 0.0
                                Beta2 = 0.0
                                Epsilon = 0.0
                            }

                    (transformed rule course, List.ofArray course.Grads)
                    ||> List.forall2 (Array.forall2 (fun u g -> g = 0.0 || u = float (sign g)))
        }

        {
            Name = "the divisor is the largest magnitude so far, each faded by beta2 a step"
            Holds =
                fun make o course ->
                    let largest t i =
                        seq { 0..t }
                        |> Seq.map (fun age ->
                            Math.Pow(o.Beta2, float age) * (abs course.Grads[t - age].[i] + o.Epsilon))
                        |> Seq.max

                    slotValues "u" (make o) course
                    |> List.indexed
                    |> List.forall (fun (t, u) ->
                        u
                        |> Array.indexed
                        |> Array.forall (fun (i, u) -> near 1e-12 0.0 u (largest t i)))
        }

        neverNegative "u" "the largest magnitude"
    ]

let private g, t = Expr.gradient, Expr.time

let private mutants: (string * (Adamax.Options -> Rule)) list =
    let broken change o = change o (Adamax.rule o)

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            Adamax.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "the mean's bias is not corrected", broken (fun o -> swapping (1.0 - Const o.Beta1 ** t) (Const 1.0))
        "the bias is corrected for one step more", broken (fun _ -> swapping t (t + 1.0))
        "the mean takes the whole gradient", broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) g)
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "u starts at 1", broken (fun _ -> withSlot "u" (fun slot -> { slot with Init = Const 1.0 }))
        "the least is kept",
        broken (fun _ ->
            rewritten (function
                | Binary(Max, a, b) -> Expr.minimum a b
                | e -> e))
        "the largest never fades", broken (fun o -> swapping (Const o.Beta2 * Expr.slot "u") (Expr.slot "u"))
        "the gradient is taken for its magnitude", broken (fun _ -> swapping (abs g) g)
        "its square is taken for its magnitude", broken (fun _ -> swapping (abs g) (g * g))
        "the largest falls below 0",
        broken (fun _ ->
            swapping (abs g) (-(abs g))
            >> withSlot "u" (fun slot -> { slot with Init = Const -1.0 }))
        "epsilon is subtracted", broken (fun o -> swapping (abs g + Const o.Epsilon) (abs g - Const o.Epsilon))
        "epsilon stands behind the maximum",
        broken (fun o ->
            rewritten (function
                | Binary(Add, Unary(Abs, _), _) -> abs g
                | Binary(Div, mean, (Binary(Max, _, _) as u)) -> mean / (u + Const o.Epsilon)
                | e -> e))
    ]

/// u' is at least beta2^k |g| of each gradient k steps ago, so |m'| is at most u' times a geometric series.
let private bound (o: Adamax.Options) =
    if o.Beta2 > 0.0 || o.Beta1 = 0.0 then
        Some(fun t ->
            let fade age =
                if age = 0 then
                    1.0
                else
                    Math.Pow(o.Beta1 / o.Beta2, float age)

            let steps = if o.Beta1 = 0.0 then 1 else t

            (1.0 - o.Beta1) / (1.0 - Math.Pow(o.Beta1, float t))
            * List.sumBy fade [ 0 .. steps - 1 ])
    else
        None

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Adamax.row
            Rule = Adamax.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
