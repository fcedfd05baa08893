/// Trainings that start from given weights: which network they train, what changes it besides, and what is said of it.
module Bnn.Tests.StartReportTests

open System
open System.IO
open System.Text.Json.Nodes
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

[<Tests>]
let tests =
    testList
        "Start: reports"
        [
            test "the network is that of the weights, for the data's images where it takes such" {
                use model = training.Train().Model
                let larger = (trainingOf (dataOf 3 2 9 7)).StartingFrom model
                Expect.equal (larger.Plan().Model) (model.Description.WithInput(2, 9, 7)) "its network"
                Expect.isEmpty (takenBy larger).New "all of it"
                // whatever else would choose one
                let preset = larger.WithPreset(Preset.AdamBnn).WithBatch 4
                Expect.equal (preset.Plan().Model) (model.Description.WithInput(2, 9, 7)) "with a preset"
                // a binarizer for all goes around that network too
                let other = larger.WithBinarizers(activations = Binarizers.Ede())
                Expect.notEqual (other.Plan().Model.Network) normed "with other binarizers"
                Expect.isEmpty (takenBy other).New "the same tensors"
            }

            test "a run's network is taken as it was given to the run, not as its last stage had it" {
                inFolder (fun folder ->
                    let stages =
                        [|
                            Stage.Create("clip", true, true, 1, weights = Binarizers.Clip)
                            Stage.Create("in part", true, true, 1, places = [ "conv" ])
                        |]

                    use model = training.WithStages(stages).SaveTo(folder).Train().Model
                    Expect.notEqual model.Description.Network normed "the stage's"
                    Expect.equal ((onward.StartingFrom folder).Plan().Model.Network) normed "the run's")
            }

            test "a stage that draws binary weights anew does so on top of given ones, and it is said" {
                use model = training.Train().Model

                let stage =
                    Stage.Create("anew", true, true, 1, binaryStart = BinaryStart.FreshPositive)

                let trainer = (still training).WithStages(stage).StartingFrom model
                use started = trainer.Train().Model

                for name, _, bytes in tensorsOf started do
                    if name = "conv.weight" then
                        for k in 0..4 .. bytes.Length - 1 do
                            let weight = BitConverter.ToSingle(bytes, k)
                            Expect.isTrue (weight >= 0.0f && weight <= 0.001f) "fresh and positive"

                Expect.equal
                    (named [ "stem.weight" ] (tensorsOf started))
                    (named [ "stem.weight" ] (tensorsOf model))
                    "given"

                Expect.contains
                    (takenBy trainer).Remarks
                    "anew draws the binary convolutions' weights anew all the same"
                    "said"
            }

            test
                "images are normalized as the weights' file says that theirs were, unless the data say otherwise; other classes' names are said" {
                use model = training.Train().Model
                let pixels = Array.init (12 * 72) (fun k -> byte (k % 11))
                let labels = Array.init 12 (fun k -> k % 3)

                let images =
                    ImageSet(2, 6, 6, ReadOnlyMemory pixels, ReadOnlyMemory labels, [| "x"; "y"; "z" |])

                let dark = Data.InMemory("dark", images, images)
                let start = (trainingOf dark).StartingFrom model
                let remarks = (takenBy start).Remarks
                Expect.equal remarks[0] "its classes have other names: class 1, class 2, class 3" "classes"

                Expect.stringStarts
                    remarks[1]
                    "images are normalized as those that it was trained on, by means 0."
                    "said"

                let normalization (model: BnnModel) =
                    let own = model.Given().Normalization
                    List.ofSeq own.Means, List.ofSeq own.Deviations

                use trained = start.Train().Model
                Expect.equal (normalization trained) (normalization model) "the weights'"

                let recipe = RecipeJson.Of(start.Plan())
                let means = recipe["normalization"]["means"]

                Expect.equal
                    [ for mean in means.AsArray() -> mean.GetValue<float>() ]
                    (fst (normalization model))
                    "in the recipe"

                // said of the data, though it is what they have by themselves
                let struct (means, deviations) = images.MeanAndDeviation()

                let said =
                    (trainingOf (dark.WithNormalization(means, deviations))).StartingFrom model

                let remarks = (takenBy said).Remarks
                Expect.stringStarts remarks[1] "images are normalized by means 0.0" "the data's"
                Expect.stringContains remarks[1] ", those that it was trained on by means 0." "the weights'"
                use trained = said.Train().Model
                Expect.equal (normalization trained) (List.ofSeq means, List.ofSeq deviations) "the data's"
            }

            test "what was taken is told at the run's start, in its result and in result.json" {
                inFolder (fun folder ->
                    use model = training.Train().Model
                    let notes = Notes()
                    let start = (trainingOf (dataOf 5 2 6 6)).StartingFrom(model).SaveTo folder
                    let result = start.Observed(notes).Train()
                    result.Model.Dispose()
                    let report = takenBy start
                    Expect.equal (string result.Start) (string report) "the result has it"

                    Expect.equal
                        (List.ofSeq notes.All)
                        [
                            yield $"starts from {Seq.head (report.Sentences())}"
                            yield! Seq.tail (report.Sentences())
                        ]
                        "notes"

                    Expect.stringStarts
                        notes.All[0]
                        "starts from normed: 12 of the network's 14 tensors are taken"
                        "the first"

                    let result = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "result.json")))
                    let json = result["recipe"]["start"]
                    Expect.equal (string json["from"]) "normed" "from"
                    Expect.equal (string json["sha256"]) report.Sha256 "hash"
                    Expect.equal (json["taken"].GetValue<int>()) 12 "taken"

                    Expect.equal
                        [ for name in json["new"].AsArray() -> string name ]
                        [ "classifier.weight"; "classifier.bias" ]
                        "new"

                    Expect.equal
                        [ for name in json["left"].AsArray() -> string name ]
                        [ "classifier.weight"; "classifier.bias" ]
                        "left"

                    Expect.stringContains
                        (File.ReadAllText(Path.Combine(folder, "report.html")))
                        "normed: 12 of the network&#39;s 14 tensors are taken"
                        "the page"

                    Expect.isNull (training.Plan().Start) "nothing without given weights"
                    Expect.isNull (RecipeJson.Of(training.Plan())["start"]) "nor in its recipe")
            }

            test "an estimate starts from the weights too" {
                use model = training.Train().Model

                let nowhere =
                    [
                        for tensor in model.Given().Tensors ->
                            if tensor.Name = "classifier.bias" then
                                TensorBytes.ToArray(
                                    tensor.Name,
                                    torch.full (tensor.Shape, nan.ToScalar(), torch.float32)
                                )
                            else
                                tensor
                    ]

                inFolder (fun folder ->
                    let path = Path.Combine(folder, "nan.pth")
                    writePth path nowhere
                    training.Estimate 1 |> ignore

                    Expect.throwsT<BnnTrainingException>
                        (fun () -> training.StartingFrom(path).Estimate 1 |> ignore)
                        "no number")
            }
        ]
