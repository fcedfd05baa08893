/// Files of PyTorch hold for us what they hold for PyTorch, and what is written is read back.
module Bnn.Tests.PyTorchFileTests

open System
open System.Buffers.Binary
open System.IO
open System.Text
open Bnn
open Bnn.Tests.DataSupport
open Expecto
open FsCheck
open FsCheck.FSharp

let private folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch")

let private hex (bytes: ReadOnlyMemory<byte>) = Convert.ToHexStringLower bytes.Span

let private number (value: float) =
    let bytes = Array.zeroCreate 8
    BinaryPrimitives.WriteDoubleBigEndian(Span bytes, value)
    Convert.ToHexStringLower bytes

/// A value as show.py prints it.
let rec private show (indent: string) (value: PickleValue) : string =
    let inner = indent + "  "

    let items kind (values: PickleValue seq) =
        kind + String.Concat [ for value in values -> $"\n{inner}{show inner value}" ]

    match value with
    | :? PickleTensor as tensor ->
        let shape = String.Join(", ", tensor.Shape)
        $"{tensor.Dtype} [{shape}] {hex tensor.Bytes}".TrimEnd()
    | :? PickleNone -> "None"
    | :? PickleBool as value -> string value.Value
    | :? PickleInteger as value -> string value.Value
    | :? PickleFloat as value -> $"float {number value.Value}"
    | :? PickleText as value -> $"'{value.Value}'"
    | :? PickleBytes as value -> $"bytes {hex value.Value}".TrimEnd()
    | :? PickleDict as dict ->
        let entries =
            [
                for entry in dict.Entries do
                    $"\n{inner}{show inner entry.Key}: {show inner entry.Value}"
                if not (isNull dict.Attributes) then
                    $"\n{inner}attributes: {show inner dict.Attributes}"
            ]

        (if dict.Ordered then "OrderedDict" else "dict") + String.Concat entries
    | :? PickleSet as set ->
        items
            "set"
            (set.Items
             |> Seq.sortBy (fun item ->
                 match item with
                 | :? PickleInteger as number -> number.Value
                 | other -> failtest $"{other} in a set"))
    | :? PickleTuple as tuple -> items "tuple" tuple.Items
    | :? PickleList as list -> items "list" list.Items
    | other -> failtest $"{other} is unknown"

let private text value = show "" value

/// Any tree that can be written.
let private trees =
    let leaf: Gen<PickleValue> =
        Gen.oneof
            [
                Gen.constant (PickleNone.Value :> PickleValue)
                Gen.elements [ true; false ] |> Gen.map (fun value -> PickleBool value)
                Gen.choose64 (Int64.MinValue, Int64.MaxValue)
                |> Gen.map (fun n -> PickleInteger(bigint n * bigint n * bigint (sign n)))
                Gen.choose (-300, 300) |> Gen.map (fun n -> PickleInteger(bigint n))
                ArbMap.defaults |> ArbMap.generate<float> |> Gen.map (fun x -> PickleFloat x)
                Gen.elements [ ""; "a"; "Größe ∞"; String('x', 300); "module.weight" ]
                |> Gen.map (fun text -> PickleText text)
                ArbMap.defaults
                |> ArbMap.generate<byte[]>
                |> Gen.map (fun bytes -> PickleBytes(ReadOnlyMemory bytes))
                gen {
                    let! dtype, size =
                        Gen.elements
                            [
                                "F64", 8
                                "F32", 4
                                "F16", 2
                                "BF16", 2
                                "I64", 8
                                "I32", 4
                                "U8", 1
                                "BOOL", 1
                            ]

                    let! shape = Gen.elements [ [||]; [| 0L; 3L |]; [| 5L |]; [| 2L; 1L; 3L |] ]
                    let count = int (Array.fold (*) 1L shape) * size
                    let! bytes = Gen.choose (0, 1) |> Gen.map byte |> Gen.arrayOfLength count
                    return PickleTensor(dtype, shape, ReadOnlyMemory bytes) :> PickleValue
                }
            ]

    let rec tree depth : Gen<PickleValue> =
        if depth = 0 then
            leaf
        else
            let children =
                Gen.choose (0, 5) >>= fun count -> Gen.listOfLength count (tree (depth - 1))

            let entries =
                children
                |> Gen.map (
                    List.mapi (fun k value ->
                        Collections.Generic.KeyValuePair(
                            (if k % 2 = 0 then
                                 PickleText $"key {k}" :> PickleValue
                             else
                                 PickleInteger(bigint k)),
                            value
                        ))
                    >> List.toArray
                )

            Gen.oneof
                [
                    leaf
                    children |> Gen.map (fun items -> PickleList(List.toArray items))
                    children |> Gen.map (fun items -> PickleTuple(List.toArray items))
                    Gen.map2
                        (fun entries ordered -> PickleDict(entries, ordered))
                        entries
                        (Gen.elements [ true; false ])
                ]

    tree 3

[<Tests>]
let tests =
    testList
        "PyTorch files"
        [
            for name, expected in
                [
                    "everything.pth", "everything.pth.txt"
                    "everything-protocol-4.pth", "everything.pth.txt"
                    "everything-legacy.pth", "everything.pth.txt"
                    "checkpoint.pth.tar", "checkpoint.pth.tar.txt"
                ] do
                test $"{name}: every value and every tensor is what PyTorch reads" {
                    let expected = File.ReadAllText(Path.Combine(folder, expected), Encoding.UTF8)
                    let actual = PyTorchFile.Read(Path.Combine(folder, name)) |> text
                    Expect.equal (actual.Split '\n') (expected.TrimEnd('\n').Split '\n') "line by line"
                }

            testPropertyWithConfig
                { FsCheckConfig.defaultConfig with
                    maxTest = 200
                }
                "Any tree of plain data and tensors is read as it was written"
                (Prop.forAll (Arb.fromGen trees) (fun tree ->
                    inFolder (fun folder ->
                        Directory.CreateDirectory folder |> ignore
                        let path = Path.Combine(folder, "tree.pth")
                        PyTorchFile.Write(path, tree)
                        Expect.equal (text (PyTorchFile.Read path)) (text tree) "the same")))
        ]
