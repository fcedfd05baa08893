/// Plans of several passes over torch operations, as away from the CPU.
module Bnn.Tests.TensorPlanTests

open Bnn
open Bnn.Tests.LayerSupport
open Expecto
open TorchSharp

/// What a layer's plan stores over torch operations, and what it adds up, for an image of 4 channels of 6 numbers.
let private planOverTensors (formula: Elementwise) x dy noise (plan: Plan) =
    use _scope = torch.NewDisposeScope()
    let shape = { Rows = 4; Length = 6L; Channels = 4 }
    let layout = ChannelLayout(4, 6L, 4)

    let arrays =
        Map.ofList
            [
                for name, numbers in [ "x", x; "dy", dy; "noise", noise; "y", x; "dx", x ] do
                    name, torch.tensor (Array.copy numbers: float[])
            ]

    let learned = learned formula 4

    let carryOut (pass: Pass) once row =
        let rows =
            pass.Rows
            |> Array.map (fun name -> learned.TryFind name |> Option.defaultWith (fun () -> row name))
            |> Array.map (fun (numbers: float[]) -> torch.tensor numbers)

        let passed = pass.Arrays |> Array.map (fun name -> arrays[name])
        (CompiledPass pass).OnTensors(layout, arrays["x"], passed, rows, (fun name -> once name))

    let once = Schedule.once moment.Iterations moment.Iteration

    let result = Reference.runPlan plan shape once carryOut
    arrays |> Map.map (fun _ numbers -> numbersOf numbers), result.Reductions

[<Tests>]
let tests =
    testList
        "Tensor path, plans"
        [
            for binarizer in everything do
                testCase $"{binarizer.Name} has the same plans over torch operations as the interpreter"
                <| fun _ ->
                    let formula = Elementwise.shiftedSign binarizer
                    let x, dy = numbers 5 24, numbers 6 24
                    let noise = Array.init 24 (fun i -> Noise.uniform 1L 1 (int64 i))
                    let shape = { Rows = 4; Length = 6L; Channels = 4 }

                    let y, dx, gradients = byInterpreter torch.float64 shape formula x dy noise

                    let forward, _ =
                        planOverTensors formula x dy noise (Elementwise.forwardPlan [] formula)

                    let backward, sums =
                        planOverTensors formula x dy noise (Elementwise.backwardPlan formula)

                    let near what =
                        Array.iter2 (fun e a ->
                            Expect.isTrue (Checks.near 1e-12 1e-12 e a) $"{what}: {a}, should be {e}")

                    near "value" y forward["y"]
                    near "gradient" dx backward["dx"]
                    near "learned" (gradients |> List.toArray |> Array.transpose |> Array.concat) sums
        ]
