namespace Bnn

open System
open System.Collections.Generic
open System.Numerics
open FSharp.NativeInterop

#nowarn "9" // pointers: the lanes lie in a loop's own scratch memory

/// How the numbers lie in memory: `Rows` rows of `Length` numbers; row r belongs to channel r mod `Channels`.
/// A flat buffer is one row. A batch of N images with C channels is N * C rows with `Channels` = C.
[<EditorBrowsable(Never)>]
type Shape =
    {
        Rows: int
        Length: int64
        Channels: int
    }

[<EditorBrowsable(Never)>]
module Shape =
    /// One row of `length` numbers.
    let flat length =
        {
            Rows = 1
            Length = length
            Channels = 1
        }

/// One pass over memory: for each weight, read its numbers, compute, store, and reduce.
/// All of a weight's numbers are read before any of them is stored, so a stored array may be one that is read.
[<EditorBrowsable(Never)>]
type Pass =
    {
        /// The roots are the stored values, then the reduced ones.
        Graph: Graph
        /// One number a weight: the arrays that are read or stored.
        Arrays: string[]
        /// One number a channel: the inputs of that extent.
        Rows: string[]
        /// The nodes computed once a step whose values the loop needs.
        Uniforms: int[]
        /// For each of the first roots, the array that it is stored to.
        Stores: int[]
        /// How each of the other roots is reduced, channel by channel.
        Reductions: Reduction[]
        /// For each array, whether it is read.
        IsRead: bool[]
    }

    /// How many reductions the pass carries out.
    member pass.SumCount = pass.Reductions.Length

[<EditorBrowsable(Never)>]
module Pass =
    /// Sums are added up in this many lanes, whatever the vector width: number i of a block goes to lane i mod 16.
    [<Literal>]
    let Strip = 16

    /// Sums are added up in blocks of this many numbers; the blocks' sums are added in order. So a sum does not depend on
    /// vector width or thread count.
    [<Literal>]
    let Block = 16384

    /// Two reduced numbers of the same reduction as one.
    let combine reduction (a: float) (b: float) =
        match reduction with
        | Sum -> a + b
        | Largest -> max a b

    /// The pass that stores each expression to the array of its name and reduces each of the others. No formula may hold a reduction
    /// itself: `Plan` turns those into several passes.
    let reducing (stores: (string * Expr) list) (reductions: (Reduction * Expr) list) =
        let graph = Graph.ofExprs ((stores |> List.map snd) @ (reductions |> List.map snd))

        if graph.Nodes |> Array.exists _.IsReduce then
            invalidArg
                (nameof stores)
                "a formula of one pass holds a reduction, which takes several passes: a plan of the formula makes them"

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
            Rows = leaves PerChannel |> List.distinct |> List.toArray
            Uniforms = uniforms
            Stores =
                stores
                |> List.map (fun (name, _) -> System.Array.IndexOf(arrays, name))
                |> List.toArray
            Reductions = reductions |> List.map fst |> List.toArray
            IsRead = arrays |> Array.map read.Contains
        }

    /// The pass that stores each expression to the array of its name and adds up each of the sums.
    let create stores (sums: Expr list) =
        reducing stores (sums |> List.map (fun e -> Sum, e))

    /// The values that the loop needs once a step, in float64.
    let uniforms (leaf: string -> float) (pass: Pass) =
        let once = Algebra.once leaf pass.Graph
        pass.Uniforms |> Array.map (fun i -> once[i])

    /// The numbers of one row, reduced as every interpretation does it: in lanes and blocks, in float64.
    let private reduceRow reduction (numbers: float[]) =
        let magnitude x =
            match reduction with
            | Sum -> x
            | Largest -> abs x

        numbers
        |> Array.chunkBySize Block
        |> Array.map (fun block ->
            let lanes: float[] = Array.zeroCreate Strip

            block
            |> Array.iteri (fun i x -> lanes[i % Strip] <- combine reduction lanes[i % Strip] (magnitude x))

            Array.fold (combine reduction) 0.0 lanes)

    /// What a pass means: the stored arrays and the reductions, channel by channel as `Kernel.run` gives them, with nothing changed.
    /// `row` gives the numbers of an input that has one a channel; `array` an array's.
    let interpret
        (algebra: Algebra<'T> when 'T :> INumberBase<'T>)
        (shape: Shape)
        (once: string -> float)
        (row: string -> 'T[])
        (array: string -> 'T[])
        (pass: Pass)
        =
        let rows = pass.Rows |> Array.map (fun name -> name, row name) |> Map.ofArray

        let arrays =
            Array.zip pass.Arrays pass.IsRead
            |> Array.filter snd
            |> Array.map (fun (name, _) -> name, array name)
            |> Map.ofArray

        let fixedValues = Algebra.once once pass.Graph
        let length = int shape.Length

        let values =
            Array.init (shape.Rows * length) (fun i ->
                let leaf name =
                    match arrays.TryFind name with
                    | Some numbers -> numbers[i]
                    | None -> rows[name][i / length % shape.Channels]

                Algebra.evaluateStep algebra fixedValues leaf pass.Graph)

        let stored =
            pass.Stores
            |> Array.mapi (fun k at -> pass.Arrays[at], values |> Array.map (fun v -> v[k]))

        let reductions: float[] = Array.zeroCreate (shape.Channels * pass.SumCount)

        for row in 0 .. shape.Rows - 1 do
            for k in 0 .. pass.SumCount - 1 do
                let at = row % shape.Channels * pass.SumCount + k

                values[row * length .. (row + 1) * length - 1]
                |> Array.map (fun v -> Double.CreateTruncating v[pass.Stores.Length + k])
                |> reduceRow pass.Reductions[k]
                |> Array.iter (fun block -> reductions[at] <- combine pass.Reductions[k] reductions[at] block)

        stored, reductions

/// The loop of a pass. `arrays`: a pointer for each array; `constants`: the uniforms, then the channel's numbers; `mask`: 16 numbers
/// with all bits set where sums count, else none; `sums`: 16 float64 for each sum, written; `count`: a multiple of 16.
[<EditorBrowsable(Never)>]
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

    /// a := cos a
    static member Cos32(a, count) =
        Lanes.Unary(Algebra.float32, Cos, a, count)

    /// a := cos a
    static member Cos64(a, count) =
        Lanes.Unary(Algebra.float64, Cos, a, count)

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
