/// Other programs that tests run.
module Bnn.Tests.Programs

open System
open System.ComponentModel
open System.Diagnostics
open System.IO

/// The folder with Bnn.sln.
let root =
    let rec up (folder: DirectoryInfo) =
        if File.Exists(Path.Combine(folder.FullName, "Bnn.sln")) then
            folder.FullName
        else
            up folder.Parent

    up (DirectoryInfo AppContext.BaseDirectory)

/// The folders of the library's C#.
let facade = [ "Bnn.Files"; "Bnn.Data"; "Bnn.CSharp" ]

/// The C# files of projects.
let sources (projects: string list) =
    [
        for project in projects do
            for path in Directory.GetFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories) do
                if not (path.Contains "/obj/") then
                    path
    ]

/// A program whose output is read.
let started (program: string) (arguments: string list) (folder: string) =
    Process.Start(
        ProcessStartInfo(
            program,
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )
    )

/// What is left of its output, and of its errors, at its end; exit code first.
let ended (run: Process) =
    let errors = run.StandardError.ReadToEndAsync()
    let output = run.StandardOutput.ReadToEnd()
    run.WaitForExit()
    run.ExitCode, output, errors.Result

/// Runs a program in a folder: exit code, output, errors; None where there is no such program.
let tryRun program arguments folder =
    try
        use run = started program arguments folder
        Some(ended run)
    with :? Win32Exception ->
        None
