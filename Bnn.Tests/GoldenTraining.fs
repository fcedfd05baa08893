/// Golden files of trainings: whole two-step runs of the reference code in float64, repeated by the library's own parts.
module Bnn.Tests.GoldenTraining

open System
open System.IO
open Bnn
open Expecto
open TorchSharp

/// The *.pth files of the folder training.
let filesOf folder =
    let path = Path.Combine(folder, "training")

    if Directory.Exists path then
        Directory.GetFiles(path, "*.pth") |> Array.sort
    else
        [||]

let private entry (name: string) (dict: PickleValue) =
    match dict with
    | :? PickleDict as dict when not (isNull (dict.Find name)) -> dict.Find name
    | _ -> failtest $"there is no {name}"

let private float' (value: PickleValue) =
    match value with
    | :? PickleFloat as number -> number.Value
    | :? PickleInteger as number -> float number.Value
    | other -> failtest $"{other} is no number"

let private items (value: PickleValue) =
    match value with
    | :? PickleList as list -> List.ofSeq list.Items
    | other -> failtest $"{other} is no list"

let private text (value: PickleValue) =
    match value with
    | :? PickleText as text -> text.Value
    | other -> failtest $"{other} is no text"

let private tensor (value: PickleValue) =
    match value with
    | :? PickleTensor as tensor -> TensorBytes.ToTensor(tensor.Named "", torch.float64)
    | other -> failtest $"{other} is no tensor"

/// Names and tensors of a state_dict.
let private state (value: PickleValue) =
    match value with
    | :? PickleDict as dict -> [ for entry in dict.Entries -> text entry.Key, tensor entry.Value ]
    | other -> failtest $"{other} is no state_dict"

/// The reference's blocks have stride 2 wherever the width changes, but to 64.
let private layers (widths: int list) =
    [|
        yield struct (widths.Head, 2)

        for before, width in List.pairwise widths do
            yield struct (width, (if width <> before && width <> 64 then 2 else 1))
    |]

let private restore (network: TorchNetwork) (values: (string * torch.Tensor) list) =
    use _none = torch.no_grad ()

    Expect.equal
        [ for tensor in network.Store.All -> tensor.Name, List.ofArray tensor.Shape ]
        [ for name, value in values -> name, List.ofArray value.shape ]
        "names and shapes of the state"

    for tensor, (_, value) in Seq.zip network.Store.All values do
        tensor.Value.copy_ value |> ignore

let private signs (network: TorchNetwork) =
    let signs =
        [|
            for w in network.LatentWeights.data<float>() -> if w >= 0.0 then 1.0f else -1.0f
        |]

    Signs.pack (ReadOnlySpan signs)

/// What a step of the two was: by iteration, and at its end.
type private Run =
    {
        Losses: float list
        Rates: float list
        FlipFlops: float list
        C2I: float
        Logits: torch.Tensor
    }

/// One step of the two, from the file's first state: losses, rates and flip-flop ratios by iteration, C2I, and the logits at its end.
let private runStep (network: TorchNetwork) (file: PickleValue) (optimizer: OptimizerChoice) (stage: Stage) =
    let inputs, teacher =
        tensor (entry "inputs" file), tensor (entry "teacher_logits" file)

    let batches = int (float' (entry "batches_per_epoch" file))
    let iterations = batches * stage.Epochs
    let first = signs network

    use rules =
        new RuleOptimizer(optimizer.Rule stage, iterations, network.Store.Groups)

    let mode = NetworkMode(true, stage.BinaryActivations, stage.BinaryWeights)

    let steps =
        [
            for iteration in 0 .. iterations - 1 do
                use _scope = torch.NewDisposeScope()
                let batch = int64 (iteration % batches)

                for group in network.Store.Groups do
                    group.Gradients.zero_ () |> ignore

                let loss =
                    Distributional.Soft(network.Forward(inputs[batch], mode), teacher[batch]).mean()

                Differentiation.Backward loss
                let flips = rules.Step().Flips
                loss.item<float>(), float flips / float network.BinaryWeights
        ]

    use _none = torch.no_grad ()

    let logits =
        network.Forward(
            tensor (entry "eval_inputs" file),
            NetworkMode(false, stage.BinaryActivations, stage.BinaryWeights)
        )

    {
        Losses = List.map fst steps
        Rates =
            [
                for iteration in 1..iterations -> optimizer.RateAt(stage, iteration, iterations)
            ]
        FlipFlops = List.map snd steps
        C2I = Metric.c2i first (signs network)
        Logits = logits
    }

let private largest (x: torch.Tensor) : float = x.abs().max().item<float>()

let private near tolerance (expected: torch.Tensor) (actual: torch.Tensor) what =
    let difference = largest (expected - actual) / max 1e-300 (largest expected)
    Expect.isLessThanOrEqual difference tolerance $"{what}: largest difference, relative to the largest"

/// A network's logits in evaluation mode on the file's images, all binary, and those of the file's second step.
let evaluation (path: string) (network: TorchNetwork) =
    use _none = torch.no_grad ()
    let file = PyTorchFile.Read path
    let x = tensor (entry "eval_inputs" file)
    network.Forward(x, NetworkMode(false, true, true)), tensor (entry "eval_logits" (entry "step2" file))

/// Repeats both steps, each from the file's own first state, and compares everything that the file holds.
let check (path: string) : unit =
    use _scope = torch.NewDisposeScope()
    let file = PyTorchFile.Read path
    let number name = float' (entry name file)
    let widths = entry "widths" file |> items |> List.map (float' >> int)
    let epochs = int (number "epochs")

    let inputs = tensor (entry "inputs" file)
    let classes = tensor(entry "teacher_logits" file).shape[2]

    let model =
        Models.ReActNet(layers widths, int classes, int inputs.shape[2], int inputs.shape[3])

    let recipe =
        Recipe.twoStep
            { Recipe.defaults with
                WeightDecay = WeightDecay.coupled (Const(number "weight_decay"))
                Epochs = epochs
            }
        |> Reference.apply Deviations.AdamBnn

    let optimizer = OptimizerChoice(Adam.row, [||], number "learning_rate")

    for name, stage in List.zip [ "step1"; "step2" ] recipe.Stages do
        let step = entry name file
        use network = TorchNetwork.Create(model, 1L, ``type`` = torch.float64)
        restore network (state (entry "init" step))
        let run: Run = runStep network file optimizer stage

        let numbers name =
            entry name step |> items |> List.map float'

        List.iteri2
            (fun i expected actual ->
                Expect.isTrue
                    (Checks.near 1e-9 0.0 expected actual)
                    $"{name}, loss of iteration {i}: {actual}, should be {expected}")
            (numbers "loss")
            run.Losses

        Expect.equal run.Rates (numbers "lr") $"{name}: learning rates"
        Expect.equal run.FlipFlops (numbers "ff_ratio") $"{name}: flip-flop ratios"
        Expect.equal run.C2I (float' (entry "c2i_ratio" step)) $"{name}: C2I"
        near 1e-8 (tensor (entry "eval_logits" step)) run.Logits $"{name}: logits in evaluation mode"

        for tensor, (final, expected) in Seq.zip network.Store.All (state (entry "final" step)) do
            Expect.equal tensor.Name final "order"
            near 1e-8 expected (tensor.Value.``to`` torch.float64) $"{name}: final {final}"

        let decayed =
            [
                for struct (tensor, group) in network.Store.Parameters do
                    if List.contains (group) stage.WeightDecay.Groups then
                        tensor.Name
            ]

        Expect.equal decayed (entry "decayed" step |> items |> List.map text) $"{name}: what decays"
