module Bnn.Tests.KernelTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.Reference
open Bnn.Tests.Sides
open Expecto
open FsCheck
open FsCheck.FSharp

let private withRow =
    Arb.fromGenShrink (
        Gen.zip3 anyExprGen anyExprGen (Gen.arrayOfLength 53 anyNumber),
        fun (a, b, numbers) ->
            Seq.append
                (shrinkExpr a |> Seq.map (fun a -> a, b, numbers))
                (shrinkExpr b |> Seq.map (fun b -> a, b, numbers))
    )

/// Every row of the catalogue, and variants, as trained: decay, the rule, descent by a schedule.
let private trained =
    [
        for row in Catalogue.all do
            for name, value in ("", 0.0) :: [ for option in row.Options -> option.Name, option.DefaultNumber ] do
                let options = if value = 0.0 && name <> "" then [ name, 1.0 ] else []

                // Options of which 1 is not allowed (or not alone) are left at their default.
                match row.Make options with
                | Ok rule when name = "" || not options.IsEmpty -> $"{row.Name} {name}".Trim(), rule
                | _ -> ()
        "SGD momentum",
        Sgd.rule
            { Sgd.defaults with
                Momentum = 0.9
                Dampening = 0.1
            }
    ]
    |> List.map (fun (name, rule) ->
        name,
        Rule.addDecayedWeights (Const 5e-6)
        >=> rule
        >=> Rule.descend (Schedule.linear 1.25e-3 0.0))

let private ordinaryNumbers count =
    // Golden-ratio steps: no two numbers alike, both signs, some exact zeros.
    Array.init count (fun i ->
        if i % 97 = 13 then
            0.0
        else
            (float i * 0.6180339887498949) % 1.0 * 4.0 - 2.0)

let private someOfAll count = sample count anyNumber

