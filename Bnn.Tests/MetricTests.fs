module Bnn.Tests.MetricTests

open System
open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private single = anyNumber |> Gen.map float32

let private two =
    Arb.fromGen (
        gen {
            let! count = Gen.choose (1, 300)
            return! Gen.two (Gen.arrayOfLength count single)
        }
    )

let private pack (values: float32[]) = Signs.pack (ReadOnlySpan values)

let private differing (a: float32[]) (b: float32[]) =
    Array.map2 (fun a b -> (a >= 0.0f) <> (b >= 0.0f)) a b
    |> Array.filter id
    |> Array.length

[<Tests>]
let tests =
    testList
        "Metric"
        [
            test "packed signs differ where signs differ, for every count from 0 to 300" {
                let numbers = sample 600 single

                for count in 0..300 do
                    let a, b = Array.truncate count numbers, Array.truncate count (Array.rev numbers)
                    Expect.equal (pack a).Count count "as many signs as numbers"
                    Expect.equal (Signs.differing (pack a) (pack b)) (int64 (differing a b)) $"{count} numbers"
            }

            test "each place of a long array is seen on its own" {
                let count = 200
                let plus = Array.create count 1.0f

                for i in 0 .. count - 1 do
                    let flipped = plus |> Array.updateAt i -1.0f
                    Expect.equal (Signs.differing (pack plus) (pack flipped)) 1L $"place {i}"
            }

            test "0 and -0 are +1, NaN is -1, subnormals have their own sign" {
                let numbers = [| 0.0f; -0.0f; nanf; 1e-45f; -1e-45f; infinityf; -infinityf |]
                let signs = [| 1.0f; 1.0f; -1.0f; 1.0f; -1.0f; 1.0f; -1.0f |]

                // Once alone, and once where the vector code sees them.
                for times in [ 1; 24 ] do
                    let many (values: float32[]) =
                        Array.replicate times values |> Array.concat |> pack

                    Expect.equal (Signs.differing (many numbers) (many signs)) 0L $"{times} times"
            }

            law "FF is the share of signs that changed, symmetric, in 0..1" two (fun (a, b) ->
                let ff = Metric.flipFlop (pack a) (pack b)
                Expect.equal ff (float (differing a b) / float a.Length) "the naive share"
                Expect.equal (Metric.flipFlop (pack b) (pack a)) ff "symmetric"
                Expect.isTrue (ff >= 0.0 && ff <= 1.0) "a share")

            law "FF of w and -w is 1 where no weight is 0" two (fun (a, _) ->
                let a = a |> Array.map (fun x -> if x = 0.0f || Single.IsNaN x then 1.0f else x)
                Expect.equal (Metric.flipFlop (pack a) (pack (a |> Array.map (~-)))) 1.0 "all flip"
                Expect.equal (Metric.c2i (pack a) (pack (a |> Array.map (~-)))) 0.0 "nothing is left of the start")

            law "C2I of a run with itself is 1, FF 0" two (fun (a, _) ->
                Expect.equal (Metric.c2i (pack a) (pack a)) 1.0 "C2I"
                Expect.equal (Metric.flipFlop (pack a) (pack a)) 0.0 "FF")

            law "C2I is 1 less the share of signs that differ" two (fun (a, b) ->
                Expect.equal
                    (Metric.c2i (pack a) (pack b))
                    (1.0 - float (differing a b) / float a.Length)
                    "the formula")

            test "signs of different counts are refused; of no weights at all, the ratios are NaN" {
                Expect.throwsT<ArgumentException>
                    (fun () -> Signs.differing (pack [| 1.0f |]) (pack [||]) |> ignore)
                    "1 with 0"

                Expect.isTrue (Double.IsNaN(Metric.flipFlop (pack [||]) (pack [||]))) "FF of nothing"
                Expect.isTrue (Double.IsNaN(Metric.c2i (pack [||]) (pack [||]))) "C2I of nothing"
            }
        ]
