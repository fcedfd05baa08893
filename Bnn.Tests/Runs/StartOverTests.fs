/// A run that is given up: what is said, and the one call that begins anew in its folder.
module Bnn.Tests.StartOverTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.RunSupport
open Bnn.Tests.StartSupport
open Expecto

let private filesOf folder =
    [
        for file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories) -> Path.GetRelativePath(folder, file)
    ]
    |> List.sort

let private bytesOf folder (files: string list) =
    [ for file in files -> file, File.ReadAllBytes(Path.Combine(folder, file)) ]

/// Files that users leave beside a run's, some of them with names like its own.
let private users =
    [
        "notes.txt"
        "report.html.bak"
        "events.out.tfevents.1.other"
        "events.out.tfevents.mine.bnn"
        "network.pth"
        "checkpoints/7.safetensors"
        "checkpoints/mine.safetensors"
        "checkpoints/old/00000001.safetensors"
        "data/result.json"
    ]

let private leave folder =
    for name in users do
        let path = Path.Combine(folder, name)
        Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
        File.WriteAllText(path, $"mine: {name}")

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume: starting over"
            [
                test
                    "StartingOver begins another training in the folder of one, as in an empty folder, and deletes nothing but the run's own files" {
                    inFolder (fun root ->
                        let folder, empty = Path.Combine(root, "run"), Path.Combine(root, "empty")
                        let other = run.WithSeed 5L

                        for stop in [ true; false ] do
                            if stop then
                                stopIn folder 8 run
                            else
                                (run.SaveTo folder).StartingOver().Train().Model.Dispose()

                            leave folder
                            Expect.isNonEmpty (faultsOf (other.SaveTo folder)) "refused without the call"
                            Expect.isEmpty (faultsOf ((other.SaveTo folder).StartingOver())) "and not with it"
                            let expected = endOf (other.SaveTo(empty).StartingOver())
                            let before = bytesOf folder users
                            Expect.equal (endOf ((other.SaveTo folder).StartingOver())) expected "the result"
                            Expect.equal (bytesOf folder users) before "the user's files"

                            let its folder =
                                filesOf folder
                                |> List.except users
                                |> List.map (fun name -> if name.StartsWith "events" then "events" else name)

                            Expect.equal (its folder) (its empty) "the run's files")
                }

                test
                    "StartingOver deletes when training begins and not before, and nothing where it is refused, or no run has begun" {
                    inFolder (fun root ->
                        let folder = Path.Combine(root, "run")
                        stopIn folder 8 run
                        let before = bytesOf folder (filesOf folder)
                        let over = (run.WithSeed 5L).SaveTo(folder).StartingOver()
                        Expect.isEmpty (over.Validate()) "fine"
                        over.Describe() |> ignore
                        Expect.isSome (refusal (over.WithBatch 0)) "refused"
                        Expect.equal (bytesOf folder (filesOf folder)) before "nothing is deleted"

                        let mine = Path.Combine(root, "mine")
                        Directory.CreateDirectory mine |> ignore

                        for name in [ "result.json"; "metrics.csv"; "network.bnn"; "report.html" ] do
                            File.WriteAllText(Path.Combine(mine, name), "no run's")

                        stopIn mine 2 (run.StartingOver())
                        let left = [ "metrics.csv"; "network.bnn"; "report.html"; "result.json" ]

                        for name in left do
                            Expect.equal (File.ReadAllText(Path.Combine(mine, name))) "no run's" name)
                }

                test
                    "StartingOver begins anew where no checkpoint is whole, and in the same training; what it started from is not deleted" {
                    inFolder (fun root ->
                        let folder = Path.Combine(root, "run")
                        stopIn folder 8 run

                        for file in best folder :: List.ofArray (checkpoints folder) do
                            File.WriteAllBytes(file, [| 1uy |])

                        Expect.stringContains (refusal (run.SaveTo folder)).Value "StartingOver()" "the remedy"
                        Expect.equal (endOf ((run.SaveTo folder).StartingOver())) whole.Value "anew"
                        let batches = ResizeArray()

                        let counting =
                            (run.SaveTo folder).StartingOver().OnBatch(fun b -> batches.Add b.Images)

                        Expect.equal (endOf counting) whole.Value "the same training"
                        Expect.hasLength batches 12 "from its first batch"

                        Expect.exists
                            (faultsOf (((run.SaveTo folder).StartingFrom folder).StartingOver()))
                            (fun fault -> fault.Contains "give SaveTo another folder")
                            "its start")
                }

                test "StartingOver is refused while another process trains in the folder, and deletes nothing of it" {
                    inFolder (fun folder ->
                        stopIn folder 8 run

                        let before =
                            bytesOf folder (filesOf folder |> List.filter (fun name -> not (name.EndsWith "lock")))

                        use _held = CheckpointFolder.Open(folder, RunIdentity.Of(run.Plan()), rarely)
                        let message = refusal ((run.SaveTo folder).StartingOver())
                        Expect.stringContains message.Value "is in use by another training" "says so"
                        Expect.equal (bytesOf folder (List.map fst before)) before "all is there")
                }

                test
                    "After a loss that is no number the advice can be followed: a refusal names another folder and StartingOver" {
                    inFolder (fun folder ->
                        let wild = run.WithAdam(learningRate = 1e30).SaveTo folder

                        let message =
                            try
                                wild.Train().Model.Dispose()
                                failtest "it trained"
                            with :? BnnTrainingException as e ->
                                e.Message

                        Expect.stringContains message "lower the learning rate" "the advice"
                        Expect.stringContains message "another folder, or StartingOver()" "and how to follow it"
                        let lower = run.SaveTo folder

                        for fault in lower.Validate() do
                            Expect.stringContains fault.Allowed "another folder, or StartingOver()" "the remedy"

                        Expect.isNonEmpty (lower.Validate()) "refused"
                        Expect.equal (endOf (lower.StartingOver())) whole.Value "followed")
                }
            ]
    )
