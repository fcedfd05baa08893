/// Passes over arrays that lie in many pieces of memory.
module Bnn.Tests.PiecesTests

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Reference
open Bnn.Tests.Sides
open Expecto
open FsCheck.FSharp

/// Lengths of pieces: a few numbers, none at all, strips and blocks and a little more or less.
let private lengths =
    Gen.frequency
        [
            4, Gen.choose (0, 40)
            1, Gen.constant 0
            1, Gen.elements [ 15; 16; 17; 64; 16384; 16385; 20000; 33000 ]
        ]
    |> Gen.nonEmptyListOf
    |> Gen.map (List.truncate 40)
    |> Gen.filter (fun lengths -> List.sum lengths > 0)

let private numbers count =
    Array.init count (fun i -> (float i * 0.6180339887498949) % 1.0 * 4.0 - 2.0)

let private passes =
    [
        "weight decay and Adam",
        Optimizer.pass (
            Rule.addDecayedWeights (Const 0.01)
            >=> Adam.rule Adam.defaults
            >=> Rule.descend (Const 0.5)
        )
        "sums and largest numbers alone",
        Pass.reducing [] [ Sum, Expr.weight; Sum, Expr.weight * Expr.gradient; Largest, Expr.weight ]
        "arrays that are stored and not read", Pass.create [ "out", Expr.weight + 1.0 ] [ Expr.weight ]
        "an exchange", Pass.create [ "w", Expr.gradient; "g", Expr.weight ] [ Expr.weight - Expr.gradient ]
    ]

/// What a kernel makes of arrays that lie in pieces, each in memory of its own between guards: the arrays as one again, and the sums.
let private inPieces (kernel: Kernel) threads shape (lengths: int list) offset guard (arrays: Map<string, 'T[]>) =
    let starts = List.scan (+) 0 lengths |> List.toArray

    let memory =
        [|
            for piece in 0 .. lengths.Length - 1 do
                for k in 0 .. kernel.Pass.Arrays.Length - 1 do
                    let own =
                        arrays[kernel.Pass.Arrays[k]].AsSpan(starts[piece], lengths[piece]).ToArray()

                    new Memory<'T>(own, (offset + k + piece) % 5, guard)
        |]

    let pieces =
        {
            Starts = Array.map int64 starts
            At = memory |> Array.map _.Pointer
        }

    let sums =
        Kernel.runPieces kernel threads shape (Pass.uniforms onceValues kernel.Pass) [||] pieces

    let after =
        kernel.Pass.Arrays
        |> Array.mapi (fun k _ ->
            [|
                for piece in 0 .. lengths.Length - 1 do
                    yield! memory[piece * kernel.Pass.Arrays.Length + k].Content
            |])

    memory |> Array.iter (fun m -> (m :> IDisposable).Dispose())
    after, sums

let private agree (side: Side<'T>) pass shape lengths message =
    let count = List.sum lengths
    let full = contents side pass (numbers count) |> Map.ofArray
    let noRows: 'T[] list = []

    for width in widths do
        let kernel = side.Kernel width pass

        let whole, wholeSums =
            run kernel 1 shape (Pass.uniforms onceValues pass) noRows 0 side.Guard (Map.toList full)

        for threads in [ 1; 3 ] do
            let after, sums = inPieces kernel threads shape lengths 1 side.Guard full
            let message = $"{message}, {width}, {threads} threads, {side.Name}"
            sameSums wholeSums sums message

            for k in 0 .. pass.Arrays.Length - 1 do
                side.EqualBits whole[pass.Arrays[k]] after[k] $"{message}, {pass.Arrays[k]}"

[<Tests>]
let tests =
    testList
        "Pieces"
        [
            for name, pass in passes do
                lawOf
                    25
                    $"{name}: arrays in any pieces of memory have the bits and sums of arrays in one"
                    (Arb.fromGen lengths)
                    (fun lengths ->
                        let shape = Shape.flat (int64 (List.sum lengths))
                        agree float32Side pass shape lengths $"{lengths}"
                        agree float64Side pass shape lengths $"{lengths}")
                // what a training does in every run, the others take as long each
                |> if name.EndsWith "Adam" then id else long

            test "pieces need not end where rows or channels do" {
                let pass = Pass.create [ "w", Expr.weight + Expr.gradient ] [ Expr.weight ]
                let shape = { Rows = 6; Length = 20L; Channels = 3 }
                agree float32Side pass shape [ 7; 0; 33; 20; 1; 59 ] "rows"
            }
        ]
