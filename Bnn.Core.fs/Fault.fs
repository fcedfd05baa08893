namespace Bnn

open System
open System.Collections.Generic
open System.Globalization

/// One thing that is wrong: what it is called, the value it has, and what is allowed or the remedy.
type Fault =
    {
        /// The option as the user typed it, for instance `learningRate`.
        Name: string
        /// The value it has, as text.
        Value: string
        /// The allowed range or the remedy, as the end of a sentence: `a finite number above 0`.
        Allowed: string
    }

    /// The fault as one sentence.
    override fault.ToString() =
        $"{fault.Name} is {fault.Value}; allowed: {fault.Allowed}"

/// Something that cannot be made or run. It lists every fault at once.
[<Sealed>]
type BnnConfigurationException(faults: IReadOnlyList<Fault>) =
    inherit ArgumentException(faults |> Seq.map string |> String.concat Environment.NewLine)

    /// All that is wrong, in the order in which it was asked for.
    member _.Faults = faults

/// Checks that collect faults instead of stopping at the first. Each is written so that NaN is a fault.
[<EditorBrowsable(Never)>]
module Fault =
    /// A number as users type it.
    let internal text (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    /// A fault unless `holds`.
    let unless holds name value allowed =
        if holds then
            []
        else
            [
                {
                    Name = name
                    Value = value
                    Allowed = allowed
                }
            ]

    /// A number of this range.
    let within (range: OptionRange) name (value: float) =
        unless (OptionRange.contains range value) name (text value) (OptionRange.allowed range)

    /// A finite number.
    let finite name value = within OptionRange.Finite name value

    /// A finite number above 0.
    let positive name value = within OptionRange.Positive name value

    /// A whole number of at least `least`.
    let atLeast least name (value: int) =
        unless (value >= least) name (string value) $"a whole number of at least {least}"

    /// The same faults of a part: their names begin with the part's.
    let ofPart part (faults: Fault list) =
        faults
        |> List.map (fun fault ->
            { fault with
                Name = $"{part}: {fault.Name}"
            })

    /// Raises `BnnConfigurationException` with every fault, where there is one.
    let require (faults: Fault list) =
        if not faults.IsEmpty then
            raise (BnnConfigurationException(List.toArray faults))

    /// The value, or `BnnConfigurationException` with every fault: for where exceptions are the custom.
    let orRaise (result: Result<'T, Fault list>) =
        match result with
        | Ok value -> value
        | Error faults -> raise (BnnConfigurationException(List.toArray faults))
