module Bnn.Tests.ModelTests

open System
open System.IO
open System.Text.Json
open Expecto
open Bnn

let private few =
    lazy
        (let sample = Data.FashionMnistSample().Load()
         Dataset("a few", sample.Train.Take 320, sample.Test.Take 200))

let private saved =
    lazy
        (let folder = Path.Combine(Path.GetTempPath(), $"bnn-{Guid.NewGuid():N}")

         let result =
             BnnTrainer()
                 .WithData(Data.InMemory("a few", few.Value.Train, few.Value.Test))
                 .WithModel(Models.ReActNet([ struct (8, 2); struct (16, 2); struct (16, 1) ]))
                 .TwoStep(epochs = 1)
                 .SaveTo(folder)
                 .Train()

         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))
         folder, result)

let private bits (rows: float32[] seq) =
    rows |> Seq.concat |> Seq.map BitConverter.SingleToInt32Bits |> Array.ofSeq

let private refused (path: string) part =
    let message =
        try
            use model = BnnModel.Load path
            $"{model.Description.Name} was loaded"
        with :? BnnFileException as e ->
            e.Message

    Expect.stringContains message path "names the path"
    Expect.stringContains message part "says what is wrong"

let private inCopy (change: string -> unit) =
    let copy = Path.Combine(Path.GetTempPath(), $"bnn-{Guid.NewGuid():N}")
    Directory.CreateDirectory copy |> ignore

    try
        let source, _ = saved.Value
        let file = Path.Combine(copy, "network.bnn")
        File.Copy(Path.Combine(source, "network.bnn"), file)
        change file
    finally
        Directory.Delete(copy, true)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Model"
            [
                testCase "A loaded network gives the logits of the end of training, to the bit"
                <| fun _ ->
                    let folder, result = saved.Value
                    use model = BnnModel.Load folder
                    let test = few.Value.Test
                    Expect.equal (bits (model.Logits test)) (bits (result.Model.Logits test)) "logits"
                    let evaluation = model.Evaluate test
                    Expect.equal evaluation.Top1 (Seq.last result.Stages).Top1 "top-1"
                    Expect.equal evaluation.Count 200 "count"

                testCase "A prediction lists every class once, most probable first, and its shares add up to 1"
                <| fun _ ->
                    let folder, _ = saved.Value
                    use model = BnnModel.Load folder
                    let prediction = model.Predict(few.Value.Test[0])
                    let shares = prediction.Classes |> Seq.map (fun struct (_, p) -> p) |> List.ofSeq
                    Expect.equal shares (List.sortDescending shares) "order"
                    Expect.floatClose Accuracy.high (List.sum shares) 1.0 "sum"
                    let names = prediction.Classes |> Seq.map (fun struct (name, _) -> name)
                    Expect.equal (Set.ofSeq names) (Set.ofSeq model.Classes) "classes"
                    Expect.equal prediction.Class (Seq.head names) "class"

                testCase "An image of another size is refused with both sizes"
                <| fun _ ->
                    let folder, _ = saved.Value
                    use model = BnnModel.Load folder
                    let picture = Picture(3, 5, 6, ReadOnlyMemory(Array.zeroCreate<byte> 90))

                    let message =
                        try
                            string (model.Predict picture)
                        with :? ArgumentException as e ->
                            e.Message

                    Expect.stringContains message "3 x 5 x 6" "the image's"
                    Expect.stringContains message "1 x 28 x 28" "the network's"

                testCase
                    "The run's folder holds result.json with the documented keys, metrics.csv, the network and a picture"
                <| fun _ ->
                    let folder, result = saved.Value
                    let isEvents (name: string) = name.StartsWith "events.out.tfevents."

                    let events, names =
                        Directory.GetFiles folder
                        |> Array.map Path.GetFileName
                        |> Array.partition isEvents

                    Expect.hasLength events 1 "TensorBoard's events"

                    Expect.equal
                        (Set.ofArray names)
                        (Set.ofList
                            [
                                "diagnostics.jsonl"
                                "latent-weights.png"
                                "metrics.csv"
                                "network.bnn"
                                "report.html"
                                "result.json"
                            ])
                        "files"

                    use json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "result.json")))
                    let root = json.RootElement

                    let keys (e: JsonElement) =
                        [ for property in e.EnumerateObject() -> property.Name ]

                    Expect.equal (keys root) ReportingTests.resultKeys "keys"

                    Expect.equal (keys (root.GetProperty "model")) ReportingTests.modelKeys "model"

                    let stage = root.GetProperty("stages")[1]

                    Expect.equal (keys stage) ReportingTests.stageKeys "stage"

                    Expect.equal (stage.GetProperty("top1").GetDouble()) result.Stages[1].Top1 "top-1"
                    let rows = File.ReadAllLines(Path.Combine(folder, "metrics.csv"))
                    Expect.hasLength rows 3 "a header and one row an epoch"

                testCase "A folder without a network, a missing one and a foreign file are refused"
                <| fun _ ->
                    refused (Path.Combine(Path.GetTempPath(), "there is no such folder")) "holds no network.bnn"

                    inCopy (fun file ->
                        let folder = Path.GetDirectoryName file
                        File.Delete file
                        refused folder "holds no network.bnn"
                        File.WriteAllText(file, "something else entirely, much longer than a header")
                        refused file "")

                testCase "A network file damaged at any of 300 places is refused"
                <| fun _ ->
                    inCopy (fun file ->
                        let whole = File.ReadAllBytes file
                        let random = Random 1

                        for _ in 1..200 do
                            let damaged = Array.copy whole
                            let at = random.Next whole.Length
                            damaged[at] <- damaged[at] ^^^ byte (1 + random.Next 255)
                            File.WriteAllBytes(file, damaged)
                            refused file ""

                        for _ in 1..100 do
                            File.WriteAllBytes(file, whole[.. random.Next(whole.Length) - 1])
                            refused file "")

                testCase "A picture as text has two rows of pixels a line and shows what is bright"
                <| fun _ ->
                    let pixels = Array.init 12 (fun i -> if i % 4 = 0 then 255uy else 0uy)
                    let text = Picture(1, 3, 4, ReadOnlyMemory pixels).ToText()
                    Expect.equal text "@\n@\n" "text"
            ]
    )
