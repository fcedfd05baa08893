/// Finds the calls in an assembly whose result depends on the thread's culture: numbers and dates as text and back, and text compared or sorted by
/// a language's rules.
module Bnn.Tests.CultureScan

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit

let private numbers =
    set
        [
            for number in
                [
                    typeof<int8>
                    typeof<int16>
                    typeof<int>
                    typeof<int64>
                    typeof<byte>
                    typeof<uint16>
                    typeof<uint32>
                    typeof<uint64>
                    typeof<float>
                    typeof<float32>
                    typeof<decimal>
                    typeof<Half>
                    typeof<Int128>
                    typeof<UInt128>
                    typeof<bigint>
                    typeof<DateTime>
                    typeof<DateTimeOffset>
                    typeof<DateOnly>
                    typeof<TimeOnly>
                    typeof<TimeSpan>
                ] do
                number.FullName
        ]

/// A number, a date, or something that holds one, as tuples and nullable numbers do.
let rec private isNumber (checked': Type) =
    numbers.Contains checked'.FullName
    || (checked'.IsGenericType
        && (checked'.Name.StartsWith("Nullable", StringComparison.Ordinal)
            || checked'.Name.StartsWith("ValueTuple", StringComparison.Ordinal))
        && checked'.GetGenericArguments() |> Array.exists isNumber)

let private isGivenCulture (call: MethodBase) =
    call.GetParameters()
    |> Array.exists (fun parameter ->
        parameter.ParameterType = typeof<Globalization.CultureInfo>
        || parameter.ParameterType = typeof<IFormatProvider>
        || parameter.ParameterType = typeof<StringComparison>
        || parameter.ParameterType = typeof<StringComparer>
        || (parameter.ParameterType.IsGenericType
            && parameter.ParameterType.Name.StartsWith("IComparer", StringComparison.Ordinal)))

let private takes (call: MethodBase) (types: Type list) =
    [ for parameter in call.GetParameters() -> parameter.ParameterType ] = types

/// Whether a call without a culture asks for the thread's.
let private asks (call: MethodBase) (constrained: Type option) =
    let owner =
        if isNull call.DeclaringType then
            ""
        else
            call.DeclaringType.FullName

    let receiver = defaultArg constrained call.DeclaringType

    let generic =
        if call.IsGenericMethod then
            call.GetGenericArguments()
        else
            [||]

    let first = call.GetParameters() |> Array.tryHead |> Option.map _.ParameterType

    match call.Name with
    | "ToString" -> not (isNull receiver) && isNumber receiver
    | "Parse"
    | "TryParse"
    | "TryFormat" -> numbers.Contains owner
    | "ToUpper"
    | "ToLower" -> owner = "System.String" || owner = "System.Char"
    | "StartsWith"
    | "EndsWith"
    | "IndexOf"
    | "LastIndexOf" -> owner = "System.String" && first = Some typeof<string>
    | "Compare"
    | "CompareTo" -> owner = "System.String"
    | "Format" -> owner = "System.String"
    | "Concat" -> owner = "System.String" && first = Some typeof<obj>
    | "Join" -> owner = "System.String" && generic.Length > 0 && isNumber generic[0]
    | "Append"
    | "Insert"
    | "Write"
    | "WriteLine" ->
        (owner = "System.Text.StringBuilder"
         || owner = "System.Console"
         || owner = "System.IO.TextWriter")
        && Option.exists isNumber first
    | "AppendFormat" -> owner = "System.Text.StringBuilder"
    | "AppendFormatted" ->
        owner = "System.Runtime.CompilerServices.DefaultInterpolatedStringHandler"
        && call.DeclaringType.Assembly = typeof<obj>.Assembly
        && not (takes call [ typeof<string> ])
    | "OrderBy"
    | "OrderByDescending"
    | "ThenBy"
    | "ThenByDescending"
    | "Order"
    | "OrderDescending"
    | "Sort" ->
        not (owner.StartsWith("Microsoft.FSharp", StringComparison.Ordinal))
        && (Array.contains typeof<string> generic || receiver = typeof<List<string>>)
    | "get_Default" -> receiver = typeof<Comparer<string>>
    | "get_CurrentCulture"
    | "get_CurrentInfo" -> owner.StartsWith("System.Globalization", StringComparison.Ordinal)
    | _ -> false
    && not (isGivenCulture call)

/// The holes of an F# text that are written as numbers are where the text is read: `{x}` and `{x:N0}`, not `%d{x}`.
let private untyped (format: string) =
    [
        let mutable at = format.IndexOf('%')

        while at >= 0 && at + 1 < format.Length do
            if format[at + 1] = '%' then
                at <- at + 2
            elif format[at + 1] = 'P' then
                true
                at <- at + 2
            else
                // a typed hole is a format and then %P()
                let hole = format.IndexOf("%P(", at + 1, StringComparison.Ordinal)
                false
                at <- if hole < 0 then format.Length else hole + 2

            at <- if at < format.Length then format.IndexOf('%', at) else -1
    ]

/// What a method does that depends on the culture, in words.
let private ofMethod (body: MethodBase) =
    let all = Instructions.ofMethod body

    // string.Create and its like give the culture to the text, not to its holes
    let isGiven =
        all
        |> Seq.exists (fun (_, operand) ->
            match operand with
            | :? ConstructorInfo as made ->
                made.DeclaringType.Name = "DefaultInterpolatedStringHandler"
                && isGivenCulture made
            | _ -> false)

    [
        for k in 0 .. all.Count - 1 do
            let code, operand = all[k]

            match operand with
            | :? MethodBase as call when
                code = OpCodes.Newobj
                && call.DeclaringType.Name.StartsWith("PrintfFormat", StringComparison.Ordinal)
                ->
                // back to the text, which comes first; then a hole's value is stored after another
                let mutable start = k - 1

                let isText (at: int) =
                    at >= 0 && (fst all[at]) = OpCodes.Ldstr && (string (snd all[at])).Contains '%'

                while start >= 0 && not (isText start) do
                    start <- start - 1

                if start >= 0 then
                    let holes = untyped (string (snd all[start]))

                    let stored =
                        [
                            for at in start..k do
                                if fst all[at] = OpCodes.Stelem_Ref || fst all[at] = OpCodes.Stelem then
                                    match all[at - 1] with
                                    | code, (:? Type as boxed) when code = OpCodes.Box -> Some boxed
                                    | _ -> None
                        ]

                    for hole, (isUntyped, boxed) in Seq.indexed (Seq.zip holes stored) do
                        match boxed with
                        | Some boxed when isUntyped && isNumber boxed ->
                            $"hole %d{hole + 1} of \"{snd all[start]}\", of {boxed.Name}"
                        | _ -> ()
            | :? ConstructorInfo as made when
                made.DeclaringType = typeof<ArgumentOutOfRangeException>
                && made.GetParameters().Length = 3
                ->
                // its message has the value as the culture writes it
                let boxed =
                    [ max 0 (k - 12) .. k - 1 ] |> List.filter (fun at -> fst all[at] = OpCodes.Box)

                if boxed |> List.exists (fun at -> isNumber (snd all[at] :?> Type)) then
                    "ArgumentOutOfRangeException of a number"
            | :? MethodBase as call when
                call.DeclaringType = typeof<ArgumentOutOfRangeException>
                && call.Name.StartsWith("ThrowIf", StringComparison.Ordinal)
                ->
                $"ArgumentOutOfRangeException.{call.Name}"
            | :? MethodBase as call ->
                let constrained =
                    if k > 0 && fst all[k - 1] = OpCodes.Constrained then
                        Some(snd all[k - 1] :?> Type)
                    else
                        None

                // F#'s own functions over arrays, whose check of lengths is inlined, name the lengths in their errors
                let isOfFSharp =
                    call.Name = "Format"
                    && k > 0
                    && [ max 0 (k - 40) .. k ]
                       |> List.exists (fun at ->
                           (string (snd all[at])).Contains "SR::"
                           || (string (snd all[at])).Contains "get_Input")

                if
                    asks call constrained
                    && not isOfFSharp
                    && not (call.Name = "AppendFormatted" && isGiven)
                then
                    let parameters =
                        [ for parameter in call.GetParameters() -> parameter.ParameterType.Name ]
                        |> String.concat ", "

                    let receiver = (defaultArg constrained call.DeclaringType).Name
                    $"{receiver}.{call.Name}({parameters})"
            | _ -> ()
    ]

/// Where a type's own code depends on the culture: the method, and what it calls.
let findIn (place: Type) =
    let own =
        BindingFlags.Public
        ||| BindingFlags.NonPublic
        ||| BindingFlags.Static
        ||| BindingFlags.Instance
        ||| BindingFlags.DeclaredOnly

    let bodies =
        Seq.append (place.GetMethods own |> Seq.cast<MethodBase>) (place.GetConstructors own |> Seq.cast<MethodBase>)

    // nobody prints a record that nobody sees, or by its members where it has a text of its own
    let isPrinted =
        match place.GetMethod("ToString", own, Type.EmptyTypes) with
        | null -> place.IsVisible
        | text ->
            place.IsVisible
            && text.IsDefined typeof<Runtime.CompilerServices.CompilerGeneratedAttribute>

    [
        for body in bodies do
            if body.Name <> "PrintMembers" || isPrinted then
                for found in ofMethod body do
                    $"{place.FullName}.{body.Name}: {found}"
    ]

/// Where an assembly's own code, not what tools have generated, depends on the culture.
let find (assembly: Assembly) =
    let isGenerated (place: Type) =
        place.IsDefined typeof<CodeDom.Compiler.GeneratedCodeAttribute>
        || (not (isNull place.DeclaringType)
            && place.DeclaringType.IsDefined typeof<CodeDom.Compiler.GeneratedCodeAttribute>)

    assembly.GetTypes()
    |> Array.filter (isGenerated >> not)
    |> List.ofArray
    |> List.collect findIn
