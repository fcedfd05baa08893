module Bnn.Tests.SafetensorsTests

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.Text
open Bnn
open Expecto
open FsCheck
open FsCheck.FSharp

/// Runs with the path of a file that does not exist yet, in a folder that is deleted afterwards.
let private withPath (run: string -> 'a) : 'a =
    let folder = Directory.CreateTempSubdirectory "bnn-safetensors-"

    try
        run (Path.Combine(folder.FullName, "tensors.safetensors"))
    finally
        folder.Delete true

let private content (metadata: (string * string) list) (tensors: NamedArray list) =
    TensorFile(Dictionary(dict metadata), List tensors)

let private array (name: string) (dtype: string) (shape: int64 list) (bytes: byte[]) =
    NamedArray(name, dtype, List.toArray shape, ReadOnlyMemory bytes)

let private simplify (file: TensorFile) =
    [ for pair in file.Metadata -> pair.Key, pair.Value ] |> List.sort,
    [
        for tensor in file.Tensors -> tensor.Name, tensor.Dtype, List.ofArray tensor.Shape, tensor.Bytes.ToArray()
    ]

let private small =
    content
        [ "recipe", "two-step" ]
        [
            array "conv.weight" "F32" [ 2L; 3L ] (Array.init 24 byte)
            array "steps" "I64" [] (Array.init 8 byte)
            array "signs" "U8" [ 5L ] (Array.init 5 byte)
        ]

let private bytesOf (file: TensorFile) =
    withPath (fun path ->
        Safetensors.Write(path, file)
        File.ReadAllBytes path)

/// A file of another writer: this header, without checksum or padding, and this many data bytes.
let private foreign (header: string) (dataBytes: int) =
    let text = Encoding.UTF8.GetBytes header
    let length = Array.zeroCreate 8
    BinaryPrimitives.WriteInt64LittleEndian(Span length, int64 text.Length)
    Array.concat [ length; text; Array.init dataBytes byte ]

let private foreignHeader =
    """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"none":{"dtype":"U8","shape":[0],"data_offsets":[16,16]}}"""

/// What reading these bytes gives: the content, or the error that names the file. Every other exception goes through.
let private read requireChecksum (bytes: byte[]) =
    withPath (fun path ->
        File.WriteAllBytes(path, bytes)

        try
            Ok(simplify (Safetensors.Read(path, requireChecksum)))
        with :? BnnFileException as e ->
            Expect.stringContains e.Message path "names the file"
            Error e.Problem)

let private refused requireChecksum (part: string) bytes =
    match read requireChecksum bytes with
    | Ok _ -> failtestf "read, although: %s" part
    | Error problem -> Expect.stringContains problem part "says what is wrong"

let private fileFault run =
    try
        run ()
        failtest "no exception"
    with :? BnnFileException as e ->
        e.Message

let private tensors =
    gen {
        let! count = Gen.choose (0, 5)

        let tensor index =
            gen {
                let! name = ArbMap.defaults |> ArbMap.generate<NonNull<string>>
                let! dtype, size = Gen.elements [ "F32", 4L; "F64", 8L; "I64", 8L; "U8", 1L ]
                let! rank = Gen.choose (0, 3)
                let! shape = Gen.listOfLength rank (Gen.map int64 (Gen.choose (0, 4)))

                let! bytes =
                    Gen.arrayOfLength (int (List.fold (*) size shape)) (Gen.map byte (Gen.choose (0, 255)))

                return array (sprintf "%d %s" index name.Get) dtype shape bytes
            }

        let! arrays = Gen.sequenceToList (List.map tensor [ 1..count ])

        let! texts =
            ArbMap.defaults |> ArbMap.generate<(NonNull<string> * NonNull<string>) list>

        let pairs = texts |> List.map (fun (key, value) -> key.Get, value.Get)
        return content (List.distinctBy fst pairs) arrays
    }

[<Tests>]
let tests =
    testList
        "Safetensors"
        [
            Checks.lawOf
                200
                "What is written is read back: names, types, shapes, bytes, texts and order"
                (Arb.fromGen tensors)
                (fun file ->
                    withPath (fun path ->
                        Safetensors.Write(path, file)
                        Expect.equal (simplify (Safetensors.Read path)) (simplify file) "the same"))

            testCase "The header is padded with spaces so that the data begin at a multiple of 8 bytes"
            <| fun () ->
                for length in 1..9 do
                    let bytes = bytesOf (content [ "text", String('x', length) ] [])
                    Expect.equal (bytes.Length % 8) 0 "a multiple of 8"

                    Expect.equal
                        (BinaryPrimitives.ReadInt64LittleEndian(ReadOnlySpan bytes))
                        (int64 bytes.Length - 8L)
                        "all header"

            testCase "A file written twice has the same bytes"
            <| fun () -> Expect.equal (bytesOf small) (bytesOf small) "the same"

            testCase "A safetensors file cut off anywhere is refused"
            <| fun () ->
                let whole = bytesOf small

                for length in 0 .. whole.Length - 1 do
                    for requireChecksum in [ true; false ] do
                        Expect.isError (read requireChecksum whole[.. length - 1]) (sprintf "%d bytes" length)

            testCase "A safetensors file with a byte more is refused"
            <| fun () -> Expect.isError (read true (Array.append (bytesOf small) [| 0uy |])) "longer"

            testCase "A safetensors file with any one byte flipped is refused"
            <| fun () ->
                let whole = bytesOf small

                for position in 0 .. whole.Length - 1 do
                    for mask in [ 1uy; 0x20uy; 0x80uy; 0xFFuy ] do
                        let damaged = Array.copy whole
                        damaged[position] <- damaged[position] ^^^ mask
                        Expect.isError (read true damaged) (sprintf "byte %d" position)

            testCase "Random damage to a file without checksum is refused or read, and nothing else"
            <| fun () ->
                let random = Random 20240607
                let whole = foreign foreignHeader 16
                let mutable refusals = 0

                for _ in 1..300 do
                    let damaged = Array.copy whole

                    for _ in 0 .. random.Next 4 do
                        damaged[random.Next damaged.Length] <- byte (random.Next 256)

                    match read false damaged with
                    | Ok _ -> ()
                    | Error _ -> refusals <- refusals + 1

                Expect.isTrue (refusals > 100 && refusals < 300) (sprintf "%d of 300 refused" refusals)

            testCase "A file of another writer is read where no checksum is required, in its header's order"
            <| fun () ->
                let expected =
                    [ "format", "pt" ],
                    [
                        "b", "F32", [ 2L ], Array.init 8 (fun i -> byte (i + 8))
                        "a", "F64", [ 1L; 1L ], Array.init 8 byte
                        "none", "U8", [ 0L ], [||]
                    ]

                Expect.equal (read false (foreign foreignHeader 16)) (Ok expected) "read"
                refused true "no checksum" (foreign foreignHeader 16)

            testCase "A checksum that does not hold is refused also where none is required"
            <| fun () ->
                let damaged = bytesOf small
                damaged[damaged.Length - 1] <- 255uy
                refused false "checksum" damaged

            testCase "More names than any network has are refused before all of them are in memory"
            <| fun () ->
                let names =
                    [
                        for k in 1..500_001 -> $"\"%d{k}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
                    ]

                let header = "{" + String.concat "," names + "}"
                refused false "more than 500000 tensors" (foreign header 0)

            testCase "Every kind of damage to the header is refused and named"
            <| fun () ->
                let tensor dtype shape offsets =
                    sprintf """{"a":{"dtype":"%s","shape":%s,"data_offsets":%s}}""" dtype shape offsets

                for header, dataBytes, part in
                    [
                        "", 0, "does not begin"
                        "[]", 0, "does not begin"
                        "{", 0, "not JSON"
                        "{} {}", 0, "not JSON"
                        """{"a":NaN}""", 0, "not JSON"
                        """{"\ud800":1}""", 0, "not JSON"
                        """{"a":1}""", 0, "Number"
                        """{"__metadata__":{"a":1}}""", 0, "Number"
                        """{"__metadata__":{"a":"1","a":"2"}}""", 0, "twice"
                        """{"__metadata__":{"bnn.sha256":"00"}}""", 0, "64 digits"
                        tensor "F8_E4M3" "[2]" "[0,2]", 2, "dtype F8_E4M3"
                        tensor "U8" "[-1]" "[0,1]", 1, "negative"
                        tensor "U8" "[-1,-1]" "[0,1]", 1, "negative"
                        tensor "F32" "[4611686018427387904,4]" "[0,0]", 0, "too large"
                        tensor "U8" "[9223372036854775808]" "[0,0]", 0, "64-bit"
                        tensor "U8" "[1.5]" "[0,1]", 1, "64-bit"
                        tensor "U8" "[[1]]" "[0,1]", 1, "something else"
                        tensor "U8" "[1]" "[0]", 1, "lacks"
                        tensor "U8" "[1]" "[0,1,2]", 1, "lacks"
                        tensor "U8" "[2]" "[0,1]", 1, "shape"
                        tensor "U8" "[2]" "[0,2]", 1, "at most 1"
                        tensor "U8" "[1]" "[1,2]", 2, "from 0"
                        tensor "U8" "[1]" "[-1,0]", 1, "from 0"
                        tensor "U8" "[1]" "[0,-9223372036854775808]", 1, "from 0"
                        tensor "U8" "[1]" "[0,1]", 2, "tensors use 1"
                        tensor "U8" "[9000000000000000000]" "[0,9000000000000000000]", 1, "at most 1"
                        """{"a":{"dtype":"U8","shape":[1]}}""", 1, "lacks"
                        """{"a":{"dtype":"U8","dtype":"U8"}}""", 1, "twice"
                        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
                        2,
                        "twice"
                        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
                        3,
                        "from 2"
                    ] do
                    refused false part (foreign header dataBytes)

            testCase "A header longer than the file or than the limit is refused before it is read"
            <| fun () ->
                for length in [ 9UL; 100_000_001UL; uint64 Int64.MaxValue; UInt64.MaxValue ] do
                    let bytes = foreign "{}      " 0
                    BinaryPrimitives.WriteUInt64LittleEndian(Span bytes, length)
                    refused false (sprintf "has %d bytes" length) bytes

            testCase "A header that is not UTF-8 is refused"
            <| fun () ->
                let bytes = foreign """{"__metadata__":{"a":"x"}}""" 0
                bytes[Array.IndexOf(bytes, byte 'x')] <- 0xFFuy
                refused false "UTF-8" bytes

            testCase "A path that cannot be read is refused with its name"
            <| fun () ->
                withPath (fun path ->
                    let missing = fileFault (fun () -> Safetensors.Read path |> ignore)
                    Expect.stringContains missing path "a missing file"
                    let folder = Path.GetDirectoryName path
                    Expect.stringContains (fileFault (fun () -> Safetensors.Read folder |> ignore)) folder "a folder"

                    for odd in [ ""; "a\000b"; Path.Combine(path, "below-nothing") ] do
                        fileFault (fun () -> Safetensors.Read odd |> ignore) |> ignore)

            testCase "What is no safetensors content is not written, and the file of before stays"
            <| fun () ->
                let one name = array name "U8" [ 1L ] [| 1uy |]

                withPath (fun path ->
                    Safetensors.Write(path, small)

                    for wrong in
                        [
                            content [] [ one "a"; one "a" ]
                            content [] [ one "__metadata__" ]
                            content [] [ one (string (char 0xD800)) ]
                            content [] [ array "a" "F8_E4M3" [ 2L ] [| 1uy; 2uy |] ]
                            content [] [ array "a" "F32" [ 1L ] [| 1uy |] ]
                            content [] [ array "a" "U8" [ -1L ] [| 1uy |] ]
                            content [ "bnn.sha256", "x" ] []
                        ] do
                        Expect.throwsC (fun () -> Safetensors.Write(path, wrong)) (fun e ->
                            Expect.isTrue (e :? ArgumentException) e.Message)

                    Expect.equal (simplify (Safetensors.Read path)) (simplify small) "as before"
                    Expect.equal (Directory.GetFiles(Path.GetDirectoryName path)) [| path |] "nothing else left")
        ]
