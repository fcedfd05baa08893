/// Binarizers to try laws on, and what the laws ask of them.
module Bnn.Tests.BinarizerSupport

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

let standard (entry: Entry<Binarizer>) =
    match Entry.make entry [] with
    | Ok binarizer -> binarizer
    | Error faults -> failwith $"{entry.Name}: {faults}"

let everything = Catalogue.binarizers |> List.map standard

/// Those with the values of `Unary(SignPlus, x)`, whatever the surrogate.
let signs =
    [
        Binarizer.identity
        Binarizer.clip
        Binarizer.approxSign
        Binarizer.swishSign (Const 5.0)
        Binarizer.tanhSign (Const 0.5)
        Binarizer.ede (Const 2.0)
        Binarizer.ede Binarizer.edeSharpness
    ]

/// Surrogates that are even and nowhere negative, over x alone.
let bumps =
    [
        Binarizer.identity
        Binarizer.clip
        Binarizer.negativeAtZero
        Binarizer.approxSign
        Binarizer.tanhSign (Const 0.5)
        Binarizer.ede (Const 2.0)
        Binarizer.stochasticSign
        Binarizer.progressiveSign 4.0 10.0 (Const 0.3)
        Binarizer.heaviside Binarizer.approxSign
        Binarizer.ternary Channel
    ]

let leaf (x: float) name =
    match name with
    | "x" -> x
    | "noise" -> 0.5
    | _ -> Optimizer.once 10 1 name

let at (x: float) e =
    Algebra.evaluateExpr Algebra.float64 (leaf x) e

let slope (binarizer: Binarizer) =
    let graph = Graph.ofExprs [ Derive.wrt Binarizer.x binarizer.Formula ]
    fun x -> (Algebra.evaluate Algebra.float64 (leaf x) graph)[0]

let shrinkNumber x =
    if x = 0.0 || x = 1.0 then
        Seq.empty
    else
        Seq.ofList [ 0.0; 1.0 ]

let number = Arb.fromGenShrink (anyNumber, shrinkNumber)

let finite =
    Arb.fromGenShrink (anyNumber |> Gen.where Double.IsFinite, shrinkNumber)

/// 1 to 12 weights, and fewer or simpler ones where they fail.
let weights =
    let shrink (x: float[]) =
        seq {
            if x.Length > 1 then
                for i in 0 .. x.Length - 1 do
                    Array.removeAt i x

            for i in 0 .. x.Length - 1 do
                if x[i] <> 1.0 && x[i] <> 0.0 then
                    Array.updateAt i 1.0 x
        }

    Arb.fromGenShrink (Gen.choose (1, 12) |> Gen.bind (fun n -> Gen.arrayOfLength n weight), shrink)

/// A width from 0.05 to 5.
let widths =
    Arb.fromGenShrink (
        Gen.choose (1, 100) |> Gen.map (fun k -> float k / 20.0),
        (fun w -> if w = 1.0 then Seq.empty else Seq.singleton 1.0)
    )

/// A law of each of them, so many cases each.
let ofEachTried cases name (binarizers: Binarizer list) arbitrary holds =
    testList
        name
        [
            for binarizer in binarizers -> lawOf cases binarizer.Name arbitrary (holds binarizer)
        ]

let ofEach name = ofEachTried 200 name

let isIn values (y: float) =
    match values with
    | ValueSet.Levels(count, low, high) ->
        let step = (high - low) / float (count - 1)
        let level = low + step * Math.Round((y - low) / step)
        near 0.0 1e-15 level y && y >= low && y <= high
    | ValueSet.Interval(low, high) -> y >= low && y <= high
