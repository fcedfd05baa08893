/// Evaluation over all weights at once.
module Bnn.Tests.ArrayAlgebraTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.ReductionFormulas
open Expecto
open FsCheck
open FsCheck.FSharp

let private throwsNaming (part: string) f =
    Expect.throwsC f (fun e -> Expect.stringContains e.Message part "the message")

[<Tests>]
let tests =
    testList
        "ArrayAlgebra"
        [
            lawOf
                500
                "without reductions, arrays are evaluated number by number, to the bit, whatever they have one number for"
                (Arb.fromGen (
                    gen {
                        let! e = anyExprGen
                        let! lengths = Gen.choose (1, 4) |> Gen.nonEmptyListOf |> Gen.map List.toArray
                        let! w = Gen.arrayOfLength (Array.sum lengths) anyNumber
                        let! bias = Gen.arrayOfLength lengths.Length anyNumber
                        let! t = anyNumber
                        return e, lengths, w, bias, t
                    }
                ))
                (fun (e, lengths, w, bias, t) ->
                    let ofArrays name =
                        match name with
                        | "w"
                        | "g"
                        | "m" -> w
                        | "bias"
                        | "scale" -> bias
                        | _ -> [| t |]

                    let values =
                        Algebra.evaluateExpr (ArrayAlgebra.ofChannels lengths Algebra.float64) ofArrays e
                        |> ArrayAlgebra.perWeight lengths

                    let rows =
                        lengths
                        |> Array.mapi (fun row length -> Array.create length row)
                        |> Array.concat

                    let expected =
                        Array.init w.Length (fun i ->
                            let ofOne name =
                                match name with
                                | "w"
                                | "g"
                                | "m" -> w[i]
                                | "bias"
                                | "scale" -> bias[rows[i]]
                                | _ -> t

                            Algebra.evaluateExpr Algebra.float64 ofOne e)

                    equalBits expected values (Print.expr e))

            law
                "over a single weight in a single row, arrays are evaluated as their algebra does"
                reductionCases
                (fun case ->
                    let first name = case.Numbers[name][0]
                    let alone = Algebra.evaluateExpr Algebra.float64 first case.Formula

                    let array =
                        Algebra.evaluateExpr
                            (ArrayAlgebra.ofChannels [| 1 |] Algebra.float64)
                            (fun name -> [| first name |])
                            case.Formula

                    equalBits [| alone |] array (Print.expr case.Formula))

            test "reductions count every weight once, also for numbers that rows or all weights share" {
                let arrays = ArrayAlgebra.ofChannels [| 2; 3 |] Algebra.float64

                let value e =
                    Algebra.evaluateExpr
                        arrays
                        (function
                        | "x" -> [| 1.0; -7.0; 2.0; 3.0; -4.0 |]
                        | "b" -> [| 10.0; -20.0 |]
                        | _ -> [| 0.5 |])
                        e

                let is expected e =
                    Expect.equal (value e) expected (Print.expr e)

                is [| -6.0; 1.0 |] (Expr.sum Channel x)
                is [| -5.0 |] (Expr.sum Whole x)
                is [| 7.0; 4.0 |] (Expr.largest Channel x)
                is [| 7.0 |] (Expr.largest Whole x)
                is [| 20.0; -60.0 |] (Expr.sum Channel b)
                is [| -40.0 |] (Expr.sum Whole b)
                is [| 20.0 |] (Expr.largest Whole b)
                is [| 1.0; 1.5 |] (Expr.sum Channel s)
                is [| 2.5 |] (Expr.sum Whole s)
                is [| -3.0; 1.0 / 3.0 |] (Expr.mean Channel x)
                is [| -1.0 |] (Expr.mean Whole x)
                is [| 4.0; -4.0; 5.0 / 3.0; 8.0 / 3.0; -13.0 / 3.0 |] (x - Expr.mean Channel x)
            }

            test "sums add up in order from the first number" {
                let arrays = ArrayAlgebra.ofChannels [| 3 |] Algebra.float64
                let sum numbers = arrays.Reduce Sum Channel numbers
                Expect.equal (sum [| 1.0; 1e17; -1e17 |]) [| 0.0 |] "1 is lost in 1e17"
                Expect.equal (sum [| 1e17; -1e17; 1.0 |]) [| 1.0 |] "but not behind it"
            }

            test "rows without weights, and arrays that fit neither rows nor weights, are errors that say so" {
                throwsNaming "[]" (fun () -> ArrayAlgebra.ofChannels [||] Algebra.float64 |> ignore)
                throwsNaming "[2, 0]" (fun () -> ArrayAlgebra.ofChannels [| 2; 0 |] Algebra.float64 |> ignore)
                let arrays = ArrayAlgebra.ofChannels [| 2; 3 |] Algebra.float64

                throwsNaming "4 numbers" (fun () -> arrays.Binary Add [| 1.0; 2.0; 3.0; 4.0 |] [| 1.0 |] |> ignore)

                throwsNaming "4 numbers" (fun () ->
                    ArrayAlgebra.perWeight [| 2; 3 |] [| 1.0; 2.0; 3.0; 4.0 |] |> ignore)
            }
        ]
