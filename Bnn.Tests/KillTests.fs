/// Processes that are stopped while they train: killed, asked to stop, on a full disk, two in one folder.
module Bnn.Tests.KillTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.DataSupport
open Expecto

/// Whether this machine's env can start a program with a signal's default action.
let private takesDefaultSignals =
    lazy
        (match Programs.tryRun "env" [ "--default-signal=INT"; "true" ] Environment.CurrentDirectory with
         | Some(0, _, _) -> true
         | _ -> false)

/// Another process that trains in a folder, and rests for so many milliseconds after each batch; the file of given weights, if any, is last.
let private startWith (given: string list) (rest: int) folder =
    let program = Environment.ProcessPath
    let own = Reflection.Assembly.GetExecutingAssembly().Location

    let arguments =
        if Path.GetFileNameWithoutExtension program = "dotnet" then
            [ own; "train"; folder; string rest ] @ given
        else
            [ "train"; folder; string rest ] @ given

    // a shell that starts the tests in the background has them ignore SIGINT, and so would the process
    let program, arguments =
        if takesDefaultSignals.Value then
            "env", "--default-signal=INT" :: program :: arguments
        else
            program, arguments

    Programs.started program arguments Environment.CurrentDirectory

let private startResting = startWith []

let private start = startResting 0

/// Waits for its end; exit code and what it says of errors.
let private ended run =
    let code, _, errors = Programs.ended run
    code, errors

/// The network's file, which has the signs, and the tensors of the newest checkpoint, which have the latent weights.
let private network folder =
    File.ReadAllBytes(Path.Combine(folder, "network.bnn")), ResumeSupport.trained folder

/// What an uninterrupted process leaves.
let private uninterrupted =
    lazy
        (let mutable left = [||], []

         inFolder (fun folder ->
             use run = start folder
             Expect.equal (ended run) (0, "") "a run that nobody stops"
             left <- network folder)

         left)

let private signal (name: string) (run: Process) =
    use kill = Process.Start("kill", [ "-" + name; string run.Id ])
    kill.WaitForExit()

/// One right after another.
let private signals (names: string list) (run: Process) =
    let command =
        String.Join("; sleep 0.05; ", [ for name in names -> $"kill -{name} {run.Id}" ])

    use shell = Process.Start("sh", [ "-c"; command ])
    shell.WaitForExit()

/// Runs a program; whether there is one, and it says that it has done its work.
let private command program arguments =
    match Programs.tryRun program arguments Environment.CurrentDirectory with
    | Some(0, _, _) -> true
    | _ -> false

/// Makes a folder and all in it read-only until the result is disposed of.
let private readOnly folder =
    // for root permissions do not count, but a read-only mount does
    if Environment.UserName = "root" then
        let undo () = command "umount" [ folder ] |> ignore

        // either mount needs rights that not every machine gives
        if not (command "mount" [ "--bind"; folder; folder ]) then
            Checks.notTried "no folder can be mounted read-only here"

        if not (command "mount" [ "-o"; "remount,ro,bind"; folder ]) then
            undo ()
            Checks.notTried "no mount can be made read-only here"

        { new IDisposable with
            member _.Dispose() = undo ()
        }
    else
        let all =
            folder
            :: List.ofArray (Directory.GetDirectories(folder, "*", SearchOption.AllDirectories))

        let write mode =
            all
            |> List.iter (fun path ->
                File.SetUnixFileMode(path, UnixFileMode.UserRead ||| UnixFileMode.UserExecute ||| mode))

        write UnixFileMode.None

        { new IDisposable with
            member _.Dispose() = write UnixFileMode.UserWrite
        }

