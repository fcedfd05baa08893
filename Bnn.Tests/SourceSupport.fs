/// Folders of images and tar files for the tests of where images come from. No image is decoded there, so any bytes will do.
module Bnn.Tests.SourceSupport

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Expecto

/// The error that reading must give.
let fault (action: unit -> 'T) =
    let outcome =
        try
            Ok(action ())
        with :? BnnFileException as error ->
            Error error

    match outcome with
    | Ok _ -> failtest "it was read"
    | Error error -> error

/// Reading must give one error, of this path, whose message has all the parts.
let refuses (path: string) (parts: string list) action =
    let error = fault action
    Expect.equal error.Path path "the path"

    for part in parts do
        Expect.stringContains error.Message part "the message"

/// One image's bytes.
let bytesOf (set: EncodedSet) index =
    let mutable buffer = [||]
    set.Read(index, &buffer).ToArray()

/// Every image of a set: its label, its name in errors and its bytes.
let content (set: EncodedSet) =
    [
        for index in 0 .. set.Count - 1 -> set.Label index, set.NameOf index, bytesOf set index
    ]

let under (folder: string) (name: string) = Path.Join(folder, name)

/// Writes a file into a folder, which is made where it is missing.
let put (folder: string) (name: string) (bytes: byte[]) =
    let path = under folder name
    Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
    File.WriteAllBytes(path, bytes)

/// Files that hold their own names.
let putAll folder names =
    for name: string in names do
        put folder name (Encoding.UTF8.GetBytes name)

let private write (block: byte[]) (at: int) (text: string) =
    let bytes = Encoding.UTF8.GetBytes text
    Array.blit bytes 0 block at bytes.Length

/// The block with the checksum that its bytes have.
let withChecksum (block: byte[]) =
    let block = Array.copy block
    write block 148 "        "
    write block 148 $"%06o{Array.sumBy int block}\000 "
    block

/// A tar header by hand, so that anything can be wrong with it.
let header (kind: char) (size: string) (name: string) =
    let block = Array.zeroCreate<byte> 512
    write block 0 name
    write block 100 "0000644\0000000000\0000000000\000"
    write block 124 size
    write block 136 "00000000000\000"
    write block 156 (string kind)
    write block 257 "ustar\00000"
    withChecksum block

let octal (size: int) = $"%011o{size}"

let private padded (bytes: byte[]) =
    Array.append bytes (Array.zeroCreate ((512 - bytes.Length % 512) % 512))

/// One entry of a tar file: header, data and padding.
let entryOf kind name (data: byte[]) =
    Array.append (header kind (octal data.Length) name) (padded data)

let entry name data = entryOf '0' name data

let endMark = Array.zeroCreate<byte> 1024

let tar (entries: byte[] list) = Array.concat (entries @ [ endMark ])

/// An image and its class.
let pair (key: string) (image: byte[]) (label: int) =
    Array.append (entry $"{key}.jpg" image) (entry $"{key}.cls" (Encoding.ASCII.GetBytes $"{label}"))

/// Five images of 1 to 1400 bytes, and their classes.
let fiveImages =
    [
        for index in 0..4 -> randomBytes (int64 index + 1L) (1 + 350 * index - index % 2) 256, (index * 7) % 10
    ]

let fivePairs =
    [
        for index, (image, label) in List.indexed fiveImages -> pair $"train/0000{index}" image label
    ]

/// Reads a tar file of these bytes by an action that has its path.
let inTar (bytes: byte[]) (action: string -> 'T) =
    let mutable result = None

    inFolder (fun folder ->
        let path = under folder "shard.tar"
        File.WriteAllBytes(path, bytes)
        result <- Some(action path))

    result.Value

let openTar (path: string) = TarShards.Open([| path |], names)

/// A tar file of these bytes must be refused; the parts are in the message.
let refusesTar (bytes: byte[]) parts =
    inTar bytes (fun path -> refuses path parts (fun () -> openTar path))

/// A set of CIFAR's is these rows: an image's bytes at the end of each, its label in a column.
let checkRows (set: ImageSet) (rowBytes: int) column (bytes: byte[]) =
    Expect.equal (set.Count, set.Channels, set.Height, set.Width) (bytes.Length / rowBytes, 3, 32, 32) "the sizes"

    for index, row in bytes |> Array.chunkBySize rowBytes |> Array.indexed do
        Expect.equal (set.Label index) (int row[column]) $"label {index}"

        Expect.isTrue
            (set[index].Pixels.Span.SequenceEqual(ReadOnlySpan row[rowBytes - 3 * 32 * 32 ..]))
            $"image {index}"
