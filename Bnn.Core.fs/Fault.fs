namespace Bnn

open System
open System.Collections.Generic
open System.Globalization

/// One thing that is wrong: what it is called, and either the value it has and what is allowed, or what is wrong with it and the remedy.
[<Sealed>]
type Fault private (name: string, value: string, allowed: string, isProblem: bool) =
    /// A value outside its range: the sentence is `name is value; allowed: allowed`.
    /// <param name="name">The option as the user typed it, for instance `learningRate`.</param>
    /// <param name="value">The value it has, as text.</param>
    /// <param name="allowed">The range, as the end of a sentence: `a finite number above 0`.</param>
    new(name, value, allowed) = Fault(name, value, allowed, false)

    /// What is wrong with a thing that has no range: the sentence is `name: problem; remedy`.
    /// <param name="name">What it is wrong with, for instance `data Fashion-MNIST`.</param>
    /// <param name="problem">What is wrong, as a clause: `there is no such folder`.</param>
    /// <param name="remedy">What to do about it, as a command: `give a folder of images`.</param>
    static member Problem(name, problem, remedy) = Fault(name, problem, remedy, true)

    /// The option as the user typed it, for instance `learningRate`; or the thing that has the problem.
    member _.Name = name

    /// The value it has, as text; or what is wrong with it.
    member _.Value = value

    /// The allowed range, as the end of a sentence: `a finite number above 0`; or the remedy.
    member _.Allowed = allowed

    /// The same fault of another name.
    member internal _.Named(name: string) = Fault(name, value, allowed, isProblem)

    /// The same fault with another text of the value.
    member internal _.Valued(value: string) = Fault(name, value, allowed, isProblem)

    /// The fault as one sentence.
    override _.ToString() =
        if isProblem then
            $"{name}: {value}; {allowed}"
        else
            $"{name} is {value}; allowed: {allowed}"

    override fault.Equals other =
        match other with
        | :? Fault as other -> fault.ToString() = other.ToString()
        | _ -> false

    override fault.GetHashCode() = fault.ToString().GetHashCode()

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
        if holds then [] else [ Fault(name, value, allowed) ]

    /// A number of this range.
    let within (range: OptionRange) name (value: float) =
        unless (OptionRange.contains range value) name (text value) (OptionRange.allowed range)

    /// A finite number.
    let finite name value = within OptionRange.Finite name value

    /// A finite number above 0.
    let positive name value = within OptionRange.Positive name value

    /// A whole number of at least `least`.
    let atLeast least name (value: int) =
        unless (value >= least) name (string value) $"a whole number of at least %d{least}"

    /// The same faults of a part: their names begin with the part's.
    let ofPart part (faults: Fault list) =
        faults |> List.map (fun fault -> fault.Named $"{part}: {fault.Name}")

    /// Raises `BnnConfigurationException` with every fault, where there is one.
    let require (faults: Fault list) =
        if not faults.IsEmpty then
            raise (BnnConfigurationException(List.toArray faults))

    /// The value, or `BnnConfigurationException` with every fault: for where exceptions are the custom.
    let orRaise (result: Result<'T, Fault list>) =
        match result with
        | Ok value -> value
        | Error faults -> raise (BnnConfigurationException(List.toArray faults))
