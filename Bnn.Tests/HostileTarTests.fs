/// Tar files that are damaged or made to do harm: each is read or refused by one error, in little memory.
module Bnn.Tests.HostileTarTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto

let private whole = tar fivePairs

let private images (set: EncodedSet) =
    [ for label, _, image in content set -> label, image ]

let private expected = [ for image, label in fiveImages -> label, image ]

/// Bytes that reading takes on this thread, where it is refused with these parts.
let private allocated bytes parts =
    inTar bytes (fun path ->
        let before = GC.GetAllocatedBytesForCurrentThread()
        refuses path parts (fun () -> openTar path)
        GC.GetAllocatedBytesForCurrentThread() - before)

/// GNU's numbers of more than 33 bits: the first bit set, then 95 bits, the highest byte first.
let private base256 (number: int64) =
    let bytes = BitConverter.GetBytes number |> Array.rev
    let filler = if number < 0L then 0xFFuy else 0uy
    Array.concat [ [| 0x80uy ||| filler; filler; filler; filler |]; bytes ]

let private withSize (size: byte[]) (block: byte[]) =
    let block = Array.copy block
    Array.blit size 0 block 124 size.Length
    withChecksum block

let private headerOf kind = header kind (octal 1) "train/a.jpg"

let private cutTests =
    testList
        "Cut"
        [
            testCase "A tar file cut anywhere before its end mark is refused with the byte, and read whole after it"
            <| fun () ->
                let data = whole.Length - endMark.Length
                let mutable generator = random 8L
                let starts = List.scan (fun at (pair: byte[]) -> at + pair.Length) 0 fivePairs

                let cuts =
                    [ for _ in 1..30 -> 1 + generator.Below(data - 1) ]
                    @ starts[1..]
                    @ [
                        for at in starts[..4] do
                            at + 511
                            at + 512
                            at + 513
                    ]
                    @ [ data + 1; data + 511 ]

                for length in cuts do
                    inTar whole[.. length - 1] (fun path ->
                        let error = fault (fun () -> openTar path)
                        Expect.equal error.Path path "the path"

                        Expect.stringContains
                            error.Message
                            (if length < 512 then "at byte 0" else "at byte ")
                            $"{length} bytes"

                        if length >= 512 then
                            Expect.stringContains error.Message $"the file ends at byte {length}" "the length"
                            Expect.stringContains error.Message "it is cut short" "the remedy")

                for length in [ data + 512; data + 513; whole.Length ] do
                    inTar whole[.. length - 1] (fun path ->
                        Expect.equal (images (openTar path)) expected $"{length} bytes")

            testCase "A cut file says what is missing"
            <| fun () ->
                let at = fivePairs[0].Length + fivePairs[1].Length
                refusesTar whole[.. at - 1] [ $"at byte {at}: another header or the end mark is missing" ]
                refusesTar whole[.. at + 99] [ $"at byte {at}: a header is incomplete" ]
                let size = (fst fiveImages[2]).Length

                refusesTar
                    whole[.. at + 600]
                    [
                        $"at byte {at}: train/00002.jpg promises {size} bytes from byte {at + 512} on"
                    ]

            testCase "A header that became zeros does not end the file in silence"
            <| fun () ->
                let at = fivePairs[0].Length
                let bytes = Array.copy whole
                Array.fill bytes at 512 0uy
                refusesTar bytes [ $"at byte {at}: the end mark, but the file goes on at byte {at + 512}" ]
                refusesTar (Array.append whole whole) [ $"goes on at byte {whole.Length}" ]
        ]

