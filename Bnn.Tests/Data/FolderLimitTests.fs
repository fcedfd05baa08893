/// What the system sets for folders: names that are not UTF-8, and how many files may be open.
module Bnn.Tests.FolderLimitTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.FolderLayoutTests
open Bnn.Tests.FormatTests
open Bnn.Tests.SourceSupport
open Expecto

let private shell folder command =
    match Programs.tryRun "bash" [ "-c"; command ] folder with
    | Some(0, _, _) -> ()
    | other -> failtest $"{command}: {other}"

let private strange =
    testList
        "names that are not UTF-8"
        [
            test
                "an image or folder whose name is not UTF-8 is refused with its name, escaped, and another file is passed over" {
                let inStrange (commands: string) action =
                    inFolder (fun root ->
                        putAll root [ "cat/1.jpg"; "dog/\uFFFD.jpg" ]

                        try
                            shell root commands
                            action root
                        finally
                            // .NET cannot delete them
                            shell root "rm -rf -- *")

                inStrange "cp cat/1.jpg $'cat/caf\\xe9.jpg'; cp cat/1.jpg $'cat/na\\xefve\\xff.jpg'" (fun root ->
                    refuses
                        (under root "cat")
                        [
                            @"2 images or folders have names that are not UTF-8: caf\xE9.jpg, na\xEFve\xFF.jpg"
                            "rename"
                            "convmv"
                        ]
                        (fun () -> ImageFolder.OpenTest root))

                inStrange "mkdir $'caf\\xe9'; cp cat/1.jpg $'caf\\xe9/1.jpg'" (fun root ->
                    refuses root [ @"1 image or folder has a name that is not UTF-8: caf\xE9" ] (fun () ->
                        ImageFolder.OpenTest root))

                inStrange "cp cat/1.jpg $'cat/caf\\xe9.txt'" (fun root ->
                    let set = ImageFolder.OpenTest root
                    Expect.equal (shown set) [ 0, "cat/1.jpg"; 1, "dog/\uFFFD.jpg" ] "a name that is U+FFFD is a name"
                    Expect.equal (string set.PassedOver) "1 .txt" "passed over")
            }

            test "names in a tar file that are not UTF-8 are told apart, and shown escaped" {
                let latin (name: string) data =
                    let block = header '0' (octal (Array.length data)) (String('x', name.Length))
                    Array.blit (Encoding.Latin1.GetBytes name) 0 block 0 name.Length
                    Array.concat [ withChecksum block; data; Array.zeroCreate (512 - data.Length) ]

                let entries =
                    [
                        latin "caf\u00E9.jpg" [| 1uy |]
                        latin "caf\u00E9.cls" "1"B
                        latin "caf\u00E8.jpg" [| 2uy |]
                        latin "caf\u00E8.cls" "2"B
                    ]

                inTar (tar entries) (fun path ->
                    let set = openTar path

                    Expect.equal
                        [ for k in 0 .. set.Count - 1 -> set.Label k, set.OwnNameOf k ]
                        [ 1, @"caf\xE9.jpg"; 2, @"caf\xE8.jpg" ]
                        "two images")
            }
        ]

/// Reads a folder and a tar file when there may be no more open files; says how each ends. Run in a process of its own.
let whereNoMoreMayBeOpen (folder: string) =
    let images = Data.TestFolder(under folder "images", 8)

    let attempts: (string * (unit -> unit)) list =
        [
            "image", (fun () -> images[0] |> ignore)
            "folder", (fun () -> Data.TestFolder(under folder "images", 8) |> ignore)
            "shard", (fun () -> Data.TarShards(under folder "a.tar", under folder "a.tar").Load() |> ignore)
            "idx", (fun () -> Idx.Read(under folder "a.idx", under folder "b.idx", names) |> ignore)
        ]

    let outcome action =
        try
            action ()
            "read"
        with error ->
            $"{error.GetType().Name}: {error.Message}"

    // once before, so that all code is loaded
    for _, action in attempts do
        outcome action |> ignore

    outcome (fun () -> Data.TestFolder(under folder "nothing", 8) |> ignore)
    |> ignore

    let taken = ResizeArray<IDisposable>()

    try
        while true do
            taken.Add(File.OpenHandle "/dev/null")
    with :? IOException ->
        ()

    let none = [ for name, action in attempts -> name, outcome action ]
    taken[taken.Count - 1].Dispose()
    let one = outcome (fun () -> Data.TestFolder(under folder "images", 8) |> ignore)
    taken |> Seq.iter _.Dispose()

    for name, text in none @ [ "one left", one ] do
        printfn "%s" $"{name}: {text}"

    0

let private openFiles =
    testList
        "open files"
        [
            test
                "where no more files may be open, that is said, with ulimit as the remedy, and no image is taken for damaged or for none" {
                inFolder (fun folder ->
                    put folder "images/a/1.jpg" (jpeg 1L)
                    put folder "images/b/without-extension" (jpeg 2L)
                    put folder "a.tar" (tar [ pair "0" (jpeg 1L) 0; pair "1" (jpeg 2L) 0 ])
                    put folder "classes.txt" "thing\n"B
                    put folder "a.idx" (fst small)
                    put folder "b.idx" (snd small)

                    let own = Reflection.Assembly.GetExecutingAssembly().Location

                    let code, output, errors =
                        (Programs.tryRun
                            "bash"
                            [ "-c"; "ulimit -n 300; exec dotnet \"$0\" open-files \"$1\""; own; folder ]
                            folder)
                            .Value

                    Expect.equal (code, errors) (0, "") "it ran"
                    let lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    Expect.hasLength lines 5 output

                    for line in lines do
                        Expect.stringContains line "BnnFileException" "one error"
                        Expect.stringContains line "Too many open files" "what is wrong"
                        Expect.stringContains line "ulimit -n" "the remedy"
                        Expect.isFalse (line.Contains "damaged") line)
            }
        ]

[<Tests>]
let tests = testSequenced (testList "Folder layouts: limits" [ strange; openFiles ])
