namespace Bnn.Core

/// One number that a rule keeps for each weight.
type Slot =
    {
        Name: string
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

/// The pure form of an optimizer's state: the step count and one array a slot.
type RuleState =
    {
        /// Steps done.
        Time: int
        /// Steps of the whole stage; 0 where unknown: then progress stays 0.
        Iterations: int
        /// For each slot, in the rule's order, one number a weight.
        Slots: float[] list
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

    /// 1 where a step changes the weight's sign, else 0; sign(0) is +1.
    let flipped (rule: Rule) =
        let isPositive w =
            Expr.ifLessOrEqual (Const 0.0) w (Const 1.0) (Const 0.0)

        abs (isPositive rule.Weight - isPositive Expr.weight)

    /// All that is wrong with a rule that is to be run.
    let validate (rule: Rule) =
        let names = rule.Slots |> List.map _.Name
        let inputs = [ "w", PerWeight; "g", PerWeight; "t", Once; "progress", Once ]
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
            @ unknown true (names |> List.map (fun name -> name, PerWeight)) formulas
            @ unknown false [ "w", PerWeight ] (rule.Slots |> List.map _.Init)
            |> List.distinct

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
                "distinct names other than w, g, t and progress"
            Fault.unless
                strangers.IsEmpty
                "formulas"
                ("reading " + String.concat ", " strangers)
                "w, g, t, progress and the rule's slots; in a slot's first value only w"
        ]
        |> List.concat

    /// The pass that carries out one step in place: arrays w, g and the slots; its one sum counts the flips.
    let pass (rule: Rule) =
        let slots = rule.Slots |> List.map (fun slot -> slot.Name, slot.Next)
        Pass.create (("w", rule.Weight) :: slots) [ flipped rule ]

    /// The pass that fills the slots before the first step from the weights.
    let startPass (rule: Rule) =
        Pass.create (rule.Slots |> List.map (fun slot -> slot.Name, slot.Init)) []

    /// What the rule reads once a step, at iteration `time` (from 1) of `iterations` (0 where unknown).
    let once (iterations: int) (time: int) name =
        match name with
        | "t" -> float time
        | "progress" when iterations > 0 -> float (time - 1) / float iterations
        | "progress" -> 0.0
        | _ -> nan

    /// The state before the first step of a stage of `iterations` steps.
    let startFor iterations (rule: Rule) (weights: float[]) =
        let graph = Graph.ofExprs (rule.Slots |> List.map _.Init)

        let values =
            weights
            |> Array.map (fun w -> Algebra.evaluate Algebra.float64 (fun name -> if name = "w" then w else nan) graph)

        {
            Time = 0
            Iterations = iterations
            Slots = rule.Slots |> List.mapi (fun k _ -> values |> Array.map (fun v -> v[k]))
        }

    /// The state before the first step of a stage whose length is not known.
    let start rule weights = startFor 0 rule weights

    /// One step, in float64, without changing anything: the new state and the new weights.
    let step (rule: Rule) (state: RuleState) (gradients: float[]) (weights: float[]) =
        let graph = Graph.ofExprs (rule.Weight :: (rule.Slots |> List.map _.Next))
        let time = state.Time + 1
        let once = Algebra.once (once state.Iterations time) graph
        let slotOf = rule.Slots |> List.mapi (fun k slot -> slot.Name, k) |> Map.ofList
        let slots = List.toArray state.Slots

        let values =
            weights
            |> Array.mapi (fun i w ->
                let leaf name =
                    match name with
                    | "w" -> w
                    | "g" -> gradients[i]
                    | slot -> slots[slotOf[slot]][i]

                Algebra.evaluateStep Algebra.float64 once leaf graph)

        let next =
            { state with
                Time = time
                Slots = rule.Slots |> List.mapi (fun k _ -> values |> Array.map (fun v -> v[k + 1]))
            }

        struct (next, values |> Array.map (fun v -> v[0]))

/// `a >=> b`: first a, then b.
[<AutoOpen>]
module RuleOperators =
    let (>=>) a b = Rule.chain a b
