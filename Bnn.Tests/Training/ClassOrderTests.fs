/// Classes are told by their names, in whatever order a file, a data set, a teacher or given weights have them.
module Bnn.Tests.ClassOrderTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto
open TorchSharp

let private size = 2 * 6 * 6
let private names = [| "ape"; "bee"; "cat" |]

/// The same 24 images, their classes in this order.
let private images (classes: string[]) =
    let labels = Array.init 24 (fun k -> Array.IndexOf(classes, names[k % 3]))
    ImageSet(2, 6, 6, ReadOnlyMemory(randomBytes 5L (24 * size) 256), ReadOnlyMemory labels, classes)

/// Those of them whose class is one of these.
let private some (classes: string[]) =
    let all = randomBytes 5L (24 * size) 256

    let kept =
        [|
            for k in 0..23 do
                if Array.contains names[k % 3] classes then
                    k
        |]

    let pixels = kept |> Array.collect (fun k -> all[k * size .. (k + 1) * size - 1])
    let labels = kept |> Array.map (fun k -> Array.IndexOf(classes, names[k % 3]))
    ImageSet(2, 6, 6, ReadOnlyMemory pixels, ReadOnlyMemory labels, classes)

let private orders = [ [| "bee"; "cat"; "ape" |]; [| "cat"; "bee"; "ape" |] ]

let private data classes =
    let set = images classes
    Data.InMemory("tiny", set, set)

let private training = (trainingOf (data names)).WithModel(normed, "normed")

let private trained () = training.Train().Model

let private argument (action: unit -> unit) =
    try
        action ()
        failtest "nothing was refused"
    with :? ArgumentException as e ->
        e.Message

let private rounded (evaluation: Evaluation) =
    evaluation.Top1, evaluation.Top5, Math.Round(evaluation.Loss, 4), evaluation.Count

