namespace Bnn;

/// <summary>Sebastiano Vigna's SplitMix64: small, and fixed for ever, which System.Random's algorithm is not.</summary>
internal struct SplitMix64(ulong state)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A generator for each pair of numbers, so that a draw does not depend on what was drawn before.</summary>
    public static SplitMix64 Of(long seed, ulong epoch) => new(Mix(Mix((ulong)seed + Golden) + epoch));

    /// <summary>A generator for each triple of numbers.</summary>
    public static SplitMix64 Of(long seed, ulong epoch, ulong index) =>
        new(Mix(Mix(Mix((ulong)seed + Golden) + epoch) + index));

    public ulong Next() => Mix(state += Golden);

    /// <summary>An unbiased number within 0..bound-1 (Lemire's method).</summary>
    public int Below(int bound)
    {
        var high = Math.BigMul(Next(), (ulong)bound, out var low);
        if (low < (ulong)bound)
        {
            var threshold = (0UL - (ulong)bound) % (ulong)bound;
            while (low < threshold)
            {
                high = Math.BigMul(Next(), (ulong)bound, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Uniform in 0..1, 1 excluded.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Normal, mean 0 and deviation 1 (Box and Muller's method).</summary>
    public double Normal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        return radius * Math.Cos(2 * Math.PI * Uniform());
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>The order in which an epoch visits the images.</summary>
internal static class Shuffle
{
    /// <summary>The numbers 0..count-1 in an order that seed and epoch fix.</summary>
    public static int[] Permutation(int count, long seed, ulong epoch)
    {
        OutOfRange.ThrowIfLess(count, 0);

        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        var random = SplitMix64.Of(seed, epoch);
        for (var last = count - 1; last > 0; last--)
        {
            var other = random.Below(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }

        return order;
    }

    /// <summary>As many examples of each class that there is, more or less by one, and as many in all as there are labels. The members of a
    /// class come in an order that seed and epoch fix, over and over where they are few.</summary>
    /// <param name="labels">The class of each example.</param>
    /// <param name="seed">The training's seed.</param>
    /// <param name="epoch">The epoch.</param>
    public static int[] Balanced(int[] labels, long seed, ulong epoch)
    {
        var classes = Enumerable.Range(0, labels.Length).GroupBy(index => labels[index]).OrderBy(members => members.Key).Select(members => members.ToArray()).ToList();
        var chosen = new List<int>(labels.Length);

        // the classes that get one more are others in each epoch
        var order = Permutation(classes.Count, ~seed, epoch);
        for (var k = 0; k < classes.Count; k++)
        {
            var (members, places) = (classes[order[k]], (labels.Length / classes.Count) + (k < labels.Length % classes.Count ? 1 : 0));
            for (var pass = 0UL; places > 0; pass++)
            {
                var random = SplitMix64.Of(seed, epoch, ((ulong)labels[members[0]] << 32) + pass);
                var taken = Permutation(members.Length, (long)random.Next(), epoch).Take(places).Select(place => members[place]).ToList();
                chosen.AddRange(taken);
                places -= taken.Count;
            }
        }

        return Array.ConvertAll(Permutation(labels.Length, seed, epoch), place => chosen[place]);
    }
}
