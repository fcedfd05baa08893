/// Runs that are stopped anywhere and go on: the same weights to the bit, whatever was lost or damaged in between.
module Bnn.Tests.ResumeTests

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
let private outcome (result: TrainingResult) =
    use model = result.Model
    let logits = model.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq

    [
        for e in result.Epochs ->
            (e.Stage, e.Epoch, e.Loss, e.TrainTop1, e.FlipFlopRatio, e.Saturation, string e.LearningRate),
            (e.Top1, e.Top5, DiagnosticsTests.text e.Diagnostics)
    ],
    [
        for s in result.Stages -> s.Name, s.Top1, s.TrainTop1, s.FlipFlopRatio, s.C2IRatio
    ],
    logits,
    weights model

let private whole = lazy (outcome (trainer.Value.Train()))

/// Trains in a folder and asks to stop after so many batches; true where it had ended by then.
let private runFor batches (trainer: BnnTrainer) =
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
        Some(outcome ((trainer.Observed counting).Train source.Token))
    with :? BnnStoppedException ->
        None

let private checkpoints folder =
    Directory.GetFiles(Path.Combine(folder, "checkpoints"), "0*.safetensors")
    |> Array.sort

let private best folder =
    Path.Combine(folder, "checkpoints", "best.safetensors")

let private rarely = CheckpointPolicy(TimeSpan.MaxValue, 2, TimeProvider.System)

/// A clock that is told how much time passes, and how far its hands are moved.
type private SteppingClock(start: DateTimeOffset) =
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

let private inRun (action: string -> BnnTrainer -> unit) =
    inFolder (fun folder -> action folder (trainer.Value.SaveTo folder))

