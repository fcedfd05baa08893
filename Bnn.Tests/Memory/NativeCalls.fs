/// Reads compiled code for numbers that TorchSharp makes into native objects which nobody holds.
module Bnn.Tests.NativeCalls

open System.Collections.Generic
open System.IO
open Mono.Cecil

let private scalar = "TorchSharp.Scalar"

let private read (file: string) =
    let resolver = new DefaultAssemblyResolver()
    resolver.AddSearchDirectory(Path.GetDirectoryName file)
    AssemblyDefinition.ReadAssembly(file, ReaderParameters(AssemblyResolver = resolver))

let private torchSharp = lazy read typeof<TorchSharp.Scalar>.Assembly.Location

let rec private withNested (t: TypeDefinition) : TypeDefinition seq =
    seq {
        t
        yield! t.NestedTypes |> Seq.collect withNested
    }

let private methods (assembly: AssemblyDefinition) =
    assembly.MainModule.Types |> Seq.collect withNested |> Seq.collect _.Methods

/// What a method calls, makes or takes as a delegate.
let private named (m: MethodDefinition) =
    if m.HasBody then
        [
            for instruction in m.Body.Instructions do
                match instruction.Operand with
                | :? MethodReference as other -> other
                | _ -> ()
        ]
    else
        []

let private makesScalar (m: MethodReference) =
    m.ReturnType.FullName = scalar
    || (m.DeclaringType.FullName = scalar && m.Name = ".ctor")

let private isTorchSharps (m: MethodReference) =
    m.DeclaringType.Scope.Name
    |> Path.GetFileNameWithoutExtension
    |> (=) "TorchSharp"

/// TorchSharp's own methods that make a scalar on the way, themselves or in what they call: the least such set.
let private careless =
    lazy
        (let callers = Dictionary<string, ResizeArray<string>>()
         let found = HashSet<string>()
         let next = Stack<string>()

         for m in methods torchSharp.Value do
             for other in named m do
                 if makesScalar other && found.Add m.FullName then
                     next.Push m.FullName

                 // a call of an instance of a generic method is one of the method
                 let called = other.GetElementMethod().FullName

                 if not (callers.ContainsKey called) then
                     callers[called] <- ResizeArray()

                 callers[called].Add m.FullName

         while next.Count > 0 do
             match callers.TryGetValue(next.Pop()) with
             | true, those ->
                 for caller in those do
                     if found.Add caller then
                         next.Push caller
             | _ -> ()

         found)

/// The calls in an assembly's methods that leave a scalar to the garbage collector: the method, and what it calls.
let scalarCalls (file: string) (isLooked: MethodDefinition -> bool) =
    use assembly = read file

    [
        for m in methods assembly do
            if isLooked m then
                for other in named m do
                    if
                        makesScalar other
                        || (isTorchSharps other
                            && careless.Value.Contains(other.GetElementMethod().FullName))
                    then
                        m, other
    ]
    |> List.map (fun (m, other) -> m.DeclaringType.Name, m.Name, other.FullName)

/// The outermost type around a method.
let rec private outermost (t: TypeDefinition) =
    if isNull t.DeclaringType then
        t
    else
        outermost t.DeclaringType

/// Whether a method is of a type, or of one within it.
let isOf (name: string) (m: MethodDefinition) = (outermost m.DeclaringType).Name = name

/// The methods of an assembly that take the address of a tensor's numbers, and neither keep the tensor alive by a call nor dispose of it.
let addressesTaken (file: string) =
    use assembly = read file

    let takes (m: MethodReference) =
        match m.DeclaringType.Name, m.Name with
        | "Memory", ("Of" | "Floats" | "Longs")
        | "TensorHandle", "Address"
        | "Tensor", "get_bytes" -> true
        | _ -> false

    let holds (m: MethodReference) =
        match m.DeclaringType.Name, m.Name with
        | "GC", "KeepAlive"
        | _, "Dispose" -> true
        | _ -> false

    [
        for m in methods assembly do
            let calls = named m

            if List.exists takes calls && not (List.exists holds calls) then
                $"{(outermost m.DeclaringType).Name}.{m.Name}"
    ]
    |> List.distinct

/// How often each method of a type makes a scalar, and how often it disposes of one.
let scalarsHeld (file: string) (name: string) =
    use assembly = read file

    [
        for m in methods assembly do
            if isOf name m && m.Name <> ".cctor" then
                let calls = named m
                let made = calls |> List.filter makesScalar |> List.length

                let disposed =
                    calls |> List.filter (fun other -> other.Name = "Dispose") |> List.length

                m.Name, made, disposed
    ]
