/// Choosing rates, and what is measured of a trained network.
module Bnn.Tests.ExperimentDecisionTests

open System
open System.IO
open Bnn
open Bnn.Experiments
open Bnn.Tests.DataSupport
open Bnn.Tests.ExperimentSupport
open Expecto

let private scale = Scale.full

/// Screening runs of a training: a score for each seed; None: it diverged.
let private screened (training: Training) (scores: float option list) =
    List.zip scale.ScreeningSeeds scores
    |> List.map (fun (seed, score) ->
        let training = Tuning.screening scale training |> withSeed seed

        match score with
        | Some top1 -> recordOf top1 training
        | None -> diverged training)

let private candidates = [ for rate in [ 0.1; 0.2; 0.3 ] -> trainingAt rate ]

let private screening (scores: float option list list) =
    List.map2 screened candidates scores |> List.concat

let private refusal (given: string option) name =
    try
        DataSets.load given name |> ignore
        failtest "it was loaded"
    with :? BnnFileException as e ->
        e.Message

let private tuning =
    testList
        "Experiments: tuning"
        [
            test "The best candidate is the one with the best mean, not the one with the best seed" {
                let find =
                    screening [ [ Some 0.9; Some 0.1 ]; [ Some 0.6; Some 0.7 ]; [ Some 0.6; Some 0.6 ] ]
                    |> finding

                Expect.equal (Tuning.best scale find candidates) (Some candidates[1]) "the second, as it was given"
            }

            test "A candidate that diverged with one seed counts 0 for it" {
                let find =
                    screening [ [ Some 0.5; Some 0.5 ]; [ Some 0.9; None ]; [ None; None ] ]
                    |> finding

                Expect.equal (Tuning.best scale find candidates) (Some candidates[0]) "the first"
            }

            test "While any run is missing there is no best candidate" {
                let records =
                    screening [ [ Some 0.5; Some 0.5 ]; [ Some 0.9; Some 0.9 ]; [ Some 0.1; Some 0.1 ] ]

                Expect.equal (Tuning.best scale (finding records) candidates) (Some candidates[1]) "all are there"

                for missing in records do
                    Expect.isNone
                        (Tuning.best
                            scale
                            (finding (records |> List.filter (fun r -> r.Hash <> missing.Hash)))
                            candidates)
                        missing.Hash
            }

            test "Runs that choose have the images and seeds of screening, and are not those of claims" {
                let runs = Tuning.runs scale candidates
                Expect.hasLength runs (candidates.Length * scale.ScreeningSeeds.Length) "candidates by seeds"

                for run in runs do
                    Expect.equal
                        (run.Images, run.Protocol)
                        (scale.ScreeningImages, Protocol.Screening)
                        "images, protocol"
            }
        ]

let private normal (random: Random) =
    sqrt (-2.0 * log (1.0 - random.NextDouble()))
    * cos (2.0 * Math.PI * random.NextDouble())

