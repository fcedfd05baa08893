namespace Bnn;

/// <summary>How latent weights are spread.</summary>
/// <param name="Limit">The bins cover -Limit to Limit.</param>
/// <param name="Shares">The share of the finite weights in each bin; both ends belong to the outermost bins.</param>
/// <param name="Finite">How many weights are finite; all shares are of these.</param>
/// <param name="NonFinite">How many are not.</param>
/// <param name="Outside">The share beyond the bins.</param>
/// <param name="Above">The share with |w| > 0.9.</param>
/// <param name="Below">The share with |w| &lt; 0.1.</param>
internal sealed record WeightHistogram(
    double Limit, double[] Shares, long Finite, long NonFinite, double Outside, double Above, double Below)
{
    private const int Bins = 81;

    private const double MaxLimit = 1.5;

    /// <summary>
    /// Counts the weights in 81 bins over [-1.5, 1.5] or, where 99.9 % of the weights are nearer to 0, over what these cover.
    /// </summary>
    public static WeightHistogram Of(ReadOnlySpan<float> weights)
    {
        var finite = new List<float>(weights.Length);
        foreach (var weight in weights)
        {
            if (float.IsFinite(weight))
            {
                finite.Add(Math.Abs(weight));
            }
        }

        finite.Sort();
        var limit = finite.Count == 0 ? 0 : Math.Min(MaxLimit, finite[(int)Math.Ceiling(0.999 * finite.Count) - 1]);

        // all zero, or so near to it that an axis could not be labelled
        limit = limit < 1e-9 ? MaxLimit : limit;

        var counts = new long[Bins];
        foreach (var weight in weights)
        {
            if (Math.Abs(weight) <= limit)
            {
                counts[Math.Min(Bins - 1, (int)((weight + limit) / (2 * limit) * Bins))]++;
            }
        }

        double Share(long count) => finite.Count == 0 ? 0 : (double)count / finite.Count;
        return new WeightHistogram(
            limit,
            [.. counts.Select(Share)],
            finite.Count,
            weights.Length - finite.Count,
            Share(finite.Count - counts.Sum()),
            Share(finite.Count(weight => weight > 0.9)),
            Share(finite.Count(weight => weight < 0.1)));
    }
}
