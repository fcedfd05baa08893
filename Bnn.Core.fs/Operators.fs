namespace Bnn

open System
open System.ComponentModel
open System.Globalization

/// How often a value is computed.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Extent =
    /// Once a step, in float64: step count, learning rate, bias corrections.
    | Once
    /// Once a channel: a channel's bias, an output channel's scale.
    | PerChannel
    /// Once a weight (or activation).
    | PerWeight

/// Operators with one operand.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Op1 =
    | Neg
    | Abs
    | Sqrt
    | Exp
    | Log
    | Tanh
    | Cos
    | Floor
    /// To the nearest whole number, halves to the even one.
    | Round
    /// -1, 0, +1; 0 at 0. What update rules mean by sign.
    | Signum
    /// -1, +1; +1 at 0 and -0. What binarizers mean by sign.
    | SignPlus

/// Operators with two operands. Max and Min propagate NaN and order -0 below +0.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Op2 =
    | Add
    | Sub
    | Mul
    | Div
    | Max
    | Min
    | Pow
    /// The remainder with the sign of the dividend.
    | Mod

/// Tests of two numbers; every one is false where an operand is NaN.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Compare =
    | Less
    | LessOrEqual
    | Equal

/// A reduction: one number from many.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Reduction =
    | Sum
    /// The largest magnitude, max |x|; 0 of no numbers.
    | Largest

/// Which numbers are reduced.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Over =
    /// Those of one channel: an output channel's weights, a channel's activations.
    | Channel
    /// All numbers of the tensor of a layer; all parameters of the network that a rule updates.
    | Whole

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
            $"NaN({BitConverter.DoubleToInt64Bits c:X16})"
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
