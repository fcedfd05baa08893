/// NaN and infinities end a training where they begin; no sign, file or prediction hides them.
module Bnn.Tests.LostNumberTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private error (trainer: BnnTrainer) =
    try
        trainer.Train().Model.Dispose()
        "nothing was thrown"
    with :? BnnTrainingException as e ->
        e.Message

let private says (parts: string list) (message: string) =
    for part in parts do
        Expect.stringContains message part "the error"

/// A rule as others are, but for one step, after which its weights are too large for float32.
let private burstingAt step =
    Sgd.rule Sgd.defaults
    >=> Rule.descend (Expr.ifEqual Expr.time (Const(float step)) (Const 1e300) (Const 1e-3))

/// A network in which only signs lie between a weight and the loss: no shortcut carries a NaN past them.
let private signed: Network =
    Layers.Convolution("stem", 4, 3)
    >=> Layers.BatchNorm "norm"
    >=> Layers.Sign("sign")
    >=> Layers.BinaryConvolution("conv", 4, 3)
    >=> Layers.Sign("sign2")
    >=> Layers.GlobalMean()
    >=> Layers.Linear("classifier", 3)

let private bursting step =
    (trainerOf signed 1 6 5).WithOptimizer(burstingAt step)

/// A trained network with one number of a tensor replaced.
let private damaged name (number: float32) =
    let network =
        TorchNetwork.Create((trainerOf normed 1 6 5).Plan().Model, 1L, torch.CPU)

    use _none = torch.no_grad ()
    network.Store[name].Value.flatten().[0].fill_(number.ToScalar()) |> ignore
    new BnnModel(network, NetworkMode(false, true, true), (images 1L 8 1 6 5).OwnNormalization(), [| "a"; "b"; "c" |])

let private refusal (action: unit -> unit) =
    try
        action ()
        "nothing was thrown"
    with :? System.InvalidOperationException as e ->
        e.Message

/// Binarizers of the library, and one of a user's whose tests are all false for NaN.
let private binarizers =
    let own =
        { Binarizer.clip with
            Name = "own"
            Formula = Surrogate(Expr.ifLess Binarizer.x (Const 0.0) (Const -1.0) (Const 1.0), Binarizer.x)
            Evaluation = Expr.ifLess Binarizer.x (Const 0.0) (Const -1.0) (Const 1.0)
        }

    own :: BinarizerSupport.everything

let private withNaN = [| 0.5; -0.25; nan; 1.5; -0.0; 0.0; -3.0; 0.75 |]

