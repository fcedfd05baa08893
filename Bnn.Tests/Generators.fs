/// What the laws are tried on: numbers, gradients, expressions and rules, with shrinkers.
module Bnn.Tests.Generators

open System
open Bnn
open FsCheck
open FsCheck.FSharp

let private shrinkNumber (x: float) =
    seq {
        if x <> 0.0 then
            0.0

        if x <> 1.0 && x <> 0.0 then
            1.0

        if Double.IsFinite x && x <> Math.Round x && abs x < 1e6 then
            Math.Round x
    }

/// One number in [low, high) with its magnitude spread over the decades.
let private decades low high =
    gen {
        let! exponent = Gen.choose (low, high - 1)
        let! digits = Gen.choose (1000, 9999)
        let! sign = Gen.elements [ 1.0; -1.0 ]
        return sign * float digits / 1000.0 * Math.Pow(10.0, float exponent)
    }

let private ordinary = decades -3 1

/// Weights in the sensible range of every rule, with both zeros, float64's subnormals, and large and small magnitudes.
let weight =
    Gen.frequency
        [
            6, ordinary
            1, Gen.elements [ 0.0; -0.0 ]
            1, Gen.elements [ Double.Epsilon; -Double.Epsilon; 1e-310; -3e-320 ]
            1, decades -30 -5
            1, decades 2 10
        ]

/// Gradients of a weight over `steps` steps: random, constant, of alternating sign, mostly 0, tiny, large.
let private gradientsOf steps =
    let constant g = Array.create steps g

    let alternating g =
        Array.init steps (fun t -> if t % 2 = 0 then g else -g)

    Gen.frequency
        [
            4, Gen.arrayOfLength steps ordinary
            2, ordinary |> Gen.map constant
            2, ordinary |> Gen.map alternating
            1, Gen.elements [ 0.0; -0.0 ] |> Gen.map constant
            1, Gen.arrayOfLength steps (Gen.frequency [ 3, Gen.constant 0.0; 1, ordinary ])
            1, Gen.arrayOfLength steps (decades -30 -10)
            1, Gen.arrayOfLength steps (decades 2 12)
            1, Gen.elements [ Double.Epsilon; -1e-310 ] |> Gen.map constant
        ]

/// First weights, and for each step the gradients of all of them.
type Course = { P0: float[]; Grads: float[][] }

