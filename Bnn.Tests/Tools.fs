/// Programs that some tests compare with where they are there. One that is half installed is not there: its file may be in its place before what it needs
/// is. So each is tried once by a small job of the kind that the tests give it.
module Bnn.Tests.Tools

open System
open System.Diagnostics
open System.IO
open System.ComponentModel
open Bnn

/// A small job: the arguments, and what the program then prints among other things.
type Job =
    {
        Arguments: string list
        Answer: string
    }

/// Whether a program does a job within so many seconds, and ends well.
let does (seconds: float) (job: Job) (program: string) =
    try
        use run = Programs.started program job.Arguments (Path.GetTempPath())
        let output = run.StandardOutput.ReadToEndAsync()
        let errors = run.StandardError.ReadToEndAsync()

        if run.WaitForExit(TimeSpan.FromSeconds seconds) then
            // what it started may hold its output open
            output.Wait(TimeSpan.FromSeconds seconds)
            && errors.Wait(TimeSpan.FromSeconds seconds)
            && run.ExitCode = 0
            && output.Result.Contains job.Answer
        else
            run.Kill true
            false
    with
    | :? Win32Exception
    | :? IOException -> false

/// The first of these that does the job.
let firstThat seconds job programs =
    programs |> Seq.tryFind (does seconds job)

let private onPath names =
    (Environment.GetEnvironmentVariable("PATH")
     |> Option.ofObj
     |> Option.defaultValue "")
        .Split
        ':'
    |> Seq.collect (fun folder -> [ for name in names -> Path.Combine(folder, name) ])
    |> Seq.filter File.Exists

/// How a browser is started without a screen, with a folder for what it keeps.
let browserArguments (folder: string) =
    [
        "--headless"
        "--no-sandbox"
        "--disable-gpu"
        "--disable-dev-shm-usage"
        "--user-data-dir=" + folder
    ]

/// Chromium, or a browser that is made of it.
let browser =
    lazy
        (let folder = Directory.CreateTempSubdirectory "bnn-browser-"

         let job =
             {
                 Arguments =
                     browserArguments folder.FullName
                     @ [ "--dump-dom"; "data:text/html,<p>it%20works</p>" ]
                 Answer = "it works"
             }

         try
             onPath [ "chromium"; "chromium-browser"; "google-chrome" ] |> firstThat 60.0 job
         finally
             // what it leaves behind may still be written
             try
                 folder.Delete true
             with :? IOException ->
                 ())

/// Python with PyTorch: the system's first, whose packages include it.
let python =
    lazy
        (Seq.append [ "/usr/bin/python3" ] (onPath [ "python3" ])
         |> firstThat
             120.0
             {
                 Arguments = [ "-c"; "import torch; print('sum', int(torch.ones(3).sum()))" ]
                 Answer = "sum 3"
             })

let private decodesByTurbo () =
    let decoder = ImageDecoder(JpegWay.Fastest)

    let bytes =
        File.ReadAllBytes(Path.Combine(Golden.shipped, "images", "val", "n01_person", "astronaut.JPEG"))

    let header = ImageHeader.Read("the file", ReadOnlySpan bytes)
    decoder.Decode("the file", ReadOnlySpan bytes, &header).Width |> ignore
    decoder.DecodedByTurbo = 1L

/// Whether libturbojpeg decodes an image.
let hasTurboJpeg = lazy (TurboJpeg.IsThere && decodesByTurbo ())
