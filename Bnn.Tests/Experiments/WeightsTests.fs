/// A network's weights, to look at and to change.
module Bnn.Tests.ExperimentWeightsTests

open System
open Bnn
open Bnn.Tests.TrainingSupport
open Expecto

let private model () =
    new BnnModel(
        TorchNetwork.Create(ModelDescription.Create("tiny", normed, 2, 6, 6), 5L),
        NetworkMode(false, true, true),
        Normalization.None 2,
        [| "a"; "b"; "c" |]
    )

let private some = images 1L 8 2 6 6

let private logits (model: BnnModel) =
    model.Logits some
    |> Seq.concat
    |> Seq.map BitConverter.SingleToInt32Bits
    |> List.ofSeq

let private changed (change: float32 -> float32) (weights: NamedWeights) =
    NamedWeights(weights.Name, weights.Group, weights.Shape, Array.map change weights.Values)

let private named name values =
    NamedWeights(name, ParameterGroup.BinaryWeights, [| int64 (Array.length values) |], values)

[<Tests>]
let tests =
    testList
        "Experiments: weights"
        [
            test "Weights are listed once each, with their shape, their numbers and what they are" {
                use model = model ()
                let weights = List.ofSeq (model.Weights())
                let names = weights |> List.map _.Name
                Expect.equal (List.distinct names) names "names"
                Expect.equal (weights |> List.sumBy _.Values.LongLength) model.Info.Parameters "all parameters"

                for one in weights do
                    Expect.equal (Seq.fold (*) 1L one.Shape) one.Values.LongLength one.Name

                let binary =
                    weights |> List.filter (fun w -> w.Group = ParameterGroup.BinaryWeights)

                Expect.equal [ for w in binary -> List.ofSeq w.Shape ] [ [ 4L; 4L; 3L; 3L ] ] "binary weights"
            }

            test "A network with its own weights gives the same logits, bit for bit" {
                use model = model ()
                use same = model.WithWeights(model.Weights())
                Expect.equal (logits same) (logits model) "all of them"
                use none = model.WithWeights []
                Expect.equal (logits none) (logits model) "none changed"
            }

            test "Each weight that is changed changes the logits, and the network that it was taken from stays" {
                use model = model ()
                let before = logits model

                for weights in model.Weights() do
                    let other = changed (fun w -> 0.5f - w) weights
                    use there = model.WithWeights [ other ]
                    Expect.notEqual (logits there) before weights.Name
                    let found = there.Weights() |> Seq.find (fun w -> w.Name = weights.Name)
                    Expect.equal found.Values other.Values "they are there"

                Expect.equal (logits model) before "as it was"
            }

            test "Weights are copies, those that are given too" {
                use model = model ()
                let before = logits model

                for weights in model.Weights() do
                    Array.Fill(weights.Values, 9f)

                Expect.equal (logits model) before "what was listed"
                let given = model.Weights() |> Seq.map (changed (fun w -> 0.5f - w)) |> List.ofSeq
                use there = model.WithWeights given
                let changed = logits there

                for weights in given do
                    Array.Fill(weights.Values, 9f)

                Expect.equal (logits there) changed "what was given"
            }

            test "Weights of one name are those of the list, with their signs; 0 has the sign 1" {
                use model = model ()

                for weights in model.Weights() do
                    let one = model.Weights weights.Name
                    Expect.equal one.Name weights.Name "its name"
                    Expect.equal one.Group weights.Group "its group"
                    Expect.sequenceEqual one.Shape weights.Shape "its shape"
                    Expect.sequenceEqual one.Values weights.Values "its numbers"

                    Expect.sequenceEqual
                        (one.Signs())
                        [| for value in one.Values -> if value < 0f then -1y else 1y |]
                        "its signs"

                let few = named "w" [| 0f; -0f; 1e-45f; -1e-45f; nanf |]
                Expect.sequenceEqual (few.Signs()) [| 1y; 1y; 1y; -1y; -1y |] "at 0"
            }

            test "A name that the network has not is refused by one error with the names that are near" {
                use model = model ()
                let names = [ for weights in model.Weights() -> weights.Name ]
                let long = names |> List.maxBy _.Length
                let typed = long.Remove(2, 1) + "s"
                let message = Checks.argumentFault (fun () -> model.Weights typed |> ignore)
                Expect.stringContains message $"the name {typed}; near are {long}, " "two letters away"
                Expect.isLessThan message.Length 200 "not all names"

                Expect.stringContains
                    (Checks.argumentFault (fun () -> model.Weights(String('x', 100_000)) |> ignore))
                    "near are"
                    "a long one is no trouble"
            }

            test
                "Wrong weights are refused by one error with all that is wrong: a name that is not there, one twice, a wrong number" {
                use model = model ()
                let weights = Seq.head (model.Weights())
                let other = Seq.last (model.Weights())

                let message =
                    Checks.argumentFault (fun () ->
                        model
                            .WithWeights(
                                [
                                    named "nobody.weight" [| 1f |]
                                    weights
                                    weights
                                    named other.Name [| 1f; 2f |]
                                ]
                            )
                            .Dispose())

                for part in
                    [
                        "nobody.weight is not in tiny"
                        $"{weights.Name} is there twice"
                        $"{other.Name} has 2 numbers; the network has %d{other.Values.Length}"
                    ] do
                    Expect.stringContains message part "the error"
            }

            test "A network that is disposed of gives and takes no weights, and a changed one outlives its origin" {
                let model = model ()
                let expected = logits model
                use there = model.WithWeights(model.Weights())
                model.Dispose()
                Expect.equal (logits there) expected "its own memory"
                Expect.throwsT<ObjectDisposedException> (fun () -> model.Weights() |> ignore) "gives"
                Expect.throwsT<ObjectDisposedException> (fun () -> (model.WithWeights []).Dispose()) "takes"
            }
        ]
