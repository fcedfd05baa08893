/// The garbage collector all the time, beside all that computes. BNN_STRESS_MINUTES says how long each test takes; default: some seconds. DOTNET_GCgen0size=0x40000 collects far more often.
module Bnn.Tests.StressTests

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Globalization
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.DisposalTests
open Bnn.Tests.TrainerTests
open Expecto

let private duration =
    match
        Double.TryParse(
            Environment.GetEnvironmentVariable "BNN_STRESS_MINUTES",
            NumberStyles.Float,
            CultureInfo.InvariantCulture
        )
    with
    | true, minutes -> TimeSpan.FromMinutes minutes
    | _ -> TimeSpan.FromSeconds 6.0

let private images = lazy (few.Value.Load().Test.Take 40)

let private logits (m: BnnModel) =
    m.Logits images.Value |> Seq.concat |> Array.ofSeq

/// All tensors of a network, as bytes.
let internal weights (m: BnnModel) =
    [
        for tensor in m.Given().Tensors -> tensor.Name, Convert.ToHexString tensor.Bytes.Span
    ]

/// Runs each job again and again on a thread of its own until the time is over; the first faults, and how often each was run.
let private together (jobs: (string * (unit -> unit)) list) =
    let clock = Stopwatch.StartNew()
    let faults = ConcurrentQueue<string>()
    let counts = [ for _ in jobs -> ref 0 ]

    let run (name, job) (count: int ref) =
        Thread(fun () ->
            try
                while clock.Elapsed < duration && faults.IsEmpty do
                    job ()
                    count.Value <- count.Value + 1
            with e ->
                faults.Enqueue $"{name}, time {count.Value + 1}: {e}")

    let threads = List.map2 run jobs counts
    threads |> List.iter _.Start()
    threads |> List.iter _.Join()
    List.ofSeq faults, [ for (name, _), count in List.zip jobs counts -> name, count.Value ]

let private require (faults: string list, counts: (string * int) list) =
    let done' =
        counts
        |> List.map (fun (name, count) -> $"{name} {count} times")
        |> String.concat ", "

    printfn "%O: %s" duration done'

    if not faults.IsEmpty then
        failtestf "%s\nafter %s" (String.concat "\n" faults) done'

    for name, count in counts do
        Expect.isGreaterThan count 0 $"{name} was never done"

let private same what (expected: 'T) (actual: 'T) =
    if actual <> expected then
        failwith $"{what} are others than they were alone"

let private garbage () =
    let kept = Array.init 50 (fun k -> Array.zeroCreate<byte>(100 + k))
    GC.Collect(kept.Length % 3)

let private collect =
    let turn = ref 0

    fun () ->
        turn.Value <- turn.Value + 1
        garbage ()
        GC.Collect(if turn.Value % 10 = 0 then 2 else 0)

        if turn.Value % 10 = 0 then
            GC.WaitForPendingFinalizers()

/// What is in every training's arithmetic somewhere: micro-batches, class weights, smoothed labels, a teacher with labels of its own, diagnostics.
let private trainings (teacher: BnnModel) =
    [
        (short ()).WithModel(model).TwoStep(epochs = 1)
        (short ())
            .WithModel(model)
            .OneStep(epochs = 1)
            .WithMicroBatches(3)
            .WithClassWeights([| for k in 1..10 -> float k |])
            .WithLabelSmoothing(0.1)
        (short ()).WithModel(model).OneStep(epochs = 1).WithTeacher(teacher, 3.0, 0.25).WithLabelSmoothing(0.1)
        (short ()).WithModel(model).OneStep(epochs = 1).WithObjective(Objectives.MeanSquaredError())
    ]
    |> List.map _.WithThreads(1)

let private train (trainer: BnnTrainer) =
    use m = trainer.Train().Model
    weights m

[<Tests>]
let tests =
    testSequenced (
        Checks.long (
            testList
                "Stress"
                [
                    test
                        "Training, loading, predicting and a module's loop, while garbage is collected all the time, give what they give alone" {
                        let folder = Directory.CreateTempSubdirectory("bnn-stress-").FullName

                        try
                            use teacher = network 5L
                            use own = network 6L

                            let paths =
                                [
                                    for extension in [ ".bnn"; ".safetensors"; ".pth" ] ->
                                        Path.Combine(folder, "net" + extension)
                                ]

                            paths |> List.iter own.Save
                            let trainings = trainings teacher
                            let expected = trainings |> List.map train

                            let ofFiles =
                                paths |> List.map (fun path -> (use m = BnnModel.Load path in logits m))

                            let ofOwn, loss = logits own, own.Evaluate(images.Value).Loss
                            let ofLoop = TensorCountTests.loop ()
                            let turn = ref 0

                            let jobs =
                                [
                                    "a collection", collect
                                    "garbage", (fun () -> Array.init 1000 (fun k -> string k) |> ignore)
                                    "a training",
                                    fun () ->
                                        let k = turn.Value % trainings.Length
                                        turn.Value <- turn.Value + 1
                                        same "weights" expected[k] (train trainings[k])
                                    "a loading",
                                    fun () ->
                                        for path, its in List.zip paths ofFiles do
                                            use m = BnnModel.Load path
                                            same "logits of a file" its (logits m)
                                    "a prediction",
                                    fun () ->
                                        same "logits" ofOwn (logits own)
                                        same "the loss" loss (own.Evaluate(images.Value).Loss)
                                    "a loop of one's own", (fun () -> same "losses" ofLoop (TensorCountTests.loop ()))
                                ]

                            require (together jobs)
                        finally
                            Directory.Delete(folder, true)
                    }

                    test
                        "Eight threads predict with, train and dispose of networks that they share, and nothing else is raised than what names the one that is gone" {
                        let shared = [| for k in 1..3 -> network (int64 k) |]
                        let expected = [| for m in shared -> logits m |]
                        let trainer = (short ()).WithModel(model).OneStep(epochs = 1).WithThreads(1)
                        let alone = train trainer

                        let once act =
                            try
                                act ()
                            with :? ObjectDisposedException as e when e.Message.Contains "the network ReActNet" ->
                                ()

                        let predict k () =
                            let m = Volatile.Read(&shared[k])
                            once (fun () -> same "logits" expected[k] (logits m))

                        let dispose () =
                            for k in 0..2 do
                                let fresh = network (int64 (k + 1))
                                let old = Interlocked.Exchange(&shared[k], fresh)
                                Thread.Yield() |> ignore
                                old.Dispose()

                            GC.Collect 0

                        let jobs =
                            [
                                yield! [ for k in 0..2 -> $"predicting with network {k}", predict k ]
                                yield "training", (fun () -> same "weights" alone (train trainer))
                                yield "another training", (fun () -> same "weights" alone (train trainer))
                                yield
                                    "training with a shared teacher",
                                    (fun () ->
                                        let m = Volatile.Read(&shared[0])

                                        try
                                            once (fun () -> train (trainer.WithTeacher m) |> ignore)
                                        with :? BnnConfigurationException as e when e.Message.Contains "disposed of" ->
                                            ())
                                yield
                                    "training from a shared network",
                                    (fun () ->
                                        let m = Volatile.Read(&shared[1])

                                        try
                                            train (trainer.StartingFrom m) |> ignore
                                        with :? BnnConfigurationException as e when e.Message.Contains "disposed of" ->
                                            ())
                                yield "disposing", dispose
                            ]

                        require (together jobs)
                        shared |> Array.iter _.Dispose()
                    }
                ]
        )
    )
