namespace Bnn;

/// <summary>Means and deviations of channels.</summary>
internal static class Moments
{
    /// <summary>Those of all examples, in float64, in two readings: the mean first, then the squares around it.</summary>
    public static (double[] Means, double[] Deviations) Of(Examples examples)
    {
        var (channels, plane) = (examples.Channels, examples.Height * examples.Width);
        using var reader = examples.OpenReader();
        var view = new View(Normalization.None(channels));
        var numbers = new float[examples.Size.Count];

        double[] Mean(Func<double, int, double> of)
        {
            var sums = new double[channels];
            for (var index = 0; index < examples.Count; index++)
            {
                reader.Write(index, view, numbers);
                for (var k = 0; k < numbers.Length; k++)
                {
                    sums[k / plane] += of(numbers[k], k / plane);
                }
            }

            return Array.ConvertAll(sums, sum => sum / ((double)examples.Count * plane));
        }

        var means = Mean((x, _) => x);
        var squares = Mean((x, channel) => (x - means[channel]) * (x - means[channel]));
        return (means, Array.ConvertAll(squares, Math.Sqrt));
    }
}
