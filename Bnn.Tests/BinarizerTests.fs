module Bnn.Tests.BinarizerTests

open System
open Bnn.Core
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private standard (entry: Entry<Binarizer>) =
    match Entry.make entry [] with
    | Ok binarizer -> binarizer
    | Error faults -> failwith $"{entry.Name}: {faults}"

let private everything = Binarizers.all |> List.map standard

/// Those with the values of `Unary(SignPlus, x)`, whatever the surrogate.
let private signs =
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
let private bumps =
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
        Binarizer.ternary Row
    ]

let private leaf (x: float) name =
    match name with
    | "x" -> x
    | "noise" -> 0.5
    | "alpha" -> 0.37
    | _ -> Optimizer.once 10 1 name

let private at (x: float) e =
    Algebra.evaluateExpr Algebra.float64 (leaf x) e

let private slope (binarizer: Binarizer) =
    let graph = Graph.ofExprs [ Derive.wrt Binarizer.x binarizer.Formula ]
    fun x -> (Algebra.evaluate Algebra.float64 (leaf x) graph)[0]

let private shrinkNumber x =
    if x = 0.0 || x = 1.0 then
        Seq.empty
    else
        Seq.ofList [ 0.0; 1.0 ]

let private number = Arb.fromGenShrink (anyNumber, shrinkNumber)

let private finite =
    Arb.fromGenShrink (anyNumber |> Gen.where Double.IsFinite, shrinkNumber)

/// 1 to 12 weights, and fewer or simpler ones where they fail.
let private weights =
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
let private widths =
    Arb.fromGenShrink (
        Gen.choose (1, 100) |> Gen.map (fun k -> float k / 20.0),
        (fun w -> if w = 1.0 then Seq.empty else Seq.singleton 1.0)
    )

/// A law of each of them, so many cases each.
let private ofEachTried cases name (binarizers: Binarizer list) arbitrary holds =
    testList
        name
        [
            for binarizer in binarizers -> lawOf cases binarizer.Name arbitrary (holds binarizer)
        ]

let private ofEach name = ofEachTried 200 name

let private isIn values (y: float) =
    match values with
    | ValueSet.Levels(count, low, high) ->
        let step = (high - low) / float (count - 1)
        let level = low + step * Math.Round((y - low) / step)
        near 0.0 1e-15 level y && y >= low && y <= high
    | ValueSet.Interval(low, high) -> y >= low && y <= high

/// The integral of f over all numbers, f nearly 0 beyond 40 widths: the midpoint rule, for whose error these bumps are too smooth
/// or whose kinks lie on its grid.
let private integral width f =
    let h = width / 64.0
    h * Seq.sum (seq { for k in -2560 .. 2559 -> f ((float k + 0.5) * h) })

let private swish' beta x =
    beta * (2.0 - beta * x * tanh (beta * x / 2.0)) / (1.0 + cosh (beta * x))

let private tanh' x = 1.0 - tanh x * tanh x

