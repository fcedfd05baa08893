namespace Bnn

open System

#nowarn "9" // pointers: kernels work on memory that others own

/// Sums over the numbers of each channel, over any number of additions. What is float64 is added in order; counts are exact.
type internal ChannelSums =
    {
        Channels: int
        /// How many numbers each channel had, in all additions.
        Numbers: int64
        Additions: int64
        /// Sum s of channel c is at c * (how many sums a channel has) + s.
        Sums: float[]
    }

module internal ChannelSums =
    /// Nothing yet: the identity of `merge`.
    let empty channels (sumsPerChannel: int) =
        if channels < 1 then
            invalidArg (nameof channels) $"a layer of %d{channels} channels; give at least 1"

        {
            Channels = channels
            Numbers = 0L
            Additions = 0L
            Sums = Array.zeroCreate (channels * sumsPerChannel)
        }

    /// Sum s of each channel.
    let column s (sums: ChannelSums) =
        let width = sums.Sums.Length / sums.Channels
        Array.init sums.Channels (fun c -> sums.Sums[c * width + s])

    /// One addition of `length` numbers a channel.
    let add (length: int) (added: float[]) (sums: ChannelSums) =
        { sums with
            Numbers = sums.Numbers + int64 length
            Additions = sums.Additions + 1L
            Sums = Array.map2 (+) sums.Sums added
        }

    /// Both together.
    let merge (a: ChannelSums) (b: ChannelSums) =
        if a.Channels <> b.Channels then
            invalidArg
                (nameof b)
                $"%d{b.Channels} channels are merged with %d{a.Channels}; both must be of the same layer"

        {
            Channels = a.Channels
            Numbers = a.Numbers + b.Numbers
            Additions = a.Additions + b.Additions
            Sums = Array.map2 (+) a.Sums b.Sums
        }

    /// Both together, where a channel has the same weights in all additions.
    let mergeWeights (a: ChannelSums) (b: ChannelSums) =
        if a.Numbers * b.Additions <> b.Numbers * a.Additions then
            invalidArg
                (nameof b)
                $"channels of %d{b.Numbers / b.Additions} weights are merged with channels of %d{a.Numbers / a.Additions}; both must be of the same layer"

        merge a b

    /// The length of a channel of `count` numbers that are laid out channel first.
    let lengthOf name (count: int) (sums: ChannelSums) =
        if count % sums.Channels <> 0 then
            invalidArg
                name
                $"%d{count} numbers do not fill %d{sums.Channels} channels of the same length; give a whole layer, output channel first"

        let length = count / sums.Channels

        if sums.Additions > 0L && sums.Numbers <> int64 length * sums.Additions then
            invalidArg
                name
                $"channels of %d{length} numbers follow channels of %d{sums.Numbers / sums.Additions}; all additions must be of the same layer"

        length

    /// The sums over each channel that a kernel of one array and of one number a channel (or none) adds up.
    let run (kernel: Kernel) (shape: Shape) (row: ReadOnlySpan<float32>) (values: ReadOnlySpan<float32>) =
        use row = fixed row
        use values = fixed values
        let pointer = NativeInterop.NativePtr.toNativeInt
        let rows = kernel.Pass.Rows |> Array.map (fun _ -> pointer row)
        let constants = Pass.uniforms (fun _ -> nan) kernel.Pass
        Kernel.run kernel 1 shape constants rows [| pointer values |]

    /// The same, of a layer whose channels have `length` weights.
    let ofWeights kernel channels length row values =
        run
            kernel
            {
                Rows = channels
                Length = int64 length
                Channels = channels
            }
            row
            values

    /// A kernel that adds up formulas over one array.
    let kernel (formulas: Expr list) =
        lazy (Kernel.single Widest (Pass.create [] formulas))
