/// All that the library writes of a run, of what is wrong, and of values.
module Bnn.Tests.CultureRuns

open System
open System.IO
open System.Text.RegularExpressions
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.LogTests
open Bnn.Tests.ResumeSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Microsoft.Extensions.Logging

let training =
    (trainingOf ((dataOf 3 2 6 6).HoldOut 6))
        .WithModel(normed, "normed")
        .WithStages(
            Stage.Create("first", true, false, 1, weightDecay = WeightDecay.Of 2.5e-5),
            Stage.Create("second", true, true, 2, keepsBest = true)
        )
        .WithOptimizer(
            Rules
                .ClipGlobalNorm(0.5)
                .Then(Rules.Adam())
                .Then(Rules.Descend(Schedules.Parse "1.5e-3 * (1 - (t - 1) / T)"))
        )
        .WithAugmentation(Augmentation(true, 1))

/// What times, and what follows from them, are in a run's files: always the same here.
let private withoutTimes (path: string) =
    let text = File.ReadAllText path

    match Path.GetFileName path with
    | "result.json" -> Regex.Replace(text, "\"(seconds|imagesPerSecond)\": *[-+.0-9eE]+", "\"$1\": 1.5")
    | "metrics.csv" ->
        text.Split '\n'
        |> Array.mapi (fun k line ->
            let fields = line.Split ','

            if k > 0 && fields.Length > 9 then
                for column in 7..9 do
                    fields[column] <- "1.5"

            String.concat "," fields)
        |> String.concat "\n"
    | _ -> text

let private bytesOf (path: string) =
    Convert.ToHexString(File.ReadAllBytes path)

/// A run's files, and the page made of them, without times.
let runs folder =
    use model = training.SaveTo(folder).Train().Model

    for name in [ "result.json"; "metrics.csv" ] do
        let path = Path.Combine(folder, name)
        File.WriteAllText(path, withoutTimes path)

    let page = Report.Write folder
    let both = Report.Compare(folder, folder)

    let checkpoint =
        Safetensors.Read(Path.Combine(folder, "checkpoints", Path.GetFileName(Array.last (checkpoints folder))))

    [
        for name in [ "result.json"; "metrics.csv"; "diagnostics.jsonl"; "recipe.json" ] do
            let path =
                if File.Exists(Path.Combine(folder, name)) then
                    Path.Combine(folder, name)
                else
                    Path.Combine(folder, "checkpoints", name)

            name, File.ReadAllText path

        for name in [ "network.bnn"; "latent-weights.png" ] do
            name, bytesOf (Path.Combine(folder, name))

        "report.html", ReportSupport.read page
        // the page names a run by its folder and the one above it
        "compare.html",
        (ReportSupport.read both).Replace(folder, "").Replace(Path.GetFileName(Path.GetDirectoryName folder), "")
        "the checkpoint's identity", checkpoint.Metadata["run"]
        "the checkpoint's network", checkpoint.Metadata["network"]

        for name in [ "net.pth"; "net.safetensors"; "net.bnn" ] do
            let path = Path.Combine(folder, name)
            model.Save path
            name, bytesOf path
            $"what {name} holds", (string (WeightsFile.Read path)).Replace(folder, "")

        let images = (dataOf 3 2 6 6).Load().Test
        let picture = (images :?> ImageSet)[0]
        "a prediction", string (model.Predict picture)
        "an evaluation", string (model.Evaluate images)
        "the summary", string (model.Summary())
        "the size", string model.Info
        "the description", training.Describe()
        "the start", string (training.StartingFrom(model).Plan().Start.Report)
        "the name of the data", training.Plan().Data.Name
    ]

let private stage =
    StageResult("first", 2, 0.5, 1.0, 0.625, 0.125, -0.25, 1.5e-3, 0.75, 0.5, 100.25)

let private epoch number =
    EpochMetrics(
        "first",
        0,
        number,
        2,
        1234.5,
        0.625,
        1.5e-3,
        -0.25,
        2.5e-4,
        1.5,
        3300.25,
        DataWait = 0.125,
        Top1 = 0.5,
        Top5 = 1.0
    )

/// A run that its observers are told of.
let private told (observer: ITrainingObserver) =
    observer.Started(RunPlan(ModelInfo("normed", 12345L, 1234L, 8.71e7), "own", [| struct ("first", 2) |], 2, 42L))
    observer.Note "a note"
    observer.StageStarted("first", 0, 2, 0, 12345L)

    for number in 1..2 do
        observer.Batch(BatchMetrics("first", number, 6400L, 1234.5, 1.5e-3, 0.125))
        observer.EpochEnded(epoch number)

    observer.StageEnded stage
    observer.Ended [| stage |]

type private Still() =
    inherit TimeProvider()
    override _.TimestampFrequency = 1000L
    override _.GetTimestamp() = 1500L

    override _.GetUtcNow() =
        DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero)

