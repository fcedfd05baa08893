/// Tar files as WebDataset's users have them: names with braces, classes in JSON or as folders, keys with dots.
module Bnn.Tests.ShardLayoutTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.EncodedImagesTests
open Bnn.Tests.SourceSupport
open Expecto

let private braces =
    testList
        "braces"
        [
            test "braces stand for what bash makes of them" {
                for text in
                    [
                        "train-{000..012}.tar"
                        "{0..3}"
                        "a{9..11}b"
                        "{3..0}"
                        "{0..10..3}"
                        "{10..0..4}"
                        "{01..100..33}"
                        "{-2..2}"
                        "{-02..3}"
                        "{cats,dogs}-{0..2}.tar"
                        "{a,b{1..2},}c"
                        "{a,{b,c}}{1,2}"
                        "x{y}z"
                        "x{0..y}z"
                        "{}"
                        "a{b{1,2}"
                        "plain.tar"
                    ] do
                    let _, output, _ =
                        (Programs.tryRun "bash" [ "-c"; $"printf '%%s\\n' {text}" ] ".").Value

                    Expect.equal
                        (List.ofSeq (ShardNames.Expand text))
                        (List.ofArray (output.TrimEnd('\n').Split '\n'))
                        text
            }

            test "ranges that are absurd are refused, not made" {
                for text in [ "{0..2000000000}"; "{0..999}{0..999}"; "{0..2000000000}{0..2000000000}" ] do
                    refuses text [ "stands for more than 100000 files" ] (fun () -> ShardNames.Expand text)
            }

            test "shards named with braces are read in their order, and one that is missing is an error with its name" {
                inFolder (fun folder ->
                    for k in 0..2 do
                        put folder $"train-00{k}.tar" (tar [ pair $"{k}" (jpeg (int64 k)) (k % 2) ])

                    put folder "val{x}.tar" (tar [ pair "9" (jpeg 9L) 1 ])
                    put folder "classes.txt" "one\ntwo\n"B

                    let load (train: string) =
                        Data.TarShards(under folder train, under folder "val{x}.tar", size = 8).Load().Train

                    let labels (images: Examples) =
                        [ for k in 0 .. images.Count - 1 -> images.Label k ]

                    Expect.equal (labels (load "train-{000..002}.tar")) [ 0; 1; 0 ] "a range"
                    Expect.equal (labels (load "train-{001,000}.tar")) [ 1; 0 ] "a list"
                    Expect.equal (labels (load "{train,train}-00?.tar")) [ 0; 1; 0; 0; 1; 0 ] "with a pattern"

                    refuses (under folder "train-003.tar") [ "there is no such file" ] (fun () ->
                        load "train-{000..003}.tar"))
            }
        ]

let private image k = jpeg (int64 k)

let private labels (set: EncodedSet) =
    [ for k in 0 .. set.Count - 1 -> set.Label k, set.OwnNameOf k ]

let private json =
    testList
        "JSON"
        [
            test "a class is a JSON file's number, or its label or cls, as index or name; a .cls counts before it" {
                let entries =
                    [
                        entry "0.json" "3"B
                        entry "0.jpg" (image 0)
                        entry "1.jpg" (image 1)
                        entry "1.json" """{"caption": "a cat", "label": 4}"""B
                        entry "2.jpg" (image 2)
                        entry "2.JSON" """ {"cls": 5, "label": null} """B
                        entry "3.jpg" (image 3)
                        entry "3.json" """{"label": "class 6"}"""B
                        entry "4.json" """{"label": 1}"""B
                        entry "4.jpg" (image 4)
                        entry "4.cls" "7"B
                        entry "stats.json" """{"label": 99}"""B
                    ]

                inTar (tar entries) (fun path ->
                    let set = openTar path

                    Expect.equal
                        (labels set)
                        [ 3, "0.jpg"; 4, "1.jpg"; 5, "2.jpg"; 6, "3.jpg"; 7, "4.jpg" ]
                        "the labels"

                    Expect.equal (string set.PassedOver) "2 .json" "what was not used")
            }

            test "a JSON file that says no class, or none that there is, is an error with its name and what it holds" {
                let refusesJson (text: string) parts =
                    refusesTar
                        (tar
                            [
                                pair "9" (image 9) 1
                                entry "0.jpg" (image 0)
                                entry "0.json" (Encoding.UTF8.GetBytes text)
                            ])
                        parts

                refusesJson "10" [ "0.json is class 10, not within 0..9" ]
                refusesJson """{"label": "zebra"}""" [ "0.json is of class \"zebra\", which is none of the 10 names" ]
                refusesJson """{"label": -1}""" [ "0.json has the class -1" ]
                refusesJson """{"label": 1.5}""" [ "0.json has the class 1.5" ]
                refusesJson """{"label": [1]}""" [ "0.json has the class [1]" ]
                refusesJson """{"label": 1, "cls": 2}""" [ "0.json has two classes, label 1 and cls 2" ]
                refusesJson """{"label": 1""" [ "0.json is no JSON" ]
                refusesJson """{"caption": "a cat"}""" [ "0.jpg has no class: 0.json has neither label nor cls" ]
                refusesJson (String(' ', 1 <<< 20) + "1") [ "0.json has more than 1048576 bytes" ]
            }

            test "names in JSON files are the classes where there is no list of them, and numbers need the list" {
                let shard (labels: string list) =
                    tar
                        [
                            for k, label in List.indexed labels do
                                entry $"{k}.jpg" (image k)
                                entry $"{k}.json" (Encoding.UTF8.GetBytes $"{{\"label\": {label}}}")
                        ]

                inFolder (fun folder ->
                    let load () =
                        Data.TarShards(under folder "a.tar", under folder "b.tar", size = 8).Load()

                    put folder "a.tar" (shard [ "\"dog\""; "\"cat\""; "\"dog\"" ])
                    put folder "b.tar" (shard [ "\"cat\"" ])
                    let data = load ()
                    Expect.equal (List.ofSeq data.Train.Classes) [ "cat"; "dog" ] "sorted"
                    Expect.equal [ for k in 0..2 -> data.Train.Label k ] [ 1; 0; 1 ] "train"
                    Expect.equal (data.Test.Label 0) 0 "test"
                    put folder "b.tar" (shard [ "\"zebra\"" ])
                    refuses (under folder "b.tar") [ "zebra"; "none of the 2 names" ] load
                    put folder "a.tar" (shard [ "0"; "1" ])
                    refuses (under folder "classes.txt") [ "there is no such file" ] load)
            }
        ]

