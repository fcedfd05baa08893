module Bnn.Tests.DataSourceTests

open System
open System.IO
open System.IO.Compression
open Bnn
open Expecto
open FsCheck
open Bnn.Tests.DataSupport

let private sourceTests =
    let four =
        [
            "train-images-idx3-ubyte"
            "train-labels-idx1-ubyte"
            "t10k-images-idx3-ubyte"
            "t10k-labels-idx1-ubyte"
        ]

    let write folder (pack: byte[] -> byte[]) extension files =
        for name, content in files do
            File.WriteAllBytes(Path.Combine(folder, name + extension), pack content)

    let problem (source: DataSource) =
        Expect.throwsC (fun () -> source.Load() |> ignore) (fun error ->
            match error with
            | :? BnnFileException as error -> error
            | other -> failtest $"{other}")

    let images, labels = small

    testList
        "DataSource"
        [
            testCase "The sample has 10,000 training images and 10,000 test images, 1,000 a class in the test set"
            <| fun () ->
                let data = Data.FashionMnistSample().Load()

                for set in [ data.Train; data.Test ] do
                    Expect.equal (set.Count, set.Channels, set.Height, set.Width) (10000, 1, 28, 28) "the sizes"

                    Expect.equal
                        (String.Join(", ", set.Classes))
                        "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
                        "the classes"


                let counts = (inMemory data.Test).Labels.ToArray() |> Array.countBy id |> Array.sort
                Expect.equal counts [| for label in 0..9 -> label, 1000 |] "the test images of each class"

                Expect.equal
                    ((inMemory data.Train).Labels.ToArray() |> Array.distinct |> Array.length)
                    10
                    "the classes of training"
                // The first training image of Fashion-MNIST is an ankle boot; the full set's mean is 0.2860.
                Expect.equal data.Train.Classes[data.Train.Label 0] "Ankle boot" "the first image"
                let struct (means, deviations) = data.Train.MeanAndDeviation()
                Expect.isLessThan (abs (means[0] - 0.2860)) 0.002 "the mean"
                Expect.isLessThan (abs (deviations[0] - 0.3530)) 0.002 "the deviation"

            testCase "A folder is read with or without gzip, and nothing is read before Load"
            <| fun () ->
                inFolder (fun folder ->
                    let source = Data.FashionMnist folder
                    let digits = Data.Mnist folder
                    let files = List.zip four [ images; labels; images; labels ]
                    write folder id "" (List.take 2 files)
                    write folder gzip ".gz" (List.skip 2 files)
                    let data = source.Load()

                    Expect.equal
                        ((inMemory data.Test).Pixels.ToArray())
                        ((inMemory data.Train).Pixels.ToArray())
                        "the images"

                    Expect.equal data.Train.Classes[data.Train.Label 1] "Ankle boot" "the class"
                    Expect.equal data.Name "Fashion-MNIST" "the name"
                    Expect.equal (digits.Load().Test.Classes[9]) "9" "the digit")

            testCase
                "The four files may have a dot before idx, as Kaggle's and newer downloads have, with or without gzip"
            <| fun () ->
                inFolder (fun folder ->
                    let dotted = [ for name in four -> name.Replace("-idx", ".idx") ]
                    let files = List.zip dotted [ images; labels; images; labels ]
                    write folder id "" (List.take 1 files)
                    write folder gzip ".gz" (List.skip 1 files)
                    // Kaggle's archive has folders of the other names beside them
                    Directory.CreateDirectory(Path.Combine(folder, four[0])) |> ignore
                    let data = (Data.Mnist folder).Load()
                    Expect.equal (data.Train.Count, data.Test.Count) (3, 3) "the images"
                    Expect.equal (data.Test.Label 1) 9 "a label")

            testCase "Each missing file is named with the folder and the remedy"
            <| fun () ->
                inFolder (fun folder ->
                    let before = problem (Data.FashionMnist folder)

                    for name in four do
                        Expect.stringContains before.Message name "all are missing"

                    write folder id "" (List.take 3 (List.zip four [ images; labels; images; labels ]))
                    let error = problem (Data.FashionMnist folder)
                    Expect.equal error.Path folder "the folder"
                    Expect.stringContains error.Problem "t10k-labels-idx1-ubyte.gz" "the missing one"
                    Expect.isFalse (error.Problem.Contains "train-images") "not those that are there"
                    Expect.stringContains error.Remedy "/usr/share/datasets/fashion-mnist" "the remedy"
                    let nowhere = Path.Combine(folder, "nowhere")
                    Expect.equal (problem (Data.Mnist nowhere)).Path nowhere "a folder that is not there")

            testCase "Training and test images of different sizes are refused"
            <| fun () ->
                inFolder (fun folder ->
                    write folder id "" (List.zip four [ images; labels; imagesFile 5 4 images[16..]; labels ])
                    Expect.stringContains (problem (Data.Mnist folder)).Problem "4 x 5, the test images 5 x 4" "sizes")

                let train, test = setOf 1 2 3 (Array.zeroCreate 6), setOf 1 3 2 (Array.zeroCreate 6)

                Expect.throwsT<ArgumentException> (fun () -> Data.InMemory("mine", train, test) |> ignore) "in memory"

                Expect.isTrue (Data.InMemory("mine", train, train).Load().Train.Equals train) "what was given"
        ]

[<Tests>]
let tests = testList "Data" [ sourceTests ]
