namespace Bnn

open System
open System.Collections.Generic

/// A pass whose reductions later passes read: reduction k as the input `Results[k]`.
[<EditorBrowsable(Never)>]
type ReductionStage =
    {
        Pass: Pass
        Results: (string * Over)[]
    }

/// Formulas that hold reductions over many weights, as passes one after another: first what is reduced, innermost first, then the
/// pass that stores. A part of the parameters has a plan of its own; reductions over the whole go over all parts.
[<EditorBrowsable(Never)>]
type Plan =
    {
        Stages: ReductionStage list
        Final: Pass
        /// Numbers of a channel that follow from its reductions alone, such as a mean, by the names under which the passes read them:
        /// computed once a channel in float64, and not again for each of its weights in the loop's type.
        ChannelNumbers: Map<string, Graph>
        /// Numbers that are computed once, after the reductions, and their names.
        NumberNames: string[]
        Numbers: Graph
    }

/// What a plan has given for one part.
[<EditorBrowsable(Never)>]
type PlanResult =
    {
        /// The final pass's reductions, channel by channel: reduction s of channel c is at c * SumCount + s.
        Reductions: float[]
        /// The value of each of the plan's numbers, by name.
        Numbers: Map<string, float>
    }

/// What carries out passes on memory, for `Plan.run`. A part is memory that one plan is carried out on.
[<EditorBrowsable(Never)>]
type IPassRunner =
    /// What the part reads once, by name.
    abstract Once: part: int * name: string -> float

    /// How the part's numbers lie in memory.
    abstract Shape: part: int -> Shape

    /// Runs a pass over the part's memory; `row` gives each channel's number of what the plan computes for channels. Gives the pass's
    /// reductions, channel by channel.
    abstract Run: part: int * pass: Pass * once: Func<string, float> * row: Func<string, float[]> -> float[]

[<EditorBrowsable(Never)>]
module Plan =
    /// The plan that stores each expression to the array of its name, reduces each of the others, and computes each of the
    /// numbers, for one part: arrays and numbers that it does not keep are left out, and `specialize` is applied to every
    /// formula. The reductions have their names before that, so the plans of several parts of the same formulas agree about them.
    let createFor (isKept: string -> bool) (specialize: Expr -> Expr) stores reductions numbers =
        let reductionNames = ReductionNames()
        let channelNumbers = ChannelNumbers reductionNames.IsReduction
        let inLoop e = channelNumbers.Replace(specialize e)

        let replaceAll named =
            named |> List.map (fun (key, e) -> key, reductionNames.Replace e)

        let allInLoop named =
            named |> List.map (fun (key, e) -> key, inLoop e)

        let kept named =
            named |> List.filter (fun (name, _) -> isKept name)

        let stores, reductions, numbers =
            replaceAll stores, replaceAll reductions, replaceAll numbers

        let stores, numbers = kept stores, kept numbers

        let stage
            (members:
                {|
                    Name: string
                    Depth: int
                    Reduction: Reduction
                    Over: Over
                    Body: Expr
                |} list)
            =
            {
                Pass = Pass.reducing [] (members |> List.map (fun f -> f.Reduction, inLoop f.Body))
                Results = members |> List.map (fun f -> f.Name, f.Over) |> List.toArray
            }

        let stages = reductionNames.Stages |> List.map stage
        let final = Pass.reducing (allInLoop stores) (allInLoop reductions)

        {
            Stages = stages
            Final = final
            ChannelNumbers = channelNumbers.Graphs
            NumberNames = numbers |> List.map fst |> List.toArray
            Numbers = Graph.ofExprs (numbers |> List.map (snd >> specialize))
        }

    /// The plan that stores each expression to the array of its name and reduces each of the others.
    let create stores reductions =
        createFor (fun _ -> true) id stores reductions []

    /// A pass that no reduction precedes, as a plan.
    let ofPass pass =
        {
            Stages = []
            Final = pass
            ChannelNumbers = Map.empty
            NumberNames = [||]
            Numbers = Graph.ofExprs []
        }

    /// Every pass, in order.
    let passes (plan: Plan) =
        (plan.Stages |> List.map _.Pass) @ [ plan.Final ]

    /// Whether the plan reads an input of this name.
    let reads name (plan: Plan) =
        let graphs =
            plan.Numbers :: List.map _.Graph (passes plan)
            @ List.ofSeq plan.ChannelNumbers.Values

        graphs
        |> List.exists (fun graph -> graph.Nodes |> Array.contains (Node.Leaf(name, false)))

    /// Whether what the plan gives one number depends on other numbers: through a reduction, or through how many there are.
    let reduces (plan: Plan) =
        not plan.Stages.IsEmpty
        || reads PlanNames.channelCount plan
        || reads PlanNames.wholeCount plan

    /// Whether it matters which numbers are a channel.
    let readsChannels (plan: Plan) =
        reads PlanNames.channelCount plan
        || passes plan |> List.exists (fun pass -> pass.Rows.Length > 0)
        || plan.Stages
           |> List.exists (fun stage -> stage.Results |> Array.exists (fun (_, over) -> over = Channel))

    /// Carries out the plans of all parts, stage by stage.
    let run (plans: Plan[]) (runner: IPassRunner) =
        let wholes = Dictionary<string, float>()
        let rows = plans |> Array.map (fun _ -> Dictionary<string, float[]>())

        let countOf part =
            let shape = runner.Shape part
            float shape.Rows * float shape.Length

        let onceOf part name =
            match wholes.TryGetValue name with
            | true, value -> value
            | _ when name = PlanNames.channelCount -> countOf part / float (runner.Shape part).Channels
            | _ when name = PlanNames.wholeCount -> Seq.sumBy countOf (seq { 0 .. plans.Length - 1 })
            | _ -> runner.Once(part, name)

        let rowOf part name =
            match rows[part].TryGetValue name with
            | true, numbers -> numbers
            | _ ->
                let graph = plans[part].ChannelNumbers[name]

                let leaf name =
                    match rows[part].TryGetValue name with
                    | true, numbers -> numbers
                    | _ -> [| onceOf part name |]

                rows[part][name] <- (Algebra.evaluate ChannelAlgebra.float64 leaf graph)[0]
                rows[part][name]

        let reductionsOf part pass =
            runner.Run(part, pass, onceOf part, rowOf part)

        let keep (stage: ReductionStage) (reductions: float[][]) =
            stage.Results
            |> Array.iteri (fun k (name, over) ->
                let count = stage.Pass.SumCount

                let channels part =
                    Array.init (reductions[part].Length / count) (fun channel -> reductions[part][channel * count + k])

                match over with
                | Channel -> rows |> Array.iteri (fun part row -> row[name] <- channels part)
                | Whole ->
                    wholes[name] <-
                        reductions
                        |> Array.mapi (fun part _ -> channels part)
                        |> Array.concat
                        |> Array.fold (Pass.combine stage.Pass.Reductions[k]) 0.0)

        let stageCount =
            plans |> Array.fold (fun most plan -> max most plan.Stages.Length) 0

        for s in 0 .. stageCount - 1 do
            plans
            |> Array.mapi (fun part plan -> reductionsOf part plan.Stages[s].Pass)
            |> keep plans[0].Stages[s]

        plans
        |> Array.mapi (fun part plan ->
            let reductions = reductionsOf part plan.Final
            let numbers = Algebra.evaluate Algebra.float64 (onceOf part) plan.Numbers

            {
                Reductions = reductions
                Numbers = Array.zip plan.NumberNames numbers |> Map.ofArray
            })
