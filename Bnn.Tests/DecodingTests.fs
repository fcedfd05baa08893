/// Files of images are decoded to PIL's pixels, by each of the ways.
module Bnn.Tests.DecodingTests

open System
open System.IO
open System.Security.Cryptography
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.DecodingSupport
open Expecto

let private expected =
    [
        for line in File.ReadAllLines(Path.Combine(fixtures, "decoded.txt")) do
            let parts = line.Split ' '
            parts[0], int parts[1], int parts[2], parts[3]
    ]

let private jpegs =
    [
        for name, _, _, _ in expected do
            if JpegStructure.Begins(ReadOnlySpan(file name)) then
                name
    ]

/// Random parts, down to single pixels.
let private boxes width height =
    let mutable generator = random 8L

    [
        for _ in 1..10 do
            let w, h = 1 + generator.Below width, 1 + generator.Below height
            PixelBox(generator.Below(width - w + 1), generator.Below(height - h + 1), w, h)
    ]

[<Tests>]
let tests =
    testList
        "Decoding: pixels"
        [
            for way, kind in ways do
                test $"{way}: every valid file is decoded to PIL's pixels, bit for bit" {
                    // One decoder for all, so that it meets larger and smaller images one after another.
                    let decoder = ImageDecoder(kind)

                    for name, width, height, digest in expected do
                        let image = whole decoder (file name)
                        Expect.equal (image.Width, image.Height) (width, height) name
                        Expect.equal (Convert.ToHexStringLower(SHA256.HashData image.Pixels)) digest name
                }

                test $"{way}: a part is decoded to the same pixels as in the whole image" {
                    let first = ImageDecoder(kind)

                    for name in jpegs do
                        let bytes = file name
                        let all = whole first bytes

                        for box in boxes all.Width all.Height do
                            // Another decoder each time: memory used before would hold the picture already.
                            let decoder = ImageDecoder(kind)
                            let image = part decoder bytes box (box.Width, box.Height)
                            Expect.equal image.Part box "nothing is scaled"
                            Expect.equal (cut image image.Part) (cut all box) $"{name}: {box}"
                }

                test $"{way}: a part twice, four or eight times as large as its result is decoded at that fraction" {
                    let decoder = ImageDecoder(kind)
                    let bytes = file "n01_person/astronaut.JPEG"

                    for size, divisor in [ 224, 1; 201, 1; 200, 2; 101, 2; 100, 4; 50, 8; 10, 8 ] do
                        let image = part decoder bytes (PixelBox(80, 40, 400, 410)) (size, size)

                        let fraction =
                            PixelBox(
                                80 / divisor,
                                40 / divisor,
                                400 / divisor,
                                (450 + divisor / 2) / divisor - 40 / divisor
                            )

                        Expect.equal (image.Width, image.Part) (512 / divisor, fraction) $"{size}"

                        // Each pixel is about the mean of those that it stands for.
                        let all = whole decoder bytes

                        let mean =
                            Seq.average (cut image image.Part |> Seq.map float)
                            - Seq.average (cut all (PixelBox(80, 40, 400, 410)) |> Seq.map float)

                        Expect.isLessThan (abs mean) 1.0 $"{size}"
                }

            if Tools.hasTurboJpeg.Value then
                test "libturbojpeg decodes what it is for, and both ways give the same pixels at every fraction" {
                    let fast = ImageDecoder()
                    let skia = ImageDecoder(JpegWay.Skia)

                    for name in jpegs do
                        let bytes = file name
                        let all = whole skia bytes
                        let before = fast.DecodedByTurbo

                        for divisor in [ 1; 2; 4; 8 ] do
                            let box = PixelBox(1, 0, all.Width - 1, all.Height / 2)
                            let size = box.Width / divisor, box.Height / divisor
                            let a, b = part fast bytes box size, part skia bytes box size
                            Expect.equal a.Part b.Part name
                            Expect.equal (cut a a.Part) (cut b b.Part) $"{name}, 1/{divisor}"

                        let hasComplaint =
                            List.contains name [ "left-over-restart.jpg"; "stuffed.jpg" ]
                            || name.Contains "cmyk"

                        Expect.equal (fast.DecodedByTurbo - before) (if hasComplaint then 0L else 4L) name
                }
            else
                // without the library there is no second decoder to compare, and Skia's is tested above
                Checks.notTriedTest "libturbojpeg decodes what it is for (it is not installed)"

            test "Once a size was met, decoding takes next to no managed memory" {
                for _, kind in ways do
                    let decoder = ImageDecoder(kind)
                    let bytes = file "n01_person/astronaut.JPEG"
                    let header = ImageHeader.Read("the file", ReadOnlySpan bytes)

                    let once () =
                        decoder.Decode("the file", ReadOnlySpan bytes, &header).Width |> ignore

                    once ()
                    let before = GC.GetAllocatedBytesForCurrentThread()
                    once ()
                    Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 50_000L "bytes"
            }
        ]
