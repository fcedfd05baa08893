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

/// Building and rewriting expressions.
[<EditorBrowsable(Never)>]
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
