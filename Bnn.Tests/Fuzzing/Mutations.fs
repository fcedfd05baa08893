/// Files that are changed at random, as damage and malice change them.
module Bnn.Tests.Mutations

open System
open System.IO
open System.IO.Compression
open System.Security.Cryptography
open System.Text
open System.Text.RegularExpressions

/// Counts, lengths and offsets that readers are known to trip over.
let private edges =
    [|
        0L
        1L
        -1L
        0x7FL
        0xFFL
        0x7FFFL
        0xFFFFL
        0x7FFFFFFFL
        0x80000000L
        0xFFFFFFFFL
        Int64.MaxValue
        Int64.MinValue
    |]

let private numbers =
    [|
        "0"
        "-1"
        "1e999"
        "4294967296"
        "99999999999999999999"
        "null"
        "[]"
        "\"\""
        "NaN"
        "0.5"
    |]

/// Another number in place of one of a text's.
let private otherNumber (random: Random) (bytes: byte[]) =
    let text = Encoding.Latin1.GetString bytes
    let found = Regex.Matches(text, "[0-9]+")

    if found.Count = 0 then
        bytes
    else
        let one = found[random.Next found.Count]
        let other = numbers[random.Next numbers.Length]
        Encoding.Latin1.GetBytes(text[.. one.Index - 1] + other + text[one.Index + one.Length ..])

/// The bytes before a part, the part, and those after it.
let cut (bytes: byte[]) at length =
    bytes[.. at - 1], bytes[at .. at + length - 1], bytes[at + length ..]

/// A part damaged in one of four ways: 0 bits of it, 1 zeros, 2 ones in its place, 3 cut out.
let damagedPart (random: Random) way (before: byte[], part: byte[], after: byte[]) =
    match way with
    | 0 -> Array.concat [ before; Array.map (fun b -> b ^^^ (1uy <<< random.Next 8)) part; after ]
    | 1 -> Array.concat [ before; Array.zeroCreate part.Length; after ]
    | 2 -> Array.concat [ before; Array.create part.Length 255uy; after ]
    | _ -> Array.concat [ before; after ]

/// One thing wrong: bits, a region of zeros or ones, a part that is cut out, put in twice, moved or cut off, a number at an edge.
let private once (random: Random) (bytes: byte[]) =
    if bytes.Length = 0 then
        [| byte (random.Next 256) |]
    else
        let at = random.Next bytes.Length
        let length = 1 + random.Next(min (1 <<< random.Next 9) (bytes.Length - at))

        let before, part, after = cut bytes at length

        match random.Next 10 with
        | way when way < 4 -> damagedPart random way (before, part, after)
        | 4 -> Array.concat [ before; Array.replicate (1 <<< random.Next 8) part |> Array.concat; after ]
        | 5 -> before
        | 6 -> Array.concat [ after; part; before ]
        | 7
        | 8 ->
            let number = BitConverter.GetBytes edges[random.Next edges.Length]
            let number = number[.. (1 <<< random.Next 4) - 1]
            let number = if random.Next 2 = 0 then number else Array.rev number
            let room = min number.Length (bytes.Length - at)
            Array.concat [ before; number[.. room - 1]; bytes[at + room ..] ]
        | _ -> otherNumber random bytes

/// One to four things wrong.
let mutated (random: Random) (bytes: byte[]) =
    (bytes, [ 1 .. 1 + random.Next 4 ])
    ||> List.fold (fun bytes _ ->
        if bytes.Length > (1 <<< 22) then
            bytes
        else
            once random bytes)

/// An uncompressed zip file of these entries, with right checksums.
let zip (entries: (string * byte[]) list) =
    use memory = new MemoryStream()

    using (new ZipArchive(memory, ZipArchiveMode.Create, true)) (fun archive ->
        for name, bytes in entries do
            use entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open()
            entry.Write(bytes, 0, bytes.Length))

    memory.ToArray()

/// The entries of a zip file.
let unzip (bytes: byte[]) =
    use archive = new ZipArchive(new MemoryStream(bytes))

    [
        for entry in archive.Entries do
            use stream = entry.Open()
            use memory = new MemoryStream()
            stream.CopyTo memory
            entry.FullName, memory.ToArray()
    ]

/// A zip file's pickle changed, all else whole, so that the damage reaches the unpickler.
let inPickle random (bytes: byte[]) =
    zip
        [
            for name, bytes in unzip bytes do
                name,
                (if name.EndsWith "data.pkl" then
                     mutated random bytes
                 else
                     bytes)
        ]

/// The header of a safetensors file changed, of the right length and with the library's checksum of it as it is now, so that the damage
/// reaches what reads the content.
let inHeader random (bytes: byte[]) =
    let length = int (BitConverter.ToInt64(bytes, 0))
    let header = mutated random bytes[8 .. 7 + length]

    let file =
        Array.concat [ BitConverter.GetBytes(int64 header.Length); header; bytes[8 + length ..] ]

    let text = Encoding.Latin1.GetString header
    let found = Regex.Match(text, "\"bnn\\.sha256\":\"([0-9a-f]{64})\"")

    if found.Success then
        let at = 8 + found.Groups[1].Index
        Array.Fill(file, byte '0', at, 64)
        let digits = Convert.ToHexStringLower(SHA256.HashData file)
        Array.blit (Encoding.ASCII.GetBytes digits) 0 file at 64

    file

/// What a gzip file holds changed.
let inGzip random (bytes: byte[]) =
    use whole = new MemoryStream()

    using (new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress)) (fun stream -> stream.CopyTo whole)

    use target = new MemoryStream()

    using (new GZipStream(target, CompressionLevel.Fastest, true)) (fun stream ->
        stream.Write(ReadOnlySpan(mutated random (whole.ToArray()))))

    target.ToArray()

/// A PNG file's chunks changed, with right checksums and lengths, so that the damage reaches the decoder.
let inPng (random: Random) (bytes: byte[]) =
    let word at =
        int (Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(ReadOnlySpan(bytes, at, 4)))

    let rec chunks at =
        if at + 12 > bytes.Length then
            []
        else
            let length = word at

            (bytes[at + 4 .. at + 7], bytes[at + 8 .. at + 7 + length])
            :: chunks (at + 12 + length)

    let bigEndian (number: uint32) =
        BitConverter.GetBytes number |> Array.rev

    let all = chunks 8
    let broken = random.Next all.Length

    Array.concat
        [
            bytes[..7]
            for k, (kind, data) in List.indexed all do
                let data = if k = broken then mutated random data else data
                let checksum = ICSharpCode.SharpZipLib.Checksum.Crc32()
                checksum.Update(Array.append kind data)
                bigEndian (uint32 data.Length)
                kind
                data
                bigEndian (uint32 checksum.Value)
        ]
