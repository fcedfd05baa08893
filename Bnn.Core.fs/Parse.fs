namespace Bnn

open System
open System.Collections.Generic
open System.Globalization
open System.Text

/// What is read at most, so that a file of others can take neither memory nor the stack.
module internal Limits =
    /// Characters of a text, 1 MB.
    [<Literal>]
    let Characters = 1_000_000

    /// Brackets, calls and signs within each other; objects and arrays of JSON.
    [<Literal>]
    let Nesting = 64

    /// Operators above each other.
    [<Literal>]
    let Depth = 1000

/// A piece of a formula's text.
[<RequireQualifiedAccess>]
type private Token =
    | Number of float
    | Name of string
    | Symbol of string
    | End

/// Cuts a formula's text into tokens. A fault raises `FormatException`.
module private Tokens =
    let private symbols =
        [ "<="; "+"; "-"; "*"; "/"; "^"; "("; ")"; "|"; ","; ";"; "="; "<" ]

    let private isNamePart (c: char) =
        Char.IsAsciiLetterOrDigit c || c = '_' || c = '\''

    let private ends isPart (text: string) start =
        let mutable i = start

        while i < text.Length && isPart text[i] do
            i <- i + 1

        i

    let private number (text: string) start =
        let digits = ends (fun c -> Char.IsAsciiDigit c || c = '.') text start

        let stop =
            if digits < text.Length && (text[digits] = 'e' || text[digits] = 'E') then
                let sign =
                    if digits + 1 < text.Length && (text[digits + 1] = '+' || text[digits + 1] = '-') then
                        2
                    else
                        1

                ends Char.IsAsciiDigit text (digits + sign)
            else
                digits

        match Double.TryParse(text[start .. stop - 1], NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Token.Number value, stop
        | _ -> raise (FormatException $"{text[start .. stop - 1]}, which is no number")

    let private quoted (text: string) start =
        let name = StringBuilder()
        let mutable i = start + 1

        while i < text.Length && text[i] <> '"' do
            if text[i] = '\\' && i + 1 < text.Length then
                i <- i + 1
                name.Append(if text[i] = 'n' then '\n' else text[i]) |> ignore
            else
                name.Append text[i] |> ignore

            i <- i + 1

        if i = text.Length then
            raise (FormatException "a name whose quotes do not end")

        Token.Name(name.ToString()), i + 1

    /// NaN(hexadecimal bits) is a NaN other than the usual one.
    let private notANumber (text: string) start =
        let stop = start + 3

        if
            stop + 17 < text.Length
            && text[stop] = '('
            && text[stop + 17] = ')'
            && Seq.forall Char.IsAsciiHexDigit text[stop + 1 .. stop + 16]
        then
            let bits =
                Int64.Parse(text[stop + 1 .. stop + 16], NumberStyles.HexNumber, CultureInfo.InvariantCulture)

            Token.Number(BitConverter.Int64BitsToDouble bits), stop + 18
        else
            Token.Number nan, stop

    let ofText (text: string) =
        let tokens = List<struct (Token * int)>()
        let mutable i = 0

        while i < text.Length do
            let c = text[i]

            if Char.IsWhiteSpace c then
                i <- i + 1
            else
                let token, stop =
                    if Char.IsAsciiDigit c || c = '.' then
                        number text i
                    elif c = '"' then
                        quoted text i
                    elif Char.IsAsciiLetter c || c = '_' then
                        let stop = ends isNamePart text i

                        match text[i .. stop - 1] with
                        | "NaN" -> notANumber text i
                        | "Infinity" -> Token.Number infinity, stop
                        | "if"
                        | "then"
                        | "else" as word -> Token.Symbol word, stop
                        | name -> Token.Name name, stop
                    else
                        match
                            symbols
                            |> List.tryFind (fun s -> String.CompareOrdinal(text, i, s, 0, s.Length) = 0)
                        with
                        | Some symbol -> Token.Symbol symbol, i + symbol.Length
                        | None -> raise (FormatException $"{c} at character {i + 1}, which no formula has")

                tokens.Add(struct (token, i))
                i <- stop

        tokens.Add(struct (Token.End, text.Length))
        tokens.ToArray()

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

        raise (FormatException $"{found} at character {position + 1}, where {wanted} belongs")

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
            raise (FormatException $"parts nested more than {Limits.Nesting} deep")

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
            raise (FormatException $"a formula more than {Limits.Depth} operators deep")

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
            Error(Fault.unless false name $"a text of {text.Length} characters" $"at most {Limits.Characters}")
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