/// What the console, the log, TensorBoard and metrics.csv say of that run.
let reports folder =
    let log = Log(LogLevel.Trace)
    told (LoggedProgress log)

    told (RunDiary(RunFolder.Prepare folder, RecipeJson.Of(training.Plan()), Still(), ignore))

    [
        "the console", ProgressTests.plain told
        "a narrow terminal", ProgressTests.onStillTerminal 60 told
        "a wide terminal", ProgressTests.onStillTerminal 160 told
        "the log", log.Entries |> Seq.map _.Text |> String.concat "\n"
        "metrics.csv", File.ReadAllText(Path.Combine(folder, "metrics.csv"))

        for file in Directory.GetFiles folder |> Array.sort do
            if (Path.GetFileName file).StartsWith("events.", StringComparison.Ordinal) then
                "TensorBoard's events", bytesOf file
    ]

/// The errors of settings that are wrong, with numbers below 0 and fractions in them.
let errors () =
    let faults (trainer: BnnTrainer) =
        refusals (fun () -> trainer.Plan() |> ignore)
        |> List.map string
        |> String.concat "\n"

    let thrown (action: unit -> unit) =
        try
            action ()
            "nothing"
        with e ->
            e.Message

    let own = training

    [
        "of the trainer",
        faults (own.WithBatch(-5).WithEpochs(-3).WithSeed(-1L).WithThreads(-2).WithLabelSmoothing(-0.5))
        "of an optimizer", thrown (fun () -> faults (own.WithAdam(learningRate = -1.5e-3, beta1 = 1.25)) |> failwith)
        "of class weights", faults (own.WithClassWeights(-0.5, 1.5, 1e-10))
        "of a recipe", thrown (fun () -> Recipes.FromJson """{"name":"x","stages":[{"epochs":-1.5}]}""" |> ignore)
        "of augmentation", faults (own.WithAugmentation(Augmentation(true, -7, Lighting = -0.25)))
        "of a schedule", thrown (fun () -> Schedules.Parse "1.5e-3 * (" |> ignore)
        "of a network", faults (own.WithModel(Layers.Convolution("a", -4, 3, stride = -2, padding = -1)))
        "of a size",
        thrown (fun () ->
            (Models.ReActNetA()).WithInput(-3, -224, 7).Validate()
            |> Seq.map string
            |> String.concat "\n"
            |> failwith)
        "of noise", thrown (fun () -> (dataOf 3 2 6 6).WithNoise -1.5 |> ignore)
        "of a normalization",
        thrown (fun () -> (dataOf 3 2 6 6).WithNormalization([ -1.5; nan ], [ -0.5; 1.5 ]) |> ignore)
        "of a factor", thrown (fun () -> (Models.ReActNetA()).Scaled -1.5 |> ignore)
        "of a count", thrown (fun () -> ((dataOf 3 2 6 6).Load().Test).Take -1234 |> ignore)
        "of batches", thrown (fun () -> own.Estimate -1234 |> ignore)
        "of held-out images", thrown (fun () -> (dataOf 3 2 6 6).HoldOut(-1234).Load() |> ignore)
    ]

/// Values as text, and read back from it.
let values () =
    [
        "ReActNet-A", string (Models.ReActNetA().Summary())
        "a scaled network", string (Models.ReActNet18().Scaled 0.125)
        "a network's JSON", Models.ResNet20().ToJson()
        "a network read", string (Models.FromJson(Models.ReActNetSmall().ToJson()))

        for binarizer in
            [
                Binarizers.Ede()
                Binarizers.SwishSign 4.5
                Binarizers.DoReFaInput 3
                Binarizers.Clip
            ] do
            $"binarizer {binarizer.Name}", string binarizer

        let rule =
            Rules
                .ClipGlobalNorm(5.5)
                .Then(Rules.NAdam(beta1 = 0.95))
                .Then(Rules.Descend(Schedules.Cosine(0.25).WarmUp 10))

        "a rule", string rule
        "a rule's formula", rule.ToLatex()
        "a rule's JSON", rule.ToJson()
        "a rule read", (Rules.FromJson(rule.ToJson())).ToJson()
        "a schedule", string (Schedules.Parse "1.25e-3 * (1 - (t - 1) / T)")
        "a recipe's JSON", (Recipes.TwoStep()).ToJson()
        "a recipe read", (Recipes.FromJson((Recipes.TwoStep()).ToJson())).ToJson()
        "an estimate", string (RunEstimate [| StageEstimate("first", 12, 1234.5, 2345.25, 0.125, 98765.4) |])
        "an augmentation", string Augmentation.ImageNet
        "an augmentation in words", Augmentation.ImageNet.InWords()
        "an epoch", string (epoch 1)
        "a stage", string stage
        "a batch", string (BatchMetrics("first", 1, -64L, -1.5, 1e-10, 0.5))

        "a normalization",
        string ((dataOf 3 2 6 6).WithNormalization([ 0.25; -1.5 ], [ 0.5; 1.5 ]).Load().Normalization)
    ]
