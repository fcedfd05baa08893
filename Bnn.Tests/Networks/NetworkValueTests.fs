/// Networks as values: what changes nothing, what adds up, and sizes counted one by one.
module Bnn.Tests.NetworkValueTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.NetworkGen
open Expecto
open FsCheck.FSharp

let private places (model: ModelDescription) =
    Network.places model.Input model.Network

let private tensors (model: ModelDescription) =
    Network.tensors model.Input model.Network

let private named (model: ModelDescription) =
    tensors model |> List.map (fun tensor -> tensor.Name, tensor.Shape)

let private isUnique (names: string list) = (List.distinct names = names)

let private changesNothing change (model: ModelDescription) =
    Expect.equal (change model.Network) model.Network $"{model}"

/// What an image side becomes under a window, by trying every place of it.
let private counted roundUp (size: int) kernel stride padding =
    let most = size + 2 * padding

    Seq.initInfinite (fun k -> k * stride)
    |> Seq.takeWhile (fun start ->
        start + kernel <= most
        || (roundUp && start - stride + kernel < most && start < size + padding))
    |> Seq.length

let private windows =
    gen {
        let! kernel = Gen.choose (1, 9)
        let! size = Gen.choose (kernel, 45)
        let! stride = Gen.choose (1, 9)
        let! padding = Gen.choose (0, kernel / 2)
        return size, kernel, stride, padding
    }
    |> Arb.fromGen

let private side (layer: Network) size =
    (Network.output (FeatureSize.Of(1L, size, 1L)) layer).Height

let private square (size: int) : Size2 = Size2.op_Implicit size

let private isKind (kind: string) layer = Layer.kind layer = kind

