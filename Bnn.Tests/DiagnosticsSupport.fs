/// A run of a second, an epoch's diagnostics with known numbers, and what a probe sees.
module Bnn.Tests.DiagnosticsSupport

open System
open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.ReportingTests
open Expecto

/// A run on a small network and few images: it is trained in a second.
let internal tiny () =
    let sample = Data.FashionMnistSample().Load()

    BnnTrainer()
        .WithData(Data.InMemory("a few", sample.Train.Take 320, sample.Test.Take 200))
        .WithModel(Models.ReActNet([ struct (8, 2); struct (16, 2); struct (16, 1) ]))
        .WithThreads(1)

let private spread =
    LatentSpread(1.5, [| 1L; 5L; 2L |], 0L, 3L, 0L, -1.25, 2.5, 0.5, 0.25, [| -0.5; 1.0 |])

let private spreadOver least lower median upper greatest : Quartiles =
    {
        Least = least
        Lower = lower
        Median = median
        Upper = upper
        Greatest = greatest
    }

let internal epoch stage number =
    EpochDiagnostics(
        $"step {stage + 1}",
        stage,
        number,
        1.25e-3,
        0.75,
        spread,
        [|
            LayerDiagnostics(
                "conv.weight",
                0.1,
                1e-17,
                0.0,
                1.0,
                0.5,
                nan,
                spreadOver 0.1 0.2 0.3 0.4 0.5,
                spreadOver nan nan nan nan nan,
                spreadOver 0.0 0.0 1e-3 0.5 1.0
            )
        |],
        [| LayerSaturation("sign", nan) |],
        0.0,
        1.0,
        0.5,
        nan,
        10
    )

/// A layer's text with the numbers of its list.
let private withNumbers (layer: LayerDiagnostics) =
    let numbers = layer.IterationUpdateCam |> Seq.map string |> String.concat " "
    Regex.Replace(string layer, "IterationUpdateCam = [^,}]*", $"IterationUpdateCam = {numbers} ")

/// Records hold lists, which are compared by reference; their text is not.
let internal text (e: EpochDiagnostics) =
    let join (items: obj seq) =
        items |> Seq.map string |> String.concat "|"

    String.concat
        ";"
        [
            string (
                e.Stage,
                e.StageIndex,
                e.Epoch,
                e.FlipFlopRatio,
                e.C2IRatio,
                e.ZeroGradientChannels,
                e.ZeroGradients
            )
            string (e.DeadWeights, e.RevivedWeights, e.Iterations)
            join (e.Layers |> Seq.map (fun layer -> withNumbers layer :> obj))
            join (e.Saturation |> Seq.cast)
            join (e.LatentWeights.Counts |> Seq.cast)
            join (e.LatentWeights.Peaks |> Seq.cast)
            string (e.LatentWeights.Limit, e.LatentWeights.Below, e.LatentWeights.Above, e.LatentWeights.NotNumbers)
            string (e.LatentWeights.Least, e.LatentWeights.Greatest, e.LatentWeights.Confident, e.LatentWeights.Unsure)
        ]

let internal fault run =
    try
        run ()
        failtest "no exception"
    with :? BnnFileException as e ->
        e.Message

/// What a probe sees of so many iterations. `act` changes the gradients, which are 1, and the weights that the iteration's
/// step will leave.
let internal probed iterations (act: int -> float32[] -> float32[] -> unit) =
    use network =
        TorchNetwork.Create(Models.ReActNet([ struct (2, 1); struct (4, 1) ], 3, 1, 8), 1L)

    let probe = EpochProbe(network, iterations, 0)
    let first = Signs.pack (Span.op_Implicit (Memory.Floats network.LatentWeights))

    for i in 0 .. iterations - 1 do
        let weights = Memory.Floats(network.LatentWeights).ToArray()
        let gradients = Array.create weights.Length 1.0f
        act i gradients weights
        gradients.CopyTo(Memory.Floats network.LatentGradients)
        probe.BeforeStep()
        weights.CopyTo(Memory.Floats network.LatentWeights)
        probe.AfterStep()

    probe.Ended(first, [| EpochMetrics("step 1", 0, 1, 1, 1.0, 0.5, 0.25, nan, 1e-3, 1.0, 1.0) |])
