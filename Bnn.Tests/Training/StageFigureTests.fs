/// What is a stage's own: its start, its order and augmentation, its figures, its best epoch.
module Bnn.Tests.StageFigureTests

open System
open Bnn
open Bnn.Tests.FigureSupport
open Bnn.Tests.TrainingSupport
open Expecto

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Stage figures"
            [
                test
                    "Binary weights that start afresh are others in each stage and with each seed, and the same when they are drawn again" {
                    let fresh name =
                        Stage.Create(name, true, true, 1, binaryStart = BinaryStart.Fresh)

                    let start (seed: int64) stage =
                        let plan =
                            (still plain).WithStages(fresh "a", fresh "b", fresh "c").WithSeed(seed).Plan()

                        use network = plan.FirstNetwork()
                        let first = network.LatentWeightsCopy()

                        use running =
                            new StageRun(plan, network, plan.Recipe.Stages[stage], RunPosition(Stage = stage), 3, null)

                        Expect.equal (running.C2I()) 1.0 "the stage counts from its own start"
                        first, network.LatentWeightsCopy()

                    let drawn =
                        [
                            for seed in [ 1L; 2L ] do
                                fst (start seed 0)

                                for stage in 0..2 do
                                    snd (start seed stage)
                        ]

                    Expect.equal (List.distinct drawn).Length 8 "all differ"
                    Expect.equal (snd (start 1L 1)) drawn[2] "drawn again"
                }

                test "Every epoch of every stage has an order of its own" {
                    let stage name = Stage.Create(name, true, true, 2)

                    let result, batches = trained ((still plain).WithStages(stage "a", stage "b"))
                    result.Model.Dispose()

                    let orders =
                        batches
                        |> List.groupBy (fun (stage, epoch, _) -> stage, epoch)
                        |> List.map (fun (_, its) -> [ for _, _, loss in its -> round (loss * 1e5) ])

                    Expect.equal orders.Length 4 "epochs"
                    Expect.equal (List.distinct orders).Length 4 "orders"

                    for epoch in result.Epochs do
                        Expect.floatClose close epoch.Loss result.Epochs[0].Loss "the same images"
                }

                test "Every epoch of every stage augments its images in its own way" {
                    let losses augmentation =
                        let stage name = Stage.Create(name, true, true, 2)

                        let result, _ =
                            trained (
                                (still plain)
                                    .WithBatch(8)
                                    .WithAugmentation(augmentation)
                                    .WithStages(stage "a", stage "b")
                            )

                        result.Model.Dispose()
                        [ for epoch in result.Epochs -> round (epoch.Loss * 1e4) ]

                    Expect.equal (List.distinct (losses Augmentation.None)).Length 1 "as they are"
                    Expect.equal (List.distinct (losses (Augmentation(true, 3)))).Length 4 "augmented"
                }

                test
                    "A stage's figures are its network's on all test and all training images, whether or not epochs are tested on" {
                    for every in [ 0; 1 ] do
                        let result, _ =
                            trained (
                                (eight normed).WithAdam(learningRate = 0.05).WithEvaluation(every).OneStep(epochs = 3)
                            )

                        use model = result.Model
                        let stage = result.Stages[0]
                        let onTest, onTrain = model.Evaluate tested, model.Evaluate train
                        Expect.equal stage.Top1 onTest.Top1 "top-1"
                        Expect.equal stage.Top5 1.0 "three classes are among five"
                        Expect.equal stage.TrainTop1 onTrain.Top1 "on training images"
                        Expect.equal stage.GeneralizationGap (onTrain.Top1 - onTest.Top1) "gap"
                        Expect.equal result.Epochs.Count 3 "epochs"

                        for epoch in result.Epochs do
                            Expect.equal (Double.IsNaN epoch.Top1) (every = 0) "measured after epochs"
                }

                test "Only the first stage can start all positive, and only a later one can lose its binary weights" {
                    let starts deviation stages =
                        let recipe =
                            Recipe.Create(
                                "recipe",
                                [|
                                    for k, binaryWeights in List.indexed stages ->
                                        Stage.Create($"s{k}", true, binaryWeights, 1)
                                |]
                            )

                        [
                            for stage in (Bnn.Reference.apply deviation recipe).Stages -> stage.BinaryStart
                        ]

                    let kept, positive = BinaryStart.Inherited, BinaryStart.FreshPositive

                    Expect.equal
                        (starts Deviations.LosesBinaryWeights [ true; false; true ])
                        [ kept; kept; positive ]
                        "lost"

                    Expect.equal (starts Deviations.PositiveStart [ true; true ]) [ positive; kept ] "positive"
                    Expect.equal (starts Deviations.PositiveStart [ false; true ]) [ kept; kept ] "real weights first"
                }

                test "Of epochs that are equally good the first is the best; one that has no score is not" {
                    let plan =
                        (still plain).WithStages(Stage.Create("a", true, true, 1, keepsBest = true)).Plan()

                    use network = plan.FirstNetwork()

                    use running =
                        new StageRun(plan, network, plan.Recipe.Stages[0], RunPosition(), 3, null)

                    Expect.equal
                        [
                            for score in [ nan; 0.5; 0.5; 0.25; 0.75; nan ] -> running.IsBest(score, network)
                        ]
                        [ false; true; false; false; true; false ]
                        "best so far"
                }

                test "Each stage looks for its own best epoch, whatever the stages before reached" {
                    let ruin = Schedules.Steps([| 5 |], 1000.0, 1.0)
                    let rate share = Schedules.Constant share

                    let result =
                        (TrainerTests.short ())
                            .WithAdam(learningRate = 5e-3)
                            .WithStages(
                                Stage.Create("first", true, true, 3, schedule = rate 1.0, keepsBest = true),
                                Stage.Create(
                                    "second",
                                    true,
                                    true,
                                    2,
                                    schedule = ruin,
                                    binaryStart = BinaryStart.Fresh,
                                    keepsBest = true
                                )
                            )
                            .Train()

                    result.Model.Dispose()

                    let best stage =
                        result.Epochs
                        |> Seq.filter (fun e -> e.Stage = stage)
                        |> Seq.map _.Top1
                        |> Seq.max

                    Expect.isLessThan (best "second") (best "first") "the second stage never reaches the first's best"
                    Expect.isLessThan (Seq.last result.Epochs).Top1 (best "second") "and its last epoch is not its best"
                    Expect.equal [ for s in result.Stages -> s.Top1 ] [ best "first"; best "second" ] "each its own"
                }
            ]
    )
