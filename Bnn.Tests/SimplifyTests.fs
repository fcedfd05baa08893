module Bnn.Tests.SimplifyTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.ReductionFormulas
open Expecto
open FsCheck
open FsCheck.FSharp

let private w, g, t = Expr.weight, Expr.gradient, Expr.time

/// Formulas with much to take away: numbers that decide, equal operands, minus signs, reductions.
let rec private wordy depth : Gen<Expr> =
    let leaf =
        Gen.frequency
            [
                4, Gen.elements [ x; y; b; s ]
                4, Gen.elements [ 0.0; -0.0; 1.0; -1.0; 2.0; -2.0; 0.5; 3.0; 0.1 ] |> Gen.map Const
            ]

    if depth = 0 then
        leaf
    else
        let below = wordy (depth - 1)

        Gen.frequency
            [
                1, leaf
                3, below |> Gen.map (fun a -> -a)
                2, Gen.map2 (fun o a -> Unary(o, a)) (Gen.elements ops1) below
                9, Gen.map3 (fun o a b -> Binary(o, a, b)) (Gen.elements ops2) below below
                2, Gen.map2 (fun o a -> Binary(o, a, a)) (Gen.elements ops2) below
                1,
                Gen.map3
                    (fun c (a, b) (p, q) -> Select(c, a, b, p, q))
                    (Gen.elements compares)
                    (Gen.two below)
                    (Gen.two below)
                1, Gen.map2 (fun c (a, p) -> Select(c, a, a, p, p)) (Gen.elements compares) (Gen.two below)
                1,
                Gen.map2
                    (fun (reduction, over) a -> Reduce(reduction, over, a))
                    (Gen.elements [ Sum, Channel; Largest, Whole ])
                    below
                1, Gen.map2 (fun v c -> Surrogate(v, c)) below below
            ]

let private formulas =
    Arb.fromGenShrink (Gen.choose (0, 5) |> Gen.bind wordy, shrinkExpr)

let private lengths = [| 2; 1; 2 |]

let private numbers =
    let some = Gen.choose (-40, 40) |> Gen.map (fun k -> float k / 8.0)

    gen {
        let! x = Gen.arrayOfLength 5 some
        let! y = Gen.arrayOfLength 5 some
        let! b = Gen.arrayOfLength 3 some
        let! s = Gen.arrayOfLength 1 some
        return Map.ofList [ "x", x; "y", y; "b", b; "s", s ]
    }

let private formulasAndNumbers =
    Arb.fromGenShrink (
        Gen.zip (Arb.toGen formulas) numbers,
        fun (e, numbers) -> shrinkExpr e |> Seq.map (fun e -> e, numbers)
    )

/// The value of every part of a formula, the whole last.
let private parts (numbers: Map<string, float[]>) e =
    let graph = Graph.ofExprs [ e ]

    { graph with
        Roots = Array.append [| 0 .. graph.Nodes.Length - 1 |] graph.Roots
    }
    |> Algebra.evaluate (ArrayAlgebra.ofChannels lengths Algebra.float64) (fun name -> numbers[name])

let private isFinite numbers e =
    parts numbers e |> Array.forall (Array.forall Double.IsFinite)

let private leaves e =
    (Graph.ofExprs [ e ]).Nodes |> Array.filter _.IsLeaf |> Set.ofArray

let rec private size (e: Expr) = 1 + List.sumBy size e.Children