let private analyses =
    testList
        "Experiments: analyses"
        [
            test "A straight line has roughness 0, rising, falling or level; a zigzag has 2" {
                for slope in [ 1.0; -2.0; 0.0 ] do
                    let line = [ for k in 0..20 -> 3.0 + slope * float k ]
                    Expect.equal (Landscape.roughness line) 0.0 "straight"

                Expect.floatClose Accuracy.high (Landscape.roughness [ for k in 0..20 -> float (k % 2) ]) 2.0 "zigzag"
            }

            test "White noise has roughness 1.73, the square root of 3; a parabola's is near 0" {
                let random = Random 7
                let noise = [ for _ in 1..20_000 -> normal random ]
                Expect.isLessThan (abs (Landscape.roughness noise - sqrt 3.0)) 0.03 "noise"
                let parabola = [ for k in -40 .. 40 -> float (k * k) ]
                Expect.isLessThan (Landscape.roughness parabola) 0.06 "parabola"
            }

            test
                "Roughness does not depend on the loss's unit, leaves out what is not finite, and is NaN of fewer than three points" {
                let losses = [ 1.0; 3.0; 2.0; 5.0; 4.5 ]
                let expected = Landscape.roughness losses
                Expect.floatClose Accuracy.high (Landscape.roughness [ for x in losses -> 100.0 * x ]) expected "unit"
                Expect.equal (Landscape.roughness (losses @ [ nan; infinity ])) expected "not finite"
                Expect.isTrue (Double.IsNaN(Landscape.roughness [ 1.0; 2.0 ])) "two points"
            }

            test "A direction is as long as the weights in each output channel, another for another seed" {
                let weights =
                    [
                        NamedWeights("w", ParameterGroup.BinaryWeights, [| 2L; 2L |], [| 3f; 4f; 0.6f; 0.8f |])
                    ]

                let length (numbers: float32[]) =
                    numbers |> Array.sumBy (fun x -> float x * float x) |> sqrt

                let drawn = (Landscape.direction 1 weights).Head
                Expect.floatClose Accuracy.medium (length drawn[..1]) 5.0 "first channel"
                Expect.floatClose Accuracy.medium (length drawn[2..]) 1.0 "second channel"
                Expect.equal (Landscape.direction 1 weights).Head drawn "the same seed"
                Expect.notEqual (Landscape.direction 2 weights).Head drawn "another seed"
            }

            test "Of each output channel as many signs are flipped as of the others" {
                let values = Array.init 24 (fun k -> float32 (k + 1))
                let flipped = SignFlips.flipped 0.25 (SignFlips.channels 3 values) values

                for channel in 0..2 do
                    for k in 0..7 do
                        let expected = if k < 2 then -1f else 1f
                        Expect.equal (sign flipped[8 * channel + k]) (int expected) "two of eight, its first ones"
            }

            test "Exactly the share of signs is flipped, the first of the order, and the weights that are given stay" {
                let values = [| 1f; -2f; 3f; -4f; 5f |]
                let order = [| 3; 0; 4; 1; 2 |]
                Expect.equal (SignFlips.flipped 0.4 [ order ] values) [| -1f; -2f; 3f; 4f; 5f |] "two of five"
                Expect.equal (SignFlips.flipped 0.0 [ order ] values) values "none"
                Expect.equal (SignFlips.flipped 1.0 [ order ] values) (Array.map (~-) values) "all"
                Expect.equal values [| 1f; -2f; 3f; -4f; 5f |] "as they were"

                for share in SignFlips.shares do
                    let many = Array.init 40 (fun k -> float32 (k + 1))
                    let flipped = SignFlips.flipped share [ Array.init 40 (fun k -> 39 - k) ] many

                    let places =
                        [
                            for k in 0..39 do
                                if flipped[k] < 0f then
                                    k
                        ]

                    let count = int (40.0 * share)
                    Expect.equal places [ 40 - count .. 39 ] (Json.number share)
            }
        ]

let private data =
    testList
        "Experiments: data sets"
        [
            test "A data set that is not there is named, with the folders that were looked into and where to get it" {
                inFolder (fun folder ->
                    let message = refusal (Some folder) DataSets.Cifar10

                    for part in
                        [
                            DataSets.Cifar10
                            folder
                            Path.Combine(folder, "cifar10")
                            "cs.toronto.edu"
                            "--data"
                        ] do
                        Expect.stringContains message part "the error")

                Expect.stringContains (refusal None DataSets.Cifar10) "--data" "without a folder"
            }

            test "Fashion-MNIST that is not there is named, with where to get it" {
                if Directory.Exists "/usr/share/datasets/fashion-mnist" then
                    Checks.notTried "it is there"

                let message = refusal (Some "/there/is/no/such/folder") DataSets.FashionMnist

                for part in
                    [
                        "/there/is/no/such/folder"
                        "dataset-fashion-mnist"
                        "github.com/zalandoresearch"
                        "--data"
                    ] do
                    Expect.stringContains message part "the error"
            }

            test "Data sets and networks of other names are refused, with the names that are known" {
                let fault act = Checks.argumentFault (act >> ignore)
                let ofData = fault (fun () -> DataSets.load None "MNIST")
                Expect.stringContains ofData $"{DataSets.FashionMnist}, {DataSets.Cifar10}" "data"

                let ofNetwork =
                    fault (fun () -> Networks.find "VGG" (setOf 1 28 28 (Array.zeroCreate 7_840)))

                for name in Networks.all do
                    Expect.stringContains ofNetwork name "network"
            }

            test "Images in shards are JPEGs, and others are not" {
                inFolder (fun folder ->
                    Expect.isFalse (DataSets.isJpeg None) "none"
                    Expect.isFalse (DataSets.isJpeg (Some folder)) "no shards"
                    File.WriteAllText(Path.Combine(folder, "cifar10-train.tar"), "")
                    Expect.isFalse (DataSets.isJpeg (Some folder)) "one of two shards: they are not used"
                    File.WriteAllText(Path.Combine(folder, "cifar10-test.tar"), "")
                    Expect.isTrue (DataSets.isJpeg (Some folder)) "shards")
            }
        ]

[<Tests>]
let tests = testList "Experiments: decisions" [ tuning; analyses; data ]
