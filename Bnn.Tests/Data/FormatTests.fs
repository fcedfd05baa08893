/// Kinds of image files beside the usual, and EXIF orientations: PIL's pixels, or an error that says what is not supported.
module Bnn.Tests.FormatTests

open System
open System.IO
open System.Security.Cryptography
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.DecodingSupport
open Bnn.Tests.SourceSupport
open Expecto
open SkiaSharp

let formats = Path.Combine(AppContext.BaseDirectory, "fixtures", "formats")

let private bytesOf name =
    File.ReadAllBytes(Path.Combine(formats, name))

/// What PIL makes of each file as it is meant.
let private expected =
    [
        for line in File.ReadAllLines(Path.Combine(formats, "decoded.txt")) do
            let parts = line.Split ' '
            parts[0], (int parts[1], int parts[2], parts[3])
    ]

let private meant (decoder: ImageDecoder) (bytes: byte[]) =
    let header = ImageHeader.Read("the file", ReadOnlySpan bytes, true)
    let image = decoder.Decode("the file", ReadOnlySpan bytes, &header)
    image.Width, image.Height, image.Pixels.ToArray()

let private digested (width, height, pixels: byte[]) =
    width, height, Convert.ToHexStringLower(SHA256.HashData pixels)

/// Pixels of 3 bytes as a PNG.
let private png (width: int, height: int, pixels: byte[]) =
    use bitmap = new SKBitmap(width, height)

    for k in 0 .. width * height - 1 do
        bitmap.SetPixel(k % width, k / width, SKColor(pixels[3 * k], pixels[3 * k + 1], pixels[3 * k + 2]))

    use data = bitmap.Encode(SKEncodedImageFormat.Png, 90)
    data.ToArray()

let private netpbm =
    testList
        "netpbm"
        [
            test "binary PPM and PGM files have PIL's pixels, whatever their largest value and their comments" {
                let decoder = ImageDecoder()

                for name, wanted in expected do
                    if name.EndsWith "m" then
                        let image = whole decoder (bytesOf name)
                        Expect.equal (digested (image.Width, image.Height, image.Pixels)) wanted name
            }

            test "16-bit grey PGM is scaled to 8 bits" {
                let file = Array.append "P5 3 1 65535\n"B [| 0uy; 128uy; 128uy; 0uy; 255uy; 255uy |]
                let image = whole (ImageDecoder()) file
                Expect.equal image.Pixels (Array.collect (Array.replicate 3) [| 0uy; 128uy; 255uy |]) "grey"
            }

            test "a PPM that is cut short, lacks a number or is of another kind is refused, and says which" {
                let decoder = ImageDecoder()
                let file = bytesOf "colour.ppm"

                for length in [ 13; 14; 100; file.Length - 1 ] do
                    refused decoder file[.. length - 1] "bytes of pixels, not 741"

                refused decoder "P6 2 x 255\n"B "does not hold columns, rows and largest value"
                refused decoder "P6 2 99999999999 255\n"B "does not hold columns, rows and largest value"
                refused decoder "P6 9999999999 9999999999 255\n"B "100 million"
                refused decoder "P6 0 5 255\n"B "0 x 5"
                refused decoder "P6 1 1 65536\n"B "largest value is 65536"

                for kind in [ '1'; '2'; '3'; '4'; '7'; 'f' ] do
                    match refusal decoder (Encoding.ASCII.GetBytes $"P{kind}\n1 1 1 0\n") with
                    | Some message ->
                        Expect.stringContains message "not supported" "says so"
                        Expect.isFalse (message.Contains "damaged") message
                    | None -> failtest "decoded"
            }

            test "a folder's .ppm, .pgm and .jfif files are images, and so is a PPM under another name" {
                inFolder (fun root ->
                    put root "a/1.ppm" (bytesOf "colour.ppm")
                    put root "a/2.PGM" (bytesOf "grey.pgm")
                    put root "a/3.jfif" (bytesOf "turned-1.jpg")
                    put root "a/4.dat" (bytesOf "comments.ppm")
                    put root "a/5.txt" "P6 is a kind of file"B
                    let images = Data.TestFolder(root, 8)
                    Expect.equal images.Count 4 "the images"
                    Expect.equal (string images.PassedOver) "1 .txt" "the other"
                    Expect.isTrue (images[0].Pixels.Span.SequenceEqual images[3].Pixels.Span) "the same picture")
            }
        ]

