module Bnn.Tests.Rules.RmsPropTests

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

let private options: Gen<RmsProp.Options> =
    gen {
        let! alpha = Gen.elements [ 0.0; 0.5; 0.9; 0.99 ]
        let! epsilon = Gen.elements [ 1e-8; 1e-3; 1e-16 ]
        let! momentum = Gen.elements [ 0.0; 0.5; 0.9 ]
        let! centered = Gen.elements [ true; false ]

        return
            {
                Alpha = alpha
                Epsilon = epsilon
                Momentum = momentum
                Centered = centered
            }
    }

let private byHand (o: RmsProp.Options) (grads: float[]) =
    let mutable v, m, b = 0.0, 0.0, 0.0

    [
        for g in grads do
            v <- o.Alpha * v + (1.0 - o.Alpha) * g * g
            m <- o.Alpha * m + (1.0 - o.Alpha) * g
            let square = if o.Centered then max (v - m * m) 0.0 else v
            b <- o.Momentum * b + g / (sqrt square + o.Epsilon)
            b
    ]

let private plain (o: RmsProp.Options) =
    { o with
        Momentum = 0.0
        Centered = false
        Epsilon = 0.0
    }

let private laws: Law<RmsProp.Options> list =
    [
        {
            Name = "is RMSProp written by hand, centering and momentum included"
            Holds = fun make o course -> asByHand (byHand o) (make o) course
        }

        {
            Name = "its momentum is SGD's after RMSProp without it, exactly"
            Holds =
                fun make o course ->
                    let momentum = max 0.5 o.Momentum

                    let chained =
                        make { o with Momentum = 0.0 }
                        >=> Sgd.rule
                                { Sgd.defaults with
                                    Momentum = momentum
                                }

                    List.forall2
                        (Array.forall2 (fun (a: float) b -> a = b))
                        (transformed (make { o with Momentum = momentum }) course)
                        (transformed chained course)
        }

        {
            Name = "plain it is Adam with beta1 = 0 before Adam corrects the bias"
            Holds =
                fun make o course ->
                    let adam =
                        Adam.rule
                            { Adam.defaults with
                                Beta1 = 0.0
                                Beta2 = o.Alpha
                                Epsilon = 0.0
                            }

                    let corrected =
                        make (plain o) >=> Rule.scale (sqrt (1.0 - Const o.Alpha ** Expr.time))

                    not (isModerate course)
                    || List.forall2
                        (Array.forall2 (fun a b -> near 1e-12 0.0 a b || same a b))
                        (transformed adam course)
                        (transformed corrected course)
        }

        {
            Name = "plain and with alpha = 0 every step is the gradient's sign"
            Holds =
                fun make o course ->
                    let steps = transformed (make { plain o with Alpha = 0.0 }) course

                    not (isModerate course)
                    || List.forall2
                        (Array.forall2 (fun (g: float) u -> g = 0.0 || near 1e-12 0.0 u (float (sign g))))
                        (List.ofArray course.Grads)
                        steps
        }

        {
            Name = "the mean square is never negative"
            Holds = fun make o course -> slotted "v" (make o) course |> List.forall (Array.forall (fun v -> v >= 0.0))
        }

        {
            Name = "centered, where a gradient stays, no rounding makes its variance negative and its step NaN"
            Holds =
                fun make o course ->
                    let staying =
                        { course with
                            Grads = Array.create 60 course.Grads[0]
                        }

                    let rule = make { o with Alpha = 0.5; Centered = true }

                    transformed rule staying |> List.forall (Array.forall Double.IsFinite)
        }
    ]

let private g = Expr.gradient
let private v, m = Expr.slot "v", Expr.slot "m"

let private mutants: (string * (RmsProp.Options -> Rule)) list =
    let broken change o = change o (RmsProp.rule o)
    let share (o: RmsProp.Options) = 1.0 - Const o.Alpha
    let kept (o: RmsProp.Options) slot = Const o.Alpha * slot
    let mean (o: RmsProp.Options) = kept o m + share o * g

    [
        "alpha and its share are exchanged", (fun o -> RmsProp.rule { o with Alpha = 1.0 - o.Alpha })
        "the gradient is not squared", broken (fun o -> swapping (share o * g * g) (share o * g))
        "its magnitude is taken for its square", broken (fun o -> swapping (share o * g * g) (share o * abs g))
        "the mean square takes the whole square", broken (fun o -> swapping (share o * g * g) (g * g))
        "the mean square never forgets", broken (fun o -> swapping (kept o v) v)
        "the mean square's sign", broken (fun o -> swapping (kept o v) (-(kept o v)))
        "v starts at 1", broken (fun _ -> withSlot "v" (fun slot -> { slot with Init = Const 1.0 }))
        "the mean square's bias is corrected",
        broken (fun o ->
            rewritten (function
                | Unary(Sqrt, a) -> sqrt (a / (1.0 - Const o.Alpha ** Expr.time))
                | e -> e))
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
        "the gradient's magnitude is scaled",
        broken (fun _ ->
            rewritten (function
                | Binary(Div, a, b) when a = g -> abs g / b
                | e -> e))
        "the weight leaks into the step",
        broken (fun _ rule ->
            { rule with
                Gradient = rule.Gradient + 1e-3 * Expr.weight
            })
        "the weight leaks into the mean square",
        broken (fun _ ->
            withSlot "v" (fun slot ->
                { slot with
                    Next = slot.Next + 1e-3 * Expr.weight * Expr.weight
                }))
        "the center takes the whole gradient", broken (fun o -> swapping (mean o) (kept o m + g))
        "the center is the one before the step", broken (fun o -> swapping (mean o * mean o) (m * m))
        "the center is not squared", broken (fun o -> swapping (mean o * mean o) (mean o))
        "the center is added",
        broken (fun o ->
            rewritten (function
                | Binary(Sub, a, b) when b = mean o * mean o -> a + b
                | e -> e))
        "centering is forgotten", (fun o -> RmsProp.rule { o with Centered = false })
        "the variance may be negative",
        broken (fun _ ->
            rewritten (function
                | Binary(Max, a, _) -> a
                | e -> e))
        "momentum is forgotten", (fun o -> RmsProp.rule { o with Momentum = 0.0 })
        "the buffer takes a share of the step",
        broken (fun o ->
            rewritten (function
                | Binary(Add, (Binary(Mul, _, Slot("b", _)) as old), u) -> old + (1.0 - o.Momentum) * u
                | e -> e))
        "the buffer's sign",
        broken (fun o -> swapping (Const o.Momentum * Expr.slot "b") (-(Const o.Momentum * Expr.slot "b")))
    ]

/// A gradient's own share of the mean square bounds one step: |u| <= 1 / sqrt(1 - alpha). Of the variance it is alpha^t (1 -
/// alpha), by Cauchy and Schwarz. Momentum adds up such steps.
let private bound (o: RmsProp.Options) =
    if o.Centered && o.Alpha = 0.0 then
        None
    else
        let single t =
            1.0
            / sqrt ((1.0 - o.Alpha) * (if o.Centered then Math.Pow(o.Alpha, float t) else 1.0))

        Some(fun t -> [ 1..t ] |> List.sumBy (fun s -> Math.Pow(o.Momentum, float (t - s)) * single s))

[<Tests>]
let tests =
    Subject.tests
        {
            Row = RmsProp.row
            Rule = RmsProp.rule
            Options = options
            Bound = Some bound
            Laws = laws
            Mutants = mutants
            Unseen = [ "the variance may be negative" ]
        }
