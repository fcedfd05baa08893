/// Networks of other widths stay networks.
module Bnn.Tests.ScaledTests

open Bnn
open Bnn.Tests.Checks
open Expecto
open FsCheck.FSharp

let private networks =
    [
        Models.ReActNetA()
        Models.ReActNetSmall()
        Models.ReActNet18()
        Models.BiReal18()
        Models.StrongBaseline()
        Models.BinaryNet()
        Models.BinaryResNet20()
        Models.ResNet20()
        Models.ResNet18()
        Models.ResNet50()
        ModelDescription.Create(
            "joined parts of unequal widths",
            Layers.Branches(Layers.Convolution("a", 33, 3), Layers.Convolution("b", 15, 3))
            >=> Layers.Residual(Layers.Convolution("c", 48, 3))
            >=> Layers.GlobalMean()
            >=> Layers.Linear("fc", 10),
            3,
            16,
            16
        )
        ModelDescription.Create(
            "channels divided among parts",
            Layers.Convolution("a", 28, 3)
            >=> Network.Groups
                    [
                        Layers.Convolution("b", 7, 3)
                        Layers.Convolution("c", 7, 3)
                        Layers.BatchNorm "d"
                        Layers.BatchNorm "e"
                    ]
            >=> Layers.Residual(Layers.Convolution("f", 28, 3))
            >=> Layers.GlobalMean()
            >=> Layers.Linear("fc", 10),
            3,
            16,
            16
        )
        ModelDescription.Create(
            "convolutions in groups between others",
            Layers.Convolution("a", 96, 3)
            >=> Layers.Convolution("b", 96, 3, groups = 32)
            >=> Layers.Convolution("c", 96, 3, groups = 96)
            >=> Layers.Residual(Layers.Convolution("d", 96, 1))
            >=> Layers.GlobalMean()
            >=> Layers.Linear("fc", 10),
            3,
            16,
            16
        )
    ]

[<Tests>]
let tests =
    testList
        "Scaled networks"
        [
            test "a sound network times 0.1, 0.17, a third or 1.7 is a sound network with the same outputs" {
                for model in networks do
                    for factor in [ 0.01; 0.1; 0.17; 1.0 / 3.0; 0.7; 1.7 ] do
                        let scaled = model.Scaled factor
                        Expect.isEmpty (scaled.Validate()) $"{model.Name} x {factor}"
                        Expect.equal scaled.Output model.Output $"{model.Name} x {factor}: output"

                        Expect.isEmpty
                            (ModelDescription.validate
                                { model with
                                    Network = model.Network.Scaled factor
                                })
                            $"{model.Name}'s network x {factor}"
            }

            lawOf
                100
                "the catalogue's networks times any factor are sound"
                (Gen.zip (Gen.elements (List.take 8 networks)) (Gen.choose (5, 2000))
                 |> Arb.fromGen)
                (fun (model: ModelDescription, thousandths) ->
                    Expect.isEmpty
                        (model.Scaled(float thousandths / 1000.0).Validate())
                        $"{model.Name} x 0.{thousandths}")

            test "ReActNet-A times 0.1 has a tenth of its widths, each doubling a doubling" {
                let widths =
                    [
                        for row in Models.ReActNetA().Scaled(0.1).Summary().Layers do
                            if row.Name.EndsWith(".binary_3x3", System.StringComparison.Ordinal) then
                                row.Output.Channels
                    ]

                Expect.equal widths [ 3L; 6L; 12L; 12L; 24L; 24L; 48L; 48L; 48L; 48L; 48L; 48L; 96L ] "widths"
            }

            test "a factor that makes an impossible network of a sound one is refused with its value" {
                // 3 + 5 become 1 + 2, 4 + 4 become 1 + 1
                let halves =
                    Layers.Branches(Layers.Convolution("a", 3, 1), Layers.Convolution("b", 5, 1))

                let twice =
                    Layers.Branches(Layers.Convolution("c", 4, 1), Layers.Convolution("d", 4, 1))

                let model =
                    ModelDescription.Create(
                        "own",
                        Layers.Residual(halves, twice)
                        >=> Layers.GlobalMean()
                        >=> Layers.Linear("fc", 2),
                        3,
                        8,
                        8
                    )

                Expect.isEmpty (model.Validate()) "sound"

                try
                    model.Scaled 0.3 |> ignore
                    failtest "it was not refused"
                with :? BnnConfigurationException as e ->
                    Expect.stringStarts e.Message "model own: scaled is 0.3; allowed: a factor" "refused"
            }
        ]
