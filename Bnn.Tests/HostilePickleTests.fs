/// Pickles that are made to take time or memory out of all proportion to their bytes.
module Bnn.Tests.HostilePickleTests

open System
open System.Buffers.Binary
open System.IO
open System.Numerics
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Expecto

let private latin (text: string) = Encoding.Latin1.GetBytes text

/// A pickle: what comes first, one part so many times, and what comes last.
let private times count (first: string) (part: string) (last: string) =
    Array.concat [ latin first; Array.replicate count (latin part) |> Array.concat; latin last ]

let private unpickled (pickle: byte[]) =
    use stream = new MemoryStream(pickle)
    let input = PickleInput(stream, pickle.Length, "the pickle", 0L)

    let item = Unpickler(input, (fun _ -> 4L), PickleAllowance pickle.Length).Read()

    PickleTree.Freeze(item, (fun _ -> PickleTensor("F32", [||], ReadOnlyMemory())))

/// The refusal; None where it was read. Whatever comes of it, less than 1 GiB was allocated for it.
let private refusal pickle =
    let before = GC.GetAllocatedBytesForCurrentThread()

    let outcome =
        try
            unpickled pickle |> ignore
            None
        with
        | :? RefusedContentException as e -> Some e.Message
        // marks and the same again leave something on the stack
        | :? FormatException as e -> Some e.Message

    Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) (1L <<< 30) "memory"
    outcome

let private bigEndian (number: float) =
    let bytes = Array.zeroCreate 8
    BinaryPrimitives.WriteDoubleBigEndian(Span bytes, number)
    bytes

/// Different numbers that are no integers and have the same hash in .NET, which takes the upper half of their bits xor the lower.
let private ofOneHash count =
    [|
        for i in 0 .. count - 1 ->
            let upper = 0x3FF00001u + 4u * uint32 i
            BitConverter.UInt64BitsToDouble((uint64 upper <<< 32) ||| uint64 (upper ^^^ 0x12345678u))
    |]

let private float' = PickleFloat >> fun x -> x :> PickleValue
let private whole (n: BigInteger) = PickleInteger n :> PickleValue
let private hash key = PickleKey.Comparer.GetHashCode key

let private ordered = "ccollections\nOrderedDict\nq\x000)q\x01"

