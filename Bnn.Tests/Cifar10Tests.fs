/// CIFAR-10's binary version.
module Bnn.Tests.Cifar10Tests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto

let private files =
    [ for number in 1..5 -> $"data_batch_{number}.bin" ] @ [ "test_batch.bin" ]

let private rowBytes = 3073

/// Rows of random images, each with its label before it.
let private batch seed (labels: byte list) =
    Array.concat
        [
            for index, label in List.indexed labels ->
                Array.append [| label |] (randomBytes (seed * 1000L + int64 index) (rowBytes - 1) 256)
        ]

/// Six files, of which one has more rows than are read at once.
let private batches =
    [
        for index, name in List.indexed files ->
            name,
            batch
                (int64 index)
                [
                    for row in 0 .. (if index = 1 then 300 else index) -> byte ((row * 3 + index) % 10)
                ]
    ]

let private inCifar (at: string) (action: string -> unit) =
    inFolder (fun folder ->
        for name, bytes in batches do
            put (under folder at) name bytes

        action folder)

[<Tests>]
let tests =
    testList
        "Sources.Cifar10"
        [
            testCase
                "The rows of the five files, in their order, are the training images, those of the sixth the test images"
            <| fun () ->
                for at in [ "."; "cifar-10-batches-bin" ] do
                    inCifar at (fun folder ->
                        let data = Cifar10.Read folder
                        checkRows (inMemory data.Train) rowBytes 0 (Array.concat (List.map snd batches[..4]))
                        checkRows (inMemory data.Test) rowBytes 0 (snd batches[5])
                        Expect.equal data.Name "CIFAR-10" "the name"
                        Expect.equal (data.Train.Classes[0], data.Test.Classes[9]) ("airplane", "truck") "the classes")

            testCase "The classes are named by batches.meta.txt, if it is there"
            <| fun () ->
                inCifar "." (fun folder ->
                    let meta = under folder "batches.meta.txt"
                    File.WriteAllLines(meta, Array.append names [| "" |])
                    Expect.equal (Array.ofSeq (Cifar10.Read folder).Train.Classes) names "the classes"
                    File.WriteAllLines(meta, names[1..])
                    refuses meta [ "holds 9 names, not 10" ] (fun () -> Cifar10.Read folder))

            testCase "Files that are missing are refused by name"
            <| fun () ->
                inCifar "cifar-10-batches-bin" (fun folder ->
                    let inner = under folder "cifar-10-batches-bin"
                    File.Delete(under inner "data_batch_3.bin")
                    File.Delete(under inner "test_batch.bin")

                    refuses inner [ "lacks data_batch_3.bin, test_batch.bin"; "cifar-10-binary.tar.gz" ] (fun () ->
                        Cifar10.Read folder))

                inFolder (fun folder ->
                    refuses folder [ "lacks data_batch_1.bin, data_batch_2.bin" ] (fun () -> Cifar10.Read folder)
                    let nothing = under folder "nothing"
                    refuses nothing [ "there is no such folder" ] (fun () -> Cifar10.Read nothing))

            testCase "A file that is no whole number of rows is refused with its size, and so is an empty one"
            <| fun () ->
                for name in files do
                    inCifar "." (fun folder ->
                        let path = under folder name
                        let bytes = File.ReadAllBytes path

                        for wrong in [ bytes[.. bytes.Length - 2]; Array.append bytes [| 0uy |]; [||]; bytes[..0] ] do
                            File.WriteAllBytes(path, wrong)
                            refuses path [ $"has {wrong.Length} bytes"; "3073" ] (fun () -> Cifar10.Read folder))

            testCase "A label above 9 is refused with file and row"
            <| fun () ->
                for name, row, label in
                    [
                        "data_batch_2.bin", 0, 10uy
                        "data_batch_2.bin", 299, 255uy
                        "test_batch.bin", 5, 11uy
                    ] do
                    inCifar "." (fun folder ->
                        let path = under folder name
                        let bytes = File.ReadAllBytes path
                        bytes[row * rowBytes] <- label
                        File.WriteAllBytes(path, bytes)
                        refuses path [ $"the label of row {row} is {label}"; "0..9" ] (fun () -> Cifar10.Read folder))
        ]
