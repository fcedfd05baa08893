/// A small run that tests stop and let go on, and what it should come to.
module Bnn.Tests.ResumeSupport

open System
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SmallRun
open Bnn.Tests.SourceSupport
open Bnn.Tests.TrainerTests
open Expecto

/// A network's tensors, the latent weights as they are.
let private weights (model: BnnModel) =
    let found = ResizeArray()

    inFolder (fun folder ->
        Directory.CreateDirectory folder |> ignore
        let path = Path.Combine(folder, "net.safetensors")
        model.Save path

        found.AddRange
            [
                for tensor in Safetensors.Read(path).Tensors -> tensor.Name, tensor.Bytes.ToArray()
            ])

    List.ofSeq found

/// What a result is but for times.
let outcome (result: TrainingResult) =
    use model = result.Model
    let logits = model.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq

    [
        for e in result.Epochs ->
            (e.Stage, e.Epoch, e.Loss, e.TrainTop1, e.FlipFlopRatio, e.Saturation, string e.LearningRate),
            (e.Top1, e.Top5, DiagnosticsSupport.text e.Diagnostics)
    ],
    [
        for s in result.Stages -> s.Name, s.Top1, s.TrainTop1, s.FlipFlopRatio, s.C2IRatio
    ],
    logits,
    weights model

let whole = lazy (outcome (trainer.Value.Train()))

/// Trains in a folder and asks to stop after so many batches; the result where it had ended by then.
let resultFor batches (trainer: BnnTrainer) =
    use source = new CancellationTokenSource()
    let mutable left = batches

    let counting =
        { new ITrainingObserver with
            member _.Batch _ =
                left <- left - 1

                if left = 0 then
                    source.Cancel()
        }

    try
        Some((trainer.Observed counting).Train source.Token)
    with :? BnnStoppedException ->
        None

/// The same; what the result is but for times.
let runFor batches trainer =
    resultFor batches trainer |> Option.map outcome

let checkpoints folder =
    Directory.GetFiles(Path.Combine(folder, "checkpoints"), "0*.safetensors")
    |> Array.sort

let best folder =
    Path.Combine(folder, "checkpoints", "best.safetensors")

let rarely = CheckpointPolicy(TimeSpan.MaxValue, 2, TimeProvider.System)

/// A clock that is told how much time passes, and how far its hands are moved.
type SteppingClock(start: DateTimeOffset) =
    inherit TimeProvider()
    let mutable passed = TimeSpan.Zero
    let mutable hands = start

    member _.Step(time: TimeSpan, moved: TimeSpan) =
        passed <- passed + time
        hands <- hands + moved

    override _.TimestampFrequency = TimeSpan.TicksPerSecond
    override _.GetTimestamp() = passed.Ticks
    override _.GetUtcNow() = hands

/// The network's tensors in a folder's newest checkpoint: at the end of a run its latent weights, which its network.bnn has not.
let trained folder =
    [
        for tensor in Safetensors.Read(Array.last (checkpoints folder)).Tensors do
            if tensor.Name.StartsWith("network/", StringComparison.Ordinal) then
                tensor.Name.Substring "network/".Length, tensor.Bytes.ToArray()
    ]

let inRun (action: string -> BnnTrainer -> unit) =
    inFolder (fun folder -> action folder (trainer.Value.SaveTo folder))
