/// The core's formulas as layers of networks.
module Bnn.Tests.ElementwiseLayerTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.LayerSupport
open Expecto
open TorchSharp

let private types = [ torch.float64; torch.float32 ]

let private equalAll dtype what (y: float[], dx: float[], gradients: float[] list) (y', dx', gradients') =
    equalBits y y' $"{what}: values"
    equalBits dx dx' $"{what}: gradient of x"

    List.iteri2
        (fun k expected actual -> equalBits (rounded dtype expected) actual $"{what}: gradient of learned number {k}")
        gradients
        gradients'

/// Output channels of so many weights.
let private shapeOf (shape: int64 list) =
    {
        Rows = int shape.Head
        Length = List.reduce (*) shape.Tail
        Channels = int shape.Head
    }

let private inWeights =
    [
        for binarizer in everything do
            test $"weights, {binarizer.Name}: values and gradients are the interpreter's to the bit" {
                for dtype in types do
                    for shape in [ [ 3L; 2L; 3L; 3L ]; [ 2L; 5L ] ] do
                        let at = shapeOf shape
                        let count = at.Rows * int at.Length
                        let x, dy = numbers 1 count, numbers 2 count
                        let noise = Array.init count (fun i -> noiseAt moment place (int64 i))
                        let layer = ElementwiseLayer.OfWeights binarizer

                        for mode, form in [ training, binarizer; evaluation, Binarizer.evaluation binarizer ] do
                            let formula = Elementwise.ofBinarizer form

                            if mode.Training then
                                byLayer dtype layer formula at.Channels mode shape x dy
                                |> equalAll dtype $"{dtype}, {shape}" (byInterpreter dtype at formula x dy noise)
                            else
                                use _scope = torch.NewDisposeScope()
                                use _none = torch.no_grad ()
                                let rows = learned formula at.Channels

                                let given =
                                    [|
                                        for name in layer.Parameters -> tensorOf dtype [ int64 at.Channels ] rows[name]
                                    |]

                                let y = layer.Apply(tensorOf dtype shape x, mode, place, null, given)
                                let expected, _, _ = byInterpreter dtype at formula x dy noise
                                equalBits expected (numbersOf y) $"outside training, {dtype}, {shape}"
            }
    ]

let private images = 3
let private imageShape = [ 4L; 2L; 3L ]
let private perImage = 24
let private x, dy = numbers 3 (images * perImage), numbers 4 (images * perImage)
let private batchShape = int64 images :: imageShape

let private ofImage (all: float[]) n = Array.sub all (n * perImage) perImage

/// What the interpreter makes of each image alone; gradients of learned numbers are added up.
let private imageByImage dtype formula =
    let each =
        [
            for n in 0 .. images - 1 do
                let noise =
                    Array.init perImage (fun i -> noiseAt moment place (int64 (n * perImage + i)))

                byInterpreter dtype { Rows = 4; Length = 6L; Channels = 4 } formula (ofImage x n) (ofImage dy n) noise
        ]

    each |> List.map (fun (y, _, _) -> y) |> Array.concat,
    each |> List.map (fun (_, dx, _) -> dx) |> Array.concat,
    each
    |> List.map (fun (_, _, gradients) -> gradients)
    |> List.reduce (List.map2 (Array.map2 (+)))

let private inActivations =
    [
        for binarizer in everything do
            test $"activations, {binarizer.Name}: each image's values and gradients are the interpreter's to the bit" {
                for dtype in types do
                    for isShifted in [ false; true ] do
                        let formula =
                            if isShifted then
                                Elementwise.shiftedSign binarizer
                            else
                                Elementwise.ofBinarizer binarizer

                        let layer = ElementwiseLayer.OfActivation(binarizer, isShifted)
                        Expect.sequenceEqual layer.Parameters formula.Parameters "what it learns"

                        byLayer dtype layer formula 4 training batchShape x dy
                        |> equalAll dtype $"{dtype}, shifted: {isShifted}" (imageByImage dtype formula)
            }
    ]

let private binaryConvolution =
    [
        for dtype in types do
            test
                $"a binary convolution's weights are the mean magnitude, a float64 quotient rounded once, times the sign; its gradient is clip's ({dtype})" {
                use _scope = torch.NewDisposeScope()

                let model =
                    ModelDescription.Create("conv", Layers.BinaryConvolution("conv", 5, 3), 3, 6, 6)

                use layer = TorchNetwork.Create(model, 1L, ``type`` = dtype)
                let weight = (Seq.head layer.Store.All).Value
                let values = Array.append (numbers 7 133) [| 1.0 / 3.0; -0.1 |]
                weight.detach().copy_(tensorOf dtype [ 5L; 3L; 3L; 3L ] values) |> ignore
                let latent = numbersOf (weight.detach ())

                let expected =
                    latent
                    |> Array.chunkBySize 27
                    |> Array.collect (fun row ->
                        let alpha = rounded dtype [| Reference.sumOf (Array.map abs row) / 27.0 |]
                        row |> Array.map (fun w -> if w >= 0.0 then alpha[0] else -alpha[0]))

                let x = torch.randn ([| 2L; 3L; 6L; 6L |], dtype = dtype)
                let effective = (tensorOf dtype [ 5L; 3L; 3L; 3L ] expected).requires_grad_()
                let c = torch.randn ([| 2L; 5L; 6L; 6L |], dtype = dtype)
                let convolved = torch.nn.functional.conv2d (x, effective, padding = [| 1L; 1L |])
                let y = layer.Forward(x, NetworkMode(true, true, true))
                equalBits (numbersOf (convolved.detach ())) (numbersOf (y.detach ())) "values"
                Differentiation.Backward((convolved * c).sum())
                Differentiation.Backward((y * c).sum())

                let gradient =
                    // added to 0, where -0 becomes 0
                    Array.map2
                        (fun w g -> 0.0 + g * (if abs w <= 1.0 then 1.0 else 0.0))
                        latent
                        (numbersOf effective.grad)

                equalBits gradient (numbersOf weight.grad) "gradient"
            }
    ]

[<Tests>]
let tests =
    testList "Elementwise layer" (inWeights @ inActivations @ binaryConvolution)
