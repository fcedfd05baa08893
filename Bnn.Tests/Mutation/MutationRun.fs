/// The mutation run: in a copy of the library one place after another is broken, its project is built, and its tests are run with it.
/// `dotnet run -c Release --project Bnn.Tests -- mutants [tenth]`
module Bnn.Tests.Mutation.MutationRun

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Bnn.Tests
open Bnn.Tests.Mutation.Place

/// What a program that is to build or test says at its end.
type private Ended =
    | Passed of tests: int
    | Failed of what: string
    /// It crashed or was stopped, before it could say how many tests passed.
    | Broke of how: string

// a list takes seconds; a broken place may make it wait for ever
let private patience = TimeSpan.FromMinutes 5.0

let private summary =
    Regex @"([\d,]+) passed, ([\d,]+) ignored, ([\d,]+) failed, ([\d,]+) errored"

let private run (folder: string) (arguments: string list) =
    let start =
        ProcessStartInfo(
            "dotnet",
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    // long tests are not for this
    start.Environment["BNN_LONG"] <- "none"
    use program = Process.Start start

    let output, errors =
        program.StandardOutput.ReadToEndAsync(), program.StandardError.ReadToEndAsync()

    if program.WaitForExit patience then
        Some(program.ExitCode, output.Result + errors.Result)
    else
        program.Kill true
        None

let private libraries = "Bnn.Core.fs" :: Programs.facade

/// A copy of all that the library is built of, and of the program that tests it.
type private Copy(folder: string) =
    let bin = Path.Combine(folder, "Bnn.Tests", "bin")

    let libraryIn place =
        let project = Path.Combine(Programs.root, place)

        Path.GetFileName(Directory.GetFiles(project, "*.?sproj")[0])
        |> Path.GetFileNameWithoutExtension

    let copied (from: string list) (into: string) =
        // links stay links: torch's libraries are large
        match Programs.tryRun "cp" ([ "-a" ] @ from @ [ into ]) Programs.root with
        | Some(0, _, _) -> ()
        | Some(_, _, errors) -> failwith errors
        | None -> failwith "there is no cp"

    do
        Directory.CreateDirectory bin |> ignore

        copied (libraries @ [ "build" ]) folder

        // settings of the build; a worktree's .git is a file too
        for file in Directory.GetFiles Programs.root do
            if Path.GetFileName file <> ".git" then
                copied [ file ] folder

        copied [ AppContext.BaseDirectory + "." ] bin

    member _.Folder = folder

    /// Puts a project's library, as it was built in a folder, into the tests' folder.
    member _.Install(from: string, project) =
        let name = libraryIn project + ".dll"
        let its = Path.Combine(bin, name)
        File.Delete its
        File.Copy(Path.Combine(from, project, "bin", "Release", "net10.0", name), its)

    /// The errors, or none.
    member _.Build(project: string) =
        let settings =
            [ "-p:TreatWarningsAsErrors=false"; "-p:RunAnalyzers=false"; "-v"; "quiet" ]

        match
            run
                folder
                ([ "build"; "-c"; "Release"; project; "--no-restore"; "--no-dependencies" ]
                 @ settings)
        with
        | Some(0, _) -> None
        | Some(_, output) ->
            output.Split '\n'
            |> Array.tryFind _.Contains(": error ")
            |> Option.defaultValue output
            |> Some
        | None -> Some "the build does not end"

    member _.Test(tests: string) =
        match run bin [ Path.Combine(bin, "Bnn.Tests.dll"); "--filter"; tests; "--colours"; "0" ] with
        | None -> Broke "does not end"
        | Some(code, output) ->
            let found = summary.Match output

            if not found.Success then
                Broke $"ends with exit code {code}"
            else
                let count (k: int) =
                    int (found.Groups[k].Value.Replace(",", ""))

                match count 3 + count 4 with
                | 0 -> Passed(count 1)
                | failed -> Failed $"{failed} of its tests fail"

    /// What is wrong with a run in which the place is broken, or how it was noticed.
    member copy.Try place =
        let path = Path.Combine(folder, place.File)
        let source = sourceIn folder place
        File.WriteAllText(path, source.Replace(place.Text, place.Broken))

        try
            match copy.Build place.Project with
            | Some errors -> Error $"does not compile: {errors}"
            | None ->
                copy.Install(folder, place.Project)

                match copy.Test place.Tests with
                | Passed count -> Error $"was not noticed by {place.Tests}, whose {count} tests pass"
                | Failed what -> Ok what
                | Broke how -> Ok how
        finally
            File.WriteAllText(path, source)
            copy.Install(Programs.root, place.Project)

let private said (fault: string) =
    Console.Error.WriteLine fault
    1

/// The copy must compile while nothing is broken, and is tested from here on.
let private trySoundBuild (copy: Copy) project =
    match copy.Build project with
    | Some errors -> said $"{project} does not compile, although nothing is broken: {errors}"
    | None ->
        copy.Install(copy.Folder, project)
        0

/// The tests must pass while nothing is broken: else they would notice anything.
let private trySound (copy: Copy) tests =
    match copy.Test tests with
    | Passed 0 -> said $"{tests}: there are no such tests"
    | Passed _ -> 0
    | Failed how
    | Broke how -> said $"{tests}: {how}, although nothing is broken"

let private tryBroken (copy: Copy) place =
    let clock = Stopwatch.StartNew()

    match
        faultOf Programs.root place
        |> Option.map Error
        |> Option.defaultWith (fun () -> copy.Try place)
    with
    | Ok how ->
        printfn $"noticed in %.0f{clock.Elapsed.TotalSeconds} s: {place.Fault} ({place.Tests}: {how})"
        0
    | Error fault -> said $"{place.File}: {place.Fault}: {fault}"

/// Breaks these places; the exit code is 0 where each is noticed.
let breaking (places: Place list) =
    let folder = Directory.CreateTempSubdirectory "bnn-mutants-"

    try
        let copy = Copy folder.FullName

        let unsound =
            (libraries |> List.sumBy (trySoundBuild copy))
            + (places |> List.map _.Tests |> List.distinct |> List.sumBy (trySound copy))

        let faults =
            if unsound > 0 then
                unsound
            else
                places |> List.sumBy (tryBroken copy)

        printfn $"%d{places.Length} places to break, %d{faults} faults"
        min 1 faults
    finally
        folder.Delete true

/// All places, or every tenth from the one with this number on.
let chosen tenth =
    match tenth with
    | None -> Places.all
    | Some first ->
        Places.all
        |> List.indexed
        |> List.filter (fun (k, _) -> k % 10 = first % 10)
        |> List.map snd
