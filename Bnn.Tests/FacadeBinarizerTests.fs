/// Binarizers as C# users meet them.
module Bnn.Tests.FacadeBinarizerTests

open System
open Bnn
open Bnn.Tests.Checks
open Expecto

let private binarizing =
    [
        testCase "Binarizers compose in C#, and give the core's values and gradients"
        <| fun _ ->
            let x = [ -2.0; -0.5; 0.0; 0.25; 3.0 ]
            let dy = [ 1.0; 2.0; 3.0; 4.0; 5.0 ]
            Expect.sequenceEqual (Binarizers.Clip.Apply x) [ -1.0; -1.0; 1.0; 1.0; 1.0 ] "sign, +1 at 0"
            Expect.sequenceEqual (Binarizers.ApproxSign.Gradients(x, dy)) [ 0.0; 2.0; 6.0; 6.0; 0.0 ] "ApproxSign"
            let scaled = Binarizers.Clip.WithScale WeightScale.InValueOnly
            Expect.sequenceEqual (scaled.Apply x) [ -1.15; -1.15; 1.15; 1.15; 1.15 ] "mean |x| is 5.75 / 5"
            Expect.sequenceEqual (scaled.Gradients(x, dy)) [ 0.0; 2.0; 3.0; 4.0; 0.0 ] "not in the derivative"
            Expect.sequenceEqual (Binarizers.Clip.AsHeaviside().Apply x) [ 0.0; 0.0; 1.0; 1.0; 1.0 ] "0 and 1"
            let learned = Binarizers.Clip.WithScale WeightScale.Learned
            Expect.sequenceEqual learned.ParameterNames [ "scale" ] "learned"

            Expect.sequenceEqual
                (learned.Apply(x, BinarizerSetting(learnedScale = 2.0)))
                [ -2.0; -2.0; 2.0; 2.0; 2.0 ]
                "by 2"

            let at noise =
                Seq.head (Binarizers.StochasticSign.Apply([ 0.5 ], BinarizerSetting(noise = noise)))

            Expect.equal (at 0.7, at 0.8) (1.0, -1.0) "+1 with probability 0.75"

        testCase "Every weight scale and binarizer differentiates from C#, at every iteration"
        <| fun _ ->
            let x, dy = [ -0.75; 0.5; 0.125 ], [ 1.0; -1.0; 2.0 ]

            let scaled =
                [
                    for scale in Enum.GetValues<WeightScale>() -> Binarizers.Ede().WithScale scale
                ]

            let all =
                [
                    Binarizers.SwishSign()
                    Binarizers.TanhSign()
                    Binarizers.Ede()
                    Binarizers.ProgressiveSign()
                    Binarizers.TernaryByChannel
                    WeightBinarizers.MagnitudeAware
                    Binarizers.DoReFaInput 2
                    Binarizers.DoReFaWeight 2
                    Binarizers.None
                    Binarizers.Identity
                ]

            for binarizer in all @ scaled do
                for t in [ 1; 7; 10 ] do
                    let setting = BinarizerSetting(t, 10)
                    Expect.all (binarizer.Apply(x, setting)) Double.IsFinite binarizer.Name
                    Expect.all (binarizer.Gradients(x, dy, setting)) Double.IsFinite binarizer.Name

        testCase "Bits out of range, and gradients of another number, are refused by name"
        <| fun _ ->
            Expect.stringContains (argumentFault (fun () -> Binarizers.DoReFaInput 0 |> ignore)) "bits" "bits"

            let few () =
                Binarizers.Clip.Gradients([ 1.0; 2.0 ], [ 1.0 ]) |> ignore

            Expect.stringContains (argumentFault few) "1 gradients for 2 numbers" "numbers"
    ]

[<Tests>]
let tests = testList "Facade binarizers" binarizing
