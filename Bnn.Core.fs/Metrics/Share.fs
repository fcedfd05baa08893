namespace Bnn

/// A share as two counts. Counts add up: the shares of any parts of a stream (iterations, batches, channels, layers) merge into
/// that of the whole, the same to the bit wherever the stream is split.
type Share =
    {
        /// How many were counted.
        Part: int64
        /// Of how many.
        Whole: int64
    }

    /// Part / Whole, in 0..1; NaN of nothing.
    member share.Value = float share.Part / float share.Whole

[<EditorBrowsable(Never)>]
module Share =
    /// Nothing counted of nothing: the identity of `merge`.
    let empty = { Part = 0L; Whole = 0L }

    /// `part` more counted, of `whole` more.
    let add (part: int64) (whole: int64) (share: Share) =
        if not (0L <= part && part <= whole) then
            invalidArg (nameof part) $"%d{part} of %d{whole} is no share; give a count from 0 to %d{whole}"

        {
            Part = share.Part + part
            Whole = share.Whole + whole
        }

    /// The share in both together. Associative and commutative, with `empty` as its identity.
    let merge (a: Share) (b: Share) =
        {
            Part = a.Part + b.Part
            Whole = a.Whole + b.Whole
        }

    /// Part / Whole, in 0..1; NaN of nothing.
    let value (share: Share) = share.Value
