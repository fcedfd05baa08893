/// Means, their intervals, and what is decided by them.
module Bnn.Tests.ExperimentIntervalTests

open System
open Bnn.Experiments
open Bnn.Tests.ExperimentSupport
open Expecto

let private scale =
    { Scale.full with
        Seeds = [ 1L; 2L; 3L ]
    }

/// Two trainings of three seeds that reached so much, by their records, and what became of "a is better than b".
let private contrast (a: float list) (b: float list) =
    let of' training numbers =
        List.zip scale.Seeds numbers
        |> List.map (fun (seed, top1) -> recordOf top1 (withSeed seed training))

    let find = finding (of' (trainingAt 0.1) a @ of' (trainingAt 0.2) b)
    Contrast.moreAccurate scale find ("a", Some(trainingAt 0.1)) ("b", Some(trainingAt 0.2))

[<Tests>]
let tests =
    testList
        "Experiments: intervals"
        [
            test "The interval of a mean is Student's: 2.7764 standard errors of five numbers, 12.706 of two" {
                let five = Interval.ofNumbers [ 1.0 .. 5.0 ]
                Expect.equal (five.Mean, five.Count) (3.0, 5) "mean and count"
                Expect.floatClose Accuracy.medium five.HalfWidth (2.7764451 * sqrt (2.5 / 5.0)) "of five"
                let two = Interval.ofNumbers [ 0.0; 1.0 ]
                Expect.floatClose Accuracy.medium two.HalfWidth (12.7062047 * 0.5) "of two"
                Expect.floatClose Accuracy.medium two.Low (0.5 - two.HalfWidth) "low"
                Expect.floatClose Accuracy.medium two.High (0.5 + two.HalfWidth) "high"
            }

            test "One number has a mean and no interval, none has neither" {
                let one = Interval.ofNumbers [ 0.25 ]
                Expect.equal (one.Mean, one.Count) (0.25, 1) "one"
                Expect.isTrue (Double.IsNaN one.HalfWidth) "no interval"
                Expect.isTrue (Double.IsNaN (Interval.ofNumbers []).Mean) "none"
            }

            test "Differences are paired: what all seeds share takes no part, and lists of other lengths are refused" {
                let paired = Interval.ofDifferences [ 10.0; 20.0; 40.0 ] [ 9.0; 19.0; 39.0 ]
                Expect.equal (paired.Mean, paired.HalfWidth) (1.0, 0.0) "the same difference three times"

                let raises () =
                    Interval.ofDifferences [ 1.0 ] [ 1.0; 2.0 ] |> ignore

                Expect.throwsT<ArgumentException> raises "lengths"
            }

            test "A contrast holds where its interval is above 0, does not hold where it is below, else it is undecided" {
                let outcome a b = (contrast a b).Outcome
                Expect.equal (outcome [ 0.80; 0.82; 0.81 ] [ 0.70; 0.71; 0.72 ]) Holds "above"
                Expect.equal (outcome [ 0.70; 0.71; 0.72 ] [ 0.80; 0.82; 0.81 ]) DoesNotHold "below"
                Expect.equal (outcome [ 0.80; 0.60; 0.75 ] [ 0.70; 0.71; 0.72 ]) Undecided "on both sides of 0"
                Expect.equal (outcome [ 0.7; 0.7; 0.7 ] [ 0.7; 0.7; 0.7 ]) Undecided "the same"
            }

            test "A contrast says both means, the difference and how many seeds it rests on" {
                let verdict = contrast [ 0.8; 0.82; 0.81 ] [ 0.7; 0.71; 0.72 ]
                Expect.equal verdict.Seeds 3 "seeds"

                for part in [ "a 81.00 %"; "b 71.00 %"; "+10.00 points (" ] do
                    Expect.stringContains verdict.Measured part "measured"
            }

            test "While a seed is missing a contrast is undecided, and says how many both have" {
                let of' seeds training =
                    [ for seed in seeds -> recordOf 0.9 (withSeed seed training) ]

                let find =
                    finding (of' [ 1L; 2L; 3L ] (trainingAt 0.1) @ of' [ 1L; 3L ] (trainingAt 0.2))

                let verdict b =
                    let verdict = Contrast.moreAccurate scale find ("a", Some(trainingAt 0.1)) ("b", b)
                    verdict.Outcome, verdict.Seeds

                Expect.equal (verdict (Some(trainingAt 0.2))) (Undecided, 2) "one is missing"
                Expect.equal (verdict None) (Undecided, 0) "the rate is not known yet"
            }

            test "A run that diverged counts as a guess among ten classes" {
                Expect.equal (Contrast.top1 (diverged training)) 0.1 "diverged"
                Expect.equal (Contrast.top1 (recordOf 0.7 training)) 0.7 "did not"
            }
        ]
