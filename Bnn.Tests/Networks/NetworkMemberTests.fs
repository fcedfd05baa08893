/// What C# does with networks by the dot.
module Bnn.Tests.NetworkMemberTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.NetworkGen
open Expecto

let private small = Models.ReActNetSmall()

[<Tests>]
let tests =
    testList
        "Network members"
        [
            test "other binarizers take the place of the given kind alone" {
                let weights = small.WithBinarizers(weights = WeightBinarizer.xnorNet)
                let both = small.WithBinarizers(WeightBinarizer.xnorNet, Binarizer.clip)
                Expect.equal (small.WithBinarizers()) small "none given"
                Expect.equal weights (small.MapWeights(fun _ -> WeightBinarizer.xnorNet)) "of weights"
                Expect.equal both (weights.MapActivations(fun _ -> Binarizer.clip)) "of activations too"

                Expect.equal
                    both.Network
                    (small.Network.WithBinarizers(WeightBinarizer.xnorNet, Binarizer.clip))
                    "of a network"

                Expect.equal
                    (both.Summary().BinaryParameters)
                    (small.Summary().BinaryParameters)
                    "as many binary weights"
            }

            test "a model of another name, size or number of classes" {
                let model = small.WithName("mine").WithInput(3, 32, 45).WithClasses(7)
                Expect.equal (model.Name, model.Channels, model.Height, model.Width) ("mine", 3, 32, 45) "name and size"
                Expect.equal model.Classes 7 "classes"

                Expect.equal
                    model
                    (Models.ReActNetSmall(7, 3, 32).WithName("mine").WithInput(3, 32, 45))
                    "all else is the same"

                Expect.equal (small.Network.ToModel("mine", 3, 32, 45).WithClasses 7) model "made of the network"
            }

            test "classes that no single last layer gives are a fault" {
                let two =
                    Layers.GlobalMean()
                    >=> Layers.Branches(Layers.Linear("a", 2), Layers.Linear("b", 2))

                let text =
                    argumentFault (fun () -> two.ToModel("m", 1, 2, 3).WithClasses 3 |> ignore)

                Expect.stringContains text "model m: classes is 6 with a last layer of 3" "told"
                Expect.stringContains (argumentFault (fun () -> small.WithClasses 0 |> ignore)) "fc: outputs is 0" "0"
            }

            test "every family is sound at half and a quarter of its widths, and gives as many classes" {
                for model in
                    [
                        Models.ReActNetA()
                        Models.StrongBaseline()
                        Models.BinaryResNet20()
                        Models.ResNet50()
                    ] do
                    for factor in [ 0.25; 0.5; 1.5 ] do
                        let scaled = model.Scaled factor
                        Expect.isEmpty (scaled.Validate()) scaled.Name
                        Expect.equal scaled.Classes model.Classes scaled.Name
                        Expect.equal scaled.Network (model.Network.Scaled factor) "as its network"
            }

            test "a factor that is no factor raises" {
                for factor in [ 0.0; -1.0; nan; infinity ] do
                    Expect.stringContains
                        (argumentFault (fun () -> small.Scaled factor |> ignore))
                        "above 0"
                        $"{factor}"

                    Expect.stringContains
                        (argumentFault (fun () -> small.Network.Scaled factor |> ignore))
                        "above 0"
                        $"{factor}"
            }

            law "the members are the functions" anyModel (fun model ->
                Expect.equal (model.RealTwin().Network) (Network.realTwin model.Network) "real twin"
                Expect.equal (model.Network.RealTwin()) (Network.realTwin model.Network) "of a network"
                Expect.equal (model.WithoutShortcuts().Network) (model.Network.WithoutShortcuts()) "without shortcuts"
                Expect.isEmpty (model.Validate()) "sound"
                Expect.isEmpty (model.Network.Validate(model.Channels, model.Height, model.Width)) "sound at its size"
                Expect.equal (Models.FromJson(model.ToJson())) model "JSON")

            test "text that is no model raises every fault" {
                let raised =
                    Expect.throwsC
                        (fun () -> Models.FromJson "{\"name\":1,\"input\":[],\"layers\":[{}]}" |> ignore)
                        (fun e -> (e :?> BnnConfigurationException).Faults |> Seq.map _.Name |> List.ofSeq)

                Expect.equal raised [ "name"; "input"; "layers[0]" ] "faults"
                Expect.throwsT<ArgumentNullException> (fun () -> Models.FromJson null |> ignore) "null"
            }
        ]
