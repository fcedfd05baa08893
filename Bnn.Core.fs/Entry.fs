namespace Bnn.Core

open System
open System.Globalization

/// One of a list of things that users choose from by name: what documentation, builders and tests need to know of it.
type Entry<'T> =
    {
        Name: string
        /// Paper, year and equation, or where else it is from.
        Source: string
        /// Options with their defaults; a whole number is one without a fraction.
        Options: (string * float) list
        /// The thing for option values; faults where one is out of range.
        Make: (string -> float) -> Result<'T, Fault list>
    }

module Entry =
    /// The entry whose thing is made from checked option values.
    let create name source options (faults: (string -> float) -> Fault list) (make: (string -> float) -> 'T) =
        {
            Name = name
            Source = source
            Options = options
            Make =
                fun get ->
                    match faults get with
                    | [] -> Ok(make get)
                    | faults -> Error faults
        }

    /// The entry of this name, in any case.
    let tryFind (entries: Entry<'T> list) (name: string) =
        entries
        |> List.tryFind (fun entry -> entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))

    /// The entry's thing with these options, the rest at their defaults; an unknown option is a fault.
    let make (entry: Entry<'T>) (options: (string * float) list) =
        let known = List.map fst entry.Options

        match options |> List.filter (fun (name, _) -> not (List.contains name known)) with
        | [] ->
            let values = Map.ofList (entry.Options @ options)
            entry.Make(fun name -> values[name])
        | unknown ->
            let allowed = String.concat ", " known

            unknown
            |> List.collect (fun (name, value) ->
                Fault.unless
                    false
                    $"{entry.Name}: {name}"
                    (value.ToString("R", CultureInfo.InvariantCulture))
                    (if known.IsEmpty then
                         "no options"
                     else
                         $"options named {allowed}"))
            |> Error

    /// A fault unless a number is whole and from `least` to `most`.
    let whole (least: int) (most: int) name (value: float) =
        Fault.unless
            (value >= float least && value <= float most && value = Math.Floor value)
            name
            (value.ToString("R", CultureInfo.InvariantCulture))
            (if most = Int32.MaxValue then
                 $"a whole number of at least {least}"
             else
                 $"a whole number from {least} to {most}")

    /// Raises ArgumentException with every fault, where there is one.
    let require (subject: string) (faults: Fault list) =
        if not faults.IsEmpty then
            let all = faults |> List.map string |> String.concat "; "
            raise (ArgumentException $"{subject}: {all}")
