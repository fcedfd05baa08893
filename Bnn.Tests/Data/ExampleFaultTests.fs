/// What is wrong with examples that are numbers, or a user's code: known before a training begins, or one clear error in the middle of it.
module Bnn.Tests.ExampleFaultTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.DataSupport
open Bnn.Tests.ExamplesTests
open Bnn.Tests.OwnNetworkSupport
open Expecto

let private faultsOf (trainer: BnnTrainer) =
    [ for fault in trainer.Validate() -> fault.Name, fault.Value ]

let private firstLine (e: exn) = e.Message

let private thrown (action: unit -> unit) =
    try
        action ()
        "nothing was thrown"
    with :? BnnTrainingException as e ->
        firstLine e

[<Tests>]
let tests =
    testList
        "Examples: faults"
        [
            test
                "A source that throws, or gives numbers that are not finite, ends a run with the example's name; what was saved stays" {
                let set = labelled series' 40 3

                for workers in [ 0; 2 ] do
                    for fail, expected in
                        [
                            (fun index ->
                                if index = 17 then
                                    failwith "no connection"),
                            "example 17 cannot be read: its source has thrown Exception: no connection"
                        ] do
                        inFolder (fun folder ->
                            let mutable broken = false

                            let examples =
                                Counting(
                                    set,
                                    fun index ->
                                        if broken then
                                            fail index
                                )

                            let trainer =
                                (trainedOn series (Data.Own("n", "1", examples, own set)))
                                    .WithDataWorkers(workers)
                                    .SaveTo(folder)
                                    .WithCheckpoints(TimeSpan.Zero)

                            let breaking = trainer.OnEpoch(fun (_: EpochMetrics) -> broken <- true)
                            Expect.equal (thrown (fun () -> breaking.Train().Model.Dispose())) expected "named"
                            broken <- false
                            let whole = outcomeOf (trainedOn series (Data.Own("n", "1", own set, own set)))
                            Expect.equal (outcomeOf trainer) whole "goes on from what was saved")

                let holes =
                    { new Examples() with
                        member _.Count = 20
                        member _.Size = series'
                        member _.Classes = names
                        member _.Label index = index % 3

                        member _.Write(index: int, inputs: Span<float32>) =
                            inputs.Fill 1f

                            if index = 6 then
                                inputs[5] <- nanf
                    }

                let data =
                    Data.Own("n", "1", holes, own set).WithNormalization([ 0.0; 0.0 ], [ 1.0; 1.0 ])

                Expect.equal
                    (thrown (fun () -> (trainedOn series data).Train().Model.Dispose()))
                    "example 6 holds NaN as number 5 of its inputs; give finite numbers"
                    "not finite"
            }

            test "What is wrong with a source of one's own is known before a training begins" {
                let set = labelled series' 40 3

                let source (count: int) (size: FeatureSize) (classes: string[]) (label: int -> int) =
                    { new Examples() with
                        member _.Count = count
                        member _.Size = size
                        member _.Classes = classes
                        member _.Label index = label index
                        member _.Write(_: int, _: Span<float32>) = ()
                    }

                let value examples =
                    match faultsOf (trainedOn series (Data.Own("n", "1", examples, examples))) with
                    | ("data n: training examples", value) :: _ -> value
                    | other -> $"%A{other}"

                Expect.equal (value (source 0 series' names (fun _ -> 0))) "there are 0" "none"

                Expect.equal
                    (value (source 3 (FeatureSize.Of(2L, 0L, 4L)) names (fun _ -> 0)))
                    "their size is 2 x 0 x 4"
                    "size"

                Expect.equal
                    (value (source 3 series' [||] (fun _ -> 0)))
                    "they have neither classes nor targets"
                    "classes"

                Expect.equal
                    (value (source 30 series' names (fun index -> if index = 7 then 3 else 0)))
                    "label 3 of example 7 is not within 0..2"
                    "label"

                Expect.stringContains
                    (value (source 30 series' names (fun _ -> failwith "no file")))
                    "its source has thrown Exception: no file"
                    "throws"

                let loading =
                    { new DataSource() with
                        member _.Name = "mine"
                        member _.Load() = failwith "offline"
                    }

                Expect.equal
                    (faultsOf (trainedOn series loading))
                    [ "data mine", "its source has thrown Exception: offline" ]
                    "does not load"

                let unversioned =
                    { new DataSource() with
                        member _.Name = "mine"
                        member _.Load() = Dataset("mine", own set, own set)
                    }

                Expect.equal
                    (faultsOf (trainedOn series unversioned))
                    [ "data mine: version", "your code has none" ]
                    "no version"

                Expect.stringContains
                    (argumentFault (fun () -> Data.InMemory("n", own set, set) |> ignore))
                    "Data.Own"
                    "not in memory"
            }

            test "Numbers in memory that cannot be meant are refused, and the error names them" {
                let vector = FeatureSize.Of(2L, 1L, 1L)

                let refused (values: float32 list) (labels: int list) =
                    argumentFault (fun () ->
                        FloatSet(
                            vector,
                            ReadOnlyMemory(Array.ofList values),
                            ReadOnlyMemory(Array.ofList labels),
                            names
                        )
                        |> ignore)

                Expect.stringContains
                    (refused [ 1f; 2f; 3f ] [ 0 ])
                    "1 examples of 2 x 1 x 1 have 2 numbers, not 3"
                    "count"

                Expect.stringContains (refused [ 1f; 2f; 3f; nanf ] [ 0; 1 ]) "number 1 of example 1 is NaN" "NaN"
                Expect.stringContains (refused [ 1f; 2f ] [ 3 ]) "label 3 of example 0 is not within 0..2" "label"
                Expect.stringContains (refused [] []) "at least one example" "none"
                let set = labelled series' 40 3
                let data = Data.InMemory("n", set, set)

                let names' (trainer: BnnTrainer) =
                    [ for fault in trainer.Validate() -> fault.Name ]

                Expect.equal
                    (names' ((trainedOn series data).WithAugmentation Augmentation.Cifar))
                    [ "augmentation" ]
                    "numbers are not augmented"

                Expect.equal
                    (names' (trainedOn series (data.WithNormalization([ 0.0 ], [ 1.0 ]))))
                    [ "data n: normalization" ]
                    "one channel of two"

                Expect.equal (names' (trainedOn series (data.WithNoise 0.1))) [ "data n" ] "noise is for pictures"

                for bad in [ 0.0; -1.0; nan; infinity ] do
                    Expect.throwsT<ArgumentOutOfRangeException> (fun () -> data.WithNoise bad |> ignore) $"noise {bad}"

                    Expect.throwsT<ArgumentException>
                        (fun () -> data.WithNormalization([ 0.0; 0.0 ], [ 1.0; bad ]) |> ignore)
                        $"deviation {bad}"
            }
        ]
