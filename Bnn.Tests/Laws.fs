/// Laws of optimizers, as predicates over the function that makes the rule: they must hold for the true rule on random
/// courses, and to show that they bite, a broken rule must break at least one of them.
module Bnn.Tests.Laws

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators

/// `holds make options course`; `make` is the optimizer's.
type Law<'Options> =
    {
        Name: string
        Holds: ('Options -> Rule) -> 'Options -> Course -> bool
    }

let learningRate = 0.0078125

let allSame a b = Array.forall2 same a b
let allNear a b = Array.forall2 (near 1e-12 1e-300) a b

let scaled factor (course: Course) =
    { course with
        Grads = course.Grads |> Array.map (Array.map ((*) factor))
    }

let negated (course: Course) =
    {
        P0 = course.P0 |> Array.map (~-)
        Grads = course.Grads |> Array.map (Array.map (~-))
    }

/// The transformed gradient after each step, weight by weight.
let transformed (rule: Rule) (course: Course) =
    // A weight that starts at 0 and whose step is 0 - u shows u exactly.
    let showing = { rule with Weight = -rule.Gradient }

    Reference.trajectory showing 0 course.P0 course.Grads
    |> List.map (Array.map (~-))

/// The weights after each step.
let weights (rule: Rule) (course: Course) =
    Reference.trajectory (rule >=> Rule.descend (Const learningRate)) 0 course.P0 course.Grads

let last rule course = weights rule course |> List.last

/// A slot's numbers after each step, weight by weight.
let slotted name (rule: Rule) (course: Course) =
    let whole = rule >=> Rule.descend (Const learningRate)
    let step = Optimizer.step whole
    let at = whole.Slots |> List.findIndex (fun slot -> slot.Name = name)

    ((Optimizer.start whole course.P0, course.P0), course.Grads)
    ||> Array.scan (fun (state, w) g ->
        let struct (state, w) = step state g w
        state, w)
    |> Array.tail
    |> Array.map (fun (state, _) -> state.Slots[at])
    |> List.ofArray

let still (rule: Rule) (course: Course) =
    let rested = scaled 0.0 course
    Array.forall2 (=) (last rule rested) course.P0

let odd (rule: Rule) (course: Course) =
    Array.forall2
        (fun a b -> a = -b || (Double.IsNaN a && Double.IsNaN b))
        (last rule course)
        (last rule (negated course))

/// The steps that a hand-written loop over one weight's gradients gives, against the rule's.
let asByHand (byHand: float[] -> float list) (rule: Rule) (course: Course) =
    let steps = transformed rule course

    seq { 0 .. course.P0.Length - 1 }
    |> Seq.forall (fun i ->
        let expected = course.Grads |> Array.map (fun g -> g[i]) |> byHand
        List.forall2 (fun (e: float) (s: float[]) -> near 1e-12 1e-300 e s[i] || same e s[i]) expected steps)

/// Gradients whose squares and their shares are normal numbers, or 0.
let isModerate (course: Course) =
    course.Grads |> Array.forall (Array.forall (fun g -> g = 0.0 || abs g > 1e-100))

/// A slot's values after each step, weight by weight.
let slotValues name (rule: Rule) (course: Course) =
    let step = Optimizer.step rule
    let index = rule.Slots |> List.findIndex (fun slot -> slot.Name = name)

    ((Optimizer.start rule course.P0, course.P0), course.Grads)
    ||> Array.scan (fun (state, w) g ->
        let struct (state, w) = step state g w
        state, w)
    |> Array.tail
    |> Array.map (fun (state, _) -> state.Slots[index])
    |> List.ofArray

/// The same course with its first step alone.
let firstOf (course: Course) =
    { course with
        Grads = Array.truncate 1 course.Grads
    }

/// The steps of two rules, all near each other, or NaN together.
let sameSteps (a: Rule) (b: Rule) (course: Course) =
    List.forall2
        (Array.forall2 (fun x y -> near 1e-12 1e-300 x y || same x y))
        (transformed a course)
        (transformed b course)

/// For slots of squares and of magnitudes.
let neverNegative slot (about: string) : Law<'Options> =
    {
        Name = $"{about} is never negative"
        Holds =
            fun make o course ->
                slotValues slot (make o) course
                |> List.forall (Array.forall (fun x -> not (x < 0.0)))
    }
