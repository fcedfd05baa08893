/// Rules that are broken in one place.
module Bnn.Tests.Mutants

open Bnn

/// A rule with `change` applied to each node of its formulas.
let rewritten change (rule: Rule) =
    { Rule.identity with
        Slots =
            rule.Slots
            |> List.map (fun slot ->
                { slot with
                    Next = Expr.rewrite change slot.Next
                })
        Gradient = Expr.rewrite change rule.Gradient
        Weight = Expr.rewrite change rule.Weight
    }

/// Where a formula has exactly this node, another in its place.
let swapping (from: Expr) (into: Expr) rule =
    rewritten (fun node -> if node = from then into else node) rule

let withSlot name change (rule: Rule) =
    let slots =
        rule.Slots
        |> List.map (fun slot -> if slot.Name = name then change slot else slot)

    { rule with Slots = slots }
