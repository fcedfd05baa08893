/// Files of images that are damaged or made to do harm: each is decoded or refused by one clear error, quickly and in little memory.
module Bnn.Tests.HostileImageTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.DecodingSupport
open Expecto

let private whole = file "n03_thing/coffee_tiny.JPEG"
let private photograph = file "n01_person/astronaut_420_q60.JPEG"

/// A JPEG file's frame header says another size.
let private ofSize (width: int) (height: int) (bytes: byte[]) =
    let bytes = Array.copy bytes

    let frame =
        Seq.findIndex
            (fun k -> bytes[k] = 0xFFuy && (bytes[k + 1] = 0xC0uy || bytes[k + 1] = 0xC2uy))
            (seq { 0 .. bytes.Length - 2 })

    for k, size in [ 5, height; 7, width ] do
        bytes[frame + k] <- byte (size >>> 8)
        bytes[frame + k + 1] <- byte size

    bytes

let private pngOfSize (width: int) (height: int) (bytes: byte[]) =
    let bytes = Array.copy bytes
    Array.blit (bigEndian width) 0 bytes 16 4
    Array.blit (bigEndian height) 0 bytes 20 4
    bytes

let private each action =
    for way, kind in ways do
        let decoder = ImageDecoder(kind)
        action way decoder