let private headerTests =
    testList
        "Headers"
        [
            testCase
                "A change of any byte of a header is refused with the header's byte, unless it becomes the checksum's"
            <| fun () ->
                let at = fivePairs[0].Length

                for index in 0..511 do
                    let bytes = Array.copy whole
                    bytes[at + index] <- bytes[at + index] + 1uy

                    // Digits of the checksum are followed by bytes that do not count, which may be blank or zero.
                    if index < 154 || index > 155 then
                        refusesTar bytes [ $"at byte {at}: the header's checksum is wrong" ]

            testCase "Sizes that are absurd, negative or no numbers are refused before memory is taken for them"
            <| fun () ->
                let wrong =
                    [
                        "777777777777"B, "promises 68719476735 bytes"
                        base256 1_000_000_000_000L, "promises 1000000000000 bytes"
                        base256 Int64.MaxValue, $"promises {Int64.MaxValue} bytes"
                        base256 -1L, "size is no number"
                        base256 Int64.MinValue, "size is no number"
                        Array.create 12 0xFFuy, "size is no number"
                        Array.append [| 0x80uy |] (Array.create 11 0xFFuy), "size is no number"
                        "-0000000001\000"B, "size is no number"
                        "00000000009\000"B, "size is no number"
                        "0x000000001\000"B, "size is no number"
                        "1 2        \000"B, "size is no number"
                    ]

                for kind in [ '0'; 'x'; 'L'; 'g'; 'K' ] do
                    for size, problem in wrong do
                        let hostile = withSize size (headerOf kind)
                        let bytes = tar [ fivePairs[0]; hostile ]
                        let taken = allocated bytes [ $"at byte {fivePairs[0].Length}: "; problem ]
                        Expect.isLessThan taken 200_000L "the bytes allocated"

            testCase "A pax header's size is checked as the header's"
            <| fun () ->
                for record, problem in
                    [
                        "22 size=1000000000000\n", "promises 1000000000000 bytes"
                        "11 size=-1\n", "size is no number"
                        "10 size=x\n", "size is no number"
                        "9 size=1\n", "the image is one byte"
                        "99 size=1\n", "a record of the pax header is damaged"
                        "size=1\n", "a record of the pax header is damaged"
                        "9 size=1 ", "a record of the pax header is damaged"
                        "0 size=1\n", "a record of the pax header is damaged"
                        "-9 size=1\n", "a record of the pax header is damaged"
                        "22 GNU.sparse.major=1\n", "stored as sparse"
                    ] do
                    let bytes =
                        tar
                            [
                                entryOf 'x' "pax" (Encoding.ASCII.GetBytes record)
                                entry "a.jpg" [| 5uy |]
                                entry "a.cls" "1"B
                            ]

                    if problem = "the image is one byte" then
                        inTar bytes (fun path -> Expect.equal (images (openTar path)) [ 1, [| 5uy |] ] problem)
                    else
                        refusesTar bytes [ "at byte "; problem ]

            testCase "A name that is longer than any path is refused before memory is taken for it"
            <| fun () ->
                let long = Array.create 3_000_000 (byte 'a')

                for kind in [ 'L'; 'x' ] do
                    let bytes = tar [ entryOf kind "long" long; fivePairs[0] ]
                    let taken = allocated bytes [ "at byte 0: 3000000 bytes belong to a name" ]
                    Expect.isLessThan taken 200_000L "the bytes allocated"

                let pax = Encoding.ASCII.GetBytes $"5011 path={String('a', 5000)}\n"
                refusesTar (tar [ entryOf 'x' "pax" pax; fivePairs[0] ]) [ "a name has 5000 bytes" ]

            testCase "A long name without a file is refused"
            <| fun () ->
                refusesTar
                    (tar (fivePairs @ [ entryOf 'L' "long" "a.jpg\000"B ]))
                    [ "the end mark follows on a long name" ]

            testCase "Sparse files, files in volumes and unknown entries are refused with their type"
            <| fun () ->
                for kind in [ 'S'; 'M'; 'D'; 'Z' ] do
                    refusesTar (tar [ headerOf kind ]) [ $"at byte 0: train/a.jpg is an entry of type {kind}" ]

                refusesTar (tar [ headerOf '\001' ]) [ "of type 0x01" ]

            testCase "Names that lead out of a folder are read as names, because nothing is unpacked"
            <| fun () ->
                inFolder (fun folder ->
                    let path = under folder "in/shard.tar"
                    put folder "in/shard.tar" (tar [ pair "../evil" [| 1uy |] 1; pair "/etc/evil" [| 2uy |] 2 ])
                    let set = openTar path
                    Expect.equal (images set) [ 1, [| 1uy |]; 2, [| 2uy |] ] "the images"
                    Expect.equal (set.NameOf 0) $"{path}: ../evil.jpg" "the name"
                    Expect.equal (Directory.GetFileSystemEntries folder) [| under folder "in" |] "nothing is written")
        ]

let private mutationTests =
    testList
        "Mutations"
        [
            testCase "A changed tar file is read or refused by one error, and what is read has labels of classes"
            <| fun () ->
                let mutable generator = random 21L
                let mutable refusals = 0

                let bytes =
                    tar (entryOf 'L' "long" "train/x.txt\000"B :: entry "x" [| 1uy |] :: fivePairs)

                for _ in 1..200 do
                    let damaged = Array.copy bytes

                    for _ in 0 .. generator.Below 3 do
                        damaged[generator.Below damaged.Length] <- byte (generator.Below 256)

                    // Half of them with right checksums, so that what is behind them is reached.
                    if generator.Below 2 = 0 then
                        for at in 0..512 .. damaged.Length - 1 do
                            if damaged[at + 257 .. at + 261] = "ustar"B then
                                damaged[at + 100 + generator.Below 160] <- byte (generator.Below 256)
                                Array.blit (withChecksum damaged[at .. at + 511]) 0 damaged at 512

                    inTar damaged (fun path ->
                        try
                            for label, _, image in content (openTar path) do
                                Expect.isTrue (label >= 0 && label <= 9) "the label"
                                Expect.isNonEmpty image "the image"
                        with :? BnnFileException as error ->
                            Expect.equal error.Path path "the path"
                            refusals <- refusals + 1)

                Expect.isGreaterThan refusals 60 "many changes damage the file"
                Expect.isLessThan refusals 200 "some do not"
        ]

[<Tests>]
let tests = testList "Sources.HostileTar" [ cutTests; headerTests; mutationTests ]
