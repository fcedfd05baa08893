/// Faults of networks: each is found where it is, and several are found at once.
module Bnn.Tests.NetworkFaultTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.NetworkGen
open Expecto
open FsCheck.FSharp

let private alien =
    { Binarizer.clip with
        Formula = Binarizer.x + Input("alien", PerWeight)
    }

let private formula name (output: Expr) learned =
    Network.Layer(
        name,
        Layer.Elementwise(
            {
                Name = "own"
                Output = output
                Parameters = List.distinct learned
            },
            [
                for k, input in List.indexed learned ->
                    {
                        Input = input
                        Tensor = $"{name}.number{k}"
                        Group = ParameterGroup.ShiftsAndScales
                        First = 0.0
                    }
            ]
        )
    )

let private size rows columns : Size2 = { Rows = rows; Columns = columns }
let private picture = Layers.Upsample 2
let private eight name = Layers.Convolution(name, 8, 1)

let private deep = Seq.fold (fun e _ -> e + 1.0) Binarizer.x (seq { 1..1000 })

/// Parts with one fault each, whatever their input; and how the fault begins.
let private planted: (Network * string) list =
    [
        Layers.Convolution("narrow", 0, 1), "narrow: outputs is 0"
        Layers.Convolution("wide", 1_000_000_000, 1), "wide: outputs is 1000000000"
        Layers.Convolution("still", 3, size 1 1, stride = size 0 1), "still: stride rows is 0"
        Layers.Convolution("shrunk", 3, 3, padding = Nullable -1), "shrunk: padding rows is -1"
        Layers.Convolution("grouped", 5, 1, groups = 2), "grouped: groups is 2"
        Layers.Convolution("huge", 3, 1000, padding = Nullable 0), "huge: rows of the window is 1000"
        Layers.Convolution("no name", 3, 1), "no name is named no name"
        Layers.Convolution("", 3, 1), "conv 1x1 is without a name"
        Layers.Scope("scope", Layers.Convolution(null, 3, 1)), "scope.conv 1x1 is without a name"
        picture >=> Layers.Linear("flat", 3), "flat: input is"
        Layers.GlobalMean() >=> Layers.Linear("", 3), "linear is without a name"
        Layers.BatchNorm "twin" >=> Layers.BatchNorm "twin", "twin is the name of 2"
        Layers.Residual(eight "sum" >=> picture), "sum: sum is"
        eight "many" >=> Layers.Subsample(4, 1), "subsample: channels is 4"
        eight "split"
        >=> Layers.Groups(Layers.BatchNorm "part1", Layers.Relu(), Layers.Relu()),
        "part1: groups is 8"
        Layers.Branches(Layers.BatchNorm "branch", picture), "branch: branches is"
        Layers.Branches(), "branches is no part"
        Layers.Upsample 0, "upsample: factor is 0"
        picture >=> Layers.MaxPool(2, padding = 2), "max pool 2x2: padding rows is 2"
        Layers.Sign("reader", alien), "reader: sign, clip surrogate is a formula over alien"
        formula "stranger" (Binarizer.x + Input("alien", PerChannel)) [], "stranger: alien is an unknown input"
        formula "timeless" (Input("t", PerWeight)) [], "timeless: t is an unknown input"
        formula "hole" (Binarizer.x + nan) [], "hole: number is NaN"
        formula "again" Binarizer.x [ "a"; "a" ], "again: a is learned twice"
        formula "taken" Binarizer.x [ "x" ], "taken: x is a learned number"
        formula "greedy" Binarizer.x [ for k in 1..65 -> $"n{k}" ], "greedy: learned numbers is 65"
        formula "deep" deep [], "deep: own: formula is 1001 operators deep"
        Layers.Sign(
            "scaled",
            Scale.learned
                { Binarizer.clip with
                    Parameters = [ "noise" ]
                }
        ),
        "scaled: sign, clip surrogate, learned scale: noise is a learned number"
        Layers.Sign(
            "shift",
            { Binarizer.clip with
                Parameters = [ "shift" ]
            },
            shifted = true
        ),
        "shift: shift is learned twice"
    ]

let private soundFaults (network: Network) =
    Network.validate (FeatureSize.Of(2L, 5L, 7L)) network |> List.map string

let private has (faults: string list) (start: string) =
    Expect.exists faults _.StartsWith(start) $"%s{start} among %A{faults}"

let private doubling = Layers.Branches(Layers.Identity, Layers.Identity)

[<Tests>]
let tests =
    testList
        "Network faults"
        [
            for part, start in planted do
                test $"this one is found: {start}" { has (soundFaults (Layers.BatchNorm "first" >=> part)) start }

            lawOf
                100
                "all that are planted in a sound network are found at once"
                (Arb.fromGen (Gen.zip anyModel.Generator (Gen.subListOf planted)))
                (fun (model, chosen) ->
                    let parts = chosen |> List.map fst |> Network.chain
                    let network = Network.Chain [ Layers.Upsample 2; parts; model.Network ]

                    let faults = Network.validate model.Input network |> List.map string

                    for _, start in chosen do
                        has faults start)

            test "a scope's name is a part of names, so it is checked with what is in it" {
                has (soundFaults (Layers.Scope("a b", Layers.PRelu "p"))) "tensor a b.p.weight is named"

                has
                    (soundFaults (Layers.BatchNorm "n" >=> Layers.Scope("", Network.Layer("a..b", Layer.Flatten))))
                    "a..b is named"
            }

            test "what learns nothing is no network" { has (soundFaults (Layers.Relu())) "layers is none that learns" }

            test "10,000 layers are a network; more are not, nor is what nests deeper than 24" {
                let norms count =
                    Network.Chain [ for k in 1..count -> Layers.BatchNorm $"n{k}" ]

                let scopes count =
                    Seq.fold (fun part _ -> Layers.Scope("s", part)) (Layers.BatchNorm "n") (seq { 1..count })

                Expect.isEmpty (soundFaults (norms (Network.MostLayers - 1))) "10,000 with the chain"
                has (soundFaults (norms Network.MostLayers)) "layers is more than 10000"
                Expect.isEmpty (soundFaults (scopes (Network.MostNesting - 1))) "24 deep"
                has (soundFaults (scopes Network.MostNesting)) "parts within parts is deeper than 24"
                has (soundFaults (scopes 100_000)) "parts within parts is deeper than 24"
            }

            test "sizes beyond counting are faults, not small numbers" {
                let norm = Layers.BatchNorm "n"
                let doubled = Network.chain (norm :: List.replicate 80 doubling)

                Expect.stringContains
                    (String.concat "\n" (soundFaults doubled))
                    "at most 1000000000000 numbers"
                    "doubled"

                let grown =
                    Network.chain (
                        norm
                        :: List.replicate 3000 (Layers.Convolution("c", 65536, 1, padding = Nullable 1024))
                    )

                Expect.stringContains (String.concat "\n" (soundFaults grown)) "at most 1000000000000 numbers" "padded"

                let heavy =
                    norm >=> Layers.Upsample 1000 >=> Layers.Flatten() >=> Layers.Linear("l", 65536)

                has (soundFaults heavy) "size is"
            }

            test "images without pixels, or too large, are faults" {
                let network = Layers.BatchNorm "n"

                for channels, height, width, start in
                    [
                        0L, 1L, 1L, "input channels is 0"
                        1L, -1L, 1L, "input height is -1"
                        1L, 1L, 65537L, "input width is 65537"
                        Int64.MaxValue, 1L, 1L, "input channels is"
                    ] do
                    has
                        (Network.validate (FeatureSize.Of(channels, height, width)) network
                         |> List.map string)
                        start
            }
        ]