[<Tests>]
let tests =
    testList
        "Hostile pickles"
        [
            test "200,000 keys whose hashes are all the same in .NET are read as quickly as any others" {
                let keys = ofOneHash 200_000
                Expect.hasLength (keys |> Array.distinctBy _.GetHashCode()) 1 "made to collide"
                Expect.isGreaterThan (keys |> Array.distinctBy (float' >> hash)).Length 199_900 "hashes here"

                let pickle =
                    Array.concat
                        [
                            latin "\x80\x02}("
                            keys |> Array.collect (fun key -> Array.concat [ "G"B; bigEndian key; "N"B ])
                            "u."B
                        ]

                match unpickled pickle with
                | :? PickleDict as dict -> Expect.equal dict.Entries.Count keys.Length "all are there"
                | other -> failtestf "%A" other
            }

            test "whole numbers, long ones and texts cannot be chosen so that their hashes are the same" {
                // .NET's hash of these is the number itself, and its tables have prime sizes
                let multiples =
                    [| for i in 1..20_000 -> whole (BigInteger(i) * BigInteger 107_897) |]

                Expect.isGreaterThan
                    (multiples |> Array.distinctBy (fun key -> hash key % 107_897)).Length
                    15_000
                    "of a prime"

                let long =
                    [|
                        for i in 0..9_999 -> whole (BigInteger.Pow(BigInteger 2, 7_000) + BigInteger i)
                    |]

                Expect.isGreaterThan (long |> Array.distinctBy hash).Length 9_990 "all infinite as float64"
                let texts = [| for i in 0..9_999 -> PickleText $"{i}" :> PickleValue |]
                Expect.isGreaterThan (texts |> Array.distinctBy hash).Length 9_990 "texts"
            }

            test "True, 1 and 1.0 are one key, also among many" {
                let same = [ PickleBool true :> PickleValue; whole BigInteger.One; float' 1.0 ]

                Expect.hasLength (same |> List.distinctBy hash) 1 "their hashes"

                for many in [ 0; 7; 8; 9; 30 ] do
                    for first in same do
                        for second in same do
                            let mapping = PickleMapping false

                            for i in 1..many do
                                Expect.isTrue (mapping.TryAdd(float' (float i + 0.5), PickleNone.Value)) "new"

                            Expect.isTrue (mapping.TryAdd(first, PickleNone.Value)) "new"
                            Expect.isFalse (mapping.TryAdd(second, PickleNone.Value)) $"{first} is {second}"
                            Expect.isTrue (mapping.TryAdd(PickleText "1", PickleNone.Value)) "a text is another"
                            Expect.isTrue (mapping.TryAdd(PickleNone.Value, PickleNone.Value)) "None is another"

                Expect.isTrue (PickleKey.Comparer.Equals(float' nan, float' -nan)) "NaN is one key"
                Expect.equal (hash (float' nan)) (hash (float' -nan)) "with one hash"
                Expect.equal (hash (float' 0.0)) (hash (float' -0.0)) "and so is 0"
                Expect.equal (hash (float' 1e300)) (hash (whole (BigInteger 1e300))) "a large whole number"
            }

            for name, first, part, last in
                [
                    "lists", "\x80\x02](", "]", "e."
                    "dicts", "\x80\x02](", "}", "e."
                    "sets", "\x80\x04](", "\x8f", "e."
                    "tuples", "\x80\x02](", ")", "e."
                    "tuples of one", "\x80\x02](", "N\x85", "e."
                    "lists of one", "\x80\x02](", "]Na", "e."
                    "dicts of one", "\x80\x02](", "}NNs", "e."
                    "dicts with attributes", "\x80\x02](" + ordered, "h\x00h\x01R}b", "e."
                    "copies of a list", "\x80\x02](cbuiltins\nset\nq\x000](NNNNe\x85q\x010", "h\x00h\x01R", "e."
                    "texts", "\x80\x04](", "\x8c\x01\x61", "e."
                    "long integers", "\x80\x04](", "\x8a\x01\x61", "e."
                    "the same again on the stack", "\x80\x02](N", "2", "e."
                    "marks", "\x80\x02](", "(", "e."
                    "numbers of the memo", "\x80\x04N", "\x94", "."
                ] do
                test $"{name} without end are refused, and as many as may be take less than 1 GiB" {
                    match refusal (times 4_000_000 first part last) with
                    | Some message -> Expect.stringContains message "values" "too many"
                    | None -> failtest "read"

                    // each part makes one to three values
                    refusal (times 990_000 first part last) |> ignore
                }
                // some kinds in every run, the others take seconds each
                |> if List.contains name [ "dicts"; "texts"; "marks" ] then
                       id
                   else
                       Checks.long

            test "what is there once and named again and again costs nothing again" {
                // 50,000 texts as the attributes of 50,000 OrderedDicts: each was looked through
                let texts =
                    Array.init 50_000 (fun i -> Array.concat [ [| 0x8Cuy; 6uy |]; latin $"%06d{i}"; "N"B ])
                    |> Array.concat

                let attributes =
                    Array.concat [ latin ("\x80\x04](" + ordered + "}("); texts; latin "uq\x020" ]

                Expect.isSome
                    (refusal (Array.append attributes (times 50_000 "" "h\x00h\x01Rh\x02\x62" "e.")))
                    "attributes that count each time"

                // 50,000 arguments of 50,000 calls: they were copied for each
                let arguments =
                    "\x80\x04](ctorch._utils\n_rebuild_tensor_v2\nq\x000("
                    + String('N', 50_000)
                    + "tq\x010"

                Expect.isSome (refusal (times 50_000 arguments "h\x00h\x01R" "e.")) "arguments"
            }

            test "a zip file whose list of entries takes more than 16 MiB is refused before all of it is in memory" {
                // entries without data, as the list of entries has them, all of one name
                let entry = Array.create<byte> 296 (byte 'n')
                Array.Clear(entry, 0, 46)
                BinaryPrimitives.WriteUInt32LittleEndian(Span entry, 0x02014B50u)
                BinaryPrimitives.WriteUInt16LittleEndian(Span(entry, 28, 2), 250us)
                let list = Array.replicate 60_000 entry |> Array.concat
                let ending = Array.zeroCreate<byte> 22
                BinaryPrimitives.WriteUInt32LittleEndian(Span ending, 0x06054B50u)
                BinaryPrimitives.WriteUInt16LittleEndian(Span(ending, 8, 2), 60_000us)
                BinaryPrimitives.WriteUInt16LittleEndian(Span(ending, 10, 2), 60_000us)
                BinaryPrimitives.WriteUInt32LittleEndian(Span(ending, 12, 4), uint32 list.Length)

                inFolder (fun folder ->
                    Directory.CreateDirectory folder |> ignore
                    let path = Path.Combine(folder, "many.pth")
                    File.WriteAllBytes(path, Array.append list ending)

                    let problem =
                        try
                            PyTorchFile.Read path |> ignore
                            "it was read"
                        with :? BnnFileException as e ->
                            e.Problem

                    Expect.stringContains problem "list of entries" "says what is wrong")
            }
        ]
