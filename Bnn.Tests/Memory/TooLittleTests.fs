/// Memory that does not suffice, which is said once and clearly.
module Bnn.Tests.TooLittleTests

open System
open Bnn
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

/// Asks torch for 4 PiB, more than a process can address on any machine: its own error.
let private immense () = torch.empty(1L <<< 50).Dispose()

[<Tests>]
let tests =
    testList
        "Too little memory"
        [
            test
                "A computation that needs more memory than there is says so in one sentence, with how much torch asked for" {
                let message =
                    try
                        TooLittleMemory.Named((fun () -> "a network on 3 examples"), "use less", immense)
                        "it had the memory"
                    with :? InsufficientMemoryException as e ->
                        Expect.isNotNull e.InnerException "torch's own words are kept"
                        e.Message

                Expect.equal
                    message
                    "there is too little memory for a network on 3 examples: torch asked for 4503599627370496 bytes more and did not get them; use less"
                    "the message"

                let other () = invalidOp "tried to allocate"

                Expect.throwsT<InvalidOperationException>
                    (fun () -> TooLittleMemory.Named((fun () -> ""), "", other))
                    "another fault is left as it is"
            }

            test "A training that needs more memory than there is ends in one error that names the batch and the remedy" {
                let trainer = trainerOf normed 1 6 6
                let told = ResizeArray<exn>()

                let listening =
                    { new ITrainingObserver with
                        member _.Batch _ = immense ()
                        member _.Failed e = told.Add e
                    }

                let train (trainer: BnnTrainer) =
                    try
                        trainer.Observed(listening).Train().Model.Dispose()
                        "it had the memory"
                    with :? BnnTrainingException as e ->
                        Expect.equal (Seq.last told) e "the observers hear the same"
                        e.Message

                for message, batch in [ train trainer, 4; train (trainer.WithMicroBatches 2), 2 ] do
                    for part in
                        [
                            $"{batch} examples at once"
                            "torch asked for "
                            "smaller batch"
                            "WithMicroBatches"
                        ] do
                        Expect.stringContains message part "the message"

                    Expect.isFalse (message.Contains '\n') "one line"
            }

            test "Memory of .NET that is used up is said in the same way, from whatever thread" {
                for e in
                    [
                        OutOfMemoryException() :> exn
                        AggregateException(InvalidOperationException(), OutOfMemoryException())
                    ] do
                    match TooLittleMemory.InTraining(e, 64) with
                    | null -> failtest "not told"
                    | told ->
                        Expect.stringContains
                            told.Message
                            "64 examples at once: the objects of .NET fill the "
                            "the message"

                        Expect.equal told.InnerException e "the cause"

                Expect.isNull
                    (TooLittleMemory.InTraining(InvalidOperationException "tried to allocate", 1))
                    "another fault"
            }
        ]
