namespace Bnn

/// Evaluation over all weights at once, whatever a number is: so a whole step of a rule that reduces over channels or over the whole
/// can be evaluated over dual numbers or any other algebra. Slow and plain; training runs `Plan`.
[<EditorBrowsable(Never)>]
module ArrayAlgebra =
    let private extentOf (channels: int) (weights: int) (numbers: 'T[]) =
        match numbers.Length with
        | 1 -> Once
        | n when n = weights -> PerWeight
        | n when n = channels -> PerChannel
        | n ->
            invalidArg
                (nameof numbers)
                $"an array has %d{n} numbers; allowed: 1, one for each of %d{channels} channels, or one for each of %d{weights} weights"

    /// The algebra over arrays of another algebra's numbers, for channels (output channels) of these lengths (each at least 1). An array holds one
    /// number (the same for all weights), one a channel, or one a weight, channel after channel; operators go number by number. Reductions add
    /// up in order from the first number, unlike `Plan`'s lanes: sums may differ from it in the last digits.
    let ofChannels (lengths: int[]) (algebra: Algebra<'T>) : Algebra<'T[]> =
        if lengths.Length = 0 || Array.exists (fun length -> length < 1) lengths then
            let given = lengths |> Array.map string |> String.concat ", "

            invalidArg
                (nameof lengths)
                $"the channels' lengths are [{given}]; allowed: at least one channel, each of at least 1 weight"

        let channels = lengths.Length

        let channelOf =
            lengths
            |> Array.mapi (fun channel length -> Array.create length channel)
            |> Array.concat

        let extent numbers =
            extentOf channels channelOf.Length numbers

        let countOf finest =
            match finest with
            | Once -> 1
            | PerChannel -> channels
            | PerWeight -> channelOf.Length

        /// Number i of `finest`, of an array of that extent or a coarser one.
        let read finest i (numbers: 'T[]) =
            match extent numbers with
            | Once -> numbers[0]
            | PerChannel when finest = PerWeight -> numbers[channelOf[i]]
            | _ -> numbers[i]

        let eachOf (operands: 'T[] list) (f: 'T list -> 'T) =
            let finest = operands |> List.map extent |> List.max
            Array.init (countOf finest) (fun i -> operands |> List.map (read finest i) |> f)

        let reduceOver reduction (weights: 'T seq) =
            match reduction with
            | Sum -> weights |> Seq.reduce (algebra.Binary Add)
            | Largest -> weights |> Seq.map (algebra.Unary Abs) |> Seq.reduce (algebra.Binary Max)

        let starts = lengths |> Array.scan (+) 0

        {
            Const = fun c -> [| algebra.Const c |]
            Unary = fun op a -> a |> Array.map (algebra.Unary op)
            Binary = fun op a b -> eachOf [ a; b ] (fun at -> algebra.Binary op at[0] at[1])
            Select = fun test a b x y -> eachOf [ a; b; x; y ] (fun at -> algebra.Select test at[0] at[1] at[2] at[3])
            Reduce =
                fun reduction over a ->
                    let reduceFrom first last =
                        seq { first .. last - 1 }
                        |> Seq.map (fun i -> read PerWeight i a)
                        |> reduceOver reduction

                    match over with
                    | Whole -> [| reduceFrom 0 channelOf.Length |]
                    | Channel -> Array.init channels (fun channel -> reduceFrom starts[channel] starts[channel + 1])
        }

    /// One number a weight, of an array of any of the three kinds.
    let perWeight (lengths: int[]) (numbers: 'T[]) =
        match extentOf lengths.Length (Array.sum lengths) numbers with
        | Once -> Array.create (Array.sum lengths) numbers[0]
        | PerChannel -> Array.map2 Array.create lengths numbers |> Array.concat
        | PerWeight -> numbers
