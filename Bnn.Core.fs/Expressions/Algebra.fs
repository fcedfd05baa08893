namespace Bnn

open System
open System.Numerics
open System.Runtime.Intrinsics

/// What the operators mean for numbers of type 'T. Everything that evaluates an expression is one of these:
/// float64, float32, and in the facade torch tensors.
[<EditorBrowsable(Never)>]
type Algebra<'T> =
    {
        Const: float -> 'T
        Unary: Op1 -> 'T -> 'T
        Binary: Op2 -> 'T -> 'T -> 'T
        Select: Compare -> 'T -> 'T -> 'T -> 'T -> 'T
        /// A reduction over many numbers, where a 'T holds many; over a single number it is that number (or its magnitude).
        Reduce: Reduction -> Over -> 'T -> 'T
    }

    /// An algebra from delegates, for C#.
    static member Create
        (
            constant: Func<float, 'T>,
            unary: Func<Op1, 'T, 'T>,
            binary: Func<Op2, 'T, 'T, 'T>,
            select: Func<Compare, 'T, 'T, 'T, 'T, 'T>,
            reduce: Func<Reduction, Over, 'T, 'T>
        ) =
        {
            Const = constant.Invoke
            Unary = fun op a -> unary.Invoke(op, a)
            Binary = fun op a b -> binary.Invoke(op, a, b)
            Select = fun c a b x y -> select.Invoke(c, a, b, x, y)
            Reduce = fun reduction over a -> reduce.Invoke(reduction, over, a)
        }

[<EditorBrowsable(Never)>]
module Algebra =
    /// Floating-point numbers, with the exponential and logarithm of the vector types, which are not those of the scalar
    /// ones: so that interpreter and compiled loop have the same bits.
    let private ieee<'T when 'T :> IFloatingPointIeee754<'T>> constant (exp: 'T -> 'T) (log: 'T -> 'T) : Algebra<'T> =
        let less (a: 'T) (b: 'T) = 'T.op_LessThan (a, b)
        let lessOrEqual (a: 'T) (b: 'T) = 'T.op_LessThanOrEqual (a, b)
        let equal (a: 'T) (b: 'T) = 'T.op_Equality (a, b)

        let signum (x: 'T) =
            if less 'T.Zero x then 'T.One
            elif less x 'T.Zero then 'T.NegativeOne
            else x

        let signPlus (x: 'T) =
            if lessOrEqual 'T.Zero x then 'T.One
            elif less x 'T.Zero then 'T.NegativeOne
            else x

        {
            Const = constant
            Unary =
                function
                | Neg -> fun x -> -x
                | Abs -> fun x -> 'T.Abs x
                | Sqrt -> fun x -> 'T.Sqrt x
                | Exp -> exp
                | Log -> log
                | Tanh -> fun x -> 'T.Tanh x
                | Cos -> fun x -> 'T.Cos x
                | Floor -> fun x -> 'T.Floor x
                | Round -> fun x -> 'T.Round x
                | Signum -> signum
                | SignPlus -> signPlus
            Binary =
                function
                | Add -> fun a b -> a + b
                | Sub -> fun a b -> a - b
                | Mul -> fun a b -> a * b
                | Div -> fun a b -> a / b
                | Max -> fun a b -> 'T.Max(a, b)
                | Min -> fun a b -> 'T.Min(a, b)
                | Pow -> fun a b -> 'T.Pow(a, b)
                | Mod -> fun a b -> a % b
            Select =
                fun c a b x y ->
                    let holds =
                        match c with
                        | Less -> less a b
                        | LessOrEqual -> lessOrEqual a b
                        | Equal -> equal a b

                    if holds then x else y
            Reduce =
                fun reduction _ x ->
                    match reduction with
                    | Sum -> x
                    | Largest -> 'T.Abs x
        }

    /// Numbers of 64 bits: property tests, golden files, and everything that is computed once a step.
    let float64: Algebra<float> =
        ieee id (fun x -> Vector128.Exp(Vector128.Create x).ToScalar()) (fun x ->
            Vector128.Log(Vector128.Create x).ToScalar())

    /// Numbers of 32 bits, as the compiled loops compute them: the same bits.
    let float32: Algebra<float32> =
        ieee float32 (fun x -> Vector128.Exp(Vector128.Create x).ToScalar()) (fun x ->
            Vector128.Log(Vector128.Create x).ToScalar())

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
                    | Node.Reduce(reduction, over, a) -> algebra.Reduce reduction over value[a]

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
