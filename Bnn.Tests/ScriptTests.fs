module Bnn.Tests.ScriptTests

open System
open System.IO
open Expecto

let private run (folder: string) (arguments: string list) =
    match Programs.tryRun "dotnet" arguments folder with
    | Some result -> result
    | None -> failtest "there is no dotnet"

let private quickstart (options: string list) =
    let folder = Path.Combine(Path.GetTempPath(), $"bnn-{Guid.NewGuid():N}")
    Directory.CreateDirectory folder |> ignore

    try
        let script = Path.Combine(Programs.root, "experiments", "quickstart.cs")
        let result = run folder ([ "run"; "-c"; "Release"; script; "--" ] @ options)

        result,
        [
            for file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories) ->
                Path.GetRelativePath(folder, file)
        ]
    finally
        Directory.Delete(folder, true)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Scripts"
            [
                testCase "The quickstart trains two steps, saves them, and classifies a picture"
                >> Checks.long
                <| fun _ ->
                    let (code, output, errors), files = quickstart [ "--epochs"; "1" ]
                    Expect.equal (code, errors) (0, "") "exit code and errors"

                    for part in [ "step 1"; "step 2"; "top-1"; "C2I"; "predicted: Ankle boot" ] do
                        Expect.stringContains output part "output"

                    Expect.isFalse (output.Contains '\u001b') "no escape codes where output is no terminal"

                    Expect.equal
                        (files
                         |> List.filter (fun file -> not (file.Contains "events.out.tfevents."))
                         |> Set.ofList)
                        (Set.ofList
                            [
                                for name in
                                    [
                                        "latent-weights.png"
                                        "metrics.csv"
                                        "network.bnn"
                                        "result.json"
                                        "checkpoints/00000003.safetensors"
                                        "checkpoints/00000004.safetensors"
                                        "checkpoints/best.safetensors"
                                        "checkpoints/lock"
                                        "checkpoints/recipe.json"
                                        "diagnostics.jsonl"
                                        "report.html"
                                    ] -> Path.Combine("runs", "quickstart", name)
                            ])
                        "files"

                testCase "The quickstart answers bad options with one clear error, exit code 1 and no files"
                <| fun _ ->
                    let (code, _, errors), files =
                        quickstart [ "--epochs"; "0"; "--data"; "/there/is/no/such/folder" ]

                    Expect.equal code 1 "exit code"
                    Expect.stringContains errors "step 1: epochs is 0; allowed: a whole number of at least 1" "epochs"
                    Expect.stringContains errors "/there/is/no/such/folder" "folder"
                    Expect.isFalse (errors.Contains "   at ") "no stack trace"
                    Expect.isEmpty files "files"
            ]
    )
