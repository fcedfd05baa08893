namespace Bnn

open System.Collections.Generic

/// Building and rewriting expressions.
[<EditorBrowsable(Never); CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Expr =
    /// The weight w.
    let weight = Input("w", PerWeight)

    /// The gradient g of the loss with respect to the weight.
    let gradient = Input("g", PerWeight)

    /// The iteration t of the running stage, from 1.
    let time = Input("t", Once)

    /// T, how many iterations the running stage has; infinite where that is not known.
    let iterations = Input("T", Once)

    /// The share of the running stage that is done before this iteration: (t - 1) / T, in [0, 1).
    let progress = (time - 1.0) / iterations

    /// A number given once a step.
    let uniform name = Input(name, Once)

    /// A rule's state, one number a weight: its value before the step.
    let slot name = Slot(name, PerWeight)

    /// A rule's state, one number for all weights, in float64: its value before the step.
    let slotOnce name = Slot(name, Once)

    let maximum a b = Binary(Max, a, b)
    let minimum a b = Binary(Min, a, b)

    /// x where a < b, else y.
    let ifLess a b x y = Select(Less, a, b, x, y)

    /// x where a <= b, else y.
    let ifLessOrEqual a b x y = Select(LessOrEqual, a, b, x, y)

    /// x where a = b, else y.
    let ifEqual a b x y = Select(Equal, a, b, x, y)

    /// The sum over `over`.
    let sum over e = Reduce(Sum, over, e)

    /// The mean over `over`.
    let mean over e = sum over e / sum over (Const 1.0)

    /// The largest magnitude over `over`.
    let largest over e = Reduce(Largest, over, e)

    /// e with `f` applied to each of the expressions directly below it.
    let mapChildren (f: Expr -> Expr) (e: Expr) =
        match e with
        | Const _
        | Input _
        | Slot _ -> e
        | Unary(o, a) -> Unary(o, f a)
        | Binary(o, a, b) -> Binary(o, f a, f b)
        | Select(c, a, b, x, y) -> Select(c, f a, f b, f x, f y)
        | Reduce(reduction, over, a) -> Reduce(reduction, over, f a)
        | Surrogate(v, c) -> Surrogate(f v, f c)

    /// e with `f` applied to every node, children first; a shared node is rewritten once and stays shared.
    let rewrite (f: Expr -> Expr) (e: Expr) =
        let memo = Dictionary<Expr, Expr>(HashIdentity.Reference)

        let rec go e =
            match memo.TryGetValue e with
            | true, known -> known
            | _ ->
                let rebuilt = f (mapChildren go e)
                memo[e] <- rebuilt
                rebuilt

        go e

    /// e with inputs and slots replaced where `f` gives a replacement, all at once.
    let substitute (f: Expr -> Expr option) (e: Expr) =
        e
        |> rewrite (fun node ->
            match node with
            | Input _
            | Slot _ -> f node |> Option.defaultValue node
            | _ -> node)

    /// e with every test between two constants decided; nothing else is changed.
    let decide (e: Expr) =
        let holds test (a: float) (b: float) =
            match test with
            | Less -> a < b
            | LessOrEqual -> a <= b
            | Equal -> a = b

        e
        |> rewrite (function
            | Select(test, Const a, Const b, x, y) -> if holds test a b then x else y
            | other -> other)

    /// How often e must be computed: the finest extent of what it reads.
    let extent (e: Expr) =
        let memo = Dictionary<Expr, Extent>(HashIdentity.Reference)

        let rec go e =
            match memo.TryGetValue e with
            | true, known -> known
            | _ ->
                let all =
                    match e with
                    | Input(_, x)
                    | Slot(_, x) -> x
                    | Reduce(_, Channel, _) -> PerChannel
                    | Reduce(_, Whole, _) -> Once
                    | _ -> e.Children |> List.fold (fun x child -> max x (go child)) Once

                memo[e] <- all
                all

        go e

    /// How many nodes are above each other, at most.
    let depth (e: Expr) =
        let memo = Dictionary<Expr, int>(HashIdentity.Reference)

        let rec go (e: Expr) =
            match memo.TryGetValue e with
            | true, known -> known
            | _ ->
                let all =
                    1 + (e.Children |> List.fold (fun deepest child -> max deepest (go child)) 0)

                memo[e] <- all
                all

        go e

    /// The inputs and slots that e reads, each once.
    let leaves (e: Expr) =
        let found = List<Expr>()

        e
        |> rewrite (fun node ->
            match node with
            | Input _
            | Slot _ when not (found.Contains node) -> found.Add node
            | _ -> ()

            node)
        |> ignore

        List.ofSeq found

    /// The numbers in e that are not finite.
    let notFinite (e: Expr) =
        let found = List<float>()

        e
        |> rewrite (fun node ->
            match node with
            | Const c when not (System.Double.IsFinite c) -> found.Add c
            | _ -> ()

            node)
        |> ignore

        List.ofSeq found

    /// Whether e is surely NaN where `variable` is. A test is false then; a power may be 1, as NaN^0 is.
    let isNaNWhere (variable: Expr) (e: Expr) =
        let memo = Dictionary<Expr, bool>(HashIdentity.Reference)

        let rec go e =
            match memo.TryGetValue e with
            | true, known -> known
            | _ ->
                let isNaN =
                    match e with
                    | Input _
                    | Slot _ -> e = variable
                    | Const c -> System.Double.IsNaN c
                    | Unary(_, a)
                    | Reduce(_, _, a)
                    | Surrogate(a, _) -> go a
                    | Binary(Pow, a, Const exponent) -> go a && exponent <> 0.0
                    | Binary(Pow, _, _) -> false
                    | Binary(_, a, b) -> go a || go b
                    | Select(_, a, b, x, y) -> go y && (go a || go b || go x)

                memo[e] <- isNaN
                isNaN

        go e

    /// e, but NaN where `variable` is: a formula whose tests make an ordinary number of NaN would hide that a network's numbers are lost.
    let keepingNaN variable e =
        if isNaNWhere variable e then
            e
        else
            ifEqual variable variable e variable
