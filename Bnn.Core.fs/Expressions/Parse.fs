namespace Bnn

open System
open System.Collections.Generic

/// The grammar, by recursive descent; nesting is counted before anything recurses. A fault raises `FormatException`.
type private Grammar(text: string, leaves: Expr list) =
    let tokens = Tokens.ofText text
    let mutable at = 0
    let mutable depth = 0
    let depths = Dictionary<Expr, int>(HashIdentity.Reference)

    let named =
        Dictionary<string, Expr>(
            leaves
            |> List.choose (function
                | Input(name, _)
                | Slot(name, _) as leaf -> Some(KeyValuePair(name, leaf))
                | _ -> None)
        )

    let unary =
        [ Sqrt; Exp; Log; Tanh; Cos; Round; Floor; Signum; SignPlus ]
        |> List.map (fun op -> Notation.call op, op)
        |> Map.ofList

    let reductions =
        List.allPairs [ Sum; Largest ] [ Channel; Whole ]
        |> List.map (fun (reduction, over) -> Notation.reduction reduction over, (reduction, over))
        |> Map.ofList

    let binary = Map.ofList [ "mod", Mod; "max", Max; "min", Min ]

    let peek () =
        let struct (token, _) = tokens[at] in token

    let fail wanted =
        let struct (token, position) = tokens[at]

        let found =
            match token with
            | Token.End -> "the end"
            | Token.Number value -> Notation.number value
            | Token.Name name -> name
            | Token.Symbol symbol -> symbol

        raise (FormatException $"{found} at character %d{position + 1}, where {wanted} belongs")

    let isNext symbol = (peek () = Token.Symbol symbol)

    let accept symbol =
        let isNext = isNext symbol

        if isNext then
            at <- at + 1

        isNext

    let expect symbol =
        if not (accept symbol) then
            fail symbol

    let within (parse: unit -> Expr) =
        depth <- depth + 1

        if depth > Limits.Nesting then
            raise (FormatException $"parts nested more than %d{Limits.Nesting} deep")

        let e = parse ()
        depth <- depth - 1
        e

    let known name =
        match named.TryGetValue name with
        | true, e -> e
        | _ ->
            let all = String.concat ", " (Seq.map Notation.name named.Keys)
            raise (FormatException $"{Notation.name name}, which has no meaning here; known are {all}")

    /// A node, whose depth is known before another is put on top of it.
    let node (e: Expr) =
        let depthOf child =
            match depths.TryGetValue child with
            | true, known -> known
            | _ -> 1

        let depth = 1 + List.fold (fun most child -> max most (depthOf child)) 0 e.Children

        if depth > Limits.Depth then
            raise (FormatException $"a formula more than %d{Limits.Depth} operators deep")

        depths[e] <- depth
        e

    // left operands are gathered in a loop, so that long sums do not recurse
    let rec leftToRight (next: unit -> Expr) (operators: (string * Op2) list) =
        let mutable e = next ()
        let mutable goesOn = true

        while goesOn do
            match operators |> List.tryFind (fun (symbol, _) -> isNext symbol) with
            | Some(_, op) ->
                at <- at + 1
                e <- node (Binary(op, e, next ()))
            | None -> goesOn <- false

        e

    and choice () =
        within (fun () ->
            if accept "if" then
                let a = sum ()

                let test =
                    if accept "<=" then LessOrEqual
                    elif accept "<" then Less
                    elif accept "=" then Equal
                    else fail "<, <= or ="

                let b = sum ()
                expect "then"
                let x = sum ()
                expect "else"
                node (Select(test, a, b, x, sum ()))
            else
                sum ())

    and sum () =
        leftToRight product [ "+", Add; "-", Sub ]

    and product () =
        leftToRight signed [ "*", Mul; "/", Div ]

    and signed () =
        if accept "-" then
            match peek () with
            | Token.Number value when
                (let struct (after, _) = tokens[at + 1] in after <> Token.Symbol "^")
                && not (Double.IsNaN value)
                ->
                at <- at + 1
                Const -value
            | _ -> within (fun () -> node (Unary(Neg, signed ())))
        else
            power ()

    and power () =
        let a = atom ()
        if accept "^" then node (Binary(Pow, a, atom ())) else a

    and arguments count =
        expect "("

        let parsed =
            [
                for k in 1..count do
                    if k > 1 then
                        expect ","

                    choice ()
            ]

        expect ")"
        parsed

    and atom () =
        match peek () with
        | Token.Number value ->
            at <- at + 1
            Const value
        | Token.Symbol "(" ->
            at <- at + 1
            let e = choice ()
            expect ")"
            e
        | Token.Symbol "|" ->
            at <- at + 1
            let e = choice ()
            expect "|"
            node (Unary(Abs, e))
        | Token.Name name ->
            at <- at + 1
            if isNext "(" then call name else known name
        | _ -> fail "a number, a name or a bracket"

    and call name =
        match unary.TryFind name, binary.TryFind name, reductions.TryFind name with
        | Some op, _, _ -> node (Unary(op, (arguments 1)[0]))
        | _, Some op, _ ->
            let operands = arguments 2
            node (Binary(op, operands[0], operands[1]))
        | _, _, Some(reduction, over) -> node (Reduce(reduction, over, (arguments 1)[0]))
        | _ when name = "surrogate" ->
            let operands = arguments 2
            node (Surrogate(operands[0], operands[1]))
        | _ ->
            let all =
                Seq.concat [ unary.Keys; binary.Keys; reductions.Keys ] |> String.concat ", "

            raise (FormatException $"{name}, which is no function; known are {all}, surrogate")

    let definition () =
        match peek (), at + 1 < tokens.Length with
        | Token.Name name, true when (let struct (after, _) = tokens[at + 1] in after = Token.Symbol "=") ->
            at <- at + 2
            Some name
        | _ -> None

    /// Definitions `name = formula;` and then one formula.
    member _.Formula() =
        let mutable result = None

        while result.IsNone do
            match definition () with
            | Some name ->
                named[name] <- choice ()
                expect ";"
            | None -> result <- Some(choice ())

        if peek () <> Token.End then
            fail "the end"

        result.Value

    /// Definitions that the text may read.
    member _.Know(definitions: (string * Expr) list) =
        for name, e in definitions do
            named[name] <- e

    /// One definition.
    member _.Definition() =
        match definition () with
        | None -> fail "a name and ="
        | Some name ->
            let e = choice ()

            if peek () <> Token.End then
                fail "the end"

            name, e

