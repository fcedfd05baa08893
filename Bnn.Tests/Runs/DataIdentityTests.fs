/// A run goes on with the very same data only: pixels, labels, names and order of classes, numbers, files; wherever they lie.
module Bnn.Tests.DataIdentityTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ExamplesTests
open Bnn.Tests.OwnNetworkSupport
open Bnn.Tests.RunSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto
open SkiaSharp

/// A trained-on source, stopped, and what is said against going on with another.
let private against (train: DataSource -> BnnTrainer) (data: DataSource) (other: DataSource) =
    let mutable names = []

    inFolder (fun folder ->
        stopIn folder 3 (train data)
        Expect.isEmpty (faultNames ((train data).SaveTo folder)) "the same data"
        names <- faultNames ((train other).SaveTo folder))

    names

let private ofImages data = run.WithData(data: DataSource)

/// A picture of 8 x 8 in a file.
let private picture (path: string) seed =
    let bytes = randomBytes seed (8 * 8 * 4) 256
    use bitmap = new SKBitmap(8, 8)

    for k in 0..63 do
        bitmap.SetPixel(k % 8, k / 8, SKColor(bytes[4 * k], bytes[4 * k + 1], bytes[4 * k + 2]))

    use data = bitmap.Encode(SKEncodedImageFormat.Png, 100)
    Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
    File.WriteAllBytes(path, data.ToArray())

/// A folder of pictures of two classes: 12 to train on, 4 to test on.
let private pictures folder =
    for part, count in [ "train", 6; "val", 2 ] do
        for label, name in [ 0, "cat"; 1, "dog" ] do
            for k in 1..count do
                picture (Path.Combine(folder, part, name, $"{k}.png")) (int64 (100 * label + k + part.Length))

