/// What is disposed of: nothing that computes meanwhile is taken its memory, and what comes after is told what is gone.
module Bnn.Tests.DisposalTests

open System
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.TrainerTests
open Expecto
open TorchSharp

let internal model = Models.ReActNet([ struct (8, 2); struct (16, 1) ])

let internal classes = few.Value.Load().Test.Classes

/// A network with drawn weights for the images of `few`.
let internal network seed =
    new BnnModel(TorchNetwork.Create(model, seed), NetworkMode(false, true, true), Normalization.None 1, classes)

let private images = lazy (few.Value.Load().Test.Take 50)

let private refusal (act: unit -> unit) =
    try
        act ()
        failtest "nothing was refused"
    with :? ObjectDisposedException as e ->
        e.Message

let private temporary extension =
    Path.Combine(Path.GetTempPath(), $"bnn-{Guid.NewGuid():N}{extension}")

/// Every public way to use a network's memory.
let private uses: (string * (BnnModel -> unit)) list =
    [
        "Predict", (fun m -> m.Predict images.Value[0] |> ignore)
        "Predict of several", (fun m -> m.Predict [| images.Value[0]; images.Value[1] |] |> ignore)
        "Logits", (fun m -> m.Logits images.Value |> ignore)
        "Evaluate", (fun m -> m.Evaluate images.Value |> ignore)
        "RecalibrateBatchNorm", (fun m -> m.RecalibrateBatchNorm(images.Value, 1).Dispose())
        "Save as .bnn", (fun m -> m.Save(temporary ".bnn"))
        "Save as .pth", (fun m -> m.Save(temporary ".pth"))
        "Save as .safetensors", (fun m -> m.Save(temporary ".safetensors"))
        "Save in a folder", (fun m -> m.Save(temporary ""))
    ]

let private sequential = torch.nn.Sequential(torch.nn.Linear(3L, 2L))

