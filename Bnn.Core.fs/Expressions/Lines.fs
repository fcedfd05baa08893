namespace Bnn

open System.Collections.Generic

/// Formulas as definitions `name = formula`, one after another: what several of them share gets a name and a line of its own.
module internal Lines =
    /// Names for what is used more than once: a, b, c... without those taken.
    let private freshNames taken =
        Seq.append (Seq.map string [ 'a' .. 'z' ]) (Seq.initInfinite (fun k -> $"a%d{k}"))
        |> Seq.filter (fun name -> not (List.contains name taken))

    let private isOperation e =
        match e with
        | Const _
        | Input _
        | Slot _ -> false
        | _ -> true

    /// The same formulas, in which what is equal is one object; and their nodes, operands first, with the number of their uses.
    let private shared (roots: Expr list) =
        let known = Dictionary<Expr, Expr>(Expr.ByNode)

        let unite =
            Expr.rewrite (fun node ->
                match known.TryGetValue node with
                | true, same -> same
                | _ ->
                    known[node] <- node
                    node)

        let roots = roots |> List.map unite
        let uses = Dictionary<Expr, int>(HashIdentity.Reference)
        let nodes = List<Expr>()

        let rec visit (e: Expr) =
            if not (uses.ContainsKey e) then
                uses[e] <- 0

                for operand in e.Children do
                    visit operand
                    uses[operand] <- uses[operand] + 1

                nodes.Add e

        roots |> List.iter visit
        roots, List.ofSeq nodes, (fun node -> uses[node])

    /// How deep a line may nest: less than half of what `Parse` reads, because a sign may be in brackets of its own.
    [<Literal>]
    let private Nesting = 30

    // The definitions, in an order in which they can be computed. `isNamed` tells of an operation that is used so often whether it
    // gets a line; one that nests too deep always does.
    let private name isNamed (taken: string list) (named: (string * Expr) list) =
        let roots, nodes, uses = shared (named |> List.map snd)

        let leaves =
            nodes
            |> List.choose (function
                | Input(name, _)
                | Slot(name, _) -> Some name
                | _ -> None)

        let fresh = (freshNames (taken @ leaves @ List.map fst named)).GetEnumerator()
        let written = Dictionary<Expr, Expr>(HashIdentity.Reference)
        let nesting = Dictionary<Expr, int>(HashIdentity.Reference)
        let lines = List<string * Expr>()

        // what stands for a node where others use it: all that was written of it, or its line's name
        let call node name =
            written[node] <- Input(name, PerWeight)
            nesting[node] <- 0

        for node in nodes do
            let formula =
                match node with
                | Const _
                | Input _
                | Slot _ -> node
                | Unary(op, a) -> Unary(op, written[a])
                | Binary(op, a, b) -> Binary(op, written[a], written[b])
                | Select(test, a, b, x, y) -> Select(test, written[a], written[b], written[x], written[y])
                | Reduce(reduction, over, a) -> Reduce(reduction, over, written[a])
                | Surrogate(value, surrogate) -> Surrogate(written[value], written[surrogate])

            written[node] <- formula

            nesting[node] <-
                node.Children
                |> List.fold (fun deepest operand -> max deepest (nesting[operand] + 1)) 0

            let names =
                List.zip named roots
                |> List.choose (fun ((name, _), root) -> if obj.ReferenceEquals(root, node) then Some name else None)

            match names with
            | first :: others ->
                lines.Add(first, formula)
                others |> List.iter (fun other -> lines.Add(other, Input(first, PerWeight)))

                if isOperation node then
                    call node first
            | [] when isOperation node && (isNamed (uses node) || nesting[node] >= Nesting) ->
                fresh.MoveNext() |> ignore
                lines.Add(fresh.Current, formula)
                call node fresh.Current
            | [] -> ()

        List.ofSeq lines

    /// The definitions of several formulas. What they share gets a name that is neither taken nor read.
    let definitions taken named = name (fun uses -> uses > 1) taken named

    /// One formula: what it needs first, and itself. A part that it uses twice is written twice unless the whole becomes long.
    let single (e: Expr) =
        let sizes = Dictionary<Expr, float>(HashIdentity.Reference)

        let rec size (e: Expr) =
            match sizes.TryGetValue e with
            | true, known -> known
            | _ ->
                let all = e.Children |> List.fold (fun sum child -> sum + size child) 1.0
                sizes[e] <- all
                all

        let isLong = size e > 200.0

        match List.rev (name (fun uses -> isLong && uses > 1) [] [ "", e ]) with
        | (_, formula) :: before -> List.rev before, formula
        | [] -> [], e

    /// The formula with the values of its surrogates in their place.
    let values e =
        e
        |> Expr.rewrite (function
            | Surrogate(value, _) -> value
            | other -> other)

    let private write e =
        FormulaText.write System.Int32.MaxValue e

    /// Definitions as lines of text `name = formula`.
    let text (named: (string * Expr) list) =
        let written =
            definitions [] named |> List.map (fun (name, e) -> Notation.name name, write e)

        let width = written |> List.map (fun (name, _) -> name.Length) |> List.fold max 0
        [ for name, formula in written -> $"{name.PadRight width} = {formula}" ]

    /// One formula as one line of text.
    let expr (e: Expr) =
        let before, formula = single e

        [
            for name, part in before do
                $"{Notation.name name} = {write part}"
            write formula
        ]
        |> String.concat "; "
