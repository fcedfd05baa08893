namespace Bnn

/// The signs of some weights over a part of a training: those it starts from, those it has reached, and how many flipped on
/// the way.
type SignHistory =
    {
        /// The signs before the first iteration.
        First: Signs
        /// The signs after the last iteration so far.
        Last: Signs
        /// The signs that flipped, of all weights in all iterations.
        Flips: Share
    }

[<EditorBrowsable(Never)>]
module SignHistory =
    /// Before the first iteration.
    let start (signs: Signs) =
        {
            First = signs
            Last = signs
            Flips = Share.empty
        }

    /// One iteration later. The signs must be those of the same weights.
    let add (signs: Signs) (history: SignHistory) =
        { history with
            Last = signs
            Flips =
                history.Flips
                |> Share.add (Signs.differing history.Last signs) (int64 signs.Count)
        }

    /// `earlier`, then `later`, which must start from the signs that `earlier` has reached. Associative: a training may be
    /// split between any two iterations.
    let append (earlier: SignHistory) (later: SignHistory) =
        match Signs.differing earlier.Last later.First with
        | 0L -> ()
        | number ->
            invalidArg
                (nameof later)
                $"it starts from signs of which %d{number} differ from those that the earlier part ends with; start it from the earlier part's Last"

        {
            First = earlier.First
            Last = later.Last
            Flips = Share.merge earlier.Flips later.Flips
        }

    /// FF: the mean of `Metric.flipFlop` over the iterations; NaN where there was none.
    let flipFlop (history: SignHistory) = history.Flips.Value

    /// C2I of what was reached: `Metric.c2i First Last`; 1 before the first iteration.
    let c2i (history: SignHistory) = Metric.c2i history.First history.Last