let private orientation =
    testList
        "EXIF orientation"
        [
            test
                "a turned image has the pixels of PIL's exif_transpose where that is asked for, and else those of its file" {
                for way, kind in ways do
                    let decoder = ImageDecoder(kind)

                    for name, wanted in expected do
                        if name.StartsWith "turned" then
                            Expect.equal (digested (meant decoder (bytesOf name))) wanted $"{way}: {name}"
                            let stored = whole decoder (bytesOf name)
                            Expect.equal (stored.Width, stored.Height) (19, 13) $"{way}: {name}, as stored"
            }

            test
                "EXIF data in either byte order say the orientation, and say none where they are cut short, odd or without it" {
                let little =
                    Array.concat
                        [
                            "II*\000"B
                            [| 10uy; 0uy; 0uy; 0uy; 0uy; 0uy; 2uy; 0uy |]
                            [| 0x10uy; 1uy; 2uy; 0uy; 1uy; 0uy; 0uy; 0uy; 8uy; 0uy; 0uy; 0uy |]
                            [| 0x12uy; 1uy; 3uy; 0uy; 1uy; 0uy; 0uy; 0uy; 6uy; 0uy; 0uy; 0uy |]
                        ]

                let big =
                    Array.concat
                        [
                            "MM\000*"B
                            [| 0uy; 0uy; 0uy; 8uy; 0uy; 1uy |]
                            [| 1uy; 0x12uy; 0uy; 3uy; 0uy; 0uy; 0uy; 1uy; 0uy; 8uy; 0uy; 0uy |]
                        ]

                Expect.equal (Orientation.Of(ReadOnlySpan little)) 6 "little-endian, second entry"
                Expect.equal (Orientation.Of(ReadOnlySpan big)) 8 "big-endian"

                for bytes in [ little; big ] do
                    for length in 0 .. bytes.Length - 1 do
                        Expect.equal (Orientation.Of(ReadOnlySpan(bytes, 0, length))) 1 $"cut to {length}"

                for at, value in [ 32, 0uy; 32, 9uy; 24, 0x13uy; 4, 200uy; 7, 255uy; 0, 0uy ] do
                    let odd = Array.copy little
                    odd[at] <- value
                    Expect.equal (Orientation.Of(ReadOnlySpan odd)) 1 $"byte {at} is {value}"
            }

            test "a part of a turned image is that part of the image as it is meant, whole or at half size" {
                for way, kind in ways do
                    for orientation in 1..8 do
                        let file = bytesOf $"turned-{orientation}.jpg"
                        let width, height, pixels = meant (ImageDecoder kind) file
                        let header = ImageHeader.Read("the file", ReadOnlySpan file, true)
                        let box = PixelBox(2, 3, width - 5, height - 4)

                        let all =
                            {
                                Width = width
                                Height = height
                                Part = box
                                Pixels = pixels
                            }

                        let decoder = ImageDecoder kind

                        let part =
                            decoder.DecodePart("the file", ReadOnlySpan file, &header, box, box.Width, box.Height)

                        let cutOut =
                            {
                                Width = part.Width
                                Height = part.Height
                                Part = part.Part
                                Pixels = part.Pixels.ToArray()
                            }

                        Expect.equal (cut cutOut part.Part) (cut all box) $"{way}: {orientation}"
                        let half = decoder.DecodePart("the file", ReadOnlySpan file, &header, box, 3, 3)

                        Expect.equal
                            (half.Width, half.Height)
                            ((width + 1) / 2, (height + 1) / 2)
                            $"{way}: half of {orientation}"
            }

            test
                "a folder and a tar file are read as images are meant, tested on, trained on and in memory, where that is asked for" {
                let upright = png (meant (ImageDecoder()) (bytesOf "turned-6.jpg"))

                inFolder (fun root ->
                    put root "a/c/1.jpg" (bytesOf "turned-6.jpg")
                    put root "b/c/1.png" upright
                    let turned = Data.TestFolder(under root "a", 12, exifOrientation = true)
                    let stored = Data.TestFolder(under root "a", 12)
                    let wanted = Data.TestFolder(under root "b", 12)

                    let same (a: Picture) (b: Picture) =
                        a.Pixels.Span.SequenceEqual b.Pixels.Span

                    Expect.isTrue (same turned[0] wanted[0]) "tested on"
                    Expect.isFalse (same stored[0] wanted[0]) "off by default"
                    Expect.notEqual (turned.Identity()) (stored.Identity()) "other data to a run that goes on"
                    Expect.equal (stored.Take(1).Identity()) (stored.Identity()) "and the same to one without"

                    for epoch in 0UL .. 5UL do
                        let seen (images: Images) =
                            images.Augmented(0, Augmentation.LargeImages, 1L, epoch)

                        Expect.isTrue (same (seen turned) (seen wanted)) $"trained on, epoch {epoch}"

                    let shard = under root "a.tar"
                    let classes = under root "classes.txt"
                    File.WriteAllText(classes, "thing\n")
                    File.WriteAllBytes(shard, tar [ pair "0" (bytesOf "turned-6.jpg") 0 ])
                    let inMemory = Data.TarShards(shard, shard, exifOrientation = true).Load().Train
                    Expect.equal (inMemory.Width, inMemory.Height) (13, 19) "in memory"

                    let _, _, pixels = meant (ImageDecoder()) (bytesOf "turned-6.jpg")

                    let planes =
                        [|
                            for c in 0..2 do
                                for k in 0 .. 13 * 19 - 1 -> pixels[3 * k + c]
                        |]

                    Expect.isTrue (inMemory[0].Pixels.Span.SequenceEqual(ReadOnlySpan planes)) "its pixels"

                    let streamed =
                        Data.TarShards(shard, shard, size = 12, exifOrientation = true).Load().Train

                    Expect.isTrue (same streamed[0] wanted[0]) "streamed")
            }
        ]

