/// Trainings that start from given weights: what they begin with, and what they say of it.
module Bnn.Tests.StartTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto

/// What was taken and what is new are the network's tensors, what was taken and what was left the given ones.
let private isPartition (trainer: BnnTrainer) (given: string list) =
    let report = takenBy trainer
    let network = [ for name, _, _ in firstOf trainer -> name ]
    Expect.containsAll network (List.ofSeq report.Taken) "of the network"

    Expect.equal
        (List.sort (List.ofSeq report.Taken @ List.ofSeq report.New))
        (List.sort network)
        "taken and new are the network's"

    Expect.equal
        (List.sort (List.ofSeq report.Taken @ List.ofSeq report.Left))
        (List.sort given)
        "taken and left are the given"

let private namesOf tensors = [ for name, _, _ in tensors -> name ]

[<Tests>]
let tests =
    testList
        "Start"
        [
            test "a training that starts from a result and moves no weight gives its logits, to the bit" {
                let own =
                    (trainingOf (dataOf 3 2 6 6)).WithModel(plain, "plain").WithDiagnostics false

                use trained = own.Train().Model
                let images = (dataOf 3 2 6 6).Load().Test
                let started = (still own).StartingFrom(trained).Train()
                use model = started.Model
                Expect.equal (logitsOf model images) (logitsOf trained images) "the logits"
                Expect.isEmpty started.Start.New "all is taken"
                use drawn = (still own).Train().Model
                Expect.notEqual (logitsOf drawn images) (logitsOf trained images) "drawn weights give others"
            }

            test
                "a run's folder, its newest checkpoint, every other file of latent weights and the network itself are the same start" {
                inFolder (fun folder ->
                    let run = Path.Combine(folder, "run")
                    let result = training.SaveTo(run).Train()
                    use model = result.Model

                    let files =
                        [
                            for ending in [ "safetensors"; "pth"; "pt"; "pth.tar" ] do
                                let path = Path.Combine(folder, $"net.{ending}")
                                model.Save path
                                path
                        ]

                    let starts =
                        onward.StartingFrom model
                        :: [
                            for path in run :: Array.last (checkpointsOf run) :: files -> onward.StartingFrom path
                        ]

                    for start in starts do
                        let report = takenBy start

                        Expect.equal
                            (firstOf start)
                            (tensorsOf model)
                            $"{report.From}: latent weights, statistics and all"

                        Expect.isEmpty report.New $"{report.From}: nothing is new"
                        Expect.isEmpty report.Left $"{report.From}: nothing is left"
                        Expect.isEmpty report.Remarks $"{report.From}: nothing to remark"
                        Expect.equal report.Sha256 (takenBy starts.Head).Sha256 $"{report.From}: its hash"
                        Expect.equal (start.Plan().Model.Network) normed $"{report.From}: its network")
            }

            test "of a run's folder the newest checkpoint counts, not that of the best epoch" {
                inFolder (fun folder ->
                    let left = trainIn folder (training.WithEvaluation(1))
                    let start = onward.StartingFrom folder
                    Expect.equal (takenBy start).From (Array.last (checkpointsOf folder)) "its name"
                    Expect.equal (firstOf start) left "what the run has left"

                    Expect.isTrue
                        (File.Exists(Path.Combine(folder, "checkpoints", "best.safetensors")))
                        "there is a best")
            }

            test "a .bnn, and a folder without checkpoints, give signs times a scale, and it is said" {
                inFolder (fun folder ->
                    use model = training.SaveTo(folder).Train().Model
                    Directory.Delete(Path.Combine(folder, "checkpoints"), true)
                    use loaded = BnnModel.Load folder

                    for start in
                        [
                            onward.StartingFrom folder
                            onward.StartingFrom(Path.Combine(folder, "network.bnn"))
                            onward.StartingFrom loaded
                        ] do
                        let report = takenBy start
                        Expect.equal (firstOf start) (tensorsOf loaded) "the file's weights"
                        Expect.notEqual (firstOf start) (tensorsOf model) "not the latent ones"

                        Expect.equal
                            (List.ofSeq report.Remarks)
                            [
                                "the latent weights of 1 tensor are their signs times a scale, which is all that a .bnn keeps of them"
                            ]
                            "remarks"

                        Expect.stringContains (start.Describe()) report.Remarks[0] "in the description")
            }

            test "for other classes the classifier is new, drawn as without given weights, and all else is taken" {
                let norms =
                    Layers.Convolution("stem", 4, 3)
                    >=> Layers.Sign("sign")
                    >=> Layers.BinaryConvolution("conv", 3, 3)
                    >=> Layers.BatchNorm "after"
                    >=> Layers.GlobalMean()

                for network, isOfClasses in
                    [
                        normed, (fun (name: string) -> name.StartsWith "classifier.")
                        // what follows the last layer with outputs has a number a class too
                        norms,
                        (fun name ->
                            name.StartsWith "conv."
                            || (name.StartsWith "after." && name <> "after.num_batches_tracked"))
                    ] do
                    use model = training.WithModel(network, "own").Train().Model

                    for classes in [ 2; 5 ] do
                        let others = (trainingOf (dataOf classes 2 6 6)).WithSeed 7
                        let start = others.StartingFrom model
                        let report = takenBy start
                        let names = namesOf (tensorsOf model)
                        let fresh, kept = List.partition isOfClasses names
                        Expect.equal (start.Plan().Model) (model.Description.WithClasses classes) "the network"
                        Expect.equal (List.ofSeq report.New) fresh "new"
                        Expect.equal (List.ofSeq report.Left) fresh "left"
                        Expect.equal (named kept (firstOf start)) (named kept (tensorsOf model)) "taken"
                        let drawn = firstOf (others.WithModel(model.Description.WithClasses classes))
                        Expect.equal (named fresh (firstOf start)) (named fresh drawn) "drawn from the seed"
                        isPartition start names
                        // the same where the network is named
                        let named =
                            others.WithModel(model.Description.WithClasses classes).StartingFrom model

                        Expect.equal (firstOf named) (firstOf start) "with the network given"
            }

            test "in part, what fits is taken, the rest begins as without given weights, and both are listed" {
                use model = training.Train().Model

                let wider: Network =
                    Layers.Convolution("stem", 4, 3)
                    >=> Layers.BatchNorm "norm"
                    >=> Layers.Sign("sign")
                    >=> Layers.BinaryConvolution("conv", 6, 3)
                    >=> Layers.PRelu "prelu"
                    >=> Layers.GlobalMean()
                    >=> Layers.Linear("classifier", 3)

                let start = training.WithModel(wider, "wider").StartingFrom(model, partial = true)
                let report = takenBy start

                let taken =
                    [
                        "stem.weight"
                        "norm.weight"
                        "norm.bias"
                        "norm.running_mean"
                        "norm.running_var"
                        "norm.num_batches_tracked"
                        "classifier.bias"
                    ]

                Expect.equal (List.ofSeq report.Taken) taken "taken"
                Expect.equal (named taken (firstOf start)) (named taken (tensorsOf model)) "its tensors"

                Expect.equal
                    (named report.New (firstOf start))
                    (named report.New (firstOf (training.WithModel(wider, "wider"))))
                    "the rest"

                Expect.contains report.New "prelu.weight" "what the weights have not"
                Expect.contains report.Left "after.weight" "what the network has not"
                Expect.contains report.New "conv.weight" "another shape"
                Expect.contains report.Left "conv.weight" "the other shape"
                isPartition start (namesOf (tensorsOf model))
                let text = start.Describe()
                Expect.stringContains text "7 of the network's 10 tensors are taken" "counted"

                Expect.stringContains
                    text
                    "new, as in a training without given weights: conv.weight, prelu.weight"
                    "named"

                Expect.stringContains text "given and not taken: conv.weight, after.weight" "named"
            }
        ]
