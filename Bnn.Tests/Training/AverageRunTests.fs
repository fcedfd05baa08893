/// Trainings whose weights are averaged: what is measured, what is left, and how they go on.
module Bnn.Tests.AverageRunTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

let private descent = Rules.Adam().Then(Rules.Descend(Schedules.Linear 1e-2))

let private averaging (decay: float) =
    descent.Then(Rules.AverageWeights decay)

let private network =
    Models.ReActNet([ struct (8, 2); struct (16, 2); struct (16, 1) ])

/// One stage of so many epochs of 10 batches.
let private trainer (rule: Rule, epochs: int) =
    short().WithModel(network).WithBatch(32).WithThreads(1).WithOptimizer(rule).OneStep(wd = 0.0, epochs = epochs)

/// Two stages, the best epoch of the first kept, in micro-batches.
let private twoStages (rule: Rule) =
    trainer(rule, 1)
        .WithMicroBatches(2)
        .WithStages(
            Stage.Create("first", true, false, 2, weightDecay = WeightDecay.Of 1e-3, keepsBest = true),
            Stage.Create("second", true, true, 2)
        )

let private twoOutcome = lazy (outcome ((twoStages (averaging 0.9)).Train()))

/// What is measured of the weights that are trained.
let private live (result: TrainingResult) =
    [
        for e in result.Epochs ->
            e.Loss, e.TrainTop1, e.FlipFlopRatio, e.Saturation, DiagnosticsSupport.text e.Diagnostics
    ],
    [ for stage in result.Stages -> stage.FlipFlopRatio, stage.C2IRatio ]

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Average of a run"
            [
                test
                    "A short training with the default average ends near the one without, and its weights and flips are those without" {
                    let plain = (trainer (descent, 6)).Train()
                    let averaged = (trainer (averaging 0.999, 6)).Train()
                    use _ = plain.Model
                    use _ = averaged.Model
                    Expect.equal (live averaged) (live plain) "what is trained"

                    Expect.isGreaterThan
                        averaged.Stages[0].Top1
                        (plain.Stages[0].Top1 - 0.15)
                        $"{averaged.Stages[0].Top1} with the average, {plain.Stages[0].Top1} without"

                    Expect.isGreaterThan averaged.Stages[0].Top1 0.25 "far from chance"
                }

                test
                    "With decay 0 the average is the live weights: the network is that of recalibrated statistics, to the bit" {
                    let plain = trainer(descent, 2).WithBatchNormRecalibration().Train()
                    let averaged = (trainer (averaging 0.0, 2)).Train()
                    let _, _, logits, weights = outcome averaged
                    let _, _, expectedLogits, expectedWeights = outcome plain
                    Expect.equal logits expectedLogits "logits"
                    Expect.equal weights expectedWeights "weights"
                }

                test
                    "A stage leaves the average: of the weights that the slots hold, in network.bnn and in what the next stage starts from" {
                    inFolder (fun folder ->
                        let result = (trainer (averaging 0.9, 2)).SaveTo(folder).Train()
                        use model = result.Model

                        match checkpoints folder |> Array.map Checkpoint.Read with
                        | [| before; after |] ->
                            let store = TorchNetwork.Outline(network).Store

                            for group in ParameterGroup.all |> List.filter (store.Count >> (<) 0L) do
                                let ofGroup (tensors: NamedArray seq) =
                                    [|
                                        for struct (tensor, its) in store.Parameters do
                                            if its = group then
                                                yield!
                                                    (tensors |> Seq.find (fun array -> array.Name = tensor.Name))
                                                        .Bytes.ToArray()
                                    |]

                                let slot = before.Slots |> Seq.find (fun slot -> slot.Name = $"{group}/average")

                                Expect.equal
                                    (ofGroup after.Network)
                                    (slot.Bytes.ToArray())
                                    $"{group}: the average is left"

                                Expect.notEqual
                                    (ofGroup before.Network)
                                    (ofGroup after.Network)
                                    $"{group}: and was not trained on"
                        | other -> failtest $"{other.Length} checkpoints"

                        use loaded = BnnModel.Load folder
                        let test' = few.Value.Load().Test

                        Expect.equal
                            (loaded.Evaluate(test').Top1)
                            result.Stages[0].Top1
                            "network.bnn has the average's accuracy"

                        Expect.equal (Seq.last result.Epochs).Top1 result.Stages[0].Top1 "and so had the last epoch")
                }

                test "Each epoch's accuracy is the average's, and best.safetensors is chosen by it and holds it" {
                    inFolder (fun folder ->
                        let result = (trainer (averaging 0.9, 4)).SaveTo(folder).Train()
                        use _ = result.Model
                        use best = BnnModel.Load(ResumeSupport.best folder)
                        let top1 = result.Epochs |> Seq.map _.Top1 |> Seq.max
                        Expect.equal (best.Evaluate(few.Value.Load().Test).Top1) top1 "the best epoch's")
                }

                test "An averaged training in two stages and micro-batches that is stopped anywhere goes on, to the bit" {
                    inFolder (fun folder ->
                        for batches in [ 9; 20; 27 ] do
                            let trainer = (twoStages (averaging 0.9)).SaveTo(Path.Combine(folder, $"{batches}"))
                            Expect.isNone (runFor batches trainer) "stopped"
                            Expect.equal (outcome (trainer.Train())) twoOutcome.Value $"after {batches} batches")
                }

                test
                    "Where best.safetensors alone is left, an averaged training goes on from the weights that were trained" {
                    inFolder (fun folder ->
                        let trainer = (twoStages (averaging 0.9)).SaveTo folder
                        Expect.isNone (runFor 13 trainer) "stopped"

                        for path in checkpoints folder do
                            File.Delete path

                        Expect.isTrue (File.Exists(best folder)) "of the first epoch"
                        Expect.equal (outcome (trainer.Train())) twoOutcome.Value "the same")
                }

                test "A second stage begins with the average of the first and with an average of its own" {
                    let first = Stage.Create("first", true, true, 1)

                    let two =
                        trainer(averaging 0.9, 1).WithStages(first, Stage.Create("second", true, true, 1)).Train()

                    use _ = two.Model
                    // C2I is of the second stage's first signs, which are the average's: over 10 steps of its own
                    Expect.isLessThan two.Stages[1].C2IRatio 1.0 "some flip"
                    Expect.isGreaterThan two.Stages[1].C2IRatio 0.5 "most stay"
                    Expect.isGreaterThan two.Stages[1].Top1 0.2 "far from chance"
                }

                test "A loop of one's own has the average for as long as it wants, and goes on as without" {
                    use module' = Models.ReActNet([ struct (8, 2); struct (16, 2) ]).ToModule()
                    let rule = Rules.Sgd().Then(Rules.Descend(0.1)).Then(Rules.AverageWeights 0.5)
                    use optimizer = new BnnOptimizer(rule, module')
                    let parameters = [ for parameter in module'.parameters () -> parameter ]

                    let numbers () =
                        [
                            for parameter in parameters -> parameter.detach().cpu().data<float32>().ToArray()
                        ]

                    use random = new torch.Generator(1UL)

                    let step () =
                        for parameter in parameters do
                            parameter.grad <- torch.rand (parameter.shape, generator = random)

                        optimizer.step () |> ignore

                    let first = numbers ()

                    do
                        use _ = optimizer.UseAverage()
                        Expect.equal (numbers ()) first "nothing is done yet"

                    step ()
                    let one = numbers ()
                    step ()
                    let two = numbers ()

                    do
                        use _ = optimizer.UseAverage()

                        List.iter2
                            (fun (a: float32[]) (one, two) ->
                                Array.iteri2
                                    (fun k (a: float32) (one, two) ->
                                        Expect.floatClose
                                            Accuracy.medium
                                            (float a)
                                            (float one / 3.0 + 2.0 * float two / 3.0)
                                            $"{k}")
                                    a
                                    (Array.zip one two))
                            (numbers ())
                            (List.zip one two)

                        Expect.throwsT<InvalidOperationException> (fun () -> step ()) "no step of averaged weights"

                        Expect.throwsT<InvalidOperationException>
                            (fun () -> optimizer.UseAverage() |> ignore)
                            "nor twice"

                    Expect.equal (numbers ()) two "the weights that are trained, to the bit"
                    step ()
                }
            ]
    )
