/// What stages can do beside the two steps: where they start, what they leave, how a batch is computed.
module Bnn.Tests.StageTests

open System
open System.IO
open System.Text.Json.Nodes
open Bnn
open Bnn.Core
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

let private network () =
    Network.Create(Models.ReActNet([ struct (4, 2); struct (8, 2); struct (8, 1) ], 3, 2, 16), 3UL)

let private latent (network: Network) =
    network.LatentWeights.data<float32>().ToArray()

let private top1 (trainer: BnnTrainer) =
    let result = trainer.Train()
    use model = result.Model
    let logits = model.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq
    [ for stage in result.Stages -> stage.Top1 ], logits

let private starts =
    testList
        "starts"
        [
            test "Fresh binary weights are spread as first ones and change nothing else; inherited ones stay" {
                use network = network ()
                let before = latent network
                use others = new NetworkCopy(network)
                network.Redraw(BinaryStart.Inherited, 9UL)
                Expect.equal (latent network) before "inherited"
                network.Redraw(BinaryStart.Fresh, 9UL)
                let fresh = latent network
                Expect.isTrue (Array.forall2 (<>) before fresh) "every weight is new"
                Expect.floatClose { absolute = 0.02; relative = 0.0 } (float (Array.max fresh)) 0.5 "as large"
                Expect.isLessThan (abs (Array.average fresh)) (0.05f * Array.max fresh) "of both signs"
                network.Redraw(BinaryStart.Fresh, 9UL)
                Expect.equal (latent network) fresh "the seed decides"

                for struct (tensor, group) in network.Store.Parameters do
                    if group <> ParameterGroup.BinaryWeights then
                        let now = tensor.Value.clone ()
                        others.RestoreTo network
                        Expect.isTrue (now.eq(tensor.Value).all().item<bool>()) tensor.Name
            }

            test "Positive ones lie in 0..0.001" {
                use network = network ()
                network.Redraw(BinaryStart.FreshPositive, 9UL)
                let weights = latent network
                Expect.isTrue (weights |> Array.forall (fun w -> w >= 0.0f && w <= 0.001f)) "range"
                Expect.floatClose { absolute = 5e-5; relative = 0.0 } (float (Array.average weights)) 5e-4 "uniform"
            }

            testSequenced (
                test "A stage that starts afresh forgets the signs of the one before, one that inherits keeps them" {
                    let second start =
                        let result =
                            (short ())
                                .WithAdam(learningRate = 1e-9)
                                .WithStages(
                                    Stage("first", true, false, 1),
                                    Stage("second", true, true, 1, BinaryStart = start)
                                )
                                .Train()

                        use model = result.Model

                        inFolder (fun folder ->
                            let path = Path.Combine(folder, "net.safetensors")
                            model.Save path

                            use after = Network.Create(model.Description, 0UL)

                            NetworkTensors.Restore(after, Safetensors.Read(path, false), path)
                            use first = Network.Create(model.Description, 1UL)

                            let differ =
                                Array.map2
                                    (fun (a: float32) b -> if (a >= 0.0f) <> (b >= 0.0f) then 1.0 else 0.0)
                                    (latent first)
                                    (latent after)

                            let share = Array.average differ

                            match start with
                            | Bnn.BinaryStart.Fresh ->
                                Expect.floatClose { absolute = 0.05; relative = 0.0 } share 0.5 "unrelated signs"
                            | Bnn.BinaryStart.FreshPositive ->
                                Expect.isTrue (latent after |> Array.forall (fun w -> w >= -1e-6f)) "positive"
                            | _ -> Expect.equal share 0.0 "the same signs")

                    for start in
                        [
                            Bnn.BinaryStart.Inherited
                            Bnn.BinaryStart.Fresh
                            Bnn.BinaryStart.FreshPositive
                        ] do
                        second start
                }
            )
        ]

