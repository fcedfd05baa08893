/// Rules and schedules as C# users meet them.
module Bnn.Tests.FacadeRuleTests

open System
open System.Reflection
open Bnn.Core
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
    Bnn.Core.Rule.addDecayedWeights (Const 5e-6)
    >=> Adam.rule { Adam.defaults with Beta2 = 0.99 }
    >=> Bnn.Core.Rule.descend (Bnn.Core.Schedule.linear 1.25e-3 0.0)

let private messageOf (act: unit -> unit) =
    try
        act ()
        "nothing was raised"
    with :? ArgumentException as e ->
        e.Message

let private values =
    [
        testCase "A rule built in C# is the rule built in F#, and prints as it"
        <| fun _ ->
            Expect.equal adam.Formulas coreAdam "the same formulas"
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

                match Catalogue.make row [] with
                | Ok rule -> Expect.equal made.Formulas rule row.Name
                | Error faults -> failtest $"{faults}"

        testCase "An option out of range is an ArgumentException that lists every fault"
        <| fun _ ->
            let message = messageOf (fun () -> Rules.Adam(beta1 = 2.0, epsilon = nan) |> ignore)

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
                (messageOf (fun () -> state.Step [ 1.0 ] |> ignore))
                "1 gradients for 2 weights"
                "length"

            Expect.stringContains (messageOf (fun () -> state.Slot "z" |> ignore)) "it has: m, v" "slots"
            Expect.sequenceEqual (state.Slot "m") [ 0.0; 0.0 ] "a slot"

        testCase "Schedules compose in C# as in F#"
        <| fun _ ->
            let reference = Schedules.Linear(0.1).SteppedBeforeUse().ByEpoch(4)
            Expect.floatClose Accuracy.veryHigh (reference.ValueAt(1, 8)) 0.075 "the first epoch"
            Expect.equal (reference.ValueAt(8, 8)) 0.0 "the last epoch has rate 0"
            let warm = Schedules.WarmUp(4, Schedules.Constant 0.5)
            Expect.floatClose Accuracy.veryHigh (warm.ValueAt(3, 10)) 0.25 "half way"
            Expect.equal (Schedules.Constant(0.5).Scale(2.0)) (Schedule.op_Implicit 1.0) "a number is a schedule"
            Expect.isNonEmpty (Schedules.Linear(nan).Validate()) "faults"

        testCase "A partition in C# is the core's"
        <| fun _ ->
            let sgd, rest = Rules.Sgd().Then(Rules.Descend(Schedules.Constant 0.1)), adam

            let ours = Rules.Partition(rest, struct (sgd, [| ParameterGroup.BinaryWeights |]))

            Expect.equal
                ours.Formulas
                (Bnn.Core.Rule.partition [ [ BinaryWeights ], sgd.Formulas ] rest.Formulas)
                "the same formulas"

            Expect.equal (ours.For ParameterGroup.BinaryWeights).Slots.Count 1 "SGD's buffer"
            Expect.equal (ours.For ParameterGroup.Norms).Slots.Count 2 "Adam's means"
    ]

