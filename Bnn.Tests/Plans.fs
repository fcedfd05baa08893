/// Running plans of layers over arrays.
module Bnn.Tests.Plans

open System.Collections.Generic
open Bnn

type How =
    | Interpreted
    | Compiled of Width

/// The interpreter, and compiled loops of every width.
let ways = Interpreted :: (Reference.widths |> List.map Compiled)

/// What a layer is run on: how the numbers lie, what it reads once a step, numbers of each channel, and noise.
type Setting =
    {
        Shape: Shape
        Once: string -> float
        Channels: Map<string, float[]>
        Noise: float[]
    }

/// Rows that are channels of their own, at the first iteration of a stage of ten.
let setting rows length =
    {
        Shape =
            {
                Rows = rows
                Length = int64 length
                Channels = rows
            }
        Once = Optimizer.once 10 1
        Channels = Map.empty
        Noise = Array.init (rows * length) (fun i -> Noise.uniform 1L 1 (int64 i))
    }

/// One channel.
let flat (x: float[]) = setting 1 x.Length

let private run how setting (given: (string * float[]) list) (plan: Plan) =
    let arrays = Dictionary(dict given)
    let count = setting.Shape.Rows * int setting.Shape.Length

    for pass in Plan.passes plan do
        for name in pass.Arrays do
            arrays.TryAdd(name, Array.create count nan) |> ignore

    let carryOut (pass: Pass) once rowOf =
        let row name =
            match setting.Channels.TryFind name with
            | Some numbers -> numbers
            | None -> rowOf name

        match how with
        | Interpreted ->
            let stored, reductions =
                Pass.interpret Algebra.float64 setting.Shape once row (fun name -> arrays[name]) pass

            for name, numbers in stored do
                arrays[name] <- numbers

            reductions
        | Compiled width ->
            let results, reductions =
                Reference.run
                    (Kernel.double width pass)
                    2
                    setting.Shape
                    (Pass.uniforms once pass)
                    (pass.Rows |> Array.map row |> List.ofArray)
                    1
                    -7.0
                    [ for KeyValue(name, numbers) in arrays -> name, numbers ]

            for KeyValue(name, numbers) in results do
                arrays[name] <- numbers

            reductions

    let result = Reference.runPlan plan setting.Shape setting.Once carryOut
    arrays, result.Reductions

/// y for x.
let forward how setting x layer =
    let arrays, _ =
        run how setting [ "x", x; "noise", setting.Noise ] (Elementwise.forwardPlan [] layer)

    arrays["y"]

/// dx for x and dy, and the parameters' gradients, channel by channel.
let backward how setting x dy layer =
    let arrays, gradients =
        run how setting [ "x", x; "dy", dy; "noise", setting.Noise ] (Elementwise.backwardPlan layer)

    arrays["dx"], gradients

/// The values of a binarizer in training, over one channel.
let values binarizer x =
    forward Interpreted (flat x) x (Elementwise.ofBinarizer binarizer)

/// The surrogate's derivative at each number of one channel, everything that is reduced counting as it does for that channel.
let slopes binarizer (x: float[]) =
    backward Interpreted (flat x) x (Array.create x.Length 1.0) (Elementwise.ofBinarizer binarizer)
    |> fst
