/// What a file of ours says of its network holds on every way in, unless the caller says otherwise.
module Bnn.Tests.FileSaysTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto

let private network = normed
let private said = dataOf 3 2 6 6

/// The mean and deviation that no default is, and classes with names.
let private normalized = said.WithNormalization([ 0.25; 0.75 ], [ 0.125; 0.5 ])

let private trained folder (stage: Stage) =
    (trainingOf normalized)
        .WithModel(network, "normed")
        .WithDiagnostics(false)
        .WithStages(stage)
        .SaveTo(folder)
        .Train()
        .Model

let private use' (model: BnnModel) =
    let given = model.Given()
    List.ofSeq given.Normalization.Means, List.ofSeq given.Normalization.Deviations, List.ofSeq model.Classes

/// Every file of a network that the library writes, and folders of such.
let private files (model: BnnModel) folder =
    [
        for name in [ "net.pth"; "net.pth.tar"; "net.pt"; "net.safetensors"; "net.bnn"; "net" ] do
            let path = Path.Combine(folder, name)
            model.Save path
            path
    ]

[<Tests>]
let tests =
    testList
        "What a file says"
        [
            for name, stage in
                [
                    "all binary", Stage.Create("all", true, true, 1)
                    "a step 1", Stage.Create("activations", true, false, 1)
                    "real", Stage.Create("real", false, false, 1)
                ] do
                test
                    $"{name}: loaded and imported from every kind of file of ours, a network has its normalization, classes and what is binary" {
                    inFolder (fun folder ->
                        Directory.CreateDirectory folder |> ignore
                        let run = Path.Combine(folder, "run")
                        use model = trained run stage
                        let images = normalized.Load().Test
                        let expected = logitsOf model images

                        for path in
                            run :: Path.Combine(run, "network.bnn") :: List.ofArray (checkpoints run)
                            @ files model folder do
                            for way, back in
                                [
                                    "loaded", BnnModel.Load path
                                    "imported", BnnModel.Import(path, model.Description)
                                ] do
                                use back = back
                                Expect.equal (use' back) (use' model) $"{path}, {way}"
                                Expect.equal (logitsOf back images) expected $"{path}, {way}: logits"
                                Expect.isEmpty back.Assumptions $"{path}, {way}: nothing is assumed"
                                Expect.equal (back.Evaluate images) (model.Evaluate images) $"{path}, {way}: accuracy")
                }

            test "what the caller says holds, and what the caller does not say is the file's" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore

                    use model =
                        trained (Path.Combine(folder, "run")) (Stage.Create("step 1", true, false, 1))

                    for path in files model folder do
                        let imported (options: ImportOptions) =
                            use back = BnnModel.Import(path, model.Description, options)
                            use' back

                        let means, deviations, classes = use' model

                        Expect.equal
                            (imported (ImportOptions(Means = [| 0.5; 0.5 |])))
                            ([ 0.5; 0.5 ], deviations, classes)
                            "other means"

                        Expect.equal
                            (imported (ImportOptions(Deviations = [| 1.0; 1.0 |])))
                            (means, [ 1.0; 1.0 ], classes)
                            "other deviations"

                        Expect.equal
                            (imported (ImportOptions(Classes = [| "x"; "y"; "z" |])))
                            (means, deviations, [ "x"; "y"; "z" ])
                            "other classes"

                        use binary =
                            BnnModel.Import(path, model.Description, ImportOptions(BinaryWeights = true))

                        use own = BnnModel.Import(path, model.Description)
                        let images = normalized.Load().Test

                        if
                            not (
                                path.EndsWith(".bnn", StringComparison.Ordinal)
                                || path.EndsWith("net", StringComparison.Ordinal)
                            )
                        then
                            Expect.notEqual
                                (logitsOf binary images)
                                (logitsOf own images)
                                "binary weights where they were real")
            }

            test "a training that starts from a file, and a teacher from one, have its normalization" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let run = Path.Combine(folder, "run")
                    use model = trained run (Stage.Create("all", true, true, 1))
                    let means, deviations, _ = use' model

                    for path in run :: Array.last (checkpoints run) :: files model folder do
                        let plan = ((trainingOf said).StartingFrom path).Plan()

                        Expect.equal
                            (List.ofSeq plan.Data.Normalization.Means, List.ofSeq plan.Data.Normalization.Deviations)
                            (means, deviations)
                            path

                    use teacher = BnnModel.Import(Path.Combine(folder, "net.pth"), model.Description)
                    // a student on its data's own normalization: the teacher sees images by the file's
                    use student = (trainingOf said).WithModel(network, "student").Train().Model
                    let own = student.Given().Normalization
                    use _scope = TorchSharp.torch.NewDisposeScope()
                    let x = TorchSharp.torch.randn (2L, 2L, 6L, 6L)
                    let seen = Inputs.To(own, model.Given().Normalization, x)
                    Expect.isTrue ((teacher.LogitsOf(x, own)).allclose(model.LogitsOf seen)) "the teacher's logits")
            }

            test "of a channel with one value, whose deviation is 0, another network's normalization is finite" {
                use _scope = TorchSharp.torch.NewDisposeScope()
                let flat = Normalization([| 0.5 |], [| 0.0 |])
                let other = Normalization([| 0.25 |], [| 0.5 |])
                let x = TorchSharp.torch.zeros [| 1L; 1L; 2L; 2L |]
                Expect.equal (numbers (Inputs.To(flat, other, x))) (Array.create 4 0.5f) "(0.5 - 0.25) / 0.5"
                Expect.equal (numbers (Inputs.To(other, flat, x))) (Array.create 4 -0.25f) "0.25 - 0.5, divided by 1"
            }

            test "what a file of others does not say is listed as assumed, and what the caller says is not" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let path = Path.Combine(folder, "net.pth")
                    let model = Models.ReActNet18(4).Scaled 0.0625
                    RecognitionTests.foreign model path
                    use loaded = BnnModel.Load path

                    for part in
                        [
                            "strides"
                            "weights are binary"
                            "activations are binary"
                            "ImageNet's means"
                            "numbers"
                        ] do
                        Expect.exists loaded.Assumptions (fun text -> text.Contains part) part

                    let options =
                        ImportOptions(
                            BinaryWeights = true,
                            BinaryActivations = true,
                            Means = [| 0.5; 0.5; 0.5 |],
                            Deviations = [| 0.5; 0.5; 0.5 |],
                            Classes = [| "a"; "b"; "c"; "d" |]
                        )

                    use imported = BnnModel.Import(path, model, options)
                    Expect.hasLength imported.Assumptions 1 "strides alone")
            }
        ]
