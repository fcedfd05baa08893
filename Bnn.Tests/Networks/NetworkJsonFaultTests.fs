/// Texts that are no model: damaged, or made to hurt. Each fault has its path, and nothing is raised.
module Bnn.Tests.NetworkJsonFaultTests

open System
open System.Text.Json
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.NetworkGen
open Bnn.Tests.NetworkJsonSupport
open Expecto
open FsCheck.FSharp

let private faults (json: string) =
    match NetworkJson.toModel json with
    | Ok model -> failtest $"read as {model}"
    | Error faults -> faults |> List.map string

let private has (json: string) (start: string) =
    let found = faults json
    Expect.exists found _.StartsWith(start) $"%s{start} among %A{List.truncate 5 found}"

let private commas (items: string seq) = String.Join(",", items)
let private several count (item: string) = commas (Seq.replicate count item)
let private list (items: string) = "[" + items + "]"

let private textOf (binarizers: string) (formulas: string) (layers: string) =
    """{"name":"m","input":[1,2,3],"binarizers":{"""
    + binarizers
    + """},"formulas":{"""
    + formulas
    + """},"layers":"""
    + layers
    + "}"

/// A model of these layers, with a binarizer b1 and a formula f1 that learns s.
let private of' (layers: string) =
    textOf
        """ "b1":{"name":"sign","formula":"sign(x)"} """
        """ "f1":{"name":"f","formula":"x * s","learned":[{"input":"s"}]} """
        layers

/// A text with one change: a character more, less or another one, or cut off.
let private damaged =
    gen {
        let! model = anyModel.Generator
        let text = short model
        let! at = Gen.choose (0, text.Length - 1)

        let! piece =
            Gen.elements
                [
                    "\""
                    "{"
                    "}"
                    "["
                    "]"
                    ","
                    ":"
                    "-"
                    "0"
                    "9999999999"
                    "1e999"
                    "null"
                    "x"
                    "\\uD800"
                ]

        let! change = Gen.choose (0, 3)

        return
            match change with
            | 0 -> text.Insert(at, piece)
            | 1 -> text.Remove(at, 1)
            | 2 -> text.Remove(at, 1).Insert(at, piece)
            | _ -> text.Substring(0, at)
    }
    |> Arb.fromGen

