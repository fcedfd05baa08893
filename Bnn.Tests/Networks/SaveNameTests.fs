/// What a network is saved as follows from the name that it is given, and no other name is taken for a folder's.
module Bnn.Tests.SaveNameTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.StartSupport
open Bnn.Tests.TrainingSupport
open Expecto

let private model () =
    PackedNetworkTests.modelOf (PackedNetworkTests.trained (normed.ToModel("own", 2, 6, 6))) true

[<Tests>]
let tests =
    testList
        "Names to save under"
        [
            test "a name with the ending of another kind of file is refused, and no folder is made of it" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    use model = model ()

                    for name in
                        [
                            "net.onnx"
                            "net.pkl"
                            "net.h5"
                            "net.ckpt"
                            "net.bnn.gz"
                            "net.PTH5"
                            "net.tar"
                        ] do
                        let path = Path.Combine(folder, name)

                        try
                            model.Save path
                            failtest $"{name} was written"
                        with :? BnnFileException as e ->
                            Expect.stringContains e.Problem $"ends in {Path.GetExtension name}" name
                            Expect.stringContains e.Remedy ".bnn, .safetensors, .pth" name

                        Expect.isEmpty (Directory.GetFileSystemEntries folder) "nothing is there")
            }

            test "a folder's name is one without an ending, one that ends in /, and that of a folder which is there" {
                inFolder (fun folder ->
                    use model = model ()

                    let there = Path.Combine(folder, "there.onnx")
                    Directory.CreateDirectory there |> ignore

                    for name in [ "net"; "v1.2"; "lr 0.5"; "of.mine/"; "there.onnx" ] do
                        let path = Path.Combine(folder, name)
                        model.Save path
                        Expect.isTrue (File.Exists(Path.Combine(path, "network.bnn"))) name
                        (BnnModel.Load path).Dispose())
            }

            test "a training is not saved to a folder with the name of a network's file" {
                inFolder (fun folder ->
                    for name in [ "net.bnn"; "net.pth"; "net.pth.tar"; "net.safetensors" ] do
                        let path = Path.Combine(folder, name)
                        let faults = refusals (fun () -> training.SaveTo(path).Train() |> ignore)

                        Expect.equal
                            [ for fault in faults -> string fault ]
                            [
                                $"folder: {path} has the name of a file; give a folder's name; the result's Model.Save writes such a file"
                            ]
                            name

                        Expect.isFalse (Path.Exists path) "nothing is there")
            }

            test "what cannot be read is said in a sentence that the template does not break" {
                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let nothing = Path.Combine(folder, "nothing")

                    let sentences trainer =
                        refusals (fun () -> (trainer: BnnTrainer).Plan() |> ignore) |> List.map string

                    Expect.equal
                        (sentences (training.WithData(Data.FashionMnist nothing))
                         |> List.map (fun text -> text.Split "; " |> Array.head))
                        [
                            $"data {(Data.FashionMnist nothing).Name}: {nothing}: there is no such folder"
                        ]
                        "data"

                    let images = Data.ImageFolder nothing
                    let sentence = sentences (training.WithData images) |> List.head
                    Expect.stringStarts sentence $"data: {nothing}: " "a folder of images"
                    Expect.stringContains sentence "; give " "and what to do"
                    let sentence = sentences (training.StartingFrom nothing) |> List.head
                    Expect.stringStarts sentence $"start: {nothing}: " "weights"
                    Expect.stringContains sentence "; " "and what to do")
            }

            test "a message shows text as it is, without JSON's escapes" {
                let faults =
                    refusals (fun () ->
                        Rules.FromJson
                            """{"slots": "it's a \u0027na\u00EFve\u0027 one", "rates": [], "formulas": []}"""
                        |> ignore)

                let text = faults |> List.map string |> String.concat "\n"
                Expect.stringContains text "it's a 'naïve' one" "as it is"
                Expect.isFalse (text.Contains "\\u0") "no escapes"
            }
        ]
