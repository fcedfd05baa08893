namespace Bnn

/// Which numbers an option takes. NaN is in no range.
type OptionRange =
    /// A finite number.
    | Finite = 0
    /// A finite number of at least 0.
    | NotNegative = 1
    /// A finite number above 0.
    | Positive = 2
    /// At least 0 and below 1.
    | DecayRate = 3
    /// At least 0 and at most 1.
    | Share = 4
    /// Above 0 and at most 1.
    | PositiveShare = 5
    /// A whole number of at least 1.
    | Count = 6
    /// A whole number from 1 to 16.
    | Bits = 7
    /// 0 or 1: off or on.
    | Flag = 8
    /// A whole number of at least 0.
    | CountOr0 = 9
    /// A finite number of at least 1.
    | AtLeast1 = 10

[<EditorBrowsable(Never)>]
module OptionRange =
    let private isWhole (value: float) = (value = floor value)

    /// Whether the range has this number.
    let contains (range: OptionRange) (value: float) =
        match range with
        | OptionRange.Finite -> System.Double.IsFinite value
        | OptionRange.NotNegative -> value >= 0.0 && value < infinity
        | OptionRange.Positive -> value > 0.0 && value < infinity
        | OptionRange.DecayRate -> value >= 0.0 && value < 1.0
        | OptionRange.Share -> value >= 0.0 && value <= 1.0
        | OptionRange.PositiveShare -> value > 0.0 && value <= 1.0
        | OptionRange.Count -> value >= 1.0 && value <= float System.Int32.MaxValue && isWhole value
        | OptionRange.CountOr0 -> value >= 0.0 && value <= float System.Int32.MaxValue && isWhole value
        | OptionRange.AtLeast1 -> value >= 1.0 && value < infinity
        | OptionRange.Bits -> value >= 1.0 && value <= 16.0 && isWhole value
        | OptionRange.Flag -> value = 0.0 || value = 1.0
        | _ -> false

    /// The range as the end of the sentence "allowed: ...".
    let allowed (range: OptionRange) =
        match range with
        | OptionRange.Finite -> "a finite number"
        | OptionRange.NotNegative -> "a finite number of at least 0"
        | OptionRange.Positive -> "a finite number above 0"
        | OptionRange.DecayRate -> "at least 0 and below 1"
        | OptionRange.Share -> "at least 0 and at most 1"
        | OptionRange.PositiveShare -> "above 0 and at most 1"
        | OptionRange.Count -> "a whole number of at least 1"
        | OptionRange.CountOr0 -> "a whole number of at least 0"
        | OptionRange.AtLeast1 -> "a finite number of at least 1"
        | OptionRange.Bits -> "a whole number from 1 to 16"
        | OptionRange.Flag -> "0 or 1"
        | _ -> "nothing"

    /// The range in a line of documentation; "" where it goes without saying.
    let inWords (range: OptionRange) =
        match range with
        | OptionRange.DecayRate -> "in [0, 1)"
        | OptionRange.Share -> "in [0, 1]"
        | OptionRange.PositiveShare -> "in (0, 1]"
        | OptionRange.NotNegative
        | OptionRange.CountOr0 -> "at least 0"
        | OptionRange.Positive -> "above 0"
        | OptionRange.Count
        | OptionRange.AtLeast1 -> "at least 1"
        | OptionRange.Bits -> "1 to 16"
        | _ -> ""