let private best =
    testSequenced (
        test "A stage that keeps its best epoch leaves that epoch's weights, to the bit" {
            let trainer = (short ()).WithAdam(learningRate = 5e-3)
            let ruin = Schedules.Steps([| 5 |], 1000.0, 1.0)
            let once = trainer.WithSchedule(Schedules.Constant 1.0).OneStep(epochs = 1) |> top1

            let twice keepsBest =
                trainer.WithSchedule(ruin).WithStages(Stage("s", true, true, 2, KeepsBest = keepsBest))

            Expect.equal (top1 (twice true)) once "the first epoch was best"
            Expect.isLessThan (fst (top1 (twice false))).Head (fst once).Head "the second ruins it"
            Expect.stringContains (twice(true).Warnings() |> Seq.exactlyOne) "chosen on the test images" "a warning"
        }
    )

let private realTwins =
    testSequenced (
        test
            "A real network trains as a teacher: what has no binary weights has no ratios, in the results and in the files" {
            inFolder (fun folder ->
                let run = Path.Combine(folder, "teacher")

                let result =
                    (short ())
                        .WithModel((Models.ResNet18(10, 1, 28)).Scaled 0.0625)
                        .WithStages(Stage("teacher", false, false, 2))
                        .SaveTo(run)
                        .Train()

                use teacher = result.Model
                let stage = result.Stages[0]

                Expect.isTrue
                    (Double.IsNaN stage.FlipFlopRatio
                     && Double.IsNaN stage.C2IRatio
                     && Double.IsNaN stage.Saturation)
                    "no ratios"

                let json = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "result.json")))
                let first = json["stages"].AsArray()[0]
                Expect.isNull (first["flipFlopRatio"]) "null in JSON"
                Expect.isTrue (File.Exists(Path.Combine(run, "latent-weights.png"))) "a picture"
                use loaded = BnnModel.Load run
                let test = few.Value.Load().Test
                Expect.sequenceEqual (Seq.concat (loaded.Logits test)) (Seq.concat (teacher.Logits test)) "loaded"

                use student =
                    (short ()).WithTeacher(loaded, temperature = 2.0, hardLabels = 0.5).Train().Model

                Expect.equal student.Classes.Count 10 "a student learns from it")
        }
    )

let private batches =
    testSequenced (
        testList
            "batches"
            [
                test
                    "Gradients of the parts of a batch add up to the batch's: on images that are all the same, parts change nothing" {
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

                    let losses parts =
                        let trainer = (short ()).WithData(data).WithSgd(learningRate = 0.1).WithBatch(7)
                        let result = trainer.WithGradientAccumulation(parts).TwoStep(epochs = 3).Train()
                        result.Model.Dispose()
                        [ for epoch in result.Epochs -> epoch.Loss ]

                    for parts in [ 2; 3 ] do
                        for whole, inParts in List.zip (losses 1) (losses parts) do
                            Expect.floatClose { absolute = 1e-5; relative = 1e-4 } inParts whole $"{parts} parts"
                }

                test "Parts train as well as whole batches, and are described" {
                    let trainer =
                        (short ()).WithBatch(32).WithGradientAccumulation(4).TwoStep(wd = 5e-6, epochs = 6)

                    Expect.stringContains (trainer.Describe()) "batches of 32 in 4 parts" "described"
                    Expect.isGreaterThan (List.last (fst (top1 trainer))) 30.0 "learns"
                }

                test "Batch norm's statistics are the plain means over batches, whatever they were" {
                    use _scope = torch.NewDisposeScope()
                    use _none = torch.no_grad ()
                    let images = few.Value.Load().Train.Take 64
                    let normalization = Normalization([| 0.5 |], [| 0.25 |])
                    let model = Models.ReActNet([ struct (4, 2); struct (8, 2) ])
                    use network = Network.Create(model, 3UL)
                    let mode = NetworkMode(false, true, true)

                    for _ in 1..2 do
                        Recalibration.Run(network, mode, normalization, images, 16, 100, 7UL, 0)

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

                        100.0 * Seq.average hits

                    let evaluation = model.Evaluate images
                    Expect.floatClose Accuracy.high evaluation.Top1 (share 1) "top-1"
                    Expect.floatClose Accuracy.high evaluation.Top5 (share 5) "top-5"
                    Expect.isGreaterThan evaluation.Top5 evaluation.Top1 "more"
                }
            ]
    )

