/// What a training reports of its epochs, against what follows from its network, or from a rule whose every sign is known.
module Bnn.Tests.FigureTests

open Bnn
open Bnn.Tests.FigureSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

/// Every weight changes its sign at these iterations of a stage, and never else.
let private flippingAt iterations =
    { Bnn.Rule.identity with
        Weight =
            iterations
            |> List.fold (fun e t -> Expr.ifEqual Expr.time (Const(float t)) (-Expr.weight) e) Expr.weight
    }

let private epochs =
    [
        test "An epoch's loss and accuracy are means over its images, those of a short last batch too" {
            let result, batches = trained (still plain)
            use model = result.Model
            let outputs = labelled model train
            let epoch = result.Epochs[0]
            let mean = outputs |> List.averageBy (fun (logits, label) -> lossOf logits label)
            Expect.equal batches.Length 3 "batches"
            Expect.floatClose close epoch.Loss mean "loss"
            Expect.equal epoch.TrainTop1 (List.averageBy isRight outputs) "accuracy"

            let ofBatches =
                batches |> List.mapi (fun k (_, _, loss) -> (if k = 2 then 2.0 else 3.0) * loss)

            Expect.floatClose close (List.sum ofBatches / 8.0) mean "the batches' losses are means too"
        }

        test "A last image that is alone is left out of the epoch and of its figures" {
            let seven = Data.InMemory("seven", train.Take 7, tested)
            let alone (trainer: BnnTrainer) = trained (trainer.WithData seven)
            let result, batches = alone (still plain)
            use model = result.Model
            let taken = Shuffle.Permutation(7, result.Seed, 0UL) |> Array.truncate 6
            let outputs = Array.ofList (labelled model train)
            Expect.equal batches.Length 2 "batches"
            Expect.floatClose close result.Epochs[0].Loss (batches |> List.averageBy (fun (_, _, loss) -> loss)) "loss"
            let accuracy = taken |> Array.averageBy (fun index -> isRight outputs[index])
            Expect.isGreaterThan accuracy 0.0 "some are right"
            Expect.equal result.Epochs[0].TrainTop1 accuracy "of the six"
            let flipped, _ = alone ((eight plain).WithOptimizer(flippingAt [ 1; 2 ]))
            flipped.Model.Dispose()
            Expect.equal flipped.Epochs[0].FlipFlopRatio 1.0 "no iteration is without its step"
        }

        test "Micro-batches that are not alike weigh as their images do: loss and gradient are the whole batch's" {
            let tried (count: int) =
                let _, gradients, losses =
                    trainFor 1 ((still plain).WithBatch(8).WithMicroBatches count) (fun network ->
                        if isNull network.Store.Groups[0].Gradients then
                            Map.empty
                        else
                            gradientsOf network)

                gradients, List.exactlyOne losses

            let whole, loss = tried 1

            // 2, 3 and 3 images
            let parts, itsLoss = tried 3
            Expect.floatClose close itsLoss loss "loss"

            for KeyValue(name, gradient) in whole do
                let size = gradient |> Array.map abs |> Array.max
                Expect.isGreaterThan size 0.0f name

                for its, own in Array.zip parts[name] gradient do
                    Expect.isLessThan (abs (its - own)) (1e-5f * size) name
        }

        test
            "Saturation is the share of all the first sign's inputs of the epoch, and of every sign in the last iterations" {
            let result, _ = trained ((still plain).WithDiagnostics(true))
            use _model = result.Model
            use _scope = torch.NewDisposeScope()
            use _none = torch.no_grad ()
            let plan = (still plain).Plan()
            use network = plan.FirstNetwork()
            let x = torch.empty (8L, 1L, 6L, 6L)
            use reader = train.OpenReader()

            for index in 0..7 do
                reader.Write(index, View(train.OwnNormalization()), Memory.Floats(x[int64 index]))

            let inputs =
                torch.nn.functional.conv2d (x, network.Store["stem.weight"].Value, padding = [| 1L; 1L |])
                |> numbers

            let share = inputs |> Array.averageBy (fun z -> if abs z > 1.0f then 1.0 else 0.0)
            Expect.isGreaterThan share 0.0 "some"
            Expect.floatClose { absolute = 1e-4; relative = 0.0 } result.Epochs[0].Saturation share "of the epoch"
            let signs = result.Epochs[0].Diagnostics.Saturation
            Expect.floatClose { absolute = 1e-4; relative = 0.0 } (Seq.exactlyOne signs).Share share "of the sign"
        }

        test "An epoch's learning rate is that of its last iteration" {
            let result, _ =
                trained (
                    (eight plain).WithSgd(learningRate = 0.1).WithSchedule(Schedules.Linear 1.0).OneStep(epochs = 2)
                )

            result.Model.Dispose()

            for epoch, rate in Seq.zip result.Epochs [ 0.1 * 4.0 / 6.0; 0.1 * 1.0 / 6.0 ] do
                Expect.floatClose Accuracy.veryHigh epoch.LearningRate rate $"epoch {epoch.Epoch}"
        }
    ]

let private signs =
    [
        test
            "FF is the mean over iterations of the share of signs that changed, C2I the share that the stage's end has of its start's" {
            let stage name epochs = Stage.Create(name, true, true, epochs)

            // iterations 1 to 3 are the first epoch's
            let result, _ =
                trained (
                    (eight plain)
                        .WithOptimizer(flippingAt [ 2; 4; 5; 6 ])
                        .WithStages(stage "first" 2, stage "second" 1)
                        .WithDiagnostics(true)
                )

            result.Model.Dispose()

            Expect.sequenceEqual
                [ for e in result.Epochs -> e.FlipFlopRatio ]
                [ 1.0 / 3.0; 1.0; 1.0 / 3.0 ]
                "FF of epochs"

            Expect.sequenceEqual [ for s in result.Stages -> s.FlipFlopRatio ] [ 2.0 / 3.0; 1.0 / 3.0 ] "FF of stages"
            Expect.sequenceEqual [ for s in result.Stages -> s.C2IRatio ] [ 1.0; 0.0 ] "C2I of stages"

            Expect.sequenceEqual
                [ for e in result.Epochs -> e.Diagnostics.FlipFlopRatio ]
                [ 1.0 / 3.0; 2.0 / 3.0; 1.0 / 3.0 ]
                "FF of the stage so far"

            Expect.sequenceEqual [ for e in result.Epochs -> e.Diagnostics.C2IRatio ] [ 0.0; 1.0; 0.0 ] "C2I so far"
        }

        test "What an epoch did to the weights is |after - before|, and what is dead is seen in its last iterations" {
            let result, _ =
                trained ((eight plain).WithOptimizer(flippingAt [ 1 ]).WithDiagnostics(true))

            let layer = Seq.exactlyOne result.Epochs[0].Diagnostics.Layers
            result.Model.Dispose()
            Expect.floatClose close layer.UpdateCam.Median (2.0 * layer.Cam.Median) "twice the weights"
            Expect.floatClose close layer.UpdateSdam (2.0 * layer.Sdam) "and their spread"
            Expect.equal result.Epochs[0].Diagnostics.Iterations 3 "iterations"
        }
    ]

[<Tests>]
let tests =
    Checks.trainings (testList "Training figures" [ testList "epochs" epochs; testList "signs" signs ])
