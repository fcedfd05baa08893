/// Slow, obvious versions of what the core does fast, and memory to try its loops on.
module Bnn.Tests.Reference

#nowarn "9" // the loops work on raw memory, so tests must too

open System
open System.Runtime.InteropServices
open Bnn
open Expecto

/// Every row of the catalogue with its defaults, and the options that add slots.
let optimizers =
    [
        for row in Catalogue.all do
            match row.Make [] with
            | Ok rule -> row.Name, rule
            | Error faults -> failwith $"{row.Name}: {faults}"
        "SGD with Nesterov momentum",
        Sgd.rule
            { Sgd.defaults with
                Momentum = 0.9
                Nesterov = true
            }
        "AMSGrad", Adam.rule { Adam.defaults with AmsGrad = true }
        "RMSProp, centered, with momentum",
        RmsProp.rule
            { RmsProp.defaults with
                Momentum = 0.9
                Centered = true
            }
        "AdaBelief with AMSGrad",
        AdaBelief.rule
            { AdaBelief.defaults with
                AmsGrad = true
            }
        "AdaBelief rectified",
        AdaBelief.rule
            { AdaBelief.defaults with
                Rectify = true
            }
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
    | Reduce(reduction, over, a) -> algebra.Reduce reduction over (value a)
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

/// What a kernel makes of arrays: the arrays by name afterwards, and the sums. `rows`: one number a channel for each of the pass's `Rows`.
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
    let step = Optimizer.step rule

    ((Optimizer.startFor iterations rule p0, p0), grads)
    ||> Array.scan (fun (state, w) g ->
        let struct (state, w) = step state g w
        state, w)
    |> Array.tail
    |> Array.map snd
    |> List.ofArray

let private merge (before: Map<string, 'T>) (after: Map<string, 'T>) =
    after |> Map.fold (fun all name value -> Map.add name value all) before

/// A plan's result on one part, by functions of what it reads once and of how it carries out a pass.
let runPlan plan shape once (carryOut: Pass -> (string -> float) -> (string -> float[]) -> float[]) =
    let runner =
        { new IPassRunner with
            member _.Once(_, name) = once name
            member _.Shape _ = shape
            member _.Run(_, pass, once, row) = carryOut pass once.Invoke row.Invoke
        }

    Plan.run [| plan |] runner |> Array.head

/// One step of a rule for weights of one tensor, by float64 kernels on memory: the arrays and numbers after it.
let private compiledStep (kernels: Map<int, Kernel>) (plan: Plan) shape once (arrays: Map<string, float[]>) numbers =
    let passes = Plan.passes plan
    let mutable changed = arrays

    let onceOf name =
        match Map.tryFind name numbers with
        | Some number -> number
        | None -> once name

    let carryOut (pass: Pass) onceOf rowOf =
        let kernel =
            kernels[passes |> List.findIndex (fun other -> obj.ReferenceEquals(other, pass))]

        let rows = pass.Rows |> Array.map rowOf |> List.ofArray

        let after, reductions =
            run kernel 1 shape (Pass.uniforms onceOf pass) rows 2 -7.0 (Map.toList changed)

        changed <- merge changed after
        reductions

    let result = runPlan plan shape onceOf carryOut
    changed, merge numbers result.Numbers

/// The weights after each step of a rule, by float64 kernels on memory; the weights are so many channels of a group. The kernels are
/// compiled before the weights are given, once for all that are.
let compiledChannels rows group width (rule: Rule) =
    let plan = Optimizer.plan group rule

    let kernels =
        Plan.passes plan
        |> List.mapi (fun k pass -> k, Kernel.double width pass)
        |> Map.ofList

    let startPass = Optimizer.startPass group rule
    let startKernel = Kernel.double width startPass
    let numbers = Map.ofList (Optimizer.startNumbers group rule)

    fun iterations (p0: float[]) (grads: float[][]) ->
        let shape =
            {
                Rows = rows
                Length = int64 (p0.Length / rows)
                Channels = rows
            }

        let blank =
            [
                for slot in rule.Slots do
                    if slot.Extent = PerWeight then
                        slot.Name, Array.create p0.Length nan
            ]

        let uniforms = Pass.uniforms (fun _ -> nan) startPass
        let start = ("w", p0) :: blank

        let slots, _ =
            run startKernel 1 (Shape.flat (int64 p0.Length)) uniforms [] 1 -7.0 start

        ((merge (Map.ofList blank) slots |> Map.add "w" p0, numbers, 0), grads)
        ||> Array.scan (fun (arrays, numbers, time) g ->
            let once = Optimizer.once iterations (time + 1)

            let arrays, numbers =
                compiledStep kernels plan shape once (Map.add "g" g arrays) numbers

            arrays, numbers, time + 1)
        |> Array.tail
        |> Array.map (fun (arrays, _, _) -> arrays["w"])
        |> List.ofArray

/// The same for weights that are one channel of binary weights.
let compiledTrajectory width rule =
    compiledChannels 1 ParameterGroup.BinaryWeights width rule

/// The same in every width, one a case: cases take turns by the number of their weights.
let compiledInTurn rows group rule =
    let compiled =
        widths
        |> List.map (fun width -> width, lazy (compiledChannels rows group width rule))

    fun (weights: float[]) ->
        let width, steps = compiled[weights.Length % compiled.Length]
        width, steps.Value