let private values =
    [
        ofEach
            "its values are in its set, for weights of all sizes and any noise"
            everything
            weights
            (fun binarizer x ->
                for y in Plans.values binarizer x do
                    Expect.isTrue (isIn binarizer.Values y) $"{y}")

        ofEach
            "a sign's values are -1 and +1, and nothing else: NaN and infinities included"
            signs
            number
            (fun binarizer x ->
                let value = at x binarizer.Formula
                Expect.equal value (if x >= 0.0 then 1.0 else -1.0) $"of {x}"

                let single =
                    Algebra.evaluateExpr
                        Algebra.float32
                        (fun name -> if name = "x" then float32 x else float32 (leaf x name))
                        binarizer.Formula

                Expect.equal single (if float32 x >= 0.0f then 1.0f else -1.0f) $"of {x} in float32")

        test "0 and -0 are +1, but for the one that says otherwise" {
            for zero in [ 0.0; -0.0 ] do
                for binarizer in signs do
                    Expect.equal (at zero binarizer.Formula) 1.0 $"{binarizer.Name}, {zero}"

                Expect.equal (at zero (Binarizer.heaviside Binarizer.clip).Formula) 1.0 $"Heaviside, {zero}"
                Expect.equal (at zero Binarizer.negativeAtZero.Formula) -1.0 $"negative at {zero}"
        }

        law "negative at zero is clip everywhere else" number (fun x ->
            if x <> 0.0 then
                Expect.equal (at x Binarizer.negativeAtZero.Formula) (at x Binarizer.clip.Formula) "the value"

            Expect.equal (slope Binarizer.negativeAtZero x) (slope Binarizer.clip x) "the derivative")

        ofEach
            "turning all weights around turns the values around, but at 0"
            (everything
             |> List.filter (fun b ->
                 b.Name <> Binarizer.stochasticSign.Name
                 && not (b.Name.StartsWith "Heaviside")
                 && not (b.Name.StartsWith "DoReFa activations")))
            weights
            (fun binarizer x ->
                let forth, back =
                    Plans.values binarizer x, Plans.values binarizer (Array.map (~-) x)

                for i in 0 .. x.Length - 1 do
                    // DoReFa rounds what is nearly half either way.
                    if x[i] <> 0.0 && not (binarizer.Name.StartsWith "DoReFa" && abs forth[i] < 0.4) then
                        Expect.isTrue (near 0.0 1e-15 -forth[i] back[i]) $"of {x[i]}")

        ofEach
            "outside training no value depends on noise, and all are in the set"
            everything
            weights
            (fun binarizer x ->
                let outside = Binarizer.evaluation binarizer
                Expect.isFalse (Binarizer.readsNoise outside) "noise"

                for y in Plans.values outside x do
                    Expect.isTrue (isIn binarizer.Values y) $"{y}")

        test "only the stochastic sign reads noise" {
            let noisy = everything |> List.filter Binarizer.readsNoise |> List.map _.Name
            Expect.equal noisy [ Binarizer.stochasticSign.Name ] "noise"
        }

        test "each passes validation, and one that reads something else or holds NaN does not" {
            for binarizer in everything do
                Expect.isEmpty (Binarizer.validate binarizer) binarizer.Name

            let strange =
                { Binarizer.clip with
                    Formula = Expr.uniform "loss" * Binarizer.x
                }

            let fault = Binarizer.validate strange |> List.exactlyOne
            Expect.stringContains (string fault) "loss" "what it reads"
            Expect.isNonEmpty (Binarizer.validate (Binarizer.tanhSign (Const nan))) "a width in the surrogate alone"

            Expect.isNonEmpty
                (Binarizer.validate (Binarizer.ede (Expr.uniform "loss")))
                "a schedule over something else"
        }

        test "the names tell the binarizers apart" {
            let names = signs @ (signs |> List.map Binarizer.scaled) |> List.map _.Name
            Expect.equal (everything |> List.distinctBy _.Name |> List.length) everything.Length "those of the list"

            Expect.equal (List.distinct names) names "distinct"
        }
    ]

