/// Files that are damaged or made to do harm: each is read or refused by one clear error, quickly and in little memory.
module Bnn.Tests.HostileFileTests

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.Mutations
open Expecto

let private fixture name =
    Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch", name)

let private gibibyte = 1L <<< 30

/// What reading gives: None, or the error. Every other exception goes through, and so does taking much memory.
let private read (path: string) (action: string -> unit) =
    let before = GC.GetAllocatedBytesForCurrentThread()

    let outcome =
        try
            action path
            None
        with :? BnnFileException as e ->
            Expect.stringContains e.Message path "names the file"
            Some e.Problem

    Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) gibibyte "memory"
    outcome

let private readPth path =
    read path (PyTorchFile.Read >> ignore<PickleValue>)

let private readSafetensors path =
    read path (fun path -> Safetensors.Read(path, false) |> ignore<TensorFile>)

let private unzip (path: string) = unzip (File.ReadAllBytes path)

let private archive pickle storage =
    zip [ "a/data.pkl", pickle; "a/data/0", storage; "a/version", "3\n"B ]

let private latin (text: string) = Encoding.Latin1.GetBytes text

/// The bytes with one thing wrong: bits, a region of zeros or of ones, a part that is cut out, put in twice or cut off.
let private damaged (random: Random) (bytes: byte[]) =
    let at = random.Next bytes.Length
    let length = 1 + random.Next(min 16 (bytes.Length - at))

    let before, part, after = cut bytes at length

    match random.Next 7 with
    | way when way < 4 -> damagedPart random way (before, part, after)
    | 4 -> Array.concat [ before; part; part; after ]
    | 5 -> before
    | _ -> Array.concat [ before; Array.map (fun _ -> byte (random.Next 256)) part; after ]

let private inFile name (action: string -> unit) =
    inFolder (fun folder ->
        Directory.CreateDirectory folder |> ignore
        action (Path.Combine(folder, name)))

let private refused path part (bytes: byte[]) =
    File.WriteAllBytes(path, bytes)

    match readPth path with
    | Some problem -> Expect.stringContains problem part "says what is wrong"
    | None -> failtestf "read, although: %s" part

/// A pickle of one tensor of float32 that says it has so many numbers, over a storage that says it has so many.
let private tensorOf (count: int64) (stored: int64) (stride: byte) =
    let long (n: int64) =
        Array.append [| 0x8Auy; 8uy |] (BitConverter.GetBytes n)

    Array.concat
        [
            latin "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
            latin "X\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
            long stored
            latin "tQK\x00("
            long count
            [| byte 't'; byte '('; byte 'K'; stride; byte 't'; 0x89uy |]
            latin "ccollections\nOrderedDict\n)RtR."
        ]

let private safetensors (header: string) (data: byte[]) =
    let text = Encoding.UTF8.GetBytes header
    let length = Array.zeroCreate 8
    BinaryPrimitives.WriteInt64LittleEndian(Span length, int64 text.Length)
    Array.concat [ length; text; data ]

