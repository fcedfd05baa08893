namespace Bnn.Core

open System
open System.Globalization

/// Formulas as lines `name = formula`, in whatever notation: shared by text and LaTeX.
module internal Lines =
    /// Names for what is used more than once: a, b, c... without those taken.
    let private freshNames taken =
        Seq.append (Seq.map string [ 'a' .. 'z' ]) (Seq.initInfinite (fun k -> $"a{k}"))
        |> Seq.filter (fun name -> not (List.contains name taken))

    /// One expression; a part that it uses twice is written twice. `write` writes a node, given its operands as written.
    let single (write: (int -> 'Piece) -> Node -> 'Piece) (e: Expr) =
        let graph = Graph.ofExprs [ e ]
        let pieces: 'Piece[] = Array.zeroCreate graph.Nodes.Length

        for i in 0 .. graph.Nodes.Length - 1 do
            pieces[i] <- write (fun operand -> pieces[operand]) graph.Nodes[i]

        pieces[graph.Roots[0]]

    /// The definitions, in an order in which they can be computed. What several of them share gets a line of its own, under a
    /// name that is neither taken nor read. `called` writes a name that stands for a line.
    let definitions write (called: string -> 'Piece) (taken: string list) (named: (string * Expr) list) =
        let graph = Graph.ofExprs (named |> List.map snd)
        let uses = Array.zeroCreate graph.Nodes.Length

        for node in graph.Nodes do
            for operand in Graph.operands node do
                uses[operand] <- uses[operand] + 1

        let isOperation i =
            match graph.Nodes[i] with
            | Node.Const _
            | Node.Leaf _ -> false
            | _ -> true

        let leaves =
            [
                for node in graph.Nodes do
                    match node with
                    | Node.Leaf(name, _) -> name
                    | _ -> ()
            ]

        let fresh = (freshNames (taken @ leaves @ List.map fst named)).GetEnumerator()

        let pieces: 'Piece[] = Array.zeroCreate graph.Nodes.Length
        let lines = ResizeArray<string * 'Piece>()

        for i in 0 .. graph.Nodes.Length - 1 do
            let written = write (fun operand -> pieces[operand]) graph.Nodes[i]

            let roots =
                [
                    for k, (name, _) in List.indexed named do
                        if graph.Roots[k] = i then
                            name
                ]

            match roots with
            | first :: others ->
                lines.Add(first, written)
                others |> List.iter (fun other -> lines.Add(other, called first))
                pieces[i] <- if isOperation i then called first else written
            | [] when isOperation i && uses[i] > 1 ->
                fresh.MoveNext() |> ignore
                lines.Add(fresh.Current, written)
                pieces[i] <- called fresh.Current
            | [] -> pieces[i] <- written

        List.ofSeq lines

    /// What one step of a rule assigns: m' is m after the step.
    let assignments (rule: Rule) =
        (rule.Slots |> List.map (fun slot -> slot.Name + "'", slot.Next))
        @ [ "w'", rule.Weight ]

/// Formulas as text, as they are written: `Simplify` makes them shorter to read.
module Print =
    let internal number (c: float) =
        if c = Math.Floor c && abs c < 1e15 then
            c.ToString("F0", CultureInfo.InvariantCulture)
        else
            c.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "E-").Replace("E", "e")

    // How tightly a piece of text binds: sums 1, products 2, signs 3, powers 4, everything else 5.
    let private bracketed least (strength, text: string) =
        if strength < least then $"({text})" else text

    let private write (operand: int -> int * string) node =
        match node with
        | Node.Const bits ->
            let c = BitConverter.Int64BitsToDouble bits
            (if c < 0.0 then 3 else 5), number c
        | Node.Leaf(name, _) -> 5, name
        | Node.Unary(op, a) ->
            let call name = 5, $"{name}({snd (operand a)})"

            match op with
            | Neg -> 3, "-" + bracketed 3 (operand a)
            | Abs -> 5, $"|{snd (operand a)}|"
            | Sqrt -> call "sqrt"
            | Exp -> call "exp"
            | Log -> call "log"
            | Tanh -> call "tanh"
            | Cos -> call "cos"
            | Round -> call "round"
            | Floor -> call "floor"
            | Signum -> call "signum"
            | SignPlus -> call "sign"
        | Node.Binary(op, a, b) ->
            let infix strength symbol right =
                strength, $"{bracketed strength (operand a)} {symbol} {bracketed right (operand b)}"

            match op with
            | Add -> infix 1 "+" 1
            | Sub -> infix 1 "-" 2
            | Mul -> infix 2 "*" 2
            | Div -> infix 2 "/" 3
            | Pow -> 4, $"{bracketed 5 (operand a)}^{bracketed 5 (operand b)}"
            | Mod -> 5, $"mod({snd (operand a)}, {snd (operand b)})"
            | Max -> 5, $"max({snd (operand a)}, {snd (operand b)})"
            | Min -> 5, $"min({snd (operand a)}, {snd (operand b)})"
        | Node.Reduce(fold, over, a) ->
            let name =
                match fold, over with
                | Sum, Row -> "row sum"
                | Sum, Whole -> "sum"
                | Largest, Row -> "row max abs"
                | Largest, Whole -> "max abs"

            5, $"{name}({snd (operand a)})"
        | Node.Select(c, a, b, x, y) ->
            let symbol =
                match c with
                | Less -> "<"
                | LessOrEqual -> "<="
                | Equal -> "="

            let test = $"{bracketed 1 (operand a)} {symbol} {bracketed 1 (operand b)}"
            0, $"if {test} then {bracketed 1 (operand x)} else {bracketed 1 (operand y)}"

    /// The definitions as lines `name = formula`. What several of them share gets a line of its own.
    let definitions (named: (string * Expr) list) =
        let lines = Lines.definitions write (fun name -> 5, name) [] named
        let width = lines |> List.map (fun (name, _) -> name.Length) |> List.fold max 0
        [ for name, (_, text) in lines -> $"{name.PadRight width} = {text}" ]

    /// One expression on one line; a part that it uses twice is written twice.
    let expr (e: Expr) = snd (Lines.single write e)

    /// The rule as the assignments of one step: m' is m after the step.
    let text (rule: Rule) =
        definitions (Lines.assignments rule) |> String.concat "\n"
