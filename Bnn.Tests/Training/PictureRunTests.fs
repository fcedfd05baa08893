/// Networks whose outputs are pictures: trained, measured by PSNR, saved, stopped, resumed and reported like those that tell classes apart.
module Bnn.Tests.PictureRunTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open Microsoft.Extensions.Logging
open TorchSharp

/// A picture is a flat field, darker or lighter, so that a mean over neighbours takes most of the noise away.
let private flat seed count =
    let levels = Random(seed: int)

    setOf
        1
        8
        8
        [|
            for _ in 1..count do
                yield! Array.create 64 (byte (levels.Next(40, 216)))
        |]

let private noisy =
    lazy ((Data.InMemory("fields", flat 1 120, flat 2 40)).WithNoise 0.25)

let private network: Network =
    Layers.Residual(
        Layers.Convolution("stem", 8, 3)
        >=> Layers.BatchNorm "norm"
        >=> Layers.Residual(
            Layers.Sign("sign", shifted = true)
            >=> Layers.BinaryConvolution("conv", 8, 3)
            >=> Layers.BatchNorm "after"
        )
        >=> Layers.Convolution("last", 1, 3, bias = true)
    )

let private trainer =
    lazy
        BnnTrainer()
            .WithModel(network, "denoiser")
            .WithData(noisy.Value)
            .WithBatch(12)
            .WithThreads(1)
            .WithStages(Stage.Create("first", true, false, 4, keepsBest = true), Stage.Create("second", true, true, 4))

/// What a run gave but for times.
let private outcome (result: TrainingResult) =
    use model = result.Model

    [
        for e in result.Epochs -> e.Stage, e.Epoch, e.Loss, e.TrainPsnr, e.Psnr, DiagnosticsSupport.text e.Diagnostics
    ],
    [ for s in result.Stages -> s.Name, s.Psnr, s.TrainPsnr, s.GeneralizationGap ],
    (model.Logits(noisy.Value.Load().Test) |> Seq.concat |> Array.ofSeq)

let private whole = lazy (outcome (trainer.Value.Train()))

let private psnr (range: float) (outputs: float32[]) (target: float32[]) =
    let error =
        Array.map2 (fun x y -> (float x - float y) ** 2.0) outputs target
        |> Array.average

    10.0 * log10 (range * range / error)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Pictures"
            [
                test
                    "The PSNR is 10 log10(range^2 / mean squared error), the mean over examples; outputs without error have 100 dB" {
                    use _scope = torch.NewDisposeScope()

                    for range in [ 1.0; 255.0 ] do
                        let outputs, target = torch.randn (5L, 2L, 3L, 4L), torch.randn (5L, 2L, 3L, 4L)

                        let expected =
                            List.sum
                                [
                                    for k in 0L .. 4L ->
                                        psnr
                                            range
                                            (TrainingSupport.numbers outputs[k])
                                            (TrainingSupport.numbers target[k])
                                ]

                        let measure = Measure.Of(outputs, target, range)
                        Expect.floatClose Accuracy.medium measure.Psnr expected $"range {range}"
                        Expect.floatClose Accuracy.high (Measure.Of(target, target, range).Psnr) 500.0 "no error"
                }

                test
                    "A network learns to clean pictures, with mean squared error by itself, and its figures are those of its outputs" {
                    let epochs, stages, outputs = whole.Value
                    let test = noisy.Value.Load().Test

                    let mean (outputs: int -> float32[]) =
                        List.average
                            [
                                for k in 0 .. test.Count - 1 ->
                                    let target = Array.zeroCreate 64
                                    test.WriteTarget(k, Span target)
                                    psnr 1.0 (outputs k) target
                            ]

                    let inputs k =
                        let numbers = Array.zeroCreate 64
                        test.Write(k, Span numbers)
                        numbers

                    let _, measured, _, gap = List.last stages
                    Expect.isGreaterThan measured (mean inputs + 3.0) "cleaner by 3 dB"

                    Expect.floatClose
                        Accuracy.medium
                        (mean (fun k -> outputs[64 * k .. 64 * k + 63]))
                        measured
                        "of its outputs"

                    let _, _, train, _ = List.last stages
                    Expect.equal gap (train - measured) "gap"
                    let _, _, loss, trainPsnr, _, _ = List.last epochs

                    Expect.isGreaterThan
                        (trainPsnr + 10.0 * log10 loss)
                        -1e-6
                        "the mean of a logarithm is below that of the mean"
                }

                test "A run that is stopped goes on to the same end, to the bit" {
                    for batches in [ 1; 7; 13; 45 ] do
                        inFolder (fun folder ->
                            let saved = trainer.Value.SaveTo folder
                            Expect.isNone (ResumeSupport.resultFor batches saved) "stopped"
                            Expect.equal (outcome (saved.Train())) whole.Value $"after {batches} batches")
                }

                test "Files, page, table, lines and log of a run have the PSNR in place of top-1" {
                    inFolder (fun folder ->
                        let log = LogTests.Log LogLevel.Information
                        let logged = trainer.Value.WithLogger(log).SaveTo folder
                        let mutable trained: TrainingResult option = None

                        let shown =
                            ProgressTests.plain (fun progress -> trained <- Some((logged.Observed progress).Train()))

                        let result = trained.Value
                        result.Model.Dispose()
                        let db = Show.Fixed(result.Stages[1].Psnr, 2)
                        let json = File.ReadAllText(Path.Combine(folder, "result.json"))
                        Expect.stringContains json "\"top1\": null" "no top-1"
                        Expect.stringContains json $"\"psnr\": {result.Stages[1].Psnr:R}" "result.json"
                        let metrics = MetricsFile.Read(Path.Combine(folder, "metrics.csv"))

                        Expect.equal
                            [ for e in metrics -> e.Psnr, e.TrainPsnr ]
                            [ for e in result.Epochs -> e.Psnr, e.TrainPsnr ]
                            "metrics.csv"

                        Expect.all metrics (fun e -> Double.IsNaN e.Top1 && Double.IsNaN e.TrainTop1) "no accuracy"
                        let page = File.ReadAllText(Path.Combine(folder, "report.html"))
                        Expect.stringContains page "PSNR, dB" "the page's table"
                        Expect.stringContains page $"<td>{db}</td>" "its cell"
                        Expect.isFalse (page.Contains "top-1") "no top-1 on the page"
                        Expect.stringContains shown "train PSNR   test PSNR" "header"
                        Expect.stringContains shown "PSNR and gap in dB" "the table"
                        Expect.stringContains shown db "its figure"

                        Expect.isTrue
                            (log.Entries |> Seq.exists (fun entry -> entry.Text.Contains $"PSNR {db} dB"))
                            "the log"

                        Report.Write folder |> ignore
                        use model = BnnModel.Load folder
                        use best = BnnModel.Load(Path.Combine(folder, "checkpoints", "best.safetensors"))
                        Expect.isEmpty best.Classes "no classes"
                        Expect.equal (model.Evaluate noisy.Value).Psnr result.Stages[1].Psnr "the file's network"
                        let picture = noisy.Value.Load().Test[0]
                        Expect.equal (model.Restore picture).Pixels.Length 64 "a picture"

                        Expect.throwsT<InvalidOperationException>
                            (fun () -> model.Predict picture |> ignore)
                            "it tells no classes apart")
                }
            ]
    )
