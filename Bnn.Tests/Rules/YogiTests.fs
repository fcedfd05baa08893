module Bnn.Tests.Rules.YogiTests

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

let private options: Gen<Yogi.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-3; 1e-8; 1e-16 ]
        let! initial = Gen.elements [ 1e-6; 0.0; 0.1; 1.0 ]
        let! adamD = Gen.elements [ true; false ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = epsilon
                InitialAccumulator = initial
                AdamD = adamD
            }
    }

let private byHand (o: Yogi.Options) (grads: float[]) =
    let mutable m, v = o.InitialAccumulator, o.InitialAccumulator

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            let share = (1.0 - o.Beta2) * (g * g)
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g

            v <-
                if v > g * g then v - share
                elif v < g * g then v + share
                else v

            let mean =
                if o.AdamD then
                    m
                else
                    m / (1.0 - Math.Pow(o.Beta1, float t))

            mean / (sqrt v / sqrt (1.0 - Math.Pow(o.Beta2, float t)) + o.Epsilon)
    ]

let private fromZero (o: Yogi.Options) = { o with InitialAccumulator = 0.0 }

let private laws: Law<Yogi.Options> list =
    [
        {
            Name = "is Yogi written by hand"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "started at 0, without gradient and decay a fresh state's weights stay"
            Holds = fun make o course -> still (make (fromZero o)) course
        }

        {
            Name = "started at 0, it is odd"
            Holds = fun make o course -> odd (make (fromZero o)) course
        }

        {
            Name = "started at 0 and without epsilon, it does not see a power of two on all gradients"
            Holds =
                fun make o course ->
                    let rule = make { fromZero o with Epsilon = 0.0 }

                    not (isModerate course)
                    || List.forall2 allSame (transformed rule course) (transformed rule (scaled 1024.0 course))
        }

        {
            Name = "started at 0, its first step is Adam's"
            Holds =
                fun make o course ->
                    let adam =
                        Adam.rule
                            {
                                Beta1 = o.Beta1
                                Beta2 = o.Beta2
                                Epsilon = o.Epsilon
                                AmsGrad = false
                            }

                    sameSteps (make { fromZero o with AdamD = false }) adam (firstOf course)
        }

        {
            Name = "AdamD never steps further"
            Holds =
                fun make o course ->
                    let plain = transformed (make { o with AdamD = false }) course
                    let adamD = transformed (make { o with AdamD = true }) course
                    List.forall2 (Array.forall2 (fun p d -> not (abs d > abs p))) plain adamD
        }

        {
            Name = "a step takes (1 - beta2) g^2 to or from the mean square, or nothing"
            Holds =
                fun make o course ->
                    let after = slotValues "v" (make o) course

                    let before = Array.create course.P0.Length o.InitialAccumulator :: after

                    List.zip3 (List.truncate after.Length before) after (List.ofArray course.Grads)
                    |> List.forall (fun (before, after, grads) ->
                        Array.zip3 before after grads
                        |> Array.forall (fun (v, v', g) ->
                            let change = abs (v' - v)
                            v = v' || near 1e-12 (1e-15 * max v v') change ((1.0 - o.Beta2) * g * g)))
        }

        neverNegative "v" "the mean square"
    ]

let private g, t = Expr.gradient, Expr.time

let private mutants: (string * (Yogi.Options -> Rule)) list =
    let broken change o = change o (Yogi.rule o)
    let biasOf beta = 1.0 - Const beta ** t
    let v = Expr.slot "v"
    let sign = Unary(Signum, v - g * g)

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            Yogi.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "the sign is the other one", broken (fun _ -> swapping sign (-sign))
        "the sign is forgotten", broken (fun _ -> swapping sign (Const 1.0))
        "the sign of 0 is 1", broken (fun _ -> swapping sign (Unary(SignPlus, v - g * g)))
        "the sign is that of the difference from the magnitude",
        broken (fun _ -> swapping sign (Unary(Signum, v - abs g)))
        "the mean square moves by a share of the difference: Adam",
        broken (fun _ -> swapping (sign) ((v - g * g) / (g * g)))
        "the mean square moves by the magnitude",
        broken (fun o -> swapping ((1.0 - Const o.Beta2) * sign * (g * g)) ((1.0 - Const o.Beta2) * sign * abs g))
        "the mean square moves by the whole square", broken (fun o -> swapping (1.0 - Const o.Beta2) (Const 1.0))
        "m starts at 0", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Const 0.0 }))
        "v starts at 0", broken (fun _ -> withSlot "v" (fun slot -> { slot with Init = Const 0.0 }))
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "the mean's bias is not corrected", broken (fun o -> swapping (biasOf o.Beta1) (Const 1.0))
        "the mean's bias is always corrected", (fun o -> Yogi.rule { o with AdamD = false })
        "the deviation's bias is not corrected", broken (fun o -> swapping (sqrt (biasOf o.Beta2)) (Const 1.0))
        "the mean takes the whole gradient", broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) g)
        "the gradient's magnitude enters the mean",
        broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) ((1.0 - Const o.Beta1) * abs g))
        "no root is taken",
        broken (fun _ ->
            rewritten (function
                | Unary(Sqrt, a) -> a
                | e -> e))
        "epsilon is subtracted",
        broken (fun o ->
            rewritten (function
                | Binary(Add, a, Const e) when e = o.Epsilon -> a - e
                | e -> e))
        "AdamD is what it is not", (fun o -> Yogi.rule { o with AdamD = not o.AdamD })
    ]

/// From one step to the next v loses at most its share 1 - beta2, and after a gradient it is at least the lesser of beta2
/// and 1 - beta2 times its square. So v bounds every earlier gradient, and with them m'.
let private bound (o: Yogi.Options) =
    if o.Beta2 > 0.0 then
        Some(fun t ->
            let power (b: float) age = Math.Pow(b, float age)

            let ofGradients =
                [ 0 .. t - 1 ]
                |> List.sumBy (fun age ->
                    (1.0 - o.Beta1) * power o.Beta1 age
                    / sqrt (power o.Beta2 age * min o.Beta2 (1.0 - o.Beta2)))

            let ofStart = power o.Beta1 t * sqrt (o.InitialAccumulator / power o.Beta2 t)

            let biasOfMean = if o.AdamD then 1.0 else 1.0 - power o.Beta1 t
            (ofGradients + ofStart) * sqrt (1.0 - power o.Beta2 t) / biasOfMean)
    else
        None

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Yogi.row
            Rule = Yogi.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
