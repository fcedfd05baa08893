/// Slow, obvious versions of what the core does fast, and memory to try its loops on.
module Bnn.Tests.Reference

#nowarn "9" // the loops work on raw memory, so tests must too

open System
open System.Runtime.InteropServices
open Bnn.Core
open Expecto

/// Every row of the catalogue with its defaults, and the options that add slots.
let optimizers =
    [
        for row in Catalogue.all do
            match Catalogue.make row [] with
            | Ok rule -> row.Name, rule
            | Error faults -> failwith $"{row.Name}: {faults}"
        "SGD with Nesterov momentum",
        Sgd.rule
            { Sgd.defaults with
                Momentum = 0.9
                Nesterov = true
            }
        "AMSGrad", Adam.rule { Adam.defaults with AmsGrad = true }
    ]

/// The value of a tree, by walking it.
let rec evaluate (algebra: Algebra<'T>) (leaf: string -> 'T) (e: Expr) : 'T =
    let value = evaluate algebra leaf

    match e with
    | Const c -> algebra.Const c
    | Input(name, _)
    | Slot(name, _) -> leaf name
    | Unary(o, a) -> algebra.Unary o (value a)
    | Binary(o, a, b) -> algebra.Binary o (value a) (value b)
    | Select(c, a, b, x, y) -> algebra.Select c (value a) (value b) (value x) (value y)
    | Surrogate(v, _) -> value v

/// The sum of numbers in the stated order: blocks of 16384, 16 lanes each, lanes in order, blocks in order.
let sumOf (numbers: float[]) =
    numbers
    |> Array.chunkBySize 16384
    |> Array.map (fun block ->
        let lanes: float[] = Array.zeroCreate 16
        block |> Array.iteri (fun i x -> lanes[i % 16] <- lanes[i % 16] + x)
        Array.fold (+) 0.0 lanes)
    |> Array.fold (+) 0.0

/// All ways of carrying out a pass.
let widths =
    [ Width.Portable; Width.Bits 128; Width.Bits 256; Width.Bits 512; Width.Widest ]

/// Numbers in native memory, `offset` numbers behind a cache line's start, between guards that nobody may write to.
type Memory<'T when 'T: equality and 'T: unmanaged and 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
    (content: 'T[], offset: int, guard: 'T) =
    let margin = 64 + offset
    let size = Marshal.SizeOf<'T>()
    let total = margin + content.Length + 64
    let memory = NativeMemory.AlignedAlloc(unativeint (total * size), 64un)
    let all () = Span<'T>(memory, total)

    do
        all().Fill guard
        content.AsSpan().CopyTo(all().Slice margin)

    member _.Pointer =
        NativeInterop.NativePtr.toNativeInt (NativeInterop.NativePtr.ofVoidPtr<byte> memory)
        + nativeint (margin * size)

    /// The numbers now; fails where a guard has changed.
    member _.Content =
        let before, behind =
            all().Slice(0, margin).ToArray(), all().Slice(margin + content.Length).ToArray()

        Expect.all before (fun x -> x.Equals guard) "memory before an array must be left alone"
        Expect.all behind (fun x -> x.Equals guard) "memory behind an array must be left alone"
        all().Slice(margin, content.Length).ToArray()

    interface IDisposable with
        member _.Dispose() = NativeMemory.AlignedFree memory

/// What a kernel makes of arrays: the arrays by name afterwards, and the sums. `rows`: one number a channel for each row input.
let run (kernel: Kernel) threads shape uniforms (rows: 'T[] list) offset guard (arrays: (string * 'T[]) list) =
    let row = rows |> List.map (fun row -> new Memory<'T>(row, 0, guard))

    // Each array at another offset from a cache line than the one before it.
    let memory =
        kernel.Pass.Arrays
        |> Array.mapi (fun k name ->
            new Memory<'T>(arrays |> List.find (fst >> (=) name) |> snd, (offset + k) % 4, guard))

    let sums =
        Kernel.run
            kernel
            threads
            shape
            uniforms
            (row |> List.map _.Pointer |> List.toArray)
            (memory |> Array.map _.Pointer)

    let results = memory |> Array.map _.Content
    row |> List.iter (fun r -> r.Content |> ignore)
    memory |> Array.iter (fun m -> (m :> IDisposable).Dispose())
    row |> List.iter (fun m -> (m :> IDisposable).Dispose())
    Array.zip kernel.Pass.Arrays results |> Map.ofArray, sums

/// The weights after each step of a rule, by the pure interpreter.
let trajectory (rule: Rule) iterations (p0: float[]) (grads: float[][]) =
    ((Rule.startFor iterations rule p0, p0), grads)
    ||> Array.scan (fun (state, w) g ->
        let struct (state, w) = Rule.step rule state g w
        state, w)
    |> Array.tail
    |> Array.map snd
    |> List.ofArray

/// The weights after each step of a rule, by a float64 kernel on memory.
let compiledTrajectory width (rule: Rule) iterations (p0: float[]) (grads: float[][]) =
    let shape = Shape.flat (int64 p0.Length)
    let noRows: float[] list = []
    let start = Kernel.double width (Rule.startPass rule)
    let step = Kernel.double width (Rule.pass rule)
    let blank name = name, Array.create p0.Length nan

    let slots, _ =
        ("w", p0) :: (rule.Slots |> List.map (fun slot -> blank slot.Name))
        |> run start 1 shape (Pass.uniforms (Rule.once iterations 0) start.Pass) noRows 1 -7.0

    let merge (before: Map<string, float[]>) (after: Map<string, float[]>) =
        after |> Map.fold (fun all name numbers -> Map.add name numbers all) before

    ((Map.add "w" p0 slots, 0), grads)
    ||> Array.scan (fun (arrays, time) g ->
        let uniforms = Pass.uniforms (Rule.once iterations (time + 1)) step.Pass

        let after, _ =
            Map.add "g" g arrays |> Map.toList |> run step 1 shape uniforms noRows 2 -7.0

        merge arrays after, time + 1)
    |> Array.tail
    |> Array.map (fun (arrays, _) -> arrays["w"])
    |> List.ofArray