/// A folder on a file system of so many bytes; the test is skipped where none can be made.
let private onSmallDisk (bytes: int) (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("bnn-disk").FullName

    try
        if command "mount" [ "-t"; "tmpfs"; "-o"; $"size={bytes}"; "bnn"; folder ] then
            try
                action folder
            finally
                command "umount" [ folder ] |> ignore
        else
            // mounting needs rights that not every machine gives
            Checks.notTried "no small file system can be mounted here"
    finally
        Directory.Delete(folder, true)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Kill"
            [
                test
                    "A process that is killed at 30 random moments, each time started again, leaves the weights of an uninterrupted one" {
                    let random = Random 3
                    let mutable kills = 0

                    while kills < 30 do
                        inFolder (fun folder ->
                            while kills < 30 && not (File.Exists(Path.Combine(folder, "result.json"))) do
                                use run = start folder
                                // mostly while it trains, sometimes while it starts
                                if random.Next 5 > 0 then
                                    run.StandardOutput.ReadLine() |> ignore

                                Thread.Sleep(random.Next 60)

                                if not run.HasExited then
                                    run.Kill()
                                    kills <- kills + 1

                                run.WaitForExit()

                            use last = start folder
                            Expect.equal (ended last) (0, "") "the last one ends"
                            Expect.equal (network folder) uninterrupted.Value "the same bytes and weights")
                }
                |> Checks.long

                test
                    "A process that started from given weights and is killed leaves the weights of an uninterrupted one" {
                    inFolder (fun folder ->
                        let given = Path.Combine(folder, "given.safetensors")
                        use model = SmallRun.trainer.Value.WithSeed(3).Train().Model
                        model.Save given
                        let start = startWith [ given ] 0

                        let leave name kills =
                            let folder = Path.Combine(folder, name)

                            for kill in 1..kills do
                                use run = start folder

                                for _ in 1 .. 6 * kill do
                                    run.StandardOutput.ReadLine() |> ignore

                                run.Kill()
                                run.WaitForExit()

                            use last = start folder
                            Expect.equal (ended last) (0, "") "the last one ends"
                            network folder

                        let whole = leave "whole" 0
                        Expect.notEqual whole uninterrupted.Value "another run than without them"
                        Expect.equal (leave "killed" 3) whole "the same bytes and weights")
                }
                |> Checks.long

                for name in [ "TERM"; "INT" ] do
                    test $"SIG{name} stops a run after its batch, with a message how to go on, and it goes on" {
                        inFolder (fun folder ->
                            // so slow that it is sure not to have ended before the signal comes
                            use run = startResting 200 folder
                            run.StandardOutput.ReadLine() |> ignore
                            signal name run
                            let code, message = ended run
                            Expect.equal code 1 message
                            Expect.stringContains message "stopped in first, epoch 1 of 2, after" "where"

                            Expect.stringContains
                                message
                                "start the same training again, and it goes on from here"
                                "how to go on"

                            use again = start folder
                            Expect.equal (ended again) (0, "") "ends"
                            Expect.equal (network folder) uninterrupted.Value "the same bytes and weights")
                    }
                    // one signal in every run, the other takes as long
                    |> if name = "TERM" then id else Checks.long

                for first, second in [ "TERM", "TERM"; "INT", "INT"; "INT", "TERM"; "TERM", "INT" ] do
                    test
                        $"SIG{second} right after SIG{first} is the same request: the run saves its checkpoint, and it goes on" {
                        inFolder (fun folder ->
                            use run = startResting 400 folder
                            run.StandardOutput.ReadLine() |> ignore
                            // as timeout sends them: to the process, then to its group
                            signals [ first; second; second ] run
                            let code, message = ended run
                            Expect.equal code 1 message
                            Expect.stringContains message "stopped in first, epoch 1 of 2, after" "where"
                            use again = start folder
                            Expect.equal (ended again) (0, "") "ends"
                            Expect.equal (network folder) uninterrupted.Value "the same bytes and weights")
                    }
                    |> Checks.long

                test "A second process is refused in the folder of a running one, which goes on" {
                    inFolder (fun folder ->
                        use first = start folder
                        first.StandardOutput.ReadLine() |> ignore
                        // held, so that it is sure to be there
                        signal "STOP" first
                        use second = start folder
                        let code, message = ended second
                        signal "CONT" first
                        Expect.equal code 1 message
                        Expect.stringContains message "is in use by another training" "says so"
                        Expect.equal (ended first) (0, "") "the first one ends"
                        Expect.equal (network folder) uninterrupted.Value "the same bytes and weights")
                }

                test
                    "A folder that becomes read-only stops a run with a clear error; when it can be written again it goes on" {
                    inFolder (fun folder ->
                        use run = startResting 200 folder
                        // two, so that there is a checkpoint
                        run.StandardOutput.ReadLine() |> ignore
                        run.StandardOutput.ReadLine() |> ignore

                        do
                            use _ = readOnly folder
                            let code, message = ended run
                            Expect.equal code 1 message
                            Expect.stringContains message (Path.Combine(folder, "checkpoints")) "names the file"
                            Expect.stringContains message "cannot be written" "says what"
                            Expect.stringContains message "that you may write to" "the remedy"

                        use again = start folder
                        Expect.equal (ended again) (0, "") "ends"
                        Expect.equal (network folder) uninterrupted.Value "the same bytes")
                }
                |> Checks.long

                test "A full disk stops a run with a clear error, and with more room it goes on" {
                    let mutable enough = 0

                    inFolder (fun folder ->
                        use run = start folder
                        ended run |> ignore

                        let one =
                            Directory.GetFiles(Path.Combine(folder, "checkpoints"), "*.safetensors")
                            |> Array.head
                        // room for two checkpoints and a half, and the small files
                        enough <- int (FileInfo(one).Length) * 5 / 2 + 30000)

                    onSmallDisk enough (fun disk ->
                        let folder = Path.Combine(disk, "run")
                        use run = start folder
                        let code, message = ended run
                        Expect.equal code 1 message
                        Expect.stringContains message "cannot be written" "says what"
                        Expect.stringContains message "No space left" "says why"

                        inFolder (fun larger ->
                            use copy = Process.Start("cp", [ "-r"; folder; larger ])
                            copy.WaitForExit()
                            use again = start larger
                            Expect.equal (ended again) (0, "") "ends"
                            Expect.equal (network larger) uninterrupted.Value "the same bytes and weights"))
                }
                |> Checks.long
            ]
    )