[<Tests>]
let tests =
    testList
        "Network JSON faults"
        [
            for layers, start in
                [
                    """[{"norm":"a"},{"nrm":"b"}]""",
                    "layers[1] is {\"nrm\":\"b\"}; allowed: an object with one of residual"
                    """{"norm":"a","outputs":3}""", "layers.outputs is a member; allowed: members named norm"
                    """{"norm":"a","norm":"b"}""", "layers.norm is there twice"
                    """{"linear":"a"}""", "layers.outputs is missing"
                    """{"linear":"a","outputs":12345678901}""", "layers.outputs is 12345678901; allowed: a whole number"
                    """{"linear":"a","outputs":1.5}""", "layers.outputs is 1.5; allowed: a whole number"
                    """{"linear":"a","outputs":3,"bias":0}""", "layers.bias is 0; allowed: true or false"
                    """{"linear":"a","outputs":3,"weights":"b2"}""", "layers.weights is b2; allowed: a key"
                    """{"sign":"a","binarizer":"f1"}""", "layers.binarizer is f1; allowed: a key"
                    """{"elementwise":"a","formula":"f1"}""", "layers.tensors is a list of 0; allowed: 1 names"
                    """{"elementwise":"a","formula":"f2"}""", "layers.formula is f2; allowed: a key"
                    """{"convolution":"a","outputs":1,"kernel":[1,2,3]}""", "layers.kernel is a list of 3"
                    """{"pool":"","kind":"Median","window":2}""", "layers.kind is Median; allowed: one of Largest, Mean"
                    """{"residual":[{"norm":"a"}],"after":{"branches":{"norm":"b"}}}""", "layers.after.branches is"
                    """{"scope":"s","layers":[{"norm":null}]}""", "layers.layers[0].norm is null; allowed: a text"
                    """{"norm":"\uD800"}""", "layers.norm is damaged"
                    """{"\uD800":"a"}""", "layers is damaged"
                    "12", "layers is 12; allowed: an object"
                ] do
                test $"a fault is named with its path: {start}" { has (of' layers) start }

            for entry, start in
                [
                    """{"name":"b","formula":"sign(y)"}""", "binarizers.b.formula is \"sign(y)\""
                    """{"name":"b","formula":"x","evaluation":"scale"}""", "binarizers.b.evaluation is \"scale\""
                    """{"name":"b","formula":"x","learned":["a","a"]}""", "binarizers.b.formula: a is learned twice"
                    """{"name":"b","formula":"x","learned":["x"]}""", "binarizers.b.formula: x is a learned number"
                    """{"name":"b","formula":"x","values":{"from":1e999,"to":1}}""", "binarizers.b.values.from is 1e999"
                    """{"name":"b","formula":"x","values":{"from":"-Infinity","to":"many"}}""",
                    "binarizers.b.values.to is"
                    """{"formula":"x"}""", "binarizers.b.name is missing"
                ] do
                test $"so is one of a binarizer, and layers that have it add none: {start}" {
                    let json =
                        textOf
                            ("\"b\":" + entry)
                            ""
                            """[{"sign":"s","binarizer":"b"},{"linear":"l","outputs":2,"weights":"b"}]"""

                    has json start
                    Expect.hasLength (faults json) 1 "one fault"
                }

            test "all faults are found at once" {
                let found =
                    faults
                        """{"name":1,"input":[1,2],"layers":[{"norm":1},{"upsample":"u","factor":"x"}],
                        "binarizers":{"b":{"name":"b","formula":"y"}},"formulas":{"f":{"name":"f"}}}"""

                for start in
                    [
                        "name is 1"
                        "input is a list of 2"
                        "layers[0].norm is 1"
                        "layers[1].factor is"
                        "binarizers.b.formula is"
                        "formulas.f.formula is missing"
                    ] do
                    Expect.exists found _.StartsWith(start) $"%s{start} among %A{found}"
            }

            test "tables with an entry twice are faults" {
                let entry = """{"name":"b","formula":"x"}"""

                has (textOf (several 2 ("\"b\":" + entry)) "" "[]") "binarizers.b is there twice"
            }

            test "a million layers, and parts 100,000 deep, are faults however they come" {
                let many = of' (list (several 1_000_000 """{"norm":"a"}"""))
                has many "JSON is a text of"

                match readElement 64 many with
                | Ok _ -> failtest "read"
                | Error faults ->
                    Expect.equal
                        (faults.Head.ToString())
                        "layers is more than 10000 layers and parts; allowed: at most 10000"
                        "one"

                let deep = of' (String('[', 100_000) + String(']', 100_000))
                has deep "JSON is damaged"

                let deep = of' (String('[', 5000) + String(']', 5000))

                match readElement 10_000 deep with
                | Ok _ -> failtest "read"
                | Error faults ->
                    Expect.equal
                        (faults.Head.ToString())
                        "layers is nested more than 64 deep; allowed: at most 64"
                        "one"

                let scopes = String.replicate 30 """{"scope":"s","layers":"""
                has (of' (scopes + """{"norm":"a"}""" + String('}', 30))) "layers: parts within parts is deeper than 24"
            }

            test "texts made to take long are read at once: many members, entries, learned numbers, empty parts" {
                let numbered = commas (Seq.init 60_000 (fun k -> $"\"m{k}\":0"))
                has (of' ("""{"norm":"a",""" + numbered + "}")) "layers.m0 is a member"
                has (textOf numbered "" "[]") "binarizers.m0 is 0"
                let names = commas (Seq.init 60_000 (fun k -> $"\"n{k}\""))

                let greedy =
                    textOf
                        ("""  "b":{"name":"b","formula":"x","learned":""" + list names + "}")
                        ""
                        (list (several 5000 """{"sign":"s","binarizer":"b"}"""))

                let read = sound (NetworkJson.toModel greedy)

                Expect.stringContains
                    (String.concat "" (ModelDescription.validate read |> List.map string))
                    "at most 64"
                    "checked"

                Expect.equal
                    (sound (NetworkJson.toModel (of' (list (several 300_000 "[]"))))).Network
                    Network.identity
                    "nothing"
            }

            test "a long formula that thousands of layers share is looked at once" {
                let sum = String.Join(" + ", Seq.init 900 (fun k -> $"max(x, {k}) * min(x, {k})"))

                let signs =
                    Seq.init 9000 (fun k -> """{"sign":"s""" + string<int> k + """","binarizer":"b"}""")

                let json =
                    textOf ("\"b\":{\"name\":\"b\",\"formula\":\"" + sum + "\"}") "" (list (commas signs))

                let read = sound (NetworkJson.toModel json)

                Expect.equal
                    (ModelDescription.validate read |> List.map string)
                    [ "model m: layers is none that learns; allowed: at least one" ]
                    "checked"

                let text = short read
                Expect.isTrue (short (sound (readElement 64 text)) = text) "written and read again"
            }

            lawOf 500 "a damaged text is read, or has faults; nothing else is raised" damaged (fun json ->
                match NetworkJson.toModel json with
                | Ok model -> ModelDescription.validate model |> ignore
                | Error faults -> Expect.isNonEmpty faults "which are told")

            test "no text at all, and text that is no text, are faults" {
                for json in [ ""; "null"; "[]"; "{"; "\uD800"; "{\"name\":\"\uD800\"}" ] do
                    Expect.isNonEmpty (faults json) json
            }
        ]
