/// Binarizers that a stage has for its time.
module Bnn.Tests.StageBinarizerTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.TrainingSupport
open Expecto

let private irNet = WeightBinarizer.irNet
let private learned = WeightBinarizer.learned
let private narrow = Binarizer.tanhSign (Schedule.linear 1.0 0.1)

let private trainer = (trainerOf normed 2 6 6).WithDiagnostics(true)

let private tested = lazy ((data 2 6 6).Load().Test)

/// The stages' losses, batch by batch.
let private losses (trainer: BnnTrainer) =
    let heard = ResizeArray()

    (trainer.OnBatch(fun b -> heard.Add((b.Stage, b.Loss)))).Train().Model.Dispose()

    List.ofSeq heard

let private ofStage name losses =
    losses |> List.filter (fun (stage, _) -> stage = name)

let private stage name weights activations =
    Stage.Create(name, true, true, 1, weights = weights, activations = activations)

let private plain name = Stage.Create(name, true, true, 1)

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Stages' binarizers"
            [
                test "a stage trains by its own binarizers, the next one by the network's again" {
                    let own = losses (trainer.WithStages(plain "a", plain "b"))
                    let other = losses (trainer.WithStages(stage "a" irNet narrow, plain "b"))
                    Expect.notEqual (ofStage "a" other) (ofStage "a" own) "in its time"

                    // where nothing learns, what stages do is what they do at the first weights
                    let still = trainer.WithSgd(learningRate = 1e-30).WithBatch(80)
                    let own = losses (still.WithStages(plain "a", plain "b"))

                    let other =
                        losses (still.WithStages(stage "a" irNet Binarizer.heavisideClip, plain "b"))

                    Expect.notEqual (ofStage "a" other) (ofStage "a" own) "the first"
                    Expect.equal (ofStage "b" other) (ofStage "b" own) "the next"

                    let everywhere =
                        still.WithBinarizers(irNet, Binarizer.heavisideClip).WithStages(plain "a", plain "b")

                    Expect.equal
                        (ofStage "a" (losses everywhere))
                        (ofStage "a" other)
                        "the network with these binarizers"
                }

                for name, weights in
                    [
                        "IR-Net's", irNet
                        "DoReFa's", Binarizer.doReFaWeight 2
                        "ternary", WeightBinarizer.ternary
                    ] do
                    test
                        $"the trained model has the last stage's binarizers, {name}, saved and loaded too, with its bytes" {
                        inFolder (fun folder ->
                            let folder = Path.Combine(folder, "run")

                            let result =
                                trainer.WithStages(plain "a", stage "b" weights narrow).SaveTo(folder).Train()

                            use model = result.Model
                            let expected = normed.WithBinarizers(weights, narrow)
                            Expect.equal model.Description.Network expected "trained"
                            let logits = logitsOf model tested.Value

                            let bytes =
                                Safetensors.Read(Path.Combine(folder, "network.bnn")).Tensors
                                |> Seq.sumBy (fun array -> int64 array.Bytes.Length)

                            Expect.equal bytes (model.Summary().Bytes) "bytes"

                            for path in
                                [
                                    folder
                                    Array.last (
                                        Directory.GetFiles(Path.Combine(folder, "checkpoints"), "0*.safetensors")
                                        |> Array.sort
                                    )
                                ] do
                                use loaded = BnnModel.Load path
                                Expect.equal loaded.Description model.Description path
                                Expect.equal (logitsOf loaded tested.Value) logits path
                                Expect.equal (string (loaded.Summary())) (string (model.Summary())) path)
                    }

                test "a stage may leave weights or activations as they are by a binarizer that is none" {
                    let result =
                        trainer.WithStages(plain "a", stage "b" Binarizer.none Binarizer.none, plain "c").Train()

                    use model = result.Model
                    Expect.equal model.Description.Network normed "its own again"
                    Expect.all result.Epochs (fun epoch -> System.Double.IsFinite epoch.Loss) "losses"

                    Expect.equal
                        [ for epoch in result.Epochs -> System.Double.IsNaN epoch.Saturation ]
                        [ false; true; false ]
                        "no sign, nothing saturates"
                }

                test "the network's own binarizers are the trained model's where the last stage has none" {
                    use model = (trainer.WithStages(stage "a" irNet narrow, plain "b")).Train().Model
                    Expect.equal model.Description.Network normed "its own"
                }

                test
                    "a binarizer that learns other numbers than the network's is one fault for each tensor, with the stage" {
                    let faults network stages =
                        [
                            for fault in trainer.WithModel(network: Network).WithStages(List.toArray stages).Validate() ->
                                fault.Name, fault.Value
                        ]

                    Expect.equal
                        (faults normed [ plain "a"; stage "b" learned narrow ])
                        [ "b: conv.scale", "learned by the stage's binarizer alone" ]
                        "more"

                    Expect.equal
                        (faults (normed.WithBinarizers(weights = learned)) [ stage "first" irNet narrow; plain "b" ])
                        [ "first: conv.scale", "learned by the network's own binarizer alone" ]
                        "fewer"

                    let ede = Scale.learned (Binarizer.ede Binarizer.edeSharpness)

                    Expect.isEmpty
                        (faults
                            (normed.WithBinarizers(weights = learned))
                            [ Stage.Create("a", true, true, 1, weights = ede) ])
                        "as many"
                }

                test "a learned scale goes on from stage to stage under another binarizer that learns it" {
                    let ede = Scale.learned (Binarizer.ede Binarizer.edeSharpness)

                    let trainer =
                        trainer
                            .WithBinarizers(weights = learned)
                            .WithStages(plain "a", Stage.Create("b", true, true, 1, weights = ede))

                    use model = trainer.Train().Model

                    inFolder (fun folder ->
                        let path = Path.Combine(folder, "net.safetensors")
                        Directory.CreateDirectory folder |> ignore
                        model.Save path

                        let scale =
                            Safetensors.Read(path).Tensors
                            |> Seq.find (fun array -> array.Name = "conv.scale")

                        let bytes = scale.Bytes.ToArray()

                        for k in 0..4 .. bytes.Length - 1 do
                            Expect.notEqual (System.BitConverter.ToSingle(bytes, k)) 1.0f "learned")
                }
            ]
    )
