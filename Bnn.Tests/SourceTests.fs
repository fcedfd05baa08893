/// What every set of encoded images does, wherever it comes from.
module Bnn.Tests.SourceTests

open System
open System.IO
open System.Threading.Tasks
open Bnn
open Bnn.Tests.DataSupport
open Bnn.Tests.SourceSupport
open Expecto
open FsCheck

/// The same images as files and as a tar file, and what they are.
let private both (action: EncodedSet -> unit) =
    inFolder (fun folder ->
        for index, (image, label) in List.indexed fiveImages do
            put folder $"{names[label]}/{index}.png" image

        put folder "pairs.tar" (tar fivePairs)
        action (ImageFolder.OpenTest folder)
        action (openTar (under folder "pairs.tar")))

let private pickTests =
    testList
        "Picks"
        [
            Checks.property "A pick has the images at its indices, in their order, and a pick of a pick those of both"
            <| fun (first: NonNegativeInt list) (second: NonNegativeInt list) ->
                both (fun set ->
                    let all = content set
                    let within count (indices: NonNegativeInt list) = [ for i in indices -> i.Get % count ]
                    let once = within 5 first
                    let picked = set.Pick(Array.ofList once)
                    Expect.equal (content picked) [ for index in once -> all[index] ] "once"
                    Expect.equal picked.Classes set.Classes "the classes"
                    let twice = if once.IsEmpty then [] else within once.Length second

                    Expect.equal
                        (content (picked.Pick(Array.ofList twice)))
                        [ for index in twice -> all[once[index]] ]
                        "twice")

            testCase "A pick does not change with the array that it was made from"
            <| fun () ->
                both (fun set ->
                    let indices = [| 1; 2 |]
                    let picked = set.Pick indices
                    let before = content picked
                    indices[0] <- 4
                    Expect.equal (content picked) before "the images")

            testCase "An index that no image has is refused with the number of images"
            <| fun () ->
                both (fun set ->
                    let picked = set.Pick [| 3; 1 |]

                    for index, action in
                        [
                            -1, (fun () -> set.Label -1 |> ignore)
                            5, (fun () -> set.NameOf 5 |> ignore)
                            5, (fun () -> bytesOf set 5 |> ignore)
                            5, (fun () -> set.Pick [| 0; 5 |] |> ignore)
                            2, (fun () -> picked.Label 2 |> ignore)
                            2, (fun () -> picked.Pick [| 2 |] |> ignore)
                        ] do
                        Expect.throwsC action (fun error ->
                            Expect.isTrue (error :? ArgumentOutOfRangeException) $"{error}"
                            let last = if index = 2 then 1 else 4
                            Expect.stringContains error.Message $"the set holds the images 0 to {last}" "the range"
                            Expect.stringContains error.Message $"{index}" "the value"))
        ]

let private bufferTests =
    testList
        "Buffers"
        [
            testCase "A buffer is replaced where it is too short and kept where it is not"
            <| fun () ->
                both (fun set ->
                    let longest = Seq.maxBy (fun index -> (bytesOf set index).Length) [ 0..4 ]
                    let mutable buffer = [||]
                    set.Read(longest, &buffer).Length |> ignore
                    let kept = buffer

                    for index in 0..4 do
                        set.Read(index, &buffer).Length |> ignore

                    Expect.isTrue (obj.ReferenceEquals(kept, buffer)) "the buffer")

            testCase "Threads that read at once read the same as one alone"
            <| fun () ->
                both (fun set ->
                    let expected = content set
                    let results = Array.zeroCreate 8

                    Parallel.For(0, 8, (fun i -> results[i] <- [ for _ in 1..20 -> content set ]))
                    |> ignore

                    for result in results do
                        for actual in result do
                            Expect.equal actual expected "the images")
        ]

let private nameTests =
    testList
        "Names"
        [
            Checks.property "Packed names come back one by one"
            <| fun (texts: NonNull<string> list) ->
                let names =
                    [|
                        for text in texts -> Text.Encoding.UTF8.GetString(Text.Encoding.UTF8.GetBytes text.Get)
                    |]

                let packed = PackedNames(names, "the folder")
                Expect.equal [| for i in 0 .. packed.Count - 1 -> packed[i] |] names "the names"

            testCase "Names are ordered by code points, as Python sorts them"
            <| fun () ->
                // sorted(["b", "a", "B", "ab", "", "é", "\U0001F600", "\uFF21", "z"]) in Python
                let sorted = [ ""; "B"; "a"; "ab"; "b"; "z"; "é"; "\uFF21"; "\U0001F600" ]
                let texts = Collections.Generic.List(List.rev sorted)
                texts.Sort SourceNames.Order
                Expect.equal (List.ofSeq texts) sorted "the order"

            testCase "The names of classes are a file's lines that are not blank"
            <| fun () ->
                inFolder (fun folder ->
                    put folder "classes.txt" " cat \r\n\ndog\n\n"B
                    let path = under folder "classes.txt"
                    Expect.equal (ClassNames.Read path) [| "cat"; "dog" |] "the names"
                    refuses path [ "holds 2 names, not 10" ] (fun () -> ClassNames.Read(path, 10))
                    put folder "classes.txt" "cat\ndog\ncat\n"B
                    refuses path [ "has the name cat twice" ] (fun () -> ClassNames.Read path)
                    put folder "classes.txt" "\n"B
                    refuses path [ "holds 0 names" ] (fun () -> ClassNames.Read path)
                    refuses folder [ "cannot be read" ] (fun () -> ClassNames.Read folder)
                    let nothing = under folder "nothing.txt"
                    refuses nothing [ "there is no such file" ] (fun () -> ClassNames.Read nothing))
        ]

[<Tests>]
let tests = testList "Sources" [ pickTests; bufferTests; nameTests ]
