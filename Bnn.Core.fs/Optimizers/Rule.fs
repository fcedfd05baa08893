namespace Bnn

open System.Collections.Generic

/// One number of a rule's state: for each weight, or for all of a group's weights together.
[<EditorBrowsable(Never)>]
type Slot =
    {
        Name: string
        /// PerWeight, or Once: then it is a number in float64.
        Extent: Extent
        /// Its value before the first step, over the first weights.
        Init: Expr
        /// Its value after a step.
        Next: Expr
    }

/// An update rule: what it makes of a gradient and of a weight. A transform (Adam's scaling, weight decay added to the
/// gradient) changes the gradient and leaves the weight as it is; a step (descent, decoupled decay) changes the weight and
/// passes the gradient on. Both are the same type, so rules are chained: first this one, then the next, which sees the
/// gradient and the weight that this one leaves. A whole rule ends in a step:
/// `Rules.AddDecayedWeights(5e-6).Then(Rules.Adam(beta2: 0.99)).Then(Rules.Descend(Schedules.Linear(1.25e-3)))`.
type Rule =
    {
        [<EditorBrowsable(Never)>]
        Slots: Slot list
        /// What the next rule sees as the gradient.
        Gradient: Expr
        /// The weight after the step.
        Weight: Expr
        /// The learning rates of its descents, as formulas over t, T and the parameter group: 0 where a descent is not for the group.
        [<EditorBrowsable(Never)>]
        Rates: Expr list
        /// What a network that is trained by it has in place of the weight w, a formula over w, the slots and t as they are after a step: w,
        /// unless the rule averages weights.
        [<EditorBrowsable(Never)>]
        Average: Expr
    }

    /// The names of what it keeps from step to step.
    member rule.SlotNames: IReadOnlyList<string> = rule.Slots |> List.map _.Name :> _

    /// What one step assigns: m' is m after the step.
    member internal rule.Assignments =
        (rule.Slots |> List.map (fun slot -> slot.Name + "'", slot.Next))
        @ [ "w'", rule.Weight ]

    /// The same, and where weights are averaged what the trained network has.
    member internal rule.AllAssignments =
        let after =
            Expr.substitute (function
                | Slot(name, extent) -> Some(Slot(name + "'", extent))
                | Input("w", extent) -> Some(Input("w'", extent))
                | _ -> None)

        if rule.Average = Expr.weight then
            rule.Assignments
        else
            rule.Assignments @ [ "network", after rule.Average ]

    /// The assignments of one step as text: m' is m after the step. Where weights are averaged, `network` is what the trained network has
    /// in place of w'.
    override rule.ToString() =
        Lines.text rule.AllAssignments |> String.concat "\n"

[<EditorBrowsable(Never)>]
module Slot =
    /// A number for each weight.
    let perWeight name init next : Slot =
        {
            Name = name
            Extent = PerWeight
            Init = init
            Next = next
        }

    /// A number for all weights of a group together; both formulas must be the same for all of them.
    let once name init next : Slot =
        {
            Name = name
            Extent = Once
            Init = init
            Next = next
        }