let private unsupported =
    testList
        "not supported"
        [
            test "Apple's CgBI PNG is called not supported, not damaged, with a remedy" {
                let file = bytesOf "turned-6.png"

                let chunk =
                    Array.concat
                        [
                            bigEndian 4
                            "CgBI"B
                            [| 0x50uy; 0uy; 0x20uy; 6uy |]
                            [| 0x2Buy; 0xD5uy; 0xB3uy; 0x7Fuy |]
                        ]

                let apples = Array.concat [ file[..7]; chunk; file[8..] ]

                for way, kind in ways do
                    match refusal (ImageDecoder kind) apples with
                    | Some message ->
                        Expect.stringContains message "CgBI" way
                        Expect.stringContains message "not supported" way
                        Expect.stringContains message "pngcrush" way
                        Expect.isFalse (message.Contains "damaged") way
                    | None -> failtest "decoded"
            }

            test
                "a JPEG with its height in a DNL segment and restart markers, and a JPEG-LS file, are not supported, not damaged" {
                let height =
                    let bytes = file "restart.jpg"
                    let frame = Array.IndexOf(bytes, 0xC0uy)
                    let lines = bytes[frame + 4 .. frame + 5]
                    bytes[frame + 4] <- 0uy
                    bytes[frame + 5] <- 0uy

                    Array.concat
                        [
                            bytes[.. bytes.Length - 3]
                            [| 0xFFuy; 0xDCuy; 0uy; 4uy |]
                            lines
                            [| 0xFFuy; 0xD9uy |]
                        ]

                let lossless =
                    [|
                        0xFFuy
                        0xD8uy
                        0xFFuy
                        0xF7uy
                        0uy
                        11uy
                        8uy
                        0uy
                        1uy
                        0uy
                        1uy
                        1uy
                        1uy
                        0x11uy
                        0uy
                        0xFFuy
                        0xD9uy
                    |]

                for way, kind in ways do
                    for bytes in [ height; lossless ] do
                        match refusal (ImageDecoder kind) bytes with
                        | Some message ->
                            Expect.stringContains message "not supported" way
                            Expect.isFalse (message.Contains "damaged") message
                        | None -> failtest "decoded"
            }
        ]

[<Tests>]
let tests = testList "Formats" [ netpbm; orientation; unsupported ]