[<Tests>]
let tests =
    testList
        "Disposal"
        [
            for name, act in uses do
                test $"{name} after Dispose raises an ObjectDisposedException that names the network" {
                    let m = network 1L
                    m.Dispose()
                    let message = refusal (fun () -> act m)
                    Expect.stringContains message "the network ReActNet" "the network"
                    Expect.stringContains message "disposed of" "what became of it"
                }

            test
                "A network disposed of has its description, size, counts and classes still, and may be disposed of again" {
                let m = network 1L
                m.Dispose()
                m.Dispose()
                Expect.equal m.Description model "description"
                Expect.equal (Seq.length m.Classes) 10 "classes"
                Expect.isGreaterThan m.Info.Parameters 0L "parameters"
                Expect.isGreaterThan (m.Summary().Bytes) 0L "bytes"
            }

            test "A training's network after Dispose raises the same" {
                let result = (short ()).OneStep(epochs = 1).WithThreads(1).Train()
                result.Model.Dispose()

                Expect.stringContains
                    (refusal (fun () -> result.Model.Predict images.Value[0] |> ignore))
                    "the network ReActNet"
                    "the network"
            }

            test
                "A training with a teacher or weights that were disposed of is refused before it begins, by the network's name" {
                let m = network 1L
                let trainer = (short ()).WithModel(model)
                let teacher, start = trainer.WithTeacher m, trainer.StartingFrom m
                Expect.isEmpty (teacher.Validate()) "while it is there"
                m.Dispose()

                for refused, name in [ teacher, "teacher"; start, "start" ] do
                    let fault = Seq.exactlyOne (refused.Validate())
                    Expect.equal fault.Name name "what is wrong"
                    Expect.stringContains (string fault) "ReActNet" "the network"
                    Expect.stringContains (string fault) "disposed of" "what became of it"
            }

            test "A teacher that is disposed of while it teaches ends the training with an error that names it" {
                let m = network 1L

                let trainer =
                    (short ())
                        .WithModel(model)
                        .WithTeacher(m)
                        .WithThreads(1)
                        .OnBatch(fun (_: BatchMetrics) -> m.Dispose())

                Expect.stringContains
                    (refusal (fun () -> trainer.Train() |> ignore))
                    "the network ReActNet"
                    "the teacher"
            }

            test "A module after Dispose raises an ObjectDisposedException that names its network" {
                let net = model.ToModule()
                net.Dispose()
                use x = torch.randn (2L, 1L, 28L, 28L)
                Expect.stringContains (refusal (fun () -> net.forward x |> ignore)) "the module ReActNet" "the module"
            }

            test "An optimizer after Dispose raises an ObjectDisposedException that says which it is" {
                let optimizer = new BnnOptimizer(Rules.Adam().Then(Rules.Descend 0.1), sequential)

                optimizer.Dispose()
                optimizer.Dispose()

                for act in
                    [
                        (fun () -> optimizer.step () |> ignore)
                        (fun () -> optimizer.Save "never.safetensors")
                        (fun () -> optimizer.Load "never.safetensors")
                    ] do
                    Expect.stringContains (refusal act) "the optimizer of 2 parameters" "the optimizer"
            }

            test
                "Dispose while other threads predict lets each prediction end with its right logits, and refuses those after it" {
                for turn in 1..6 do
                    let m = network (int64 turn)
                    let expected = m.Logits(images.Value) |> Seq.concat |> Array.ofSeq
                    use began = new CountdownEvent(4)
                    let wrong = ref 0
                    let refused = ref 0

                    let predict () =
                        let mutable goesOn = true
                        let mutable isFirst = true

                        while goesOn do
                            try
                                if Array.ofSeq (m.Logits(images.Value) |> Seq.concat) <> expected then
                                    Interlocked.Increment wrong |> ignore
                            with
                            | :? ObjectDisposedException ->
                                Interlocked.Increment refused |> ignore
                                goesOn <- false
                            | _ ->
                                Interlocked.Increment wrong |> ignore
                                goesOn <- false

                            if isFirst then
                                began.Signal() |> ignore
                                isFirst <- false

                    let threads = [ for _ in 1..4 -> Thread(predict) ]
                    threads |> List.iter _.Start()
                    began.Wait()
                    m.Dispose()
                    threads |> List.iter _.Join()
                    Expect.equal wrong.Value 0 "other logits or another error"
                    Expect.equal refused.Value 4 "refusals"
            }

            test "Dispose within a use gives the memory back when the last use ends, once, and never waits" {
                let freed = ref 0
                let lifetime = Lifetime("the thing", fun () -> freed.Value <- freed.Value + 1)
                let first, second = lifetime.Begin(), lifetime.Begin()
                lifetime.End()
                lifetime.End()
                Expect.equal freed.Value 0 "in use"
                Expect.throwsT<ObjectDisposedException> (fun () -> lifetime.Begin() |> ignore) "a use after the end"
                first.Dispose()
                Expect.equal freed.Value 0 "still in use"
                second.Dispose()
                Expect.equal freed.Value 1 "freed"
            }

            test "A module disposed of in its own loop, between forward and backward pass, does no harm" {
                use _scope = torch.NewDisposeScope()
                let net = model.ToModule()
                let x = torch.randn (2L, 1L, 28L, 28L)
                let loss = net.forward(x).sum()
                net.Dispose()
                GC.Collect()
                loss.backward ()
                Expect.isTrue (Double.IsFinite(loss.``to``(torch.float64).item<float>())) "loss"
            }

            test "What users can dispose of is the network, the module and the optimizer: each is tried above" {
                let isOwn (t: Type) =
                    t.IsPublic && typeof<IDisposable>.IsAssignableFrom t

                Expect.equal
                    (typeof<BnnModel>.Assembly.GetTypes()
                     |> Array.filter isOwn
                     |> Array.map _.Name
                     |> Set.ofArray)
                    (set [ "BnnModel"; "BnnModule"; "BnnOptimizer" ])
                    "public and disposable"
            }
        ]
