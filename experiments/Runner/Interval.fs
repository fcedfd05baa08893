namespace Bnn.Experiments

open MathNet.Numerics.Distributions

/// A mean with its 95 % confidence interval, Mean - HalfWidth to Mean + HalfWidth: Student's, NaN of fewer than two numbers.
type Interval =
    {
        Mean: float
        HalfWidth: float
        Count: int
    }

    member interval.Low = interval.Mean - interval.HalfWidth
    member interval.High = interval.Mean + interval.HalfWidth

[<RequireQualifiedAccess>]
module Interval =
    let ofNumbers (numbers: float list) =
        let n = numbers.Length
        let mean = if n = 0 then nan else List.average numbers

        let halfWidth =
            if n < 2 then
                nan
            else
                let variance = List.sumBy (fun x -> (x - mean) * (x - mean)) numbers / float (n - 1)

                StudentT.InvCDF(0.0, 1.0, float (n - 1), 0.975) * sqrt (variance / float n)

        {
            Mean = mean
            HalfWidth = halfWidth
            Count = n
        }

    /// Of the differences of pairs: the same seed gives both the same first weights and the same order of images.
    let ofDifferences (a: float list) (b: float list) = List.map2 (-) a b |> ofNumbers
