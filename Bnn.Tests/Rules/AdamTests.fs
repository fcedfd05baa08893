module Bnn.Tests.Rules.AdamTests

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

let private options: Gen<Adam.Options> =
    gen {
        let! beta1 = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! beta2 = Gen.elements [ 0.0; 0.9; 0.99; 0.999 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]
        let! amsGrad = Gen.elements [ true; false ]

        return
            {
                Beta1 = beta1
                Beta2 = beta2
                Epsilon = epsilon
                AmsGrad = amsGrad
            }
    }

/// RMSProp with bias correction; with `beta1`, Adam.
let private adamByHand (o: Adam.Options) (grads: float[]) =
    let mutable m, v, x = 0.0, 0.0, 0.0

    [
        for t in 1 .. grads.Length do
            let g = grads[t - 1]
            m <- o.Beta1 * m + (1.0 - o.Beta1) * g
            v <- o.Beta2 * v + (1.0 - o.Beta2) * g * g
            x <- max x v

            let unbiased =
                sqrt ((if o.AmsGrad then x else v) / (1.0 - Math.Pow(o.Beta2, float t)))

            m / (1.0 - Math.Pow(o.Beta1, float t)) / (unbiased + o.Epsilon)
    ]

let private laws: Law<Adam.Options> list =
    [
        {
            Name = "without epsilon a fresh state's first step is the learning rate, whatever the gradient"
            Holds =
                fun make o course ->
                    let rule = make { o with Epsilon = 0.0 }

                    let first =
                        { course with
                            Grads = Array.truncate 1 course.Grads
                        }

                    not (isModerate course)
                    || Array.forall2
                        (fun (g: float) (u: float) -> g = 0.0 || near 1e-12 0.0 u (float (sign g)))
                        first.Grads[0]
                        (List.head (transformed rule first))
        }

        {
            Name = "with beta1 = 0 it is RMSProp with bias correction, written by hand"
            Holds =
                fun make o course ->
                    let o = { o with Beta1 = 0.0; AmsGrad = false }
                    asByHand (adamByHand o) (make o) course
        }

        {
            Name = "is Adam written by hand, AMSGrad included"
            Holds = fun make o course -> asByHand (adamByHand o) (make o) course
        }

        {
            Name = "AMSGrad never steps further than Adam"
            Holds =
                fun make o course ->
                    let plain = transformed (make { o with AmsGrad = false }) course
                    let ams = transformed (make { o with AmsGrad = true }) course
                    List.forall2 (Array.forall2 (fun p a -> abs a <= abs p)) plain ams
        }
    ]

let private g, t = Expr.gradient, Expr.time

let private mutants: (string * (Adam.Options -> Rule)) list =
    let broken change o = change o (Adam.rule o)
    let biasOf beta = 1.0 - Const beta ** t

    [
        "beta1 and beta2 exchanged",
        (fun o ->
            Adam.rule
                { o with
                    Beta1 = o.Beta2
                    Beta2 = o.Beta1
                })
        "the mean's bias is not corrected", broken (fun o -> swapping (biasOf o.Beta1) (Const 1.0))
        "the deviation's bias is not corrected", broken (fun o -> swapping (sqrt (biasOf o.Beta2)) (Const 1.0))
        "the bias is corrected for one step more", broken (fun _ -> swapping t (t + 1.0))
        "the root of the deviation's bias is forgotten",
        broken (fun o -> swapping (sqrt (biasOf o.Beta2)) (biasOf o.Beta2))
        "no root is taken",
        broken (fun _ ->
            rewritten (function
                | Unary(Sqrt, a) -> a
                | e -> e))
        "the gradient is not squared", broken (fun _ -> swapping (g * g) g)
        "its magnitude is taken for its square", broken (fun _ -> swapping (g * g) (abs g))
        "the mean takes the whole gradient", broken (fun o -> swapping ((1.0 - Const o.Beta1) * g) g)
        "the mean's sign", broken (fun o -> swapping (Const o.Beta1 * Expr.slot "m") (-(Const o.Beta1 * Expr.slot "m")))
        "m starts at the weight", broken (fun _ -> withSlot "m" (fun slot -> { slot with Init = Expr.weight }))
        "v starts at 1", broken (fun _ -> withSlot "v" (fun slot -> { slot with Init = Const 1.0 }))
        "the mean is the one before the step",
        broken (fun o rule ->
            rule
            |> swapping (Const o.Beta1 * Expr.slot "m" + (1.0 - Const o.Beta1) * g) (Expr.slot "m")
            |> withSlot "m" (fun _ -> rule.Slots.Head))
        "epsilon stands under the root",
        broken (fun o ->
            rewritten (function
                | Unary(Sqrt, Binary(Sub, a, b)) -> sqrt (a - b)
                | Unary(Sqrt, v) -> sqrt (v + o.Epsilon)
                | e -> e))
        "epsilon is subtracted",
        broken (fun o ->
            rewritten (function
                | Binary(Add, a, Const e) when e = o.Epsilon -> a - e
                | e -> e))
        "AMSGrad is forgotten", (fun o -> Adam.rule { o with AmsGrad = false })
        "AMSGrad keeps the least",
        broken (fun _ ->
            rewritten (function
                | Binary(Max, a, b) -> Expr.minimum a b
                | e -> e))
    ]

/// |u| <= sqrt(sum a^2 / b), a and b the weights of the gradients in the two means (Cauchy and Schwarz); a geometric series,
/// finite where beta1^2 < beta2.
let private bound (o: Adam.Options) =
    let a, b = o.Beta1, o.Beta2

    if a * a < b || a = 0.0 then
        Some(fun t ->
            [ 0 .. t - 1 ]
            |> List.sumBy (fun age ->
                let mean = (1.0 - a) * Math.Pow(a, float age) / (1.0 - Math.Pow(a, float t))
                let square = (1.0 - b) * Math.Pow(b, float age) / (1.0 - Math.Pow(b, float t))
                if mean = 0.0 then 0.0 else mean * mean / square)
            |> sqrt)
    else
        None

[<Tests>]
let tests =
    Subject.tests
        {
            Row = Adam.row
            Rule = Adam.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = []
        }
