namespace Bnn

open System
open System.Collections.Generic
open System.Text

/// A formula over one weight. An update rule, a schedule, a binarizer and an element-wise layer are values of this type;
/// evaluating, compiling, deriving and printing are functions of it. Nodes may be shared; equality is by structure,
/// constants are compared by their bits.
[<CustomEquality; NoComparison>]
type Expr =
    | Const of float
    /// A value from outside: w, g, t, progress; x, dy for layers.
    | Input of name: string * Extent
    /// A rule's own state: its value before the step.
    | Slot of name: string * Extent
    | Unary of Op1 * Expr
    | Binary of Op2 * Expr * Expr
    /// `Select(c, a, b, x, y)`: x where `a c b` holds, else y.
    | Select of Compare * Expr * Expr * Expr * Expr
    /// One number from many: a norm's sum of squares, a channel's mean, the largest magnitude.
    | Reduce of Reduction * Over * Expr
    /// Has the value of `value` and the derivative of `surrogate`; a constant surrogate detaches.
    | Surrogate of value: Expr * surrogate: Expr

    /// A number as the formula that is always this number.
    static member op_Implicit(value: float) : Expr = Const value

    static member (+)(a: Expr, b: Expr) = Binary(Add, a, b)
    static member (+)(a: float, b: Expr) = Binary(Add, Const a, b)
    static member (+)(a: Expr, b: float) = Binary(Add, a, Const b)
    static member (-)(a: Expr, b: Expr) = Binary(Sub, a, b)
    static member (-)(a: float, b: Expr) = Binary(Sub, Const a, b)
    static member (-)(a: Expr, b: float) = Binary(Sub, a, Const b)
    static member (*)(a: Expr, b: Expr) = Binary(Mul, a, b)
    static member (*)(a: float, b: Expr) = Binary(Mul, Const a, b)
    static member (*)(a: Expr, b: float) = Binary(Mul, a, Const b)
    static member (/)(a: Expr, b: Expr) = Binary(Div, a, b)
    static member (/)(a: float, b: Expr) = Binary(Div, Const a, b)
    static member (/)(a: Expr, b: float) = Binary(Div, a, Const b)
    static member (~-)(a: Expr) = Unary(Neg, a)
    static member Pow(a: Expr, b: Expr) = Binary(Pow, a, b)
    static member Abs(a: Expr) = Unary(Abs, a)
    static member Sqrt(a: Expr) = Unary(Sqrt, a)
    static member Exp(a: Expr) = Unary(Exp, a)
    static member Log(a: Expr) = Unary(Log, a)
    static member Tanh(a: Expr) = Unary(Tanh, a)
    static member Floor(a: Expr) = Unary(Floor, a)
    static member Cos(a: Expr) = Unary(Cos, a)

    /// The expressions directly below this one, in order.
    [<EditorBrowsable(Never)>]
    member e.Children: Expr list =
        match e with
        | Const _
        | Input _
        | Slot _ -> []
        | Unary(_, a)
        | Reduce(_, _, a) -> [ a ]
        | Binary(_, a, b)
        | Surrogate(a, b) -> [ a; b ]
        | Select(_, a, b, x, y) -> [ a; b; x; y ]

    /// Whether two nodes are the same but for what is below them.
    static member private IsSameNode(a: Expr, b: Expr) =
        match a, b with
        | Const x, Const y -> BitConverter.DoubleToInt64Bits x = BitConverter.DoubleToInt64Bits y
        | Input(n, e), Input(m, f)
        | Slot(n, e), Slot(m, f) -> n = m && e = f
        | Unary(o, _), Unary(p, _) -> o = p
        | Binary(o, _, _), Binary(p, _, _) -> o = p
        | Select(c, _, _, _, _), Select(d, _, _, _, _) -> c = d
        | Reduce(f, o, _), Reduce(g, p, _) -> f = g && o = p
        | Surrogate _, Surrogate _ -> true
        | _ -> false

    /// A hash of the node alone.
    static member private HashOfNode(e: Expr) =
        match e with
        | Const c -> HashCode.Combine(1, BitConverter.DoubleToInt64Bits c)
        | Input(n, _) -> HashCode.Combine(2, n.GetHashCode())
        | Slot(n, _) -> HashCode.Combine(3, n.GetHashCode())
        | Unary(o, _) -> HashCode.Combine(4, hash o)
        | Binary(o, _, _) -> HashCode.Combine(5, hash o)
        | Select(c, _, _, _, _) -> HashCode.Combine(6, hash c)
        | Surrogate _ -> 7
        | Reduce(f, o, _) -> HashCode.Combine(8, hash f, hash o)

    // Shared nodes make a tree walk exponential, so pairs already found equal are remembered.
    override a.Equals other =
        let seen = HashSet<struct (Expr * Expr)>(Expr.ByReference)

        let rec equal (a: Expr) (b: Expr) =
            Object.ReferenceEquals(a, b)
            || seen.Contains(struct (a, b))
            || (Expr.IsSameNode(a, b)
                && List.forall2 equal a.Children b.Children
                && (seen.Add(struct (a, b)) || true))

        match other with
        | :? Expr as b -> equal a b
        | _ -> false

    // Looks three levels deep: enough to tell formulas apart, constant in cost.
    override e.GetHashCode() =
        let rec hashTo (depth: int) (e: Expr) : int =
            if depth = 0 then
                Expr.HashOfNode e
            else
                e.Children
                |> List.fold (fun h c -> HashCode.Combine(h, hashTo (depth - 1) c)) (Expr.HashOfNode e)

        hashTo 3 e

    /// Nodes that are the same and have the same objects below them.
    static member internal ByNode: IEqualityComparer<Expr> =
        let one: IEqualityComparer<Expr> = HashIdentity.Reference

        { new IEqualityComparer<Expr> with
            member _.Equals(a, b) =
                Expr.IsSameNode(a, b)
                && List.forall2 (fun x y -> one.Equals(x, y)) a.Children b.Children

            member _.GetHashCode e =
                e.Children
                |> List.fold (fun h c -> HashCode.Combine(h, one.GetHashCode c)) (Expr.HashOfNode e)
        }

    static member private ByReference: IEqualityComparer<struct (Expr * Expr)> =
        let one: IEqualityComparer<Expr> = HashIdentity.Reference

        { new IEqualityComparer<struct (Expr * Expr)> with
            member _.Equals(struct (a, b), struct (c, d)) = one.Equals(a, c) && one.Equals(b, d)

            member _.GetHashCode(struct (a, b)) =
                HashCode.Combine(one.GetHashCode a, one.GetHashCode b)
        }

    /// The formula as text, as `Print.expr` writes it, cut after 2,000 characters.
    override e.ToString() =
        let text = FormulaText.write 2000 e
        if text.Length > 2000 then text[..1999] + "..." else text