let private ofFolder (data: DataSource) =
    training.WithData(data).WithModel(normedOf 4 2, "normed").WithBatch(2).WithAugmentation(Augmentation.None)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume: data"
            [
                test
                    "A run goes on with the same bytes of data in memory only: one pixel, two labels or the classes' order are refused" {
                    for what, data in
                        [
                            "train", changed source "tiny" onePixel id id
                            "train", changed source "tiny" id twoLabels id
                            "train", changed source "tiny" id id Array.rev
                            "train", changed source "tiny" (fun pixels -> Array.rev pixels) id id
                        ] do
                        Expect.contains (against ofImages source data) $"data.{what}" "the training images"

                    let test =
                        let loaded = source.Load()
                        Data.InMemory("tiny", loaded.Train, (changed source "tiny" onePixel id id).Load().Test)

                    Expect.equal (against ofImages source test) [ "data.test" ] "the test images"

                    let classes = against ofImages source (changed source "tiny" id id Array.rev)
                    Expect.contains classes "data.classes" "which classes"
                }

                test "Names do not make data: the same bytes go on under another name" {
                    Expect.isEmpty (against ofImages source (changed source "renamed" id id id)) "the same"
                }

                test "A run goes on with the same numbers, targets and range only" {
                    let size, target = FeatureSize.Of(2L, 1L, 24L), FeatureSize.Of(3L, 1L, 1L)

                    let values, targets =
                        Array.init (48 * 20) (fun k -> sin (float32 k)), Array.init (3 * 20) float32

                    let set range (values: float32[]) (targets: float32[]) =
                        FloatSet(size, ReadOnlyMemory values, target, ReadOnlyMemory targets, range)

                    let numbers range values targets =
                        Data.InMemory("numbers", set range values targets, set range values targets)

                    let change (numbers: float32[]) =
                        let copy = Array.copy numbers
                        copy[17] <- copy[17] + 1e-6f
                        copy

                    let train data =
                        training
                            .WithData(data)
                            .WithModel(normedOf 4 3, "numbers")
                            .WithObjective(Objectives.MeanSquaredError())

                    let own = numbers 1.0 values targets
                    Expect.contains (against train own (numbers 1.0 (change values) targets)) "data.train" "a number"
                    let other = Array.copy targets
                    other[3] <- other[3] + 1f
                    Expect.contains (against train own (numbers 1.0 values other)) "data.train" "a target"
                    Expect.contains (against train own (numbers 2.0 values targets)) "data.train" "the range"
                }

                test
                    "A run on data that are code goes on with the same numbers only, also where their version was forgotten" {
                    let set = labelled series' 40 3

                    let own (change: float32) =
                        let examples (set: FloatSet) =
                            { new Examples() with
                                member _.Count = set.Count
                                member _.Size = set.Size
                                member _.Classes = set.Classes
                                member _.Label index = set.Label index

                                member _.Write(index: int, inputs: Span<float32>) =
                                    set.Write(index, inputs)

                                    if index = 33 then
                                        inputs[4] <- inputs[4] + change
                            }

                        Data.Own("mine", "1", examples set, examples set)

                    let train data =
                        (trainedOn series data).WithCheckpoints(TimeSpan.Zero)

                    Expect.contains (against train (own 0f) (own 1f)) "data.train" "a number"
                }

                test
                    "Of so much data that are code that reading them all would take long, examples from first to last are compared" {
                    let count = 100
                    let read = ResizeArray()

                    let examples =
                        { new Examples() with
                            member _.Count = count
                            member _.Size = FeatureSize.Of(1L, 1L, 4L)
                            member _.Classes = names
                            member _.Label index = index % 3
                            member _.Write(index: int, _: Span<float32>) = read.Add index
                        }

                    DataIdentity.OfNumbers(examples, 16L * 10L) |> ignore
                    Expect.equal (List.ofSeq read) [ 0..10..99 ] "ten of a hundred"
                    read.Clear()
                    DataIdentity.OfNumbers(examples, 16L * 1000L) |> ignore
                    Expect.equal (List.ofSeq read) [ 0..99 ] "all where they are few"
                }

                test "Another held-out part, other noise and another normalization are other data" {
                    let seeds = against ofImages (source.HoldOut(4, 1L)) (source.HoldOut(4, 2L))
                    Expect.contains seeds "data.train" "held out by another seed"

                    let denoised data =
                        training.WithData(data).WithModel(cleaner, "cleaner")

                    let noise = against denoised (source.WithNoise 0.1) (source.WithNoise 0.1000000001)
                    Expect.contains noise "data.train" "noise that is written alike"

                    let normalized =
                        against
                            ofImages
                            (source.WithNormalization([ 0.1; 0.2 ], [ 1.0; 1.0 ]))
                            (source.WithNormalization([ 0.1; 0.3 ], [ 1.0; 1.0 ]))

                    Expect.equal normalized [ "recipe.normalization.means[1]" ] "means"
                }

                test "A run goes on with the same image files wherever they were copied to, and with no others" {
                    inFolder (fun root ->
                        let at name = Path.Combine(root, name)
                        pictures (at "a")
                        copyTo (at "b") (at "a")
                        let folder name = Data.ImageFolder(at name, 8)

                        let changed name change =
                            copyTo (at name) (at "a")
                            change (at name)
                            against ofFolder (folder "a") (folder name)

                        for file in Directory.GetFiles(at "b", "*.png", SearchOption.AllDirectories) do
                            File.SetLastWriteTimeUtc(file, DateTime(2001, 2, 3))

                        Expect.isEmpty
                            (against ofFolder (folder "a") (folder "b"))
                            "a copy with other times, elsewhere"

                        let pixels =
                            changed "pixels" (fun folder ->
                                picture (Path.Combine(folder, "train", "cat", "3.png")) 99L)

                        Expect.equal pixels [ "data.train" ] "another picture"

                        let renamed =
                            changed "renamed" (fun folder ->
                                File.Move(
                                    Path.Combine(folder, "train", "cat", "3.png"),
                                    Path.Combine(folder, "train", "cat", "9.png")
                                ))

                        Expect.equal renamed [ "data.train" ] "in another order"

                        let swapped =
                            changed "swapped" (fun folder ->
                                let cats, dogs =
                                    Path.Combine(folder, "val", "cat"), Path.Combine(folder, "val", "dog")

                                Directory.Move(cats, cats + "s")
                                Directory.Move(dogs, cats)
                                Directory.Move(cats + "s", dogs))

                        Expect.equal swapped [ "data.test" ] "classes that changed places"

                        let more =
                            changed "more" (fun folder -> picture (Path.Combine(folder, "val", "dog", "7.png")) 5L)

                        Expect.contains more "data.test" "one more")
                }

                test
                    "Of files that are too many to be read, names, sizes and times are compared, and where times differ alone the remedy is said" {
                    inFolder (fun root ->
                        let at name = Path.Combine(root, name)
                        pictures (at "a")
                        copyTo (at "b") (at "a")

                        let files name =
                            let struct (train, _, _) = ImageFolder.Open(at name)
                            DataIdentity.OfFiles(train, 0L)

                        let file = Path.Combine(at "b", "train", "cat", "3.png")
                        let time = File.GetLastWriteTimeUtc(Path.Combine(at "a", "train", "cat", "3.png"))

                        for file in Directory.GetFiles(at "a", "*.png", SearchOption.AllDirectories) do
                            File.SetLastWriteTimeUtc(file.Replace(at "a", at "b"), File.GetLastWriteTimeUtc file)

                        Expect.equal (files "b") (files "a") "copied with their times"
                        File.SetLastWriteTimeUtc(file, time.AddMilliseconds 3.0)
                        Expect.equal (files "b").Sha256 (files "a").Sha256 "the same names and sizes"
                        Expect.notEqual (files "b").Times (files "a").Times "another time"
                        File.SetLastWriteTimeUtc(file, time)
                        File.AppendAllText(file, "x")
                        Expect.notEqual (files "b").Sha256 (files "a").Sha256 "another size"

                        let identity (times: string) =
                            let all = RunIdentity.Of((ofFolder (Data.ImageFolder(at "a", 8))).Plan())
                            let train = all.Item("data").Item("train").AsObject()
                            train.Add("times", Text.Json.Nodes.JsonValue.Create times)
                            all

                        let fault =
                            Seq.exactlyOne (RunIdentity.Differences(identity "1", identity "2", "runs/a"))

                        Expect.equal fault.Name "data.train" "what"
                        Expect.stringContains (string fault) "times" "times alone"
                        Expect.stringContains fault.Allowed "cp -p" "the remedy")
                }

                test "A run goes on with the same teacher's weights only, and with a copy of them" {
                    inFolder (fun folder ->
                        use teacher = training.WithSeed(3).Train().Model
                        use other = training.WithSeed(4).Train().Model
                        let path = Path.Combine(folder, "teacher.safetensors")
                        teacher.Save path
                        use copy = BnnModel.Load path
                        let train (model: BnnModel) = run.WithTeacher model
                        let folder = Path.Combine(folder, "run")
                        stopIn folder 3 (train teacher)
                        Expect.isEmpty (faultNames ((train copy).SaveTo folder)) "a copy"
                        let faults = faultNames ((train other).SaveTo folder)
                        Expect.equal faults [ "teacher.sha256" ] "another"
                        Expect.isSome (refusal ((train other).SaveTo folder)) "refused")
                }
            ]
    )
