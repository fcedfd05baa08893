namespace Bnn

open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open FSharp.NativeInterop

#nowarn "9" // pointers: the loops work on memory that others own

/// How a pass is carried out.
[<EditorBrowsable(Never)>]
type Width =
    /// The widest vectors of this machine; without code generation, `Portable`.
    | Widest
    /// Emitted code with vectors of 128, 256 or 512 bits.
    | Bits of int
    /// No emitted code.
    | Portable

/// A pass ready to run on memory.
[<EditorBrowsable(Never)>]
type Kernel =
    {
        Pass: Pass
        NumberSize: int
        Loop: LoopBody
        /// The same loop for large arrays that are stored but not read, where there are such.
        LargeLoop: Lazy<LoopBody>
    }

[<EditorBrowsable(Never)>]
module Kernel =
    // Below this many numbers a second thread costs more than it gives.
    [<Literal>]
    let private WorthAThread = 32768L

    // The parts that each thread takes if all are equally fast.
    [<Literal>]
    let private PartsAThread = 8

    // From this many bytes an array is stored past the cache: what reads it next would not find it there anyway. (Measured with
    // that next reading: at 26 MB 1.5 times as fast, at 13 MB the same, below that slower.)
    [<Literal>]
    let private LargeArray = 16777216L

    [<Literal>]
    let private CacheLine = 64L

    let private create (algebra: Algebra<'T>) width pass =
        let emitted way =
            match width with
            | Bits bits -> Some(Emit.loop<'T> way bits pass)
            | Widest when Emit.isSupported -> Some(Emit.loop<'T> way Emit.widest pass)
            | Widest
            | Portable -> None

        let loop =
            emitted ThroughCache
            |> Option.defaultWith (fun () -> Portable.loop algebra pass)

        {
            Pass = pass
            NumberSize = sizeof<'T>
            Loop = loop
            LargeLoop = lazy (emitted PastCache |> Option.defaultValue loop)
        }

    /// A kernel for float32 numbers.
    let single width pass = create Algebra.float32 width pass

    /// A kernel for float64 numbers.
    let double width pass = create Algebra.float64 width pass

    /// Numbers whose bits are all 0, 16 of them, then 16 all 1, then 16 all 0: every mask is a part of it.
    let private masks numberSize =
        let strip = Pass.Strip * numberSize
        Array.concat [ Array.zeroCreate strip; Array.create strip 255uy; Array.zeroCreate strip ]

    let private masksOf4, private masksOf8 = masks 4, masks 8

    /// Memory in which a block whose numbers lie in several pieces is put together: of each array a block's bytes, and some cache lines more, so
    /// that the arrays do not compete for the same lines.
    let private stretch (kernel: Kernel) =
        Pass.Block * kernel.NumberSize + 4 * int CacheLine

    /// Runs the blocks from `first` to before `last`; their sums go to `blockSums`.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private runBlocks
        (kernel: Kernel)
        (shape: Shape)
        (blocksPerRow: int)
        (uniforms: float[])
        (rows: nativeint[])
        (pieces: Pieces)
        (mayRepeat: bool)
        (blockSums: float[])
        (first: int)
        (last: int)
        =
        let pass, size = kernel.Pass, kernel.NumberSize
        let arrayCount, sumCount = pass.Arrays.Length, pass.SumCount
        let strip = Pass.Strip * size
        let begins = NativePtr.stackalloc<nativeint>(max 1 arrayCount)
        let at = NativePtr.stackalloc<nativeint>(max 1 arrayCount)

        let constants =
            NativePtr.stackalloc<float>(max 1 (uniforms.Length + rows.Length))
            |> NativePtr.toNativeInt

        let padded =
            NativePtr.stackalloc<byte>(max 1 (arrayCount * strip)) |> NativePtr.toNativeInt

        let sums = NativePtr.stackalloc<float>(max 1 (sumCount * Pass.Strip))
        let restSums = NativePtr.stackalloc<float>(max 1 (sumCount * Pass.Strip))
        use masks = fixed (if size = 4 then masksOf4 else masksOf8)

        let mask (number: int) =
            NativePtr.toNativeInt masks + nativeint (number * size)

        let invoke mask (sums: nativeptr<float>) count =
            kernel.Loop.Invoke(NativePtr.toNativeInt at, constants, mask, NativePtr.toNativeInt sums, int64 count)

        for k in 0 .. uniforms.Length - 1 do
            if size = 4 then
                NativePtr.set (NativePtr.ofNativeInt<float32> constants) k (float32 uniforms[k])
            else
                NativePtr.set (NativePtr.ofNativeInt<float> constants) k uniforms[k]

        let mutable channel = -1
        let mutable piece = 0
        let mutable gathered = 0n

        for block in first .. last - 1 do
            let row = block / blocksPerRow
            let within = int64 (block % blocksPerRow) * int64 Pass.Block
            let count = int (min (int64 Pass.Block) (shape.Length - within))
            let number = int64 row * shape.Length + within
            let rest = count % Pass.Strip
            piece <- Pieces.holding pieces number piece
            let isWhole = number + int64 count <= pieces.Starts[piece + 1]

            if not isWhole && gathered = 0n then
                gathered <- Pieces.scratch (arrayCount * stretch kernel)

            for k in 0 .. arrayCount - 1 do
                if isWhole then
                    let into = nativeint ((number - pieces.Starts[piece]) * int64 size)
                    NativePtr.set begins k (pieces.At[piece * arrayCount + k] + into)
                else
                    NativePtr.set begins k (gathered + nativeint (k * stretch kernel))

                    if pass.IsRead[k] then
                        Pieces.move pieces arrayCount k size piece number count (NativePtr.get begins k) false

            if row % shape.Channels <> channel then
                channel <- row % shape.Channels

                for k in 0 .. rows.Length - 1 do
                    let number = constants + nativeint ((uniforms.Length + k) * size)
                    Pieces.copy (rows[k] + nativeint (channel * size)) number size

            if count >= Pass.Strip then
                for k in 0 .. arrayCount - 1 do
                    NativePtr.set at k (NativePtr.get begins k)

                invoke (mask Pass.Strip) sums (count - rest)
            else
                for k in 0 .. sumCount * Pass.Strip - 1 do
                    NativePtr.set sums k 0.0

            // The last few numbers go through the same vector code: as the end of a strip that reaches back over numbers that
            // are done already, or on a padded copy.
            if rest > 0 && mayRepeat && count >= Pass.Strip then
                for k in 0 .. arrayCount - 1 do
                    NativePtr.set at k (NativePtr.get begins k + nativeint ((count - Pass.Strip) * size))

                invoke (mask rest) restSums Pass.Strip

                for s in 0 .. sumCount - 1 do
                    for lane in 0 .. rest - 1 do
                        let total = s * Pass.Strip + lane

                        let more = NativePtr.get restSums (total + Pass.Strip - rest)
                        NativePtr.set sums total (Pass.combine pass.Reductions[s] (NativePtr.get sums total) more)
            elif rest > 0 then
                let restAt = nativeint ((count - rest) * size)

                for k in 0 .. arrayCount - 1 do
                    NativePtr.set at k (padded + nativeint (k * strip))

                    if pass.IsRead[k] then
                        Pieces.copy (NativePtr.get begins k + restAt) (NativePtr.get at k) (rest * size)

                invoke (mask (2 * Pass.Strip - rest)) restSums Pass.Strip

                for k in pass.Stores do
                    Pieces.copy (NativePtr.get at k) (NativePtr.get begins k + restAt) (rest * size)

                for total in 0 .. sumCount * Pass.Strip - 1 do
                    let reduction = pass.Reductions[total / Pass.Strip]

                    let both =
                        Pass.combine reduction (NativePtr.get sums total) (NativePtr.get restSums total)

                    NativePtr.set sums total both

            for s in 0 .. sumCount - 1 do
                let mutable total = 0.0

                for lane in 0 .. Pass.Strip - 1 do
                    total <- Pass.combine pass.Reductions[s] total (NativePtr.get sums (s * Pass.Strip + lane))

                blockSums[block * sumCount + s] <- total

            if not isWhole then
                for k in pass.Stores do
                    Pieces.move pieces arrayCount k size piece number count (NativePtr.get begins k) true

    /// Runs the kernel over memory, on up to `threads` threads; the result depends neither on how many nor on how the arrays lie in pieces.
    /// `pieces`: the memory of the pass's arrays; `uniforms`: `Pass.uniforms`; `rows`: for each of the pass's
    /// `Rows` a pointer to one number a channel. Gives the sums, channel by channel: sum s of channel c is at c * SumCount + s.
    let runPieces
        (kernel: Kernel)
        (threads: int)
        (shape: Shape)
        (uniforms: float[])
        (rows: nativeint[])
        (pieces: Pieces)
        =
        let sumCount = kernel.Pass.SumCount
        let blocksPerRow = int ((shape.Length + int64 Pass.Block - 1L) / int64 Pass.Block)
        let blocks = shape.Rows * blocksPerRow
        let blockSums: float[] = Array.zeroCreate (blocks * sumCount)
        let numbers = int64 shape.Rows * shape.Length
        // Rows of whole strips that start at a cache line: then every vector is aligned, and none is left for a padded copy.
        let isLarge =
            numbers * int64 kernel.NumberSize >= LargeArray
            && pieces.Count = 1
            && shape.Length % int64 Pass.Strip = 0L
            && Array.exists not kernel.Pass.IsRead
            && Array.forall2
                (fun read (at: nativeint) -> read || int64 at % CacheLine = 0L)
                kernel.Pass.IsRead
                pieces.At

        let kernel =
            if isLarge then
                { kernel with
                    Loop = kernel.LargeLoop.Value
                }
            else
                kernel

        // Where nothing is stored to memory that is read, computing a number twice changes nothing.
        let mayRepeat = not (Pieces.isStoredWhereRead kernel.Pass pieces)

        let runFrom =
            runBlocks kernel shape blocksPerRow uniforms rows pieces mayRepeat blockSums

        let threads =
            int (max 1L (min (int64 (min threads blocks)) (numbers / WorthAThread)))

        if threads = 1 then
            runFrom 0 blocks
        else
            // Each thread takes the next part when it has done one: one that starts late or runs on a busy core does less.
            let parts = min blocks (threads * PartsAThread)
            let next = ref 0

            let boundary part =
                int (int64 blocks * int64 part / int64 parts)

            let rec work () =
                let part = Interlocked.Increment(&next.contents) - 1

                if part < parts then
                    runFrom (boundary part) (boundary (part + 1))
                    work ()

            Parallel.For(0, threads, (fun _ -> work ())) |> ignore

        let sums: float[] = Array.zeroCreate (shape.Channels * sumCount)

        for block in 0 .. blocks - 1 do
            let channel = block / blocksPerRow % shape.Channels

            for s in 0 .. sumCount - 1 do
                let at = channel * sumCount + s
                sums[at] <- Pass.combine kernel.Pass.Reductions[s] sums[at] blockSums[block * sumCount + s]

        sums

    /// The same over arrays in one piece each: `arrays` has a pointer for each of the pass's.
    let run kernel threads (shape: Shape) uniforms rows (arrays: nativeint[]) =
        runPieces kernel threads shape uniforms rows (Pieces.one (int64 shape.Rows * shape.Length) arrays)
