namespace Bnn.Core

open System.Globalization

/// One thing that is wrong with an option: its name, its value, and what is allowed.
type Fault =
    {
        Name: string
        Value: string
        Allowed: string
    }

    override fault.ToString() =
        $"{fault.Name} is {fault.Value}; allowed: {fault.Allowed}"

/// Checks that collect faults instead of stopping at the first. Each is written so that NaN is a fault.
module Fault =
    let private text (value: float) =
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

    /// A finite number.
    let finite name (value: float) =
        unless (System.Double.IsFinite value) name (text value) "a finite number"

    /// A finite number of at least 0.
    let notNegative name (value: float) =
        unless (value >= 0.0 && value < infinity) name (text value) "a finite number of at least 0"

    /// A finite number above 0.
    let positive name (value: float) =
        unless (value > 0.0 && value < infinity) name (text value) "a finite number above 0"

    /// A number in [0, 1).
    let decayRate name (value: float) =
        unless (value >= 0.0 && value < 1.0) name (text value) "at least 0 and below 1"

    /// A number in [0, 1].
    let share name (value: float) =
        unless (value >= 0.0 && value <= 1.0) name (text value) "at least 0 and at most 1"

    /// A whole number of at least `least`.
    let atLeast least name (value: int) =
        unless (value >= least) name (string value) $"a whole number of at least {least}"