[<Tests>]
let tests =
    testList
        "Network values"
        [
            law "a random network is sound, small, and gives a vector" anyModel (fun model ->
                Expect.isEmpty (ModelDescription.validate model) $"{model}"
                Expect.equal (model.Output.Height, model.Output.Width) (1L, 1L) "a vector"
                Expect.isLessThanOrEqual (places model).Length mostLayers "layers"
                Expect.isLessThanOrEqual (places model |> List.sumBy _.Output.Count) mostNumbers "numbers")

            test "the same seed gives the same network, and another seed another" {
                Expect.equal (model 7) (model 7) "the same"
                Expect.notEqual (model 7).Network (model 8).Network "another"
            }

            test "random networks have every kind of layer and part, and every binarizer" {
                let models = List.init 1500 model
                let layers = models |> List.collect places |> List.map _.Layer
                let text = models |> List.map string |> String.concat "\n"

                for kind in
                    [
                        "batch norm"
                        "sign"
                        "scale"
                        "global mean"
                        "flatten"
                        "subsample"
                        "upsample"
                    ]
                    @ [ "ReLU"; "hard tanh"; "PReLU"; "shifted PReLU"; "linear"; "binary linear" ] do
                    Expect.exists layers (isKind kind) kind

                for part in [ "sum of"; "and its input"; "branch 2"; "group 2"; "scope"; "groups"; "bias" ] do
                    Expect.stringContains text part part

                for binarizer in weightBinarizers do
                    Expect.exists
                        layers
                        (fun layer -> Layer.weights layer = Some binarizer)
                        $"weights: {binarizer.Name}"

                for binarizer in activationBinarizers do
                    Expect.exists
                        layers
                        (function
                        | Layer.Sign(b, _) -> b = binarizer
                        | _ -> false)
                        $"activations: {binarizer.Name}"
            }

            law "names of layers and of tensors are unique" anyModel (fun model ->
                Expect.isTrue (isUnique (places model |> List.map _.Name |> List.filter ((<>) ""))) "layers"
                Expect.isTrue (isUnique (tensors model |> List.map _.Name)) "tensors")

            law "to replace each binarizer by itself changes nothing" anyModel (fun model ->
                changesNothing (Network.mapWeights id) model
                changesNothing (Network.mapActivations id) model)

            law "widths times 1 change nothing" anyModel (changesNothing (Network.scaled 1.0))

            law "the real twin has the same tensors, in the same order, and nothing binary" anyModel (fun model ->
                let twin = ModelDescription.map Network.realTwin model
                Expect.isEmpty (ModelDescription.validate twin) "sound"
                Expect.equal (named twin) (named model) "tensors"

                Expect.isFalse
                    (places twin
                     |> List.exists (fun place ->
                         match place.Layer with
                         | Layer.Sign(binarizer, _) -> not (Binarizer.isNone binarizer)
                         | _ -> false))
                    "no sign"

                Expect.equal (ModelDescription.summary twin).BinaryParameters 0L "no binary weight"
                Expect.equal (Network.realTwin twin.Network) twin.Network "its own twin")

            law "a network without shortcuts has no sum, and an output of the same size" anyModel (fun model ->
                let plain = ModelDescription.map Network.withoutShortcuts model
                Expect.equal plain.Output model.Output "size"
                Expect.isFalse (plain.ToString().Contains "sum of") "no sum"
                Expect.equal (Network.normal plain.Network) plain.Network "chains stay flat")

            lawOf
                200
                "a chain that is cut in two and composed again is the same network, and its costs add up"
                (Arb.fromGen (Gen.zip anyModel.Generator (Gen.choose (0, 12))))
                (fun (model, cut) ->
                    let parts =
                        match model.Network with
                        | Network.Chain parts -> parts
                        | one -> [ one ]

                    let first, rest = List.splitAt (min cut parts.Length) parts
                    let first, rest = Network.Chain first, Network.Chain rest
                    Expect.equal (first.Then rest) model.Network "the same network"
                    let between = Network.output model.Input first
                    Expect.equal (Network.output between rest) model.Output "the same size"
                    let a = ModelSummary.ofNetwork "a" model.Input first
                    let b = ModelSummary.ofNetwork "b" between rest
                    let whole = ModelDescription.summary model

                    let counts (summary: ModelSummary) =
                        [
                            summary.Parameters
                            summary.BinaryParameters
                            summary.Scales
                            summary.Statistics
                        ]

                    Expect.equal (List.map2 (+) (counts a) (counts b)) (counts whole) "numbers"

                    Expect.equal (a.Operations + b.Operations) whole.Operations "operations")

            law "parameters are the numbers of all tensors that have a group" anyModel (fun model ->
                let counted = tensors model |> List.filter _.Group.IsSome |> List.sumBy _.Count

                Expect.equal (ModelDescription.summary model).Parameters counted "numbers")

            law
                "an image under a window becomes as many numbers as there are places of it"
                windows
                (fun (size, k, s, p) ->
                    let height layer = int (side layer (int64 size))

                    Expect.equal
                        (height (Layers.Convolution("c", 1, square k, square s, Nullable(square p))))
                        (counted false size k s p)
                        "convolution"

                    for up in [ false; true ] do
                        Expect.equal
                            (height (Layers.MaxPool(square k, square s, square p, roundUp = up)))
                            (counted up size k s p)
                            $"pool, rounded up: {up}")

            law "chains in chains are flat, and chains of one part are that part" anyModel (fun model ->
                let rec nested network =
                    match network with
                    | Network.Layer _ -> Network.Chain [ network ]
                    | Network.Chain parts -> Network.Chain [ Network.Chain(List.map nested parts); Network.identity ]
                    | Network.Scope(name, part) -> Network.Scope(name, nested part)
                    | other -> other

                Expect.equal (Network.normal (nested model.Network)) (Network.normal model.Network) "the normal form"
                Expect.equal (Network.normal model.Network) model.Network "which networks have that `Then` makes"
                Expect.equal (Network.identity.Then model.Network) model.Network "identity before"
                Expect.equal (model.Network.Then Network.identity) model.Network "identity behind")

            test "of two layers that are alike the last alone keeps its width" {
                let network =
                    Layers.Convolution("a", 10, 3)
                    >=> Layers.Convolution("b", 4, 3)
                    >=> Layers.Convolution("c", 10, 3)
                    >=> Layers.GlobalMean()

                let scaled = Network.scaled 0.5 network
                let input = FeatureSize.Of(1L, 5L, 5L)
                let widths = Network.places input scaled |> List.map _.Output.Channels
                Expect.equal widths [ 5L; 2L; 10L; 10L ] "widths"
            }

            test "where the output is a sum, all that it is made of keeps its width" {
                let network =
                    Layers.Convolution("a", 8, 3)
                    >=> Layers.Residual(Layers.Convolution("b", 6, 3), Layers.Convolution("c", 6, 1))
                    >=> Layers.Relu()

                let scaled = Network.scaled 0.5 network
                Expect.isEmpty (Network.validate (FeatureSize.Of(1L, 5L, 5L)) scaled) "sound"
                Expect.equal (Network.output (FeatureSize.Of(1L, 5L, 5L)) scaled).Channels 6L "width"
            }

            test "depthwise convolutions stay depthwise, the last one too" {
                let separable =
                    Layers.Convolution("a", 8, 3)
                    >=> Layers.Convolution("b", 8, 3, groups = 8)
                    >=> Layers.Convolution("c", 6, 1)

                let last = separable >=> Layers.Convolution("d", 6, 3, groups = 6)
                let input = FeatureSize.Of(1L, 5L, 5L)

                for factor in [ 0.1; 0.5; 1.5; 3.0 ] do
                    for network in [ separable; last ] do
                        let scaled = Network.scaled factor network
                        Expect.isEmpty (Network.validate input scaled) $"times {factor}"
                        Expect.equal (Network.output input scaled).Channels 6L $"times {factor}"
            }
        ]
