/// Comparing compiled passes with the interpreter, in float64 and in float32.
module Bnn.Tests.Sides

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Reference

/// A float64 or a float32 side of the core, so that each law is written once for both.
type Side<'T> =
    {
        Name: string
        Algebra: Algebra<'T>
        Kernel: Width -> Pass -> Kernel
        OfFloat: float -> 'T
        ToFloat: 'T -> float
        EqualBits: 'T[] -> 'T[] -> string -> unit
        Guard: 'T
    }

/// Numbers of 64 bits.
let float64Side =
    {
        Name = "float64"
        Algebra = Algebra.float64
        Kernel = Kernel.double
        OfFloat = id
        ToFloat = id
        EqualBits = equalBits
        Guard = -7.0
    }

/// Numbers of 32 bits.
let float32Side =
    {
        Name = "float32"
        Algebra = Algebra.float32
        Kernel = Kernel.single
        OfFloat = float32
        ToFloat = float
        EqualBits = equalBits32
        Guard = -7.0f
    }

/// What is given once a step: the rules' inputs, and a number that they keep for all weights.
let onceValues name =
    match name with
    | "t" -> 3.0
    | "T" -> 40.0
    | _ -> 0.25

/// For each stored and each summed expression its values, number by number, as the interpreter has them.
/// `rows`: the value of an input of the channel for number i.
let interpreted (side: Side<'T>) (pass: Pass) (rows: string -> int -> 'T) (arrays: Map<string, 'T[]>) count =
    let once = Algebra.once onceValues pass.Graph

    let all =
        Array.init count (fun i ->
            let leaf name =
                match arrays.TryFind name with
                | Some numbers when not (Array.contains name pass.Rows) -> numbers[i]
                | _ -> rows name i

            Algebra.evaluateStep side.Algebra once leaf pass.Graph)

    Array.init pass.Graph.Roots.Length (fun root -> all |> Array.map (fun values -> values[root]))

/// Numbers for the arrays of a pass that it reads; those it only stores start from the guard.
let contents (side: Side<'T>) (pass: Pass) (numbers: float[]) =
    pass.Arrays
    |> Array.mapi (fun k name ->
        name,
        if pass.IsRead[k] then
            numbers
            |> Array.mapi (fun i _ -> side.OfFloat numbers[(i * (2 * k + 1) + 5 * k) % numbers.Length])
        else
            numbers |> Array.map (fun _ -> side.Guard))

/// Fails at the first sum that is not the expected one, bit for bit.
let sameSums (expected: float[]) (actual: float[]) message =
    equalBits expected actual $"{message}, sums"

/// Runs the pass over the first `count` numbers of `full` in this width and compares with the interpreter's values.
let private check
    (side: Side<'T>)
    (kernel: Kernel)
    threads
    offset
    (full: Map<string, 'T[]>)
    (expected: 'T[][])
    count
    message
    =
    let pass = kernel.Pass
    let row = [ for _ in pass.Rows -> [| side.OfFloat 0.3125 |] ]
    let arrays = [ for name in pass.Arrays -> name, Array.truncate count full[name] ]
    let shape = Shape.flat (int64 count)

    let after, sums =
        run kernel threads shape (Pass.uniforms onceValues pass) row offset side.Guard arrays

    let message =
        $"{message}, {count} numbers, {threads} threads, offset {offset}, {side.Name}"

    pass.Arrays
    |> Array.iteri (fun k name ->
        match Array.tryFindIndex ((=) k) pass.Stores with
        | Some root -> side.EqualBits (Array.truncate count expected[root]) after[name] $"{message}, {name}"
        | None -> side.EqualBits (Array.truncate count full[name]) after[name] $"{message}, {name} is only read")

    let expectedSums =
        expected
        |> Array.skip pass.Stores.Length
        |> Array.map (Array.truncate count >> Array.map side.ToFloat >> sumOf)

    sameSums expectedSums sums message

let private fixedRow (side: Side<'T>) _ _ = side.OfFloat 0.3125

/// In all widths, for these counts, thread counts and offsets, a pass gives what the interpreter gives.
let agrees (side: Side<'T>) (pass: Pass) (numbers: float[]) counts threadCounts offsets message =
    let full = contents side pass numbers |> Map.ofArray
    let expected = interpreted side pass (fixedRow side) full numbers.Length

    for width in widths do
        let kernel = side.Kernel width pass

        for count in counts do
            for threads in threadCounts do
                for offset in offsets do
                    check side kernel threads offset full expected count $"{message}, {width}"

/// The same in float64 and float32.
let agreesForBoth pass numbers counts threadCounts offsets message =
    agrees float64Side pass numbers counts threadCounts offsets message
    agrees float32Side pass numbers counts threadCounts offsets message
