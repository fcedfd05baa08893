namespace Bnn

open System

/// How numbers are spread, in five of them, each NaN where there is no number. In order: Least <= Lower <= Median <= Upper <= Greatest.
type Quartiles =
    {
        Least: float
        /// A quarter of the numbers is below it.
        Lower: float
        Median: float
        /// A quarter of the numbers is above it.
        Upper: float
        Greatest: float
    }

[<EditorBrowsable(Never)>]
module Quartiles =
    /// The quartiles of the numbers that are not NaN. Between two numbers they are interpolated: quantile q of n numbers in order
    /// is at place q (n - 1), counted from 0 (numpy's and torch's default).
    let ofNumbers (numbers: float seq) =
        let ordered =
            numbers |> Seq.filter (Double.IsNaN >> not) |> Array.ofSeq |> Array.sort

        let at quantile =
            if ordered.Length = 0 then
                nan
            else
                let place = quantile * float (ordered.Length - 1)
                let below = int place
                let above = min (below + 1) (ordered.Length - 1)
                let share = place - float below

                // the number itself where it is one, so that infinities are not subtracted
                if share = 0.0 || ordered[below] = ordered[above] then
                    ordered[below]
                else
                    ordered[below] + share * (ordered[above] - ordered[below])

        {
            Least = at 0.0
            Lower = at 0.25
            Median = at 0.5
            Upper = at 0.75
            Greatest = at 1.0
        }
