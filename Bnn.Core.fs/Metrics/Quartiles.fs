namespace Bnn

open System
open System.Collections.Generic

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
    let private ordered (numbers: float seq) =
        numbers |> Seq.filter (Double.IsNaN >> not) |> Array.ofSeq |> Array.sort

    let private at (ordered: float[]) quantile =
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

    /// The numbers that are not NaN in ascending order; where they are more than `most`, which is at least 2, so many of their quantiles, evenly from the least to the
    /// greatest.
    let ascending (most: int) (numbers: float seq) =
        let ordered = ordered numbers

        if ordered.Length <= most then
            ordered
        else
            Array.init most (fun k -> at ordered (float k / float (most - 1)))

    /// Of numbers in ascending order, evenly spaced quantiles, the share below `limit`, in 0..1; between two of them it is interpolated where `isSample` says that they stand for
    /// more numbers. NaN of no number, and of a limit that is NaN.
    let shareBelow (isSample: bool) (limit: float) (ascending: IReadOnlyList<float>) =
        let count = ascending.Count
        let below = ascending |> Seq.filter (fun c -> c < limit) |> Seq.length

        if count = 0 || Double.IsNaN limit then
            nan
        elif not isSample || count = 1 then
            float below / float count
        elif below = 0 then
            0.0
        elif below = count then
            1.0
        else
            let last, next = ascending[below - 1], ascending[below]
            (float (below - 1) + (limit - last) / (next - last)) / float (count - 1)

    /// The quartiles of the numbers that are not NaN. Between two numbers they are interpolated: quantile q of n numbers in order
    /// is at place q (n - 1), counted from 0 (numpy's and torch's default).
    let ofNumbers (numbers: float seq) =
        let at = at (ordered numbers)

        {
            Least = at 0.0
            Lower = at 0.25
            Median = at 0.5
            Upper = at 0.75
            Greatest = at 1.0
        }
