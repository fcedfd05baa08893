/// Trainings at once in a process, and what a training leaves as it was.
module Bnn.Tests.TwoTrainingsTests

open System
open System.Threading
open Bnn
open Bnn.Tests.DisposalTests
open Bnn.Tests.StressTests
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

let private trainer threads =
    (short ()).WithModel(model).OneStep(epochs = 1).WithThreads(threads)

let private train (trainer: BnnTrainer) =
    use m = trainer.Train().Model
    weights m

/// Runs each on a new thread, which has not computed before; what each gives.
let private onThreads (acts: (unit -> 'T) list) =
    let results = acts |> List.map (fun _ -> ref (Error(exn "never run")))

    let threads =
        List.map2
            (fun act (result: Result<'T, exn> ref) ->
                Thread(fun () ->
                    result.Value <-
                        try
                            Ok(act ())
                        with e ->
                            Error e))
            acts
            results

    threads |> List.iter _.Start()
    threads |> List.iter _.Join()

    results
    |> List.map (fun result ->
        match result.Value with
        | Ok value -> value
        | Error e -> raise (AggregateException e))

let private onThread act = onThreads [ act ] |> List.exactlyOne

/// A trainer whose run waits, after it has set its threads and before it computes, until all runs are there; and says how many threads torch gives it.
let private meeting (barrier: Barrier) (counts: int list ref) (trainer: BnnTrainer) =
    let observer =
        { new ITrainingObserver with
            member _.Started _ =
                barrier.SignalAndWait(TimeSpan.FromSeconds 60.0) |> ignore

            member _.Batch _ =
                counts.Value <- torch.get_num_threads () :: counts.Value
        }

    trainer.Observed observer

let private together (trainers: BnnTrainer list) (beside: unit -> unit) =
    use barrier = new Barrier(trainers.Length)
    let counts = trainers |> List.map (fun _ -> ref [])
    let met = List.map2 (meeting barrier) counts trainers

    let results =
        onThreads (
            (fun () ->
                beside ()
                [])
            :: [ for trainer in met -> fun () -> train trainer ]
        )

    results.Tail, [ for count in counts -> List.distinct count.Value ]

[<Tests>]
let tests =
    testList
        "Two trainings"
        [
            test
                "Two trainings at once with different thread counts each compute with their own, and leave the weights that they leave alone" {
                let alone =
                    Map [ for count in [ 1; 2 ] -> count, onThread (fun () -> train (trainer count)) ]

                for pair in [ [ 1; 2 ]; [ 2; 1 ] ] do
                    let found, counts = together (pair |> List.map trainer) ignore
                    Expect.equal counts (pair |> List.map List.singleton) "threads"
                    Expect.equal (found = [ for count in pair -> alone[count] ]) true "weights"
            }

            test
                "Two trainings at once with the same thread count, and a third thread that predicts, give to the bit what each gives alone" {
                let first, second = trainer 1, (trainer 1).WithSeed 2L

                let alone =
                    [ for trainer in [ first; second ] -> onThread (fun () -> train trainer) ]

                use other = network 7L
                let picture = few.Value.Load().Test.Take 20

                let logits () =
                    other.Logits picture |> Seq.concat |> Array.ofSeq

                let expected = onThread logits
                let wrong = ref 0

                let predict () =
                    for _ in 1..10 do
                        if logits () <> expected then
                            wrong.Value <- wrong.Value + 1

                let found, counts = together [ first; second ] predict
                Expect.equal counts [ [ 1 ]; [ 1 ] ] "threads"
                Expect.equal (found = alone) true "weights"
                Expect.equal wrong.Value 0 "other logits"
            }

            // torch's own number for the process is looked at, which other tests may set for a while
            testSequenced (
                test
                    "A training gives its thread back the number of threads that it had, and no other thread gets the training's" {
                    let usual = onThread torch.get_num_threads
                    let mine = usual + 3

                    let before, during, after =
                        onThread (fun () ->
                            let before = torch.get_num_threads ()
                            let during = ref 0

                            let asked =
                                (trainer mine)
                                    .OnEpoch(fun (_: EpochMetrics) -> during.Value <- onThread torch.get_num_threads)

                            train asked |> ignore
                            (trainer mine).Estimate 1 |> ignore
                            before, during.Value, torch.get_num_threads ())

                    Expect.equal
                        (before, during, after)
                        (usual, usual, usual)
                        "its own before, a new thread's meanwhile, its own after"

                    Expect.equal (onThread torch.get_num_threads) usual "a new thread's after"
                }
            )

            test
                "A training within no_grad, inference mode or a dispose scope is the same training, and leaves these as they were" {
                let alone = onThread (fun () -> train (trainer 1))

                let within (enter: unit -> IDisposable) =
                    onThread (fun () ->
                        use _entered = enter ()
                        let before = torch.is_grad_enabled (), torch.is_inference_mode_enabled ()
                        let weights = train (trainer 1)
                        Expect.equal (torch.is_grad_enabled (), torch.is_inference_mode_enabled ()) before "modes"
                        weights)

                Expect.equal (within torch.no_grad = alone) true "no_grad"
                Expect.equal (within (fun () -> torch.inference_mode true) = alone) true "inference mode"
                Expect.equal (within (fun () -> torch.NewDisposeScope()) = alone) true "a dispose scope"
            }

            // other tests draw from torch's generator, too
            testSequenced (
                test
                    "torch's random numbers are the user's: a training neither takes nor seeds them, and theirs do not reach it" {
                    onThread (fun () ->
                        torch.manual_seed 11L |> ignore

                        let drawn () =
                            (use x = torch.rand (5L) in x.data<float32>().ToArray())

                        let alone = train (trainer 1)
                        torch.manual_seed 12L |> ignore
                        let generator = torch.random.get_rng_state ()
                        Expect.equal (train (trainer 1) = alone) true "weights after another seed"
                        let state (x: torch.Tensor) = x.data<byte>().ToArray()

                        Expect.equal
                            (state (torch.random.get_rng_state ()) = state generator)
                            true
                            "the generator's state"

                        drawn () |> ignore)
                }
            )

            testSequenced (
                test
                    "Another default type of torch's changes no weight: a training, a first network and a prediction are what they were" {
                    let drawn () =
                        use m = model.ToModule()

                        [
                            for struct (name, tensor) in m.named_parameters () ->
                                name, tensor.dtype, Seq.toList (tensor.``to``(torch.float64).data<float>())
                        ]

                    use m = network 8L

                    let logits () =
                        m.Logits(few.Value.Load().Test.Take 5) |> Seq.concat |> Array.ofSeq

                    let all () =
                        onThread (fun () -> train (trainer 1), drawn (), logits ())

                    let usual = all ()

                    try
                        torch.set_default_dtype torch.float64
                        Expect.equal (all () = usual) true "with float64 as the default"
                    finally
                        torch.set_default_dtype torch.float32
                }
            )

            test "A fault in one thread's backward pass is thrown there, and not in a training that runs beside it" {
                let formula = Elementwise.shiftedSign Binarizer.approxSign
                let mode = NetworkMode(true, true, true, Moment = TrainingMoment(1, 1, 1L))

                let layer (inBackward: unit -> unit) =
                    let isBackward = ref false

                    let layout (x: torch.Tensor) =
                        if isBackward.Value then
                            inBackward ()

                        ChannelLayout.Activations x

                    isBackward, ElementwiseLayer(Operand(layout, true), formula, formula)

                let apply (layer: ElementwiseLayer) x =
                    layer.Apply(x, mode, 0, null, torch.zeros (1L, 3L, 1L, 1L))

                let beside = ref None

                // the graph's last layer fails first; then its first runs another thread's backward pass while the fault is kept
                let isInner, inner =
                    layer (fun () ->
                        if beside.Value.IsNone then
                            beside.Value <- Some(onThread (fun () -> train (trainer 1))))

                let isOuter, outer = layer (fun () -> failwith "broken on purpose")

                let message =
                    onThread (fun () ->
                        use _scope = torch.NewDisposeScope()
                        let x = torch.randn(2L, 3L, 2L, 2L).requires_grad_()
                        let y = apply outer (apply inner x)
                        isInner.Value <- true
                        isOuter.Value <- true

                        try
                            Differentiation.Backward(y.sum ())
                            "nothing was thrown"
                        with :? InvalidOperationException as e ->
                            e.InnerException.Message)

                Expect.equal message "broken on purpose" "the fault"

                Expect.equal
                    (beside.Value = Some(onThread (fun () -> train (trainer 1))))
                    true
                    "the other training's weights"
            }

            test
                "A fault that a module's backward pass could not throw is thrown by the next step, and by the next forward pass, once" {
                use net = model.ToModule()

                use optimizer = new BnnOptimizer(Rules.Adam().Then(Rules.Descend 0.01), net)

                use x = torch.randn (2L, 1L, 28L, 28L)

                let fault (act: unit -> unit) =
                    net.Faults.Keep(exn "broken on purpose")

                    try
                        act ()
                        "nothing was thrown"
                    with :? InvalidOperationException as e ->
                        e.InnerException.Message

                Expect.equal (fault (fun () -> optimizer.step () |> ignore)) "broken on purpose" "the step"
                Expect.equal optimizer.Steps 0 "steps done"
                Expect.equal (fault (fun () -> net.forward(x).Dispose())) "broken on purpose" "the forward pass"
                net.forward(x).Dispose()
                optimizer.step () |> ignore
            }
        ]
