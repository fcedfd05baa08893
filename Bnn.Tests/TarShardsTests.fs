/// Images in tar files, and what is said of entries that do not go together.
module Bnn.Tests.TarShardsTests

open System
open System.Formats.Tar
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto

/// Labels and bytes of a tar file's images.
let private read bytes =
    inTar bytes (fun path ->
        [
            for label, name, image in content (openTar path) -> label, name.Replace(path + ": ", ""), image
        ])

let private five =
    [
        for index, (image, label) in List.indexed fiveImages -> label, $"train/0000{index}.jpg", image
    ]

/// What .NET writes in one of the four formats: an image and its class under each name.
let private written (format: TarEntryFormat) (keys: string list) =
    use memory = new MemoryStream()

    using (new TarWriter(memory, format, true)) (fun writer ->
        for index, key in List.indexed keys do
            for extension, data in
                [
                    ".jpg", fst fiveImages[index % 5]
                    ".cls", Encoding.ASCII.GetBytes $"{index % 10}\n"
                ] do
                let name = key + extension

                let entry: System.Formats.Tar.TarEntry =
                    match format with
                    | TarEntryFormat.Pax -> PaxTarEntry(TarEntryType.RegularFile, name)
                    | TarEntryFormat.Gnu -> GnuTarEntry(TarEntryType.RegularFile, name)
                    | TarEntryFormat.Ustar -> UstarTarEntry(TarEntryType.RegularFile, name)
                    | _ -> V7TarEntry(TarEntryType.V7RegularFile, name)

                entry.DataStream <- new MemoryStream(data)
                writer.WriteEntry entry)

    memory.ToArray()

let private layoutTests =
    testList
        "Layouts"
        [
            testCase "Images come in the file's order, with their classes and names"
            <| fun () -> Expect.equal (read (tar fivePairs)) five "the images"

            testCase "What .NET writes is read back in all four formats, with names as long as each allows"
            <| fun () ->
                let long = String.replicate 10 "a folder, ünd so on/"

                for format, keys in
                    [
                        TarEntryFormat.V7, [ "a"; String('b', 90) ]
                        TarEntryFormat.Ustar, [ "a"; String('f', 80) + "/" + String('b', 90) ]
                        TarEntryFormat.Pax, [ "a"; long + "b"; "ü"; long + String('c', 200); "d" ]
                        TarEntryFormat.Gnu, [ "a"; long + "b"; "ü"; long + String('c', 200); "d" ]
                    ] do
                    Expect.equal
                        (read (written format keys))
                        [
                            for index, key in List.indexed keys -> index % 10, $"{key}.jpg", fst fiveImages[index % 5]
                        ]
                        $"{format}"

            testCase "Several files are one set, one after another, and NameOf says which"
            <| fun () ->
                inFolder (fun folder ->
                    let paths = [| for number in 0..2 -> under folder $"{number}.tar" |]
                    File.WriteAllBytes(paths[0], tar fivePairs[..1])
                    File.WriteAllBytes(paths[1], tar fivePairs[2..2])
                    File.WriteAllBytes(paths[2], tar fivePairs[3..])
                    let set = TarShards.Open(paths, names)

                    let expected =
                        [
                            for (label, name, image), number in List.zip five [ 0; 0; 1; 2; 2 ] ->
                                label, $"{paths[number]}: {name}", image
                        ]

                    Expect.equal (content set) expected "the images"
                    Expect.equal (Array.ofSeq set.Classes) names "the classes")

            testCase "A class may come before its image or far from it, and extensions in any case"
            <| fun () ->
                let images =
                    [ entry "a.jpg" [| 1uy |]; entry "b.PNG" [| 2uy |]; entry "x/a.Jpeg" [| 3uy |] ]

                let classes = [ entry "x/a.cls" "3"B; entry "b.cls" " 2\r\n"B; entry "a.CLS" "01"B ]
                let labelled = [ "a.jpg", 1; "b.PNG", 2; "x/a.Jpeg", 3 ]

                let inOrder order =
                    [ for name, label in order -> label, name, [| byte label |] ]

                Expect.equal (read (tar (images @ classes))) (inOrder labelled) "images first"

                Expect.equal
                    (read (tar (classes @ images)))
                    (inOrder (List.permute (fun i -> 2 - i) labelled))
                    "classes first"

            testCase "Folders are passed over; other files and what begins with a dot are too, and counted"
            <| fun () ->
                let others =
                    [
                        header '5' (octal 0) "train/"
                        entry "train/readme.txt" (Array.create 700 1uy)
                        entry "train/00000.json" "{}"B
                        entry "train/00000.seg.png" [| 1uy |]
                        entry "train/._00000.jpg" [| 1uy |]
                        entry "train/.jpg" [| 1uy |]
                        header '2' (octal 0) "link"
                        header '3' (octal 0) "device"
                        entryOf 'g' "global" "19 comment=no more\n"B
                    ]

                inTar (tar (others @ fivePairs @ others)) (fun path ->
                    let set = openTar path

                    Expect.equal
                        (set.Count, string set.PassedOver)
                        (5, "4 hidden, 4 without extension, 2 .json, 2 .png, 2 .txt")
                        "the images"

                    Expect.equal
                        [ for label, _, image in content set -> label, image ]
                        [ for l, _, i in five -> l, i ]
                        "the images")

            testCase "A pax header's name and size replace the header's, for one entry only"
            <| fun () ->
                let record (text: string) =
                    let length = text.Length + 4
                    Encoding.ASCII.GetBytes $"{length} {text}\n"

                let pax = Array.append (record "path=other.jpg") (record "size=3")

                let image =
                    Array.concat
                        [
                            entryOf 'x' "pax" pax
                            header '0' (octal 0) "a.jpg"
                            entry "b" [| 7uy; 8uy; 9uy |]
                        ]

                // The data are the block that the helper writes after b's header, which is cut out.
                let bytes = Array.append image[.. 512 * 3 - 1] image[512 * 4 ..]

                Expect.equal
                    (read (tar [ bytes; entry "other.cls" "4"B ]))
                    [ 4, "other.jpg", [| 7uy; 8uy; 9uy |] ]
                    "the image"

            testCase "The end mark may be one block or many"
            <| fun () ->
                for blocks in [ 1; 2; 20 ] do
                    let bytes = Array.concat (fivePairs @ [ Array.zeroCreate (blocks * 512) ])
                    Expect.equal (read bytes) five $"{blocks} blocks"
        ]

