/// What stages can do beside the two steps: where they start, what they leave, how a batch is computed.
module Bnn.Tests.StageTests

open System
open System.IO
open System.Text.Json.Nodes
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

let private network () =
    TorchNetwork.Create(Models.ReActNet([ struct (4, 2); struct (8, 2); struct (8, 1) ], 3, 2, 16), 3L)

let private latent (network: TorchNetwork) =
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
                network.Redraw(BinaryStart.Inherited, 9L)
                Expect.equal (latent network) before "inherited"
                network.Redraw(BinaryStart.Fresh, 9L)
                let fresh = latent network
                Expect.isTrue (Array.forall2 (<>) before fresh) "every weight is new"
                Expect.floatClose { absolute = 0.02; relative = 0.0 } (float (Array.max fresh)) 0.5 "as large"
                Expect.isLessThan (abs (Array.average fresh)) (0.05f * Array.max fresh) "of both signs"
                network.Redraw(BinaryStart.Fresh, 9L)
                Expect.equal (latent network) fresh "the seed decides"

                for struct (tensor, group) in network.Store.Parameters do
                    if group <> ParameterGroup.BinaryWeights then
                        let now = tensor.Value.clone ()
                        others.RestoreTo network
                        Expect.isTrue (now.eq(tensor.Value).all().item<bool>()) tensor.Name
            }

            test "Positive ones lie in 0..0.001" {
                use network = network ()
                network.Redraw(BinaryStart.FreshPositive, 9L)
                let weights = latent network
                Expect.isTrue (weights |> Array.forall (fun w -> w >= 0.0f && w <= 0.001f)) "range"
                Expect.floatClose { absolute = 5e-5; relative = 0.0 } (float (Array.average weights)) 5e-4 "uniform"
            }

            Checks.trainings (
                test "A stage that starts afresh forgets the signs of the one before, one that inherits keeps them" {
                    let second start =
                        let result =
                            (short ())
                                .WithAdam(learningRate = 1e-9)
                                .WithStages(
                                    Stage.Create("first", true, false, 1),
                                    Stage.Create("second", true, true, 1, binaryStart = start)
                                )
                                .Train()

                        use model = result.Model

                        inFolder (fun folder ->
                            let path = Path.Combine(folder, "net.safetensors")
                            model.Save path

                            use after = TorchNetwork.Create(model.Description, 0L)

                            NetworkTensors.Overwrite(after, Safetensors.Read(path, false).Tensors, path, true)
                            use first = TorchNetwork.Create(model.Description, 1L)

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
    Checks.trainings (
        test "A stage that keeps its best epoch leaves that epoch's weights, to the bit" {
            let trainer = (short ()).WithAdam(learningRate = 5e-3)
            let ruin = Schedules.Steps([| 5 |], 1000.0, 1.0)

            let once =
                trainer.WithSchedule(Schedules.Constant 1.0).OneStep(wd = WeightDecay.None, epochs = 1)
                |> top1

            let twice keepsBest =
                trainer.WithSchedule(ruin).WithStages(Stage.Create("s", true, true, 2, keepsBest = keepsBest))

            Expect.equal (top1 (twice true)) once "the first epoch was best"
            Expect.isLessThan (fst (top1 (twice false))).Head (fst once).Head "the second ruins it"
            Expect.stringContains (twice(true).Warnings() |> Seq.exactlyOne) "chosen on the test images" "a warning"
        }
    )

let private realTwins =
    Checks.trainings (
        test
            "A real network trains as a teacher: what has no binary weights has no ratios, in the results and in the files" {
            inFolder (fun folder ->
                let run = Path.Combine(folder, "teacher")

                let result =
                    (short ())
                        .WithModel((Models.ResNet18(10, 1, 28)).Scaled 0.0625)
                        .WithStages(Stage.Create("teacher", false, false, 2))
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

let private recipes =
    Checks.trainings (
        testList
            "recipes"
            [
                test "A run with all of the reference's deviations ends with rate 0, and says so" {
                    let trainer = (short ()).WithDeviations()
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

                    let released = (short ()).WithDeviations(Deviations.ReActNetA).Describe()

                    Expect.stringContains
                        released
                        "binary convolutions start anew, all positive"
                        "the released ReActNet-A"
                }

                test "Weights first trains, in its own order" {
                    let trainer = (short ()).WeightsFirst(wd = 5e-6, epochs = 2)
                    Expect.stringContains (trainer.Describe()) "step 1: activations real, weights binary" "described"
                    let longer = trainer.WeightsFirst(epochs = 6).WithBatch(16)
                    Expect.isGreaterThan (List.last (fst (top1 longer))) 0.3 "learns"
                }

                test "A stage's own schedule takes the place of the trainer's" {
                    let result =
                        (short ())
                            .WithAdam(learningRate = 1e-3)
                            .WithStages(
                                Stage.Create("a", true, false, 1, schedule = Schedules.Constant 0.25),
                                Stage.Create("b", true, true, 1)
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

                test "docs/training.md has a row for every deviation and every preset" {
                    let page =
                        File.ReadAllText(Path.Combine(__SOURCE_DIRECTORY__, "..", "docs", "training.md"))

                    for deviation in Enum.GetValues<Deviations>() do
                        if Numerics.BitOperations.PopCount(uint32 deviation) = 1 then
                            Expect.stringContains page $"| `{deviation}` |" "a deviation"

                    for preset in Enum.GetValues<Preset>() do
                        Expect.stringContains page $"| `{preset}` |" "a preset"
                }

                test "Every new option out of its range is a fault by name" {
                    use teacher =
                        (short ()).WithModel(Models.ReActNetSmall()).OneStep(epochs = 1).Train().Model

                    let trainer =
                        (short ())
                            .WithStages(Stage.Create("s", true, true, 1, schedule = Schedules.Constant nan))
                            .WithTeacher(teacher, temperature = 0.0, hardLabels = 2.0)
                            .WithBatch(4)
                            .WithMicroBatches(3)
                            .WithBatchNormRecalibration(-1)
                            .WithDeviations(enum 64)

                    Expect.equal
                        [ for fault in trainer.Validate() -> fault.Name ]
                        [
                            "s: schedule"
                            "temperature"
                            "hardLabels"
                            "deviations"
                            "microBatches"
                            "recalibration: batches"
                        ]
                        "names"
                }
            ]
    )

[<Tests>]
let tests = testList "Stages" [ starts; best; realTwins; recipes ]
