/// Whether the laws and the golden files bite: an optimizer that is broken in one place must be told from the true one.
module Bnn.Tests.MutationTests

open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

/// A rule with `change` applied to each node of its formulas.
let private rewritten change (rule: Rule) =
    {
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
let private swapping (from: Expr) (into: Expr) rule =
    rewritten (fun node -> if node = from then into else node) rule

let private withSlot name change (rule: Rule) =
    let slots =
        rule.Slots
        |> List.map (fun slot -> if slot.Name = name then change slot else slot)

    { rule with Slots = slots }

let private g, t = Expr.gradient, Expr.time

let private sgdMutants: (string * (Sgd.Options -> Rule)) list =
    let broken change o =
        match (Sgd.rule o).Slots with
        | [] -> Sgd.rule o
        | _ -> change o (Sgd.rule o)

    let buffer (o: Sgd.Options) = Const o.Momentum * Expr.slot "b"

    [
        "the momentum's sign", broken (fun o -> swapping (buffer o) (-(buffer o)))
        "the first step is dampened",
        broken (fun _ ->
            rewritten (function
                | Select(Equal, _, _, _, later) -> later
                | e -> e))
        "the buffer never forgets", broken (fun o -> swapping (buffer o) (Expr.slot "b"))
        "the dampening is forgotten", (fun o -> Sgd.rule { o with Dampening = 0.0 })
        "the dampening is taken for its share", broken (fun o -> swapping (1.0 - Const o.Dampening) (Const o.Dampening))
        "Nesterov is forgotten", (fun o -> Sgd.rule { o with Nesterov = false })
        "Nesterov looks ahead along the old buffer",
        broken (fun o rule ->
            if o.Nesterov then
                { rule with Gradient = g + buffer o }
            else
                rule)
        "Nesterov adds the whole buffer",
        broken (fun o rule ->
            if o.Nesterov then
                { rule with
                    Gradient = g + rule.Slots.Head.Next
                }
            else
                rule)
        "the gradient's sign", (fun o -> let rule = Sgd.rule o in { rule with Gradient = -rule.Gradient })
        "the gradient's magnitude enters the buffer",
        broken (fun _ ->
            withSlot "b" (fun slot ->
                { slot with
                    Next = Expr.rewrite (fun e -> if e = g then abs g else e) slot.Next
                }))
        "the weight leaks into the buffer",
        broken (fun _ ->
            withSlot "b" (fun slot ->
                { slot with
                    Next = slot.Next + 1e-3 * Expr.weight
                }))
        "the momentum of plain descent", (fun o -> Sgd.rule { o with Momentum = max 0.5 o.Momentum })
    ]

let private adamMutants: (string * (Adam.Options -> Rule)) list =
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

let private cases = sample 60 courseGen

/// The laws that a maker breaks on some case. (Options as in the properties.)
let private brokenLaws (laws: Laws.Law<'Options> list) options make =
    let options = sample cases.Length options

    laws
    |> List.filter (fun each -> Array.exists2 (fun o course -> not (each.Holds make o course)) options cases)
    |> List.map _.Name

/// The golden files that a maker fails.
let private brokenFiles makers =
    Golden.filesOf Golden.shipped "optimizers"
    |> Array.filter (fun path ->
        let file = Golden.read path
        (Golden.firstDifference Reference.trajectory makers file).IsSome)
    |> List.ofArray

let private bites mutants (laws: Laws.Law<'Options> list) options truly makers =
    [
        test "the true rule breaks nothing" {
            Expect.equal (brokenLaws laws options truly) [] "no law"
            Expect.equal (brokenFiles (makers truly)) [] "no golden file"
        }

        for name, mutant in mutants do
            test $"a law notices: {name}" { Expect.isNonEmpty (brokenLaws laws options mutant) "a law must break" }

        test "each law notices some of the broken rules" {
            let noticed =
                mutants
                |> List.collect (fun (_, mutant) -> brokenLaws laws options mutant)
                |> List.distinct

            let idle = laws |> List.map _.Name |> List.except noticed
            Expect.equal idle [] "no law is idle"
        }

        test "the golden files notice most of the broken rules" {
            let missed =
                mutants
                |> List.filter (fun (_, mutant) -> (brokenFiles (makers mutant)).IsEmpty)
                |> List.map fst
            // No golden file has dampening.
            let beyond =
                missed |> List.filter (fun (name: string) -> not (name.Contains "dampen"))

            Expect.equal beyond [] "those without dampening"
        }
    ]

[<Tests>]
let tests =
    testList
        "Mutation"
        [
            testList
                "SGD"
                (bites sgdMutants Laws.sgd sgdOptions Sgd.rule (fun make -> { Golden.catalogue with Sgd = make }))
            testList
                "Adam"
                (bites adamMutants Laws.adam adamOptions Adam.rule (fun make -> { Golden.catalogue with Adam = make }))
        ]
