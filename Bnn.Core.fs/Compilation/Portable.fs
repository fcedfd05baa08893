namespace Bnn

open System
open System.Buffers
open System.Numerics
open FSharp.NativeInterop

#nowarn "9" // pointers: the loops work on memory that others own

/// The same passes without emitted code: each operation runs over a hundred numbers at a time, which stay in the
/// processor's nearest cache. For platforms that allow no code generation.
[<EditorBrowsable(Never)>]
module Portable =
    [<Literal>]
    let private Chunk = 128

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

    let inline private copy (source: nativeptr<'T>) (destination: nativeptr<'T>) (length: int) =
        let bytes = int64 (length * sizeof<'T>)
        Buffer.MemoryCopy(NativePtr.toVoidPtr source, NativePtr.toVoidPtr destination, bytes, bytes)

    let inline private toFloat (p: nativeptr<'T>) i =
        if sizeof<'T> = sizeof<float32> then
            float (NativePtr.get (NativePtr.ofNativeInt<float32>(NativePtr.toNativeInt p)) i)
        else
            NativePtr.get (NativePtr.ofNativeInt<float>(NativePtr.toNativeInt p)) i

    /// The loop of `pass` for numbers of type 'T (float32 or float).
    let loop<'T when 'T: unmanaged and 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (algebra: Algebra<'T>)
        (pass: Pass)
        : LoopBody =
        let graph = pass.Graph
        let nodes = graph.Nodes.Length

        // A stored leaf is copied: the array it lies in may be stored to before it is.
        let isStored =
            Array.init nodes (fun node -> Array.contains node graph.Roots[.. pass.Stores.Length - 1])

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
            | Node.Reduce _ -> invalidOp "a reduction inside a pass"
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
            let memory = ArrayPool<'T>.Shared.Rent(nodes * Chunk)
            use pinned = fixed memory
            let own node = NativePtr.add pinned (node * Chunk)
            // where each node's numbers are: its own buffer, or an array's memory as it is
            let places = Array.init nodes (own >> NativePtr.toNativeInt)
            let buffer node = NativePtr.ofNativeInt<'T> places[node]

            let fill node (x: 'T) =
                Span<'T>(NativePtr.toVoidPtr (buffer node), Chunk).Fill x

            pass.Uniforms
            |> Array.iteri (fun k node -> fill node (NativePtr.get constants k))

            for node in 0 .. nodes - 1 do
                if graph.Extents[node] = PerChannel then
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
                    NativePtr.ofNativeInt<'T>(NativePtr.get arrays k + nativeint start * nativeint sizeof<'T>)

                for node in 0 .. nodes - 1 do
                    if graph.Extents[node] = PerWeight then
                        match graph.Nodes[node] with
                        | Node.Leaf(name, _) ->
                            let source = address (Array.IndexOf(pass.Arrays, name))

                            if length = Chunk && not isStored[node] then
                                places[node] <- NativePtr.toNativeInt source
                            else
                                places[node] <- NativePtr.toNativeInt (own node)
                                copy source (buffer node) length
                        | operation -> compute buffer (buffer node) operation

                // Sums first: what is summed may lie where something is stored.
                for sum in 0 .. pass.SumCount - 1 do
                    let values = buffer graph.Roots[pass.Stores.Length + sum]
                    let reduction = pass.Reductions[sum]

                    for i in 0 .. length - 1 do
                        let lane = i % Pass.Strip

                        if NativePtr.get mask (lane * maskStep) <> 0 then
                            let at = sum * Pass.Strip + lane
                            let value = toFloat values i
                            let value = if reduction = Largest then abs value else value
                            NativePtr.set sums at (Pass.combine reduction (NativePtr.get sums at) value)

                for k in 0 .. pass.Stores.Length - 1 do
                    copy (buffer graph.Roots[k]) (address pass.Stores[k]) length

                start <- start + int64 Chunk

            ArrayPool<'T>.Shared.Return memory)
