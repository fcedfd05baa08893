/// Stages that are binary in some places alone.
module Bnn.Tests.StagePlaceTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.NetworkGen
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private block name : Network =
    Layers.Scope(
        name,
        Layers.Residual(
            Layers.Sign("sign", shifted = true)
            >=> Layers.BinaryConvolution("conv", 4, 3)
            >=> Layers.BatchNorm "norm"
        )
    )

let private network: Network =
    Layers.Convolution("stem", 4, 3)
    >=> block "one"
    >=> block "two"
    >=> Layers.GlobalMean()
    >=> Layers.Linear("classifier", 3)

let private trainer = trainerOf network 2 6 6

let private stage name places =
    Stage.Create(name, true, true, 1, places = places)

let private binaryLayers network =
    Network.places (FeatureSize.Of(2L, 6L, 6L)) network
    |> List.filter (fun place ->
        match place.Layer, Layer.weights place.Layer with
        | Layer.Sign _, _ -> true
        | _, Some binarizer -> not (Binarizer.isNone binarizer)
        | _ -> false)
    |> List.map _.Name

[<Tests>]
let tests =
    testList
        "Stages' places"
        [
            test "a stage is binary in its places, by full names of layers and of scopes, and real elsewhere" {
                for places, expected in
                    [
                        [ "two" ], [ "two.sign"; "two.conv" ]
                        [ "one.conv"; "two.sign" ], [ "one.conv"; "two.sign" ]
                        [ "one"; "two" ], binaryLayers network
                    ] do
                    Expect.equal (binaryLayers (Network.binaryIn places network)) expected $"{places}"

                Expect.equal
                    (Network.binaryIn [ "one"; "two" ] network)
                    network
                    "in all of its places a network is what it is"
            }

            Checks.law "binary nowhere, a random network is its real twin" anyModel (fun model ->
                Expect.equal (Network.binaryIn [ "nowhere" ] model.Network) (Network.realTwin model.Network) $"{model}")

            test "layer by layer: the trained model has what the last stage had, saved and loaded too" {
                inFolder (fun folder ->
                    let folder = Path.Combine(folder, "run")

                    let result =
                        trainer.WithStages(stage "first" [ "one" ], stage "second" [ "two" ]).SaveTo(folder).Train()

                    use model = result.Model
                    Expect.equal model.Description.Network (Network.binaryIn [ "two" ] network) "network"
                    use loaded = BnnModel.Load folder
                    Expect.equal loaded.Description model.Description "loaded"
                    let x = torch.randn (3L, 2L, 6L, 6L)
                    use _scope = torch.NewDisposeScope()

                    Expect.isTrue
                        (loaded.LogitsOf(x).eq(model.LogitsOf x).all().item<bool>())
                        "the same logits, to the bit")
            }

            test "a place without anything binary in it is a fault, named with its stage" {
                let faults =
                    [
                        for fault in
                            trainer.WithStages(stage "a" [ "one"; "three"; "stem" ], stage "b" [ "on" ]).Validate() ->
                            fault.Name, fault.Value
                    ]

                Expect.equal faults [ "a: places", "three"; "a: places", "stem"; "b: places", "on" ] "faults"
            }

            test "the description says where a stage is binary" {
                let text = trainer.WithStages(stage "a" [ "one"; "two.conv" ]).Describe()
                Expect.stringContains text "binary in one, two.conv; real elsewhere" "places"
            }
        ]
