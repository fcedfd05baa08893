/// The checkpoints of a run: which are kept, what they hold, and what happens where they are damaged, of another run or out of time.
module Bnn.Tests.CheckpointTests

open System
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.ResumeSupport
open Bnn.Tests.SourceSupport
open Bnn.Tests.TrainerTests
open Expecto

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume: checkpoints"
            [

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
                        Expect.equal kept.Position.BestScore (Nullable(List.max second)) "the best of the last stage"
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

                test "Where it goes on with other threads or another version, it says that digits may differ" {
                    inRun (fun _ trainer ->
                        Expect.isNone (runFor 5 trainer) "stopped"
                        let notes = ResizeArray<string>()

                        let listening =
                            { new ITrainingObserver with
                                member _.Note text = notes.Add text
                            }

                        trainer.WithThreads(2).Observed(listening).Train().Model.Dispose()

                        Expect.exists
                            notes
                            (fun note -> note.StartsWith "goes on in first, epoch 1 of 2, batch 6")
                            "where"

                        Expect.exists
                            notes
                            (fun note -> note.StartsWith "threads 1 then, 2 now: the last digits may not be those")
                            "what is other"

                        let was = RunEnvironment.Current(TorchSharp.torch.CPU)
                        Expect.isNull (was.Since was) "nothing"

                        let now =
                            RunEnvironment("0.2.0", was.Torch, "other", was.Processor, was.Threads, was.Device)

                        Expect.stringContains
                            (now.Since was)
                            $"Bnn {was.Library} then, 0.2.0 now; runtime"
                            "all that differs")
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

                test
                    "A damaged recipe.json keeps no run from going on, nor lets another one: each checkpoint has it too" {
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

                test "What a process that was killed has left half-written is removed, and nothing else" {
                    inRun (fun folder trainer ->
                        Expect.isNone (runFor 5 trainer) "stopped"
                        let half = $"checkpoints/00000002.safetensors.{Guid.NewGuid():N}.tmp"
                        let mine = [ "notes.tmp"; "checkpoints/mine.tmp"; "metrics.csv.bak" ]

                        for file in half :: $"metrics.csv.{Guid.NewGuid():N}.tmp" :: mine do
                            File.WriteAllText(Path.Combine(folder, file), "half")

                        Expect.equal (outcome (trainer.Train())) whole.Value "the result"

                        Expect.equal
                            (Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
                             |> Array.filter (fun file -> file.EndsWith ".tmp")
                             |> Array.map (fun file -> Path.GetRelativePath(folder, file))
                             |> Array.sort)
                            [| "checkpoints/mine.tmp"; "notes.tmp" |]
                            "what is left")
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
    )
