namespace Bnn

open System

/// How latent weights are spread. The magnitude of a latent weight is the confidence of its sign (the paper, Figure 7: Adam's
/// latent weights have three peaks, near 0 and just past -1 and +1, SGD's one at 0).
type Confidence =
    internal
        {
            Limit: float
            Bins: int64[]
            Less: int64
            More: int64
            NotNumbers: int64
            Confident: int64
            Unsure: int64
        }

[<EditorBrowsable(Never)>]
module Confidence =
    type Options =
        {
            /// The bins cover [-Limit, Limit]; a finite number above 0; default 1.5.
            Limit: float
            /// How many bins, all of the same width; odd, so that one is centred on 0; default 61.
            Bins: int
        }

    let defaults = { Limit = 1.5; Bins = 61 }

    /// What `peaks` takes for a hill by default: 5 % of the highest bin.
    [<Literal>]
    let DefaultProminence = 0.05

    /// All that is wrong with options.
    let validate (o: Options) =
        Fault.positive "limit" o.Limit
        @ Fault.unless (o.Bins >= 1 && o.Bins % 2 = 1) "bins" (string o.Bins) "an odd number of at least 1"

    let private kernel =
        let w = Expr.weight
        ChannelSums.kernel [ Metric.confident w; Metric.unsure w ]

    /// No weights yet: the identity of `merge`.
    let empty (o: Options) : Confidence =
        match validate o with
        | [] ->
            {
                Limit = o.Limit
                Bins = Array.zeroCreate o.Bins
                Less = 0L
                More = 0L
                NotNumbers = 0L
                Confident = 0L
                Unsure = 0L
            }
        | faults -> invalidArg (nameof o) (faults |> List.map string |> String.concat "; ")

    let private width limit bins = 2.0 * limit / float bins

    /// More weights, in any order, of one layer or of many. A weight on the edge of two bins is counted in the one further from
    /// 0, so the histogram of -w is the mirror image of that of w.
    let add (weights: ReadOnlySpan<float32>) (before: Confidence) : Confidence =
        let bins = Array.copy before.Bins
        let width = width before.Limit bins.Length
        let centre = bins.Length / 2
        let mutable less, more, notNumbers = before.Less, before.More, before.NotNumbers

        for i in 0 .. weights.Length - 1 do
            let w = float (weights[i])

            if Double.IsNaN w then
                notNumbers <- notNumbers + 1L
            elif w < -before.Limit then
                less <- less + 1L
            elif w > before.Limit then
                more <- more + 1L
            else
                let steps = min centre (int (abs w / width + 0.5))
                let bin = if w < 0.0 then centre - steps else centre + steps
                bins[bin] <- bins[bin] + 1L

        let sums =
            ChannelSums.ofWeights kernel.Value 1 weights.Length ReadOnlySpan<float32>.Empty weights

        { before with
            Bins = bins
            Less = less
            More = more
            NotNumbers = notNumbers
            Confident = before.Confident + int64 sums[0]
            Unsure = before.Unsure + int64 sums[1]
        }

    /// The weights of both, which must have the same bins. Associative and commutative, to the bit.
    let merge (a: Confidence) (b: Confidence) : Confidence =
        if a.Limit <> b.Limit || a.Bins.Length <> b.Bins.Length then
            invalidArg
                (nameof b)
                $"%d{b.Bins.Length} bins to {Fault.text b.Limit} are merged with %d{a.Bins.Length} to {Fault.text a.Limit}; both must have the same bins"

        { a with
            Bins = Array.map2 (+) a.Bins b.Bins
            Less = a.Less + b.Less
            More = a.More + b.More
            NotNumbers = a.NotNumbers + b.NotNumbers
            Confident = a.Confident + b.Confident
            Unsure = a.Unsure + b.Unsure
        }

    /// How many weights are in each bin, from -Limit to Limit.
    let counts (confidence: Confidence) = Array.copy confidence.Bins

    /// The middle of each bin.
    let centres (confidence: Confidence) =
        let bins = confidence.Bins.Length
        let width = width confidence.Limit bins
        Array.init bins (fun k -> float (k - bins / 2) * width)

    /// How many weights are below -Limit.
    let below (confidence: Confidence) = confidence.Less

    /// How many weights are above Limit.
    let above (confidence: Confidence) = confidence.More

    /// How many weights are NaN: they are in no bin and in no share.
    let notNumbers (confidence: Confidence) = confidence.NotNumbers

    let private shareOf part (confidence: Confidence) =
        {
            Part = part
            Whole = Array.sum confidence.Bins + confidence.Less + confidence.More
        }

    /// The share of the weights with |w| > 0.9.
    let confident (confidence: Confidence) = shareOf confidence.Confident confidence

    /// The share of the weights with |w| < 0.1.
    let unsure (confidence: Confidence) = shareOf confidence.Unsure confidence

    /// The counts, smoothed by 1-4-6-4-1 (a deviation of one bin); beyond the bins there is nothing.
    let private smoothed (bins: int64[]) =
        let at k =
            if k >= 0 && k < bins.Length then float bins[k] else 0.0

        Array.init bins.Length (fun k ->
            (at (k - 2) + 4.0 * at (k - 1) + 6.0 * at k + 4.0 * at (k + 1) + at (k + 2))
            / 16.0)

    // A count of n differs by about sqrt n from the next sample's; a dip of four times that is not chance.
    [<Literal>]
    let private Chance = 4.0

    /// The peaks of the smoothed histogram: where its hills are highest, from left to right, each the middle of a bin (of more than
    /// one where they are equally high). Height h is a peak where no higher bin can be reached without going down by p, with
    /// p = max(prominence * the highest bin, 4 sqrt h) and h >= p: the second term is what chance does to counts, so a hill
    /// of fewer than 16 weights a bin is none. `prominence`: in [0, 1], see `DefaultProminence`.
    let peaks (prominence: float) (confidence: Confidence) =
        match Fault.within OptionRange.Share (nameof prominence) prominence with
        | [] -> ()
        | faults -> invalidArg (nameof prominence) (faults |> List.map string |> String.concat "; ")

        let height = smoothed confidence.Bins
        let highest = Array.max height
        let centres = centres confidence

        // The bins around k that are reached without going down to `floor`.
        let hill k floor =
            let rec reach step j =
                if j + step >= 0 && j + step < height.Length && height[j + step] > floor then
                    reach step (j + step)
                else
                    j

            reach -1 k, reach 1 k

        [
            for k in 0 .. height.Length - 1 do
                let floor = height[k] - max (prominence * highest) (Chance * sqrt height[k])

                if height[k] > 0.0 && floor >= 0.0 then
                    let first, last = hill k floor

                    if height[k] >= Array.max height[first..last] then
                        (first, last), centres[k]
        ]
        |> List.groupBy fst
        |> List.map (fun (_, equal) -> equal |> List.averageBy snd)
