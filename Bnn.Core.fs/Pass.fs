namespace Bnn.Core

open System.Collections.Generic
open FSharp.NativeInterop

#nowarn "9" // pointers: the lanes lie in a loop's own scratch memory

/// One pass over memory: for each weight, read its numbers, compute, store, and add up sums.
/// All of a weight's numbers are read before any of them is stored, so a stored array may be one that is read.
type Pass =
    {
        /// The roots are the stored values, then the summed ones.
        Graph: Graph
        /// One number a weight: the arrays that are read or stored.
        Arrays: string[]
        /// One number a row.
        Rows: string[]
        /// The nodes computed once a step whose values the loop needs.
        Uniforms: int[]
        /// For each of the first roots, the array that it is stored to.
        Stores: int[]
        /// For each array, whether it is read.
        IsRead: bool[]
    }

    /// How many sums the pass adds up.
    member pass.SumCount = pass.Graph.Roots.Length - pass.Stores.Length

module Pass =
    /// Sums are added up in this many lanes, whatever the vector width: number i of a block goes to lane i mod 16.
    [<Literal>]
    let Strip = 16

    /// Sums are added up in blocks of this many numbers; the blocks' sums are added in order. So a sum does not depend on
    /// vector width or thread count.
    [<Literal>]
    let Block = 16384

    /// The pass that stores each expression to the array of its name and adds up each of the sums.
    let create (stores: (string * Expr) list) (sums: Expr list) =
        let graph = Graph.ofExprs ((stores |> List.map snd) @ sums)

        let leaves extent =
            [
                for i in 0 .. graph.Nodes.Length - 1 do
                    match graph.Nodes[i] with
                    | Node.Leaf(name, _) when graph.Extents[i] = extent -> name
                    | _ -> ()
            ]

        let read = HashSet(leaves PerWeight)

        let arrays =
            leaves PerWeight @ (stores |> List.map fst) |> List.distinct |> List.toArray

        let isUniform i = graph.Extents[i] = Once

        let uniforms =
            [
                for i in 0 .. graph.Nodes.Length - 1 do
                    if not (isUniform i) then
                        yield! Graph.operands graph.Nodes[i] |> List.filter isUniform
                yield! graph.Roots |> Array.filter isUniform
            ]
            |> List.distinct
            |> List.toArray

        {
            Graph = graph
            Arrays = arrays
            Rows = leaves PerRow |> List.distinct |> List.toArray
            Uniforms = uniforms
            Stores =
                stores
                |> List.map (fun (name, _) -> System.Array.IndexOf(arrays, name))
                |> List.toArray
            IsRead = arrays |> Array.map read.Contains
        }

    /// The values that the loop needs once a step, in float64.
    let uniforms (leaf: string -> float) (pass: Pass) =
        let once = Algebra.once leaf pass.Graph
        pass.Uniforms |> Array.map (fun i -> once[i])

/// The loop of a pass. `arrays`: a pointer for each array; `constants`: the uniforms, then the row's values; `mask`: 16 numbers
/// with all bits set where sums count, else none; `sums`: 16 float64 for each sum, written; `count`: a multiple of 16.
type LoopBody =
    delegate of arrays: nativeint * constants: nativeint * mask: nativeint * sums: nativeint * count: int64 -> unit

/// Operators that the vector types lack, lane by lane through the algebras, so that every interpretation has the same bits.
type internal Lanes =
    static member private Unary(algebra: Algebra<'T>, op: Op1, a: nativeint, count: int) =
        let f = algebra.Unary op
        let a = NativePtr.ofNativeInt<'T> a

        for i in 0 .. count - 1 do
            NativePtr.set a i (f (NativePtr.get a i))

    static member private Binary(algebra: Algebra<'T>, op: Op2, a: nativeint, b: nativeint, count: int) =
        let f = algebra.Binary op
        let a = NativePtr.ofNativeInt<'T> a
        let b = NativePtr.ofNativeInt<'T> b

        for i in 0 .. count - 1 do
            NativePtr.set a i (f (NativePtr.get a i) (NativePtr.get b i))

    /// a := exp a
    static member Exp64(a, count) =
        Lanes.Unary(Algebra.float64, Exp, a, count)

    /// a := tanh a
    static member Tanh32(a, count) =
        Lanes.Unary(Algebra.float32, Tanh, a, count)

    /// a := tanh a
    static member Tanh64(a, count) =
        Lanes.Unary(Algebra.float64, Tanh, a, count)

    /// a := a ** b
    static member Pow32(a, b, count) =
        Lanes.Binary(Algebra.float32, Pow, a, b, count)

    /// a := a ** b
    static member Pow64(a, b, count) =
        Lanes.Binary(Algebra.float64, Pow, a, b, count)

    /// a := a % b
    static member Mod32(a, b, count) =
        Lanes.Binary(Algebra.float32, Mod, a, b, count)

    /// a := a % b
    static member Mod64(a, b, count) =
        Lanes.Binary(Algebra.float64, Mod, a, b, count)
