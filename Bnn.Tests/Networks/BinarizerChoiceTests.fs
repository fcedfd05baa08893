/// Trainers with binarizers of their own: described, checked, and not gone on with others.
module Bnn.Tests.BinarizerChoiceTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainingSupport
open Expecto

let private magnitude = WeightBinarizer.valueOnly
let private irNet = WeightBinarizer.irNet
let private narrow = Binarizer.tanhSign (Schedule.linear 1.0 0.1)

let private trainer = (trainerOf normed 2 6 6).WithDiagnostics(true)

let private stage name weights activations =
    Stage.Create(name, true, true, 1, weights = weights, activations = activations)

let private plain name = Stage.Create(name, true, true, 1)

let private binarizersOf (model: ModelDescription) =
    [
        for place in Network.places model.Input model.Network do
            match place.Layer with
            | Layer.Sign(binarizer, _) -> binarizer.Name
            | layer ->
                match Layer.weights layer with
                | Some binarizer when not (Binarizer.isNone binarizer) -> binarizer.Name
                | _ -> ()
    ]

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Choice of binarizers"
            [
                test
                    "WithBinarizers replaces all binarizers of weights, of activations, or both; a second call replaces the first" {
                    let names (trainer: BnnTrainer) = binarizersOf (trainer.Plan().Model)
                    Expect.equal (names trainer) [ Binarizer.approxSign.Name; magnitude.Name ] "the network's"

                    Expect.equal
                        (names (trainer.WithBinarizers(weights = irNet)))
                        [ Binarizer.approxSign.Name; irNet.Name ]
                        "weights"

                    let both = trainer.WithBinarizers(irNet, narrow)
                    Expect.equal (names both) [ narrow.Name; irNet.Name ] "both"

                    Expect.equal
                        (names (both.WithBinarizers(activations = Binarizer.clip)))
                        [ Binarizer.clip.Name; irNet.Name ]
                        "again"

                    Expect.equal (names (both.WithModel normed)) [ narrow.Name; irNet.Name ] "whatever the network"
                }

                test "a stage's binarizers are described with the stage" {
                    let described = trainer.WithStages(plain "a", stage "b" irNet narrow)
                    let text = described.Describe()

                    let ofB =
                        text.Substring(text.IndexOf("b: activations", System.StringComparison.Ordinal))

                    Expect.stringContains ofB irNet.Name "weights"
                    Expect.stringContains ofB narrow.Name "activations"
                    Expect.isFalse ((text.Replace(ofB, "")).Contains irNet.Name) "only there"
                    Expect.stringContains text magnitude.Name "the network's own"
                    Expect.isEmpty (described.Warnings()) "nothing to warn of"

                    let idle = Stage.Create("c", true, false, 1, weights = irNet, activations = narrow)

                    Expect.sequenceEqual
                        (trainer.WithStages(idle).Warnings())
                        [ "c: its binarizer of weights has no effect: they are real in it" ]
                        "real weights"
                }

                test "a binarizer that cannot be run is a fault of its stage, and of the network where all have it" {
                    let broken =
                        { narrow with
                            Name = "broken"
                            Formula = Binarizer.x * Expr.uniform "q"
                        }

                    let names (trainer: BnnTrainer) =
                        [ for fault in trainer.Validate() -> fault.Name ]

                    Expect.equal
                        (names (trainer.WithStages(stage "b" irNet broken)))
                        [ "b: activations: broken" ]
                        "stage"

                    Expect.equal
                        (names (trainer.WithBinarizers(activations = broken)))
                        [ "model own network: sign: broken" ]
                        "network"
                }

                test "a binarizer that does not fit the network's layers is a fault of its stage" {
                    let taking name =
                        { narrow with
                            Name = "taking"
                            Formula = Binarizer.x * Input(name, PerChannel)
                            Evaluation = Binarizer.x * Input(name, PerChannel)
                            Parameters = [ name ]
                        }

                    let names weights activations =
                        [
                            for fault in trainer.WithStages(stage "b" weights activations).Validate() ->
                                fault.Name, fault.Value
                        ]

                    Expect.equal
                        (names (taking "weight") narrow)
                        [ "b: model own network: conv.weight", "the name of 2" ]
                        "a layer's own tensor"

                    Expect.equal
                        (names irNet (taking "t"))
                        [ "b: model own network: sign: taking: t", "a learned number" ]
                        "what formulas read"
                }

                test "a run does not go on with another binarizer; the fault names what differs" {
                    inFolder (fun folder ->
                        let saved =
                            trainer.WithStages(plain "a", stage "b" irNet narrow).SaveTo(Path.Combine(folder, "run"))

                        saved.Train().Model.Dispose()

                        let differing (trainer: BnnTrainer) =
                            [
                                for fault in refusals (fun () -> trainer.Train() |> ignore) -> fault.Name, fault.Value
                            ]

                        Expect.isEmpty (saved.Validate()) "the same"
                        let other = Binarizer.tanhSign (Schedule.linear 1.0 0.2)

                        let ofStage = differing (saved.WithStages(plain "a", stage "b" irNet other))

                        Expect.contains
                            ofStage
                            ("recipe.stages[1].activations.name", $"\"{other.Name}\"")
                            "the stage's"

                        Expect.all
                            ofStage
                            (fun (name, _) -> name.StartsWith "recipe.stages[1].activations.")
                            "nothing else"

                        let ofNetwork = differing (saved.WithBinarizers(activations = Binarizer.clip))

                        Expect.exists
                            ofNetwork
                            (fun (name, value) -> name.StartsWith "model." && value = $"\"{Binarizer.clip.Name}\"")
                            "the network's")
                }
            ]
    )