[<Tests>]
let tests =
    testList
        "Simplify"
        [
            lawOf
                2000
                "the value is the same number wherever every part is finite"
                formulasAndNumbers
                (fun (e, numbers) ->
                    if isFinite numbers e then
                        let value e =
                            parts numbers e |> Array.last |> ArrayAlgebra.perWeight lengths

                        let simple = Simplify.forReading e

                        for expected, actual in Array.zip (value e) (value simple) do
                            Expect.isTrue
                                (expected = actual)
                                $"{Print.expr e} is {expected}, {Print.expr simple} is {actual} at {numbers}")

            test "most of the formulas above are finite, and most can be made shorter" {
                let cases = sample 500 (Arb.toGen formulasAndNumbers)
                let finite = cases |> Array.filter (fun (e, numbers) -> isFinite numbers e)
                Expect.isGreaterThan finite.Length 250 "finite in every part"
                let shorter = finite |> Array.filter (fun (e, _) -> Simplify.forReading e <> e)
                Expect.isGreaterThan shorter.Length 120 "with something to take away"
            }

            lawOf 1000 "a formula made shorter is not made shorter again" formulas (fun e ->
                let simple = Simplify.forReading e
                Expect.equal (Simplify.forReading simple) simple $"{Print.expr e} as {Print.expr simple}")

            lawOf 1000 "it never gets longer, as a tree or as text" formulas (fun e ->
                let simple = Simplify.forReading e
                Expect.isLessThanOrEqual (size simple) (size e) $"nodes of {Print.expr e}"

                Expect.isLessThanOrEqual
                    (Print.expr simple).Length
                    (Print.expr e).Length
                    $"{Print.expr e} as {Print.expr simple}")

            lawOf 1000 "it never reads what the formula does not read" formulas (fun e ->
                let simple = Simplify.forReading e
                Expect.isTrue (Set.isSubset (leaves simple) (leaves e)) $"{Print.expr e} as {Print.expr simple}"
                Expect.isTrue (Expr.extent simple <= Expr.extent e) "nor is it computed more often")

            test "what a reader would take away is taken away" {
                let is text e =
                    Expect.equal (Print.expr (Simplify.forReading e)) text (Print.expr e)

                is "w" (w + 0.0)
                is "w" (0.0 + w)
                is "w" (w - 0.0)
                is "-w" (0.0 - w)
                is "w" (1.0 * w)
                is "w" (w * 1.0)
                is "-w" (-1.0 * w)
                is "-w" (w * -1.0)
                is "0" (0.0 * w)
                is "0" (w * 0.0)
                is "0" (0.0 / w)
                is "w" (w / 1.0)
                is "-w" (w / -1.0)
                is "1" (w / w)
                is "0" (w - w)
                is "w" (-(-w))
                is "w" (w ** Const 1.0)
                is "1" (w ** Const 0.0)
                is "1" (Const 1.0 ** w)
                is "w + g" (w - (-g))
                is "w - g" (w + (-g))
                is "g - w" (-w + g)
                is "g - w" (-(w - g))
                is "w * g" (-w * -g)
                is "w / g" (-w / -g)
                is "w - 2" (w + Const -2.0)
                is "w + 2" (w - Const -2.0)
                is "w - 2 * g" (w + -2.0 * g)
                is "w + g / 2" (w - g / Const -2.0)
                is "-2 * w" (-(2.0 * w))
                is "-2 / w" (-(2.0 / w))
                is "|w|" (abs (-w))
                is "|w|" (abs (abs w))
                is "sqrt(w)" (abs (sqrt w))
                is "cos(w)" (cos (-w))
                is "floor(w)" (Unary(Round, floor w))
                is "signum(w)" (Unary(Signum, Unary(Signum, w)))
                is "sign(w)" (Unary(SignPlus, Unary(SignPlus, w)))
                is "w" (Expr.maximum w w)
                is "w" (Expr.minimum w w)
                is "w" (Expr.ifLess (Const 1.0) (Const 2.0) w g)
                is "g" (Expr.ifEqual (Const 1.0) (Const 2.0) w g)
                is "w" (Expr.ifLess g t w w)
                is "g" (Expr.ifLess t t w g)
                is "w" (Expr.ifLessOrEqual t t w g)
                is "0" (Expr.sum Whole (w - w))
                is "max_abs(w)" (Expr.largest Whole (-w))
                is "channel_max_abs(w)" (Expr.largest Channel (abs w))
                is "w" (Surrogate(w + 0.0, w * 1.0))
                is "w" ((g - g) * t + (w * 1.0) ** (t / t))
            }

            test "calculations with numbers are carried out where the result is no longer to read" {
                let is text e =
                    Expect.equal (Print.expr (Simplify.forReading e)) text (Print.expr e)

                is "6 * w" (Const 2.0 * Const 3.0 * w)
                is "2" (sqrt (Const 4.0))
                is "8" (Const 2.0 ** Const 3.0)
                is "w - 1" (w + (Const 2.0 - Const 3.0))
                // 0.09999999999999998 is not what anyone wants to read, nor is 0.3333333333333333.
                is "(1 - 0.9) * w" ((1.0 - Const 0.9) * w)
                is "1 / 3" (Const 1.0 / Const 3.0)
                is "sqrt(2)" (sqrt (Const 2.0))
                // Nor is what is no number.
                is "1 / 0" (Const 1.0 / Const 0.0)
                is "log(0)" (log (Const 0.0))
            }

            law "a rule made shorter to read takes the same steps, where all is finite" course (fun course ->
                let rule =
                    Rule.addDecayedWeights (Const 0.0)
                    >=> Rule.scale (Const 1.0)
                    >=> Adam.rule { Adam.defaults with Beta1 = 0.0 }
                    >=> Rule.descend (Schedule.linear 0.5 0.5)

                let simple = Simplify.rule rule
                Expect.isLessThan (Print.text simple).Length (Print.text rule).Length "shorter"
                Expect.equal (simple.Slots |> List.map _.Name) [ "m"; "v" ] "the same slots"

                List.iter2
                    (Array.iter2 (fun expected actual ->
                        Expect.isTrue (expected = actual) $"{actual}, should be {expected}"))
                    (Reference.trajectory rule 20 course.P0 course.Grads)
                    (Reference.trajectory simple 20 course.P0 course.Grads))

            test "what is printed and run stays as written" {
                let rule = Rule.addDecayedWeights (Const 0.0) >=> Rule.descend (Const 1.0)
                Expect.equal (Print.text rule) "w' = w - 1 * (g + 0 * w)" "as written"
                Expect.equal (Print.text (Simplify.rule rule)) "w' = w - g" "for reading"
            }

            test "deep sharing does not make it slow" {
                let simple = Simplify.forReading (deeplyShared 200 + 0.0)
                Expect.equal simple (deeplyShared 200) "nothing but the 0 goes"
            }
        ]
