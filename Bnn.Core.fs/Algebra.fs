namespace Bnn.Core

open System
open System.Runtime.Intrinsics

/// What the operators mean for numbers of type 'T. Everything that evaluates an expression is one of these:
/// float64, float32, and in the facade torch tensors.
type Algebra<'T> =
    {
        Const: float -> 'T
        Unary: Op1 -> 'T -> 'T
        Binary: Op2 -> 'T -> 'T -> 'T
        Select: Compare -> 'T -> 'T -> 'T -> 'T -> 'T
    }

    /// An algebra from delegates, for C#.
    static member Create
        (
            constant: Func<float, 'T>,
            unary: Func<Op1, 'T, 'T>,
            binary: Func<Op2, 'T, 'T, 'T>,
            select: Func<Compare, 'T, 'T, 'T, 'T, 'T>
        ) =
        {
            Const = constant.Invoke
            Unary = fun op a -> unary.Invoke(op, a)
            Binary = fun op a b -> binary.Invoke(op, a, b)
            Select = fun c a b x y -> select.Invoke(c, a, b, x, y)
        }

module Algebra =
    /// Numbers of 64 bits: property tests, golden files, and everything that is computed once a step.
    let float64: Algebra<float> =
        {
            Const = id
            Unary =
                function
                | Neg -> (~-)
                | Abs -> Math.Abs
                | Sqrt -> Math.Sqrt
                | Exp -> fun x -> Vector128.Exp(Vector128.Create x).ToScalar()
                | Log -> fun x -> Vector128.Log(Vector128.Create x).ToScalar()
                | Tanh -> Math.Tanh
                | Floor -> Math.Floor
                | Signum ->
                    fun x ->
                        if x > 0.0 then 1.0
                        elif x < 0.0 then -1.0
                        else x
                | SignPlus -> fun x -> if x >= 0.0 then 1.0 else -1.0
            Binary =
                function
                | Add -> (+)
                | Sub -> (-)
                | Mul -> (*)
                | Div -> (/)
                | Max -> fun a b -> Math.Max(a, b)
                | Min -> fun a b -> Math.Min(a, b)
                | Pow -> fun a b -> Math.Pow(a, b)
                | Mod -> (%)
            Select =
                fun c a b x y ->
                    let holds =
                        match c with
                        | Less -> a < b
                        | LessOrEqual -> a <= b
                        | Equal -> a = b

                    if holds then x else y
        }

    /// Numbers of 32 bits, as the compiled loops compute them: the same bits. (Exp and Log of the vector types are not
    /// MathF's; the vector types' are used everywhere.)
    let float32: Algebra<float32> =
        {
            Const = float32
            Unary =
                function
                | Neg -> (~-)
                | Abs -> MathF.Abs
                | Sqrt -> MathF.Sqrt
                | Exp -> fun x -> Vector128.Exp(Vector128.Create x).ToScalar()
                | Log -> fun x -> Vector128.Log(Vector128.Create x).ToScalar()
                | Tanh -> MathF.Tanh
                | Floor -> MathF.Floor
                | Signum ->
                    fun x ->
                        if x > 0.0f then 1.0f
                        elif x < 0.0f then -1.0f
                        else x
                | SignPlus -> fun x -> if x >= 0.0f then 1.0f else -1.0f
            Binary =
                function
                | Add -> (+)
                | Sub -> (-)
                | Mul -> (*)
                | Div -> (/)
                | Max -> fun a b -> MathF.Max(a, b)
                | Min -> fun a b -> MathF.Min(a, b)
                | Pow -> fun a b -> MathF.Pow(a, b)
                | Mod -> (%)
            Select =
                fun c a b x y ->
                    let holds =
                        match c with
                        | Less -> a < b
                        | LessOrEqual -> a <= b
                        | Equal -> a = b

                    if holds then x else y
        }

    /// The values of all nodes; a node that `known` has a value for is not computed.
    let private values (algebra: Algebra<'T>) (known: int -> 'T voption) (leaf: string -> 'T) (graph: Graph) =
        let value = Array.zeroCreate graph.Nodes.Length

        for i in 0 .. graph.Nodes.Length - 1 do
            value[i] <-
                match known i with
                | ValueSome v -> v
                | ValueNone ->
                    match graph.Nodes[i] with
                    | Node.Const bits -> algebra.Const(BitConverter.Int64BitsToDouble bits)
                    | Node.Leaf(name, _) -> leaf name
                    | Node.Unary(o, a) -> algebra.Unary o value[a]
                    | Node.Binary(o, a, b) -> algebra.Binary o value[a] value[b]
                    | Node.Select(c, a, b, x, y) -> algebra.Select c value[a] value[b] value[x] value[y]

        value

    /// The values of the roots, everything in 'T.
    let evaluate (algebra: Algebra<'T>) (leaf: string -> 'T) (graph: Graph) =
        let value = values algebra (fun _ -> ValueNone) leaf graph
        graph.Roots |> Array.map (fun root -> value[root])

    /// The values of one expression, everything in 'T.
    let evaluateExpr algebra leaf expr =
        (evaluate algebra leaf (Graph.ofExprs [ expr ]))[0]

    /// The values of the nodes that are computed once a step, in float64; the others are NaN.
    let once (leaf: string -> float) (graph: Graph) =
        values float64 (fun i -> if graph.Extents[i] = Once then ValueNone else ValueSome nan) leaf graph

    /// The values of the roots as a training step computes them: what is computed `once` in float64, the rest in 'T.
    let evaluateStep (algebra: Algebra<'T>) (once: float[]) (leaf: string -> 'T) (graph: Graph) =
        let known i =
            if graph.Extents[i] = Once then
                ValueSome(algebra.Const once[i])
            else
                ValueNone

        let value = values algebra known leaf graph
        graph.Roots |> Array.map (fun root -> value[root])
