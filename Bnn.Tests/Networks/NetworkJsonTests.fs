/// Models as JSON, and back; and texts of others, damaged or made to hurt.
module Bnn.Tests.NetworkJsonTests

open System
open System.Text.Json
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.NetworkGen
open Bnn.Tests.NetworkJsonSupport
open Expecto
open FsCheck.FSharp

let private families =
    [
        Models.ReActNetA(), 12_000
        Models.ReActNetSmall(), 3_000
        Models.ReActNet18(), 12_000
        Models.BiReal18(), 12_000
        Models.StrongBaseline(), 12_000
        Models.BinaryNet(), 3_000
        Models.BinaryResNet20(), 12_000
        Models.ResNet20(), 12_000
        Models.ResNet18(), 12_000
        Models.ResNet34(), 12_000
        Models.ResNet50(), 12_000
    ]

let private returns (model: ModelDescription) =
    Expect.equal (sound (NetworkJson.toModel (NetworkJson.ofModel model))) model "as text"
    Expect.equal (sound (readElement 64 (short model))) model "as a member of something else"

let private withLayers (layers: string) =
    """{"name":"m","input":[1,2,3],"layers":""" + layers + "}"

/// As deep as a network nests, in parts that nest deepest as text.
let private deepest =
    let parts = Network.MostNesting / 2 - 1

    let inner =
        Layers.Convolution("c", 1, Size2.op_Implicit (struct (1, 3)))
        >=> Layers.BatchNorm "n"

    let wrapped part =
        Network.Branches [ part ] >=> Layers.Relu()

    {
        Name = "deep"
        Input = FeatureSize.Of(1L, 1L, 1L)
        Network = Seq.fold (fun part _ -> wrapped part) inner (seq { 1..parts })
    }

[<Tests>]
let tests =
    testList
        "Network JSON"
        [
            law "what is written of a random model reads back as the same" anyModel returns

            for model, most in families do
                test $"{model.Name} reads back as the same, and is short" {
                    returns model
                    Expect.isLessThan (short model).Length most "characters"
                }

            law "so does every real twin, scaled network, and network without shortcuts" anyModel (fun model ->
                for change in [ Network.realTwin; Network.withoutShortcuts; Network.scaled 1.7 ] do
                    returns (ModelDescription.map change model))

            test "the deepest network reads back, with JSON around it" {
                Expect.isEmpty (ModelDescription.validate deepest) "24 deep"
                returns deepest
                let around = 5
                let text = String('[', around) + short deepest + String(']', around)
                use document = JsonDocument.Parse text
                let mutable element = document.RootElement

                for _ in 1..around do
                    element <- element[0]

                Expect.equal (sound (NetworkJson.read element)) deepest "read"
            }

            test "the largest network reads back" {
                let norms = [ for k in 2 .. Network.MostLayers -> Layers.BatchNorm $"n{k}" ]

                returns
                    { deepest with
                        Network = Network.chain norms
                    }
            }

            test "what is longer than a text may be is not written, and what is too deep neither" {
                let named k =
                    Layers.BatchNorm(String('n', 190) + string<int> k)

                let long =
                    { deepest with
                        Network = Network.chain (List.map named [ 1..9000 ])
                    }

                Expect.stringContains
                    (argumentFault (fun () -> NetworkJson.ofModel long |> ignore))
                    "at most 1000000"
                    "long"

                Expect.equal (sound (readElement 64 (short long))) long "a member of something else may be"

                let deep =
                    { deepest with
                        Network = Seq.fold (fun part _ -> Layers.Scope("s", part)) (Layers.Relu()) (seq { 1..100_000 })
                    }

                Expect.stringContains
                    (argumentFault (fun () -> NetworkJson.node deep |> ignore))
                    "deeper than 24"
                    "deep"
            }

            test "a binarizer is stated once, however many layers have it" {
                let text = short (Models.ReActNetA())

                for piece in
                    [
                        "\"name\":\"sign, ApproxSign surrogate\""
                        "shifted PReLU"
                        "channel_sum(|x|) / channel_sum(1) * surrogate(sign(x), if |x| \\u003C= 1 then x else signum(x)), "
                    ] do
                    Expect.equal (text.Split(piece).Length - 1) 1 piece
            }

            test "numbers that JSON has not read back: an endless interval, a first value of no number" {
                let none =
                    { Binarizer.none with
                        Name = "another none"
                    }

                let endless first =
                    let learned =
                        {
                            Input = "slope"
                            Tensor = "p.weight"
                            Group = ParameterGroup.Slopes
                            First = first
                        }

                    { deepest with
                        Network =
                            Layers.Sign("s", none)
                            >=> Network.Layer("p", Layer.Elementwise(Elementwise.prelu, [ learned ]))
                    }

                returns (endless infinity)
                returns (endless -0.1)
                Expect.stringContains (short (endless nan)) "\"first\":\"NaN\"" "written"
                Expect.isOk (NetworkJson.toModel (NetworkJson.ofModel (endless nan))) "and read"
            }

            test "a formula keeps the order of its inputs where its tensors have another" {
                let learned input =
                    {
                        Input = input
                        Tensor = $"p.{input}"
                        Group = ParameterGroup.Slopes
                        First = 0.5
                    }

                returns
                    { deepest with
                        Network =
                            Network.Layer(
                                "p",
                                Layer.Elementwise(
                                    Elementwise.shiftedPRelu,
                                    List.map learned [ "after"; "slope"; "before" ]
                                )
                            )
                    }
            }

            test "a list within a list, and a list of one, are read as flat" {
                let read =
                    sound (NetworkJson.toModel (withLayers """[[{"norm":"a"}],[],[[{"norm":"b"},{"flatten":""}]]]"""))

                Expect.equal read.Network (Layers.BatchNorm "a" >=> Layers.BatchNorm "b" >=> Layers.Flatten()) "flat"

                Expect.equal
                    (sound (NetworkJson.toModel (withLayers """[{"norm":"a"}]"""))).Network
                    (Layers.BatchNorm "a")
                    "one"
            }
        ]
