/// Small images, labels and files for the tests of the data.
module Bnn.Tests.DataSupport

open System
open System.IO
open System.IO.Compression
open Bnn
open Expecto

let bigEndian (number: int) =
    [|
        byte (number >>> 24)
        byte (number >>> 16)
        byte (number >>> 8)
        byte number
    |]

let imagesFile (rows: int) (columns: int) (pixels: byte[]) =
    Array.concat
        [
            bigEndian 0x803
            bigEndian (pixels.Length / (rows * columns))
            bigEndian rows
            bigEndian columns
            pixels
        ]

let labelsFile (labels: byte[]) =
    Array.concat [ bigEndian 0x801; bigEndian labels.Length; labels ]

let gzip (content: byte[]) =
    use target = new MemoryStream()

    using (new GZipStream(target, CompressionLevel.SmallestSize, true)) (fun stream ->
        stream.Write(content, 0, content.Length))

    target.ToArray()

let names = [| for i in 0..9 -> $"class {i}" |]

let readBytes (images: byte[]) (labels: byte[]) =
    Idx.Read(new MemoryStream(images), "the images", new MemoryStream(labels), "the labels", names)

/// The error of reading, or None where it was read. Any other exception fails the test.
let refusal images labels =
    try
        readBytes images labels |> ignore
        None
    with :? BnnFileException as error ->
        Some error

let refused images labels (parts: string list) =
    match refusal images labels with
    | None -> failtest "it was read"
    | Some error ->
        for part in parts do
            Expect.stringContains error.Message part "the message"

let inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "bnn-data-"

    try
        action folder.FullName
    finally
        folder.Delete true

let random seed = SplitMix64.Of(seed, 0UL)

let randomBytes seed count bound =
    let mutable generator = random seed
    Array.init count (fun _ -> byte (generator.Below bound))

/// Three images of 4 x 5 and their labels.
let small = imagesFile 4 5 (randomBytes 1L 60 256), labelsFile [| 0uy; 9uy; 4uy |]

let setOf channels rows columns (pixels: byte[]) =
    let labels =
        Array.init (pixels.Length / (channels * rows * columns)) (fun i -> i % 10)

    ImageSet(channels, rows, columns, ReadOnlyMemory pixels, ReadOnlyMemory labels, names)

let colourSet =
    setOf 3 6 5 (randomBytes 2L (40 * 3 * 6 * 5) 256 |> Array.map (max 1uy))

let inMemory (images: Examples) = images :?> ImageSet

let means = [| 0.2f; 0.3f; 0.4f |]
let deviations = [| 0.5f; 0.6f; 0.7f |]

/// An image as a network sees it.
let writtenBy (view: View) (set: Examples) index =
    let target = Array.zeroCreate (set.Channels * set.Height * set.Width)
    use reader = set.OpenReader()
    reader.Write(index, view, Span target)
    target

let private written (set: ImageSet) augmentation seed epoch (indices: int[]) =
    let channels = [| 0 .. set.Channels - 1 |]

    let normalization =
        Normalization([| for c in channels -> float means[c] |], [| for c in channels -> float deviations[c] |])

    indices
    |> Array.map (writtenBy (View(normalization, augmentation, seed, epoch)) set)
    |> Array.concat

/// Images as they are, one after the other.
let fill (set: ImageSet) (indices: int[]) = written set null 0L 0UL indices

let augment (set: ImageSet) (indices: int[]) flip shift seed epoch =
    written set (Augmentation(flip, shift)) seed epoch indices