[<Tests>]
let tests =
    testList
        "Kernel"
        [
            lawOf
                60
                "a compiled pass has the interpreter's bits in every width, NaN and infinities included"
                withRow
                (fun (a, b, numbers) ->
                    agreesForBoth
                        (Pass.create [ "out", a ] [ b ])
                        numbers
                        [ numbers.Length ]
                        [ 1 ]
                        [ 1 ]
                        "random expressions")

            lawOf
                40
                "storing over what is read changes nothing: all is read before any is stored"
                withRow
                (fun (a, b, numbers) ->
                    agreesForBoth (Pass.create [ "w", a; "g", b ] []) numbers [ numbers.Length ] [ 1 ] [ 2 ] "in place")

            test "arrays may be exchanged in place, and what is summed is from before the exchange" {
                let w, g = Expr.weight, Expr.gradient
                let pass = Pass.create [ "w", g; "g", w; "m", w; "out", w * g ] [ w; g ]
                agreesForBoth pass (ordinaryNumbers 700) [ 5; 16; 128; 300; 700 ] [ 1 ] [ 1 ] "exchanged"
            }

            test "every operator has the interpreter's bits on every special number" {
                let numbers =
                    Array.append [| 0.0; -0.0; nan; infinity; -infinity; 1.0; -1.0; 1e-310; 1e-40 |] (someOfAll 200)

                let w, g = Expr.weight, Expr.gradient

                let all =
                    [
                        for op in ops1 -> Unary(op, w)
                        for op in ops2 -> Binary(op, w, g)
                        for op in ops2 -> Binary(op, w, w)
                        for c in compares -> Select(c, w, g, Const 1.0, Const 2.0)
                        for c in compares -> Select(c, w, w, g, Const 2.0)
                        for c in compares -> Select(c, w, Const 0.0, w, g)
                    ]

                for e in all do
                    let counts = [ numbers.Length ]
                    agreesForBoth (Pass.create [ "out", e ] [ e ]) numbers counts [ 1 ] [ 0 ] (Print.expr e)
            }

            testList
                "every length from 0 to 200 and every offset: as the interpreter, to the bit"
                [
                    for name, rule in trained do
                        test name {
                            let numbers = ordinaryNumbers 200
                            agreesForBoth (Optimizer.pass rule) numbers [ 0..200 ] [ 1 ] [ 1 ] name
                            agreesForBoth (Optimizer.pass rule) numbers [ 0..15..45 ] [ 2 ] [ 0; 2; 3 ] name

                            agreesForBoth
                                (Optimizer.startPass ParameterGroup.BinaryWeights rule)
                                numbers
                                [ 0; 1; 17 ]
                                [ 1 ]
                                [ 0 ]
                                $"{name}, start"
                        }
                        // the paper's two in every run, the others take as long each
                        |> if name = "Adam" || name = "SGD" then id else long
                ]

            test "lengths around the blocks, on 1, 2 and 3 threads: the same bits" {
                let numbers = ordinaryNumbers (7 * 16384 + 3)
                let rule = trained |> List.find (fst >> (=) "Adam") |> snd
                let counts = [ 16383; 16384; 16385; 2 * 16384 + 31; numbers.Length ]
                agrees float32Side (Optimizer.pass rule) numbers counts [ 1; 2; 3 ] [ 1 ] "Adam"
                let pass = Pass.create [] [ Expr.weight * Expr.weight; abs Expr.weight ]
                agreesForBoth pass numbers counts [ 1; 2; 3 ] [ 3 ] "sums alone"
            }

            test "a sum of many magnitudes depends on neither width nor threads" {
                let ordinary = ordinaryNumbers 1000

                let numbers =
                    Array.init 120000 (fun i -> ordinary[i % 1000] * 10.0 ** float (i % 31 - 15))

                agreesForBoth
                    (Pass.create [] [ Expr.weight ])
                    numbers
                    [ 100000; 120000 ]
                    [ 1; 2; 3; 64 ]
                    [ 0 ]
                    "magnitudes"
            }

            test "sums leave out the padding of the last strip, whatever the formula makes of it" {
                // The padded numbers are 0: their logarithm is -infinity and their quotient NaN.
                let sums =
                    [ log (abs Expr.weight); Expr.weight / Expr.weight; Const 1.0 + Expr.weight ]

                let numbers = Array.init 50 (fun i -> float i + 1.0)
                agreesForBoth (Pass.create [] sums) numbers [ 1..50 ] [ 1 ] [ 1 ] "padding"
            }

            test "a pass over rows equals the naive loop over rows and channels" {
                let bias, scale = Input("bias", PerChannel), Input("scale", PerChannel)
                // What is the same for a whole channel may itself be a formula, stored, or summed.
                let e =
                    Expr.maximum (scale * Expr.weight + exp bias * Expr.time) (bias - Expr.gradient)

                let pass =
                    Pass.create [ "w", e; "row", bias * scale ] [ e; bias + scale; Expr.weight * scale ]

                let shapes =
                    [
                        { Rows = 6; Length = 37L; Channels = 3 }
                        { Rows = 5; Length = 16L; Channels = 5 }
                        {
                            Rows = 4
                            Length = 16384L + 9L
                            Channels = 2
                        }
                        {
                            Rows = 8
                            Length = 20000L
                            Channels = 4
                        }
                        { Rows = 7; Length = 1L; Channels = 3 }
                        { Rows = 3; Length = 0L; Channels = 3 }
                    ]

                let verify (side: Side<'T>) =
                    for shape in shapes do
                        let length = int shape.Length
                        let count = shape.Rows * length

                        let row k =
                            Array.init shape.Channels (fun c ->
                                side.OfFloat(0.1 + float c * (if k = 0 then 0.7 else -0.3)))

                        let rows = [ for k in 0 .. pass.Rows.Length - 1 -> row k ]

                        let full =
                            contents side pass (ordinaryNumbers (max 1 count) |> Array.truncate count)
                            |> Map.ofArray

                        let rowValue name i =
                            rows[Array.findIndex ((=) name) pass.Rows][i / length % shape.Channels]

                        let expected = interpreted side pass rowValue full count

                        // A row's blocks are summed on their own, rows in order.
                        let expectedSums =
                            [|
                                for c in 0 .. shape.Channels - 1 do
                                    for s in pass.Stores.Length .. expected.Length - 1 do
                                        (0.0, seq { c .. shape.Channels .. shape.Rows - 1 })
                                        ||> Seq.fold (fun sum r ->
                                            expected[s][r * length .. (r + 1) * length - 1]
                                            |> Array.map side.ToFloat
                                            |> Array.chunkBySize 16384
                                            |> Array.fold (fun sum block -> sum + sumOf block) sum)
                            |]

                        for width in widths do
                            for threads in [ 1; 2; 3 ] do
                                let kernel = side.Kernel width pass
                                let uniforms = Pass.uniforms onceValues pass

                                let after, sums =
                                    run kernel threads shape uniforms rows 1 side.Guard (Map.toList full)

                                let message = $"{shape}, {width}, {threads} threads, {side.Name}"
                                side.EqualBits expected[0] after["w"] message
                                side.EqualBits expected[1] after["row"] message
                                sameSums expectedSums sums message

                verify float64Side
                verify float32Side
            }

            test "the flips a step counts are the signs that change" {
                let rule = Rule.descend (Const 0.5)
                let before = ordinaryNumbers 1000
                let pass = Optimizer.pass rule

                for width in widths do
                    let kernel = Kernel.double width pass
                    let full = contents float64Side pass before |> Map.ofArray
                    let noRows: float[] list = []

                    let after, sums =
                        run kernel 1 (Shape.flat 1000L) (Pass.uniforms onceValues pass) noRows 0 -7.0 (Map.toList full)

                    let flips =
                        Array.map2 (fun a b -> a >= 0.0 <> (b >= 0.0)) full["w"] after["w"]
                        |> Array.filter id

                    Expect.isGreaterThan flips.Length 100 "some signs change"
                    Expect.equal sums [| float flips.Length |] $"flips, {width}"
            }

            test "arrays too large for the cache are stored past it, with the same bits and sums" {
                let pass =
                    Pass.create [ "y", Expr.weight * Expr.gradient + 0.5; "g", -Expr.gradient ] [ Expr.weight ]

                let count = 4_194_304 + 32
                let numbers = ordinaryNumbers count |> Array.map float32

                // Every array from a cache line on.
                let on (kernel: Kernel) threads (numbers: float32[]) =
                    let arrays =
                        pass.Arrays |> Array.map (fun _ -> new Memory<float32>(numbers, 0, -7.0f))

                    let shape = Shape.flat (int64 numbers.Length)
                    let uniforms = Pass.uniforms onceValues pass

                    let sums =
                        Kernel.run kernel threads shape uniforms [||] (arrays |> Array.map _.Pointer)

                    let after = arrays |> Array.map _.Content
                    arrays |> Array.iter (fun memory -> (memory :> System.IDisposable).Dispose())
                    after, sums

                for bits in [ 128; 256; 512 ] do
                    let kernel = Kernel.single (Width.Bits bits) pass

                    let parts =
                        numbers |> Array.chunkBySize (Pass.Block * 128) |> Array.map (on kernel 1)

                    Expect.isFalse kernel.LargeLoop.IsValueCreated "small arrays go through the cache"

                    for threads in [ 1; 2 ] do
                        let whole, sums = on kernel threads numbers
                        Expect.isTrue kernel.LargeLoop.IsValueCreated "large ones do not"

                        whole
                        |> Array.iteri (fun k after ->
                            let expected = parts |> Array.collect (fun (arrays, _) -> arrays[k])
                            equalBits32 expected after $"{pass.Arrays[k]}, {bits} bits, {threads} threads")

                        Expect.floatClose
                            Accuracy.veryHigh
                            sums[0]
                            (parts |> Array.sumBy (fun (_, s) -> s[0]))
                            "the sum"
            }

            test "what is the same for every weight may be stored and summed" {
                let pass = Pass.create [ "out", Expr.time + 0.5 ] [ Expr.time; Const 2.0 ]
                agreesForBoth pass (ordinaryNumbers 33) [ 0; 1; 16; 33 ] [ 1 ] [ 0 ] "once"
            }
        ]
