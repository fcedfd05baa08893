namespace Bnn

open System
open System.Runtime.InteropServices

/// Where the numbers of a pass's arrays lie: each array in one piece of memory, or in several that are taken for one array, as the
/// weights of many tensors are.
[<EditorBrowsable(Never)>]
type Pieces =
    {
        /// Piece p holds the numbers from `Starts[p]` to before `Starts[p + 1]`.
        Starts: int64[]
        /// The first number of array k in piece p lies at `At[p * arrays + k]`.
        At: nativeint[]
    }

    /// How many pieces each array has.
    member pieces.Count = pieces.Starts.Length - 1

/// Memory that a thread uses again; pinned, so that its address stays.
type internal Scratch private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private memory: byte[]

    /// The address of at least so many bytes.
    static member Of(bytes: int) =
        if isNull Scratch.memory || Scratch.memory.Length < bytes then
            Scratch.memory <- GC.AllocateUninitializedArray<byte>(bytes, pinned = true)

        Marshal.UnsafeAddrOfPinnedArrayElement(Scratch.memory, 0)

[<EditorBrowsable(Never)>]
module Pieces =
    [<Literal>]
    let private CacheLine = 64

    /// Each array in one piece of so many numbers.
    let one (numbers: int64) (arrays: nativeint[]) =
        {
            Starts = [| 0L; numbers |]
            At = arrays
        }

    /// The piece that holds a number, from a piece on that is not behind it.
    let holding (pieces: Pieces) (number: int64) from =
        let mutable piece = from

        while pieces.Starts[piece + 1] <= number do
            piece <- piece + 1

        piece

    /// Whether something is stored to memory that is read, in place or under another array's name.
    let isStoredWhereRead (pass: Pass) (pieces: Pieces) =
        let arrays = pass.Arrays.Length

        let meets stored read =
            pass.IsRead[read]
            && (stored = read
                || Seq.exists
                    (fun piece -> pieces.At[piece * arrays + stored] = pieces.At[piece * arrays + read])
                    (seq { 0 .. pieces.Count - 1 }))

        pass.Stores
        |> Array.exists (fun stored -> Seq.exists (meets stored) (seq { 0 .. arrays - 1 }))

    /// So many bytes from a cache line on, until this thread asks again. The thread keeps them: to allocate and to free them in each step
    /// costs more than a step on small tensors.
    let internal scratch (bytes: int) =
        let start = Scratch.Of(bytes + CacheLine)
        (start + nativeint (CacheLine - 1)) &&& ~~~(nativeint (CacheLine - 1))

    let internal copy (source: nativeint) (destination: nativeint) (bytes: int) =
        Buffer.MemoryCopy(source.ToPointer(), destination.ToPointer(), int64 bytes, int64 bytes)

    /// Copies numbers of one array, so many from `first` on, which lies in `piece`: to one stretch of memory, or back from it.
    let internal move (pieces: Pieces) arrays array numberSize piece (first: int64) count (memory: nativeint) isBack =
        let mutable piece = piece
        let mutable moved = 0

        while moved < count do
            piece <- holding pieces (first + int64 moved) piece
            let number = first + int64 moved
            let here = int (min (int64 (count - moved)) (pieces.Starts[piece + 1] - number))

            let own =
                pieces.At[piece * arrays + array]
                + nativeint ((number - pieces.Starts[piece]) * int64 numberSize)

            let other = memory + nativeint (moved * numberSize)

            if isBack then
                copy other own (here * numberSize)
            else
                copy own other (here * numberSize)

            moved <- moved + here
