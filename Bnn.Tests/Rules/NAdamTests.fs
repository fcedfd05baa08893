module Bnn.Tests.Rules.NAdamTests

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

let private options: Gen<NAdam.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]
        let! momentumDecay = Gen.elements [ 0.0; 4e-3; 0.1; 10.0 ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = epsilon
                MomentumDecay = momentumDecay
            }
    }

let private momentum (o: NAdam.Options) (t: int) =
    o.Beta1 * (1.0 - 0.5 * Math.Pow(0.96, float t * o.MomentumDecay))

/// The factors of m' and of g in step t, given all momenta.
let private factors momentum t =
    let product steps =
        List.fold (*) 1.0 [ for s in 1..steps -> momentum s ]

    momentum (t + 1) / (1.0 - product (t + 1)), (1.0 - momentum t) / (1.0 - product t)

let private byHand (o: NAdam.Options) momentum (grads: float[]) =
    let mutable m, v = 0.0, 0.0

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g
            v <- o.Beta2 * v + (1.0 - o.Beta2) * g * g
            let ofMean, ofGradient = factors momentum t
            let deviation = sqrt (v / (1.0 - Math.Pow(o.Beta2, float t)))
            (ofMean * m + ofGradient * g) / (deviation + o.Epsilon)
    ]

/// m' and g may cancel; then the last digits of the terms are what is compared.
let private isByHand o momentum (rule: Rule) (course: Course) =
    let steps = transformed rule course

    seq { 0 .. course.P0.Length - 1 }
    |> Seq.forall (fun i ->
        let expected = course.Grads |> Array.map (fun g -> g[i]) |> byHand o momentum
        List.forall2 (fun (e: float) (s: float[]) -> near 1e-12 1e-13 e s[i] || same e s[i]) expected steps)

let private laws: Law<NAdam.Options> list =
    [
        {
            Name = "is NAdam written by hand"
            Holds = fun make o course -> isByHand o (momentum o) (make o) course
        }

        {
            Name = "with beta1 = 0 it is Adam with beta1 = 0"
            Holds =
                fun make o course ->
                    let adam =
                        Adam.rule
                            {
                                Beta1 = 0.0
                                Beta2 = o.Beta2
                                Epsilon = o.Epsilon
                                AmsGrad = false
                            }

                    not (isModerate course) || sameSteps (make { o with Beta1 = 0.0 }) adam course
        }

        {
            Name = "once the momentum has grown to beta1, it is Nesterov's Adam with powers of beta1"
            Holds = fun make o course -> isByHand o (fun _ -> o.Beta1) (make { o with MomentumDecay = 1e6 }) course
        }

        {
            Name = "without epsilon a fresh state's first step is 1 and what it looks ahead, whatever the gradient"
            Holds =
                fun make o course ->
                    let first = firstOf course
                    let ofMean, ofGradient = factors (momentum o) 1
                    let length = ofMean * (1.0 - o.Beta1) + ofGradient

                    not (isModerate course)
                    || Array.forall2
                        (fun (g: float) (u: float) -> g = 0.0 || near 1e-12 0.0 u (length * float (sign g)))
                        first.Grads[0]
                        (List.head (transformed (make { o with Epsilon = 0.0 }) first))
        }

        {
            Name = "the product of the momenta lies between the powers of beta1 / 2 and of beta1"
            Holds =
                fun make o course ->
                    slotValues "product" (make o) course
                    |> List.indexed
                    |> List.forall (fun (before, product) ->
                        let power (b: float) = Math.Pow(b, float (before + 1))

                        product[0] >= power (o.Beta1 / 2.0) * (1.0 - 1e-12)
                        && product[0] <= power o.Beta1 * (1.0 + 1e-12))
        }

        neverNegative "v" "the mean square"
    ]

let private g, t = Expr.gradient, Expr.time
let private product = Expr.slotOnce "product"

let private mutants: (string * (NAdam.Options -> Rule)) list =
    let broken change o = change o (NAdam.rule o)

    /// product * mu(t) as it stands in the rule.
    let product' (rule: Rule) =
        (rule.Slots |> List.find (fun slot -> slot.Name = "product")).Next

    let mu (rule: Rule) =
        match product' rule with
        | Binary(Mul, _, mu) -> mu
        | other -> other

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            NAdam.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "the momentum does not grow", (fun o -> NAdam.rule { o with MomentumDecay = 0.0 })
        "the momentum starts at 0", broken (fun _ -> swapping (Const 0.5) (Const 1.0))
        "the momentum does not look ahead", broken (fun _ -> swapping (t + 1.0) t)
        "the product forgets", broken (fun _ rule -> swapping (product' rule) (mu rule) rule)
        "the product starts at 1/2", broken (fun _ -> withSlot "product" (fun slot -> { slot with Init = Const 0.5 }))
        "the product is the one before the step",
        broken (fun _ rule ->
            { rule with
                Gradient = Expr.rewrite (fun e -> if e = product' rule then product else e) rule.Gradient
            })
        "the momentum enters twice, as in torch 1.13's loop",
        broken (fun _ rule ->
            { rule with
                Gradient =
                    Expr.rewrite
                        (function
                        | Binary(Mul, p, ahead) when p = product' rule -> p * mu rule * ahead
                        | e -> e)
                        rule.Gradient
            })
        "the gradient enters whole", broken (fun _ rule -> swapping (1.0 - mu rule) (Const 1.0) rule)
        "the gradient enters by the mean alone", broken (fun _ rule -> swapping (1.0 - mu rule) (Const 0.0) rule)
        "the deviation's bias is not corrected", broken (fun o -> swapping (1.0 - Const o.Beta2 ** t) (Const 1.0))
        "the mean takes the whole gradient", broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) g)
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "the gradient is not squared", broken (fun _ -> swapping (g * g) g)
        "its magnitude is taken for its square", broken (fun _ -> swapping (g * g) (abs g))
        "the mean square's sign", broken (fun _ -> swapping (g * g) (-(g * g)))
        "no root is taken",
        broken (fun _ ->
            rewritten (function
                | Unary(Sqrt, a) -> a
                | e -> e))
        "epsilon stands under the root",
        broken (fun o ->
            rewritten (function
                | Binary(Add, Unary(Sqrt, a), Const e) when e = o.Epsilon -> sqrt (a + e)
                | e -> e))
    ]

/// |u| <= sqrt(sum a^2 / b), a and b the weights of the gradients in the numerator and in the mean of squares (Cauchy and
/// Schwarz); finite where beta1^2 < beta2.
let private bound (o: NAdam.Options) =
    if o.Beta1 * o.Beta1 < o.Beta2 || o.Beta1 = 0.0 then
        Some(fun t ->
            let ofMean, ofGradient = factors (momentum o) t

            [ 0 .. t - 1 ]
            |> List.sumBy (fun age ->
                let ofNow = if age = 0 then ofGradient else 0.0
                let share = ofMean * (1.0 - o.Beta1) * Math.Pow(o.Beta1, float age) + ofNow

                let square =
                    (1.0 - o.Beta2) * Math.Pow(o.Beta2, float age)
                    / (1.0 - Math.Pow(o.Beta2, float t))

                if share = 0.0 then 0.0 else share * share / square)
            |> sqrt)
    else
        None

[<Tests>]
let tests =
    Subject.tests
        {
            Row = NAdam.row
            Rule = NAdam.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
