namespace Bnn.Core

open System
open System.Threading.Tasks
open FSharp.NativeInterop

#nowarn "9" // pointers: the loops work on memory that others own

/// How a pass is carried out.
type Width =
    /// The widest vectors of this machine; without code generation, `Portable`.
    | Widest
    /// Emitted code with vectors of 128, 256 or 512 bits.
    | Bits of int
    /// No emitted code.
    | Portable

/// How the numbers lie in memory: `Rows` rows of `Length` numbers; row r belongs to channel r mod `Channels`.
/// A flat buffer is one row. A batch of N images with C channels is N * C rows with `Channels` = C.
type Shape =
    { Rows: int
      Length: int64
      Channels: int }

/// A pass ready to run on memory.
type Kernel =
    { Pass: Pass
      NumberSize: int
      Loop: LoopBody }

module Shape =
    /// One row of `length` numbers.
    let flat length =
        { Rows = 1
          Length = length
          Channels = 1 }

module Kernel =
    // Below this many numbers a second thread costs more than it gives.
    [<Literal>]
    let private WorthAThread = 32768L

    /// A kernel for float32 numbers.
    let single width pass =
        { Pass = pass
          NumberSize = sizeof<float32>
          Loop =
            match width with
            | Bits bits -> Emit.loop<float32> bits pass
            | Widest when Emit.isSupported -> Emit.loop<float32> Emit.widest pass
            | Widest
            | Portable -> Portable.loop<float32> Algebra.float32 float pass }

    /// A kernel for float64 numbers.
    let double width pass =
        { Pass = pass
          NumberSize = sizeof<float>
          Loop =
            match width with
            | Bits bits -> Emit.loop<float> bits pass
            | Widest when Emit.isSupported -> Emit.loop<float> Emit.widest pass
            | Widest
            | Portable -> Portable.loop<float> Algebra.float64 id pass }

    let private setConstant (kernel: Kernel) (constants: nativeint) k (value: float) =
        if kernel.NumberSize = sizeof<float32> then
            NativePtr.set (NativePtr.ofNativeInt<float32> constants) k (float32 value)
        else
            NativePtr.set (NativePtr.ofNativeInt<float> constants) k value

    let private copy (source: nativeint) (destination: nativeint) (bytes: int) =
        Buffer.MemoryCopy(source.ToPointer(), destination.ToPointer(), int64 bytes, int64 bytes)

    /// The memory one thread needs besides the arrays.
    type private Workspace(kernel: Kernel) =
        let pass = kernel.Pass
        let strip = Pass.Strip * kernel.NumberSize
        let arrays: nativeint[] = Array.zeroCreate (max 1 pass.Arrays.Length)
        let constants: float[] = Array.zeroCreate (max 1 (pass.Uniforms.Length + pass.Rows.Length))
        let tail: byte[] = Array.zeroCreate (max 1 (pass.Arrays.Length * strip))
        let whole: byte[] = Array.create strip 255uy
        let partial: byte[] = Array.zeroCreate strip
        let sums: float[] = Array.zeroCreate (max 1 (pass.SumCount * Pass.Strip))
        let tailSums: float[] = Array.zeroCreate (max 1 (pass.SumCount * Pass.Strip))

        member _.Constants = constants

        /// Runs the loop over `count` numbers that start at `from` in each array; the block's sums are written to `result`.
        /// The last few numbers go through the same vector code, on a padded copy.
        member _.RunBlock(from: nativeint[], start: int64, count: int, result: Span<float>) =
            let bytes = nativeint start * nativeint kernel.NumberSize
            use constantsAt = fixed constants
            use arraysAt = fixed arrays
            use sumsAt = fixed sums
            let constantsAt, arraysAt = NativePtr.toNativeInt constantsAt, NativePtr.toNativeInt arraysAt
            let whole' = count - count % Pass.Strip

            if whole' > 0 then
                for k in 0 .. pass.Arrays.Length - 1 do
                    arrays[k] <- from[k] + bytes

                use mask = fixed whole
                kernel.Loop.Invoke(arraysAt, constantsAt, NativePtr.toNativeInt mask, NativePtr.toNativeInt sumsAt, int64 whole')
            else
                Array.Clear sums

            if count > whole' then
                let rest = (count - whole') * kernel.NumberSize
                let restAt = bytes + nativeint (whole' * kernel.NumberSize)
                use tailAt = fixed tail
                let tailOf k = NativePtr.toNativeInt tailAt + nativeint (k * strip)

                for k in 0 .. pass.Arrays.Length - 1 do
                    arrays[k] <- tailOf k

                    if pass.IsRead[k] then
                        copy (from[k] + restAt) (tailOf k) rest

                Array.Clear partial
                Array.Fill(partial, 255uy, 0, rest)
                use mask = fixed partial
                use tailSumsAt = fixed tailSums

                kernel.Loop.Invoke(
                    arraysAt,
                    constantsAt,
                    NativePtr.toNativeInt mask,
                    NativePtr.toNativeInt tailSumsAt,
                    int64 Pass.Strip
                )

                for k in pass.Stores do
                    copy (tailOf k) (from[k] + restAt) rest

                for k in 0 .. pass.SumCount * Pass.Strip - 1 do
                    sums[k] <- sums[k] + tailSums[k]

            for s in 0 .. pass.SumCount - 1 do
                let mutable total = 0.0

                for lane in 0 .. Pass.Strip - 1 do
                    total <- total + sums[s * Pass.Strip + lane]

                result[s] <- total

    /// Runs the kernel over memory, on up to `threads` threads; the result does not depend on how many.
    /// `arrays`: a pointer for each of the pass's arrays; `uniforms`: `Pass.uniforms`; `rows`: for each of the pass's row
    /// inputs a pointer to one number a channel. Gives the sums, channel by channel: sum s of channel c is at c * SumCount + s.
    let run (kernel: Kernel) (threads: int) (shape: Shape) (uniforms: float[]) (rows: nativeint[]) (arrays: nativeint[]) =
        let pass = kernel.Pass
        let sumCount = pass.SumCount
        let blocksPerRow = int ((shape.Length + int64 Pass.Block - 1L) / int64 Pass.Block)
        let blocks = shape.Rows * blocksPerRow
        let blockSums: float[] = Array.zeroCreate (blocks * sumCount)

        let runBlocks first last =
            let workspace = Workspace kernel
            use constants = fixed workspace.Constants
            let constants = NativePtr.toNativeInt constants
            uniforms |> Array.iteri (setConstant kernel constants)
            let mutable channel = -1

            for block in first .. last - 1 do
                let row = block / blocksPerRow
                let within = int64 (block % blocksPerRow) * int64 Pass.Block

                if row % shape.Channels <> channel then
                    channel <- row % shape.Channels

                    for k in 0 .. rows.Length - 1 do
                        copy
                            (rows[k] + nativeint (channel * kernel.NumberSize))
                            (constants + nativeint ((uniforms.Length + k) * kernel.NumberSize))
                            kernel.NumberSize

                workspace.RunBlock(
                    arrays,
                    int64 row * shape.Length + within,
                    int (min (int64 Pass.Block) (shape.Length - within)),
                    Span(blockSums, block * sumCount, sumCount)
                )

        let threads =
            let numbers = int64 shape.Rows * shape.Length
            int (max 1L (min (int64 (min threads blocks)) (numbers / WorthAThread)))

        if threads = 1 then
            runBlocks 0 blocks
        else
            let boundary thread =
                int (int64 blocks * int64 thread / int64 threads)

            Parallel.For(0, threads, (fun thread -> runBlocks (boundary thread) (boundary (thread + 1))))
            |> ignore

        let sums: float[] = Array.zeroCreate (shape.Channels * sumCount)

        for block in 0 .. blocks - 1 do
            let channel = block / blocksPerRow % shape.Channels

            for s in 0 .. sumCount - 1 do
                sums[channel * sumCount + s] <- sums[channel * sumCount + s] + blockSums[block * sumCount + s]

        sums
