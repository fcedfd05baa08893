module Bnn.Tests.TensorPathTests

open System
open Expecto
open TorchSharp
open Bnn

/// The same pass on the memory of CPU tensors and over torch operations.
let private bothPaths
    (pass: Pass)
    (layout: ChannelLayout)
    (arrays: Map<string, torch.Tensor>)
    (rows: Map<string, torch.Tensor>)
    once
    =
    let compiled = CompiledPass pass

    let copy (tensors: Map<string, torch.Tensor>) =
        tensors |> Map.map (fun _ (t: torch.Tensor) -> t.clone ())

    let onMemory, onTensors = copy arrays, copy arrays

    let sums =
        compiled.Run(
            layout,
            Seq.head arrays.Values,
            (fun name -> onMemory[name]),
            (fun name -> rows[name]),
            (fun name -> once name)
        )

    let pick (all: Map<string, torch.Tensor>) names =
        names |> Array.map (fun name -> all[name])

    let tensorSums =
        compiled.OnTensors(
            layout,
            Seq.head arrays.Values,
            pick onTensors pass.Arrays,
            pick rows pass.Rows,
            (fun name -> once name)
        )

    (sums, onMemory), (tensorSums, onTensors)

let private closeTo (tolerance: float) what (expected: torch.Tensor) (actual: torch.Tensor) =
    let difference = (expected - actual).abs().max().``to``(torch.float64).item<float>()
    let size = max 1.0 (expected.abs().max().``to``(torch.float64).item<float>())
    Expect.isLessThanOrEqual difference (tolerance * size) $"{what}: largest difference"

let private randn seed (dtype: torch.ScalarType) (shape: int64 list) =
    use generator = new torch.Generator(uint64 seed)
    torch.randn(List.toArray shape, generator = generator).``to``(dtype)

let private tolerance dtype =
    if dtype = torch.float64 then 1e-14 else 1e-6

let private wholeRule transform =
    Rule.addDecayedWeights (Const 0.01)
    >=> transform
    >=> Rule.descend (Schedule.linear 0.1 0.0)

let private ruleLaws =
    [
        for dtype in [ torch.float32; torch.float64 ] do
            for name, transform in Reference.optimizers do
                testCase $"{name} makes the same steps on memory and over torch operations, in {dtype}"
                <| fun _ ->
                    use _scope = torch.NewDisposeScope()
                    let rule = wholeRule transform
                    let pass = Optimizer.pass rule
                    let n = 203L

                    let mutable arrays =
                        Map.ofList
                            [
                                "w", randn 1 dtype [ n ]
                                "g", randn 2 dtype [ n ]
                                for slot in rule.Slots do
                                    if slot.Extent = PerWeight then
                                        slot.Name, torch.zeros (n, dtype = dtype)
                            ]

                    let once t name =
                        if rule.Slots |> List.exists (fun slot -> slot.Name = name) then
                            0.25 // a number that the rule keeps for all weights
                        else
                            Optimizer.once 10 t name

                    for t in 1..3 do
                        let (sums, memory), (tensorSums, tensors) =
                            bothPaths pass (ChannelLayout.Flat arrays["w"]) arrays Map.empty (once t)

                        Expect.equal sums tensorSums "flips"

                        for KeyValue(key, value) in memory do
                            closeTo (tolerance dtype) key value tensors[key]

                        arrays <- memory |> Map.add "g" (randn (t + 2) dtype [ n ])
    ]

let private layers =
    [
        Elementwise.shiftedSign Binarizer.approxSign, "activations"
        Elementwise.shiftedPRelu, "activations"
        Elementwise.ofBinarizer (Scale.learned Binarizer.clip), "weights"
    ]

let private layerLaws =
    [
        for dtype in [ torch.float32; torch.float64 ] do
            for layer, kind in layers do
                testCase $"{layer.Name} has the same passes on memory and over torch operations, in {dtype}"
                <| fun _ ->
                    use _scope = torch.NewDisposeScope()
                    let x = randn 3 dtype [ 4; 5; 3; 7 ]

                    let layout =
                        if kind = "weights" then
                            ChannelLayout.Weights x
                        else
                            ChannelLayout.Activations x

                    let channels = int64 layout.Channels

                    let rows =
                        Map.ofList
                            [
                                for k, name in List.indexed layer.Parameters do
                                    name, randn (4 + k) dtype [ channels ]
                            ]

                    let arrays =
                        Map.ofList
                            [
                                "x", x
                                "dy", randn 9 dtype [ 4; 5; 3; 7 ]
                                "y", torch.empty_like x
                                "dx", torch.empty_like x
                            ]

                    for pass in [ Elementwise.forward [] layer; Elementwise.backward layer ] do
                        let (sums, memory), (tensorSums, tensors) =
                            bothPaths pass layout arrays rows (fun _ -> nan)

                        for k in pass.Stores do
                            closeTo (tolerance dtype) pass.Arrays[k] memory[pass.Arrays[k]] tensors[pass.Arrays[k]]

                        Array.iter2 (fun a b -> Expect.floatClose Accuracy.high a b "sum") sums tensorSums
    ]

