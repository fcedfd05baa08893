namespace Bnn;

/// <summary>Damaged images that a reading of a set has met, up to the share that may be left out. Each counts once, however often it is shown.</summary>
/// <param name="limit">The share of all, 0 to 1; null: none may be left out.</param>
/// <param name="all">How many images the set has.</param>
internal sealed class DamagedImages(double? limit, int all)
{
    private const int Named = 10;

    private readonly HashSet<int> met = [];
    private readonly List<string> names = [];

    // 1 % of 100 is 1, and in float64 0.07 * 100 is a little more than 7, 0.29 * 100 a little less than 29.
    private int Most => (int)((limit ?? 0) * all + 1e-6);

    /// <summary>Leaves an image out for its fault, if it has one.</summary>
    /// <exception cref="BnnFileException">It may not be left out: it could not be read at all, none may be, or there are too many.</exception>
    public void Take(int index, BnnFileException? fault)
    {
        if (fault is null)
        {
            return;
        }

        if (limit is null || !fault.IsOfContent)
        {
            throw fault;
        }

        if (!met.Add(index))
        {
            return;
        }

        if (names.Count < Named)
        {
            names.Add(fault.Path);
        }

        if (met.Count > Most)
        {
            throw TooMany(fault);
        }
    }

    private BnnFileException TooMany(BnnFileException last)
    {
        var more = met.Count - names.Count;
        return new(
            last.Path,
            FormattableString.Invariant($"{last.Problem}; with it at least {met.Count} of {all} images are damaged, and {Most} ({100 * limit:0.###} %) may be left out: ")
            + string.Join(", ", names) + (more > 0 ? FormattableString.Invariant($" and {more} more") : ""),
            "get them again, or allow a larger share (damagedLimit)",
            last);
    }
}