let private faultTests =
    testList
        "Faults"
        [
            testCase "An image without a class and a class without an image are refused with name and byte"
            <| fun () ->
                let start = Array.concat fivePairs

                refusesTar
                    (tar [ start; entry "a.jpg" [| 1uy |] ])
                    [ $"at byte {start.Length}: a.jpg has no class"; "a.cls" ]

                refusesTar
                    (tar [ start; entry "a.cls" "1"B ])
                    [ $"at byte {start.Length}: a.cls has no image"; "a.jpg" ]
                // The same name in another folder is another key.
                refusesTar
                    (tar [ entry "x/a.jpg" [| 1uy |]; entry "y/a.cls" "1"B ])
                    [ "at byte 0: x/a.jpg has no class" ]

            testCase "A class that is no number or that no name belongs to is refused with what it holds"
            <| fun () ->
                for text in [ ""; " "; "x"; "-1"; "1.0"; "0x1"; "1 2"; "99999999999"; "+1" ] do
                    refusesTar
                        (tar [ entry "a.jpg" [| 1uy |]; entry "a.cls" (Encoding.ASCII.GetBytes text) ])
                        [ "at byte 1024: a.cls holds"; text.Trim() ]

                refusesTar
                    (tar [ entry "a.cls" (Array.create 33 (byte '0')); entry "a.jpg" [| 1uy |] ])
                    [ "at byte 0: a.cls holds 33 bytes" ]

                refusesTar (tar [ pair "a" [| 1uy |] 10 ]) [ "at byte 1024: a.cls is class 10, not within 0..9" ]

            testCase "A key with two images or two classes is refused with the second's name and byte"
            <| fun () ->
                let start = pair "a" [| 1uy |] 1

                refusesTar
                    (tar [ start; entry "a.png" [| 1uy |] ])
                    [ $"at byte {start.Length}: a.png is the second image" ]

                refusesTar (tar [ start; entry "a.cls" "1"B ]) [ $"at byte {start.Length}: a.cls is the second .cls" ]
                refusesTar (tar [ start; start ]) [ $"at byte {start.Length}: a.jpg is the second image" ]

            testCase "An empty image and a link for an image are refused with name and byte"
            <| fun () ->
                refusesTar (tar [ entry "a.cls" "1"B; entry "a.jpg" [||] ]) [ "at byte 1024: a.jpg is empty" ]

                for kind in [ '1'; '2' ] do
                    refusesTar
                        (tar [ entry "a.cls" "1"B; header kind (octal 0) "a.jpg" ])
                        [ "at byte 1024: a.jpg is a link"; "--hard-dereference" ]

            testCase "A tar file without images is refused with what it holds instead"
            <| fun () ->
                refusesTar (tar []) [ "holds no files" ]

                refusesTar
                    (tar [ entry "img.0001.jpg" [| 1uy |]; entry "img.0001.cls" "1"B ])
                    [ "img.0001.cls has dots before its extension" ]

                refusesTar
                    (tar [ entry "img.0001.gif" [| 1uy |]; entry "img.txt" "1"B ])
                    [ "holds no images, but 2 other entries, the first of which is img.0001.gif" ]

            testCase "A path that is no tar file is refused by name"
            <| fun () ->
                inFolder (fun folder ->
                    let nothing = under folder "nothing.tar"
                    refuses nothing [ "there is no such file" ] (fun () -> openTar nothing)
                    refuses folder [ "is a folder" ] (fun () -> openTar folder))

                refusesTar [||] [ "is empty" ]
                refusesTar (gzip (tar fivePairs)) [ "is compressed by gzip"; "gunzip" ]
                refusesTar (randomBytes 4L 5000 256) [ "is no tar file"; "checksum"; "at byte 0" ]
                refusesTar "no tar"B [ "is no tar file"; "6 bytes" ]

            testCase "Of several files the one that is wrong is named"
            <| fun () ->
                inFolder (fun folder ->
                    let good, bad = under folder "good.tar", under folder "bad.tar"
                    File.WriteAllBytes(good, tar fivePairs)
                    File.WriteAllBytes(bad, tar [])
                    refuses bad [ "holds no files" ] (fun () -> TarShards.Open([| good; bad; good |], names)))

            testCase "A file that has shrunk since is refused with the image's name and byte"
            <| fun () ->
                inTar (tar fivePairs) (fun path ->
                    let set = openTar path
                    let first = bytesOf set 0

                    using (File.Open(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) (fun file ->
                        file.SetLength 2100L)

                    Expect.equal (bytesOf set 0) first "what is left is read"

                    refuses path [ "has shrunk: train/00004.jpg lay at byte"; "of which 0 are left" ] (fun () ->
                        bytesOf set 4))
        ]

[<Tests>]
let tests = testList "Sources.TarShards" [ layoutTests; faultTests ]