/// How a formula is written; `Parse` reads it.
and [<AbstractClass; Sealed>] internal FormulaText =
    /// How tightly a piece binds: choices 0, sums 1, products 2, signs 3, powers 4, everything else 5.
    static member private Strength(e: Expr) =
        match e with
        | Select _ -> 0
        | Binary((Add | Sub), _, _) -> 1
        | Binary((Mul | Div), _, _) -> 2
        | Unary(Neg, _) -> 3
        | Const c when Double.IsNegative c && not (Double.IsNaN c) -> 3
        | Binary(Pow, _, _) -> 4
        | _ -> 5

    /// The formula on one line; a part that it uses twice is written twice. Nothing begins after `limit` characters.
    static member write (limit: int) (e: Expr) : string =
        let text = StringBuilder()
        let put (piece: string) = text.Append piece |> ignore

        let rec write least e =
            if text.Length <= limit then
                if FormulaText.Strength e < least then
                    put "("
                    body e
                    put ")"
                else
                    body e

        and infix left symbol right a b =
            write left a
            put symbol
            write right b

        and call (name: string) operands =
            put name
            put "("

            operands
            |> List.iteri (fun k operand ->
                if k > 0 then
                    put ", "

                write 0 operand)

            put ")"

        and body e =
            match e with
            | Const c -> put (Notation.number c)
            | Input(name, _)
            | Slot(name, _) -> put (Notation.name name)
            | Unary(Neg, Const c) when not (Double.IsNegative c) ->
                // -(2) is not the number -2
                call "-" [ Const c ]
            | Unary(Neg, a) ->
                put "-"
                write 3 a
            | Unary(Abs, a) ->
                put "|"
                write 0 a
                put "|"
            | Unary(op, a) -> call (Notation.call op) [ a ]
            | Binary(Add, a, b) -> infix 1 " + " 2 a b
            | Binary(Sub, a, b) -> infix 1 " - " 2 a b
            | Binary(Mul, a, b) -> infix 2 " * " 3 a b
            | Binary(Div, a, b) -> infix 2 " / " 3 a b
            | Binary(Pow, a, b) -> infix 5 "^" 5 a b
            | Binary(Mod, a, b) -> call "mod" [ a; b ]
            | Binary(Max, a, b) -> call "max" [ a; b ]
            | Binary(Min, a, b) -> call "min" [ a; b ]
            | Reduce(reduction, over, a) -> call (Notation.reduction reduction over) [ a ]
            | Surrogate(value, surrogate) -> call "surrogate" [ value; surrogate ]
            | Select(test, a, b, x, y) ->
                put "if "
                infix 1 $" {Notation.symbol test} " 1 a b
                put " then "
                infix 1 " else " 1 x y

        write 0 e
        text.ToString()
