namespace Bnn

open System
open System.ComponentModel

/// All that is wrong with a rule that is to be run.
[<EditorBrowsable(EditorBrowsableState.Never)>]
module RuleChecks =
    let private inputs =
        [ "w", PerWeight; "g", PerWeight; "t", Once; "T", Once; "group", Once ]

    let private formulas (rule: Rule) =
        rule.Gradient :: rule.Weight :: (rule.Slots |> List.map _.Next)

    let private ruleIs value allowed = Fault.unless false "rule" value allowed

    /// Names that nothing gives a value.
    let private strangers (rule: Rule) =
        let slots = rule.Slots |> List.map (fun slot -> Slot(slot.Name, slot.Extent))
        let known = (inputs |> List.map Input) @ slots
        let names e = Expr.leaves e |> List.except known

        [
            yield! formulas rule |> List.collect names
            for slot in rule.Slots do
                yield! Expr.leaves slot.Init |> List.except [ Expr.weight ]
        ]
        |> List.distinct
        |> List.map string

    /// The slots that a formula needs, at once or by way of other slots.
    let private reached (rule: Rule) (e: Expr) =
        let next = rule.Slots |> List.map (fun slot -> slot.Name, slot.Next) |> Map.ofList

        let rec grow (found: Set<string>) e =
            Expr.leaves e
            |> List.choose (function
                | Slot(name, _) when not (found.Contains name) -> Map.tryFind name next |> Option.map (fun e -> name, e)
                | _ -> None)
            |> List.fold (fun (found: Set<string>) (name, e) -> grow (found.Add name) e) found

        grow Set.empty e

    /// Whether the rule changes the gradient after the last formula that reads it: some work of the gradient's formula, choices
    /// apart, is none of the weight's.
    let private changesGradientInVain (rule: Rule) =
        let needed = reached rule rule.Weight

        let read =
            rule.Weight
            :: (rule.Slots
                |> List.filter (fun slot -> needed.Contains slot.Name)
                |> List.map _.Next)

        let graph = Graph.ofExprs (read @ [ rule.Gradient ])
        let seen = Array.zeroCreate graph.Nodes.Length

        /// Nodes below this one that were not seen before.
        let rec unseen i =
            if seen[i] then
                []
            else
                seen[i] <- true
                i :: List.collect unseen (Graph.operands graph.Nodes[i])

        let isWork i =
            match graph.Nodes[i] with
            | Node.Const _
            | Node.Leaf _
            | Node.Select _ -> false
            | _ -> graph.Extents[i] = PerWeight

        graph.Roots
        |> Array.take read.Length
        |> Array.iter (fun root -> unseen root |> ignore)

        unseen (Array.last graph.Roots) |> List.exists isWork

    /// What is wrong with the rule of one group.
    let private ofGroup (rule: Rule) =
        [
            match rule.Rates with
            | []
            | [ _ ] -> ()
            | rates ->
                let all = rates |> List.map string |> String.concat " and "

                yield!
                    ruleIs
                        $"one with {rates.Length} descents, at the rates {all}"
                        "one descent for each parameter group"

            yield! rule.Rates |> List.collect (Schedule.validate "learningRate")

            if rule.Weight <> Expr.weight then
                let needed = reached rule rule.Weight

                for slot in rule.Slots do
                    if not (needed.Contains slot.Name) then
                        yield!
                            ruleIs
                                $"one with the state {slot.Name}, which no weight's formula needs"
                                "state that the weights depend on: a transform comes before the descent"

                if changesGradientInVain rule then
                    yield!
                        ruleIs
                            "one that changes the gradient after the descent, where no weight reads it"
                            "transforms of the gradient before the descent"
        ]

    /// The faults of each group, with the groups that have them where others have not.
    let private byGroup (rule: Rule) =
        let found =
            [
                for group in ParameterGroup.all do
                    for fault in ofGroup (Rule.specialize group rule) -> fault, group
            ]

        [
            for fault, groups in List.groupBy fst found do
                let groups = groups |> List.map snd

                if groups.Length = ParameterGroup.all.Length then
                    fault
                else
                    let names = groups |> List.map ParameterGroup.inWords |> String.concat ", "

                    { fault with
                        Value = $"{fault.Value} ({names})"
                    }
        ]

    /// All that is wrong with a rule that is to be run: names that nothing gives a value, numbers that are NaN, a gradient or a state
    /// that no weight depends on, several learning rates for one group.
    let validate (rule: Rule) =
        let names = rule.Slots |> List.map _.Name
        let reserved = List.map fst inputs
        let strangers = strangers rule

        let uneven =
            rule.Slots
            |> List.filter (fun slot ->
                slot.Extent <> PerWeight
                && (slot.Extent <> Once
                    || Expr.extent slot.Init <> Once
                    || Expr.extent slot.Next <> Once))
            |> List.map _.Name

        let hasNaN =
            formulas rule @ (rule.Slots |> List.map _.Init)
            |> List.collect Expr.notFinite
            |> List.exists Double.IsNaN

        let ofWhole =
            [
                Fault.unless
                    (rule.Weight <> Expr.weight)
                    "rule"
                    "one that leaves every weight as it is"
                    "a rule that ends in a step, for instance a descent"
                Fault.unless
                    (List.distinct names = names
                     && not (List.exists (fun n -> List.contains n reserved) names))
                    "slots"
                    (String.concat ", " names)
                    "distinct names other than w, g, t, T and group"
                Fault.unless
                    strangers.IsEmpty
                    "formulas"
                    ("reading " + String.concat ", " strangers)
                    "w, g, t, T, group and the rule's slots; in a slot's first value only w"
                Fault.unless
                    uneven.IsEmpty
                    "slots"
                    (String.concat ", " uneven + " kept once")
                    "a number for each weight where a formula differs from weight to weight"
                Fault.unless (not hasNaN) "formulas" "holding NaN" "numbers"
            ]
            |> List.concat

        // a rule whose state has no clear names cannot be looked at more closely
        if strangers.IsEmpty && List.distinct names = names then
            ofWhole @ byGroup rule
        else
            ofWhole
