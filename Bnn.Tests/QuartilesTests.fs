module Bnn.Tests.QuartilesTests

open System
open Bnn
open Expecto

let private five (q: Quartiles) =
    [ q.Least; q.Lower; q.Median; q.Upper; q.Greatest ]

[<Tests>]
let tests =
    testList
        "Metrics: quartiles"
        [
            testProperty "They are in order, within the numbers, and do not depend on the numbers' order"
            <| fun (first: int) (others: int list) ->
                let numbers = first :: others |> List.map float
                let five' = five (Quartiles.ofNumbers numbers)
                Expect.equal five' (List.sort five') "in order"
                Expect.equal five'[0] (List.min numbers) "the least"
                Expect.equal five'[4] (List.max numbers) "the greatest"
                Expect.equal (five (Quartiles.ofNumbers (List.rev numbers))) five' "any order"

            testProperty "At most a quarter of the numbers is below the lower, at most half below the median"
            <| fun (first: int) (others: int list) ->
                let numbers = first :: others |> List.map float
                let q = Quartiles.ofNumbers numbers

                let below (bound: float) =
                    numbers |> List.filter (fun number -> number < bound) |> List.length

                let quarters = float numbers.Length / 4.0
                Expect.isLessThanOrEqual (float (below q.Lower)) (Math.Ceiling quarters) "lower"
                Expect.isLessThanOrEqual (float (below q.Median)) (Math.Ceiling(2.0 * quarters)) "median"
                Expect.isLessThanOrEqual (float (below q.Upper)) (Math.Ceiling(3.0 * quarters)) "upper"

            test "Between two numbers they are interpolated as numpy does by default" {
                // numpy.percentile([7, 1, 4, 2], [0, 25, 50, 75, 100])
                Expect.equal
                    (five (Quartiles.ofNumbers [ 7.0; 1.0; 4.0; 2.0 ]))
                    [ 1.0; 1.75; 3.0; 4.75; 7.0 ]
                    "four numbers"
            }

            test "NaN is left out; of no numbers all are NaN; infinities do not spread" {
                Expect.equal (five (Quartiles.ofNumbers [ nan; 3.0; nan ])) [ 3.0; 3.0; 3.0; 3.0; 3.0 ] "one number"

                for q in five (Quartiles.ofNumbers [ nan ]) do
                    Expect.isTrue (Double.IsNaN q) "none"

                Expect.equal
                    (five (Quartiles.ofNumbers [ -infinity; 1.0; 2.0; 3.0; infinity ]))
                    [ -infinity; 1.0; 2.0; 3.0; infinity ]
                    "infinities"
            }
        ]
