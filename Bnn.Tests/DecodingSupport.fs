/// Files of images and their decoding, for tests.
module Bnn.Tests.DecodingSupport

open System
open System.IO
open Bnn
open Expecto

let fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "images")

/// A file of the golden validation images or of the fixtures.
let file (name: string) =
    let golden = Path.Combine(Golden.shipped, "images", "val", name)

    File.ReadAllBytes(
        if File.Exists golden then
            golden
        else
            Path.Combine(fixtures, name)
    )

/// Each way of decoding JPEG that this machine has.
let ways =
    [
        "Skia", JpegWay.Skia
        if Tools.hasTurboJpeg.Value then
            "libturbojpeg", JpegWay.Fastest
    ]

type Decoded =
    {
        Width: int
        Height: int
        Part: PixelBox
        Pixels: byte[]
    }

let private copy (image: DecodedImage) =
    {
        Width = image.Width
        Height = image.Height
        Part = image.Part
        Pixels = image.Pixels.ToArray()
    }

let whole (decoder: ImageDecoder) (bytes: byte[]) =
    let header = ImageHeader.Read("the file", ReadOnlySpan bytes)
    copy (decoder.Decode("the file", ReadOnlySpan bytes, &header))

let part (decoder: ImageDecoder) (bytes: byte[]) box (width: int, height: int) =
    let header = ImageHeader.Read("the file", ReadOnlySpan bytes)
    copy (decoder.DecodePart("the file", ReadOnlySpan bytes, &header, box, width, height))

/// What is wrong with a file; None where it is decoded. Any other exception goes through.
let refusal decoder bytes =
    try
        whole decoder bytes |> ignore
        None
    with :? BnnFileException as error ->
        Expect.stringContains error.Message "the file" "names the file"
        Some error.Message

let refused decoder bytes (contained: string) =
    match refusal decoder bytes with
    | Some message -> Expect.stringContains message contained "says what is wrong"
    | None -> failtest $"decoded, where '{contained}' was to be said"

/// Where a JPEG file's image data begin: behind its first scan header.
let imageDataAt (bytes: byte[]) =
    let rec next at =
        let length = int bytes[at + 2] * 256 + int bytes[at + 3]

        if bytes[at + 1] = 0xDAuy then
            at + 2 + length
        else
            next (at + 2 + length)

    next 2

/// The pixels of a box, for comparison.
let cut (image: Decoded) (box: PixelBox) =
    [|
        for y in box.Y .. box.Bottom - 1 do
            yield! image.Pixels[3 * (y * image.Width + box.X) .. 3 * (y * image.Width + box.Right) - 1]
    |]
