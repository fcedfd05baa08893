/// Examples that are not pictures in files: numbers in memory, code of a user's, pictures with noise; how they are normalized, and how
/// often each class is shown.
module Bnn.Tests.ExamplesTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.DataSupport
open Bnn.Tests.OwnNetworkSupport
open Bnn.Tests.TrainingSupport
open Expecto
open FsCheck.FSharp

let internal names = [| "a"; "b"; "c" |]

/// Numbers around another mean for each class, so that classes can be told apart.
let private numbersOf (size: FeatureSize) count (random: Random) =
    Array.init (int size.Count * count) (fun k ->
        let label = k / int size.Count % 3
        float32 (3 * label + k % int size.Count % 2) + float32 (random.NextDouble()))

let internal labelled (size: FeatureSize) count seed =
    FloatSet(
        size,
        ReadOnlyMemory(numbersOf size count (Random(seed: int))),
        ReadOnlyMemory(Array.init count (fun k -> k % 3)),
        names
    )

/// A source that counts on its own: the same numbers as a set in memory, each written when it is asked for.
type internal Counting(set: FloatSet, fail: int -> unit) =
    inherit Examples()
    override _.Count = set.Count
    override _.Size = set.Size
    override _.Classes = set.Classes
    override _.Label index = set.Label index

    override _.Write(index: int, inputs: Span<float32>) =
        fail index
        set.Write(index, inputs)

let internal own set = Counting(set, ignore)

let internal series' = FeatureSize.Of(2L, 1L, 24L)

let internal trainedOn (model: ModelDescription) (data: DataSource) =
    BnnTrainer().WithModel(model).WithData(data).WithBatch(10).WithDiagnostics(false).WithThreads(1).TwoStep(epochs = 3)

let internal outcomeOf (trainer: BnnTrainer) =
    let result = trainer.Train()
    use _model = result.Model

    [ for epoch in result.Epochs -> epoch.Loss, epoch.TrainTop1, epoch.Top1 ]

