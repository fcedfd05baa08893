/// CIFAR-100's binary version.
module Bnn.Tests.Cifar100Tests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto

let private rowBytes = 3074

/// Rows of a coarse label, a fine label and a random image.
let private rows seed (labels: (int * int) list) =
    Array.concat
        [
            for index, (coarse, fine) in List.indexed labels ->
                Array.append [| byte coarse; byte fine |] (randomBytes (seed + int64 index) (rowBytes - 2) 256)
        ]

let private train = rows 100L [ for k in 0..299 -> k % 20, (k * 7) % 100 ]
let private test' = rows 900L [ 19, 99; 0, 0; 3, 50 ]

let private inCifar at (action: string -> unit) =
    inFolder (fun folder ->
        put folder $"{at}/train.bin" train
        put folder $"{at}/test.bin" test'
        File.WriteAllLines(under folder $"{at}/fine_label_names.txt", [ for k in 0..99 -> $"fine{k}" ])
        File.WriteAllLines(under folder $"{at}/coarse_label_names.txt", [ for k in 0..19 -> $"coarse{k}" ])
        action folder)

[<Tests>]
let tests =
    testList
        "Sources.Cifar100"
        [
            test
                "rows hold a coarse label, a fine one and an image; the fine ones are the classes, or the coarse where that is asked for" {
                for at in [ "."; "cifar-100-binary" ] do
                    inCifar at (fun folder ->
                        let fine, coarse =
                            Data.Cifar100(folder).Load(), Data.Cifar100(folder, coarse = true).Load()

                        for data, column, (name: string), count in [ fine, 1, "fine", 100; coarse, 0, "coarse", 20 ] do
                            checkRows (inMemory data.Train) rowBytes column train
                            checkRows (inMemory data.Test) rowBytes column test'

                            Expect.equal
                                (List.ofSeq data.Train.Classes)
                                [ for k in 0 .. count - 1 -> $"{name}{k}" ]
                                name

                        Expect.notEqual fine.Name coarse.Name "told apart")
            }

            test
                "files that are missing or of Python's version, rows cut short and labels of no class are refused by name" {
                inCifar "." (fun folder ->
                    let load () = Data.Cifar100(folder).Load()
                    File.WriteAllBytes(under folder "test.bin", test'[.. test'.Length - 2])
                    refuses (under folder "test.bin") [ "3074" ] load
                    let wrong = Array.copy test'
                    wrong[rowBytes + 1] <- 100uy
                    File.WriteAllBytes(under folder "test.bin", wrong)
                    refuses (under folder "test.bin") [ "the label of row 1 is 100, not within 0..99" ] load
                    File.Delete(under folder "test.bin")
                    File.Delete(under folder "fine_label_names.txt")
                    refuses folder [ "lacks test.bin, fine_label_names.txt"; "cifar-100-binary.tar.gz" ] load)

                inFolder (fun folder ->
                    putAll folder [ "cifar-100-python/train"; "cifar-100-python/test"; "cifar-100-python/meta" ]

                    for at in [ folder; under folder "cifar-100-python" ] do
                        refuses at [ "version for Python"; "cifar-100-binary" ] (fun () -> Data.Cifar100(at).Load()))
            }
        ]
