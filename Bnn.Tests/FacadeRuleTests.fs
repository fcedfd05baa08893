/// Rules and schedules as C# users meet them.
module Bnn.Tests.FacadeRuleTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp
open TorchSharp

let private adam =
    Rules
        .AddDecayedWeights(Schedules.Constant 5e-6)
        .Then(Rules.Adam(beta2 = 0.99))
        .Then(Rules.Descend(Schedules.Linear(1.25e-3)))

let private coreAdam =
    Bnn.Rule.addDecayedWeights (Const 5e-6)
    >=> Adam.rule { Adam.defaults with Beta2 = 0.99 }
    >=> Bnn.Rule.descend (Bnn.Schedule.linear 1.25e-3 0.0)

let private values =
    [
        testCase "A rule built in C# is the rule built in F#, and prints as it"
        <| fun _ ->
            Expect.equal adam coreAdam "the same formulas"
            Expect.equal (adam.ToString()) (Print.text coreAdam) "text"
            Expect.equal (adam.ToLatex()) (Latex.rule coreAdam) "LaTeX"
            Expect.equal (Rules.Adam().After(Rules.Identity)) (Rules.Adam()) "equal by structure"
            Expect.notEqual (Rules.Adam()) (Rules.Adam(beta1 = 0.5)) "different options"

        testCase "Every row of the catalogue has a factory whose defaults are the row's"
        <| fun _ ->
            let factories =
                typeof<Rules>.GetMethods()
                |> Array.map (fun m -> m.Name.ToLowerInvariant(), m)
                |> Array.distinctBy fst
                |> Map.ofArray

            for row in Catalogue.all do
                let factory = factories[row.Name.ToLowerInvariant()]
                let arguments = factory.GetParameters() |> Array.map _.DefaultValue
                let made = factory.Invoke(null, arguments) :?> Bnn.Rule

                match row.Make [] with
                | Ok rule -> Expect.equal made rule row.Name
                | Error faults -> failtest $"{faults}"

        testCase "An option out of range is an ArgumentException that lists every fault"
        <| fun _ ->
            let message =
                argumentFault (fun () -> Rules.Adam(beta1 = 2.0, epsilon = nan) |> ignore)

            for part in [ "Adam"; "beta1 is 2"; "epsilon is NaN"; "allowed" ] do
                Expect.stringContains message part "named"

        law "A state follows the rule step by step, as the core does" course (fun course ->
            let expected = Reference.trajectory coreAdam 20 course.P0 course.Grads

            (adam.Start(course.P0, 20), List.ofArray course.Grads, expected)
            |||> List.fold2 (fun state gradients weights ->
                let next = state.Step gradients
                equalBits weights (Seq.toArray next.Weights) "weights"
                Expect.equal next.Time (state.Time + 1) "time"
                next)
            |> ignore)

        testCase "A state of another length, and a slot that is not there, are refused by name"
        <| fun _ ->
            let state = adam.Start [ 1.0; 2.0 ]

            Expect.stringContains
                (argumentFault (fun () -> state.Step [ 1.0 ] |> ignore))
                "1 gradients for 2 weights"
                "length"

            Expect.stringContains (argumentFault (fun () -> state.Slot "z" |> ignore)) "it has: m, v" "slots"
            Expect.sequenceEqual (state.Slot "m") [ 0.0; 0.0 ] "a slot"

        testCase "Schedules compose in C# as in F#"
        <| fun _ ->
            let reference = Schedules.Linear(0.1).SteppedBeforeUse().ByEpoch(4)
            Expect.floatClose Accuracy.veryHigh (reference.ValueAt(1, 8)) 0.075 "the first epoch"
            Expect.equal (reference.ValueAt(8, 8)) 0.0 "the last epoch has rate 0"
            let warm = (Schedules.Constant 0.5).WarmUp(4, 0.0)
            Expect.floatClose Accuracy.veryHigh (warm.ValueAt(3, 10)) 0.25 "half way"
            Expect.equal (Schedules.Constant(0.5).Scale(2.0)) (Expr.op_Implicit 1.0) "a number is a schedule"
            Expect.isNonEmpty (Schedules.Linear(nan).Validate()) "faults"

        testCase "A partition in C# is the core's"
        <| fun _ ->
            let sgd, rest = Rules.Sgd().Then(Rules.Descend(Schedules.Constant 0.1)), adam

            let ours = Rules.Partition(rest, struct (sgd, [| ParameterGroup.BinaryWeights |]))

            Expect.equal ours (Bnn.Rule.partition [ [ ParameterGroup.BinaryWeights ], sgd ] rest) "the same formulas"

            Expect.equal (ours.For ParameterGroup.BinaryWeights).SlotNames.Count 1 "SGD's buffer"
            Expect.equal (ours.For ParameterGroup.Norms).SlotNames.Count 2 "Adam's means"
    ]

let private few =
    lazy
        (let sample = Data.FashionMnistSample().Load()
         Data.InMemory("a few", sample.Train.Take 128, sample.Test.Take 64))

let private short () =
    BnnTrainer()
        .WithData(few.Value)
        .WithModel(Models.ReActNet([ struct (8, 2); struct (16, 2) ]))
        .WithThreads(1)
        .TwoStep(wd = 5e-4, epochs = 1)

