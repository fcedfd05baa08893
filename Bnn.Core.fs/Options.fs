namespace Bnn

open System
open System.Reflection
open FSharp.Reflection

/// One option of something that users choose by name: everything that its checks, its documentation and the builders' parameters
/// are made of.
[<EditorBrowsable(Never)>]
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

/// States an option where it is declared, at a field of a record of options or at a parameter of a function that has an `Entry`:
/// default, range, and one line of documentation.
[<EditorBrowsable(Never); AttributeUsage(AttributeTargets.Property ||| AttributeTargets.Parameter)>]
type OptionAttribute private (value: Expr, range: OptionRange, meaning: string) =
    inherit Attribute()

    /// A number.
    new(value: float, range: OptionRange, meaning: string) = OptionAttribute(Const value, range, meaning)

    /// A flag.
    new(isOn: bool, meaning: string) =
        OptionAttribute((if isOn then Const 1.0 else Const 0.0), OptionRange.Flag, meaning)

    /// A number of this range that may change during a stage: a formula over t and T, as `Print` writes it.
    new(formula: string, range: OptionRange, meaning: string) =
        OptionAttribute(Fault.orRaise (Parse.schedule formula), range, meaning)

    /// The option of a field or parameter of this name and type.
    member internal _.Info(name: string, kind: Type) =
        {
            Name = string (Char.ToLowerInvariant name[0]) + name[1..]
            Default = value
            Range = range
            TakesFormula = (kind = typeof<Expr>)
            Meaning = meaning
        }

/// Makes an entry of a value, or of a function whose parameters are options.
[<EditorBrowsable(Never); AttributeUsage(AttributeTargets.Method ||| AttributeTargets.Property)>]
type EntryAttribute(summary: string, source: string) =
    inherit Attribute()
    member _.Summary = summary
    member _.Source = source

/// Records whose fields are options, each stated once by its `Option` attribute. Fields are numbers, or flags.
[<EditorBrowsable(Never)>]
module Options =
    let private fields<'Options> =
        FSharpType.GetRecordFields typeof<'Options>
        |> Array.map (fun field ->
            field, field.GetCustomAttribute<OptionAttribute>().Info(field.Name, field.PropertyType))

    let private toField (field: PropertyInfo) (value: float) =
        if field.PropertyType = typeof<bool> then
            box (value <> 0.0)
        else
            box value

    let private ofField (value: obj) =
        match value with
        | :? bool as isOn -> if isOn then 1.0 else 0.0
        | number -> unbox<float> number

    let private make<'Options> (value: OptionInfo -> float) =
        let values =
            fields<'Options> |> Array.map (fun (field, info) -> toField field (value info))

        FSharpValue.MakeRecord(typeof<'Options>, values) :?> 'Options

    /// The options of a record, in its order.
    let infos<'Options> () =
        fields<'Options> |> Array.map snd |> List.ofArray

    /// The record in which every option has its default.
    let defaults<'Options> () = make<'Options> _.DefaultNumber

    /// The record's values by name; a flag is 0 or 1.
    let values (options: 'Options) =
        [
            for field, info in fields<'Options> -> info.Name, ofField (field.GetValue options)
        ]

    /// A number above 0 that float32, in which weights are updated, rounds to 0: an epsilon that is there no longer.
    let private lost name (value: float) =
        Fault.unless
            (value = 0.0 || float32 value <> 0.0f)
            name
            (Fault.text value)
            "0 where its range has it, or a number that float32 does not round to 0: at least 1e-45"

    /// All options that are out of range, or that float32 rounds to 0.
    let faults (options: 'Options) =
        List.zip (values options) (infos<'Options>())
        |> List.collect (fun ((name, value), info) ->
            match Fault.within info.Range name value with
            | [] -> lost name value
            | outside -> outside)

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

            Ok(make<'Options>(fun info -> values |> Map.tryFind info.Name |> Option.defaultValue info.DefaultNumber))
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
