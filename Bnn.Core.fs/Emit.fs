namespace Bnn.Core

open System
open System.Reflection
open System.Reflection.Emit
open System.Runtime.Intrinsics

/// Turns a pass into machine code: one loop that loads, computes and stores whole vectors. No multiply-add is contracted,
/// so the loop computes what the interpreter computes, to the bit.
module Emit =
    /// The vector types of one width, for numbers of one type.
    type private Vectors(bits: int, number: Type) =
        let holder, vector =
            match bits with
            | 128 -> typeof<Vector128>, typedefof<Vector128<_>>
            | 256 -> typeof<Vector256>, typedefof<Vector256<_>>
            | _ -> typeof<Vector512>, typedefof<Vector512<_>>

        let v = vector.MakeGenericType number

        member _.Type = v
        member _.Number = number
        member _.Size = bits / 8
        member _.Lanes = bits / 8 / (if number = typeof<float32> then 4 else 8)
        member _.Of(other: Type) = Vectors(bits, other)

        /// The static method of this name and these parameter types.
        member _.Method(name: string, [<ParamArray>] parameters: Type[]) : MethodInfo =
            let fits (m: MethodInfo) =
                m.GetParameters() |> Array.map (fun p -> p.ParameterType) = parameters

            holder.GetMethods(BindingFlags.Public ||| BindingFlags.Static)
            |> Array.filter (fun m -> m.Name = name)
            |> Array.choose (fun m ->
                match m.IsGenericMethodDefinition, m.GetGenericArguments().Length with
                | true, 1 -> Some(m.MakeGenericMethod number)
                | true, _ -> None
                | false, _ -> Some m)
            |> Array.find fits

        member _.Operator(name: string, [<ParamArray>] parameters: Type[]) = v.GetMethod(name, parameters)

    /// Whether loops can be emitted here; where not, `Portable` runs the same pass.
    let isSupported =
        System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeCompiled

    /// The widest vectors that this machine computes with: 512, 256 or 128 bits.
    let widest =
        if Vector512.IsHardwareAccelerated then 512
        elif Vector256.IsHardwareAccelerated then 256
        else 128

    /// The loop of `pass` for numbers of type 'T (float32 or float), in vectors of `bits`.
    let loop<'T> (bits: int) (pass: Pass) : LoopBody =
        let vectors = Vectors(bits, typeof<'T>)
        let v, number = vectors.Type, vectors.Number
        let isSingle = number = typeof<float32>
        let numberSize = if isSingle then 4 else 8
        let pointer = number.MakePointerType()
        let doubles = vectors.Of typeof<float>
        let graph = pass.Graph

        let dynamic =
            DynamicMethod(
                "pass",
                typeof<Void>,
                [| typeof<nativeint>; typeof<nativeint>; typeof<nativeint>; typeof<nativeint>; typeof<int64> |],
                typeof<Pass>.Module,
                true
            )

        let il = dynamic.GetILGenerator()
        let call (m: MethodInfo) = il.Emit(OpCodes.Call, m)
        let load (l: LocalBuilder) = il.Emit(OpCodes.Ldloc, l)
        let store (l: LocalBuilder) = il.Emit(OpCodes.Stloc, l)
        let local (t: Type) = il.DeclareLocal t

        let offset (bytes: int) =
            il.Emit(OpCodes.Ldc_I4, bytes)
            il.Emit OpCodes.Conv_I
            il.Emit OpCodes.Add

        let loadVector () = call (vectors.Method("Load", pointer))

        let storeVector () =
            call (vectors.Method("Store", v, pointer))

        let literal (value: float) =
            if isSingle then
                il.Emit(OpCodes.Ldc_R4, float32 value)
            else
                il.Emit(OpCodes.Ldc_R8, value)

            call (vectors.Method("Create", number))

        // room for operators that go lane by lane
        let scratch = local typeof<nativeint>
        il.Emit(OpCodes.Ldc_I4, 2 * vectors.Size)
        il.Emit OpCodes.Conv_U
        il.Emit OpCodes.Localloc
        store scratch

        let laneByLane name operands =
            for k in operands - 1 .. -1 .. 0 do
                load scratch
                offset (k * vectors.Size)
                storeVector ()

            for k in 0 .. operands - 1 do
                load scratch
                offset (k * vectors.Size)

            il.Emit(OpCodes.Ldc_I4, vectors.Lanes)
            call (typeof<Lanes>.GetMethod(name + (if isSingle then "32" else "64")))
            load scratch
            loadVector ()

        let select (test: string) (a: unit -> unit) b x y =
            a ()
            b ()
            call (vectors.Method(test, v, v))
            x ()
            y ()
            call (vectors.Method("ConditionalSelect", v, v, v))

        /// Leaves the node's value on the stack; `value` puts an operand's there.
        let compute (value: int -> unit) node =
            match node with
            | Node.Const _
            | Node.Leaf _ -> invalidOp "a leaf is loaded, not computed"
            | Node.Unary(Signum, a) ->
                let a () = value a
                let zero () = literal 0.0
                let inner () = select "LessThan" a zero (fun () -> literal -1.0) a
                select "LessThan" zero a (fun () -> literal 1.0) inner
            | Node.Unary(SignPlus, a) ->
                select "LessThanOrEqual" (fun () -> literal 0.0) (fun () -> value a) (fun () -> literal 1.0) (fun () ->
                    literal -1.0)
            | Node.Unary(op, a) ->
                value a

                match op with
                | Neg -> call (vectors.Operator("op_UnaryNegation", v))
                | Abs -> call (vectors.Method("Abs", v))
                | Sqrt -> call (vectors.Method("Sqrt", v))
                // the vector type's Exp of float64 depends on the other numbers of the vector where one is very large
                | Exp when not isSingle -> laneByLane "Exp" 1
                | Exp -> call (vectors.Method("Exp", v))
                | Log -> call (vectors.Method("Log", v))
                | Floor -> call (vectors.Method("Floor", v))
                | Tanh -> laneByLane "Tanh" 1
                | Signum
                | SignPlus -> ()
            | Node.Binary(op, a, b) ->
                value a
                value b

                match op with
                | Add -> call (vectors.Operator("op_Addition", v, v))
                | Sub -> call (vectors.Operator("op_Subtraction", v, v))
                | Mul -> call (vectors.Operator("op_Multiply", v, v))
                | Div -> call (vectors.Operator("op_Division", v, v))
                | Max -> call (vectors.Method("Max", v, v))
                | Min -> call (vectors.Method("Min", v, v))
                | Pow -> laneByLane "Pow" 2
                | Mod -> laneByLane "Mod" 2
            | Node.Select(c, a, b, x, y) ->
                let test =
                    match c with
                    | Less -> "LessThan"
                    | LessOrEqual -> "LessThanOrEqual"
                    | Equal -> "Equals"

                select test (fun () -> value a) (fun () -> value b) (fun () -> value x) (fun () -> value y)

        let pointers =
            pass.Arrays
            |> Array.mapi (fun k _ ->
                let p = local typeof<nativeint>
                il.Emit OpCodes.Ldarg_0
                offset (k * sizeof<nativeint>)
                il.Emit OpCodes.Ldind_I
                store p
                p)

        // what is the same for the whole row: uniforms, row values, and what follows from them
        let fixedValue: LocalBuilder[] = Array.zeroCreate graph.Nodes.Length

        let broadcast slot node =
            let l = local v
            il.Emit OpCodes.Ldarg_1
            offset (slot * numberSize)
            il.Emit(if isSingle then OpCodes.Ldind_R4 else OpCodes.Ldind_R8)
            call (vectors.Method("Create", number))
            store l
            fixedValue[node] <- l

        pass.Uniforms |> Array.iteri broadcast

        for node in 0 .. graph.Nodes.Length - 1 do
            if graph.Extents[node] = PerRow then
                match graph.Nodes[node] with
                | Node.Leaf(name, _) ->
                    broadcast (pass.Uniforms.Length + Array.IndexOf(pass.Rows, name)) node
                | operation ->
                    let l = local v
                    operation |> compute (fun i -> load fixedValue[i])
                    store l
                    fixedValue[node] <- l

        let parts = Pass.Strip / vectors.Lanes
        let perPart = if isSingle then 2 else 1

        let masks =
            if pass.SumCount = 0 then
                [||]
            else
                Array.init parts (fun part ->
                    let l = local v
                    il.Emit OpCodes.Ldarg_2
                    offset (part * vectors.Size)
                    loadVector ()
                    store l
                    l)

        let accumulators =
            Array.init pass.SumCount (fun _ ->
                Array.init (parts * perPart) (fun _ ->
                    let l = local doubles.Type
                    call (doubles.Type.GetProperty("Zero").GetMethod)
                    store l
                    l))

        let position = local typeof<nativeint>
        let finish = local typeof<nativeint>
        il.Emit OpCodes.Ldc_I4_0
        il.Emit OpCodes.Conv_I
        store position
        il.Emit(OpCodes.Ldarg, 4s)
        il.Emit(OpCodes.Ldc_I8, int64 numberSize)
        il.Emit OpCodes.Mul
        il.Emit OpCodes.Conv_I
        store finish

        let top, done' = il.DefineLabel(), il.DefineLabel()
        il.MarkLabel top
        load position
        load finish
        il.Emit(OpCodes.Bge, done')

        let address (array: int) part =
            load pointers[array]
            load position
            il.Emit OpCodes.Add
            offset (part * vectors.Size)

        let emitPart part =
            let values = Array.copy fixedValue
            let value node = load values[node]

            for node in 0 .. graph.Nodes.Length - 1 do
                if graph.Extents[node] = PerWeight then
                    match graph.Nodes[node] with
                    | Node.Leaf(name, _) ->
                        address (Array.IndexOf(pass.Arrays, name)) part
                        loadVector ()
                    | operation -> compute value operation

                    values[node] <- local v
                    store values[node]

            for k in 0 .. pass.Stores.Length - 1 do
                value graph.Roots[k]
                address pass.Stores[k] part
                storeVector ()

            let accumulate sum index (widen: unit -> unit) =
                let accumulator = accumulators[sum][part * perPart + index]
                load accumulator
                value graph.Roots[pass.Stores.Length + sum]
                load masks[part]
                call (vectors.Method("BitwiseAnd", v, v))
                widen ()
                call (doubles.Operator("op_Addition", doubles.Type, doubles.Type))
                store accumulator

            for sum in 0 .. pass.SumCount - 1 do
                if isSingle then
                    accumulate sum 0 (fun () -> call (vectors.Method("WidenLower", v)))
                    accumulate sum 1 (fun () -> call (vectors.Method("WidenUpper", v)))
                else
                    accumulate sum 0 ignore

        for part in 0 .. parts - 1 do
            emitPart part

        load position
        offset (Pass.Strip * numberSize)
        store position
        il.Emit(OpCodes.Br, top)
        il.MarkLabel done'

        accumulators
        |> Array.concat
        |> Array.iteri (fun k accumulator ->
            load accumulator
            il.Emit OpCodes.Ldarg_3
            offset (k * vectors.Size)
            call (doubles.Method("Store", doubles.Type, typeof<float>.MakePointerType())))

        il.Emit OpCodes.Ret
        dynamic.CreateDelegate(typeof<LoopBody>) :?> LoopBody
