/// What must hold of the optimizers, as predicates over the function that makes the rule: for true rules on random courses,
/// and to show that a broken rule breaks at least one of them.
module Bnn.Tests.Laws

open System
open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators

/// `holds make options course`; `make` is the optimizer's.
type Law<'Options> =
    {
        Name: string
        Holds: ('Options -> Rule) -> 'Options -> Course -> bool
    }

let private learningRate = 0.0078125

let private last (rule: Rule) (course: Course) =
    Reference.trajectory (rule >=> Rule.descend (Const learningRate)) 0 course.P0 course.Grads
    |> List.last

let private allSame a b = Array.forall2 same a b
let private allNear a b = Array.forall2 (near 1e-12 1e-300) a b

let private scaled factor (course: Course) =
    { course with
        Grads = course.Grads |> Array.map (Array.map ((*) factor))
    }

let private negated (course: Course) =
    {
        P0 = course.P0 |> Array.map (~-)
        Grads = course.Grads |> Array.map (Array.map (~-))
    }

/// The transformed gradient after each step, weight by weight.
let private transformed (rule: Rule) (course: Course) =
    // A weight that starts at 0 and whose step is 0 - u shows u exactly.
    let showing = { rule with Weight = -rule.Gradient }

    Reference.trajectory showing 0 course.P0 course.Grads
    |> List.map (Array.map (~-))

let private still (rule: Rule) (course: Course) =
    let rested = scaled 0.0 course
    Array.forall2 (=) (last rule rested) course.P0

let private odd (rule: Rule) (course: Course) =
    Array.forall2
        (fun a b -> a = -b || (Double.IsNaN a && Double.IsNaN b))
        (last rule course)
        (last rule (negated course))

/// The steps that a hand-written loop over one weight's gradients gives, against the rule's.
let private asByHand (byHand: float[] -> float list) (rule: Rule) (course: Course) =
    let steps = transformed rule course

    seq { 0 .. course.P0.Length - 1 }
    |> Seq.forall (fun i ->
        let expected = course.Grads |> Array.map (fun g -> g[i]) |> byHand
        List.forall2 (fun (e: float) (s: float[]) -> near 1e-12 1e-300 e s[i] || same e s[i]) expected steps)

/// The laws of every optimizer of this list.
let private common () : Law<'Options> list =
    [
        {
            Name = "without gradient and decay a fresh state's weights stay"
            Holds = fun make o course -> still (make o) course
        }

        {
            Name = "is odd: with weights and gradients negated it does the negated"
            Holds = fun make o course -> odd (make o) course
        }
    ]

let sgd: Law<Sgd.Options> list =
    [
        yield! common ()

        {
            Name = "without momentum it is plain descent"
            Holds =
                fun make o course ->
                    allSame
                        (last
                            (make
                                { Sgd.defaults with
                                    Momentum = 0.0
                                    Dampening = o.Dampening
                                })
                            course)
                        (last Rule.identity course)
        }

        {
            Name = "its first step takes the whole gradient, Nesterov's 1 + momentum of it"
            Holds =
                fun make o course ->
                    let first =
                        { course with
                            Grads = Array.truncate 1 course.Grads
                        }

                    let share = if o.Nesterov then 1.0 + o.Momentum else 1.0

                    Array.forall2
                        (near 1e-15 1e-300)
                        (List.head (transformed (make o) first))
                        (first.Grads[0] |> Array.map ((*) share))
        }

        {
            Name = "is linear: all gradients times a power of two give all steps times it"
            Holds =
                fun make o course ->
                    // Large enough that nothing is subnormal before or after.
                    let course = course |> scaled 1e20

                    let sensible =
                        course.Grads |> Array.forall (Array.forall (fun g -> g = 0.0 || abs g > 1e-200))

                    let larger = transformed (make o) (scaled 1024.0 course)

                    not sensible
                    || List.forall2 (Array.forall2 (fun a b -> 1024.0 * a = b)) (transformed (make o) course) larger
        }

        {
            Name = "Nesterov's step is the gradient plus momentum times the plain buffer"
            Holds =
                fun make o course ->
                    let momentum = max 0.5 o.Momentum

                    let plain =
                        transformed
                            (make
                                {
                                    Momentum = momentum
                                    Dampening = 0.0
                                    Nesterov = false
                                })
                            course

                    let nesterov =
                        transformed
                            (make
                                {
                                    Momentum = momentum
                                    Dampening = 0.0
                                    Nesterov = true
                                })
                            course

                    (List.ofArray course.Grads, plain, nesterov)
                    |||> List.zip3
                    |> List.forall (fun (g, b, n) -> allNear n (Array.map2 (fun g b -> g + momentum * b) g b))
        }

        {
            Name = "is the buffer written by hand"
            Holds =
                fun make o course ->
                    let byHand (grads: float[]) =
                        let mutable b = 0.0

                        [
                            for t in 1 .. grads.Length do
                                let g = grads[t - 1]

                                if o.Momentum = 0.0 then
                                    g
                                else
                                    b <-
                                        if t = 1 then
                                            g
                                        else
                                            o.Momentum * b + (1.0 - o.Dampening) * g

                                    if o.Nesterov then g + o.Momentum * b else b
                        ]

                    asByHand byHand (make o) course
        }
    ]

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

/// Gradients whose squares and their shares are normal numbers, or 0.
let private isModerate (course: Course) =
    course.Grads |> Array.forall (Array.forall (fun g -> g = 0.0 || abs g > 1e-100))

let adam: Law<Adam.Options> list =
    [
        yield! common ()

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
            Name = "without epsilon it does not see a power of two on all gradients"
            Holds =
                fun make o course ->
                    let rule = make { o with Epsilon = 0.0 }
                    // What is 0 or so small that its square is subnormal does see it.
                    not (isModerate course)
                    || List.forall2 allSame (transformed rule course) (transformed rule (scaled 1024.0 course))
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
