/// Checkpoints of other trainings in a run's folder, in every mixture: none is ever gone on from.
module Bnn.Tests.CheckpointMixtureTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.RunSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto

/// Trainings that differ from the run in one thing each.
let private others =
    let data change labels classes =
        run.WithData(changed source "tiny" change labels classes)

    [
        "another width", run.WithModel(wider, "normed")
        "another network", run.WithModel(plain, "normed")
        "another seed", run.WithSeed 2L
        "other pixels", data onePixel id id
        "other labels", data id twoLabels id
        "other classes", data id id Array.rev
        "another optimizer", run.WithSgd()
        "another option of the optimizer", run.WithAdam(learningRate = 0.01, beta1 = 0.8)
        "another rate", run.WithAdam(learningRate = 0.02)
        "another schedule", run.WithSchedule(Schedules.Constant 1.0)
        "another decay", run.TwoStep(wd = WeightDecay.Of 1e-2, epochs = 1)
        "more epochs", run.TwoStep(epochs = 2)
        "other stages", run.OneStep(epochs = 2)
        "another batch", run.WithBatch 6
        "another augmentation", run.WithAugmentation(Augmentation(true, 1))
        "another objective", run.WithLabelSmoothing 0.1
        "weights of classes", run.WithClassWeights(1.0, 2.0, 1.0)
    ]

/// The run after 8 of its 12 steps, and each of the others after 8 too.
let private saved =
    lazy
        (let folder = Directory.CreateTempSubdirectory("bnn-mixtures-").FullName
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))
         let own = Path.Combine(folder, "own")
         stopIn own 8 run

         own,
         [
             for name, other in others ->
                 let its = Path.Combine(folder, name)
                 stopIn its 5 other
                 name, its
         ])

let private damage (file: string) =
    File.WriteAllBytes(file, [| 1uy; 2uy |])

/// Ways to mix the checkpoints of another run into the run's folder: what is done with the folder and the other one.
let private ways =
    let newestOf folder = Array.last (checkpoints folder)

    let removeAll folder =
        Array.iter File.Delete (checkpoints folder)
        File.Delete(best folder)

    let all folder other =
        removeAll folder

        for file in checkpoints other do
            File.Copy(file, Path.Combine(checkpointFolder folder, Path.GetFileName file))

    let newest folder other =
        File.Copy(newestOf other, newestOf folder, true)

    let forgetRecipe folder = File.Delete(recipeOf folder)

    [
        "in place of the newest", newest
        "in place of all", all
        "in place of all, recipe.json deleted",
        (fun folder other ->
            all folder other
            forgetRecipe folder)
        "in place of the newest, recipe.json deleted",
        (fun folder other ->
            newest folder other
            forgetRecipe folder)
        "in place of the newest, recipe.json damaged",
        (fun folder other ->
            newest folder other
            damage (recipeOf folder))
        "after the newest",
        (fun folder other -> File.Copy(newestOf other, Path.Combine(checkpointFolder folder, "00000099.safetensors")))
        "before the newest", (fun folder other -> File.Copy(newestOf other, (checkpoints folder)[0], true))
        "before the newest, which is damaged",
        (fun folder other ->
            let own = checkpoints folder
            File.Copy(newestOf other, own[own.Length - 2], true)
            damage (Array.last own))
        "as the best", (fun folder other -> File.Copy(newestOf other, best folder, true))
        "as the best, all others gone",
        (fun folder other ->
            removeAll folder
            File.Copy(newestOf other, best folder))
        "as the best, all others damaged",
        (fun folder other ->
            Array.iter damage (checkpoints folder)
            File.Copy(newestOf other, best folder, true))
        "with its recipe.json, in place of all",
        (fun folder other ->
            all folder other
            File.Copy(recipeOf other, recipeOf folder, true))
        "its recipe.json alone", (fun folder other -> File.Copy(recipeOf other, recipeOf folder, true))
        "its recipe.json alone, and all others gone",
        (fun folder other ->
            removeAll folder
            File.Copy(recipeOf other, recipeOf folder, true))
    ]