let private binarizing =
    [
        testCase "Binarizers compose in C#, and give the core's values and gradients"
        <| fun _ ->
            let x = [ -2.0; -0.5; 0.0; 0.25; 3.0 ]
            let dy = [ 1.0; 2.0; 3.0; 4.0; 5.0 ]
            Expect.sequenceEqual (Binarizers.Clip.Values x) [ -1.0; -1.0; 1.0; 1.0; 1.0 ] "sign, +1 at 0"
            Expect.sequenceEqual (Binarizers.ApproxSign.Gradients(x, dy)) [ 0.0; 2.0; 6.0; 6.0; 0.0 ] "ApproxSign"
            let scaled = Binarizers.Clip.WithScale WeightScale.InValueOnly
            Expect.sequenceEqual (scaled.Values x) [ -1.15; -1.15; 1.15; 1.15; 1.15 ] "mean |x| is 5.75 / 5"
            Expect.sequenceEqual (scaled.Gradients(x, dy)) [ 0.0; 2.0; 3.0; 4.0; 0.0 ] "not in the derivative"
            Expect.sequenceEqual (Binarizers.Clip.AsHeaviside().Values x) [ 0.0; 0.0; 1.0; 1.0; 1.0 ] "0 and 1"
            let learned = Binarizers.Clip.WithScale WeightScale.Learned
            Expect.sequenceEqual learned.Parameters [ "scale" ] "learned"

            Expect.sequenceEqual
                (learned.Values(x, BinarizerSetting(LearnedScale = 2.0)))
                [ -2.0; -2.0; 2.0; 2.0; 2.0 ]
                "by 2"

            let at noise =
                Seq.head (Binarizers.StochasticSign.Values([ 0.5 ], BinarizerSetting(Noise = noise)))

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
                    Binarizers.Ternary
                    Binarizers.MagnitudeAware
                    Binarizers.DoReFaInput 2
                    Binarizers.DoReFaWeight 2
                    Binarizers.None
                    Binarizers.Identity
                ]

            for binarizer in all @ scaled do
                for t in [ 1; 7; 10 ] do
                    let setting = BinarizerSetting(t, 10)
                    Expect.all (binarizer.Values(x, setting)) Double.IsFinite binarizer.Name
                    Expect.all (binarizer.Gradients(x, dy, setting)) Double.IsFinite binarizer.Name

        testCase "Bits out of range, and gradients of another number, are refused by name"
        <| fun _ ->
            Expect.stringContains (messageOf (fun () -> Binarizers.DoReFaInput 0 |> ignore)) "bits" "bits"

            let few () =
                Binarizers.Clip.Gradients([ 1.0; 2.0 ], [ 1.0 ]) |> ignore

            Expect.stringContains (messageOf few) "1 gradients for 2 numbers" "numbers"
    ]

let rec private mentionsFSharp (t: Type) =
    (t.Namespace <> null && t.Namespace.StartsWith "Microsoft.FSharp")
    || t.Namespace = "Bnn.Core"
    || (t.IsGenericType && t.GetGenericArguments() |> Array.exists mentionsFSharp)
    || (t.HasElementType && mentionsFSharp (t.GetElementType()))

let private surface =
    [
        testCase "No public signature of the facade has an F# type or one of the core"
        <| fun _ ->
            let flags =
                BindingFlags.Public
                ||| BindingFlags.Instance
                ||| BindingFlags.Static
                ||| BindingFlags.DeclaredOnly

            let found =
                [
                    for t in typeof<BnnTrainer>.Assembly.GetExportedTypes() do
                        for m in t.GetMethods flags do
                            for p in Seq.append [ m.ReturnType ] (m.GetParameters() |> Seq.map _.ParameterType) do
                                if mentionsFSharp p then
                                    $"{t.Name}.{m.Name}: {p}"

                        for c in t.GetConstructors flags do
                            for p in c.GetParameters() do
                                if mentionsFSharp p.ParameterType then
                                    $"{t.Name}: {p.ParameterType}"

                        for i in t.GetInterfaces() do
                            if mentionsFSharp i then
                                $"{t.Name} is {i}"
                ]

            Expect.isEmpty found "F# types"
    ]

/// Parameters of two groups, the first of two tensors, in float64.
let private parameters () =
    let flat (numbers: float[]) =
        torch.tensor(numbers).DetachFromDisposeScope()

    let group kind (w: float[]) (g: float[]) (tensors: struct (int64 * int * int64) list) =
        new FlatGroup(kind, flat w, flat g, List.toArray tensors)

    let numbers seed count =
        Array.init count (fun i -> sin (float (seed * 31 + i * 7)))

    let binary =
        group ParameterGroup.BinaryWeights (numbers 1 20) (numbers 2 20) [ struct (0L, 2, 4L); struct (8L, 3, 4L) ]

    let classifier =
        group ParameterGroup.Classifier (numbers 3 6) (numbers 4 6) [ struct (0L, 6, 1L) ]

    [| binary; classifier |]

