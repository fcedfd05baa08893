module Bnn.Tests.ReportingTests

open System
open System.Globalization
open System.IO
open System.Text
open System.Text.Json
open System.Text.Json.Nodes
open Bnn
open Expecto

let internal withFolder run =
    let folder = Directory.CreateTempSubdirectory "bnn-reporting-"

    try
        run folder.FullName
    finally
        folder.Delete true

/// Runs where a number is written with a decimal comma.
let internal inGermany run =
    let before = CultureInfo.CurrentCulture
    CultureInfo.CurrentCulture <- CultureInfo.GetCultureInfo "de-DE"

    try
        Expect.equal ((0.5).ToString()) "0,5" "the culture is in force"
        run ()
    finally
        CultureInfo.CurrentCulture <- before

let private fileFault run =
    try
        run ()
        failtest "no exception"
    with :? BnnFileException as e ->
        e.Message

let internal model = ModelInfo("small [net]", 1234L, 1000L, 5.5e6)

let internal stage name =
    StageResult(name, 2, 0.6125, 0.9, 0.705, 0.0925, 1.1e-3, Double.NaN, 0.125, 75.0, 3333.0)

/// The keys of result.json, as the README documents them.
let internal resultKeys = [ "recipe"; "data"; "model"; "seed"; "threads"; "stages" ]

let internal modelKeys = [ "name"; "parameters"; "binaryWeights"; "operations" ]

let internal stageKeys =
    [
        "name"
        "epochs"
        "top1"
        "top5"
        "trainTop1"
        "trainPsnr"
        "psnr"
        "generalizationGap"
        "flipFlopRatio"
        "c2iRatio"
        "saturation"
        "seconds"
        "imagesPerSecond"
    ]

let private keys (node: JsonNode) =
    [ for pair in node.AsObject() -> pair.Key ]

let private json (node: JsonNode) = node.ToJsonString()

