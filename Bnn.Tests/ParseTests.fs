/// Formulas and values as text, and back.
module Bnn.Tests.ParseTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let private readsBack (e: Expr) =
    Expect.equal (Parse.expr (Expr.leaves e) (Print.expr e)) (Ok e) (Print.expr e)

/// Random expressions in which some parts are reduced, over leaves of every extent.
let private anyReduced =
    let over body =
        gen {
            let! reduction = Gen.elements [ Sum; Largest ]
            let! over = Gen.elements [ Channel; Whole ]
            return Reduce(reduction, over, body)
        }

    Gen.map3 (fun a b c -> Expr.ifLess a b c (a * b)) anyExprGen (Gen.bind over anyExprGen) (Gen.bind over anyExprGen)
    |> Arb.fromGen

let private fault result =
    match result with
    | Ok value -> failtest $"{value} passed"
    | Error(faults: Fault list) -> faults |> List.map string |> String.concat "\n"

let private inText text words =
    let message = fault (Parse.schedule text)

    for word in words do
        Expect.stringContains message word $"{text}"

let private formulas =
    testList
        "formulas"
        [
            law "what is printed reads back as the same formula" anyExpr readsBack

            law "with reductions too" anyReduced readsBack

            law "every number reads back to the bit" (Arb.fromGen anyNumber) (fun c ->
                readsBack (Const c * Expr.weight))

            test "other NaNs than the usual one keep their bits" {
                for bits in [ 0x7FF8000000000001L; 0x7FF0000000000001L; -1L ] do
                    readsBack (Const(BitConverter.Int64BitsToDouble bits))
            }

            test "any name reads back, also one that is a word of the language or has quotes" {
                for name in
                    [
                        "odd name"
                        "if"
                        "NaN"
                        "sqrt"
                        "a\"b\\c"
                        "m'"
                        "1st"
                        ""
                        "sum"
                        "two\nlines"
                    ] do
                    readsBack (Expr.uniform name + Const 1.0)
            }

            test "a long formula with shared parts stays short, because they get names" {
                let e = deeplyShared 60
                readsBack e
                Expect.isLessThan (Print.expr e).Length 5000 "2^60 nodes as a tree"
                let deep = (Expr.weight, seq { 1..900 }) ||> Seq.fold (fun e _ -> sqrt e)
                readsBack deep

                let long =
                    (Expr.weight, seq { 1..900 }) ||> Seq.fold (fun e k -> e + Const(float k))

                readsBack long

                let negated =
                    (Expr.weight, seq { 1..900 })
                    ||> Seq.fold (fun e k -> if k % 2 = 0 then -e else e ** Expr.gradient)

                readsBack negated
            }

            test "a text written by hand is the formula that it says" {
                let is expected text =
                    Expect.equal (Parse.schedule text) (Ok expected) text

                is (Schedule.linear 1e-3 0.0) "1e-3*(1-(t-1)/T)"
                is (Const 2.0 ** Expr.time) "2^t"
                is (-(Const 2.0 ** Expr.time)) "-2^t"
                is (Expr.ifLessOrEqual Expr.time (Const 5.0) (Const 0.1) (Const 0.01)) "if t <= 5 then 0.1 else 0.01"
                is (Const 0.5 * abs (Expr.time - 3.0)) " 0.5 * | t - 3 | "
                let a = Expr.time / Expr.iterations
                is (a * a) "a = t / T; a * a"
            }

            test "a name without a meaning is a fault that names it and lists what there is" {
                inText "0.1 * loss" [ "loss"; "t, T" ]
                inText "softmax(t)" [ "softmax"; "sqrt" ]
            }

            test "a text that is no formula says where and why" {
                inText "" [ "the end"; "a number" ]
                inText "1 +" [ "the end" ]
                inText "(1 + t" [ "the end" ]
                inText "1 2" [ "character 3" ]
                inText "1.2.3" [ "1.2.3" ]
                inText "t $ 2" [ "$ at character 3" ]
                inText "\"t" [ "quotes" ]
                inText "if t then 1 else 2" [ "<, <= or =" ]
                inText "max(1)" [ "," ]
            }

            test "depth and size are refused before anything recurses" {
                inText (String('(', 100_000) + "t") [ "nested more than 64" ]
                inText (String('-', 100_000) + "t") [ "nested more than 64" ]
                inText (String.Join("+", Seq.replicate 200_000 "t")) [ "1000 operators deep" ]
                inText (String(' ', 1_000_001)) [ "1000001 characters" ]

                // a name makes each line short, and the formula deep
                let doubled = "a1 = t + 1" :: [ for k in 2..2000 -> $"a{k} = a{k - 1} + 1" ]

                inText (String.Join("; ", doubled) + "; a2000") [ "1000 operators deep" ]
            }
        ]

