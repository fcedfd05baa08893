/// Pipes, sockets and devices in the place of files: opening one waits for whoever is at its other end, for ever.
module Bnn.Tests.PipeTests

open System
open System.IO
open System.Net.Sockets
open System.Runtime.InteropServices
open System.Text.RegularExpressions
open System.Threading.Tasks
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

module private Libc =
    [<DllImport("libc")>]
    extern int mkfifo(string path, int mode)

/// A pipe that nobody writes to.
let private pipe path =
    Directory.CreateDirectory(Path.GetDirectoryName(path: string)) |> ignore
    File.Delete path
    Expect.equal (Libc.mkfifo (path, 0o600)) 0 $"a pipe at {path}"

/// The error of an action that must end; it has a minute, in which it would take milliseconds.
let private error (pipe: string) (action: unit -> unit) =
    let task =
        Task.Run(fun () ->
            try
                action ()
                None
            with
            | :? BnnFileException as e -> Some e.Message
            | :? BnnConfigurationException as e -> Some e.Message)

    if not (task.Wait(TimeSpan.FromMinutes 1.0)) then
        // lets go of whoever waits
        use _writer = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite)
        failtestf "it waits for %s" pipe

    task.Result

/// Reading must name the path and say what is there.
let private refuses kind path action =
    match error path action with
    | None -> failtestf "%s was read" path
    | Some message ->
        Expect.stringContains message path "names it"
        Expect.stringContains message kind "says what it is"
        Expect.stringContains message "copy what it gives to a file" "and what to do"

/// A run that has ended, kept until the tests end.
let private ended =
    lazy
        (let folder = Directory.CreateTempSubdirectory("bnn-pipes-").FullName
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))

         (short ())
             .WithStages(Stage.Create("one", true, true, 1))
             .WithDiagnostics(true)
             .SaveTo(folder)
             .Train()
             .Model.Dispose()

         folder)

let private inCopy act =
    inFolder (fun folder ->
        for file in Directory.GetFiles(ended.Value, "*", SearchOption.AllDirectories) do
            let copy = Path.Combine(folder, Path.GetRelativePath(ended.Value, file))
            Directory.CreateDirectory(Path.GetDirectoryName copy) |> ignore
            File.Copy(file, copy)

        act folder)

/// What reads a file of its own kind, by the file's name.
let private readers: (string * (string -> unit)) list =
    [
        for name in [ "net.bnn"; "net.safetensors"; "net.pth"; "net.pth.tar"; "net.pt" ] do
            name, (fun path -> BnnModel.Load(path).Dispose())
            name, (fun path -> BnnModel.Import(path, Models.BinaryNet 10).Dispose())
            name, (fun path -> WeightsFile.Read path |> ignore)

            name, (fun path -> (short ()).StartingFrom(path).Validate() |> BnnConfigurationException |> raise)
        "network.bnn", (fun path -> BnnModel.Load(Path.GetDirectoryName path).Dispose())
        "checkpoints/00000001.safetensors", (fun path -> BnnModel.Load(path).Dispose())
        "optimizer.safetensors",
        (fun path ->
            use linear = torch.nn.Linear(2L, 2L)

            use optimizer =
                new BnnOptimizer(Rules.Adam().Then(Rules.Descend(Schedules.Constant 0.1)), (linear :> torch.nn.Module))

            optimizer.Load path)
        "train-images-idx3-ubyte", (fun path -> Idx.Read(path, path, names) |> ignore)
        "classes.txt", (fun path -> ClassNames.Read path |> ignore)
        "LOC_val_solution.csv", (fun path -> FlatLabels.Find(Path.GetDirectoryName path, "remedy") |> ignore)
        "val_annotations.txt", (fun path -> FlatLabels.Find(Path.GetDirectoryName path, "remedy") |> ignore)
        "meta.mat", (fun path -> MatSynsets.Read path |> ignore)
        "shard.tar", (fun path -> TarShards.Open([| path |], names) |> ignore)
        "data_batch_1.bin",
        (fun path ->
            for name in [ "data_batch_2"; "data_batch_3"; "data_batch_4"; "data_batch_5"; "test_batch" ] do
                File.WriteAllBytes(Path.Combine(Path.GetDirectoryName path, name + ".bin"), Array.zeroCreate 3073)

            Data.Cifar10(Path.GetDirectoryName path).Load() |> ignore)
        "cat/picture.jpg",
        (fun path ->
            let images = Data.TestFolder(Path.GetDirectoryName(Path.GetDirectoryName path), 8)
            images[0] |> ignore)
        "result.json", (fun path -> Report.Write(Path.GetDirectoryName path) |> ignore)
        "events.out.tfevents.0000000001.bnn", (fun path -> EventFile.TryRead [ path ] |> ignore)
    ]

