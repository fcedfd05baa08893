namespace Bnn

open System

/// Parameters of one tensor that lie one after another: `Rows` output channels of `Length` weights, all of one group.
[<EditorBrowsable(Never)>]
type Segment =
    {
        Group: ParameterGroup
        Rows: int
        Length: int
    }

    /// How many weights.
    member segment.Count = segment.Rows * segment.Length

/// The pure form of an optimizer's state.
[<EditorBrowsable(Never)>]
type OptimizerState =
    {
        /// Steps done.
        Time: int
        /// Steps of the whole stage; 0 where unknown: then progress stays 0.
        Iterations: int
        /// How the weights lie in the arrays.
        Segments: Segment list
        /// For each slot, in the rule's order, one number a weight; of a slot that is kept once, one number a segment.
        Slots: float[] list
    }

/// Carrying out a rule: as passes over memory, or purely.
[<EditorBrowsable(Never)>]
module Optimizer =
    // what a slot's first value reads; a slot that is kept once reads nothing
    let private firstValue (weight: float) name =
        if name = "w" then
            weight
        else
            Fault.require (Fault.unless false "slots" $"a first value that reads {name}" "a formula over w")
            nan

    let private kept extent (slots: Slot list) =
        slots
        |> List.filter (fun slot -> slot.Extent = extent)
        |> List.map (fun slot -> slot.Name, slot.Next)

    /// The plan of one step in place for a group's weights: arrays w, g and the slots of `Rule.specialize group`. The final
    /// pass's one sum counts the flips of binary weights, is 0 for others, and NaN where something that is stored is not finite; the
    /// numbers are the slots that are kept once.
    let plan (group: ParameterGroup) (rule: Rule) =
        let special = Rule.specialize group rule
        let slots = special.Slots |> List.map _.Name

        let lost =
            Rule.unlessLost
                { rule with
                    Slots = rule.Slots |> List.filter (fun slot -> List.contains slot.Name slots)
                }

        let counted =
            if group = ParameterGroup.BinaryWeights then
                Rule.flipped rule + lost
            else
                lost

        Plan.createFor
            (fun name -> name = "w" || List.contains name slots)
            (ParameterGroup.specialize group)
            (("w", rule.Weight) :: kept PerWeight rule.Slots)
            [ Sum, counted ]
            (kept Once rule.Slots)

    /// The pass of a rule without reductions, for binary weights.
    let pass (rule: Rule) =
        (plan ParameterGroup.BinaryWeights rule).Final

    /// The pass that makes a group's weights w what the trained network has, from the slots as they are after a step; None where the rule
    /// does not average them.
    let averagePass (group: ParameterGroup) (rule: Rule) =
        let average = ParameterGroup.specialize group rule.Average

        if average = Expr.weight then
            None
        else
            Some(Pass.create [ "w", average ] [])

    /// Whether the trained network has other weights than the steps leave, in any group.
    let averages (rule: Rule) =
        ParameterGroup.all |> List.exists (fun group -> (averagePass group rule).IsSome)

    /// The pass that fills a group's slots before the first step from the weights.
    let startPass (group: ParameterGroup) (rule: Rule) =
        let slots = (Rule.specialize group rule).Slots

        Pass.create
            [
                for slot in slots do
                    if slot.Extent = PerWeight then
                        slot.Name, slot.Init
            ]
            []

    /// The numbers kept once for a group, before the first step.
    let startNumbers (group: ParameterGroup) (rule: Rule) =
        [
            for slot in (Rule.specialize group rule).Slots do
                if slot.Extent = Once then
                    slot.Name, Algebra.evaluateExpr Algebra.float64 (firstValue nan) slot.Init
        ]

    /// What a rule reads once a step, at iteration `time` (from 1) of `iterations` (0 where unknown).
    let once (iterations: int) (time: int) name = Schedule.once iterations time name

    /// The state before the first step of a stage of `iterations` steps, for weights that lie so.
    let startOver (segments: Segment list) iterations (rule: Rule) (weights: float[]) =
        let initial (slot: Slot) (w: float) =
            Algebra.evaluateExpr Algebra.float64 (firstValue w) slot.Init

        {
            Time = 0
            Iterations = iterations
            Segments = segments
            Slots =
                [
                    for slot in rule.Slots do
                        if slot.Extent = Once then
                            segments |> List.map (fun _ -> initial slot nan) |> List.toArray
                        else
                            weights |> Array.map (initial slot)
                ]
        }

    /// The state before the first step of a stage of `iterations` steps; the weights are one channel of binary weights.
    let startFor iterations rule (weights: float[]) =
        let whole =
            {
                Group = ParameterGroup.BinaryWeights
                Rows = 1
                Length = weights.Length
            }

        startOver [ whole ] iterations rule weights

    /// The state before the first step of a stage whose length is not known; the weights are one channel of binary weights.
    let start rule weights = startFor 0 rule weights

    /// One step, in float64, without changing anything: the new state and the new weights. Given the rule alone it prepares
    /// what all steps share.
    let step (rule: Rule) =
        let plans =
            ParameterGroup.all
            |> List.map (fun group -> group, lazy (plan group rule))
            |> Map.ofList

        fun (state: OptimizerState) (gradients: float[]) (weights: float[]) ->
            let time = state.Time + 1
            let segments = List.toArray state.Segments
            let starts = segments |> Array.scan (fun at segment -> at + segment.Count) 0
            let names = rule.Slots |> List.map _.Name

            let before =
                List.zip names state.Slots
                |> Map.ofList
                |> Map.add "w" weights
                |> Map.add "g" gradients

            let after = before |> Map.map (fun _ numbers -> Array.copy numbers)

            let onceOf part name =
                match rule.Slots |> List.tryFind (fun slot -> slot.Name = name) with
                | Some slot when slot.Extent = Once -> before[name][part]
                | _ -> once state.Iterations time name

            let shapeOf part =
                {
                    Rows = segments[part].Rows
                    Length = int64 segments[part].Length
                    Channels = segments[part].Rows
                }

            let carryOut part pass (onceOf: Func<string, float>) (rows: Func<string, float[]>) =
                let array name =
                    Array.sub before[name] starts[part] segments[part].Count

                let stored, reductions =
                    Pass.interpret Algebra.float64 (shapeOf part) onceOf.Invoke rows.Invoke array pass

                for name, numbers in stored do
                    numbers.CopyTo(after[name], starts[part])

                reductions

            let runner =
                { new IPassRunner with
                    member _.Once(part, name) = onceOf part name
                    member _.Shape part = shapeOf part
                    member _.Run(part, pass, once, row) = carryOut part pass once row
                }

            Plan.run (segments |> Array.map (fun segment -> plans[segment.Group].Value)) runner
            |> Array.iteri (fun part result ->
                result.Numbers |> Map.iter (fun name value -> after[name][part] <- value))

            let next =
                { state with
                    Time = time
                    Slots = names |> List.map (fun name -> after[name])
                }

            struct (next, after["w"])

    /// What the trained network has in place of the weights that the last step gave: their average where the rule averages weights.
    let average (rule: Rule) (state: OptimizerState) (weights: float[]) =
        let slots = List.zip rule.Slots state.Slots
        let starts = state.Segments |> List.scan (fun at segment -> at + segment.Count) 0

        let ofSegment part (segment: Segment, start) =
            let formula = ParameterGroup.specialize segment.Group rule.Average

            let leaf i name =
                match slots |> List.tryFind (fun (slot, _) -> slot.Name = name) with
                | Some(slot, numbers) -> numbers[if slot.Extent = Once then part else i]
                | None when name = "w" -> weights[i]
                | None -> once state.Iterations state.Time name

            Array.init segment.Count (fun k -> Algebra.evaluateExpr Algebra.float64 (leaf (start + k)) formula)

        if state.Time = 0 then
            Array.copy weights
        else
            List.zip state.Segments (List.take state.Segments.Length starts)
            |> List.mapi ofSegment
            |> Array.concat