let private recipes =
    testSequenced (
        testList
            "recipes"
            [
                test "A run with all of the reference's quirks ends with rate 0, and says so" {
                    let trainer = (short ()).ReferenceCompatible()
                    let text = trainer.Describe()

                    for part in [ "as the reference code: AdamBnn"; "leaves the weights of its best epoch" ] do
                        Expect.stringContains text part "described"

                    let result = trainer.Train()
                    result.Model.Dispose()

                    Expect.equal
                        [ for epoch in result.Epochs -> epoch.LearningRate ]
                        [
                            for _ in 1..2 do
                                0.5 * Adam.row.LearningRate
                                0.0
                        ]
                        "half of the rate, then none"

                    let released = (short ()).ReferenceCompatible(ReferenceQuirks.ReActNetA).Describe()

                    Expect.stringContains
                        released
                        "binary convolutions start anew, all positive"
                        "the released ReActNet-A"
                }

                test "Weights first trains, in its own order" {
                    let trainer = (short ()).WeightsFirst(wd = 5e-6, epochs = 2)
                    Expect.stringContains (trainer.Describe()) "step 1: activations real, weights binary" "described"
                    let longer = trainer.WeightsFirst(epochs = 6).WithBatch(16)
                    Expect.isGreaterThan (List.last (fst (top1 longer))) 30.0 "learns"
                }

                test "A stage's own schedule takes the place of the trainer's" {
                    let result =
                        (short ())
                            .WithAdam(learningRate = 1e-3)
                            .WithStages(
                                Stage("a", true, false, 1, Schedule = Schedules.Constant 0.25),
                                Stage("b", true, true, 1)
                            )
                            .WithSchedule(Schedules.Constant 1.0)
                            .Train()

                    result.Model.Dispose()
                    Expect.equal [ for epoch in result.Epochs -> epoch.LearningRate ] [ 0.25e-3; 1e-3 ] "rates"
                }

                for preset, parts in
                    [
                        Preset.AdamBnn, [ "ReActNet-A"; "256 epochs"; "batches of 256"; "g + 5e-6 * w"; "0.00125 *" ]
                        Preset.ReActNetA, [ "ReActNet-A"; "128 epochs"; "batches of 256"; "g + 1e-5 * w"; "0.00125 *" ]
                        Preset.ReActNet18, [ "ReActNet-18"; "128 epochs"; "batches of 512"; "g + 1e-5 * w"; "0.0025 *" ]
                    ] do
                    test $"The preset {preset} is the published training, for the data's images" {
                        let text = BnnTrainer().WithPreset(preset).Describe()

                        for part in parts do
                            Expect.stringContains text part "described"

                        let changed =
                            BnnTrainer().WithPreset(preset).WithModel(Models.ReActNetSmall()).WithBatch(8)

                        Expect.stringContains (changed.Describe()) "ReActNet-small" "a model of one's own"
                        Expect.stringContains (changed.Describe()) "batches of 8" "a batch of one's own"
                    }

                test "docs/training.md has a row for every quirk and every preset" {
                    let page =
                        File.ReadAllText(Path.Combine(__SOURCE_DIRECTORY__, "..", "docs", "training.md"))

                    for quirk in Enum.GetValues<ReferenceQuirks>() do
                        if Numerics.BitOperations.PopCount(uint32 quirk) = 1 then
                            Expect.stringContains page $"| `{quirk}` |" "a quirk"

                    for preset in Enum.GetValues<Preset>() do
                        Expect.stringContains page $"| `{preset}` |" "a preset"
                }

                test "Every new option out of its range is a fault by name" {
                    use teacher =
                        (short ()).WithModel(Models.ReActNetSmall()).OneStep(epochs = 1).Train().Model

                    let trainer =
                        (short ())
                            .WithStages(Stage("s", true, true, 1, Schedule = Schedules.Constant nan))
                            .WithTeacher(teacher, temperature = 0.0, hardLabels = 2.0)
                            .WithBatch(4)
                            .WithGradientAccumulation(3)
                            .WithBatchNormRecalibration(-1)
                            .ReferenceCompatible(enum 64)

                    Expect.equal
                        [ for fault in trainer.Validate() -> fault.Name ]
                        [
                            "s: schedule"
                            "temperature"
                            "hardLabels"
                            "quirks"
                            "gradientAccumulation"
                            "recalibration: batches"
                        ]
                        "names"
                }
            ]
    )

[<Tests>]
let tests = testList "Stages" [ starts; best; realTwins; batches; recipes ]