let private segments =
    let segment group rows length =
        {
            Group = group
            Rows = rows
            Length = length
        }

    [
        segment Group.BinaryWeights 2 4
        segment Group.BinaryWeights 3 4
        segment Group.Classifier 6 1
    ]

let private counting =
    // A number kept once, which the next step reads.
    {
        Slots = [ Slot.once "steps" (Const 0.0) (Expr.slotOnce "steps" + 1.0) ]
        Gradient = Expr.gradient * (Expr.slotOnce "steps" + 1.0)
        Weight = Expr.weight
    }

let private optimizing =
    let rules =
        [
            "norm clipping", Gradient.clipGlobalNorm 0.5 >=> coreAdam
            "centralization", Gradient.centralize >=> coreAdam
            "a number kept once", counting >=> coreAdam
            "a partition",
            Bnn.Core.Rule.partition
                [ [ Group.Classifier ], Gradient.clipLargest 0.25 >=> coreAdam ]
                (Bnn.Core.Rule.descend (Const 0.25))
        ]

    [
        for name, rule in rules do
            testCase $"The trainer's optimizer makes the core's steps on all groups: {name}"
            <| fun _ ->
                use _scope = torch.NewDisposeScope()
                let groups = parameters ()
                let numbers (t: torch.Tensor) = t.data<float>().ToArray()

                let joined (pick: FlatGroup -> torch.Tensor) =
                    groups |> Array.collect (pick >> numbers)

                let first, gradients = joined _.Weights, joined _.Gradients
                use optimizer = new RuleOptimizer(rule, 10, groups)
                let step = Optimizer.step rule
                let mutable state, w = Optimizer.startOver segments 10 rule first, first

                for _ in 1..4 do
                    let flips = optimizer.Step()
                    let struct (next, after) = step state gradients w

                    let expected =
                        Array.map2 (fun a b -> a >= 0.0 <> (b >= 0.0)) w after
                        |> Array.take 20
                        |> Array.filter id

                    Expect.equal flips (int64 expected.Length) "flips of binary weights"
                    state <- next
                    w <- after

                    for e, a in Array.zip w (joined _.Weights) do
                        // What is folded over everything may be added up in another order.
                        Expect.isTrue (near 1e-13 1e-15 e a) $"{e} {a}"

        testCase "A step leaves no tensor behind"
        <| fun _ ->
            use _scope = torch.NewDisposeScope()

            use optimizer =
                new RuleOptimizer(Gradient.centralize >=> coreAdam, 10, parameters ())

            optimizer.Step() |> ignore
            let before = torch.Tensor.TotalCount

            for _ in 1..20 do
                use _inner = torch.NewDisposeScope()
                optimizer.Step() |> ignore

            Expect.equal torch.Tensor.TotalCount before "live tensors"
    ]

let private few =
    lazy
        (let sample = Data.FashionMnistSample().Load()
         Data.InMemory("a few", sample.Train.Take 128, sample.Test.Take 64))

let private short () =
    BnnTrainer()
        .WithData(few.Value)
        .WithModel(Models.ReActNet([ struct (8, 2); struct (16, 2) ]))
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
            let kept = (short ()).WithWeightDecay(Nullable WeightDecayKind.Decoupled)
            Expect.stringContains (kept.Describe()) "w' = w * (1 - " "decoupled decay in the formula"

        testCase "Decay may change during a stage, and be of other groups"
        <| fun _ ->
            let text =
                (short ()).WithWeightDecay(Nullable(), Schedules.Linear 1.0, ParameterGroup.Classifier).Describe()

            Expect.stringContains text "a  = 1 - (t - 1) / T" "the schedule"
            Expect.stringContains text "b  = g + 0.0005 * a * w" "scheduled, of the classifier"
    ]

[<Tests>]
let tests =
    testList
        "Facade rules"
        [
            yield! values
            yield! binarizing
            yield! surface
            testSequenced (testList "on tensors" (optimizing @ training))
        ]
