namespace Bnn

open System
open System.ComponentModel
open System.Reflection
open FSharp.Reflection

/// One option of something that users choose by name: everything that its checks, its documentation and the builders' parameters
/// are made of.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type OptionInfo =
    {
        /// In camel case: `beta1`.
        Name: string
        /// A constant; a formula over t and T where `TakesFormula`.
        Default: Expr
        /// Which numbers it takes.
        Range: OptionRange
        /// Whether it takes a schedule in place of a number.
        TakesFormula: bool
        /// What it does, as part of a sentence; the range is not repeated.
        Meaning: string
    }

    /// The default as a number; NaN where it is a formula.
    member option.DefaultNumber =
        match option.Default with
        | Const value -> value
        | _ -> nan

/// States an option at its field in a record of options: default, range, and one line of documentation.
[<AttributeUsage(AttributeTargets.Property)>]
[<EditorBrowsable(EditorBrowsableState.Never)>]
type OptionAttribute(value: float, range: OptionRange, meaning: string) =
    inherit Attribute()

    /// A flag.
    new(isOn: bool, meaning: string) = OptionAttribute((if isOn then 1.0 else 0.0), OptionRange.Flag, meaning)

    member _.Default = value
    member _.Range = range
    member _.Meaning = meaning

/// Records whose fields are options, each stated once by its `Option` attribute. Fields are numbers, or flags.
[<EditorBrowsable(EditorBrowsableState.Never)>]
module Options =
    let private camel (name: string) =
        string (Char.ToLowerInvariant name[0]) + name[1..]

    let private fields<'Options> =
        FSharpType.GetRecordFields typeof<'Options>
        |> Array.map (fun field -> field, field.GetCustomAttribute<OptionAttribute>())

    let private toField (field: PropertyInfo) (value: float) =
        if field.PropertyType = typeof<bool> then
            box (value <> 0.0)
        else
            box value

    let private ofField (value: obj) =
        match value with
        | :? bool as isOn -> if isOn then 1.0 else 0.0
        | number -> unbox<float> number

    let private make<'Options> (value: string -> OptionAttribute -> float) =
        let values =
            fields<'Options>
            |> Array.map (fun (field, stated) -> toField field (value (camel field.Name) stated))

        FSharpValue.MakeRecord(typeof<'Options>, values) :?> 'Options

    /// The options of a record, in its order.
    let infos<'Options> () =
        [
            for field, stated in fields<'Options> ->
                {
                    Name = camel field.Name
                    Default = Const stated.Default
                    Range = stated.Range
                    TakesFormula = false
                    Meaning = stated.Meaning
                }
        ]

    /// The record in which every option has its default.
    let defaults<'Options> () =
        make<'Options>(fun _ stated -> stated.Default)

    /// The record's values by name; a flag is 0 or 1.
    let values (options: 'Options) =
        [
            for field, _ in fields<'Options> -> camel field.Name, ofField (field.GetValue options)
        ]

    /// All options that are out of range.
    let faults (options: 'Options) =
        List.zip (values options) (infos<'Options>())
        |> List.collect (fun ((name, value), info) -> Fault.within info.Range name value)

    /// The record with these values, the rest at their defaults; the last of several of one name holds. An unknown name is a fault.
    let ofValues<'Options> (given: (string * float) list) =
        let known = infos<'Options>() |> List.map _.Name
        let allowed = String.concat ", " known

        let unknown =
            [
                for name, value in given do
                    if not (List.contains name known) then
                        yield! Fault.unless false name (Fault.text value) $"options named {allowed}"
            ]

        if unknown.IsEmpty then
            let values = Map.ofList given

            Ok(make<'Options>(fun name stated -> values |> Map.tryFind name |> Option.defaultValue stated.Default))
        else
            Error unknown

    /// The flags among these values that are neither 0 nor 1.
    let flagFaults<'Options> (given: (string * float) list) =
        let values = Map.ofList given

        [
            for info in infos<'Options>() do
                match info.Range, Map.tryFind info.Name values with
                | OptionRange.Flag, Some value -> yield! Fault.within OptionRange.Flag info.Name value
                | _ -> ()
        ]
