/// How a batch is computed in micro-batches, and what becomes of batch norm's statistics at a stage's end.
module Bnn.Tests.MicroBatchTests

open System
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Micro-batches"
            [
                test
                    "Gradients of the micro-batches of a batch add up to the batch's: on images that are all the same, they change nothing" {
                    let image = inMemory (few.Value.Load().Train.Take 1)

                    let same count =
                        ImageSet(
                            1,
                            28,
                            28,
                            ReadOnlyMemory(Array.concat [ for _ in 1..count -> image.Pixels.ToArray() ]),
                            ReadOnlyMemory(Array.create count 3),
                            image.Classes
                        )

                    let data = Data.InMemory("one image", same 19, same 2)

                    let losses count =
                        let trainer = (short ()).WithData(data).WithSgd(learningRate = 0.1).WithBatch(7)
                        let result = trainer.WithMicroBatches(count).TwoStep(epochs = 3).Train()
                        result.Model.Dispose()
                        [ for epoch in result.Epochs -> epoch.Loss ]

                    for count in [ 2; 3 ] do
                        for whole, split in List.zip (losses 1) (losses count) do
                            Expect.floatClose { absolute = 1e-5; relative = 1e-4 } split whole $"{count} micro-batches"
                }

                test "Micro-batches train as well as whole batches, and are described" {
                    let trainer =
                        (short ()).WithBatch(32).WithMicroBatches(4).TwoStep(wd = 5e-6, epochs = 6)

                    Expect.stringContains (trainer.Describe()) "batches of 32 in 4 micro-batches" "described"
                    let result = trainer.Train()
                    result.Model.Dispose()
                    Expect.isGreaterThan result.Stages[1].Top1 0.3 "learns"
                }
                |> Checks.long

                test "Batch norm's statistics are the plain means over batches, whatever they were" {
                    use _scope = torch.NewDisposeScope()
                    use _none = torch.no_grad ()
                    let images = few.Value.Load().Train.Take 64
                    let normalization = Normalization([| 0.5 |], [| 0.25 |])
                    let model = Models.ReActNet([ struct (4, 2); struct (8, 2) ])
                    use network = TorchNetwork.Create(model, 3L)
                    let mode = NetworkMode(false, true, true)

                    for _ in 1..2 do
                        Recalibration.Run(network, mode, normalization, images, 16, 100, 7L, 0)

                        let find name =
                            (network.Store.All |> Seq.find (fun tensor -> tensor.Name = name)).Value

                        let x = torch.empty (64L, 1L, 28L, 28L)
                        use reader = images.OpenReader()

                        for index in 0..63 do
                            reader.Write(index, View normalization, Memory.Floats(x[int64 index]))

                        let y =
                            torch.nn.functional.conv2d (
                                x,
                                find "feature.0.conv1.weight",
                                strides = [| 2L; 2L |],
                                padding = [| 1L; 1L |]
                            )

                        Expect.isTrue
                            ((find "feature.0.bn1.running_mean").allclose(y.mean [| 0L; 2L; 3L |], 1e-4, 1e-5))
                            "mean of all images"

                        let spread = (find "feature.0.bn1.running_var") / y.var ([| 0L; 2L; 3L |], true)

                        Expect.isTrue
                            (spread.gt(0.8.ToScalar()).all().item<bool>()
                             && spread.lt(1.1.ToScalar()).all().item<bool>())
                            "mean of the batches' variances"
                }

                test "A model's recalibration gives another model and leaves the first as it was" {
                    let test = few.Value.Load().Test
                    use model = (short ()).Train().Model
                    let before = model.Logits test |> Seq.concat |> Array.ofSeq
                    use other = model.RecalibrateBatchNorm(few.Value.Load().Train, batches = 5)
                    Expect.sequenceEqual (model.Logits test |> Seq.concat) before "as it was"
                    Expect.isFalse (Seq.forall2 (=) (other.Logits test |> Seq.concat) before) "another one"

                    for wrong in
                        [
                            (fun () -> model.RecalibrateBatchNorm(test, 0))
                            (fun () -> model.RecalibrateBatchNorm(test, 1, 1))
                        ] do
                        Expect.throwsT<ArgumentOutOfRangeException> (fun () -> wrong().Dispose()) "out of range"
                }

                test "A training that recalibrates leaves statistics of its last weights" {
                    let trainer = short ()
                    use plain = trainer.Train().Model

                    use recalibrated =
                        trainer.WithBatchNormRecalibration(3).OneStep(epochs = 1).Train().Model

                    Expect.stringContains
                        (trainer.WithBatchNormRecalibration(3).Describe())
                        "from 3 batches"
                        "described"

                    Expect.equal recalibrated.Info plain.Info "a network like others"
                    use again = recalibrated.RecalibrateBatchNorm(few.Value.Load().Train, 3)
                    use further = again.RecalibrateBatchNorm(few.Value.Load().Train, 3)

                    let logits (m: BnnModel) =
                        m.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq

                    Expect.equal (logits further) (logits again) "the same images give the same statistics"
                }

                test "Top-5 counts the images whose class is among the five most probable" {
                    use model = (short ()).Train().Model
                    let images = few.Value.Load().Test

                    let share k =
                        let hits =
                            model.Logits images
                            |> Seq.mapi (fun i row ->
                                let label = images.Label i

                                if (row |> Array.filter (fun logit -> logit > row[label]) |> Array.length) < k then
                                    1.0
                                else
                                    0.0)

                        Seq.average hits

                    let evaluation = model.Evaluate images
                    Expect.floatClose Accuracy.high evaluation.Top1 (share 1) "top-1"
                    Expect.floatClose Accuracy.high evaluation.Top5 (share 5) "top-5"
                    Expect.isGreaterThan evaluation.Top5 evaluation.Top1 "more"
                }
            ]
    )