let private without k (numbers: 'T[]) = Array.removeAt k numbers

let private shrinkCourse (course: Course) =
    seq {
        for t in 0 .. course.Grads.Length - 1 do
            if course.Grads.Length > 1 then
                { course with
                    Grads = without t course.Grads
                }

        for i in 0 .. course.P0.Length - 1 do
            if course.P0.Length > 1 then
                {
                    P0 = without i course.P0
                    Grads = course.Grads |> Array.map (without i)
                }

        for i in 0 .. course.P0.Length - 1 do
            for smaller in shrinkNumber (course.P0[i]) do
                { course with
                    P0 = Array.updateAt i smaller course.P0
                }

        for t in 0 .. course.Grads.Length - 1 do
            for i in 0 .. course.P0.Length - 1 do
                for smaller in shrinkNumber (course.Grads[t][i]) do
                    { course with
                        Grads = course.Grads |> Array.updateAt t (course.Grads[t] |> Array.updateAt i smaller)
                    }
    }

/// 1 to 6 weights over 1 to 12 steps.
let courseGen =
    gen {
        let! count = Gen.choose (1, 6)
        let! steps = Gen.choose (1, 12)
        let! p0 = Gen.arrayOfLength count weight
        let! perWeight = Gen.arrayOfLength count (gradientsOf steps)

        return
            {
                P0 = p0
                Grads = Array.init steps (fun t -> perWeight |> Array.map (fun (g: float[]) -> g[t]))
            }
    }

let course = Arb.fromGenShrink (courseGen, shrinkCourse)

/// Any number at all: NaN, infinities, zeros, subnormals of either size, all decades.
let anyNumber =
    Gen.frequency
        [
            8, ordinary
            1, Gen.elements [ 0.0; -0.0; 1.0; -1.0; 0.5; 2.0; -3.0 ]
            1, Gen.elements [ nan; infinity; -infinity ]
            1, Gen.elements [ Double.Epsilon; -1e-310; 1e-45; -1e-40; 1e300; -3e38; 1e39 ]
            1, decades -40 38
        ]

/// The leaves that random expressions read.
let perWeightLeaves = [ Expr.weight; Expr.gradient; Expr.slot "m" ]
let perRowLeaves = [ Input("bias", PerChannel); Input("scale", PerChannel) ]
let onceLeaves = [ Expr.time; Expr.progress ]

let ops1 = [ Neg; Abs; Sqrt; Exp; Log; Tanh; Cos; Floor; Round; Signum; SignPlus ]
let ops2 = [ Add; Sub; Mul; Div; Max; Min; Pow; Mod ]
let compares = [ Less; LessOrEqual; Equal ]

/// Expressions over these leaves, at most `depth` operators deep; all operators, some of whose operands are one shared node.
let rec exprGen leaves depth : Gen<Expr> =
    let leaf = Gen.frequency [ 3, Gen.elements leaves; 1, anyNumber |> Gen.map Const ]

    if depth = 0 then
        leaf
    else
        let below = exprGen leaves (depth - 1)

        Gen.frequency
            [
                1, leaf
                3, Gen.map2 (fun o a -> Unary(o, a)) (Gen.elements ops1) below
                5, Gen.map3 (fun o a b -> Binary(o, a, b)) (Gen.elements ops2) below below
                1, Gen.map2 (fun o a -> Binary(o, a, a)) (Gen.elements ops2) below
                2,
                gen {
                    let! test = Gen.elements compares
                    let! a, b = Gen.two below
                    let! x, y = Gen.two below
                    return Select(test, a, b, x, y)
                }
                1, Gen.map2 (fun v c -> Surrogate(v, c)) below below
            ]

let rec shrinkExpr (e: Expr) : Expr seq =
    seq {
        yield! e.Children

        match e with
        | Const c -> yield! shrinkNumber c |> Seq.map Const
        | Input _
        | Slot _ -> ()
        | Unary(o, a) -> yield! shrinkExpr a |> Seq.map (fun a -> Unary(o, a))
        | Binary(o, a, b) ->
            yield! shrinkExpr a |> Seq.map (fun a -> Binary(o, a, b))
            yield! shrinkExpr b |> Seq.map (fun b -> Binary(o, a, b))
        | Select(c, a, b, x, y) ->
            yield! shrinkExpr a |> Seq.map (fun a -> Select(c, a, b, x, y))
            yield! shrinkExpr b |> Seq.map (fun b -> Select(c, a, b, x, y))
            yield! shrinkExpr x |> Seq.map (fun x -> Select(c, a, b, x, y))
            yield! shrinkExpr y |> Seq.map (fun y -> Select(c, a, b, x, y))
        | Reduce(f, o, a) -> yield! shrinkExpr a |> Seq.map (fun a -> Reduce(f, o, a))
        | Surrogate(v, c) ->
            yield! shrinkExpr v |> Seq.map (fun v -> Surrogate(v, c))
            yield! shrinkExpr c |> Seq.map (fun c -> Surrogate(v, c))
    }

let private allLeaves =
    perWeightLeaves @ perWeightLeaves @ perRowLeaves @ onceLeaves

let anyExprGen = Gen.choose (0, 4) |> Gen.bind (exprGen allLeaves)

/// Any expression of up to four levels, over leaves of every extent.
let anyExpr = Arb.fromGenShrink (anyExprGen, shrinkExpr)

/// A formula of 2^levels nodes as a tree, of `levels` shared nodes as a graph.
let deeplyShared levels =
    (Expr.weight, seq { 1..levels })
    ||> Seq.fold (fun e level -> Expr.ifLess e (Const 1.0) (e * 0.5) (e + Const(float level)))

/// Rules of up to two slots whose names are likely to clash when they are chained.
let anyRuleGen =
    gen {
        let! count = Gen.choose (0, 2)

        let! names =
            Gen.shuffle [ "m"; "v"; "m2"; "m3"; "b5" ]
            |> Gen.map (Seq.truncate count >> List.ofSeq)

        let leaves =
            [ Expr.weight; Expr.gradient; Expr.time ] @ (names |> List.map Expr.slot)

        let formula = exprGen leaves 2
        let! initials = Gen.listOfLength count (exprGen [ Expr.weight ] 1)
        let! nexts = Gen.listOfLength count formula
        let! gradient = Gen.oneof [ Gen.constant Expr.gradient; formula ]
        let! weight = Gen.oneof [ Gen.constant Expr.weight; formula ]

        return
            { Rule.identity with
                Slots =
                    List.zip3 names initials nexts
                    |> List.map (fun (name, init, next) -> Slot.perWeight name init next)
                Gradient = gradient
                Weight = weight
            }
    }

let private shrinkRule (rule: Rule) =
    seq {
        for slot in rule.Slots do
            for next in shrinkExpr slot.Next do
                { rule with
                    Slots =
                        rule.Slots
                        |> List.map (fun s -> if s.Name = slot.Name then { s with Next = next } else s)
                }

        for gradient in shrinkExpr rule.Gradient do
            { rule with Gradient = gradient }

        for weight in shrinkExpr rule.Weight do
            { rule with Weight = weight }
    }

let anyRule = Arb.fromGenShrink (anyRuleGen, shrinkRule)

/// Any value, shrunk no further: for choices from a few.
let oneOf values = Arb.fromGen (Gen.elements values)