[<Tests>]
let tests =
    testList
        "Order of classes"
        [
            test "a network is as good on images whose classes have the same names in another order" {
                use model = trained ()
                let expected = model.Evaluate(images names)
                Expect.isGreaterThan expected.Top1 0.4 "it has learned something"

                for order in orders do
                    Expect.equal (rounded (model.Evaluate(images order))) (rounded expected) (String.Join(", ", order))
            }

            test "classes that have numbers in place of names are told by their places" {
                use model = trained ()
                let numbered = [| "0"; "1"; "2" |]

                let unnamed =
                    ImageSet(2, 6, 6, (images names).Pixels, (images names).Labels, numbered)

                Expect.equal
                    (rounded (model.Evaluate unnamed))
                    (rounded (model.Evaluate(images names)))
                    "data without names"

                use renamed =
                    new BnnModel(
                        TorchNetwork.Create(model.Description, 1L),
                        NetworkMode(false, true, true),
                        model.Given().Normalization,
                        numbered
                    )

                renamed.Evaluate(images names) |> ignore
                // numbers in another order are names
                let turned =
                    ImageSet(2, 6, 6, (images names).Pixels, (images orders[0]).Labels, [| "1"; "2"; "0" |])

                Expect.equal (rounded (renamed.Evaluate turned)) (rounded (renamed.Evaluate unnamed)) "by name"
            }

            test "other names are refused with both lists" {
                use model = trained ()

                let others =
                    ImageSet(2, 6, 6, (images names).Pixels, (images names).Labels, [| "ape"; "bee"; "dog" |])

                let text = argument (fun () -> model.Evaluate others |> ignore)

                Expect.stringContains
                    text
                    "the examples have 3 classes (ape, bee, dog), the network 3 (ape, bee, cat); the names must be the same, in any order"
                    "both"

                let twice =
                    ImageSet(2, 6, 6, (images names).Pixels, (images names).Labels, [| "ape"; "ape"; "cat" |])

                Expect.stringContains
                    (argument (fun () -> model.Evaluate twice |> ignore))
                    "(ape, ape, cat)"
                    "names twice"
            }

            test "of long lists the first names are given, and those that only one side has" {
                let own = [| for k in 1..1000 -> $"class {k}" |]
                let theirs = Array.append own[..997] [| "dog"; "emu" |]
                let problem = ClassOrder.Of(own, theirs).Problem
                Expect.stringContains problem "class 10 and 990 more" "the first"
                Expect.stringContains problem "; only the examples have dog, emu" "theirs"
                Expect.stringContains problem "; only the network has class 999, class 1000" "its own"
                Expect.isLessThan problem.Length 500 "short"
            }

            test "some of the classes are evaluated on where the caller says so, among all or among these" {
                use model = trained ()
                let two = some [| "cat"; "ape" |]
                let text = argument (fun () -> model.Evaluate two |> ignore)
                Expect.stringContains text "to evaluate on some of the classes, give a ClassSubset" "how"

                let logits = model.Logits(two: Examples)
                let labels = two.Labels.ToArray() |> Array.map (fun label -> [| 2; 0 |][label])

                let share (choices: int list) =
                    Seq.zip logits labels
                    |> Seq.averageBy (fun (row, label) ->
                        if List.maxBy (fun k -> row[k]) choices = label then
                            1.0
                        else
                            0.0)

                Expect.equal (model.Evaluate(two, ClassSubset.AmongAll)).Top1 (share [ 0; 1; 2 ]) "among all"
                Expect.equal (model.Evaluate(two, ClassSubset.AmongThese)).Top1 (share [ 0; 2 ]) "among these"

                Expect.equal
                    (rounded (model.Evaluate(images orders[0], ClassSubset.AmongAll)))
                    (rounded (model.Evaluate(images names)))
                    "all of them are some of them"
            }

            test "test images may have the training images' classes in another order; else both lists are given" {
                let run order =
                    (training.WithData(Data.InMemory("tiny", images names, images order))).Train()

                let expected = run names

                for order in orders do
                    let result = run order
                    Expect.equal result.Stages[0].Top1 expected.Stages[0].Top1 "at the stage's end"

                    Expect.equal
                        [ for e in result.Epochs -> e.Top1 ]
                        [ for e in expected.Epochs -> e.Top1 ]
                        "each epoch"

                let dog =
                    ImageSet(2, 6, 6, (images names).Pixels, (images names).Labels, [| "ape"; "bee"; "dog" |])

                let text = argument (fun () -> Dataset("tiny", images names, dog) |> ignore)
                Expect.stringContains text "differ in their classes" "what"
                Expect.stringContains text "(ape, bee, cat)" "the training images'"
                Expect.stringContains text "(ape, bee, dog)" "the test images'"
            }

            test "a teacher whose classes have the same names in another order teaches the same" {
                use teacher = trained ()

                let turned (order: string[]) =
                    let columns = order |> Array.map (fun name -> int64 (Array.IndexOf(names, name)))
                    let network = TorchNetwork.Create(teacher.Description, 1L)
                    NetworkTensors.Give(network, teacher.Given().Tensors)

                    for tensor in network.Store.All do
                        if tensor.Name.StartsWith("classifier.", StringComparison.Ordinal) then
                            use _none = torch.no_grad ()

                            tensor.Value.copy_ (tensor.Value.index_select (0L, torch.tensor columns))
                            |> ignore

                    new BnnModel(network, NetworkMode(false, true, true), teacher.Given().Normalization, order)

                let taught (teacher: BnnModel) =
                    use model = training.WithTeacher(teacher).Train().Model
                    logitsOf model (images names)

                let expected = taught teacher

                for order in orders do
                    use other = turned order
                    Expect.equal (taught other) expected (String.Join(", ", order))
            }

            test "a teacher of other classes is refused with both lists" {
                use teacher = trained ()

                let others =
                    ImageSet(2, 6, 6, (images names).Pixels, (images names).Labels, [| "ape"; "bee"; "dog" |])

                let faults =
                    refusals (fun () ->
                        training.WithData(Data.InMemory("tiny", others, others)).WithTeacher(teacher).Plan()
                        |> ignore)

                Expect.hasLength faults 1 "one fault"
                Expect.equal faults[0].Name "teacher" "whose"
                Expect.stringContains faults[0].Value "(ape, bee, dog)" "the data's"
                Expect.stringContains faults[0].Value "(ape, bee, cat)" "the teacher's"
            }

            test
                "weights whose classes have the same names in another order start a training with their classifier in the data's" {
                // without batch norm, whose statistics move though no weight does
                use model = (training.WithModel(plain, "plain")).Train().Model

                for order in orders do
                    let start = (still (trainingOf (data order))).StartingFrom model

                    Expect.contains
                        (takenBy start).Remarks
                        "its classes have the same names in another order: the classifier is put in the data's"
                        "said"

                    use started = start.Train().Model
                    Expect.sequenceEqual started.Classes order "the data's order"

                    Expect.equal
                        (rounded (started.Evaluate(images names)))
                        (rounded (model.Evaluate(images names)))
                        "as good as before"
            }

            test "a set of images with one class is refused before a training begins" {
                let one =
                    ImageSet(
                        2,
                        6,
                        6,
                        ReadOnlyMemory(randomBytes 5L (8 * size) 256),
                        ReadOnlyMemory(Array.zeroCreate 8),
                        [| "ape" |]
                    )

                inFolder (fun folder ->
                    let faults =
                        refusals (fun () ->
                            (trainingOf (Data.InMemory("apes", one, one))).SaveTo(Path.Combine(folder, "run")).Train()
                            |> ignore)

                    Expect.equal
                        [ for fault in faults -> string fault ]
                        [
                            "data apes: classes is 1, ape; allowed: at least 2: there is nothing to tell apart"
                        ]
                        "one sentence")
            }
        ]
