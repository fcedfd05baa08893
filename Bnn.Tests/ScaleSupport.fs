/// Rows of weights, and scales told with loops that know nothing of formulas.
module Bnn.Tests.ScaleSupport

open Bnn
open FsCheck.FSharp

/// Weights and the loss's derivative for each, in rows of the same length. The numbers keep their distance from 0 and +-1,
/// where differences would cross a kink.
type Case = { X: float[][]; Dy: float[][] }

let caseGen =
    let number = Gen.choose (-20, 19) |> Gen.map (fun k -> float (2 * k + 1) / 20.0)

    gen {
        let! rows = Gen.choose (1, 3)
        let! length = Gen.choose (1, 8)
        let matrix = Gen.arrayOfLength rows (Gen.arrayOfLength length number)
        let! x = matrix
        let! dy = matrix
        return { X = x; Dy = dy }
    }

let shrinkCase case =
    let columns f =
        {
            X = case.X |> Array.map f
            Dy = case.Dy |> Array.map f
        }

    seq {
        if case.X.Length > 1 then
            for r in 0 .. case.X.Length - 1 do
                {
                    X = Array.removeAt r case.X
                    Dy = Array.removeAt r case.Dy
                }

        if case.X[0].Length > 1 then
            for k in 0 .. case.X[0].Length - 1 do
                columns (Array.removeAt k)

        if case.Dy <> (case.Dy |> Array.map (Array.map (fun _ -> 1.05))) then
            { case with
                Dy = case.Dy |> Array.map (Array.map (fun _ -> 1.05))
            }
    }

let cases = Arb.fromGenShrink (caseGen, shrinkCase)

let settingOf case =
    Plans.setting case.X.Length case.X[0].Length

let forward binarizer case =
    Plans.forward Plans.Interpreted (settingOf case) (Array.concat case.X) (Elementwise.ofBinarizer binarizer)
    |> Array.chunkBySize case.X[0].Length

let backward binarizer case =
    Plans.backward
        Plans.Interpreted
        (settingOf case)
        (Array.concat case.X)
        (Array.concat case.Dy)
        (Elementwise.ofBinarizer binarizer)
    |> fst
    |> Array.chunkBySize case.X[0].Length

let meanOf (row: float[]) = Array.average row
let meanMagnitude (row: float[]) = row |> Array.averageBy abs

let deviation (row: float[]) =
    let mean = Array.average row
    sqrt ((row |> Array.sumBy (fun x -> (x - mean) ** 2.0)) / float (row.Length - 1))

let standardizedRow (row: float[]) =
    let mean, deviation = meanOf row, deviation row
    row |> Array.map (fun x -> (x - mean) / deviation)

/// Rows whose standardization is not near a point where it bends too much for differences.
let isSpread case =
    case.X |> Array.forall (fun row -> row.Length > 1 && deviation row > 0.2)

let clipped x = max -1.0 (min 1.0 x)
let signOf (x: float) = if x >= 0.0 then 1.0 else -1.0
