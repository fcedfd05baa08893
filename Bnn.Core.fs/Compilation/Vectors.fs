namespace Bnn

open System
open System.Reflection
open System.Reflection.Emit
open System.Runtime.Intrinsics

/// The vector types of one width, for numbers of one type.
type internal Vectors(bits: int, number: Type) =
    let holder, vector =
        match bits with
        | 128 -> typeof<Vector128>, typedefof<Vector128<_>>
        | 256 -> typeof<Vector256>, typedefof<Vector256<_>>
        | _ -> typeof<Vector512>, typedefof<Vector512<_>>

    let v = vector.MakeGenericType number

    member _.Type = v
    member _.Number = number
    member _.Size = bits / 8
    member _.IsSingle = (number = typeof<float32>)
    member this.NumberSize = if this.IsSingle then 4 else 8
    member this.Lanes = this.Size / this.NumberSize

    /// The vectors of this width for other numbers.
    member _.Of(other: Type) = Vectors(bits, other)

    /// The static method of this name and these parameter types.
    member _.Method(name: string, [<ParamArray>] parameters: Type[]) : MethodInfo =
        let fits (m: MethodInfo) =
            m.GetParameters() |> Array.map _.ParameterType = parameters

        holder.GetMethods(BindingFlags.Public ||| BindingFlags.Static)
        |> Array.filter (fun m -> m.Name = name)
        |> Array.choose (fun m ->
            match m.IsGenericMethodDefinition, m.GetGenericArguments().Length with
            | true, 1 -> Some(m.MakeGenericMethod number)
            | true, _ -> None
            | false, _ -> Some m)
        |> Array.find fits

    /// The operator of this name on whole vectors.
    member _.Operator(name: string, operands: int) =
        v.GetMethod(name, Array.create operands v)

/// Writes instructions on vectors of one type. An operand is an action that puts its value on the stack.
type internal VectorWriter(il: ILGenerator, vectors: Vectors) =
    let v, number = vectors.Type, vectors.Number
    let pointer = number.MakePointerType()
    let call (m: MethodInfo) = il.Emit(OpCodes.Call, m)

    let method' name (parameters: Type list) =
        call (vectors.Method(name, List.toArray parameters))

    // room for operators that go lane by lane
    let scratch =
        let local = il.DeclareLocal typeof<nativeint>
        il.Emit(OpCodes.Ldc_I4, 2 * vectors.Size)
        il.Emit OpCodes.Conv_U
        il.Emit OpCodes.Localloc
        il.Emit(OpCodes.Stloc, local)
        local

    /// Adds bytes to the address on the stack.
    member _.Offset(bytes: int) =
        il.Emit(OpCodes.Ldc_I4, bytes)
        il.Emit OpCodes.Conv_I
        il.Emit OpCodes.Add

    /// A new variable that takes the vector on the stack.
    member _.Keep() =
        let local = il.DeclareLocal v
        il.Emit(OpCodes.Stloc, local)
        local

    /// The vector at the address on the stack.
    member _.Load() = method' "Load" [ pointer ]

    /// Stores a vector; vector and address are on the stack.
    member _.Store() = method' "Store" [ v; pointer ]

    /// Stores a vector past the cache; vector and an address that is a multiple of the vector's size are on the stack.
    member _.StorePastCache() =
        method' "StoreAlignedNonTemporal" [ v; pointer ]

    /// The number on the stack in every lane.
    member _.Broadcast() = method' "Create" [ number ]

    /// A constant in every lane.
    member this.Literal(value: float) =
        if vectors.IsSingle then
            il.Emit(OpCodes.Ldc_R4, float32 value)
        else
            il.Emit(OpCodes.Ldc_R8, value)

        this.Broadcast()

    /// The bits that two vectors on the stack have in common.
    member _.And() = method' "BitwiseAnd" [ v; v ]

    /// The lower or upper half of the float32 vector on the stack as float64.
    member _.Widen(half: string) = method' ("Widen" + half) [ v ]

    /// x in the lanes where a `test` b holds, else y.
    member _.Select(test: string, a, b, x, y) =
        a ()
        b ()
        method' test [ v; v ]
        x ()
        y ()
        method' "ConditionalSelect" [ v; v; v ]

    /// An operator of `Lanes` on the vectors on the stack.
    member private this.LaneByLane(name: string, operands: int) =
        let place k =
            il.Emit(OpCodes.Ldloc, scratch)
            this.Offset(k * vectors.Size)

        for k in operands - 1 .. -1 .. 0 do
            place k
            this.Store()

        for k in 0 .. operands - 1 do
            place k

        il.Emit(OpCodes.Ldc_I4, vectors.Lanes)
        let bits = if vectors.IsSingle then "32" else "64"

        let anyVisibility =
            BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

        call (typeof<Lanes>.GetMethod(name + bits, anyVisibility))
        place 0
        this.Load()

    member private this.Unary(op: Op1, a: unit -> unit) =
        let literal x () = this.Literal x

        match op with
        | Neg ->
            a ()
            call (vectors.Operator("op_UnaryNegation", 1))
        // the vector type's Exp of float64 depends on the other numbers of the vector where one is very large
        | Exp when not vectors.IsSingle ->
            a ()
            this.LaneByLane("Exp", 1)
        | Tanh
        | Cos ->
            a ()
            this.LaneByLane(string op, 1)
        | Abs
        | Sqrt
        | Exp
        | Log
        | Floor
        | Round ->
            a ()
            method' (string op) [ v ]
        | SignPlus
        | Signum ->
            // neither above nor below: NaN, and for Signum 0
            let negative () =
                this.Select("LessThan", a, literal 0.0, literal -1.0, a)

            let isPositive = if op = SignPlus then "LessThanOrEqual" else "LessThan"
            this.Select(isPositive, literal 0.0, a, literal 1.0, negative)

    member private this.Binary(op: Op2, a: unit -> unit, b: unit -> unit) =
        a ()
        b ()

        match op with
        | Add -> call (vectors.Operator("op_Addition", 2))
        | Sub -> call (vectors.Operator("op_Subtraction", 2))
        | Mul -> call (vectors.Operator("op_Multiply", 2))
        | Div -> call (vectors.Operator("op_Division", 2))
        | Max
        | Min -> method' (string op) [ v; v ]
        | Pow
        | Mod -> this.LaneByLane(string op, 2)

    /// Puts the value of an operation on the stack; `value` puts that of an earlier node there.
    member this.Compute(node: Node, value: int -> unit) =
        let of' i () = value i

        match node with
        | Node.Const _
        | Node.Leaf _ -> invalidOp "a leaf is loaded, not computed"
        | Node.Reduce _ -> invalidOp "a reduction inside a pass"
        | Node.Unary(op, a) -> this.Unary(op, of' a)
        | Node.Binary(op, a, b) -> this.Binary(op, of' a, of' b)
        | Node.Select(c, a, b, x, y) ->
            let test =
                match c with
                | Less -> "LessThan"
                | LessOrEqual -> "LessThanOrEqual"
                | Equal -> "Equals"

            this.Select(test, of' a, of' b, of' x, of' y)
