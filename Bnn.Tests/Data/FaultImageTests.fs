/// Images that go wrong are decoded to PIL's pixels or refused, whatever was decoded before and whichever part of them is wanted.
module Bnn.Tests.FaultImageTests

open System
open System.IO
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.DecodingSupport
open Bnn.Tests.FaultImages
open Expecto

/// An opaque picture of one byte: what is not written after it still holds that byte.
let private filled side (value: byte) =
    use bitmap = new SkiaSharp.SKBitmap(side, side)
    bitmap.Erase(SkiaSharp.SKColor(value, value, value))
    use data = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 90)
    data.ToArray()

/// Larger than all files here.
let private garbage = List.map (filled 330) [ 0xCDuy; 0uy; 255uy ]

[<Tests>]
let tests =
    testList
        "Images that go wrong: decoding"
        [
            test "a transparent image has PIL's pixels though its decoder has decoded an opaque image before" {
                for way, kind in ways do
                    let decoder = ImageDecoder(kind)

                    for name in
                        [
                            "01-all-transparent-8x8.png"
                            "nothing.png"
                            "nothing.webp"
                            "half-transparent.png"
                        ] do
                        outcome decoder (fixture "01-opaque-8x8.png") |> ignore
                        outcome decoder garbage[0] |> ignore
                        Expect.equal (outcome decoder (fixture name)) (known name) $"{way}: {name}"
            }

            test
                "decoders write all of the memory that they use again: after any picture of one byte a file has the same pixels" {
                let names = [ for name, _ in expected -> Path.Combine(faultFolder, name) ]

                let others =
                    Directory.GetFiles(fixtures, "*.*")
                    |> Array.filter (fun path -> Path.GetExtension path <> ".txt")

                for way, kind in ways do
                    let decoder = ImageDecoder(kind)

                    for path in Seq.append names others do
                        let bytes = File.ReadAllBytes path

                        let after =
                            [
                                for before in garbage do
                                    outcome decoder before |> ignore
                                    outcome decoder bytes
                            ]

                        Expect.allEqual after after[0] $"{way}: {Path.GetFileName path}"
            }

            test "a damaged file that a decoder still takes has the same pixels whatever was decoded before" {
                let mutable generator = random 21L
                let small = List.map (filled 80) [ 0xCDuy; 0uy; 255uy ]

                for way, kind in ways do
                    let decoder = ImageDecoder(kind)

                    for name, _ in expected do
                        for _ in 1..12 do
                            let bytes = fixture name

                            for _ in 0 .. generator.Below 3 do
                                bytes[generator.Below bytes.Length] <- byte (generator.Below 256)

                            let after =
                                [
                                    for before in small do
                                        outcome decoder before |> ignore
                                        outcome decoder bytes
                                ]

                            Expect.allEqual after after[0] $"{way}: {name}"
            }

            test
                "a JPEG without its tables is refused, or has the standard's Huffman tables, whatever was decoded before" {
                let without =
                    [
                        "05-no-quantization-tables.jpg"
                        "no-huffman-tables.jpg"
                        "progressive-no-huffman-tables.jpg"
                        "progressive-no-quantization-tables.jpg"
                    ]

                // other tables than the standard's, and of every kind
                let before =
                    [
                        fixture "05-read-this-before.jpg"
                        fixture "progressive.jpg"
                        file "n01_person/astronaut.JPEG"
                        file "n02_cat/chelsea_progressive.JPEG"
                        file "grey.jpg"
                        file "cmyk.jpg"
                    ]

                for way, kind in ways do
                    for name in without do
                        let decoder = ImageDecoder(kind)
                        Expect.equal (outcome decoder (fixture name)) (known name) $"{way}: {name} first"

                        for other in before do
                            outcome decoder other |> ignore
                            Expect.equal (outcome decoder (fixture name)) (known name) $"{way}: {name} later"
            }

            test "a JPEG without Huffman tables that lacks image data is refused as any other" {
                let bytes = fixture "no-huffman-tables.jpg"
                let lost = Array.append bytes[.. bytes.Length - 600] [| 0xFFuy; 0xD9uy |]

                for _, kind in ways do
                    refused (ImageDecoder kind) lost "has image data for"
            }

            test "a JPEG that lacks image data is refused whatever part of it a crop takes" {
                for way, kind in ways do
                    let decoder = ImageDecoder(kind)
                    let bytes = fixture "06-half-with-end-marker.jpg"
                    let mutable generator = random 22L

                    let boxes =
                        [
                            PixelBox(0, 0, 1, 1), (1, 1)
                            PixelBox(0, 0, 320, 8), (32, 8)
                            PixelBox(0, 0, 320, 100), (40, 12)
                            PixelBox(0, 200, 320, 120), (320, 120)
                            for _ in 1..30 do
                                let w, h = 1 + generator.Below 320, 1 + generator.Below 320

                                PixelBox(generator.Below(321 - w), generator.Below(321 - h), w, h),
                                (1 + w / 3, 1 + h / 3)
                        ]

                    for box, size in boxes do
                        let error =
                            try
                                part decoder bytes box size |> ignore
                                "decoded"
                            with :? BnnFileException as error ->
                                error.Problem

                        Expect.stringContains error "has image data for" $"{way}: {box}"
            }

            test "stray bytes between a JPEG's header segments are passed over, as PIL does" {
                for way, kind in ways do
                    let decoder = ImageDecoder(kind)

                    for name in [ "02-ff00-junk.jpg"; "02-junk-between-2.jpg" ] do
                        Expect.equal (outcome decoder (fixture name)) (known name) $"{way}: {name}"

                    // behind the first segment: nothing, bytes of any value, a restart marker, fill bytes
                    let junk = fixture "02-junk-between-2.jpg"
                    let pixels = known "02-junk-between-2.jpg"

                    for stray in
                        [
                            [||]
                            [| 1uy; 0x80uy; 0xD9uy |]
                            [| 0xFFuy; 0xD3uy; 7uy |]
                            [| 0xFFuy; 0xFFuy |]
                            [| 5uy; 0xFFuy; 0uy; 0uy |]
                        ] do
                        let bytes = Array.concat [ junk[..19]; stray; junk[22..] ]
                        Expect.equal (outcome decoder bytes) pixels $"{way}: %A{stray}"
            }

            test "a kind of JPEG that is not read is called not supported, not damaged" {
                let twelveBits =
                    let bytes = fixture "05-read-this-before.jpg"
                    let frame = Array.IndexOf(bytes, 0xC0uy)
                    bytes[frame + 3] <- 12uy
                    bytes

                let lossless =
                    let bytes = fixture "05-read-this-before.jpg"
                    bytes[Array.IndexOf(bytes, 0xC0uy)] <- 0xC3uy
                    bytes

                for _, kind in ways do
                    let decoder = ImageDecoder(kind)

                    for bytes in [ fixture "09-height-in-dnl.jpg"; twelveBits; lossless ] do
                        match refusal decoder bytes with
                        | None -> failtest "decoded"
                        | Some message ->
                            Expect.stringContains message "not supported" "says so"
                            Expect.isFalse (message.Contains "damaged") message
            }
        ]