/// Formulas from the text that `Print` writes: `parse (print e) = e`. A name that nothing gives a meaning is a fault, and so are more
/// than 1 MB, parts nested more than 64 deep, and more than 1,000 operators above each other.
[<EditorBrowsable(Never)>]
module Parse =
    let private bounded name (text: string) parse =
        if text.Length > Limits.Characters then
            Error(Fault.unless false name $"a text of %d{text.Length} characters" $"at most %d{Limits.Characters}")
        else
            try
                Ok(parse ())
            with :? FormatException as e ->
                let start = if text.Length > 60 then text[..59] + "..." else text
                Error(Fault.unless false name $"\"{start}\"" $"a formula; it has {e.Message}")

    /// The formula over these inputs and slots, each of which the text names.
    let expr (leaves: Expr list) (text: string) =
        bounded "formula" text (fun () -> Grammar(text, leaves).Formula())

    /// The definitions `name = formula`, in order; each may read those before it.
    let definitions (leaves: Expr list) (lines: string list) =
        let line (known: Expr list, named: (string * Expr) list) (text: string) =
            let grammar = Grammar(text, known)
            grammar.Know named
            known, named @ [ grammar.Definition() ]

        bounded "formulas" (String.concat "\n" lines) (fun () -> lines |> List.fold line (leaves, []) |> snd)

    /// A schedule: a formula over t and T.
    let schedule (text: string) =
        expr [ Expr.time; Expr.iterations ] text
