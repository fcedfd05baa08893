namespace Bnn

open System.Collections.Generic

/// Names under which passes read what is known before them without a pass.
module internal PlanNames =
    /// How many numbers a channel has, the same for all channels of a part.
    let channelCount = "numbers of a channel"

    /// How many numbers the whole has.
    let wholeCount = "numbers of the whole"

/// Names for reductions: one for each that differs, with what it needs first.
type internal ReductionNames() =
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
            | Reduce(Sum, Channel, Const 1.0) -> Input(PlanNames.channelCount, Once)
            | Reduce(Sum, Whole, Const 1.0) -> Input(PlanNames.wholeCount, Once)
            | Reduce(reduction, over, body) as node ->
                match names.TryGetValue node with
                | true, input -> input
                | _ ->
                    let name = $"reduction %d{reductions.Count}"
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

    /// Whether e is one of the inputs in place of reductions.
    member _.IsReduction(e: Expr) = names.ContainsValue e

/// Names for numbers of a channel that follow from its reductions and from what is computed once a step.
type internal ChannelNumbers(isReduction: Expr -> bool) =
    let names = Dictionary<Expr, string>()
    let known = Dictionary<Expr, bool>(HashIdentity.Reference)

    let rec follows (e: Expr) =
        match known.TryGetValue e with
        | true, answer -> answer
        | _ ->
            let answer =
                match e with
                | Const _
                | Input(_, Once)
                | Slot(_, Once) -> true
                | Input _
                | Slot _ -> isReduction e
                | _ -> e.Children |> List.forall follows

            known[e] <- answer
            answer

    let named e =
        match names.TryGetValue e with
        | true, name -> name
        | _ ->
            names[e] <- $"channel number %d{names.Count}"
            names[e]

    /// e with an input in place of each of its largest parts that is such a number and not a reduction itself.
    member _.Replace(e: Expr) =
        let memo = Dictionary<Expr, Expr>(HashIdentity.Reference)

        let rec go (e: Expr) =
            match memo.TryGetValue e with
            | true, replaced -> replaced
            | _ ->
                let replaced =
                    if not (follows e) then Expr.mapChildren go e
                    elif e.Children.IsEmpty || Expr.extent e = Once then e
                    else Input(named e, PerChannel)

                memo[e] <- replaced
                replaced

        go e

    member _.Graphs =
        Map.ofSeq (names |> Seq.map (fun (KeyValue(e, name)) -> name, Graph.ofExprs [ e ]))

/// What is computed for channels between passes.
module internal ChannelAlgebra =
    /// Float64 numbers of all channels at once: an array has one number a channel, or one that all share.
    let float64: Algebra<float[]> =
        let algebra = Algebra.float64

        let at (numbers: float[]) i =
            if numbers.Length = 1 then numbers[0] else numbers[i]

        let longest (a: float[]) (b: float[]) = max a.Length b.Length

        {
            Const = fun c -> [| c |]
            Unary = fun op -> Array.map (algebra.Unary op)
            Binary =
                fun op ->
                    let apply = algebra.Binary op
                    fun a b -> Array.init (longest a b) (fun i -> apply (at a i) (at b i))
            Select =
                fun test a b x y ->
                    Array.init (max (longest a b) (longest x y)) (fun i ->
                        algebra.Select test (at a i) (at b i) (at x i) (at y i))
            Reduce = fun _ _ _ -> invalidOp "what is computed of reductions holds none"
        }
