namespace Bnn

/// A rule's course over any algebra: weights and slots after some steps. With arrays, a 'T is the number of all weights.
[<EditorBrowsable(Never)>]
type Unrolled<'T> =
    {
        /// Steps done.
        StepsDone: int
        Weights: 'T
        /// The rule's slots, by name.
        SlotValues: Map<string, 'T>
    }

/// Carrying out a rule step by step over any algebra, and so deriving a whole training by what it depends on: over dual
/// numbers the course carries its derivative along. `Optimizer` does the same in float64 for weights in groups and channels.
[<EditorBrowsable(Never)>]
module Unroll =
    /// The course before the first step.
    let start (algebra: Algebra<'T>) (rule: Rule) (weights: 'T) =
        let leaf name =
            if name = "w" then
                weights
            else
                invalidArg (nameof rule) $"a slot's first value reads {name}; allowed: only w"

        {
            StepsDone = 0
            Weights = weights
            SlotValues =
                rule.Slots
                |> List.map (fun slot -> slot.Name, Algebra.evaluateExpr algebra leaf slot.Init)
                |> Map.ofList
        }

    /// One step of a stage of `iterations` steps (0 where unknown), everything computed in 'T. `input` gives what the rule
    /// reads besides w, g, t, T and its slots: `group`, or a learning rate that is left open as `Expr.uniform "lr"`.
    /// Given algebra and rule it prepares what all steps share.
    let step (algebra: Algebra<'T>) (rule: Rule) =
        let graph = Graph.ofExprs (rule.Weight :: (rule.Slots |> List.map _.Next))

        fun (input: string -> 'T) (iterations: int) (before: Unrolled<'T>) (gradients: 'T) ->
            let time = before.StepsDone + 1

            let leaf name =
                match name, Map.tryFind name before.SlotValues with
                | _, Some slot -> slot
                | "w", _ -> before.Weights
                | "g", _ -> gradients
                | ("t" | "T"), _ -> algebra.Const(Optimizer.once iterations time name)
                | other, _ -> input other

            let after = Algebra.evaluate algebra leaf graph

            {
                StepsDone = time
                Weights = after[0]
                SlotValues = Seq.zip (rule.Slots |> List.map _.Name) (Seq.tail after) |> Map.ofSeq
            }