let private stopping =
    [
        test "A run that is stopped after any batch goes on to the same losses, diagnostics and weights, to the bit" {
            inFolder (fun folder ->
                for batches in [ 1; 3; 9; 10; 11; 19; 20; 21; 25; 30; 39 ] do
                    let trainer = trainer.Value.SaveTo(Path.Combine(folder, $"{batches}"))
                    Expect.isNone (runFor batches trainer) "stopped"
                    Expect.equal (outcome (trainer.Train())) whole.Value $"after {batches} batches")
        }

        test "Callbacks hear of every batch and epoch in its place, also where a run goes on" {
            inRun (fun _ trainer ->
                let batches, epochs =
                    ResizeArray<string * int * int64>(), ResizeArray<string * int>()

                let progress =
                    { new IProgress<EpochMetrics> with
                        member _.Report e = epochs.Add(e.Stage, e.Epoch)
                    }

                let heard =
                    trainer.OnBatch(fun b -> batches.Add(b.Stage, b.Epoch, b.Images)).ReportTo progress

                Expect.isNone (runFor 14 heard) "stopped"
                heard.Train().Model.Dispose()

                Expect.sequenceEqual
                    batches
                    [
                        for stage in [ "first"; "second" ] do
                            for epoch in 1..2 do
                                for k in 1..10 -> stage, epoch, int64 (32 * k)
                    ]
                    "batches"

                Expect.sequenceEqual epochs [ "first", 1; "first", 2; "second", 1; "second", 2 ] "epochs")
        }

        test
            "A run is stopped while accuracy is measured too, after an epoch or at a stage's end, and goes on from there" {
            inFolder (fun folder ->
                // asked for in the last of 10 batches, noticed with the test images; it looks at the clock twice at first, then after each batch
                use source = new CancellationTokenSource()
                let mutable looks = 0

                let clock =
                    { new TimeProvider() with
                        member _.GetTimestamp() =
                            looks <- looks + 1

                            if looks = 12 then
                                source.Cancel()

                            0L
                    }

                let trainer' = trainer.Value.SaveTo(Path.Combine(folder, "epoch"))

                let error =
                    Expect.throwsC (fun () -> trainer'.Timed(clock).Train source.Token |> ignore) (fun e -> e.Message)

                Expect.stringStarts
                    error
                    "stopped in first, epoch 1 of 2, after 10 of 10 batches; all is saved"
                    "epoch"

                Expect.hasLength (checkpoints (Path.Combine(folder, "epoch"))) 1 "really"
                Expect.equal (outcome (trainer'.Train())) whole.Value "the result"

                for stage in [ "first"; "second" ] do
                    use source = new CancellationTokenSource()
                    let trainer' = trainer.Value.SaveTo(Path.Combine(folder, stage))

                    let stopping =
                        trainer'.OnEpoch(fun e ->
                            if e.Stage = stage && e.Epoch = 2 then
                                source.Cancel())

                    let error =
                        Expect.throwsC (fun () -> stopping.Train source.Token |> ignore) (fun e -> e.Message)

                    Expect.stringStarts error $"stopped at the end of {stage}, where accuracy is measured; all" "end"
                    let notes = ResizeArray<string>()

                    let listening =
                        { new ITrainingObserver with
                            member _.Note text = notes.Add text
                        }

                    Expect.equal (outcome (trainer'.Observed(listening).Train())) whole.Value "the result"
                    Expect.stringStarts notes[0] $"goes on at the end of {stage}" "says where")
        }

        test "A run that is stopped again and again arrives all the same" {
            inRun (fun _ trainer ->
                let rec go times =
                    match runFor 3 trainer with
                    | Some result ->
                        Expect.equal result whole.Value "the result"
                        Expect.isGreaterThan times 10 "stopped often"
                    | None -> go (times + 1)

                go 0)
        }

        test "Checkpoints after each batch change nothing, and as many are kept as are asked for" {
            for kept in [ 1; 2; 5 ] do
                inRun (fun folder trainer ->
                    let trainer = trainer.WithCheckpoints(TimeSpan.Zero, kept)
                    Expect.equal (outcome (trainer.Train())) whole.Value "the result"
                    Expect.equal (checkpoints folder).Length kept "kept")
        }

        test "The best epoch of the stage is kept, and a run goes on from it where nothing newer is whole" {
            inRun (fun folder trainer ->
                outcome (trainer.Train()) |> ignore
                let epochs, _, _, _ = whole.Value
                let kept = Checkpoint.Read(best folder)
                let second = epochs |> List.skip 2 |> List.map (fun (_, (top1, _, _)) -> top1)
                Expect.equal kept.Position.BestTop1 (Nullable(List.max second)) "the best of the last stage"
                let number = 1 + List.findIndex ((=) (List.max second)) second
                Expect.equal kept.Position.Epoch (number + 1) "right after it"

                for file in checkpoints folder do
                    File.WriteAllBytes(file, [| 1uy |])

                Expect.equal (outcome (trainer.Train())) whole.Value "from there")
        }

        test "A checkpoint is loaded as a network, the last one as that which the run has left" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 25 trainer) "stopped"
                let error = fault (fun () -> (BnnModel.Load folder).Dispose())
                Expect.stringContains error.Message "holds no network.bnn" "no network yet"
                Expect.stringContains error.Message "its training has not ended" "why"
                use early = BnnModel.Load(Array.last (checkpoints folder))
                Expect.equal early.Classes.Count 10 "classes"
                use result = trainer.Train().Model
                use last = BnnModel.Load(Array.last (checkpoints folder))
                let test = few.Value.Load().Test

                let logits (model: BnnModel) =
                    model.Logits test |> Seq.concat |> Array.ofSeq

                Expect.equal (logits last) (logits result) "the last one"
                Expect.notEqual (logits early) (logits result) "an earlier one"
                use kept = BnnModel.Load(best folder)
                let epochs, _, _, _ = whole.Value
                let top1 = epochs |> List.skip 2 |> List.map (fun (_, (top1, _, _)) -> top1)
                Expect.equal (kept.Evaluate(test).Top1) (List.max top1) "the best is as good as was measured")
        }

        test
            "While it goes on, a run's folder shows its epochs so far; where it goes on, they are those of an uninterrupted run" {
            inRun (fun folder trainer ->
                let timeless (file: string) =
                    [
                        for line in File.ReadAllLines(Path.Combine(folder, file)) ->
                            let fields = line.Split ','

                            if file = "metrics.csv" && fields.Length > 9 then
                                String.Join(',', Array.append fields[..6] fields[10..])
                            else
                                line
                    ]

                // the third epoch's middle
                Expect.isNone (runFor 25 trainer) "stopped"
                let metrics = timeless "metrics.csv"
                let diagnostics = timeless "diagnostics.jsonl"
                Expect.hasLength metrics 3 "header and two epochs"
                Expect.hasLength diagnostics 2 "two epochs"
                outcome (trainer.Train()) |> ignore
                Expect.equal (List.take 3 (timeless "metrics.csv")) metrics "the epochs before"
                Expect.equal (List.take 2 (timeless "diagnostics.jsonl")) diagnostics "and their diagnostics"
                Expect.hasLength (timeless "metrics.csv") 5 "and those after"
                let resumed = timeless "metrics.csv", timeless "diagnostics.jsonl"
                Directory.Delete(folder, true)
                outcome (trainer.Train()) |> ignore
                Expect.equal (timeless "metrics.csv", timeless "diagnostics.jsonl") resumed "the same files")
        }

        test "Where it goes on with other threads or another version, it says that digits may differ" {
            inRun (fun _ trainer ->
                Expect.isNone (runFor 5 trainer) "stopped"
                let notes = ResizeArray<string>()

                let listening =
                    { new ITrainingObserver with
                        member _.Note text = notes.Add text
                    }

                trainer.WithThreads(2).Observed(listening).Train().Model.Dispose()
                Expect.exists notes (fun note -> note.StartsWith "goes on in first, epoch 1 of 2, batch 6") "where"

                Expect.exists
                    notes
                    (fun note -> note.StartsWith "threads 1 then, 2 now: the last digits may not be those")
                    "what is other"

                let was = RunEnvironment.Current(TorchSharp.torch.CPU)
                Expect.isNull (was.Since was) "nothing"

                let now =
                    RunEnvironment("0.2.0", was.Torch, "other", was.Processor, was.Threads, was.Device)

                Expect.stringContains (now.Since was) $"Bnn {was.Library} then, 0.2.0 now; runtime" "all that differs")
        }

        test "What is measured beside the training does not change it: test accuracy, diagnostics, their absence" {
            let losses (result: TrainingResult) =
                use model = result.Model

                [ for e in result.Epochs -> e.Loss, e.FlipFlopRatio, e.Saturation ],
                model.Logits(few.Value.Load().Test) |> Seq.concat |> Array.ofSeq

            let trainer = trainer.Value
            let all = losses (trainer.Train())
            let bare = trainer.WithoutDiagnostics().WithEvaluation(0).Train()
            Expect.isTrue (bare.Epochs |> Seq.forall (fun e -> isNull (box e.Diagnostics))) "no diagnostics"
            // the first stage ends with its best epoch, for which each is measured
            Expect.equal [ for e in bare.Epochs -> Double.IsNaN e.Top1 ] [ false; false; true; true ] "measured"
            Expect.equal (losses bare) all "the same training"
            let every = trainer.WithEvaluation(2).Train()
            Expect.equal [ for e in every.Epochs -> Double.IsNaN e.Top1 ] [ false; false; true; false ] "every second"
            Expect.equal (losses every) all "the same training"
        }

        test "A clock that is set back, or files of another time, confuse nothing" {
            inRun (fun folder trainer ->
                let clock = SteppingClock(DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
                let mutable batches = 0

                let setting =
                    { new ITrainingObserver with
                        member _.Batch _ =
                            batches <- batches + 1
                            // a year back with every batch, while a minute passes
                            clock.Step(TimeSpan.FromMinutes 1.0, TimeSpan.FromDays -365.0)
                    }

                let timed = trainer.Timed(clock).WithCheckpoints(TimeSpan.FromMinutes 4.0)
                use source = new CancellationTokenSource()

                let stopping =
                    { new ITrainingObserver with
                        member _.Batch b =
                            setting.Batch b

                            if batches = 14 then
                                source.Cancel()
                    }

                Expect.throwsT<BnnStoppedException>
                    (fun () -> (timed.Observed stopping).Train source.Token |> ignore)
                    "stopped"

                // after 4, 8 and 12 minutes, and when it was stopped
                Expect.equal
                    [ for file in checkpoints folder -> Path.GetFileNameWithoutExtension file ]
                    [ "00000003"; "00000004" ]
                    "checkpoints in their time"

                // as if the newest were the oldest
                File.SetLastWriteTimeUtc((checkpoints folder)[0], DateTime(2040, 1, 1))
                File.SetLastWriteTimeUtc((checkpoints folder)[1], DateTime(1990, 1, 1))
                Expect.equal (outcome ((timed.Observed setting).Train())) whole.Value "the result")
        }

        test "A run that has ended gives its result again and trains nothing" {
            inRun (fun _ trainer ->
                let first = outcome (trainer.Train())

                let again = trainer.Train()
                again.Model.Dispose()

                for epoch in again.Epochs do
                    Expect.equal
                        (epoch.Diagnostics.StageIndex, epoch.Diagnostics.Epoch)
                        (epoch.StageIndex, epoch.Epoch)
                        "its diagnostics"

                Expect.equal (runFor 1 trainer) (Some first) "not one batch")
        }

        test "Other threads for images may go on, and the files of the run are those of an uninterrupted one" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 15 trainer) "stopped"
                Expect.isFalse (File.Exists(Path.Combine(folder, "result.json"))) "no results yet"
                Expect.equal (outcome (trainer.WithDataWorkers(2).Train())) whole.Value "the result"

                Expect.equal (DiagnosticsFile.Read folder).Count 4 "a line an epoch"

                for file in
                    [
                        "report.html"
                        "result.json"
                        "metrics.csv"
                        "network.bnn"
                        "latent-weights.png"
                    ] do
                    Expect.isTrue (File.Exists(Path.Combine(folder, file))) file

                let _, _, _, weights = whole.Value
                Expect.equal (trained folder) weights "the last checkpoint has the latent weights"

                Expect.equal
                    (File.ReadAllLines(Path.Combine(folder, "metrics.csv")).Length)
                    5
                    "a line an epoch and the header")
        }
    ]