let private schedules =
    [
        Const 1.0
        Schedule.linear 1.0 0.0
        Schedule.cosine 1.0 0.1 |> Schedule.restart 3 2.0
        Schedule.linear 1.0 0.0 |> Schedule.warmUp 5 0.1 |> Schedule.byEpoch 7
    ]

let private anyStage =
    gen {
        let! name = Gen.elements [ "step 1"; "</script>"; ""; "ein Name" ]
        let! activations, weights, keeps = Gen.three (Gen.elements [ true; false ])
        let! kind = Gen.elements (List.ofArray (Enum.GetValues<WeightDecayKind>()))
        let! rate = Gen.elements schedules
        let! groups = Gen.subListOf ParameterGroup.all
        let! schedule = Gen.elements (None :: List.map Some schedules)
        let! epochs = Gen.choose (-1, 300)

        let! weightBinarizer =
            Gen.elements [ None; Some WeightBinarizer.irNet; Some Binarizer.none ]

        let! places = Gen.elements [ []; [ "layer1"; "fc" ] ]

        let! activationBinarizer =
            Gen.elements [ None; Some(Binarizer.ede Binarizer.edeSharpness) ]

        let! start = Gen.elements (List.ofArray (Enum.GetValues<BinaryStart>()))

        return
            {
                Name = name
                BinaryActivations = activations
                BinaryWeights = weights
                Weights = weightBinarizer
                Activations = activationBinarizer
                Places = places
                WeightDecay =
                    {
                        Kind = kind
                        Rate = rate
                        Groups = List.ofSeq groups
                    }
                Schedule = schedule
                Epochs = epochs
                BinaryStart = start
                KeepsBest = keeps
            }
    }

let private anyRecipe =
    gen {
        let! name = Gen.elements [ "two-step"; "\"own\"" ]
        let! stages = Gen.listOf anyStage
        let! rate = Gen.elements [ 1e-3; 0.1; 7.0 ]

        let! transform =
            Gen.elements
                [
                    Adam.rule Adam.defaults
                    Gradient.clipGlobalNorm 5.0 >=> Sgd.rule Sgd.defaults
                    Rule.identity
                ]

        let recipe = Recipe.Create(name, Array.ofList stages)

        let! optimizer =
            Gen.elements [ recipe; recipe.WithOptimizer("its", transform, rate) ]

        let! batch = Gen.elements [ optimizer; optimizer.WithBatch 32 ]
        return batch
    }
    |> Arb.fromGen

let private adam =
    Adam.rule Adam.defaults >=> Rule.descend (Schedule.linear 1e-3 0.0)

let private names result =
    match result with
    | Ok value -> failtest $"{value} passed"
    | Error(faults: Fault list) -> faults |> List.map _.Name

