namespace Bnn

open System

/// All that is wrong with a rule that is to be run.
[<EditorBrowsable(Never)>]
module RuleChecks =
    let private inputs =
        [
            Expr.weight
            Expr.gradient
            Expr.time
            Expr.iterations
            ParameterGroup.ofWeight
        ]

    let private ruleIs value allowed = Fault.unless false "rule" value allowed

    /// The formulas that a weight after the step, or its average, depends on: their own, and the next values of the slots that these read.
    let private needed (rule: Rule) =
        let rec grow found (e: Expr) =
            rule.Slots
            |> List.filter (fun slot ->
                not (List.contains slot found)
                && List.contains (Slot(slot.Name, slot.Extent)) (Expr.leaves e))
            |> List.fold
                (fun found slot ->
                    if List.contains slot found then
                        found
                    else
                        grow (slot :: found) slot.Next)
                found

        grow (grow [] rule.Weight) rule.Average

    /// Whether the rule changes the gradient after the last formula that reads it: some work of the gradient's formula, choices
    /// apart, is none of the weight's.
    let private changesGradientInVain (rule: Rule) (needed: Slot list) =
        let read = rule.Weight :: List.map _.Next needed
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
        let needed = needed rule

        [
            if rule.Rates.Length > 1 then
                let all = rule.Rates |> List.map string |> String.concat " and "

                yield!
                    ruleIs
                        $"one with %d{rule.Rates.Length} descents, at the rates {all}"
                        "one descent for each parameter group"

            yield! rule.Rates |> List.collect (Schedule.validate "learningRate")

            if rule.Weight <> Expr.weight then
                for slot in List.except needed rule.Slots do
                    yield!
                        ruleIs
                            $"one with the state {slot.Name}, which no weight's formula needs"
                            "state that the weights depend on: a transform comes before the descent"

                if changesGradientInVain rule needed then
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
                    for fault in ofGroup (Rule.specialize group rule) -> fault, ParameterGroup.inWords group
            ]

        [
            for fault, groups in List.groupBy fst found do
                let names = groups |> List.map snd |> String.concat ", "

                if groups.Length = ParameterGroup.all.Length then
                    fault
                else
                    fault.Valued $"{fault.Value} ({names})"
        ]

    /// Numbers that float32 rounds to 0 below a division, weight by weight: they were to keep it from dividing by 0. What is the same
    /// for all weights, or for a channel's, is computed in float64.
    let private lostBelowDivision (formulas: Expr list) =
        let graph = Graph.ofExprs formulas
        let seen = Array.zeroCreate graph.Nodes.Length

        let rec look i =
            if not seen[i] && graph.Extents[i] = PerWeight then
                seen[i] <- true
                Graph.operands graph.Nodes[i] |> List.iter look

        for node in graph.Nodes do
            match node with
            | Node.Binary(Div, _, below) -> look below
            | _ -> ()

        [
            for i in 0 .. graph.Nodes.Length - 1 do
                if seen[i] then
                    for operand in Graph.operands graph.Nodes[i] do
                        match graph.Nodes[operand] with
                        | Node.Const bits ->
                            let number = BitConverter.Int64BitsToDouble bits

                            if number <> 0.0 && float32 number = 0.0f then
                                number
                        | _ -> ()
        ]
        |> List.distinct

    /// Whether a formula can be computed between two steps, weight by weight.
    let private isKept (average: Expr) =
        not (List.contains Expr.gradient (Expr.leaves average))
        && not ((Graph.ofExprs [ average ]).Nodes |> Array.exists _.IsReduce)

    /// All that is wrong with a rule that is to be run: names that nothing gives a value, numbers that are NaN, a gradient or a state
    /// that no weight depends on, several learning rates for one group.
    let validate (rule: Rule) =
        let names = rule.Slots |> List.map _.Name

        let formulas =
            rule.Gradient :: rule.Weight :: rule.Average :: List.map _.Next rule.Slots

        let first = rule.Slots |> List.map _.Init
        let known = inputs @ [ for slot in rule.Slots -> Slot(slot.Name, slot.Extent) ]

        let strangers =
            (List.collect (Expr.leaves >> List.except known) formulas)
            @ (List.collect (Expr.leaves >> List.except [ Expr.weight ]) first)
            |> List.distinct

        let isUneven (slot: Slot) =
            slot.Extent <> PerWeight
            && not (List.forall ((=) Once) [ slot.Extent; Expr.extent slot.Init; Expr.extent slot.Next ])

        let uneven = rule.Slots |> List.filter isUneven |> List.map _.Name
        let hasClearNames = (List.distinct names = names)

        [
            Fault.unless
                (rule.Weight <> Expr.weight)
                "rule"
                "one that leaves every weight as it is"
                "a rule that ends in a step, for instance a descent"
            Fault.unless
                (hasClearNames && List.except (List.map string inputs) names = names)
                "slots"
                (String.concat ", " names)
                "distinct names other than w, g, t, T and group"
            Fault.unless
                strangers.IsEmpty
                "formulas"
                ("reading " + String.concat ", " (List.map string strangers))
                "w, g, t, T, group and the rule's slots; in a slot's first value only w"
            Fault.unless
                (isKept rule.Average)
                "average"
                (string rule.Average)
                "a formula over w, the slots, t, T and group, without sums: there is no gradient outside a step"
            Fault.unless
                uneven.IsEmpty
                "slots"
                (String.concat ", " uneven + " kept once")
                "a number for each weight where a formula differs from weight to weight"
            Fault.unless
                (formulas @ first
                 |> List.collect Expr.notFinite
                 |> List.forall (Double.IsNaN >> not))
                "formulas"
                "holding NaN"
                "numbers"
            for number in lostBelowDivision formulas do
                Fault.unless
                    false
                    "formulas"
                    $"dividing by a sum or root with {Fault.text number} in it"
                    "0, or a number that float32 does not round to 0: at least 1e-45"
            // a rule whose state has no clear names cannot be looked at more closely
            if strangers.IsEmpty && hasClearNames then
                byGroup rule
        ]
        |> List.concat
