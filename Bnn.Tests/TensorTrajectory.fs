/// Runs a rule over torch operations, as away from the CPU.
module Bnn.Tests.TensorTrajectory

open Bnn
open TorchSharp

/// The weights after each step, in float64; the weights are one channel of binary weights, and the rule has no reductions.
let run (rule: Rule) iterations (weights: float[]) (gradients: float[][]) =
    use _scope = torch.NewDisposeScope()
    let group = ParameterGroup.BinaryWeights
    let plan = Optimizer.plan group rule
    let step = CompiledPass plan.Final
    let start = CompiledPass(Optimizer.startPass group rule)
    let w, g = torch.tensor weights, torch.zeros_like (torch.tensor weights)

    let slots =
        [
            for slot in rule.Slots do
                if slot.Extent = PerWeight then
                    slot.Name, torch.zeros_like w
        ]

    let tensors = Map.ofList ([ "w", w; "g", g ] @ slots)

    let carryOut (pass: CompiledPass) (once: string -> float) =
        let arrays = pass.Pass.Arrays |> Array.map (fun name -> tensors[name])
        pass.OnTensors(ChannelLayout.Flat w, w, arrays, [||], (fun name -> once name))

    if not slots.IsEmpty then
        carryOut start (fun _ -> nan) |> ignore

    ((Map.ofList (Optimizer.startNumbers group rule), []), Seq.indexed gradients)
    ||> Seq.fold (fun (numbers, steps) (before, gradient) ->
        g.copy_ (torch.tensor gradient) |> ignore

        let once name =
            match Map.tryFind name numbers with
            | Some number -> number
            | None -> Optimizer.once iterations (before + 1) name

        let result =
            Reference.runPlan plan (Shape.flat (int64 weights.Length)) once (fun _ once _ -> carryOut step once)

        result.Numbers, w.data<float>().ToArray() :: steps)
    |> snd
    |> List.rev