let private json =
    testList
        "JSON"
        [
            law "a recipe reads back from what is written" anyRecipe (fun recipe ->
                Expect.equal (ValueJson.toRecipe (ValueJson.ofRecipe recipe)) (Ok recipe) "the recipe")

            law "a stage reads back from what is written" (Arb.fromGen anyStage) (fun stage ->
                Expect.equal (ValueJson.toStage (ValueJson.ofStage stage)) (Ok stage) "the stage")

            law "a rule reads back from what is written" anyRule (fun rule ->
                Expect.equal (ValueJson.toRule (ValueJson.ofRule rule)) (Ok rule) "the rule")

            test "every optimizer, and what goes around it, reads back" {
                for row in Catalogue.all do
                    match row.Make [] with
                    | Error faults -> failtest $"{faults}"
                    | Ok transform ->
                        let whole =
                            Gradient.clipGlobalNorm 5.0
                            >=> transform
                            >=> Rule.descend (Schedule.cosine 0.1 0.0)
                            |> Gradient.accumulate 4
                            |> Rule.partition [ [ ParameterGroup.Norms ], adam ]
                            |> WeightDecay.around (WeightDecay.decoupled (Const 1e-4))

                        let rule = whole >=> Weights.average 0.99
                        Expect.equal (ValueJson.toRule (ValueJson.ofRule rule)) (Ok rule) row.Name
            }

            test "what result.json holds of a recipe reads back: its stages, with all that the trainer has decided" {
                let plan =
                    BnnTrainer()
                        .WithAdamW()
                        .WithSchedule(Schedules.Cosine(1.0).WarmUp(10))
                        .TwoStep(wd = WeightDecay.Of(Schedules.Linear(1e-4)).On(ParameterGroup.Classifier))
                        .WithDeviations()
                        .Plan()

                let written = RecipeJson.Of plan

                let stages =
                    [
                        for stage in written["stages"].AsArray() -> ValueJson.toStage (stage.ToJsonString())
                    ]

                Expect.equal stages (List.map Ok plan.Recipe.Stages) "the stages"
            }

            test "an unknown member, a missing one and values of another kind are named, all at once" {
                let text =
                    (ValueJson.ofRecipe (Recipe.twoStep Recipe.defaults))
                        .Replace("\"keepsBest\": false", "\"keepBest\": false")

                Expect.equal
                    (names (ValueJson.toRecipe text))
                    [
                        "stages[0].keepBest"
                        "stages[0].keepsBest"
                        "stages[1].keepBest"
                        "stages[1].keepsBest"
                    ]
                    "unknown and missing"

                let broken =
                    (ValueJson.ofStage (Recipe.oneStep Recipe.defaults).Stages.Head)
                        .Replace("\"epochs\": 6", "\"epochs\": 1.5")
                        .Replace("\"rate\": \"5e-6\"", "\"rate\": \"5e-6 * loss\"")
                        .Replace("\"BinaryWeights\"", "\"Weights\"")
                        .Replace("\"binaryStart\": \"Inherited\"", "\"binaryStart\": 3")

                Expect.equal
                    (names (ValueJson.toStage broken))
                    [ "weightDecay.rate"; "weightDecay.groups[0]"; "epochs"; "binaryStart" ]
                    "each by its path"
            }

            test "text that is no JSON, is nested too deep or too large is one fault" {
                for bad in
                    [
                        ""
                        "{"
                        "[]"
                        "null"
                        String('[', 100_000)
                        "\"" + String('a', 1_000_000) + "\""
                    ] do
                    Expect.equal (names (ValueJson.toRecipe bad)).Length 1 "one fault"
            }

            test "C# reads and writes the same, and hears of every fault" {
                let recipe = Recipe.twoStep Recipe.defaults
                Expect.equal (Recipes.FromJson(recipe.ToJson())) recipe "a recipe"
                Expect.equal (Rules.FromJson(adam.ToJson())) adam "a rule"

                Expect.equal
                    (Schedules.Parse((Schedule.linear 1.0 0.0).ToText()))
                    (Schedule.linear 1.0 0.0)
                    "a schedule"

                let text = argumentFault (fun () -> Recipes.FromJson "{ \"title\": 1 }" |> ignore)

                for word in [ "title"; "name"; "stages" ] do
                    Expect.stringContains text word "each member"
            }
        ]

[<Tests>]
let tests = testList "Text" [ formulas; json ]