[<Tests>]
let tests =
    testList
        "Lost numbers"
        [
            test "sign(NaN) is NaN: no binarizer makes a number of NaN, interpreted, compiled at any width, or on torch" {
                for binarizer in binarizers do
                    for form in [ binarizer; Binarizer.evaluation binarizer ] do
                        let formula = Elementwise.ofBinarizer form

                        let setting =
                            { Plans.flat withNaN with
                                Channels = formula.Parameters |> List.map (fun name -> name, [| 1.0 |]) |> Map.ofList
                            }

                        for how in Plans.ways do
                            let y = Plans.forward how setting withNaN formula
                            Expect.isTrue (System.Double.IsNaN y[2]) $"{form.Name}, {how}"

                        let layer = ElementwiseLayer.OfActivation(form, false)

                        for dtype in [ torch.float32; torch.float64 ] do
                            use _scope = torch.NewDisposeScope()
                            let x = torch.tensor(withNaN).``to``(dtype).reshape(1L, 1L, 2L, 4L)
                            let learned = [| for _ in layer.Parameters -> torch.ones (1L, dtype = dtype) |]
                            let y = layer.Apply(x, LayerSupport.training, 0, null, learned)
                            Expect.isTrue (y[0, 0, 0, 2].isnan().item<bool>()) $"{form.Name}, {dtype}"
            }

            test "sign(NaN) is NaN, sign(0) and sign(-0) are +1 in every algebra, torch's operations among them" {
                let sign = Unary(SignPlus, Binarizer.x)
                let numbers = [| nan; 0.0; -0.0; 2.0; -2.0; infinity; -infinity |]
                let expected = [| nan; 1.0; 1.0; 1.0; -1.0; 1.0; -1.0 |]
                let graph = Graph.ofExprs [ sign ]

                let doubles =
                    numbers
                    |> Array.map (fun x -> Array.head (Algebra.evaluate Algebra.float64 (fun _ -> x) graph))

                let singles =
                    numbers
                    |> Array.map (fun x ->
                        float (Array.head (Algebra.evaluate Algebra.float32 (fun _ -> float32 x) graph)))

                use _scope = torch.NewDisposeScope()

                let tensors =
                    (Algebra.evaluate (TensorAlgebra.Of torch.float64) (fun _ -> torch.tensor numbers) graph)[0]

                for actual in [ doubles; singles; tensors.data<float>().ToArray() ] do
                    Checks.equalBits expected actual "sign"
            }

            test
                "An infinite step ends the run at once: the error names stage, step and weight, and the rate of that step" {
                error (bursting 7)
                |> says
                    [
                        "conv.weight is infinite after the step"
                        "in step 7 of 20, in epoch 1 of 1, after 28 of its 80 images"
                        "lower the learning rate (1E+300 here)"
                        "nothing was saved"
                    ]
            }

            test "A last step that loses the weights is seen too: there is no result, and no network is written" {
                inFolder (fun folder ->
                    let trainer = (bursting 20).SaveTo(folder)
                    error trainer |> says [ "is infinite after the step in step 20 of 20" ]
                    Expect.isFalse (File.Exists(Path.Combine(folder, "result.json"))) "result.json"
                    Expect.isFalse (File.Exists(Path.Combine(folder, "network.bnn"))) "network.bnn")
            }

            test "What a rule keeps is seen: an infinite second moment would leave a weight as it is for ever" {
                let objective =
                    Objectives.Own(
                        "steep",
                        "1",
                        fun outputs target -> torch.nn.functional.cross_entropy (outputs, target) * torch.tensor (1e25f)
                    )

                error ((trainerOf plain 1 6 5).WithObjective objective)
                |> says [ "the rule's v of"; "is infinite after the step in step 1 of 20" ]

                error ((trainerOf plain 1 6 5).WithBop().WithObjective objective)
                |> says [ "the rule's v of"; "is infinite" ]
            }

            test "Batch norm's statistics are seen: those of huge inputs are infinite, and the loss stays finite" {
                let numbers = Array.init (80 * 12) (fun k -> float32 (k % 7 - 3) * 1e30f)

                let examples =
                    FloatSet(FeatureSize.Of(1L, 1L, 12L), numbers, Array.init 80 (fun k -> k % 3), [| "a"; "b"; "c" |])

                let network =
                    Layers.BatchNorm "norm"
                    >=> Layers.Sign("sign")
                    >=> Layers.Flatten()
                    >=> Layers.Linear("classifier", 3)

                let message =
                    error (
                        (trainerOf network 1 1 12)
                            .WithData(Data.Own("huge", "1", examples, examples).WithNormalization([ 0.0 ], [ 1.0 ]))
                    )

                says [ "norm"; "in step 1 of 20"; "look at the numbers that the network is given" ] message
                Expect.isFalse (message.Contains "learning rate") "no advice on the rate: no step was done yet"
            }

            test "Where nothing says what the rate is, the error advises on no rate" {
                let rule =
                    { Rule.identity with
                        Weight =
                            Expr.weight
                            - Expr.ifEqual Expr.time (Const 5.0) (Const 1e300) (Const 0.001) * Expr.gradient
                    }

                let message = error ((trainerOf signed 1 6 5).WithOptimizer rule)
                says [ "in step 5 of 20"; "let the rule take smaller steps" ] message
                Expect.isFalse (message.Contains "learning rate") "no rate"
            }

            test "An objective that gives NaN is named; the outputs that it was given are finite" {
                let objective =
                    Objectives.Own(
                        "gap",
                        "1",
                        (fun outputs _ -> (outputs.sum () * torch.tensor 0.0f).log() - outputs.sum().exp())
                    )

                error ((trainerOf plain 1 6 5).WithObjective objective)
                |> says [ "the loss became"; "in step 1 of 20"; "look at the objective gap" ]
            }

            test "The layer that is the first to lose numbers is named, and each micro-batch is looked at" {
                let rule = Sgd.rule Sgd.defaults >=> Rule.descend (Const 1e37)

                for trainer in [ trainerOf plain 1 6 5; (trainerOf plain 1 6 5).WithMicroBatches 2 ] do
                    error (trainer.WithOptimizer rule)
                    |> says [ "in step 2 of 20"; "the first that does"; "1E+37 here" ]
            }

            test "The last good checkpoint is kept and named: all that it holds is finite" {
                inFolder (fun folder ->
                    let trainer = (bursting 7).SaveTo(folder).WithCheckpoints(System.TimeSpan.Zero)

                    let message = error trainer
                    let after = message.IndexOf "the last good checkpoint is " + 28
                    let file = message.Substring(after, message.IndexOf ", and a run" - after)
                    let kept = Checkpoint.Read file
                    Expect.equal (kept.Position.Steps, kept.FirstLost()) (6, null) "before the step"
                    // it goes on there, and ends in the same way
                    Expect.equal (error trainer) message "again")
            }

            test "A checkpoint with lost weights, of an earlier version, is passed over for the last finite one" {
                inFolder (fun folder ->
                    let trainer =
                        (trainerOf signed 1 6 5).SaveTo(folder).WithCheckpoints(System.TimeSpan.Zero, 3)

                    ResumeSupport.runFor 4 trainer |> ignore
                    let newest = CheckpointFolder.Files(folder)[0]
                    let checkpoint = Checkpoint.Read newest

                    let lost =
                        [|
                            for array in checkpoint.Network ->
                                if array.Name = "stem.weight" then
                                    NamedArray(
                                        array.Name,
                                        array.Dtype,
                                        array.Shape,
                                        System.ReadOnlyMemory(Array.create array.Bytes.Length 255uy)
                                    )
                                else
                                    array
                        |]

                    Checkpoint(
                        checkpoint.Position,
                        lost,
                        checkpoint.Slots,
                        checkpoint.First,
                        checkpoint.Best,
                        Identity = checkpoint.Identity,
                        Header = checkpoint.Header
                    )
                        .Write
                        newest

                    let notes = StartSupport.Notes()
                    use model = trainer.Observed(notes).Train().Model
                    Expect.exists notes.All (fun note -> note.Contains "stem.weight is NaN") "said"
                    use whole = (trainerOf signed 1 6 5).Train().Model
                    let images = images 9L 4 1 6 5
                    Expect.equal (logitsOf model images) (logitsOf whole images) "the same training")
            }

            test "Weights that are lost before a training are no start for it" {
                use teacher = damaged "conv.weight" nanf

                error ((trainerOf normed 1 6 5).StartingFrom teacher)
                |> says [ "conv.weight is NaN in the weights that the training starts from" ]
            }

            test "A network whose numbers are lost predicts nothing and has no accuracy: the error names the tensor" {
                for name, number in
                    [
                        "stem.weight", nanf
                        "conv.weight", nanf
                        "after.running_var", nanf
                        "classifier.bias", -infinityf
                    ] do
                    use model = damaged name number
                    let set = images 1L 8 1 6 5
                    refusal (fun () -> model.Predict(set[0]) |> ignore) |> says [ name ]
                    refusal (fun () -> model.Evaluate set |> ignore) |> says [ name ]
            }

            test "A .bnn is not written of lost numbers, whose signs would hide them; safetensors keeps them" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    use model = damaged "conv.weight" nanf
                    let path = Path.Combine(folder, "net.bnn")

                    let message =
                        try
                            model.Save path
                            "nothing was thrown"
                        with :? BnnFileException as e ->
                            e.Message

                    says [ "conv.weight is NaN"; ".safetensors" ] message
                    Expect.isFalse (File.Exists path) "no file"
                    let other = Path.Combine(folder, "net.safetensors")
                    model.Save other
                    use loaded = BnnModel.Load other
                    let picture = (images 1L 8 1 6 5)[0]
                    refusal (fun () -> loaded.Predict picture |> ignore) |> says [ "conv.weight" ])
            }

            test "An optimizer in a torch loop says whether its step has left finite numbers, and throws nothing" {
                use own = OptimizerSupport.parameter 1 torch.float32 [| 5L |]

                use optimizer =
                    new BnnOptimizer(burstingAt 2, OptimizerSupport.lists [ ParameterGroup.Norms, own ])

                Expect.isTrue optimizer.IsFinite "before the first"
                optimizer.step () |> ignore
                Expect.isTrue optimizer.IsFinite "after a good one"
                optimizer.step () |> ignore
                Expect.isFalse optimizer.IsFinite "after a bad one"
            }
        ]
