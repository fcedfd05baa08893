module Bnn.Tests.BinarizerKindTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.BinarizerSupport
open Expecto
open FsCheck.FSharp

let private tanh' x = 1.0 - tanh x * tanh x

let private bits =
    Arb.fromGenShrink (
        Gen.choose (1, 8),
        (fun k ->
            seq {
                if k > 1 then
                    k - 1
            })
    )

[<Tests>]
let tests =
    testList
        "Binarizer, one by one"
        [
            law
                "the stochastic sign is +1 for a share of the noise that is clip(0, (x + 1) / 2, 1) exactly"
                number
                (fun x ->
                    if not (Double.IsNaN x) then
                        let graph = Graph.ofExprs [ Binarizer.stochasticSign.Formula ]

                        let value u =
                            (Algebra.evaluate Algebra.float64 (fun name -> if name = "x" then x else u) graph)[0]

                        let positive =
                            Seq.init 4096 (fun k -> value (float k / 4096.0))
                            |> Seq.filter ((=) 1.0)
                            |> Seq.length

                        let p = max 0.0 (min 1.0 ((x + 1.0) / 2.0))
                        Expect.equal positive (int (ceil (p * 4096.0))) "how many of 4096 evenly spaced"

                        // So its mean is what the surrogate derives: clip(-1, x, 1).
                        let mean = 2.0 * float positive / 4096.0 - 1.0
                        Expect.isTrue (abs (mean - max -1.0 (min 1.0 x)) <= 2.0 / 4096.0) "the mean")

            law
                "the progressive sign is clip(-1, x / w, 1), never softer later on, and a sign in the end"
                number
                (fun x ->
                    let value progress =
                        at x (Binarizer.progressiveSign 4.0 10.0 (Const progress)).Formula

                    if Double.IsFinite x then
                        Expect.equal (value 0.0) (max -1.0 (min 1.0 x)) "clip at first"

                        for k in 0..9 do
                            let before, after = value (float k / 10.0), value (float (k + 1) / 10.0)
                            Expect.isGreaterThanOrEqual (abs after) (abs before) "harder"
                            Expect.equal (sign after) (sign before) "on the same side"

                        if abs x > 1e-6 then
                            Expect.equal (value 1.0) (float (sign x)) "a sign")

            law "Heaviside is 1 where the sign is +1 and 0 where it is -1, with half its derivative" finite (fun x ->
                for sign in signs do
                    let step = Binarizer.heaviside sign
                    Expect.equal (at x step.Formula) (if at x sign.Formula > 0.0 then 1.0 else 0.0) sign.Name
                    Expect.equal (slope step x) (0.5 * slope sign x) $"{sign.Name}, derivative")

            law "ternary values are 0 up to 0.7 of the mean magnitude and the sign beyond" weights (fun x ->
                let threshold = 0.7 * (x |> Array.averageBy abs)

                Array.iter2
                    (fun x y ->
                        // A weight at the threshold itself may fall on either side, by rounding.
                        if not (near 1e-12 0.0 (abs x) threshold) then
                            Expect.equal y (if abs x > threshold then float (sign x) else 0.0) $"of {x}")
                    x
                    (Plans.values (Binarizer.ternary Channel) x))

            law "ternary values do not change when all weights are doubled" weights (fun x ->
                if x |> Array.forall (fun x -> x = 0.0 || abs x > 1e-300) then
                    equalBits
                        (Plans.values (Binarizer.ternary Whole) x)
                        (Plans.values (Binarizer.ternary Whole) (Array.map ((*) 2.0) x))
                        "doubled")

            law "DoReFa's activations are at most half a level from clip(0, x, 1), and rise with x" bits (fun bits ->
                let most = float ((1 <<< bits) - 1)
                let xs = [| for k in -40 .. 140 -> float k / 100.0 |]
                let ys = Plans.values (Binarizer.doReFaInput bits) xs

                Array.iter2
                    (fun x y ->
                        Expect.isLessThanOrEqual (abs (y - max 0.0 (min 1.0 x))) (0.5 / most + 1e-15) $"of {x}")
                    xs
                    ys

                Expect.equal (Array.sort ys) ys "never falling"
                Expect.equal (slope (Binarizer.doReFaInput bits) -0.01) 0.0 "derivative below 0"
                Expect.equal (slope (Binarizer.doReFaInput bits) 0.5) 1.0 "derivative between"
                Expect.equal (slope (Binarizer.doReFaInput bits) 1.01) 0.0 "derivative above 1")

            law "DoReFa's weights are at most half a level from tanh x / max |tanh x|" weights (fun x ->
                for bits in [ 1; 2; 5 ] do
                    let most = float ((1 <<< bits) - 1)
                    let largest = x |> Array.map (tanh >> abs) |> Array.max
                    let largest = if largest = 0.0 then 1.0 else largest

                    Array.iter2
                        (fun x y ->
                            Expect.isLessThanOrEqual
                                (abs (y - tanh x / largest))
                                (1.0 / most + 1e-12)
                                $"of {x}, {bits} bits")
                        x
                        (Plans.values (Binarizer.doReFaWeight bits) x))

            law "DoReFa's weights have the derivative of tanh x / M, M the largest |tanh|" weights (fun x ->
                let largest = x |> Array.map (tanh >> abs) |> Array.max

                if largest > 1e-100 then
                    Array.iter2
                        (fun x dx -> Expect.isTrue (near 1e-12 (1e-14 / largest) (tanh' x / largest) dx) $"at {x}")
                        x
                        (Plans.slopes (Binarizer.doReFaWeight 3) x))

            law "with as many bits as there are levels for, DoReFa takes each of them" bits (fun bits ->
                let xs = [| for k in 0..2000 -> float k / 2000.0 |]
                let levels = Plans.values (Binarizer.doReFaInput bits) xs |> Array.distinct
                Expect.equal levels.Length (1 <<< bits) "levels")

            test "bits outside 1 to 16 are refused by name, value and remedy" {
                for bits in [ 0; -1; 17 ] do
                    for make in [ Binarizer.doReFaInput; Binarizer.doReFaWeight ] do
                        let message =
                            try
                                make bits |> _.Name
                            with :? ArgumentException as refusal ->
                                refusal.Message

                        for word in [ "bits"; string bits; "from 1 to 16" ] do
                            Expect.stringContains message word "the message"
            }

            ofEachTried
                10
                "compiled in any width it does what the interpreter does, forward and backward"
                everything
                weights
                (fun binarizer x ->
                    let layer = Elementwise.ofBinarizer binarizer
                    let x = Array.init 37 (fun i -> x[i % x.Length])
                    let dy = Array.init x.Length (fun i -> float (i % 7) - 3.0)
                    let expected = Plans.values binarizer x
                    let expectedDx, _ = Plans.backward Plans.Interpreted (Plans.flat x) x dy layer

                    for how in Plans.ways do
                        equalBits expected (Plans.forward how (Plans.flat x) x layer) $"y, {how}"
                        equalBits expectedDx (fst (Plans.backward how (Plans.flat x) x dy layer)) $"dx, {how}")

            law "what a scale is the mean of is |x|" number (fun x ->
                Expect.isTrue (same (abs x) (at x Scale.meanMagnitude)) $"of {x}")
        ]
