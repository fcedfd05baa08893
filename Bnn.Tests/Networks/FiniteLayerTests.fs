/// Finite numbers in, finite numbers out: every binarizer and activation at the ends of the number types.
module Bnn.Tests.FiniteLayerTests

open System
open Bnn
open Bnn.Tests.BinarizerSupport
open Bnn.Tests.LayerSupport
open Expecto
open TorchSharp

/// 0, 1, subnormals, the least normal number, large ones, the largest, of both signs.
let private ends dtype =
    let positive =
        if dtype = torch.float32 then
            [
                0.0
                1.0
                1e-45
                1e-39
                2.0 ** -126.0
                0.5
                2.0
                90.0
                1e10
                1e19
                1e30
                1e38
                2e38
                float Single.MaxValue
            ]
        else
            [
                0.0
                1.0
                5e-324
                1e-310
                2.0 ** -1022.0
                0.5
                2.0
                90.0
                1e38
                1e150
                1e160
                1e300
                1e308
                Double.MaxValue
            ]

    [|
        for x in positive do
            x
            -x
    |]

let private activations =
    [
        Elementwise.relu
        Elementwise.prelu
        Elementwise.shiftedPRelu
        Elementwise.hardTanh
        Elementwise.shiftedClip
    ]

let private allFinite what (ends: float[]) (y: float[], dx: float[], gradients: float[] list) =
    Array.iter2 (fun x y -> Expect.isTrue (Double.IsFinite y) $"{what}: value at {x} is {y}") ends y
    Array.iter2 (fun x dx -> Expect.isTrue (Double.IsFinite dx) $"{what}: derivative at {x} is {dx}") ends dx

    for gradient in gradients do
        Expect.all gradient (Double.IsNaN >> not) $"{what}: a learned number's gradient"

/// One number a channel, so that a reduction is over that number alone; then all in one channel.
let private shapes (ends: float[]) =
    [ [ int64 ends.Length; 1L ], ends.Length; [ 1L; int64 ends.Length ], 1 ]

/// Values and derivatives of a binarizer, in training and outside, compiled and interpreted.
let private finiteAt dtype (numbers: float[]) (binarizer: Binarizer) =
    for mode, form in [ training, binarizer; evaluation, Binarizer.evaluation binarizer ] do
        let formula = Elementwise.ofBinarizer form

        for shape, channels in shapes numbers do
            let layer = ElementwiseLayer.OfWeights binarizer
            let dy = Array.create numbers.Length 1.0

            if mode.Training then
                byLayer dtype layer formula channels mode shape numbers dy
                |> allFinite $"{dtype}, {shape}" numbers

                let at =
                    {
                        Rows = channels
                        Length = int64 (numbers.Length / channels)
                        Channels = channels
                    }

                byInterpreter dtype at formula numbers dy (Array.create numbers.Length 0.5)
                |> allFinite $"{dtype}, {shape}, interpreted" numbers
            else
                use _scope = torch.NewDisposeScope()
                use _none = torch.no_grad ()
                let rows = learned formula channels

                let parameters =
                    [|
                        for name in layer.Parameters -> tensorOf dtype [ int64 channels ] rows[name]
                    |]

                let y = layer.Apply(tensorOf dtype shape numbers, mode, place, null, parameters)
                allFinite $"{dtype}, {shape}, outside training" numbers (numbersOf y, numbers, [])

[<Tests>]
let tests =
    testList
        "Finite layers"
        [
            for binarizer in everything do
                test $"finite inputs have finite values and derivatives: {binarizer.Name}" {
                    for dtype in [ torch.float32; torch.float64 ] do
                        // a mean of magnitudes is finite in float64 where their sum is
                        let isSum =
                            dtype = torch.float64
                            && Plan.reduces (Elementwise.forwardPlan [] (Elementwise.ofBinarizer binarizer))

                        let all =
                            ends dtype |> Array.map (fun x -> if isSum then max -1e306 (min 1e306 x) else x)

                        for numbers in
                            [
                                all
                                Array.filter (fun x -> abs x < 1e-37) all
                                Array.filter (fun x -> abs x > 1e15) all
                            ] do
                            finiteAt dtype numbers binarizer
                }

            for formula in activations do
                test $"finite inputs have finite values and derivatives: {formula.Name}" {
                    for dtype in [ torch.float32; torch.float64 ] do
                        let ends = ends dtype
                        let shape = [ int64 ends.Length / 2L; 2L; 1L; 1L ]

                        byLayer
                            dtype
                            (ElementwiseLayer.OfActivation formula)
                            formula
                            2
                            training
                            shape
                            ends
                            (Array.create ends.Length 1.0)
                        |> allFinite $"{dtype}" ends
                }

            test "a sign's derivative at infinity is finite, and its value is a sign" {
                for binarizer in Catalogue.binarizers |> List.map standard do
                    let slope = BinarizerSupport.slope binarizer

                    if
                        binarizer.Values <> Binarizer.none.Values
                        && not (Plan.reduces (Elementwise.forwardPlan [] (Elementwise.ofBinarizer binarizer)))
                    then
                        for x in [ infinity; -infinity ] do
                            Expect.isTrue (Double.IsFinite(slope x)) $"{binarizer.Name}: derivative at {x} is {slope x}"

                            Expect.isTrue
                                (Double.IsFinite(BinarizerSupport.at x binarizer.Formula))
                                $"{binarizer.Name} at {x}"
            }
        ]