let private folders =
    testList
        "folders"
        [
            test
                "where no image has a class beside it, its class is the folder that it lies in, in the list's order or sorted" {
                let shard =
                    tar
                        [
                            entry "train/dog/1.jpg" (image 1)
                            entry "train/cat/1.jpg" (image 2)
                            entry "train/cat/2.jpg" (image 3)
                            entry "train/cat/2.json" """{"caption": "a cat"}"""B
                        ]

                inFolder (fun folder ->
                    put folder "a.tar" shard
                    put folder "b.tar" (tar [ entry "val/dog/1.jpg" (image 4) ])

                    let load () =
                        Data.TarShards(under folder "a.tar", under folder "b.tar", size = 8).Load()

                    let data = load ()
                    Expect.equal (List.ofSeq data.Train.Classes) [ "cat"; "dog" ] "sorted"
                    Expect.equal [ for k in 0..2 -> data.Train.Label k ] [ 1; 0; 0 ] "train"
                    Expect.equal (data.Test.Label 0) 1 "test"
                    Expect.equal (string data.Train.PassedOver) "1 .json" "a caption"
                    put folder "classes.txt" "dog\nhorse\ncat\n"B
                    Expect.equal [ for k in 0..2 -> (load ()).Train.Label k ] [ 0; 2; 2 ] "the list's order"
                    put folder "classes.txt" "dog\nhorse\n"B

                    refuses
                        (under folder "a.tar")
                        [
                            "train/cat/1.jpg has no class: the folder cat, in which it lies, is none of the 2 classes"
                        ]
                        load)
            }

            test "images without classes that all lie in one folder, or in none, are an error, not one class" {
                inFolder (fun folder ->
                    let load () =
                        Data.TarShards(under folder "a.tar", under folder "a.tar", size = 8).Load()

                    put folder "a.tar" (tar [ entry "train/1.jpg" (image 1); entry "train/2.jpg" (image 2) ])

                    refuses
                        (under folder "a.tar")
                        [ "no image has a class beside it"; "one folder train"; "classes.txt" ]
                        load

                    put folder "a.tar" (tar [ entry "1.jpg" (image 1); entry "./2.jpg" (image 2) ])
                    refuses (under folder "a.tar") [ "1.jpg has no class"; "1.cls" ] load)
            }
        ]

let private dots =
    testList
        "dots"
        [
            test
                "an image whose name has dots before its extension is an error, however its class is given, and not passed over" {
                let dotted = entry "cat/img_0.5.jpg" (image 1)
                let others = [ entry "cat/a.jpg" (image 2); entry "dog/b.jpg" (image 3) ]

                for entries in
                    [
                        dotted :: entry "cat/img_0.5.json" "1"B :: others
                        others @ [ dotted ]
                        [ dotted; pair "cat/a" (image 2) 1 ]
                        [ pair "cat/a" (image 2) 1; dotted; entry "cat/img_0.cls" "1"B ]
                    ] do
                    refusesTar (tar entries) [ "cat/img_0.5.jpg has dots before its extension"; "first dot"; "one dot" ]
            }
        ]

[<Tests>]
let tests = testList "Shard layouts" [ braces; json; folders; dots ]