[<Tests>]
let tests =
    testList
        "Reporting"
        [
            testCase "A folder that cannot be created is refused with its name, before anything is trained"
            <| fun () ->
                withFolder (fun folder ->
                    let file = Path.Combine(folder, "file")
                    File.WriteAllText(file, "")

                    for path in [ file; Path.Combine(file, "below"); Path.Combine(folder, "a\000b") ] do
                        let message = fileFault (fun () -> RunFolder.Prepare path |> ignore)
                        Expect.stringStarts message (path + ": the folder cannot be created") "names it")

            testCase "A folder that is there but takes no files is refused with its name"
            <| fun () ->
                // where also the superuser cannot create a file
                if OperatingSystem.IsLinux() then
                    let message = fileFault (fun () -> RunFolder.Prepare "/proc/self" |> ignore)
                    Expect.stringStarts message "/proc/self: the folder cannot be written to" "names it"

            testCase "Preparing creates the folder and those above it, and leaves nothing in it"
            <| fun () ->
                withFolder (fun folder ->
                    let path = Path.Combine(folder, "a", "b")

                    for _ in 1..2 do
                        Expect.equal (RunFolder.Prepare(path).Root) path "the folder"
                        Expect.isEmpty (Directory.GetFileSystemEntries path) "empty")

            testCase "result.json has exactly the documented keys, in their order, and null for what does not exist"
            <| fun () ->
                inGermany (fun () ->
                    withFolder (fun folder ->
                        let run = RunFolder.Prepare folder
                        let recipe = JsonNode.Parse """{"name":"two-step","a":[1.5,null,"+ü"]}"""
                        recipe["rate"] <- JsonValue.Create Double.NaN

                        let data =
                            JsonNode.Parse """{"passedOver":{"training":{".tif":2},"test":{}},"remarks":[]}"""

                        run.WriteResult(recipe, data, model, 42L, 2, [| stage "step 1"; stage "step 2" |])
                        let text = File.ReadAllText run.ResultPath
                        let result = JsonNode.Parse text
                        Expect.equal (keys result) resultKeys "the run"

                        Expect.equal (keys result["model"]) modelKeys "the model"
                        Expect.equal (json result["data"]) (json data) "the data"

                        let stages = result["stages"].AsArray()
                        let second = stages[1]

                        for row in stages do
                            Expect.equal (keys row) stageKeys "a stage"

                        Expect.equal
                            (json second)
                            """{"name":"step 2","epochs":2,"top1":0.6125,"top5":0.9,"trainTop1":0.705,"trainPsnr":null,"psnr":null,"generalizationGap":0.0925,"flipFlopRatio":0.0011,"c2iRatio":null,"saturation":0.125,"seconds":75,"imagesPerSecond":3333}"""
                            "a stage's values"

                        Expect.equal
                            (json result["model"])
                            """{"name":"small [net]","parameters":1234,"binaryWeights":1000,"operations":5500000}"""
                            "the model's values"

                        Expect.equal (json result["seed"]) "42" "the seed"
                        Expect.equal (json result["threads"]) "2" "the threads"

                        let recipeKept =
                            JsonNode.Parse """{"name":"two-step","a":[1.5,null,"+ü"],"rate":null}"""

                        Expect.isTrue (JsonNode.DeepEquals(result["recipe"], recipeKept)) "the recipe"
                        Expect.stringContains text "\n  \"model\": {\n" "indented"
                        Expect.equal (Directory.GetFiles folder) [| run.ResultPath |] "nothing else left"))

            testCase
                "metrics.csv has the documented header and a row an epoch that reads back to the same numbers in every culture"
            <| fun () ->
                inGermany (fun () ->
                    withFolder (fun folder ->
                        let run = RunFolder.Prepare folder
                        let third = 1.0 / 3.0

                        let first =
                            EpochMetrics(
                                "step 1",
                                0,
                                1,
                                2,
                                third,
                                0.405,
                                2.7e-300,
                                0.1,
                                1e-3,
                                1.5,
                                1e20,
                                DataWait = 0.25,
                                SkippedImages = 3L,
                                Top1 = 0.625,
                                Top5 = 0.9025
                            )

                        let second =
                            EpochMetrics("a, \"b\"", 1, 2, 2, Double.PositiveInfinity, 0, Double.NaN, 0, 0, 0, 0)

                        run.WriteEpochs [| first; second |]

                        Expect.equal
                            (File.ReadAllText run.MetricsPath)
                            ("stage,epoch,loss,trainTop1,flipFlopRatio,saturation,learningRate,seconds,imagesPerSecond,dataWait,skippedImages,top1,top5,trainPsnr,psnr\n"
                             + "step 1,1,0.3333333333333333,0.405,2.7E-300,0.1,0.001,1.5,1E+20,0.25,3,0.625,0.9025,,\n"
                             + "\"a, \"\"b\"\"\",2,Infinity,0,,0,0,0,0,0,0,,,,\n")
                            "the file"

                        let read = Double.Parse("0.3333333333333333", CultureInfo.InvariantCulture)
                        Expect.equal read third "round trip"))

            testCase "A write that fails is reported with the file's name, leaves the old file and no temporary one"
            <| fun () ->
                withFolder (fun folder ->
                    let path = Path.Combine(folder, "file")
                    AtomicFile.Write(path, (fun stream -> stream.WriteByte 1uy))

                    let failing (stream: Stream) =
                        stream.WriteByte 2uy
                        raise (IOException "disk full")

                    let message = fileFault (fun () -> AtomicFile.Write(path, failing))
                    Expect.stringContains message (path + ": cannot be written (disk full)") "named"
                    let defect (_: Stream) = invalidOp "a defect of the caller"
                    Expect.throwsT<InvalidOperationException> (fun () -> AtomicFile.Write(path, defect)) "as it is"
                    Expect.equal (File.ReadAllBytes path) [| 1uy |] "the old content"
                    Expect.equal (Directory.GetFiles folder) [| path |] "nothing else left"
                    let below = Path.Combine(path, "below")

                    Expect.stringContains
                        (fileFault (fun () -> AtomicFile.Write(below, ignore)))
                        below
                        "a file as a folder"

                    Expect.stringContains
                        (fileFault (fun () -> AtomicFile.Write(folder, ignore)))
                        folder
                        "a folder as a file")

            testCase "A file is replaced whole: until the writer is done, the old one is there"
            <| fun () ->
                withFolder (fun folder ->
                    let path = Path.Combine(folder, "file")
                    AtomicFile.Write(path, (fun stream -> stream.Write(ReadOnlySpan(Encoding.UTF8.GetBytes "old"))))

                    AtomicFile.Write(
                        path,
                        fun stream ->
                            stream.Write(ReadOnlySpan(Encoding.UTF8.GetBytes "new"))
                            stream.Flush()
                            Expect.equal (File.ReadAllText path) "old" "meanwhile"
                    )

                    Expect.equal (File.ReadAllText path) "new" "afterwards")
        ]