[<Tests>]
let tests =
    testList
        "Examples"
        [
            test "Vectors and series train, tell classes apart, and their network tells the class of one" {
                for model, size in [ vectors, FeatureSize.Of(6L, 1L, 1L); series, series' ] do
                    let data = Data.InMemory("numbers", labelled size 90 1, labelled size 30 2)

                    let result =
                        (trainedOn model data).WithAdam(learningRate = 2e-2).TwoStep(epochs = 8).Train()

                    use trained = result.Model
                    Expect.isGreaterThan result.Stages[1].Top1 0.9 $"{size}"
                    let one = Array.zeroCreate<float32>(int size.Count)
                    let test = data.Load().Test
                    test.Write(4, Span one)
                    let logits = (trained.Logits test)[4]

                    Expect.equal
                        (trained.Predict one).Class
                        names[Array.findIndex ((=) (Array.max logits)) logits]
                        "one"
            }

            test
                "A source of one's own is the same training as the same numbers in memory, read by any number of threads" {
                let set, test = labelled series' 40 3, labelled series' 12 4
                let inMemory = outcomeOf (trainedOn series (Data.InMemory("n", set, test)))
                let data = Data.Own("n", "1", own set, own test)
                Expect.equal (outcomeOf (trainedOn series data)) inMemory "read by the training"
                Expect.equal (outcomeOf ((trainedOn series data).WithDataWorkers 3)) inMemory "read by three threads"
            }

            law
                "Inputs are (x - mean) / deviation of the training examples' channels, and of given numbers where they are given"
                (Gen.zip (Gen.choose (1, 4)) (Gen.choose (2, 9)) |> Arb.fromGen)
                (fun (channels, count) ->
                    let size = FeatureSize.Of(int64 channels, 1L, 5L)
                    let set = labelled size count (channels + 10 * count)
                    let struct (means, deviations) = set.MeanAndDeviation()
                    let values = set.Values.ToArray()

                    for channel in 0 .. channels - 1 do
                        let of' =
                            [
                                for k in 0 .. values.Length - 1 do
                                    if k / 5 % channels = channel then
                                        float values[k]
                            ]

                        let mean = List.average of'
                        let deviation = sqrt (List.averageBy (fun x -> (x - mean) ** 2.0) of')
                        Expect.floatClose Accuracy.high means[channel] mean "mean"
                        Expect.floatClose Accuracy.high deviations[channel] deviation "deviation"

                    let data = Data.InMemory("n", set, set)

                    let given =
                        data.WithNormalization(Array.replicate channels 2.0, Array.replicate channels 0.5)

                    let inputs (data: DataSource) =
                        let loaded = data.Load()
                        writtenBy (View loaded.Normalization) loaded.Train 1

                    let first = 5 * channels

                    for k in 0 .. first - 1 do
                        let x = float values[first + k]

                        Expect.floatClose
                            { absolute = 1e-5; relative = 1e-5 }
                            (float (Array.item k (inputs data)))
                            ((x - means[k / 5])
                             / (if deviations[k / 5] = 0.0 then 1.0 else deviations[k / 5]))
                            "own"

                        Expect.floatClose
                            { absolute = 1e-5; relative = 1e-5 }
                            (float (Array.item k (inputs given)))
                            ((x - 2.0) / 0.5)
                            "given")

            test "Parts of a set have its numbers, labels and targets: taken, split, and picked from the user's own" {
                let set = labelled series' 20 5
                let targets = FloatSet(series', set.Values, series', set.Values, 2.0)

                let content (examples: Examples) =
                    [
                        for k in 0 .. examples.Count - 1 ->
                            let inputs = Array.zeroCreate<float32> 48
                            examples.Write(k, Span inputs)

                            if examples.TargetSize.HasValue then
                                let target = Array.zeroCreate<float32> 48
                                examples.WriteTarget(k, Span target)
                                inputs, Choice1Of2 target
                            else
                                inputs, Choice2Of2(examples.Label k)
                    ]

                for examples in [ set :> Examples; targets; own set ] do
                    let all = content examples
                    Expect.equal (content (examples.Take 7)) (List.take 7 all) "taken"
                    let struct (train, heldOut) = examples.Split(6, 1L)
                    Expect.equal (train.Count, heldOut.Count) (14, 6) "counts"
                    Expect.equal (List.sort (content train @ content heldOut)) (List.sort all) "split"
                    Expect.equal train.TargetRange examples.TargetRange "range"
            }

            test "Noise is normal and of its deviation, another in each epoch of training, the same in every test" {
                let pictures = setOf 1 16 16 (Array.create (30 * 256) 128uy)
                let noisy = (Data.InMemory("grey", pictures, pictures).WithNoise 0.25).Load().Train
                Expect.equal (noisy.TargetSize) (Nullable(FeatureSize.Of(1L, 16L, 16L))) "targets"
                let none = Normalization.None 1
                let tested index = writtenBy (View none) noisy index

                let trained epoch index =
                    writtenBy (View(none, Augmentation.None, 1L, epoch)) noisy index

                Expect.equal (tested 3) (tested 3) "the same test"
                Expect.notEqual (trained 0UL 3) (trained 1UL 3) "another epoch"
                Expect.notEqual (trained 0UL 3) (tested 3) "training is not the test"

                for draw in [ tested; trained 2UL ] do
                    let noise =
                        [
                            for k in 0..29 do
                                for x in draw k -> float x - 128.0 / 255.0
                        ]

                    let n = float noise.Length
                    let mean, square = List.average noise, List.averageBy (fun x -> x * x) noise
                    Expect.isLessThan (abs mean) (4.0 * 0.25 / sqrt n) "mean 0"
                    Expect.isLessThan (abs (sqrt square - 0.25)) (4.0 * 0.25 / sqrt (2.0 * n)) "deviation"
                    let within = noise |> List.filter (fun x -> abs x < 0.25) |> List.length |> float
                    Expect.isLessThan (abs (within / n - 0.6827)) (4.0 * sqrt (0.25 / n)) "normal"

                let target = Array.zeroCreate<float32> 256
                noisy.WriteTarget(3, Span target)
                Expect.allEqual target (float32 (128.0 / 255.0)) "the target is the picture"
            }

            law
                "With balanced classes an epoch has as many of each class, as many in all, each member about as often, and another order in each"
                (Gen.nonEmptyListOf (Gen.choose (1, 12)) |> Arb.fromGen)
                (fun sizes ->
                    let labels =
                        Array.concat (List.mapi (fun label size -> Array.create size label) sizes)

                    let order epoch = Shuffle.Balanced(labels, 3L, epoch)
                    let first = order 0UL
                    Expect.hasLength first labels.Length "in all"
                    Expect.equal (order 0UL) first "repeatable"

                    let shown =
                        [
                            for label in 0 .. sizes.Length - 1 ->
                                first |> Array.filter (fun index -> labels[index] = label)
                        ]

                    let counts = shown |> List.map Array.length
                    Expect.isLessThanOrEqual (List.max counts - List.min counts) 1 "of each class"

                    for members, size in List.zip shown sizes do
                        let often = members |> Array.countBy id |> Array.map snd

                        if members.Length >= size then
                            Expect.hasLength often size "every member of a rare class"

                        if often.Length > 0 then
                            Expect.isLessThanOrEqual (Array.max often - Array.min often) 1 "about as often"

                    if labels.Length > 12 && sizes.Length > 1 then
                        Expect.notEqual (order 1UL) first "another epoch")
        ]
