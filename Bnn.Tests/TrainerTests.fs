module Bnn.Tests.TrainerTests

open System
open System.IO
open Expecto
open TorchSharp
open Bnn

let internal few =
    lazy
        (let sample = Data.FashionMnistSample().Load()
         Data.InMemory("a few", sample.Train.Take 320, sample.Test.Take 200))

/// A run of seconds: a small network, 320 images, and one thread, for its arrays are too small for two.
let internal short () =
    BnnTrainer()
        .WithData(few.Value)
        .WithModel(Models.ReActNet([ struct (8, 2); struct (16, 2); struct (16, 1) ]))
        .WithAdam()
        .WithThreads(1)
        .TwoStep(wd = 5e-6, epochs = 2)

let private inFolder (use': string -> unit) =
    let folder = Path.Combine(Path.GetTempPath(), $"bnn-{Guid.NewGuid():N}")

    try
        use' folder
    finally
        if Directory.Exists folder then
            Directory.Delete(folder, true)

let private faultNames (trainer: BnnTrainer) =
    trainer.Validate() |> Seq.map _.Name |> List.ofSeq

let private building =
    [
        testCase "Each call of the builder returns a new trainer and leaves the old one as it was"
        <| fun _ ->
            let first = short ()
            let before = first.Describe()

            let second =
                first.WithSgd(learningRate = 0.5).OneStep(wd = 1.0).WithBatch(2).WithSeed(9)

            Expect.equal (first.Describe()) before "the first"
            Expect.notEqual (second.Describe()) before "the second"

        testCase "The signature use validates as it stands"
        <| fun _ -> Expect.isEmpty (BnnTrainer().WithAdam().TwoStep(wd = 5e-6).Validate()) "faults"

        testCase "Describe names model, counts, data, stages, groups and the update rule as a formula"
        <| fun _ ->
            let text = BnnTrainer().WithAdam(learningRate = 1e-3).TwoStep(wd = 5e-6).Describe()

            for part in
                [
                    "ReActNet-small"
                    "of them binary"
                    "operations an image"
                    "Fashion-MNIST sample: 10,000 training, 10,000 test images"
                    "two-step"
                    "step 1: activations binary, weights real"
                    "step 2: activations binary, weights binary"
                    "binary convolutions ("
                    "a  = g + 5e-6 * w"
                    "w' = w - 0.001 * (1 - (t - 1) / T) * (m' / (1 - 0.9^t) / (sqrt(v') / sqrt(1 - 0.999^t) + 1e-8))"
                ] do
                Expect.stringContains text part "described"

        testCase "Every fault is reported at once, by name, value and what is allowed"
        <| fun _ ->
            let trainer =
                BnnTrainer()
                    .WithAdam(learningRate = nan, beta1 = 1.0, beta2 = -0.1, epsilon = nan)
                    .TwoStep(wd = infinity, epochs = 0)
                    .WithBatch(1)
                    .WithSeed(-1L)
                    .WithThreads(0)
                    .WithAugmentation(Augmentation(false, 28))

            let expected =
                [
                    "learningRate"
                    "beta1"
                    "beta2"
                    "epsilon"
                    "step 1: epochs"
                    "step 1: weightDecay"
                    "step 2: epochs"
                    "batch"
                    "seed"
                    "threads"
                    "shift"
                ]

            Expect.equal (faultNames trainer) expected "names"

            let thrown =
                try
                    trainer.Train() |> ignore
                    None
                with :? BnnConfigurationException as e ->
                    Some(e.Faults |> Seq.map _.Name |> List.ofSeq, e.Message)

            Expect.equal (Option.map fst thrown) (Some expected) "the exception lists the same"
            Expect.stringContains (snd thrown.Value) "learningRate is NaN; allowed: a finite number above 0" "message"

        testCase "Missing data, a file as output folder and a model for other images are faults, not exceptions"
        <| fun _ ->
            inFolder (fun folder ->
                Directory.CreateDirectory folder |> ignore
                let file = Path.Combine(folder, "file")
                File.WriteAllText(file, "")
                let missing = Path.Combine(folder, "nothing here")
                Expect.equal (faultNames ((short ()).SaveTo(Path.Combine(file, "run")))) [ "folder" ] "folder"

                Expect.equal
                    (faultNames ((short ()).WithData(Data.FashionMnist missing)))
                    [ $"data {Data.FashionMnist(missing).Name}" ]
                    "data"

                let other = Models.ReActNet([ struct (8, 2); struct (8, 1) ], 11, 3, 32)

                Expect.equal
                    (faultNames ((short ()).WithModel other))
                    [ "model ReActNet: input"; "model ReActNet: classes" ]
                    "model")

        testCase "Describe and Validate write nothing"
        <| fun _ ->
            inFolder (fun folder ->
                let trainer = (short ()).SaveTo folder
                trainer.Describe() |> ignore
                trainer.Validate() |> ignore
                Expect.isFalse (Directory.Exists folder) "folder")
    ]

let private training =
    [
        testCase "The same seed and threads give the same run to the bit, another seed another run"
        <| fun _ ->
            let run seed =
                let result = (short ()).WithSeed(seed).WithThreads(2).Train()
                let logits = result.Model.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq
                result.Epochs |> Seq.map _.Loss |> List.ofSeq, logits

            let first = run 3L
            Expect.equal (run 3L) first "same seed"
            Expect.notEqual (fst (run 4L)) (fst first) "other seed"

        testCase "A run learns, and its ratios are shares"
        <| fun _ ->
            let result = (short ()).WithBatch(16).TwoStep(wd = 5e-6, epochs = 6).Train()
            let losses = result.Epochs |> Seq.map _.Loss |> List.ofSeq
            Expect.isLessThan losses[5] losses[0] "loss of step 1"
            Expect.equal (result.Stages |> Seq.map _.Name |> List.ofSeq) [ "step 1"; "step 2" ] "stages"

            for stage in result.Stages do
                Expect.isGreaterThan stage.Top1 0.3 "top-1 is far above chance"
                Expect.floatClose Accuracy.high stage.GeneralizationGap (stage.TrainTop1 - stage.Top1) "gap"

                for share in [ stage.FlipFlopRatio; stage.C2IRatio; stage.Saturation ] do
                    Expect.isTrue (share > 0.0 && share < 1.0) $"{stage.Name}: {share} is a share"

            for accuracy in
                [
                    for stage in result.Stages do
                        yield! [ stage.Top1; stage.Top5; stage.TrainTop1; abs stage.GeneralizationGap ]
                    for epoch in result.Epochs do
                        yield! [ epoch.TrainTop1; epoch.Top1; epoch.Top5 ]
                ] do
                Expect.isTrue (accuracy >= 0.0 && accuracy <= 1.0) $"{accuracy} is a share"

        testCase "The last epoch's learning rate of a constant schedule is the first's; a linear one is nearly 0"
        <| fun _ ->
            let last schedule =
                let result = (short ()).WithAdam(learningRate = 1e-3).WithSchedule(schedule).Train()
                (Seq.last result.Epochs).LearningRate

            Expect.equal (last (Schedules.Constant 1.0)) 1e-3 "constant"

            Expect.floatClose
                Accuracy.high
                (last (Schedules.Linear 1.0))
                (1e-3 / 10.0)
                "linear: one of 10 iterations left"

        testCase "A teacher's outputs take the place of labels"
        <| fun _ ->
            use teacher = (short ()).Train().Model
            let taught = (short ()).WithTeacher(teacher)
            Expect.stringContains (taught.Describe()) "teacher ReActNet" "described"

            let agreement (a: BnnModel) (b: BnnModel) =
                let answers (m: BnnModel) =
                    m.Logits(few.Value.Load().Test)
                    |> Seq.map (fun row -> Array.IndexOf(row, Array.max row))

                Seq.zip (answers a) (answers b)
                |> Seq.filter (fun (x, y) -> x = y)
                |> Seq.length

            use student = taught.WithSeed(8).TwoStep(epochs = 6).Train().Model
            Expect.isGreaterThan (agreement teacher student) 100 "more than half of 200 answers are the teacher's"

        testCase "A loss that is no number ends the run with an error that names stage and learning rate"
        <| fun _ ->
            let diverging = (short ()).WithSgd(learningRate = 1e30)

            let message =
                try
                    diverging.Train() |> ignore
                    "nothing was thrown"
                with :? BnnTrainingException as e ->
                    e.Message

            Expect.stringContains message "step 1: the loss became" "stage"
            Expect.stringContains message "in step 2 of 10, in epoch 1 of 2, after" "place"
            Expect.stringContains message "9E+29 here" "learning rate"

        testCase "A cancelled run stops, says where, and leaves no results, only what its epochs have shown"
        <| fun _ ->
            inFolder (fun folder ->
                use source = new Threading.CancellationTokenSource()

                let trainer =
                    (short ()).SaveTo(folder).OnEpoch(fun (_: EpochMetrics) -> source.Cancel())

                Expect.throwsT<BnnStoppedException> (fun () -> trainer.Train source.Token |> ignore) "cancelled"

                Expect.equal
                    (Directory.GetFiles folder
                     |> Array.map Path.GetFileName
                     |> Array.filter (fun file -> not (file.StartsWith "events.out.tfevents."))
                     |> Array.sort)
                    [| "diagnostics.jsonl"; "metrics.csv"; "report.html" |]
                    "files")

        testCase "Each batch has the FF of its epoch so far, the epoch's at its end; none while weights are real"
        <| fun _ ->
            let batches, epochs = ResizeArray<BatchMetrics>(), ResizeArray<EpochMetrics>()

            // 10 batches an epoch
            let heard (trainer: BnnTrainer) =
                trainer
                    .WithBatch(32)
                    .OnBatch(fun b -> batches.Add b)
                    .OnEpoch(fun e -> epochs.Add e)
                    .Train()
                    .Model.Dispose()

            heard (short ())

            for epoch in epochs do
                let its =
                    batches |> Seq.filter (fun b -> b.Stage = epoch.Stage && b.Epoch = epoch.Epoch)

                Expect.hasLength its 10 "batches"
                Expect.equal (Seq.last its).FlipFlopRatio epoch.FlipFlopRatio "at the end"

                // times the batches so far it is a sum of shares, which never falls
                let sums = its |> Seq.mapi (fun k b -> float (k + 1) * b.FlipFlopRatio)
                Expect.isTrue (Seq.pairwise sums |> Seq.forall (fun (a, b) -> a <= b + 1e-12)) $"{List.ofSeq sums}"
                Expect.isGreaterThan (Seq.head its).FlipFlopRatio 0.0 "signs change"

            batches.Clear()
            heard ((short ()).WithModel(Models.ResNet18(10, 1, 28).Scaled 0.125).OneStep(epochs = 1))
            Expect.isTrue (batches |> Seq.forall (fun b -> Double.IsNaN b.FlipFlopRatio)) "a real network"

        testCase
            "After the first 10 batches the number of live tensors stays the same over 500, however they are trained on"
        >> Checks.long
        <| fun _ ->
            let counts = ResizeArray<int64>()
            use teacher = (short ()).OneStep(epochs = 1).Train().Model

            Checks.collectGarbage ()

            // 10 batches an epoch
            let trainer =
                (short ())
                    .WithBatch(32)
                    .WithMicroBatches(2)
                    .WithTeacher(teacher, hardLabels = 0.5)
                    .OneStep(epochs = 51)
                    .OnEpoch(fun (_: EpochMetrics) -> counts.Add torch.Tensor.TotalCount)

            use _model = trainer.Train().Model
            Expect.equal (Seq.length counts) 51 "epochs"
            Expect.equal (counts |> Seq.distinct |> Seq.length) 1 $"{List.ofSeq counts}"
    ]

[<Tests>]
let tests = testSequenced (testList "Trainer" (building @ training))