/// The gradients of c * f(x, parameters) for each of x and the parameters.
let private gradients (f: torch.Tensor list -> torch.Tensor) (leaves: torch.Tensor list) (c: torch.Tensor) =
    let leaves =
        leaves |> List.map (fun (t: torch.Tensor) -> t.clone().requires_grad_())

    let y = f leaves
    Differentiation.Backward((y * c).sum())
    y, leaves |> List.map _.grad

let private training = NetworkMode(true, true, true)

let private againstTorch =
    let compare name ours reference (leaves: torch.Tensor list) =
        testCase name
        <| fun _ ->
            use _scope = torch.NewDisposeScope()
            let c = randn 11 torch.float64 (List.ofArray leaves.Head.shape)
            let y, dy = gradients ours leaves c
            let expected, expectedGradients = gradients reference leaves c
            closeTo 1e-12 "value" expected y
            List.iteri2 (fun k a b -> closeTo 1e-12 $"gradient {k}" a b) expectedGradients dy

    let x = randn 12 torch.float64 [ 3; 4; 5; 5 ]
    let channel seed = randn seed torch.float64 [ 1; 4; 1; 1 ]
    let slope = randn 16 torch.float64 [ 4 ]

    [
        compare
            "Shifted PReLU differentiates as torch's own add, prelu, add"
            (fun l ->
                ElementwiseLayer
                    .OfActivation(Elementwise.shiftedPRelu)
                    .Apply(l[0], training, 0, null, l[1], l[2], l[3]))
            (fun l -> torch.nn.functional.prelu (l[0] + l[1], l[2]) + l[3])
            [ x; channel 13; slope; channel 14 ]
        compare
            "Shifted sign differentiates as the published composition of sign and piecewise polynomials"
            (fun l -> ElementwiseLayer.OfActivation(Binarizer.approxSign, true).Apply(l[0], training, 0, null, l[1]))
            (fun l ->
                let z = l[0] + l[1]
                let real (mask: torch.Tensor) = mask.``to`` torch.float64

                let left, middle, right =
                    real (z.lt (-1.0.ToScalar())), real (z.lt (0.0.ToScalar())), real (z.lt (1.0.ToScalar()))

                let out1 = -left + (z * z + z * 2.0.ToScalar()) * (1.0.ToScalar() - left)

                let out2 =
                    out1 * middle + (-(z * z) + z * 2.0.ToScalar()) * (1.0.ToScalar() - middle)

                let out3 = out2 * right + (1.0.ToScalar() - right)
                z.detach().sign() - out3.detach () + out3)
            [ x; channel 15 ]
    ]

let private faults =
    [
        testCase "A fault inside a backward pass is thrown by Backward, and the process lives"
        <| fun _ ->
            use _scope = torch.NewDisposeScope()
            let x = torch.randn(2L, 3L, 2L, 2L).requires_grad_()
            let isBroken = ref false

            let layout (t: torch.Tensor) =
                if isBroken.Value then
                    failwith "broken on purpose"

                ChannelLayout.Activations t

            let formula = Elementwise.shiftedSign Binarizer.approxSign
            let layer = ElementwiseLayer(Operand(layout, true), formula, formula)
            let y = layer.Apply(x, training, 0, null, torch.zeros (1L, 3L, 1L, 1L))
            isBroken.Value <- true

            let message =
                try
                    Differentiation.Backward(y.sum ())
                    "nothing was thrown"
                with :? InvalidOperationException as e ->
                    e.InnerException.Message

            Expect.equal message "broken on purpose" "the fault"
    ]

[<Tests>]
let tests =
    testList "Tensor path" (ruleLaws @ layerLaws @ againstTorch @ [ testList "faults" faults ])
