namespace Bnn

open System
open System.Globalization

/// How numbers, names and operators are written; `Parse` reads them.
module internal Notation =
    /// Whole numbers below 1e15 in full, others as short as they can be read back exactly.
    let number (c: float) =
        let culture = CultureInfo.InvariantCulture

        if c = Math.Floor c && abs c < 1e15 then
            c.ToString("F0", culture)
        elif BitConverter.DoubleToInt64Bits c = BitConverter.DoubleToInt64Bits nan then
            "NaN"
        elif Double.IsNaN c then
            "NaN(" + (BitConverter.DoubleToInt64Bits c).ToString("X16", culture) + ")"
        else
            c.ToString("R", culture).Replace("E-0", "E-").Replace("E", "e")

    /// What cannot be a name without quotes.
    let reserved = set [ "if"; "then"; "else"; "NaN"; "Infinity" ]

    /// Letters, digits, _ and ' stand for themselves; any other name is in quotes.
    let name (name: string) =
        let isPlain =
            name.Length > 0
            && (Char.IsAsciiLetter name[0] || name[0] = '_')
            && name |> Seq.forall (fun c -> Char.IsAsciiLetterOrDigit c || c = '_' || c = '\'')
            && not (Set.contains name reserved)

        if isPlain then
            name
        else
            let escaped = name.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")
            $"\"{escaped}\""

    let call (op: Op1) =
        match op with
        | Neg -> "-"
        | Abs -> "|"
        | Sqrt -> "sqrt"
        | Exp -> "exp"
        | Log -> "log"
        | Tanh -> "tanh"
        | Cos -> "cos"
        | Round -> "round"
        | Floor -> "floor"
        | Signum -> "signum"
        | SignPlus -> "sign"

    let reduction (reduction: Reduction) (over: Over) =
        match reduction, over with
        | Sum, Whole -> "sum"
        | Sum, Channel -> "channel_sum"
        | Largest, Whole -> "max_abs"
        | Largest, Channel -> "channel_max_abs"

    let symbol (test: Compare) =
        match test with
        | Less -> "<"
        | LessOrEqual -> "<="
        | Equal -> "="