[<Tests>]
let tests =
    testList
        "Decoding: damaged files"
        [
            test "The golden bad images are refused, and each says why" {
                each (fun _ decoder ->
                    let bad name =
                        File.ReadAllBytes(Path.Combine(Golden.shipped, "images", "bad", name))

                    refused decoder (bad "empty.JPEG") "is empty"
                    refused decoder (bad "text.JPEG") "is not an image"
                    refused decoder (bad "truncated.JPEG") "ends before its end-of-image marker"
                    refused decoder (Encoding.ASCII.GetBytes "GIF89a and so on") "is not an image")
            }

            test "A file cut anywhere is refused" {
                each (fun way decoder ->
                    for name in
                        [
                            "n01_person/astronaut_420_q60.JPEG"
                            "n02_cat/chelsea_progressive.JPEG"
                            "n03_thing/coffee_cmyk.JPEG"
                            "n02_cat/chelsea_is_png.JPEG"
                            "restart.jpg"
                            "scan-for-each.jpg"
                            "thumbnail.jpg"
                            "rgba.png"
                            "colour.bmp"
                            "lossy.webp"
                            "lossless-alpha.webp"
                        ] do
                        let bytes = file name

                        for k in 0..49 do
                            let length =
                                if k < 5 then
                                    bytes.Length - 1 - k
                                else
                                    bytes.Length * (k - 5) / 45

                            Expect.isSome (refusal decoder bytes[.. length - 1]) $"{way}: {name}, {length} bytes")
            }

            test "A file whose middle is lost is refused, not made grey" {
                each (fun _ decoder ->
                    for name in
                        [
                            "n01_person/astronaut_420_q60.JPEG"
                            "n03_thing/camera_grey.JPEG"
                            "n03_thing/coffee_cmyk.JPEG"
                        ] do
                        let bytes = file name
                        let begins = imageDataAt bytes

                        for share in [ 0.0; 0.3; 0.6; 0.9 ] do
                            let from = begins + int (share * float (bytes.Length - begins))
                            let lost = Array.append bytes[.. from - 1] bytes[bytes.Length - 2 ..]
                            refused decoder lost "has image data for"

                            // a part above the loss as one that has it
                            for rows in [ 8; 300 ] do
                                Expect.throwsT<BnnFileException>
                                    (fun () -> part decoder lost (PixelBox(0, 0, 400, rows)) (400, rows) |> ignore)
                                    $"{rows} rows")
            }

            test "A strip whose data are lost between two restart markers is refused" {
                each (fun _ decoder ->
                    let bytes = file "restart.jpg"

                    let marker =
                        Seq.find
                            (fun k -> bytes[k] = 0xFFuy && bytes[k + 1] = 0xD2uy)
                            (seq { imageDataAt bytes .. bytes.Length - 2 })

                    refused decoder (Array.append bytes[.. marker - 20] bytes[marker..]) "has image data for"
                    Expect.isNone (refusal decoder bytes) "as it was")
            }

            test "Random changes of a file's bytes give a picture of its size or a refusal, in both ways alike" {
                let mutable generator = random 11L

                let outcomes =
                    [
                        for round in 1..200 do
                            let source = if round % 2 = 0 then whole else file "restart.jpg"
                            let bytes = Array.copy source

                            for _ in 0 .. generator.Below 4 do
                                bytes[generator.Below bytes.Length] <- byte (generator.Below 256)

                            [
                                for _, kind in ways do
                                    let decoder = ImageDecoder(kind)

                                    try
                                        let image = DecodingSupport.whole decoder bytes
                                        Expect.equal image.Pixels.Length (3 * image.Width * image.Height) "whole"
                                        // Not its pixels: SIMD and plain code differ where numbers overflow.
                                        Ok(image.Width, image.Height)
                                    with :? BnnFileException as error ->
                                        Error error.Problem
                            ]
                    ]

                for outcome in outcomes do
                    Expect.equal (List.last outcome) outcome[0] "the same"

                let count kind =
                    outcomes |> List.filter (fun outcome -> kind outcome[0]) |> List.length

                Expect.isGreaterThan (count _.IsOk) 20 "some are decoded"
                Expect.isGreaterThan (count _.IsError) 20 "some are refused"
            }

            test "Random changes of every other kind of file give a picture or a refusal" {
                let mutable generator = random 12L
                let decoder = ImageDecoder()

                for name in
                    [
                        "rgba.png"
                        "interlaced.png"
                        "palette.bmp"
                        "lossy.webp"
                        "lossless-alpha.webp"
                        "sampled-2-progressive.jpg"
                    ] do
                    for _ in 1..60 do
                        let bytes = file name

                        for _ in 0 .. generator.Below 4 do
                            bytes[generator.Below bytes.Length] <- byte (generator.Below 256)

                        refusal decoder bytes |> ignore
            }

            test "Images of more than 100 million pixels or 500 MB are refused by their headers, in no memory" {
                let before = GC.GetAllocatedBytesForCurrentThread()

                each (fun _ decoder ->
                    refused decoder (ofSize 60_000 60_000 photograph) "60000 x 60000"
                    refused decoder (ofSize 10_500 10_500 photograph) "100 million"
                    refused decoder (ofSize 60_000 60_000 (file "n02_cat/chelsea_progressive.JPEG")) "60000 x 60000"
                    refused decoder (ofSize 9_999 9_999 (file "n02_cat/chelsea_progressive.JPEG")) "500 MB"
                    refused decoder (pngOfSize 60_000 60_000 (file "rgba.png")) "60000 x 60000"
                    refused decoder (pngOfSize Int32.MaxValue Int32.MaxValue (file "rgba.png")) "100 million"
                    refused decoder (pngOfSize 9_999 9_999 (file "interlaced.png")) "500 MB")

                Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 10_000_000L "bytes"
            }

            test "Sizes of 0 are refused" {
                each (fun _ decoder ->
                    refused decoder (ofSize 0 48 whole) "0 x 48"
                    refused decoder (ofSize 64 0 whole) "64 x 0"
                    refused decoder (pngOfSize 0 5 (file "rgba.png")) "0 x 5")
            }

            test
                "Markers out of place are refused: within image data, restart markers out of order, data for a component missing" {
                each (fun _ decoder ->
                    let at = imageDataAt whole + 40

                    let inserted code =
                        Array.concat [ whole[.. at - 1]; [| 0xFFuy; code |]; whole[at..] ]

                    refused decoder (inserted 0xC0uy) "marker FF C0"
                    refused decoder (inserted 0xDAuy) "marker FF DA"
                    refused decoder (inserted 0x05uy) "marker FF 05"
                    refused decoder (inserted 0xD3uy) "restart marker FF D3"
                    let restarts = file "restart.jpg"

                    let second =
                        Seq.find
                            (fun k -> restarts[k - 1] = 0xFFuy && restarts[k] = 0xD1uy)
                            (seq { imageDataAt restarts .. restarts.Length - 1 })

                    refused
                        decoder
                        [| yield! restarts[.. second - 1]; 0xD2uy; yield! restarts[second + 1 ..] |]
                        "restart marker FF D2"

                    refused
                        decoder
                        (Array.append restarts[.. second - 2] restarts[restarts.Length - 2 ..])
                        "restart markers, not"

                    let scans = file "scan-for-each.jpg"
                    let last = Array.FindLastIndex(scans, (fun b -> b = 0xDAuy))

                    refused
                        decoder
                        (Array.append scans[.. last - 2] [| 0xFFuy; 0xD9uy |])
                        "has image data for 2 components, not 3")
            }

            test "A part outside the image is refused" {
                each (fun _ decoder ->
                    Expect.throwsT<ArgumentException>
                        (fun () -> part decoder whole (PixelBox(1, 0, 64, 48)) (10, 10) |> ignore)
                        "too far right")
            }
        ]
