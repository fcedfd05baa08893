module Bnn.Tests.Rules.RAdamTests

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

let private options: Gen<RAdam.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.6; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = epsilon
            }
    }

/// rho(t), rho(infinity).
let private lengths beta2 (t: int) =
    let most = 2.0 / (1.0 - beta2) - 1.0
    let power = Math.Pow(beta2, float t)
    most - 2.0 * float t * power / (1.0 - power), most

/// r(t), None before the mean square can be trusted.
let private rectification beta2 t =
    let rho, most = lengths beta2 t

    if rho > 5.0 then
        Some(sqrt ((rho - 4.0) * (rho - 2.0) * most / ((most - 4.0) * (most - 2.0) * rho)))
    else
        None

let private byHand (o: RAdam.Options) (grads: float[]) =
    let mutable m, v = 0.0, 0.0

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g
            v <- o.Beta2 * v + (1.0 - o.Beta2) * g * g
            let mean = m / (1.0 - Math.Pow(o.Beta1, float t))

            match rectification o.Beta2 t with
            | Some r -> mean * r * sqrt (1.0 - Math.Pow(o.Beta2, float t)) / (sqrt v + o.Epsilon)
            | None -> mean
    ]

/// A law of each step once the mean square is trusted: RAdam's against Adam's of the same options, weight by weight.
let private besideAdam (holds: float -> float -> float -> bool) make (o: RAdam.Options) course =
    let adam =
        Adam.rule
            {
                Beta1 = o.Beta1
                Beta2 = o.Beta2
                Epsilon = o.Epsilon
                AmsGrad = false
            }

    List.zip (transformed (make o) course) (transformed adam course)
    |> List.indexed
    |> List.forall (fun (before, (radam, adam)) ->
        match rectification o.Beta2 (before + 1) with
        | Some r -> Array.forall2 (holds r) radam adam
        | None -> true)

let private laws: Law<RAdam.Options> list =
    [
        {
            Name = "is RAdam written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "with beta1 = 0 and beta2 up to 2/3 it is plain descent: it never trusts the mean square"
            Holds =
                fun make o course ->
                    let o =
                        { o with
                            Beta1 = 0.0
                            Beta2 = o.Beta2 * 2.0 / 3.0
                        }

                    sameSteps (make o) Rule.identity course
        }

        {
            Name = "once rectified and without epsilon it is Adam times the rectification"
            Holds =
                fun make o course ->
                    not (isModerate course)
                    || besideAdam
                        (fun r radam adam -> near 1e-12 1e-300 radam (r * adam) || same radam adam)
                        make
                        { o with Epsilon = 0.0 }
                        course
        }

        {
            Name = "once rectified it never steps further than Adam"
            Holds = fun make o course -> besideAdam (fun _ radam adam -> abs radam <= abs adam) make o course
        }

        {
            Name = "its first step is the gradient"
            Holds =
                fun make o course ->
                    let first = firstOf course
                    Array.forall2 (near 1e-12 1e-300) (List.head (transformed (make o) first)) first.Grads[0]
        }

        neverNegative "v" "the mean square"
    ]

let private g, t = Expr.gradient, Expr.time

let private mutants: (string * (RAdam.Options -> Rule)) list =
    let broken change o = change o (RAdam.rule o)

    /// Every choice between the trusted and the other formula, changed.
    let choosing change =
        broken (fun _ ->
            rewritten (function
                | Select(Less, Const 5.0, rho, x, y) -> change rho x y
                | e -> e))

    let rho (o: RAdam.Options) = Rectification.length (Const o.Beta2)
    let factor (o: RAdam.Options) = Rectification.factor (Const o.Beta2)

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            RAdam.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "the bound is the paper's 4", choosing (fun rho x y -> Expr.ifLess (Const 4.0) rho x y)
        "the bound is 6", choosing (fun rho x y -> Expr.ifLess (Const 6.0) rho x y)
        "the mean square is trusted at once", choosing (fun _ x _ -> x)
        "the mean square is never trusted", choosing (fun _ _ y -> y)
        "the formulas are exchanged", choosing (fun rho x y -> Expr.ifLess (Const 5.0) rho y x)
        "the rectification is forgotten", broken (fun o -> swapping (factor o) (Const 1.0))
        "no root of the rectification", broken (fun o -> swapping (factor o) (factor o * factor o))
        "rho forgets its factor 2", broken (fun _ -> swapping (2.0 * t) t)
        "rho ends 1 higher",
        broken (fun o -> swapping (2.0 / (1.0 - Const o.Beta2) - 1.0) (2.0 / (1.0 - Const o.Beta2)))
        "rho is that of the step before",
        broken (fun o -> swapping (rho o) (Expr.substitute (fun e -> if e = t then Some(t - 1.0) else None) (rho o)))
        "the mean's bias is not corrected", broken (fun o -> swapping (1.0 - Const o.Beta1 ** t) (Const 1.0))
        "the deviation's bias is not corrected",
        broken (fun o -> swapping (sqrt (1.0 - Const o.Beta2 ** t)) (Const 1.0))
        "the mean takes the whole gradient", broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) g)
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "the gradient's magnitude enters the mean",
        broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) ((1.0 - Const o.Beta1) * abs g))
        "the gradient is not squared", broken (fun _ -> swapping (g * g) g)
        "the mean square's sign", broken (fun _ -> swapping (g * g) (-(g * g)))
        "epsilon is added behind the bias, as in Adam",
        broken (fun o ->
            rewritten (function
                | Binary(Add, (Unary(Sqrt, _) as root), Const e) when e = o.Epsilon ->
                    root + e * sqrt (1.0 - Const o.Beta2 ** t)
                | e -> e))
    ]

[<Tests>]
let tests =
    Subject.tests
        {
            Row = RAdam.row
            Rule = RAdam.rule
            Options = options
            Bound = None
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
