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
        ArgumentOutOfRangeException.ThrowIfNegative(count);

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
}