[<Tests>]
let tests =
    Checks.trainings (
        testList
            "Resume: mixtures"
            [
                for way, mix in ways do
                    test
                        $"A checkpoint of another training beside the run's own is refused by name, whatever differs: {way}" {
                        let own, others = saved.Value

                        for name, other in others do
                            inFolder (fun folder ->
                                copyTo folder own
                                mix folder other
                                let trainer = run.SaveTo folder

                                match refusal trainer with
                                | Some message ->
                                    Expect.isNonEmpty (trainer.Validate()) $"{name}: known before it begins"

                                    Expect.stringContains
                                        message
                                        (if way.Contains "its recipe" then
                                             folder
                                         else
                                             checkpointFolder folder)
                                        $"{name}: names the place"
                                | None -> failtest $"{name}: it went on")
                    }

                test "A start from a run's folder refuses another training's checkpoints in it too" {
                    let own, others = saved.Value
                    let other = dict(others)["another seed"]

                    inFolder (fun folder ->
                        copyTo folder own
                        let newest = Array.last (checkpoints folder)
                        File.Copy(Array.last (checkpoints other), newest, true)
                        refuses [ newest; "another training" ] (training.StartingFrom folder))
                }

                test "Checkpoints of the run itself are gone on from under any number, and without those in the middle" {
                    let own, _ = saved.Value

                    let goesOn name change =
                        inFolder (fun folder ->
                            copyTo folder own
                            change folder (checkpoints folder)
                            Expect.equal (endOf (run.SaveTo folder)) whole.Value name)

                    let at folder number =
                        Path.Combine(checkpointFolder folder, $"{number:D8}.safetensors")

                    goesOn "the newest has a far number" (fun folder all -> File.Move(Array.last all, at folder 99))
                    goesOn "one in the middle is missing" (fun _ all -> File.Delete all[2])
                    goesOn "an old one is the newest" (fun folder all -> File.Move(all[0], at folder 99))

                    goesOn "in the other order" (fun folder all ->
                        Array.iteri (fun k file -> File.Move(file, at folder (90 - k))) all)

                    goesOn "the newest is the best too" (fun folder all -> File.Copy(Array.last all, best folder, true))
                    goesOn "the best alone" (fun _ all -> Array.iter File.Delete all)
                    goesOn "recipe.json is missing" (fun folder _ -> File.Delete(recipeOf folder))

                    goesOn "recipe.json is edited" (fun folder _ ->
                        File.WriteAllText(
                            recipeOf folder,
                            File.ReadAllText(recipeOf folder).Replace("\"seed\": 1", "\"seed\": 2")
                        ))

                    goesOn "a file of the user's lies there" (fun folder _ ->
                        File.WriteAllText(Path.Combine(checkpointFolder folder, "7.safetensors"), "mine"))
                }

                test
                    "A checkpoint whose tensors or position do not fit its own run is an error that names the file, at any place" {
                    let own, _ = saved.Value
                    let newest = Array.last (checkpoints own)
                    let whole = Safetensors.Read newest

                    let refused name (file: TensorFile) =
                        inFolder (fun folder ->
                            copyTo folder own

                            for old in checkpoints folder do
                                File.Delete old

                            File.Delete(best folder)
                            let path = Path.Combine(checkpointFolder folder, "00000001.safetensors")
                            Safetensors.Write(path, file)

                            match refusal (run.SaveTo folder) with
                            | Some message -> Expect.stringContains message folder name
                            | None -> failtest $"{name}: it went on")

                    for tensor in whole.Tensors do
                        let without =
                            [|
                                for other in whole.Tensors do
                                    if other.Name <> tensor.Name then
                                        other
                            |]

                        if tensor.Bytes.Length > 0 then
                            refused $"without {tensor.Name}" (TensorFile(whole.Metadata, without))

                            let longer =
                                NamedArray(tensor.Name, "U8", [| 3L |], ReadOnlyMemory [| 1uy; 2uy; 3uy |])

                            refused
                                $"{tensor.Name} of another size"
                                (TensorFile(whole.Metadata, Array.append without [| longer |]))

                    for before, after in
                        [
                            "\"stage\":1", "\"stage\":7"
                            "\"stage\":1", "\"stage\":-1"
                            "\"stage\":1", "\"stage\":0"
                            "\"epoch\":1,\"epochsDone\"", "\"epoch\":9,\"epochsDone\""
                            "\"epochsDone\":1", "\"epochsDone\":5"
                            "\"steps\":2", "\"steps\":-2"
                            "\"steps\":2", "\"steps\":200"
                            "\"batches\":2", "\"batches\":-2"
                            "\"batches\":2", "\"batches\":99"
                            "\"epochs\":[", "\"epochs\":null,\"other\":["
                            "\"results\":[", "\"results\":null,\"other\":["
                            "\"histograms\":[", "\"histograms\":null,\"other\":["
                            "\"sums\":{", "\"sums\":null,\"other\":{"
                        ] do
                        let position = whole.Metadata["position"]
                        Expect.stringContains position before "there"
                        let metadata = Collections.Generic.Dictionary whole.Metadata
                        metadata["position"] <- position.Replace(before, after)
                        refused after (TensorFile(metadata, whole.Tensors))

                    let metadata = Collections.Generic.Dictionary whole.Metadata
                    metadata.Remove "run" |> ignore
                    refused "of no run" (TensorFile(metadata, whole.Tensors))
                }
                |> Checks.long
            ]
    )
