namespace Bnn.Core

open System
open System.Numerics
open FSharp.NativeInterop

#nowarn "9" // pointers: the loops work on memory that others own

/// The same passes without emitted code: each operation runs over a few hundred numbers at a time, which stay in the
/// processor's nearest cache. For platforms that allow no code generation.
module Portable =
    [<Literal>]
    let private Chunk = 256

    let inline private load (p: nativeptr<'T>) i = Vector.Load(NativePtr.add p i)

    let inline private store (p: nativeptr<'T>) i (x: Vector<'T>) = Vector.Store(x, NativePtr.add p i)

    let inline private one (out: nativeptr<'T>) ([<InlineIfLambda>] f: Vector<'T> -> Vector<'T>) a =
        let mutable i = 0

        while i < Chunk do
            store out i (f (load a i))
            i <- i + Vector<'T>.Count

    let inline private two (out: nativeptr<'T>) ([<InlineIfLambda>] f: Vector<'T> -> Vector<'T> -> Vector<'T>) a b =
        let mutable i = 0

        while i < Chunk do
            store out i (f (load a i) (load b i))
            i <- i + Vector<'T>.Count

    /// The loop of `pass` for numbers of type 'T (float32 or float).
    let loop<'T when 'T: unmanaged and 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (algebra: Algebra<'T>)
        (toFloat: 'T -> float)
        (pass: Pass)
        : LoopBody =
        let graph = pass.Graph
        let nodes = graph.Nodes.Length

        let compute (value: int -> nativeptr<'T>) (out: nativeptr<'T>) node =
            let scalar1 (f: 'T -> 'T) a =
                let a = value a

                for i in 0 .. Chunk - 1 do
                    NativePtr.set out i (f (NativePtr.get a i))

            let scalar2 (f: 'T -> 'T -> 'T) a b =
                let a, b = value a, value b

                for i in 0 .. Chunk - 1 do
                    NativePtr.set out i (f (NativePtr.get a i) (NativePtr.get b i))

            match node with
            | Node.Const _
            | Node.Leaf _ -> ()
            | Node.Unary(op, a) ->
                match op with
                | Neg -> one out (fun x -> Vector.Negate x) (value a)
                | Abs -> one out (fun x -> Vector.Abs x) (value a)
                | Sqrt -> one out (fun x -> Vector.SquareRoot x) (value a)
                | _ -> scalar1 (algebra.Unary op) a
            | Node.Binary(op, a, b) ->
                match op with
                | Add -> two out (fun x y -> Vector.Add(x, y)) (value a) (value b)
                | Sub -> two out (fun x y -> Vector.Subtract(x, y)) (value a) (value b)
                | Mul -> two out (fun x y -> Vector.Multiply(x, y)) (value a) (value b)
                | Div -> two out (fun x y -> Vector.Divide(x, y)) (value a) (value b)
                | Max -> two out (fun x y -> Vector.Max(x, y)) (value a) (value b)
                | Min -> two out (fun x y -> Vector.Min(x, y)) (value a) (value b)
                | _ -> scalar2 (algebra.Binary op) a b
            | Node.Select(c, a, b, x, y) ->
                let a, b, x, y = value a, value b, value x, value y
                let mutable i = 0

                while i < Chunk do
                    let p, q = load a i, load b i

                    let test =
                        match c with
                        | Less -> Vector.LessThan(p, q)
                        | LessOrEqual -> Vector.LessThanOrEqual(p, q)
                        | Equal -> Vector.Equals(p, q)

                    store out i (Vector.ConditionalSelect(test, load x i, load y i))
                    i <- i + Vector<'T>.Count

        LoopBody(fun arrays constants mask sums count ->
            let arrays = NativePtr.ofNativeInt<nativeint> arrays
            let constants = NativePtr.ofNativeInt<'T> constants
            let mask = NativePtr.ofNativeInt<int32> mask
            let sums = NativePtr.ofNativeInt<float> sums
            let memory: 'T[] = Array.zeroCreate (nodes * Chunk)
            use pinned = fixed memory
            let buffer node = NativePtr.add pinned (node * Chunk)

            let fill node (x: 'T) =
                Span<'T>(NativePtr.toVoidPtr (buffer node), Chunk).Fill x

            pass.Uniforms
            |> Array.iteri (fun k node -> fill node (NativePtr.get constants k))

            for node in 0 .. nodes - 1 do
                if graph.Extents[node] = PerRow then
                    match graph.Nodes[node] with
                    | Node.Leaf(name, _) ->
                        fill node (NativePtr.get constants (pass.Uniforms.Length + Array.IndexOf(pass.Rows, name)))
                    | operation -> compute buffer (buffer node) operation

            for k in 0 .. pass.SumCount * Pass.Strip - 1 do
                NativePtr.set sums k 0.0

            let maskStep = sizeof<'T> / sizeof<int32>
            let mutable start = 0L

            while start < count do
                let length = int (min (int64 Chunk) (count - start))

                let address k =
                    NativePtr.ofNativeInt<'T> (NativePtr.get arrays k + nativeint start * nativeint sizeof<'T>)

                for node in 0 .. nodes - 1 do
                    if graph.Extents[node] = PerWeight then
                        match graph.Nodes[node] with
                        | Node.Leaf(name, _) ->
                            let source = address (Array.IndexOf(pass.Arrays, name))
                            let bytes = int64 (length * sizeof<'T>)

                            Buffer.MemoryCopy(
                                NativePtr.toVoidPtr source,
                                NativePtr.toVoidPtr (buffer node),
                                bytes,
                                bytes
                            )
                        | operation -> compute buffer (buffer node) operation

                for k in 0 .. pass.Stores.Length - 1 do
                    let bytes = int64 (length * sizeof<'T>)

                    Buffer.MemoryCopy(
                        NativePtr.toVoidPtr (buffer graph.Roots[k]),
                        NativePtr.toVoidPtr (address pass.Stores[k]),
                        bytes,
                        bytes
                    )

                for sum in 0 .. pass.SumCount - 1 do
                    let values = buffer graph.Roots[pass.Stores.Length + sum]

                    for i in 0 .. length - 1 do
                        let lane = i % Pass.Strip

                        if NativePtr.get mask (lane * maskStep) <> 0 then
                            let at = sum * Pass.Strip + lane
                            NativePtr.set sums at (NativePtr.get sums at + toFloat (NativePtr.get values i))

                start <- start + int64 Chunk)
