/// Layers on torch tensors, and what the interpreter makes of the same formulas.
module Bnn.Tests.LayerSupport

open System
open System.Collections.Generic
open System.Numerics
open Bnn
open Expecto
open TorchSharp

/// A binarizer in a network's place number 3, in iteration 4 of 10.
let place = 3

let moment = TrainingMoment(4, 10, 77L)
let training = NetworkMode(true, true, true, Moment = moment)
let evaluation = NetworkMode(false, true, true)

/// Number `index` of the place's noise at this moment.
let noiseAt (moment: TrainingMoment) place index =
    let mutable generator = SplitMix64.Of(moment.NoiseSeed, uint64 place)
    Noise.uniform (int64 (generator.Next())) moment.Iteration index

/// Numbers of both signs that float32 holds too, with 0, -0 and the surrogates' edges among them.
let numbers seed count =
    let random = Random(seed: int)

    Array.init count (fun i ->
        match i % 13 with
        | 3 -> 0.0
        | 7 -> -0.0
        | 9 -> 1.0
        | 11 -> -1.0
        | _ -> float (random.Next(-128, 128)) / 64.0)

let numbersOf (tensor: torch.Tensor) =
    tensor.``to``(torch.float64).cpu().contiguous().data<float>().ToArray()

let tensorOf (dtype: torch.ScalarType) (shape: int64 list) (numbers: float[]) =
    torch.tensor(numbers).``to``(dtype).reshape(List.toArray shape)

/// What the interpreter over 'T makes of a plan: the arrays by name, and the sums.
let private interpret
    (algebra: Algebra<'T> when 'T :> INumberBase<'T>)
    number
    shape
    (rows: Map<string, float[]>)
    arrays
    (plan: Plan)
    =
    let arrays =
        Dictionary(dict (arrays |> List.map (fun (name, numbers) -> name, Array.map number numbers)))

    let carryOut pass once (row: string -> float[]) =
        let row name =
            rows.TryFind name |> Option.defaultWith (fun () -> row name) |> Array.map number

        let stored, reductions =
            Pass.interpret algebra shape once row (fun name -> arrays[name]) pass

        for name, numbers in stored do
            arrays[name] <- numbers

        reductions

    let once = Schedule.once moment.Iterations moment.Iteration
    let result = Reference.runPlan plan shape once carryOut

    (fun name -> arrays[name] |> Array.map (fun (n: 'T) -> Double.CreateTruncating n)), result.Reductions

let private interpretAs dtype =
    if dtype = torch.float64 then
        interpret Algebra.float64 id
    else
        interpret Algebra.float32 float32

/// A channel's learned numbers: one a channel.
let learned (layer: Elementwise) channels =
    Map.ofList
        [
            for k, name in List.indexed layer.Parameters do
                name, Array.init channels (fun c -> float (3 * k + 2 * c - 3) / 8.0)
        ]

/// y, dx and each learned number's gradient, one a channel, by the interpreter over channels of these lengths.
let byInterpreter dtype shape (layer: Elementwise) x dy (noise: float[]) =
    let rows = learned layer shape.Channels
    let arrays = [ "x", x; "dy", dy; "noise", noise ]

    let forward, _ =
        interpretAs dtype shape rows arrays (Elementwise.forwardPlan [] layer)

    let backward, sums =
        interpretAs dtype shape rows arrays (Elementwise.backwardPlan layer)

    let count = layer.Parameters.Length

    forward "y",
    backward "dx",
    [
        for k in 0 .. count - 1 -> Array.init shape.Channels (fun c -> sums[c * count + k])
    ]

/// The same by a layer, as torch's automatic differentiation gives it.
let byLayer dtype (layer: ElementwiseLayer) (formula: Elementwise) channels mode shape x dy =
    use _scope = torch.NewDisposeScope()
    let x, dy = tensorOf dtype shape x, tensorOf dtype shape dy
    let rows = learned formula channels

    let leaves =
        x
        :: [ for name in layer.Parameters -> tensorOf dtype [ int64 channels ] rows[name] ]
        |> List.map _.requires_grad_()

    let y = layer.Apply(leaves.Head, mode, place, null, List.toArray leaves.Tail)
    Differentiation.Backward((y * dy).sum())

    match leaves |> List.map (fun leaf -> numbersOf leaf.grad) with
    | dx :: gradients -> numbersOf (y.detach ()), dx, gradients
    | [] -> failtest "no x"

let private standard = BinarizerSupport.standard

/// Everything that the catalogue has for activations and weights, and every scale on a few of them.
let everything =
    [
        yield! Catalogue.binarizers |> List.map standard
        yield! Catalogue.weightBinarizers |> List.map standard
        for scale in Enum.GetValues<WeightScale>() do
            for binarizer in
                [
                    Binarizer.approxSign
                    Binarizer.ede Binarizer.edeSharpness
                    Binarizer.stochasticSign
                ] do
                binarizer.WithScale scale
    ]
    |> List.distinctBy _.Name

/// Bits of float32 gradients: what was added up in float64 is rounded once.
let rounded dtype (gradients: float[]) =
    if dtype = torch.float64 then
        gradients
    else
        gradients |> Array.map (float32 >> float)
