/// What the laws of combinators share: two whole rules, and ways to run them.
module Bnn.Tests.CombinatorSupport

open Bnn
open Bnn.Tests.Generators

let rate = Const 0.0625
let adam = Adam.rule Adam.defaults >=> Rule.descend rate

let momentum = Sgd.rule { Sgd.defaults with Momentum = 0.9 } >=> Rule.descend rate

let run rule (course: Course) =
    Reference.trajectory rule course.Grads.Length course.P0 course.Grads

/// What a transform makes of the gradients of a first step, for weights that lie so.
let transformedOver segments (rule: Rule) (gradients: float[]) =
    let showing = { rule with Weight = -rule.Gradient }
    let zero = gradients |> Array.map (fun _ -> 0.0)

    let struct (_, w) =
        Optimizer.step showing (Optimizer.startOver segments 0 showing zero) gradients zero

    w |> Array.map (~-)

let tensor group rows length =
    {
        Group = group
        Rows = rows
        Length = length
    }

let transformed rule (gradients: float[]) =
    transformedOver [ tensor ParameterGroup.BinaryWeights 1 gradients.Length ] rule gradients