[<Tests>]
let tests =
    testList
        "Hostile files"
        [
            test "1,000 damaged files of PyTorch are read or refused by name: zip files, their pickles, legacy files" {
                let random = Random 1

                let names =
                    [| "everything.pth"; "everything-protocol-4.pth"; "checkpoint.pth.tar" |]

                let whole = Array.map (fixture >> File.ReadAllBytes) names
                let parts = Array.map (fixture >> unzip) names
                let legacy = File.ReadAllBytes(fixture "everything-legacy.pth")

                inFile "damaged.pth" (fun path ->
                    let outcomes =
                        [
                            for i in 0..999 do
                                let k = i % names.Length

                                let bytes =
                                    match i % 4 with
                                    | 0 -> damaged random whole[k]
                                    | 1 -> damaged random legacy
                                    // the checksums are right here, so the damage reaches the unpickler
                                    | _ ->
                                        zip
                                            [
                                                for name, bytes in parts[k] do
                                                    if name.EndsWith "data.pkl" then
                                                        name, damaged random bytes
                                                    else
                                                        name, bytes
                                            ]

                                File.WriteAllBytes(path, bytes)
                                readPth path
                        ]

                    let refusals = List.choose id outcomes
                    Expect.isGreaterThan refusals.Length 500 "most are refused"
                    Expect.isGreaterThan (List.distinct refusals).Length 50 "for many reasons")
            }

            test "1,000 damaged safetensors files are read or refused by name" {
                let random = Random 2

                let header =
                    """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}"""

                let whole = safetensors header (Array.init 16 byte)

                inFile "damaged.safetensors" (fun path ->
                    let outcomes =
                        [
                            for _ in 1..1000 do
                                File.WriteAllBytes(path, damaged random whole)
                                readSafetensors path
                        ]

                    Expect.isGreaterThan (List.choose id outcomes).Length 500 "most are refused")
            }

            test "Damaged networks are loaded or refused by name" {
                let random = Random 3

                inFile "network.pth" (fun path ->
                    let model = Models.BinaryNet(4).Scaled 0.0625
                    use network = TorchNetwork.Create(model, 1L)
                    PyTorchFile.Write(path, NetworkTensors.Copy network)
                    let parts = unzip path

                    let outcomes =
                        [
                            for _ in 1..200 do
                                let pickle, others =
                                    List.partition (fun (name: string, _) -> name.EndsWith "data.pkl") parts

                                File.WriteAllBytes(
                                    path,
                                    zip ((fst pickle[0], damaged random (snd pickle[0])) :: others)
                                )

                                read path (fun path -> BnnModel.Load(path).Dispose())
                        ]

                    Expect.isGreaterThan (List.choose id outcomes).Length 100 "most are refused")
            }

            test "A pickle that calls a function is refused by the function's name, and nothing is run" {
                inFile "call.pth" (fun path ->
                    let mark = path + ".ran"
                    let command = $"touch {mark}"
                    let argument = sprintf "X%c\x00\x00\x00%s" (char command.Length) command

                    for name, pickle in
                        [
                            "os.system", "\x80\x02cos\nsystem\n(" + argument + "tR."
                            "posix.system", "\x80\x04\x8c\x05posix\x8c\x06system\x93(" + argument + "tR."
                            "builtins.eval", "\x80\x02cbuiltins\neval\n(" + argument + "tR."
                            "torch.hub.load", "\x80\x02ctorch.hub\nload\n(" + argument + "tR."
                            "subprocess.Popen", "\x80\x02csubprocess\nPopen\n(" + argument + "t\x81."
                            "Inst", "\x80\x02(" + argument + "ios\nsystem\n."
                        ] do
                        refused path name (archive (latin pickle) [||])
                        // a legacy file begins with three other pickles; the first is refused already
                        File.WriteAllBytes(path, latin pickle)
                        Expect.isSome (readPth path) "as a legacy file"

                    Expect.isFalse (File.Exists mark) "nothing was run")
            }

            test "A zip bomb is refused before it is unpacked" {
                inFile "bomb.pth" (fun path ->
                    using (ZipFile.Open(path, ZipArchiveMode.Create)) (fun archive ->
                        use entry = archive.CreateEntry("a/data.pkl", CompressionLevel.Fastest).Open()
                        let zeros = Array.zeroCreate<byte>(1 <<< 20)

                        for _ in 1..2048 do
                            entry.Write(zeros, 0, zeros.Length))

                    Expect.isLessThan (FileInfo(path).Length) (20L <<< 20) "2 GiB in a small file"

                    match readPth path with
                    | Some problem -> Expect.stringContains problem "compressed" "says what is wrong"
                    | None -> failtest "read")
            }

            test "Tensors of 100 GB in small files are refused before they are allocated" {
                let many = 25_000_000_000L

                inFile "large.pth" (fun path ->
                    refused path "storage" (archive (tensorOf many many 1uy) (Array.zeroCreate 4))
                    refused path "tensor" (archive (tensorOf many 1L 1uy) (Array.zeroCreate 4))
                    refused path "tensor" (archive (tensorOf many 1L 0uy) (Array.zeroCreate 4))
                    File.WriteAllBytes(path, archive (tensorOf 1L 1L 1uy) (Array.zeroCreate 4))
                    Expect.equal (readPth path) None "the same of one number is read")

                inFile "large.safetensors" (fun path ->
                    File.WriteAllBytes(
                        path,
                        safetensors
                            """{"a":{"dtype":"F32","shape":[25000000000],"data_offsets":[0,100000000000]}}"""
                            [| 1uy |]
                    )

                    match readSafetensors path with
                    | Some problem -> Expect.stringContains problem "100000000000" "says what is wrong"
                    | None -> failtest "read")
            }

            test "Lists in lists without end, and lists that contain themselves, are refused" {
                inFile "deep.pth" (fun path ->
                    let deep = "\x80\x02" + String(']', 200_000) + String('a', 199_999) + "."
                    refused path "deep" (archive (latin deep) [||])
                    // each list holds the one before twice: 2^60 values in 300 bytes
                    let doubled = "\x80\x02]" + String.replicate 60 "q\x00]h\x00ah\x00a" + "."
                    refused path "values" (archive (latin doubled) [||])
                    refused path "itself" (archive (latin "\x80\x02]q\x00h\x00a.") [||]))
            }
        ]
