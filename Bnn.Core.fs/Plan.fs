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

    /// Runs a pass over the part's memory; `row` gives what a reduction gave each of its channels. Gives the pass's reductions, channel by
    /// channel.
    abstract Run: part: int * pass: Pass * once: Func<string, float> * row: Func<string, float[]> -> float[]

[<EditorBrowsable(Never)>]
module Plan =
    /// Names for reductions: one for each that differs, with what it needs first.
    type private ReductionNames() =
        let names = Dictionary<Expr, Expr>()

        let reductions =
            List<
                {|
                    Name: string
                    Depth: int
                    Reduction: Reduction
                    Over: Over
                    Body: Expr
                |}
             >()

        let depthOf (body: Expr) =
            let graph = Graph.ofExprs [ body ]

            graph.Nodes
            |> Seq.choose (function
                | Node.Leaf(name, _) -> reductions |> Seq.tryFind (fun f -> f.Name = name)
                | _ -> None)
            |> Seq.fold (fun depth f -> max depth (f.Depth + 1)) 0

        /// e with an input in place of each reduction.
        member _.Replace(e: Expr) =
            e
            |> Expr.rewrite (function
                | Reduce(reduction, over, body) as node ->
                    match names.TryGetValue node with
                    | true, input -> input
                    | _ ->
                        let name = $"reduction {reductions.Count}"
                        let input = Input(name, Expr.extent node)

                        reductions.Add
                            {|
                                Name = name
                                Depth = depthOf body
                                Reduction = reduction
                                Over = over
                                Body = body
                            |}

                        names[node] <- input
                        input
                | other -> other)

        /// The reductions that need only earlier ones, in order.
        member _.Stages =
            reductions
            |> Seq.toList
            |> List.groupBy _.Depth
            |> List.sortBy fst
            |> List.map snd

    /// The plan that stores each expression to the array of its name, reduces each of the others, and computes each of the
    /// numbers, for one part: arrays and numbers that it does not keep are left out, and `specialize` is applied to every
    /// formula. The reductions have their names before that, so the plans of several parts of the same formulas agree about them.
    let createFor (isKept: string -> bool) (specialize: Expr -> Expr) stores reductions numbers =
        let reductionNames = ReductionNames()

        let replaceAll named =
            named |> List.map (fun (key, e) -> key, reductionNames.Replace e)

        let specializeAll named =
            named |> List.map (fun (key, e) -> key, specialize e)

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
                Pass = Pass.reducing [] (members |> List.map (fun f -> f.Reduction, specialize f.Body))
                Results = members |> List.map (fun f -> f.Name, f.Over) |> List.toArray
            }

        {
            Stages = reductionNames.Stages |> List.map stage
            Final = Pass.reducing (specializeAll stores) (specializeAll reductions)
            NumberNames = numbers |> List.map fst |> List.toArray
            Numbers = Graph.ofExprs (specializeAll numbers |> List.map snd)
        }

    /// The plan that stores each expression to the array of its name and reduces each of the others.
    let create stores reductions =
        createFor (fun _ -> true) id stores reductions []

    /// A pass that no reduction precedes, as a plan.
    let ofPass pass =
        {
            Stages = []
            Final = pass
            NumberNames = [||]
            Numbers = Graph.ofExprs []
        }

    /// Every pass, in order.
    let passes (plan: Plan) =
        (plan.Stages |> List.map _.Pass) @ [ plan.Final ]

    /// Carries out the plans of all parts, stage by stage.
    let run (plans: Plan[]) (runner: IPassRunner) =
        let wholes = Dictionary<string, float>()
        let rows = plans |> Array.map (fun _ -> Dictionary<string, float[]>())

        let onceOf part name =
            match wholes.TryGetValue name with
            | true, value -> value
            | _ -> runner.Once(part, name)

        let reductionsOf part pass =
            runner.Run(part, pass, onceOf part, fun name -> rows[part][name])

        let keep (stage: ReductionStage) (reductions: float[][]) =
            stage.Results
            |> Array.iteri (fun k (name, over) ->
                let count = stage.Pass.SumCount

                let channels part =
                    reductions[part] |> Array.chunkBySize count |> Array.map (fun c -> c[k])

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
