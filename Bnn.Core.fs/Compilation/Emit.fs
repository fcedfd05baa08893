namespace Bnn

open System
open System.Reflection.Emit
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86

/// Where a loop's stores go.
type internal StoreWay =
    | ThroughCache
    /// Arrays that are stored but not read go to memory directly: they are not fetched first. Their addresses must be
    /// multiples of the vector's size.
    | PastCache

/// The parts of a loop that is being written: `LoopBody` as machine code.
type private LoopWriter(il: ILGenerator, vectors: Vectors, pass: Pass, way: StoreWay) =
    // Measured: loops that also count flips wait for memory without it (1.17 to 1.29 times a loop that only moves the bytes;
    // 1.06 to 1.19 with it). Half as far and four times as far were slightly worse.
    let prefetchAhead = 2048
    let cacheLine = 64
    let graph = pass.Graph
    let write = VectorWriter(il, vectors)
    let parts = Pass.Strip / vectors.Lanes
    let doubles = vectors.Of typeof<float>
    // a vector of float32 fills two of float64
    let halves =
        if vectors.IsSingle then
            [ Some "Lower"; Some "Upper" ]
        else
            [ None ]

    let load (l: LocalBuilder) = il.Emit(OpCodes.Ldloc, l)

    let local (t: Type) =
        let l = il.DeclareLocal t
        il.Emit(OpCodes.Stloc, l)
        l

    let argument (number: int) (offset: int) =
        il.Emit(OpCodes.Ldarg, int16 number)
        write.Offset offset

    let addresses =
        pass.Arrays
        |> Array.mapi (fun k _ ->
            argument 0 (k * sizeof<nativeint>)
            il.Emit OpCodes.Ldind_I
            local typeof<nativeint>)

    /// What is the same for the whole row: uniforms, its channel's numbers, and what follows from them. Null elsewhere.
    let fixedValues =
        let values: LocalBuilder[] = Array.zeroCreate graph.Nodes.Length

        let constant slot =
            argument 1 (slot * vectors.NumberSize)

            il.Emit(
                if vectors.IsSingle then
                    OpCodes.Ldind_R4
                else
                    OpCodes.Ldind_R8
            )

            write.Broadcast()
            write.Keep()

        pass.Uniforms |> Array.iteri (fun slot node -> values[node] <- constant slot)

        for node in 0 .. graph.Nodes.Length - 1 do
            if graph.Extents[node] = PerChannel then
                values[node] <-
                    match graph.Nodes[node] with
                    | Node.Leaf(name, _) -> constant (pass.Uniforms.Length + Array.IndexOf(pass.Rows, name))
                    | operation ->
                        write.Compute(operation, (fun i -> load values[i]))
                        write.Keep()

        values

    let masks =
        [|
            for part in 0 .. parts - 1 do
                if pass.SumCount > 0 then
                    argument 2 (part * vectors.Size)
                    write.Load()
                    write.Keep()
        |]

    /// For each sum, vectors of float64 that hold its 16 lanes.
    let accumulators =
        Array.init pass.SumCount (fun _ ->
            Array.init (parts * halves.Length) (fun _ ->
                il.Emit(OpCodes.Call, doubles.Type.GetProperty("Zero").GetMethod)
                local doubles.Type))

    let position =
        il.Emit OpCodes.Ldc_I4_0
        il.Emit OpCodes.Conv_I
        local typeof<nativeint>

    let finish =
        il.Emit(OpCodes.Ldarg, 4s)
        il.Emit(OpCodes.Ldc_I8, int64 vectors.NumberSize)
        il.Emit OpCodes.Mul
        il.Emit OpCodes.Conv_I
        local typeof<nativeint>

    let address array part =
        load addresses[array]
        load position
        il.Emit OpCodes.Add
        write.Offset(part * vectors.Size)

    /// All values of one vector's lanes.
    member private _.Values part =
        let values = Array.copy fixedValues

        for node in 0 .. graph.Nodes.Length - 1 do
            if graph.Extents[node] = PerWeight then
                match graph.Nodes[node] with
                | Node.Leaf(name, _) ->
                    let array = Array.IndexOf(pass.Arrays, name)

                    if Sse.IsSupported && part * vectors.Size % cacheLine = 0 then
                        address array part
                        write.Offset prefetchAhead
                        il.Emit(OpCodes.Call, typeof<Sse>.GetMethod "Prefetch0")

                    address array part
                    write.Load()
                | operation -> write.Compute(operation, (fun i -> load values[i]))

                values[node] <- write.Keep()

        values

    member private _.Accumulate(part, sum, value: LocalBuilder) =
        halves
        |> List.iteri (fun half name ->
            let accumulator = accumulators[sum][part * halves.Length + half]
            let reduction = pass.Reductions[sum]
            load accumulator
            load value

            if reduction = Largest then
                il.Emit(OpCodes.Call, vectors.Method("Abs", vectors.Type))

            // a number that does not count is 0, which changes no reduction
            load masks[part]
            write.And()
            name |> Option.iter write.Widen

            il.Emit(
                OpCodes.Call,
                match reduction with
                | Sum -> doubles.Operator("op_Addition", 2)
                | Largest -> doubles.Method("Max", doubles.Type, doubles.Type)
            )

            il.Emit(OpCodes.Stloc, accumulator))

    /// One vector: everything is loaded and computed before anything is stored.
    member private this.Part part =
        let values = this.Values part

        pass.Stores
        |> Array.iteri (fun k array ->
            load values[graph.Roots[k]]
            address array part

            if way = PastCache && not pass.IsRead[array] then
                write.StorePastCache()
            else
                write.Store())

        for sum in 0 .. pass.SumCount - 1 do
            this.Accumulate(part, sum, values[graph.Roots[pass.Stores.Length + sum]])

    /// The loop over strips of 16 numbers, then the sums.
    member this.Loop() =
        let top, bottom = il.DefineLabel(), il.DefineLabel()
        il.MarkLabel top
        load position
        load finish
        il.Emit(OpCodes.Bge, bottom)

        for part in 0 .. parts - 1 do
            this.Part part

        load position
        write.Offset(Pass.Strip * vectors.NumberSize)
        il.Emit(OpCodes.Stloc, position)
        il.Emit(OpCodes.Br, top)
        il.MarkLabel bottom

        accumulators
        |> Array.concat
        |> Array.iteri (fun k accumulator ->
            load accumulator
            argument 3 (k * vectors.Size)
            il.Emit(OpCodes.Call, doubles.Method("Store", doubles.Type, typeof<float>.MakePointerType())))

        if way = PastCache && Sse.IsSupported then
            // Other threads are to see what was stored.
            il.Emit(OpCodes.Call, typeof<Sse>.GetMethod "StoreFence")

        il.Emit OpCodes.Ret

/// Turns a pass into machine code: one loop that loads, computes and stores whole vectors. No multiply-add is contracted,
/// so the loop computes what the interpreter computes, to the bit.
[<EditorBrowsable(Never)>]
module Emit =
    /// Whether loops can be emitted here; where not, `Portable` runs the same pass.
    let isSupported = RuntimeFeature.IsDynamicCodeCompiled

    /// The widest vectors that this machine computes with: 512, 256 or 128 bits.
    let widest =
        if Vector512.IsHardwareAccelerated then 512
        elif Vector256.IsHardwareAccelerated then 256
        else 128

    /// The loop of `pass` for numbers of type 'T (float32 or float), in vectors of `bits`.
    let internal loop<'T> (way: StoreWay) (bits: int) (pass: Pass) : LoopBody =
        let parameters =
            typeof<LoopBody>.GetMethod("Invoke").GetParameters()
            |> Array.map _.ParameterType

        let method' =
            DynamicMethod("pass", typeof<Void>, parameters, typeof<Pass>.Module, true)

        LoopWriter(method'.GetILGenerator(), Vectors(bits, typeof<'T>), pass, way).Loop()
        method'.CreateDelegate(typeof<LoopBody>) :?> LoopBody
