namespace Bnn.Experiments

open System
open System.Globalization

/// Figures in words.
[<RequireQualifiedAccess>]
module Show =
    let private text (format: string) (value: float) =
        value.ToString(format, CultureInfo.InvariantCulture)

    /// A share as percent.
    let percent (share: float) =
        if Double.IsFinite share then
            text "0.00" (100.0 * share) + " %"
        else
            "-"

    /// A ratio, three significant digits.
    let ratio (value: float) =
        if Double.IsFinite value then text "G3" value else "-"

    let private signed (value: float) = text "+0.00;-0.00;0.00" value

    /// The interval of a difference of shares, in points.
    let points (interval: Interval) =
        let mean = signed (100.0 * interval.Mean)

        if Double.IsFinite interval.HalfWidth then
            $"{mean} points ({signed (100.0 * interval.Low)} to {signed (100.0 * interval.High)})"
        else
            $"{mean} points"

    /// The interval of a mean of ratios.
    let interval (interval: Interval) =
        if Double.IsFinite interval.HalfWidth then
            $"{ratio interval.Mean} ({ratio interval.Low} to {ratio interval.High})"
        else
            ratio interval.Mean

    /// A time as hours and minutes.
    let time (seconds: float) =
        let minutes = int (ceil (seconds / 60.0))

        if minutes < 60 then
            $"%d{minutes} min"
        else
            $"%d{minutes / 60} h %02d{minutes % 60} min"
