/// Runs a rule over torch operations, as away from the CPU.
module Bnn.Tests.TensorTrajectory

open Bnn
open Bnn.Core
open TorchSharp

/// The weights after each step, in float64.
let run (rule: Rule) iterations (weights: float[]) (gradients: float[][]) =
    use _scope = torch.NewDisposeScope()
    let pass = CompiledPass(Optimizer.pass rule)
    let start = CompiledPass(Optimizer.startPass BinaryWeights rule)
    let w, g = torch.tensor weights, torch.zeros_like (torch.tensor weights)
    let slots = rule.Slots |> List.map (fun slot -> slot.Name, torch.zeros_like w)
    let tensors = Map.ofList ([ "w", w; "g", g ] @ slots)

    let carryOut (pass: CompiledPass) time =
        let arrays = pass.Pass.Arrays |> Array.map (fun name -> tensors[name])
        let once name = Optimizer.once iterations time name

        pass.OnTensors(ChannelLayout.Flat w, w, arrays, [||], once) |> ignore

    if not slots.IsEmpty then
        carryOut start 0

    [
        for t in 1 .. gradients.Length do
            g.copy_ (torch.tensor gradients[t - 1]) |> ignore
            carryOut pass t
            w.data<float>().ToArray()
    ]
