namespace Bnn.Core

/// One number that a rule keeps: for each weight, or for all of a group's weights together.
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
/// passes the gradient on. Both are the same type, so rules form a monoid under `chain`.
type Rule =
    {
        Slots: Slot list
        Gradient: Expr
        Weight: Expr
    }

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

module Rule =
    /// The rule that changes nothing.
    let identity =
        {
            Slots = []
            Gradient = Expr.gradient
            Weight = Expr.weight
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

            Seq.append [ name ] (Seq.initInfinite (fun k -> $"{stem}{k + 2}"))
            |> Seq.find (fun candidate -> not (List.contains candidate taken))

        let rename taken (slot: Slot) =
            let name = unique taken slot.Name
            (slot.Name, name), name :: taken

        let newName =
            b.Slots |> List.mapFold rename (a.Slots |> List.map _.Name) |> fst |> Map.ofList

        let after =
            Expr.substitute (function
                | Input("g", PerWeight) -> Some a.Gradient
                | Input("w", PerWeight) -> Some a.Weight
                | Slot(name, extent) -> newName.TryFind name |> Option.map (fun name -> Slot(name, extent))
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
        stepTo (Expr.weight - learningRate * Expr.gradient)

    /// The transform that multiplies the gradient: g' = factor g.
    let scale (factor: Expr) = transform (factor * Expr.gradient)

    /// The rule where `mask` is not 0; elsewhere gradient, weight and slots stay as they are. What the rule folds over the
    /// whole it folds over the masked weights alone. A mask that differs from weight to weight does not hold back the slots
    /// that all weights share.
    let only (mask: Expr) (rule: Rule) =
        let choose otherwise e =
            Expr.ifEqual mask (Const 0.0) otherwise e

        let masked =
            Expr.rewrite (function
                | Reduce(fold, Whole, body) -> Reduce(fold, Whole, choose (Const 0.0) body)
                | other -> other)

        let isShared = (Expr.extent mask = Once)

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
        }

    /// A rule for each of these groups, and one for all other weights:
    /// `Rule.partition [ [ BinaryWeights ], sgd ] adam`. A group that is named twice has the first rule.
    let partition (parts: (Group list * Rule) list) (rest: Rule) =
        let part (taken, whole) (groups, rule) =
            let free = groups |> List.except taken
            taken @ free, chain whole (only (Group.isOneOf free) rule)

        let taken, whole = parts |> List.fold part ([], identity)
        chain whole (only (Group.isOneOf (List.except taken Group.all)) rest)

    /// 1 where a step changes the weight's sign, else 0; sign(0) is +1.
    let flipped (rule: Rule) =
        let isPositive w =
            Expr.ifLessOrEqual (Const 0.0) w (Const 1.0) (Const 0.0)

        abs (isPositive rule.Weight - isPositive Expr.weight)

    /// The rule for the weights of one group: what is decided by the group is decided, and slots that the group neither
    /// changes nor reads are left out.
    let specialize (group: Group) (rule: Rule) =
        let specialize = Group.specialize group

        let special =
            {
                Slots =
                    rule.Slots
                    |> List.map (fun slot ->
                        { slot with
                            Next = specialize slot.Next
                        })
                Gradient = specialize rule.Gradient
                Weight = specialize rule.Weight
            }

        let reads (e: Expr) name =
            (Graph.ofExprs [ e ]).Nodes |> Array.contains (Node.Leaf(name, true))

        let isNeeded (slot: Slot) =
            slot.Next <> Slot(slot.Name, slot.Extent)
            || reads special.Weight slot.Name
            || special.Slots
               |> List.exists (fun other -> other.Name <> slot.Name && reads other.Next slot.Name)

        { special with
            Slots = special.Slots |> List.filter isNeeded
        }

    let private inputs =
        [ "w", PerWeight; "g", PerWeight; "t", Once; "T", Once; "group", Once ]

    /// All that is wrong with a rule that is to be run.
    let validate (rule: Rule) =
        let names = rule.Slots |> List.map _.Name
        let slots = rule.Slots |> List.map (fun slot -> slot.Name, slot.Extent)
        let reserved = List.map fst inputs
        let formulas = rule.Gradient :: rule.Weight :: (rule.Slots |> List.map _.Next)

        let unknown isSlot known exprs =
            let graph = Graph.ofExprs exprs

            [
                for node, extent in Array.zip graph.Nodes graph.Extents do
                    match node with
                    | Node.Leaf(name, slot) when slot = isSlot && not (List.contains (name, extent) known) -> name
                    | _ -> ()
            ]

        let strangers: string list =
            unknown false inputs formulas
            @ unknown true slots formulas
            @ unknown false [ "w", PerWeight ] (rule.Slots |> List.map _.Init)
            @ unknown true [] (rule.Slots |> List.map _.Init)
            |> List.distinct

        let uneven =
            rule.Slots
            |> List.filter (fun slot ->
                slot.Extent <> PerWeight
                && (slot.Extent <> Once
                    || Expr.extent slot.Init <> Once
                    || Expr.extent slot.Next <> Once))
            |> List.map _.Name

        [
            Fault.unless
                (rule.Weight <> Expr.weight)
                "rule"
                "one that leaves every weight as it is"
                "a rule that ends in a step, for instance Rule.descend"
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
                "Slot.perWeight where a formula differs from weight to weight"
        ]
        |> List.concat

/// `a >=> b`: first a, then b.
[<AutoOpen>]
module RuleOperators =
    let (>=>) a b = Rule.chain a b
