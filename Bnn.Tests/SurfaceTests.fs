/// What C# users see of both assemblies: everything public that is not hidden from their completion lists.
module Bnn.Tests.SurfaceTests

open System
open System.ComponentModel
open System.Reflection
open System.Runtime.CompilerServices
open Bnn
open Expecto

let private assemblies =
    [
        typeof<Expr>.Assembly
        typeof<BnnFileException>.Assembly
        typeof<DataSource>.Assembly
        typeof<BnnTrainer>.Assembly
    ]

let private isHidden (m: MemberInfo) =
    match m.GetCustomAttribute<EditorBrowsableAttribute>() with
    | null -> false
    | attribute -> attribute.State = EditorBrowsableState.Never

let private flags =
    BindingFlags.Public
    ||| BindingFlags.Instance
    ||| BindingFlags.Static
    ||| BindingFlags.DeclaredOnly

/// Types that F# alone needs: its lists, options, functions, tuples, and whatever else FSharp.Core has.
let rec private isOfFSharp (t: Type) =
    (t.Namespace <> null && t.Namespace.StartsWith "Microsoft.FSharp")
    || (t.FullName <> null && t.FullName.StartsWith "System.Tuple")
    || (t.IsGenericType && t.GetGenericArguments() |> Array.exists isOfFSharp)
    || (t.HasElementType && isOfFSharp (t.GetElementType()))

let private isUnion (t: Type) = FSharp.Reflection.FSharpType.IsUnion t

let rec private declaring (t: Type) =
    t
    :: (if isNull t.DeclaringType then
            []
        else
            declaring t.DeclaringType)

let private isModule (t: Type) =
    t.GetCustomAttributes<CompilationMappingAttribute>()
    |> Seq.exists (fun mapping -> mapping.SourceConstructFlags = SourceConstructFlags.Module)

let private seen =
    [
        for assembly in assemblies do
            for t in assembly.GetExportedTypes() do
                let isCase = not (isNull t.DeclaringType) && isUnion t.DeclaringType

                if
                    not (
                        isCase
                        || List.exists isHidden (List.map (fun t -> t :> MemberInfo) (declaring t))
                    )
                then
                    t
    ]

/// The members that the compiler makes of a union's cases, of equality and of F#'s own interfaces.
let private isMadeByCompiler (t: Type) (m: MemberInfo) =
    m.GetCustomAttribute<CompilerGeneratedAttribute>() <> null
    || (isUnion t
        && (m.Name.StartsWith "New"
            || m.Name.StartsWith "Is"
            || m.Name = "Tag"
            || m.Name.StartsWith "get_Is"
            || m.Name = "get_Tag"))

let private signature (m: MemberInfo) =
    match m with
    | :? MethodInfo as m -> m.ReturnType :: [ for p in m.GetParameters() -> p.ParameterType ]
    | :? ConstructorInfo as c -> [ for p in c.GetParameters() -> p.ParameterType ]
    | :? PropertyInfo as p -> [ p.PropertyType ]
    | :? FieldInfo as f -> [ f.FieldType ]
    | _ -> []

/// A property's accessors are hidden with it.
let private isHiddenAccessor (t: Type) (m: MemberInfo) =
    (m.Name.StartsWith "get_" || m.Name.StartsWith "set_")
    && (match t.GetProperty(m.Name[4..], flags) with
        | null -> false
        | property -> isHidden property)

/// A record's constructor takes its fields: C# makes records by their factories.
let private isRecordConstructor (t: Type) (m: MemberInfo) =
    (m :? ConstructorInfo)
    && FSharp.Reflection.FSharpType.IsRecord t
    && t.GetProperties flags |> Array.exists isHidden

let private members (t: Type) =
    t.GetMembers flags
    |> Array.filter (fun m ->
        not (isHidden m)
        && not (isHiddenAccessor t m)
        && not (isMadeByCompiler t m)
        && not (isRecordConstructor t m))

[<Tests>]
let tests =
    testList
        "Surface"
        [
            test "Every public type is in the namespace Bnn" {
                let elsewhere =
                    [
                        for assembly in assemblies do
                            for t in assembly.GetExportedTypes() do
                                // what the compiler makes has a name that nobody can write
                                if t.Namespace <> "Bnn" && not (t.FullName.StartsWith '<') then
                                    t.FullName
                    ]

                Expect.equal elsewhere [] "types elsewhere"
            }

            test "A C# user needs no list, option, function or tuple of F#" {
                let found =
                    [
                        for t in seen do
                            for m in members t do
                                if List.exists isOfFSharp (signature m) then
                                    $"{t.Name}.{m.Name}"
                    ]

                Expect.equal found [] "F# types in what C# sees"
            }

            test
                "A C# user needs no case of a union: the unions that are seen are the formula and the network, whose cases are F#'s" {
                let unions = seen |> List.filter isUnion |> List.map _.Name
                Expect.equal unions [ "Expr"; "Network" ] "unions"
            }

            test "Modules of functions are hidden from C#" {
                let modules =
                    [
                        for t in seen do
                            if
                                t.Assembly = typeof<Expr>.Assembly
                                && isModule t
                                && t.GetCustomAttribute<ExtensionAttribute>() = null
                            then
                                t.Name
                    ]

                Expect.equal modules [] "modules that C# sees"
            }

            test "A noun exists once: no two public types of the library have one name" {
                let names =
                    [
                        for assembly in assemblies do
                            for t in assembly.GetExportedTypes() do
                                if isNull t.DeclaringType then
                                    t.Name
                    ]

                let twice = names |> List.countBy id |> List.filter (fun (_, count) -> count > 1)
                Expect.equal twice [] "twins"
            }
        ]
