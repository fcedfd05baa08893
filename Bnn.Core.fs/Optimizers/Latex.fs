namespace Bnn

open System

/// Formulas in LaTeX's mathematical notation, for papers and notebooks; KaTeX and MathJax read it too.
[<EditorBrowsable(Never)>]
module Latex =
    // How tightly a piece binds: cases 0, sums 1, large operators 2, products 3, signs 4, powers and fractions 5, the rest 6.
    type private Piece = { Level: int; Text: string }

    let private atom text = { Level = 6; Text = text }

    let private inBrackets piece = $@"\left({piece.Text}\right)"

    let private bracketed least piece =
        if piece.Level < least then inBrackets piece else piece.Text

    /// Behind another operand: a minus sign there needs brackets.
    let private behind least piece =
        if piece.Text.StartsWith '-' then
            inBrackets piece
        else
            bracketed least piece

    let private greek =
        Set.ofList (
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega"
                .Split
                ' '
            |> List.ofArray
        )

    let private escaped (c: char) =
        match c with
        | '_'
        | '%'
        | '&'
        | '#'
        | '$'
        | '{'
        | '}' -> $@"\{c}"
        | ' ' -> @"\ "
        | '^' -> @"\wedge{}"
        | '~' -> @"\sim{}"
        | c when Char.IsControl c -> @"\ "
        | '\\' -> @"\backslash{}"
        | other -> string other

    /// A name as a symbol: one letter as it is, Greek letters by their names, digits at the end as an index, words upright.
    /// `index` follows behind the name's own.
    let private symbol (index: string list) (name: string) =
        let digits = name.Length - name.TrimEnd([| '0' .. '9' |]).Length
        let digits = if digits = name.Length then 0 else digits
        let stem = name[.. name.Length - digits - 1]

        let letter =
            if stem.Length = 1 && Char.IsAsciiLetter stem[0] then
                stem
            elif greek.Contains stem then
                $@"\{stem}"
            else
                $@"\mathrm{{{String.collect (escaped >> string) stem}}}"

        match [ name[name.Length - digits ..] ] @ index |> List.filter ((<>) "") with
        | [] -> letter
        | indices ->
            let indices = String.concat "," indices
            $"{letter}_{{{indices}}}"

    let private number (c: float) =
        if Double.IsNaN c then
            atom @"\mathrm{NaN}"
        elif Double.IsInfinity c then
            atom (if c > 0.0 then @"\infty" else @"-\infty")
        else
            match (Notation.number c).Split 'e' with
            | [| digits; exponent |] ->
                let power = $"10^{{{exponent.TrimStart '+'}}}"

                match digits with
                | "1" -> { Level = 5; Text = power }
                | "-1" -> { Level = 4; Text = "-" + power }
                | _ ->
                    {
                        Level = 3
                        Text = $@"{digits} \cdot {power}"
                    }
            | whole -> atom whole[0]

    let private call name (operands: Piece list) =
        let operands = operands |> List.map _.Text |> String.concat ", "
        atom $@"{name}\left({operands}\right)"

    let private unary op a =
        match op with
        | Neg ->
            {
                Level = min a.Level 4
                Text = "-" + behind 2 a
            }
        | Abs -> atom $@"\left|{a.Text}\right|"
        | Sqrt -> atom $@"\sqrt{{{a.Text}}}"
        | Exp -> call @"\exp" [ a ]
        | Log -> call @"\ln" [ a ]
        | Tanh -> call @"\tanh" [ a ]
        | Cos -> call @"\cos" [ a ]
        | Floor -> atom $@"\left\lfloor {a.Text} \right\rfloor"
        | Round -> call @"\operatorname{round}" [ a ]
        | Signum -> call @"\operatorname{sign}" [ a ]
        | SignPlus -> call @"\operatorname{sign}_{+}" [ a ]

    let private power a exponent =
        {
            Level = 5
            Text = $"{behind 6 a}^{{{exponent}}}"
        }

    let private product a b =
        let right = behind 3 b
        // Two numbers side by side would read as one.
        let startsWithNumber = Char.IsDigit(right.Replace(@"\frac{", "")[0])
        let between = if startsWithNumber then @"\cdot" else @"\,"

        {
            Level = 3
            Text = $"{bracketed 3 a} {between} {right}"
        }

    let private binary op a b =
        let sum symbol least =
            {
                Level = 1
                Text = $"{bracketed 1 a} {symbol} {behind least b}"
            }

        match op with
        | Add -> sum "+" 1
        | Sub -> sum "-" 2
        | Mul -> product a b
        | Div ->
            {
                Level = 5
                Text = $@"\frac{{{a.Text}}}{{{b.Text}}}"
            }
        | Pow -> power a b.Text
        | Mod -> call @"\operatorname{mod}" [ a; b ]
        | Max -> call @"\max" [ a; b ]
        | Min -> call @"\min" [ a; b ]

    let private reduce reduction over a =
        let range =
            match over with
            | Channel -> @"\mathrm{channel}"
            | Whole -> @"\mathrm{all}"

        match reduction with
        | Sum ->
            {
                Level = 2
                Text = $@"\sum_{{{range}}} {behind 3 a}"
            }
        | Largest ->
            {
                Level = 2
                Text = $@"\max_{{{range}}} \left|{a.Text}\right|"
            }

    let private select test a b x y =
        let symbol =
            match test with
            | Less -> "<"
            | LessOrEqual -> @"\le"
            | Equal -> "="

        {
            Level = 0
            Text =
                $@"\begin{{cases}} {x.Text} & \text{{if }} {bracketed 1 a} {symbol} {bracketed 1 b} \\ {y.Text} & \text{{otherwise}} \end{{cases}}"
        }

    /// A formula, given how its inputs and slots are written.
    let private write leaf (e: Expr) =
        let rec write e =
            match e with
            | Const c -> number c
            | Input(name, _) -> atom (leaf name false)
            | Slot(name, _) -> atom (leaf name true)
            | Unary(op, a) -> unary op (write a)
            | Binary(Mul, a, b) when a = b -> power (write a) "2"
            | Binary(op, a, b) -> binary op (write a) (write b)
            | Reduce(reduction, over, a) -> reduce reduction over (write a)
            | Select(test, a, b, x, y) -> select test (write a) (write b) (write x) (write y)
            | Surrogate(value, _) -> write value

        write e

    /// One expression; a part that it uses twice is written twice. Numbers are exact, names stand as they are: w, m, t,
    /// \beta_{1} for beta1, \mathrm{lr} for lr. x x is written x^2; the sums over a channel and over all weights are
    /// \sum_{channel} and \sum_{all}. A surrogate is its value.
    let expr (e: Expr) =
        (write (fun name _ -> symbol [] name) (Lines.values e)).Text

    /// The rule as the assignments of iteration t, an `aligned` block: a slot m before the step is m_{t-1}, after it m_t; the
    /// weight before it is w_t, after it w_{t+1}; the gradient is g_t. What several formulas share gets a line of its own.
    let rule (rule: Rule) =
        let assigned (name: string) =
            match name with
            | "w'" -> symbol [ "t+1" ] "w"
            | _ when name.EndsWith '\'' -> symbol [ "t" ] name[.. name.Length - 2]
            | _ -> symbol [ "t" ] name

        let taken = [ "w"; "g"; "t"; "T" ] @ (rule.Slots |> List.map _.Name)
        let lines = Lines.definitions taken rule.AllAssignments
        let names = lines |> List.map fst |> set

        let leaf name isSlot =
            match name, isSlot with
            | _, true -> symbol [ "t-1" ] name
            | _ when names.Contains name -> assigned name
            | ("w" | "g"), _ -> symbol [ "t" ] name
            | _ -> symbol [] name

        let text =
            lines
            |> List.map (fun (name, e) -> $"{assigned name} &= {(write leaf e).Text}")
            |> String.concat " \\\\\n"

        $"\\begin{{aligned}}\n{text}\n\\end{{aligned}}"