let private damage =
    [
        test
            "A damaged newest checkpoint is passed over for the one before; anywhere, in any way; never are weights wrong" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 12 (trainer.WithCheckpoints TimeSpan.Zero)) "stopped"
                let newest = Array.last (checkpoints folder)
                let saved = [ for file in checkpoints folder -> file, File.ReadAllBytes file ]
                let bytes = File.ReadAllBytes newest
                let random = Random 5

                for k in 0..199 do
                    for file, content in saved do
                        File.WriteAllBytes(file, content)

                    let at = int (int64 k * int64 bytes.Length / 200L)
                    let copy = Array.copy bytes

                    let changed =
                        match k % 3 with
                        | 0 ->
                            copy[at] <- copy[at] ^^^ (1uy <<< random.Next 8)
                            copy
                        | 1 -> copy[.. at - 1]
                        | _ ->
                            let length = min 64 (copy.Length - at)
                            let isZero = Array.forall ((=) 0uy) copy[at .. at + length - 1]
                            Array.fill copy at length (if isZero then 1uy else 0uy)
                            copy

                    File.WriteAllBytes(newest, changed)

                    use folder' = CheckpointFolder.Open(folder, RunIdentity.Of(trainer.Plan()), rarely)

                    let notes = ResizeArray<string>()
                    let found = folder'.Newest(fun note -> notes.Add note)
                    Expect.equal found.Position.Sums.Batches 1 $"damage {k}: the one before"
                    Expect.stringContains (Seq.exactlyOne notes) newest "and it says so"

                // the last one of them is really gone on from
                Expect.equal (outcome (trainer.Train())) whole.Value "the result")
        }

        test "Where no checkpoint is whole, that is an error and not a new beginning" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 12 (trainer.WithCheckpoints TimeSpan.Zero)) "stopped"

                for file in best folder :: List.ofArray (checkpoints folder) do
                    File.WriteAllBytes(file, [| 1uy; 2uy |])

                let error = fault (fun () -> trainer.Train().Model.Dispose())
                Expect.stringContains error.Message "holds no checkpoint that is whole" "says so"
                Expect.stringContains error.Message "delete the folder to begin anew" "remedy")
        }

        test "Another training is refused in the folder, with all that differs" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 5 trainer) "stopped"
                let other = (short ()).WithSeed(9).WithBatch(16).WithThreads(1).SaveTo(folder)
                let faults = other.Validate()

                for name in
                    [
                        "seed"
                        "recipe.batch"
                        "recipe.stages[0].weightDecay.rate"
                        "recipe.optimizer.name"
                    ] do
                    Expect.exists faults (fun fault -> fault.Name = name) name

                let seed = faults |> Seq.find (fun fault -> fault.Name = "seed")
                Expect.stringContains seed.Allowed "1, as in the run" "what it was"
                Expect.throwsT<BnnConfigurationException> (fun () -> other.Train() |> ignore) "refused"
                Expect.equal (outcome (trainer.Train())) whole.Value "the first one goes on")
        }

        test "A damaged recipe.json keeps no run from going on, nor lets another one: each checkpoint has it too" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 5 trainer) "stopped"
                let path = Path.Combine(folder, "checkpoints", "recipe.json")
                let bytes = File.ReadAllBytes path
                let random = Random 7

                for k in 0..39 do
                    let at = int (int64 k * int64 bytes.Length / 40L)
                    let copy = Array.copy bytes
                    copy[at] <- copy[at] ^^^ (1uy <<< random.Next 8)
                    File.WriteAllBytes(path, (if k % 2 = 0 then copy else bytes[.. at - 1]))
                    Expect.isEmpty (trainer.Validate()) $"damage {k}"

                    Expect.exists
                        (trainer.WithSeed(9).Validate())
                        (fun fault -> fault.Name = "seed")
                        $"damage {k}: another"

                Expect.equal (outcome (trainer.Train())) whole.Value "the result"
                Expect.equal (File.ReadAllBytes path) bytes "whole again")
        }

        test "A second training in the same folder is refused while the first one runs" {
            inRun (fun folder trainer ->
                use held = CheckpointFolder.Open(folder, RunIdentity.Of(trainer.Plan()), rarely)

                let error = fault (fun () -> trainer.Train().Model.Dispose())
                Expect.stringContains error.Message "is in use by another training" "says so")
        }

        test "A checkpoint that cannot be written stops the run, and those before are still there" {
            inRun (fun folder trainer ->
                Expect.isNone (runFor 12 trainer) "stopped"

                let before =
                    checkpoints folder |> Array.map (fun file -> file, File.ReadAllBytes file)
                // the next one's name is taken by a folder, which no file can be renamed over
                let next =
                    Path.Combine(folder, "checkpoints", $"{before.Length + 1:D8}.safetensors")

                Directory.CreateDirectory next |> ignore

                let error =
                    fault (fun () -> trainer.WithCheckpoints(TimeSpan.Zero).Train().Model.Dispose())

                Expect.equal error.Path next "named"
                Directory.Delete next

                for file, bytes in before do
                    Expect.equal (File.ReadAllBytes file) bytes file

                Expect.equal (outcome (trainer.Train())) whole.Value "the result")
        }
    ]

[<Tests>]
let tests =
    testSequenced (testList "Resume" [ testList "stopped" stopping; testList "damaged" damage ])
