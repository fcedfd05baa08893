namespace Bnn

open System
open System.ComponentModel

/// One of a list of things that users choose by name: what documentation, factories and tests need to know of it.
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Entry<'T> =
    {
        /// In camel case: `linear`.
        Name: string
        /// What it is, as a sentence without a full stop.
        Summary: string
        /// Paper, year and equation, or where else it is from.
        Source: string
        Options: OptionInfo list
        /// The thing for the value of every option; faults where one is out of range.
        Make: (string -> Expr) -> Result<'T, Fault list>
    }

[<EditorBrowsable(EditorBrowsableState.Never)>]
module Entry =
    /// An option that is a number.
    let number name value range meaning =
        {
            Name = name
            Default = Const value
            Range = range
            TakesFormula = false
            Meaning = meaning
        }

    /// An option that may change during a stage: a number of this range, or a formula over t and T.
    let formula name value range meaning =
        {
            Name = name
            Default = value
            Range = range
            TakesFormula = true
            Meaning = meaning
        }

    let private faultsOf (get: string -> Expr) (option: OptionInfo) =
        match get option.Name with
        | Const value -> Fault.within option.Range option.Name value
        | schedule when option.TakesFormula -> Schedule.validate option.Name schedule
        | other -> Fault.unless false option.Name (string other) (OptionRange.allowed option.Range)

    /// The entry whose thing is made from option values in their ranges; `others` are faults of several options together.
    let createWith name summary source options (others: (string -> float) -> Fault list) make =
        {
            Name = name
            Summary = summary
            Source = source
            Options = options
            Make =
                fun get ->
                    let numberOf name =
                        match get name with
                        | Const value -> value
                        | _ -> nan

                    match List.collect (faultsOf get) options with
                    | [] ->
                        match others numberOf with
                        | [] -> Ok(make numberOf get)
                        | faults -> Error faults
                    | faults -> Error faults
        }

    /// The entry whose thing is made from numbers in their ranges.
    let create name summary source options (make: (string -> float) -> 'T) =
        createWith name summary source options (fun _ -> []) (fun number _ -> make number)

    /// The entry whose thing is made from formulas.
    let ofFormulas name summary source options (make: (string -> Expr) -> 'T) =
        createWith name summary source options (fun _ -> []) (fun _ formula -> make formula)

    /// The entry of this name, in any case.
    let tryFind (entries: Entry<'T> list) (name: string) =
        entries
        |> List.tryFind (fun entry -> entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))

    /// The entry's thing with these options, the rest at their defaults; an unknown option is a fault.
    let make (entry: Entry<'T>) (options: (string * Expr) list) =
        let known = entry.Options |> List.map _.Name
        let allowed = String.concat ", " known

        let unknown =
            [
                for name, value in options do
                    if not (List.contains name known) then
                        yield!
                            Fault.unless
                                false
                                $"{entry.Name}: {name}"
                                (string value)
                                (if known.IsEmpty then
                                     "no options"
                                 else
                                     $"options named {allowed}")
            ]

        if unknown.IsEmpty then
            let values =
                Map.ofList ((entry.Options |> List.map (fun o -> o.Name, o.Default)) @ options)

            entry.Make(fun name -> values[name])
        else
            Error unknown
