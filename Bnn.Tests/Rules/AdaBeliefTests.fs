module Bnn.Tests.Rules.AdaBeliefTests

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

let private options: Gen<AdaBelief.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]
        let! amsGrad = Gen.elements [ true; false ]
        let! rectify = Gen.elements [ true; false ]
        let! degenerate = Gen.elements [ true; false ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = epsilon
                AmsGrad = amsGrad
                Rectify = rectify
                DegenerateToSgd = degenerate
            }
    }

/// rho(t), rho(infinity).
let private lengths beta2 (t: int) =
    let most = 2.0 / (1.0 - beta2) - 1.0
    let power = Math.Pow(beta2, float t)
    most - 2.0 * float t * power / (1.0 - power), most

let private isTrusted (o: AdaBelief.Options) t = fst (lengths o.Beta2 t) >= 5.0

let private byHand (o: AdaBelief.Options) (grads: float[]) =
    let mutable m, s, x = 0.0, 0.0, 0.0

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g
            s <- o.Beta2 * s + (1.0 - o.Beta2) * (g - m) * (g - m) + o.Epsilon
            x <- max x s
            let mean = m / (1.0 - Math.Pow(o.Beta1, float t))
            let bias = sqrt (1.0 - Math.Pow(o.Beta2, float t))

            if not o.Rectify then
                mean / (sqrt (if o.AmsGrad then x else s) / bias + o.Epsilon)
            elif isTrusted o t then
                let rho, most = lengths o.Beta2 t

                let r = sqrt ((rho - 4.0) / (most - 4.0) * (rho - 2.0) / rho * most / (most - 2.0))

                mean * r * bias / (sqrt s + o.Epsilon)
            elif o.DegenerateToSgd then
                mean
            else
                0.0
    ]

let private laws: Law<AdaBelief.Options> list =
    [
        {
            Name = "is AdaBelief written by hand, AMSGrad and rectification included"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "with beta1 = 0 nothing surprises: it is descent whose rate epsilon and beta2 give"
            Holds =
                fun make o course ->
                    let rule =
                        make
                            { o with
                                Beta1 = 0.0
                                AmsGrad = false
                                Rectify = false
                            }

                    let divisor = sqrt (o.Epsilon / (1.0 - o.Beta2)) + o.Epsilon
                    sameSteps rule (Rule.transform (Expr.gradient / Const divisor)) course
        }

        {
            Name = "without rectification and epsilon a fresh state's first step is 1 / beta1, whatever the gradient"
            Holds =
                fun make o course ->
                    let first = firstOf course
                    let beta1 = max 0.5 o.Beta1

                    let rule =
                        make
                            { o with
                                Beta1 = beta1
                                Epsilon = 0.0
                                Rectify = false
                            }

                    not (isModerate course)
                    || Array.forall2
                        (fun (g: float) (u: float) -> g = 0.0 || near 1e-12 0.0 u (float (sign g) / beta1))
                        first.Grads[0]
                        (List.head (transformed rule first))
        }

        {
            Name = "without rectification and epsilon it does not see a power of two on all gradients"
            Holds =
                fun make o course ->
                    let rule =
                        make
                            { o with
                                Epsilon = 0.0
                                Rectify = false
                            }

                    not (isModerate course)
                    || List.forall2 allSame (transformed rule course) (transformed rule (scaled 1024.0 course))
        }

        {
            Name = "rectified, it does before that as RAdam does, or waits"
            Holds =
                fun make o course ->
                    let radam =
                        RAdam.rule
                            {
                                Beta1 = o.Beta1
                                Beta2 = o.Beta2
                                Epsilon = o.Epsilon
                            }

                    let early =
                        { course with
                            Grads =
                                course.Grads
                                |> Array.indexed
                                |> Array.takeWhile (fun (before, _) -> not (isTrusted o (before + 1)))
                                |> Array.map snd
                        }

                    let rule degenerate =
                        make
                            { o with
                                Rectify = true
                                DegenerateToSgd = degenerate
                            }

                    sameSteps (rule true) radam early
                    && transformed (rule false) early |> List.forall (Array.forall ((=) 0.0))
        }

        {
            Name = "AMSGrad never steps further, and changes nothing where rectified"
            Holds =
                fun make o course ->
                    let plain = transformed (make { o with AmsGrad = false }) course
                    let ams = transformed (make { o with AmsGrad = true }) course

                    if o.Rectify then
                        List.forall2 allSame plain ams
                    else
                        List.forall2 (Array.forall2 (fun p a -> abs a <= abs p)) plain ams
        }

        {
            Name = "the mean square is never below epsilon"
            Holds =
                fun make o course ->
                    slotValues "s" (make o) course
                    |> List.forall (Array.forall (fun s -> s >= o.Epsilon))
        }
    ]

