/// Runs that started from given weights: stopped, killed, started again, and trained on.
module Bnn.Tests.StartRunTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.StartSupport
open Expecto

/// The weights that a training leaves.
let private outcomeOf (trainer: BnnTrainer) =
    use model = trainer.Train().Model
    tensorsOf model

let private stoppedAfter words batches =
    test
        $"a run that started from given weights and is stopped {words} goes on to the same losses and weights, to the bit" {
        inFolder (fun folder ->
            let given = Path.Combine(folder, "given")
            (SmallRun.trainer.Value.WithSeed(3).SaveTo given).Train().Model.Dispose()
            let trainer = SmallRun.trainer.Value.StartingFrom given
            let uninterrupted = outcome (trainer.Train())
            Expect.notEqual uninterrupted whole.Value "another run than without given weights"

            for batches in batches do
                let trainer = trainer.SaveTo(Path.Combine(folder, $"{batches}"))
                Expect.isNone (runFor batches trainer) "stopped"
                let notes = Notes()
                Expect.equal (outcome (trainer.Observed(notes).Train())) uninterrupted $"after {batches} batches"
                Expect.stringStarts notes.All[0] "goes on" "it is no new start"
                Expect.all notes.All (fun note -> not (note.StartsWith "starts from")) "nor is said to be")
    }

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Start: runs"
            [
                stoppedAfter "within an epoch or after a stage" [ 3; 20 ]
                stoppedAfter "anywhere" [ 1; 10; 19; 20; 25; 39 ] |> Checks.long

                test
                    "the same weights from wherever go on, others and none are refused, and so are given ones where there were none" {
                    inFolder (fun folder ->
                        let at name = Path.Combine(folder, name)
                        use model = training.SaveTo(at "given").Train().Model
                        let start = training.WithSeed 5
                        let run = start.SaveTo(at "run")
                        let first = outcomeOf (run.StartingFrom(at "given"))
                        // a copy, another kind of file, another partial
                        Directory.Move(at "given", at "moved")
                        model.Save(at "copy.pth")

                        for same in
                            [
                                run.StartingFrom(at "moved")
                                run.StartingFrom(at "copy.pth", partial = true)
                                run.StartingFrom model
                            ] do
                            Expect.isEmpty (faultsOf same) "goes on"
                            Expect.equal (outcomeOf same) first "the same result"

                        use other = training.WithSeed(6).Train().Model

                        for trainer, value in
                            [
                                run.StartingFrom other, $"\"{(takenBy (start.StartingFrom other)).Sha256}\""
                                run, "not there"
                            ] do
                            let fault = Seq.exactlyOne (trainer.Validate())
                            Expect.equal (fault.Name, fault.Value) ("start.sha256", value) "what differs"

                            Expect.stringContains
                                fault.Allowed
                                (takenBy (start.StartingFrom model)).Sha256
                                "what it was"

                        start.SaveTo(at "drawn").Train().Model.Dispose()
                        let fault = Seq.exactlyOne (start.SaveTo(at "drawn").StartingFrom(model).Validate())
                        Expect.equal fault.Name "start.sha256" "it started from drawn ones"
                        Expect.stringStarts fault.Allowed "nothing, as in the run" "what it was")
                }

                test "a start from the folder that the training saves to is refused, with the remedy" {
                    inFolder (fun folder ->
                        let at name = Path.Combine(folder, name)
                        trainIn (at "a") training |> ignore

                        for path in
                            [
                                at "a"
                                at "a" + "/"
                                Path.Combine(folder, "b", "..", "a")
                                at "a/network.bnn"
                                Array.last (checkpointsOf (at "a"))
                            ] do
                            refuses
                                [
                                    path
                                    "is of the folder that the training saves to; give SaveTo another folder"
                                ]
                                (training.StartingFrom(path).SaveTo(at "a"))

                        // a file that merely lies there is none of the run's
                        File.Copy(at "a/network.bnn", at "given.bnn")
                        Expect.isEmpty (faultsOf (training.StartingFrom(at "given.bnn").SaveTo folder)) "another file")
                }

                test "more epochs of a run that has ended are one call, which its note names" {
                    inFolder (fun folder ->
                        let a, b = Path.Combine(folder, "a"), Path.Combine(folder, "b")
                        let left = trainIn a training
                        let notes = Notes()
                        training.SaveTo(a).Observed(notes).Train().Model.Dispose()

                        Expect.stringContains
                            (Seq.exactlyOne notes.All)
                            $"StartingFrom(\"{a}\") and SaveTo another folder"
                            "the note"

                        let more = onward.StartingFrom(a).SaveTo b
                        Expect.equal (firstOf more) left "begins where the other has ended"
                        let result = more.Train()
                        use model = result.Model
                        Expect.hasLength result.Epochs 2 "two more epochs"
                        Expect.notEqual (tensorsOf model) left "and trains"
                        Expect.equal (firstOf (onward.StartingFrom b)) (tensorsOf model) "and so on")
                }
            ]
    )
