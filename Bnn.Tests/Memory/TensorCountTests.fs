/// No tensor is left to the garbage collector: what nobody disposes of may be freed while libtorch still reads it, or never.
module Bnn.Tests.TensorCountTests

open System
open System.IO
open Bnn
open Bnn.Tests.DisposalTests
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

/// The tensors that this thread has made and not disposed of. Finalizers are of another thread and do not count, so that a collection hides nothing.
let private live () =
    DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount

let private inFolder (act: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("bnn-count-").FullName

    try
        act folder
    finally
        Directory.Delete(folder, true)

let private test' = lazy (few.Value.Load().Test.Take 30)

let private trained (trainer: BnnTrainer) =
    trainer.WithThreads(1).Train().Model.Dispose()

let private tiny () =
    (short ()).WithModel(model).TwoStep(epochs = 1)

let private file extension (act: BnnModel -> string -> unit) folder =
    use m = network 3L
    let path = Path.Combine(folder, "net" + extension)
    m.Save path
    act m path

let private load _ (path: string) = BnnModel.Load(path).Dispose()

/// Every public way, in a folder of its own.
let private ways: (string * (string -> unit)) list =
    [
        "Save and Load of a .bnn", file ".bnn" load
        "Save and Load of safetensors", file ".safetensors" load
        "Save and Load of a .pth", file ".pth" load
        "Save and Load of a folder", file "" load
        "Import", file ".pth" (fun _ path -> BnnModel.Import(path, model).Dispose())
        "Import of a file of another network, which is refused",
        file ".pth" (fun _ path ->
            Expect.throwsT<BnnFileException> (fun () -> BnnModel.Import(path, Models.BinaryNet()).Dispose()) "refused")
        "WeightsFile.Read", file ".pth" (fun _ path -> string (WeightsFile.Read path) |> ignore)
        "Predict", file ".bnn" (fun m _ -> m.Predict test'.Value[0] |> ignore)
        "Predict of an image of another size, which is refused",
        file ".bnn" (fun m _ ->
            Expect.throwsT<ArgumentException>
                (fun () -> m.Predict(Picture(3, 5, 6, ReadOnlyMemory(Array.zeroCreate<byte> 90))) |> ignore)
                "refused")
        "Logits", file ".bnn" (fun m _ -> m.Logits test'.Value |> ignore)
        "Evaluate", file ".bnn" (fun m _ -> m.Evaluate test'.Value |> ignore)
        "RecalibrateBatchNorm", file ".bnn" (fun m _ -> m.RecalibrateBatchNorm(test'.Value, 2, 4).Dispose())
        "Describe", (fun _ -> (tiny ()).Describe() |> ignore)
        "Estimate", (fun _ -> (tiny ()).WithThreads(1).Estimate 1 |> ignore)
        "Train", (fun _ -> trained (tiny ()))
        "Train with diagnostics, checkpoints, a folder and its reports",
        (fun folder ->
            for name in [ "a"; "b" ] do
                trained ((tiny ()).SaveTo(Path.Combine(folder, name)).WithCheckpoints(TimeSpan.Zero))

            Report.Write(Path.Combine(folder, "a")) |> ignore
            Report.Compare(Path.Combine(folder, "a"), Path.Combine(folder, "b")) |> ignore)
        "Train again in the folder, which gives its result again",
        (fun folder ->
            trained ((tiny ()).SaveTo folder)
            trained ((tiny ()).SaveTo folder))
        "Train with the best epoch kept, recalibration, micro-batches, class weights and smoothed labels",
        (fun _ ->
            trained (
                (tiny ())
                    .WithStages(Stage.Create("one", true, true, 1, keepsBest = true))
                    .WithBatchNormRecalibration(2)
                    .WithMicroBatches(2)
                    .WithClassWeights([| for k in 1..10 -> float k |])
                    .WithLabelSmoothing(0.1)
            ))
        "Train with a teacher", file ".bnn" (fun m _ -> trained ((tiny ()).WithTeacher(m, 2.0, 0.5)))
        "Train from given weights", file ".pth" (fun _ path -> trained ((tiny ()).StartingFrom path))
        "Train by the squared error", (fun _ -> trained ((tiny ()).WithObjective(Objectives.MeanSquaredError())))
        "Train with an objective that throws",
        (fun _ ->
            let broken =
                Objectives.Own(
                    "broken",
                    "1",
                    Func<_, _, _>(fun (_: torch.Tensor) (_: torch.Tensor) -> failwith "broken on purpose")
                )

            Expect.throwsT<BnnTrainingException> (fun () -> trained ((tiny ()).WithObjective broken)) "refused")
        "Train whose end throws in a callback",
        (fun _ ->
            let broken =
                { new ITrainingObserver with
                    member _.Ended _ = failwith "broken on purpose"
                }

            Expect.throws (fun () -> trained ((tiny ()).Observed broken)) "thrown")
        "Train that is stopped",
        (fun folder ->
            use stop = new Threading.CancellationTokenSource()

            let trainer =
                (tiny ()).SaveTo(folder).OnBatch(fun (_: BatchMetrics) -> stop.Cancel())

            Expect.throwsT<BnnStoppedException> (fun () -> trainer.Train stop.Token |> ignore) "stopped")
    ]

/// A loop of a user's without any scope, as in torch: the losses.
let internal loop () =
    use net = model.ToModule()

    use optimizer = new BnnOptimizer(Rules.Adam().Then(Rules.Descend 0.01), net)

    use numbers = torch.tensor (Array.init (4 * 28 * 28) (fun k -> sin (float32 k)))
    use x = numbers.view (4L, 1L, 28L, 28L)

    let losses =
        [
            for _ in 1..3 do
                optimizer.zero_grad ()
                use outputs = net.forward x
                use loss = outputs.sum ()
                loss.backward ()
                optimizer.step () |> ignore
                loss.data<float32>()[0L]
        ]

    inFolder (fun folder ->
        let path = Path.Combine(folder, "state.safetensors")
        optimizer.Save path
        optimizer.Load path)

    losses

[<Tests>]
let tests =
    testList
        "Tensor counts"
        [
            for name, act in ways do
                test $"{name} disposes of every tensor that it makes" {
                    let before = live ()
                    inFolder act
                    Expect.equal (live ()) before "live tensors"
                }

            testSequenced (
                test "Load and Dispose leave Tensor.TotalCount as it was" {
                    inFolder (fun folder ->
                        let path = Path.Combine(folder, "net.bnn")
                        use m = network 3L
                        m.Save path
                        Checks.collectGarbage ()
                        let before = torch.Tensor.TotalCount

                        for _ in 1..5 do
                            BnnModel.Load(path).Dispose()
                            trained (tiny ())

                        Expect.equal torch.Tensor.TotalCount before "live tensors")
                }
            )

            testSequenced (
                test
                    "A module's parameters are counted as TorchSharp counts those of its own modules, and nothing else is left" {
                    Checks.collectGarbage ()
                    let before = torch.Tensor.TotalCount
                    torch.nn.Linear(3L, 2L).Dispose()
                    let ofEach = (torch.Tensor.TotalCount - before) / 2L
                    let parameters = model.ToModule()
                    let count = int64 (Seq.length (parameters.parameters ()))
                    parameters.Dispose()
                    Checks.collectGarbage ()
                    let before = torch.Tensor.TotalCount
                    model.ToModule().Dispose()
                    Expect.equal (torch.Tensor.TotalCount - before) (ofEach * count) "growth"
                }
            )

            test
                "A module's forward pass leaves its output and nothing else to whoever called it, in training and outside" {
                use net = model.ToModule()
                use x = torch.randn (2L, 1L, 28L, 28L)

                for train in [ true; false ] do
                    net.train train
                    use _noGradients = torch.no_grad ()
                    let before = live ()
                    let y = net.forward x
                    Expect.equal (live ()) (before + 1L) "the output"
                    y.Dispose()
                    Expect.equal (live ()) before "nothing"
            }
        ]