let private derivatives =
    [
        ofEach "the scale multiplies the value and leaves the derivative alone" signs number (fun binarizer x ->
            let scaled = Binarizer.scaled binarizer
            Expect.equal (at x scaled.Formula) (0.37 * at x binarizer.Formula) "the value"

            Expect.equal
                (Derive.wrt Binarizer.x scaled.Formula)
                (Derive.wrt Binarizer.x binarizer.Formula)
                "the derivative")

        ofEach "its derivative is even and never negative, and sees no sign of 0" bumps finite (fun binarizer x ->
            let slope = slope binarizer
            Expect.isGreaterThanOrEqual (slope x) 0.0 "not negative"
            Expect.equal (slope -x) (slope x) "even")

        law "SwishSign's derivative is even, and negative beyond 2.4 / beta alone" widths (fun beta ->
            let slope = slope (Binarizer.swishSign (Const beta))

            for z in [ 0.0; 0.5; 2.39; 2.41; 5.0; 30.0 ] do
                Expect.equal (slope (-z / beta)) (slope (z / beta)) "even"
                Expect.equal (slope (z / beta) > 0.0) (z < 2.4) $"its sign at beta x = {z}")

        test "the identity surrogate's derivative is 1 everywhere" {
            Expect.equal (Derive.wrt Binarizer.x Binarizer.identity.Formula) (Const 1.0) "1"
        }

        ofEach "straight through, the values stay and the derivative is 1" everything weights (fun binarizer x ->
            let through = Binarizer.straightThrough binarizer
            equalBits (Plans.values binarizer x) (Plans.values through x) "values"
            equalBits (Array.create x.Length 1.0) (Plans.slopes through x) "derivative")

        law "SwishSign's derivative is the paper's formula" widths (fun beta ->
            let slope = slope (Binarizer.swishSign (Const beta))

            for z in -60 .. 60 do
                let x = float z / 7.0
                Expect.isTrue (near 1e-12 (1e-14 * beta) (swish' beta x) (slope x)) $"at {x}")

        law "the tanh surrogate's derivative is that of tanh(x / width)" widths (fun width ->
            let slope = slope (Binarizer.tanhSign (Const width))

            for z in -60 .. 60 do
                let x = float z / 7.0
                Expect.isTrue (near 1e-12 (1e-14 / width) (tanh' (x / width) / width) (slope x)) $"at {x}")

        law "the error decay estimator's derivative is k s (1 - tanh^2(s x))" widths (fun s ->
            let slope = slope (Binarizer.ede (Const s))
            let k = max (1.0 / s) 1.0

            for z in -60 .. 60 do
                let x = float z / 7.0
                Expect.isTrue (near 1e-12 (1e-14 * k * s) (k * s * tanh' (s * x)) (slope x)) $"at {x}")

        law "the tanh surrogates keep their digits where tanh is 1 to the last bit" widths (fun width ->
            for z in [ 20.0; 50.0; 300.0 ] do
                let expected = 4.0 * exp (-2.0 * z) / width

                Expect.isTrue
                    (near 1e-11 0.0 expected (slope (Binarizer.tanhSign (Const width)) (z * width)))
                    $"at {z} widths")

        lawOf
            30
            "the surrogates of a sign integrate to 2, the height of its step, whatever the width"
            widths
            (fun width ->
                for binarizer, reach in
                    [
                        Binarizer.clip, 1.0
                        Binarizer.approxSign, 1.0
                        Binarizer.stochasticSign, 1.0
                        Binarizer.tanhSign (Const width), width
                        Binarizer.swishSign (Const(1.0 / width)), width
                        Binarizer.ede (Const(1.0 + width)), 1.0 / (1.0 + width)
                    ] do
                    Expect.isTrue (near 1e-9 0.0 2.0 (integral reach (slope binarizer))) binarizer.Name)

        lawOf 30 "the error decay estimator integrates to 2 max(1 / s, 1)" widths (fun s ->
            let expected = 2.0 * max (1.0 / s) 1.0
            Expect.isTrue (near 1e-9 0.0 expected (integral (1.0 / s) (slope (Binarizer.ede (Const s))))) $"{s}")

        test "the surrogates of a step from 0 to 1 integrate to 1" {
            for binarizer in
                [
                    Binarizer.heaviside Binarizer.clip
                    Binarizer.heaviside Binarizer.approxSign
                    Binarizer.dorefaInput 3
                ] do
                Expect.floatClose Accuracy.veryHigh (integral 1.0 (slope binarizer)) 1.0 binarizer.Name
        }

        test "over a stage the error decay estimator goes from nearly the identity's derivative to nearly sign's" {
            let derivative =
                Derive.wrt Binarizer.x (Binarizer.ede Binarizer.edeSharpness).Formula

            let slopeAt t x =
                Algebra.evaluateExpr
                    Algebra.float64
                    (fun name -> if name = "x" then x else Optimizer.once 100 t name)
                    derivative

            Expect.floatClose Accuracy.veryHigh (slopeAt 1 0.0) 1.0 "at 0, first"
            Expect.isGreaterThan (slopeAt 1 1.0) 0.99 "at 1, first"
            Expect.floatClose Accuracy.veryHigh (slopeAt 101 0.0) 10.0 "at 0, last"
            Expect.isLessThan (slopeAt 101 1.0) 1e-6 "at 1, last"

            for t in 1..100 do
                Expect.isGreaterThanOrEqual (slopeAt (t + 1) 0.0) (slopeAt t 0.0 - 1e-12) "at 0 it never falls"
                Expect.isLessThanOrEqual (slopeAt (t + 1) 2.0) (slopeAt t 2.0) "far out it never rises"
        }
    ]

let private bits =
    Arb.fromGenShrink (
        Gen.choose (1, 8),
        (fun k ->
            seq {
                if k > 1 then
                    k - 1
            })
    )

let private single =
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

        law "the progressive sign is clip(-1, x / w, 1), never softer later on, and a sign in the end" number (fun x ->
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
                (Plans.values (Binarizer.ternary Row) x))

        law "ternary values do not change when all weights are doubled" weights (fun x ->
            if x |> Array.forall (fun x -> x = 0.0 || abs x > 1e-300) then
                equalBits
                    (Plans.values (Binarizer.ternary Whole) x)
                    (Plans.values (Binarizer.ternary Whole) (Array.map ((*) 2.0) x))
                    "doubled")

        law "DoReFa's activations are at most half a level from clip(0, x, 1), and rise with x" bits (fun bits ->
            let most = float ((1 <<< bits) - 1)
            let xs = [| for k in -40 .. 140 -> float k / 100.0 |]
            let ys = Plans.values (Binarizer.dorefaInput bits) xs

            Array.iter2
                (fun x y -> Expect.isLessThanOrEqual (abs (y - max 0.0 (min 1.0 x))) (0.5 / most + 1e-15) $"of {x}")
                xs
                ys

            Expect.equal (Array.sort ys) ys "never falling"
            Expect.equal (slope (Binarizer.dorefaInput bits) -0.01) 0.0 "derivative below 0"
            Expect.equal (slope (Binarizer.dorefaInput bits) 0.5) 1.0 "derivative between"
            Expect.equal (slope (Binarizer.dorefaInput bits) 1.01) 0.0 "derivative above 1")

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
                    (Plans.values (Binarizer.dorefaWeight bits) x))

        law "DoReFa's weights have the derivative of tanh x / M, M the largest |tanh|" weights (fun x ->
            let largest = x |> Array.map (tanh >> abs) |> Array.max

            if largest > 1e-100 then
                Array.iter2
                    (fun x dx -> Expect.isTrue (near 1e-12 (1e-14 / largest) (tanh' x / largest) dx) $"at {x}")
                    x
                    (Plans.slopes (Binarizer.dorefaWeight 3) x))

        law "with as many bits as there are levels for, DoReFa takes each of them" bits (fun bits ->
            let xs = [| for k in 0..2000 -> float k / 2000.0 |]
            let levels = Plans.values (Binarizer.dorefaInput bits) xs |> Array.distinct
            Expect.equal levels.Length (1 <<< bits) "levels")

        test "bits outside 1 to 16 are refused by name, value and remedy" {
            for bits in [ 0; -1; 17 ] do
                for make in [ Binarizer.dorefaInput; Binarizer.dorefaWeight ] do
                    let message =
                        try
                            make bits |> _.Name
                        with :? ArgumentException as refusal ->
                            refusal.Message

                    for word in [ "Binarizer.dorefa"; "bits"; string bits; "from 1 to 16" ] do
                        Expect.stringContains message word "the message"
        }

        ofEachTried
            10
            "compiled in any width it does what the interpreter does, forward and backward"
            everything
            weights
            (fun binarizer x ->
                let layer = Layer.ofBinarizer binarizer
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

[<Tests>]
let tests = testList "Binarizer" (values @ derivatives @ single)
