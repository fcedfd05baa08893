/// Binarizers exactly where their formulas change: at 0, at the ends of the derivative, at thresholds and halves.
module Bnn.Tests.ThresholdTests

open Bnn
open Bnn.Tests.LayerSupport
open Expecto
open TorchSharp

/// y and dx for dy = 1 of activations, each an image of its own, or of the weights of one channel.
let private tried (layer: ElementwiseLayer) (points: float list) =
    use _scope = torch.NewDisposeScope()

    let x =
        (tensorOf torch.float64 [ 1L; int64 points.Length ] (Array.ofList points)).requires_grad_()

    let y = layer.Apply(x, training, place, null)
    Differentiation.Backward(y.sum ())
    List.ofArray (numbersOf (y.detach ())), List.ofArray (numbersOf x.grad)

let private inputs binarizer (points: (float * float * float) list) () =
    let values, derivatives =
        [
            for x, _, _ in points -> tried (ElementwiseLayer.OfActivation(binarizer, false)) [ x ]
        ]
        |> List.unzip

    Expect.equal (List.concat values) [ for _, y, _ in points -> y ] "values"
    Expect.equal (List.concat derivatives) [ for _, _, dx in points -> dx ] "derivatives"

/// The next number above 1.
let private beyond = 1.0 + 2.0 ** -52.0

[<Tests>]
let tests =
    testList
        "Binarizer thresholds"
        [
            testCase "clip's derivative is 1 at both ends and 0 right beyond them; 0 and -0 are +1"
            <| inputs
                Binarizer.clip
                [
                    -beyond, -1.0, 0.0
                    -1.0, -1.0, 1.0
                    -0.0, 1.0, 1.0
                    0.0, 1.0, 1.0
                    1.0, 1.0, 1.0
                    beyond, 1.0, 0.0
                ]

            testCase "The sign that is -1 at 0 differs from clip there alone"
            <| inputs
                Binarizer.negativeAtZero
                [
                    -1.0, -1.0, 1.0
                    0.0, -1.0, 1.0
                    -0.0, -1.0, 1.0
                    1e-300, 1.0, 1.0
                    beyond, 1.0, 0.0
                ]

            testCase "ApproxSign's derivative is 2 at 0, 1 at a half and 0 from 1 on"
            <| inputs
                Binarizer.approxSign
                [
                    0.0, 1.0, 2.0
                    0.5, 1.0, 1.0
                    -0.5, -1.0, 1.0
                    1.0, 1.0, 0.0
                    -1.0, -1.0, 0.0
                    -2.0, -1.0, 0.0
                ]

            testCase "Heaviside is 1 at 0, and its derivative half of clip's, at both ends too"
            <| inputs
                Binarizer.heavisideClip
                [
                    -beyond, 0.0, 0.0
                    -1.0, 0.0, 0.5
                    0.0, 1.0, 0.5
                    1.0, 1.0, 0.5
                    beyond, 1.0, 0.0
                ]

            testCase
                "DoReFa's activations go to the nearest level, halves to the even one; the derivative is 1 on 0..1 with both ends"
            <| inputs
                (Binarizer.doReFaInput 2)
                [
                    -1e-300, 0.0, 0.0
                    0.0, 0.0, 1.0
                    0.5, 2.0 / 3.0, 1.0
                    1.0 / 6.0, 0.0, 1.0
                    5.0 / 6.0, 2.0 / 3.0, 1.0
                    1.0, 1.0, 1.0
                    beyond, 1.0, 0.0
                ]

            test "The stochastic sign's derivative is clip's, ends and all, whatever was drawn" {
                let points = [ -beyond; -1.0; 0.0; 1.0; beyond ]
                let layer = ElementwiseLayer.OfActivation(Binarizer.stochasticSign, false)
                Expect.equal (snd (tried layer points)) [ 0.0; 1.0; 1.0; 1.0; 0.0 ] "derivative"
            }

            test "A ternary weight at the threshold is 0 and no part of the scale" {
                // mean 1, so that the threshold is 0.7 to the bit
                let weights = [ 0.7; -1.3 ]
                Expect.equal (0.7 + 1.3) 2.0 "the mean is 1"
                let ternary = Binarizer.ternaryByChannel
                Expect.equal (fst (tried (ElementwiseLayer.OfWeights ternary) weights)) [ 0.0; -1.0 ] "values"
                let scaled = Scale.valueOnly (Scale.ternary Channel) ternary
                Expect.equal (fst (tried (ElementwiseLayer.OfWeights scaled) weights)) [ 0.0; -1.3 ] "scaled"
            }
        ]