/// What may open files: the one place, writers of new files, and what takes a run's folder for itself.
let private openings =
    Regex
        @"\bFile\.(Open|OpenRead|OpenHandle|OpenText|ReadAll\w+|ReadLines\w*|AppendAll\w*|AppendText)\(|new FileStream\(|new StreamReader\(path|FileInfo\([^)]*\)\.Open"

[<Tests>]
let tests =
    testSequenced (
        testList
            "Pipes"
            [
                for k, (name, read) in List.indexed readers do
                    test $"a pipe in place of {name} is refused, and nothing waits for it (reader {k})" {
                        inFolder (fun folder ->
                            let path = Path.Combine(folder, name)
                            pipe path
                            refuses "is a pipe" path (fun () -> read path))
                    }

                for name in [ "result.json"; "metrics.csv"; "diagnostics.jsonl"; "checkpoints/recipe.json" ] do
                    test $"a pipe in place of a run's {name} is refused where the run is read or goes on" {
                        inCopy (fun folder ->
                            let path = Path.Combine(folder, name)
                            pipe path

                            let mutable page = ""

                            let told =
                                [
                                    // of a result that cannot be read it says so on the page of what else is there
                                    error path (fun () -> page <- File.ReadAllText(Report.Write folder))
                                    error path (fun () ->
                                        (short ())
                                            .WithStages(Stage.Create("one", true, true, 1))
                                            .WithDiagnostics(true)
                                            .SaveTo(folder)
                                            .Train()
                                            .Model.Dispose())
                                ]
                                |> List.choose id

                            Expect.isTrue
                                (told |> List.exists (fun message -> message.Contains $"{path}: is a pipe")
                                 || page.Contains $"{name}: is a pipe")
                                "what reads it says so")
                    }

                test "a socket and a device are refused too, and a link to a pipe; a folder is said to be one" {
                    inFolder (fun folder ->
                        Directory.CreateDirectory folder |> ignore
                        let at name = Path.Combine(folder, name)

                        use socket =
                            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)

                        socket.Bind(UnixDomainSocketEndPoint(at "socket.pth"))
                        File.CreateSymbolicLink(at "device.pth", "/dev/zero") |> ignore
                        pipe (at "real")
                        File.CreateSymbolicLink(at "link.pth", at "real") |> ignore

                        for name, kind in
                            [
                                "socket.pth", "is a socket"
                                "device.pth", "is a device"
                                "link.pth", "is a pipe"
                            ] do
                            refuses kind (at name) (fun () -> WeightsFile.Read(at name) |> ignore)

                        Directory.CreateDirectory(at "folder.pth") |> ignore

                        match error (at "real") (fun () -> WeightsFile.Read(at "folder.pth") |> ignore) with
                        | Some message -> Expect.stringContains message (at "folder.pth") "names it"
                        | None -> failtest "read")
                }

                test "no source opens a file but by the one place that refuses pipes, and writers of new files" {
                    let strays =
                        [
                            for path in Programs.sources Programs.facade do
                                let relative = Path.GetRelativePath(Programs.root, path)

                                if relative <> "Bnn.Files/RegularFile.cs" then
                                    for number, line in File.ReadAllLines path |> Array.indexed do
                                        let isNew = line.Contains "FileMode.CreateNew"
                                        // a run's lock: looked at by Check in the line before
                                        let isLock = line.Contains "held = new FileStream"

                                        if openings.IsMatch line && not isNew && not isLock then
                                            $"{relative}:{number + 1}: {line.Trim()}"
                        ]

                    Expect.isEmpty strays "use RegularFile"
                }
            ]
    )