[<EditorBrowsable(Never)>]
module Rule =
    /// The rule that changes nothing.
    let identity =
        {
            Slots = []
            Gradient = Expr.gradient
            Weight = Expr.weight
            Rates = []
            Average = Expr.weight
        }

    /// decay m, or 0 where rounding gives m back: among the smallest numbers of a type, where there are no digits left to take the decay from.
    /// A mean that decays comes to 0 so, as it does by its formula; its sign would otherwise stay for ever.
    let decayed (decay: float) (m: Expr) =
        let kept = Const decay * m
        Expr.ifEqual (m - kept) (Const 0.0) (Const 0.0) kept

    /// The rule with `f` applied to every formula of a step; the slots' first values stay.
    let map (f: Expr -> Expr) (rule: Rule) =
        {
            Slots = rule.Slots |> List.map (fun slot -> { slot with Next = f slot.Next })
            Gradient = f rule.Gradient
            Weight = f rule.Weight
            Rates = List.map f rule.Rates
            Average = f rule.Average
        }

    /// A rule without state that makes this of the gradient.
    let transform gradient = { identity with Gradient = gradient }

    /// A rule without state that makes this of the weight.
    let stepTo weight = { identity with Weight = weight }

    /// First `a`, then `b`: b sees the gradient and the weight that a leaves. Associative, with `identity` as its identity.
    /// All slots read the values from before the step; a slot of b whose name a has
    /// too gets a number.
    let chain (a: Rule) (b: Rule) =
        let unique taken (name: string) =
            let stem = name.TrimEnd([| '0' .. '9' |])

            Seq.append [ name ] (Seq.initInfinite (fun k -> $"{stem}%d{k + 2}"))
            |> Seq.find (fun candidate -> not (List.contains candidate taken))

        let rename taken (slot: Slot) =
            let name = unique taken slot.Name
            (slot.Name, name), name :: taken

        let newName =
            b.Slots |> List.mapFold rename (a.Slots |> List.map _.Name) |> fst |> Map.ofList

        let renamed name extent =
            newName.TryFind name |> Option.map (fun name -> Slot(name, extent))

        let after =
            Expr.substitute (function
                | Input("g", PerWeight) -> Some a.Gradient
                | Input("w", PerWeight) -> Some a.Weight
                | Slot(name, extent) -> renamed name extent
                | _ -> None)

        // what b does not average is as a has it
        let average =
            b.Average
            |> Expr.substitute (function
                | Input("w", PerWeight) -> Some a.Average
                | Slot(name, extent) -> renamed name extent
                | _ -> None)

        // A slot starts from the first weights, which no rule has changed yet.
        let slots =
            b.Slots
            |> List.map (fun slot ->
                { slot with
                    Name = newName[slot.Name]
                    Next = after slot.Next
                })

        {
            Slots = a.Slots @ slots
            Gradient = after b.Gradient
            Weight = after b.Weight
            Rates = a.Rates @ List.map after b.Rates
            Average = average
        }

    /// Coupled weight decay (L2 added to the gradient): g' = g + wd w. What the paper's code does.
    let addDecayedWeights (decay: Expr) =
        transform (Expr.gradient + decay * Expr.weight)

    /// Decoupled weight decay: w' = (1 - lr wd) w, before the step of the rule that follows (Loshchilov and Hutter, 2019,
    /// algorithm 2; the order of torch.optim.AdamW). In float32 it vanishes where lr wd < 6e-8.
    let decoupledDecay (learningRate: Expr) (decay: Expr) =
        stepTo (Expr.weight * (1.0 - learningRate * decay))

    /// The step against the gradient: w' = w - lr g.
    let descend (learningRate: Expr) =
        { stepTo (Expr.weight - learningRate * Expr.gradient) with
            Rates = [ learningRate ]
        }

    /// The transform that multiplies the gradient: g' = factor g.
    let scale (factor: Expr) = transform (factor * Expr.gradient)

    /// The rule where `mask` is not 0; elsewhere gradient, weight and slots stay as they are. What the rule reduces over the
    /// whole it reduces over the masked weights alone. A mask that differs from weight to weight does not hold back the slots
    /// that all weights share.
    let only (mask: Expr) (rule: Rule) =
        let choose otherwise e =
            Expr.ifEqual mask (Const 0.0) otherwise e

        let masked =
            Expr.rewrite (function
                | Reduce(reduction, Whole, body) -> Reduce(reduction, Whole, choose (Const 0.0) body)
                | other -> other)

        let isShared = (Expr.extent mask = Once)

        // a descent that waits for its turn keeps its rate; one of another group has none
        let isByGroup = (Expr.leaves mask = [ ParameterGroup.ofWeight ])

        {
            Slots =
                [
                    for slot in rule.Slots do
                        let next = masked slot.Next

                        { slot with
                            Next =
                                if slot.Extent = Once && not isShared then
                                    next
                                else
                                    choose (Slot(slot.Name, slot.Extent)) next
                        }
                ]
            Gradient = choose Expr.gradient (masked rule.Gradient)
            Weight = choose Expr.weight (masked rule.Weight)
            Rates =
                if isByGroup then
                    List.map (choose (Const 0.0)) rule.Rates
                else
                    rule.Rates
            // an average that waits for its turn is there all the same
            Average =
                if isByGroup && rule.Average <> Expr.weight then
                    choose Expr.weight rule.Average
                else
                    rule.Average
        }

    /// A rule for each of these groups, and one for all other weights:
    /// `Rule.partition [ [ ParameterGroup.BinaryWeights ], sgd ] adam`. A group that is named twice has the first rule.
    let partition (parts: (ParameterGroup list * Rule) list) (rest: Rule) =
        let part (taken, whole) (groups, rule) =
            let free = groups |> List.except taken
            taken @ free, chain whole (only (ParameterGroup.isOneOf free) rule)

        let taken, whole = parts |> List.fold part ([], identity)
        chain whole (only (ParameterGroup.isOneOf (List.except taken ParameterGroup.all)) rest)

    /// 1 where a step changes the weight's sign, else 0; sign(0) is +1.
    let flipped (rule: Rule) =
        let isPositive w =
            Expr.ifLessOrEqual (Const 0.0) w (Const 1.0) (Const 0.0)

        abs (isPositive rule.Weight - isPositive Expr.weight)

    /// 0 where the new weight and the new slots that have a number for each weight are finite, and so is their sum; else NaN. So is a sum with it.
    let unlessLost (rule: Rule) =
        let ofWeight =
            rule.Slots
            |> List.filter (fun slot -> slot.Extent = PerWeight)
            |> List.map _.Next

        let all = List.fold (+) rule.Weight ofWeight
        all - all

    /// The rule for the weights of one group: what is decided by the group is decided, and slots that the group neither
    /// changes nor reads are left out.
    let specialize (group: ParameterGroup) (rule: Rule) =
        let special = map (ParameterGroup.specialize group) rule

        let reads (e: Expr) name =
            (Graph.ofExprs [ e ]).Nodes |> Array.contains (Node.Leaf(name, true))

        let isNeeded (slot: Slot) =
            slot.Next <> Slot(slot.Name, slot.Extent)
            || reads special.Weight slot.Name
            || special.Slots
               |> List.exists (fun other -> other.Name <> slot.Name && reads other.Next slot.Name)

        { special with
            Slots = special.Slots |> List.filter isNeeded
            Rates = special.Rates |> List.filter ((<>) (Const 0.0))
        }

    /// The learning rate of its descents, as a formula over t, T and the parameter group; None where nothing descends.
    let rate (rule: Rule) =
        match rule.Rates with
        | [] -> None
        | rates -> Some(List.reduce (+) rates)

type Rule with

    /// First this rule, then the other, which sees the gradient and the weight that this one leaves.
    member rule.Then(next: Rule) =
        System.ArgumentNullException.ThrowIfNull next
        Rule.chain rule next

/// `a >=> b`: first a, then b; of rules, and of networks.
[<AutoOpen>]
[<EditorBrowsable(Never)>]
module Operators =
    let inline (>=>) (first: ^T) (next: ^T) : ^T =
        (^T: (member Then: ^T -> ^T) (first, next))