let private g, t = Expr.gradient, Expr.time

let private mutants: (string * (AdaBelief.Options -> Rule)) list =
    let broken change o = change o (AdaBelief.rule o)
    let biasOf beta = 1.0 - Const beta ** t

    let mean (o: AdaBelief.Options) =
        Const o.Beta1 * Expr.slot "m" + (1.0 - Const o.Beta1) * g

    let surprise o = g - mean o
    let factor (o: AdaBelief.Options) = Rectification.factor (Const o.Beta2)

    /// Every choice between the trusted and the other formula, changed.
    let choosing change =
        broken (fun _ ->
            rewritten (function
                | Select(LessOrEqual, Const 5.0, rho, x, y) -> change rho x y
                | e -> e))

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            AdaBelief.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "the surprise is the gradient: Adam", broken (fun o -> swapping (surprise o) g)
        "the surprise is against the mean before the step", broken (fun o -> swapping (surprise o) (g - Expr.slot "m"))
        "the surprise is not squared", broken (fun o -> swapping (surprise o * surprise o) (surprise o))
        "its magnitude is taken for its square", broken (fun o -> swapping (surprise o * surprise o) (abs (surprise o)))
        "the mean square takes the whole surprise",
        broken (fun o -> swapping ((1.0 - Const o.Beta2) * (surprise o * surprise o)) (surprise o * surprise o))
        "epsilon does not enter the mean square",
        broken (fun o ->
            rewritten (function
                | Binary(Add, (Binary(Add, _, _) as s), Const e) when e = o.Epsilon -> s
                | e -> e))
        "epsilon is not added to the root",
        broken (fun o ->
            rewritten (function
                | Binary(Add, (Binary(Div, _, _) | Unary(Sqrt, _) as root), Const e) when e = o.Epsilon -> root
                | e -> e))
        "the mean's bias is not corrected", broken (fun o -> swapping (biasOf o.Beta1) (Const 1.0))
        "the deviation's bias is not corrected", broken (fun o -> swapping (sqrt (biasOf o.Beta2)) (Const 1.0))
        "the mean takes the whole gradient", broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) g)
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "the gradient's magnitude enters the mean",
        broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) ((1.0 - Const o.Beta1) * abs g))
        "AMSGrad is forgotten", (fun o -> AdaBelief.rule { o with AmsGrad = false })
        "AMSGrad keeps the least",
        broken (fun _ ->
            rewritten (function
                | Binary(Max, a, b) -> Expr.minimum a b
                | e -> e))
        "the rectification is forgotten", (fun o -> AdaBelief.rule { o with Rectify = false })
        "the rectification's factor is forgotten", broken (fun o -> swapping (factor o) (Const 1.0))
        "the bound is the paper's 4", choosing (fun rho x y -> Expr.ifLessOrEqual (Const 4.0) rho x y)
        "the mean square is trusted at once", choosing (fun _ x _ -> x)
        "it never waits", (fun o -> AdaBelief.rule { o with DegenerateToSgd = true })
        "it always waits", (fun o -> AdaBelief.rule { o with DegenerateToSgd = false })
    ]

/// m' is (1 - beta1) / beta1 times the sum of all surprises, so Cauchy and Schwarz bound it by the mean of their squares.
/// Rectification shortens a step, but where it steps by the mean alone there is no bound.
let private bound (o: AdaBelief.Options) =
    if o.Beta1 > 0.0 && o.Beta2 > 0.0 && not (o.Rectify && o.DegenerateToSgd) then
        Some(fun t ->
            let squares =
                [ 0 .. t - 1 ]
                |> List.sumBy (fun age -> 1.0 / ((1.0 - o.Beta2) * Math.Pow(o.Beta2, float age)))

            let bias beta = 1.0 - Math.Pow(beta, float t)
            (1.0 - o.Beta1) / o.Beta1 * sqrt (squares * bias o.Beta2) / bias o.Beta1)
    else
        None

[<Tests>]
let tests =
    Subject.tests
        {
            Row = AdaBelief.row
            Rule = AdaBelief.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
