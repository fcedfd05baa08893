/// Damaged images are left out where that is asked for, up to a share; a file that cannot be read is never passed over.
module Bnn.Tests.DamageTests

open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.EncodedTrainingTests
open Bnn.Tests.SourceSupport
open Expecto

let private plain = View Normalization.ImageNet

let private access =
    testList
        "access"
        [
            test
                "leaving damaged images out leaves out no file that was deleted, replaced by a folder or cut while it is in use" {
                inDataset (fun root ->
                    let path = under root "val/class1/1.jpg"
                    let bytes = File.ReadAllBytes path
                    let images = Data.TestFolder(under root "val", 24, skipDamaged = true)

                    let fails (problem: string) =
                        for workers in [ 0; 1; 4 ] do
                            let error = fault (fun () -> read images workers plain)
                            Expect.equal error.Path path "named"
                            Expect.stringContains error.Problem problem $"{workers} threads"

                    File.Delete path
                    fails "there is no such file"
                    Directory.CreateDirectory path |> ignore
                    fails "is a folder"
                    Directory.Delete path
                    File.CreateSymbolicLink(path, path) |> ignore
                    fails "cannot be opened"
                    File.Delete path
                    File.WriteAllBytes(path, bytes)
                    Expect.equal (snd (read images 2 plain)) 0L "it is there again")
            }

            test "leaving damaged images out of a tar file leaves out none that has shrunk, nor one of another size" {
                inFolder (fun folder ->
                    let entries = [ for k in 0..3 -> pair $"{k}" (jpeg (int64 k)) 0 ]
                    put folder "a.tar" (tar entries)
                    put folder "classes.txt" "thing\n"B
                    let path = under folder "a.tar"
                    let images = Data.TarShards(path, path, size = 24, skipDamaged = true).Load().Train
                    File.WriteAllBytes(path, (File.ReadAllBytes path)[..3000])
                    Expect.stringContains (fault (fun () -> read images 2 plain)).Problem "has shrunk" "streamed"

                    put
                        folder
                        "b.tar"
                        (tar (entries @ [ pair "9" (picture 9L 41 30 SkiaSharp.SKEncodedImageFormat.Jpeg) 0 ]))

                    let other = under folder "b.tar"

                    Expect.stringContains
                        (fault (fun () -> Data.TarShards(other, other, skipDamaged = true).Load())).Problem
                        "is 30 x 41 pixels"
                        "in memory")
            }
        ]

let private refusal action =
    try
        action () |> ignore
        "nothing"
    with :? BnnFileException as error ->
        error.Message

let private limit =
    testList
        "limit"
        [
            test "more damaged images than the limit end a reading, which says how many of how many and the first names" {
                inDataset (fun root ->
                    let first, second = under root "val/class0/2.jpg", under root "val/class2/1.jpg"
                    damage first
                    damage second

                    for workers in [ 0; 1; 4 ] do
                        let reading limit =
                            read (Data.TestFolder(under root "val", 24, true, limit)) workers plain |> snd

                        Expect.equal (reading 0.17) 2L "two of twelve may be"

                        let one = refusal (fun () -> reading 0.1)

                        Expect.stringContains
                            one
                            $"at least 2 of 12 images are damaged, and 1 (10 %%) may be left out: {first}, {second}; "
                            "names"

                        Expect.stringContains one "damagedLimit" "the remedy"

                        let usual =
                            refusal (fun () -> read (Data.TestFolder(under root "val", 24, true)) workers plain)

                        Expect.stringContains
                            usual
                            $"at least 1 of 12 images are damaged, and 0 (1 %%) may be left out: {first}; "
                            "1 %% by default")
            }

            test "by default one image of a hundred may be damaged, in memory and while they are used" {
                inFolder (fun folder ->
                    let picture = picture 1L 9 7 SkiaSharp.SKEncodedImageFormat.Png
                    let cut = Array.take 60 picture

                    let tarOf damaged =
                        let entries =
                            [
                                for k in 0..99 do
                                    entry $"{k}.png" (if k < damaged then cut else picture)
                                    entry $"{k}.cls" "0"B
                            ]

                        put folder $"{damaged}.tar" (tar entries)
                        under folder $"{damaged}.tar"

                    put folder "classes.txt" "thing\n"B
                    let one, two = tarOf 1, tarOf 2

                    let inMemory (path: string) =
                        Data.TarShards(path, path, skipDamaged = true).Load().Train

                    let onDisk (path: string) =
                        Data.TarShards(path, path, size = 8, skipDamaged = true).Load().Train

                    Expect.equal (inMemory one).Count 99 "in memory"
                    Expect.equal (snd (read (onDisk one) 2 plain)) 1L "on disk"

                    Expect.stringContains
                        (refusal (fun () -> inMemory two))
                        "2 of 100 images are damaged, and 1 (1 %) may be"
                        "in memory"

                    Expect.stringContains
                        (refusal (fun () -> read (onDisk two) 2 plain))
                        "2 of 100 images are damaged, and 1 (1 %) may be"
                        "on disk")
            }

            test
                "a damaged image counts once, in however many epochs it is met; a run with too many ends, and a rehearsal judges by all" {
                inDataset (fun root ->
                    damage (under root "train/class0/1.jpg")
                    damage (under root "val/class0/0.jpg")

                    let on limit =
                        (network (BnnTrainer())).WithData(Data.ImageFolder(root, 24, true, limit))

                    let result = (on 0.09).Train()
                    result.Model.Dispose()
                    Expect.equal [ for epoch in result.Epochs -> epoch.SkippedImages ] [ 1L; 1L ] "counted in each"

                    Expect.stringContains
                        (refusal (fun () -> (on 0.08).Train().Model.Dispose()))
                        "at least 1 of 12 images are damaged"
                        "ends"

                    Expect.isGreaterThan
                        ((on 0.09).Estimate(1).Seconds)
                        0.0
                        "one of the four that are tried, but of twelve")
            }

            test "a limit that is no share is refused by its name" {
                inDataset (fun root ->
                    for limit in [ -0.1; 1.1; nan ] do
                        Expect.throwsT<BnnConfigurationException>
                            (fun () -> Data.TestFolder(under root "val", 24, true, limit) |> ignore)
                            "test folder"

                        let faults =
                            BnnTrainer().WithData(Data.ImageFolder(root, 24, true, limit)).Validate()

                        Expect.exists faults (fun fault -> fault.Name = "damagedLimit") "a fault of the configuration")
            }
        ]

[<Tests>]
let tests = testSequenced (testList "Damaged images" [ access; limit ])