let private logitsOf (trainer: BnnTrainer) =
    use model = trainer.Train().Model
    use _scope = torch.NewDisposeScope()
    let images = few.Value.Load().Test

    let x =
        torch.arange (0, 2 * images.Height * images.Width, dtype = torch.float32)
        / 784.0.ToScalar()

    model.LogitsOf(x.view (2, 1, images.Height, images.Width)).data<float32>().ToArray()

let private training =
    [
        testCase "A rule of one's own trains as the builder's method for it, to the bit"
        <| fun _ ->
            let own = Rules.Adam().Then(Rules.Descend(Schedules.Linear 1e-3))

            equalBits32
                (logitsOf ((short ()).WithAdam(learningRate = 1e-3)))
                (logitsOf ((short ()).WithOptimizer own))
                "logits"

        testCase "A rule for each group reaches its group"
        <| fun _ ->
            let sgd = Rules.Sgd().Then(Rules.Descend(Schedules.Constant 0.1))

            let trainer =
                (short ())
                    .WithOptimizer(
                        Func<ParameterGroup, Bnn.Rule>(fun group ->
                            if group = ParameterGroup.BinaryWeights then sgd else adam)
                    )

            let text = trainer.Describe()
            Expect.stringContains text "binary convolutions" "its group"
            Expect.stringContains text "b' = " "SGD's buffer"
            Expect.stringContains text "sqrt(v')" "Adam's root"
            Expect.isTrue (logitsOf trainer |> Array.forall Single.IsFinite) "it trains"

        testCase "A rule without a step is refused before anything runs"
        <| fun _ ->
            let faults =
                (short ()).WithOptimizer(Rules.Adam()).Validate()
                |> Seq.map _.Name
                |> List.ofSeq

            Expect.contains faults "rule" "named"

        testCase "Decoupled decay that float32 loses is warned of, in words"
        <| fun _ ->
            let warned (trainer: BnnTrainer) = trainer.Warnings() |> List.ofSeq
            Expect.isEmpty (warned (short ())) "coupled"
            let lost = (short ()).WithAdamW(learningRate = 1e-3).TwoStep(wd = 5e-6, epochs = 1)
            let text = Expect.wantSome (List.tryHead (warned lost)) "AdamW, 5e-9 a step"
            Expect.stringContains text "float32" "why"
            Expect.stringContains (lost.Describe()) text "described too"
            let kept = (short ()).TwoStep(wd = WeightDecay.Decoupled 5e-4, epochs = 1)
            Expect.stringContains (kept.Describe()) "w' = w * (1 - " "decoupled decay in the formula"

        testCase "Decay may change during a stage, and be of other groups"
        <| fun _ ->
            let decay = WeightDecay.Of(Schedules.Linear 5e-4).On ParameterGroup.Classifier
            let text = (short ()).TwoStep(wd = decay, epochs = 1).Describe()
            Expect.stringContains text "a  = 1 - (t - 1) / T" "the schedule"
            Expect.stringContains text "b  = g + 0.0005 * a * w" "scheduled, of the classifier"

        testCase "Each stage decays in its own way: kind, schedule and groups"
        <| fun _ ->
            let trainer =
                (short ())
                    .WithStages(
                        Stage.Create("first", true, false, 1, weightDecay = WeightDecay.Coupled 1e-3),
                        Stage.Create(
                            "second",
                            true,
                            true,
                            1,
                            weightDecay = WeightDecay.Decoupled(Schedules.Linear 0.5).On ParameterGroup.RealConvolutions
                        ),
                        Stage.Create("third", true, true, 1)
                    )

            let described = trainer.Describe().Split ": activations"
            Expect.stringContains described[1] "g + 0.001 * w" "coupled, constant"
            Expect.stringContains described[2] "w' = w * (1 - " "decoupled"
            Expect.isFalse (described[2].Contains "g + ") "and not the first stage's"
            Expect.isFalse (described[3].Contains "g + " || described[3].Contains "w * (1 - ") "none"
            Expect.isTrue (logitsOf trainer |> Array.forall Single.IsFinite) "it trains"

        testCase "Decay of no group, or at a rate that is no number, is a fault of its stage"
        <| fun _ ->
            let faults wd =
                (short ()).TwoStep(wd = wd).Validate() |> Seq.map _.Name |> List.ofSeq

            Expect.equal
                (faults (WeightDecay.Coupled(nan).On()))
                [ "step 1: weightDecay"; "step 1: weightDecay: groups" ]
                "both"

        testCase "A rule of one's own decays by the rate of its descent; without a descent only coupled"
        <| fun _ ->
            let own =
                (short ()).WithOptimizer(Rules.Adam().Then(Rules.Descend(Schedules.Linear 1e-3)))

            Expect.isEmpty (own.TwoStep(wd = 1e-4).Validate()) "coupled"

            Expect.stringContains
                (own.TwoStep(wd = WeightDecay.Decoupled 1e-4).Describe())
                "w' = w * (1 - "
                "decoupled, by its own rate"

            let names =
                (short ()).WithOptimizer(Rules.Bop()).TwoStep(wd = WeightDecay.Proximal 1e-4).Validate()
                |> Seq.map _.Name
                |> List.ofSeq

            Expect.equal names [ "step 1: weightDecay: kind" ] "proximal, by no rate"
    ]

[<Tests>]
let tests =
    testList "Facade rules" [ yield! values; trainings (testList "training" training) ]
