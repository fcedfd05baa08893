namespace Bnn;

/// <summary>How pixels become a network's inputs: (pixel / 255 - mean) / deviation, channel by channel.</summary>
internal sealed record Normalization(IReadOnlyList<double> Means, IReadOnlyList<double> Deviations)
{
    private const int Values = 256;

    private readonly float[] table = TableOf(Means, Deviations);

    /// <summary>ImageNet's, as all published networks for it have it.</summary>
    public static Normalization ImageNet { get; } = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>Inputs that are the examples' own numbers; of pictures 0 for black and 1 for white.</summary>
    public static Normalization None(int channels) =>
        new([.. Enumerable.Repeat(0.0, channels)], [.. Enumerable.Repeat(1.0, channels)]);

    /// <summary>Inputs that are the pixels' own numbers, 0 to 255.</summary>
    public static Normalization Bytes(int channels) =>
        new([.. Enumerable.Repeat(0.0, channels)], [.. Enumerable.Repeat(1.0 / 255, channels)]);

    /// <summary>The 256 inputs that the first channel's pixels become, then those of the second, and so on.</summary>
    public ReadOnlySpan<float> Table => table;

    /// <summary>What a channel is divided by.</summary>
    public double Divisor(int channel) => Deviations[channel] == 0 ? 1 : Deviations[channel];

    /// <summary>Whether both have the same numbers.</summary>
    public bool IsSame(Normalization other) => Means.SequenceEqual(other.Means) && Deviations.SequenceEqual(other.Deviations);

    /// <summary>Normalizes an example's numbers in place.</summary>
    public void Apply(Span<float> numbers)
    {
        var plane = numbers.Length / Means.Count;
        for (var k = 0; k < numbers.Length; k++)
        {
            var channel = k / plane;
            numbers[k] = (numbers[k] - (float)Means[channel]) / (float)Divisor(channel);
        }
    }

    /// <summary>Writes the inputs that a channel's pixels become.</summary>
    /// <param name="value">The channel's 256 numbers.</param>
    /// <param name="mean">Its mean.</param>
    /// <param name="deviation">Its deviation; 0, that of a channel with one value only, divides by 1.</param>
    public static void Fill(Span<float> value, float mean, float deviation)
    {
        var divisor = deviation == 0 ? 1 : deviation;
        for (var pixel = 0; pixel < value.Length; pixel++)
        {
            value[pixel] = (pixel / 255f - mean) / divisor;
        }
    }

    private static float[] TableOf(IReadOnlyList<double> means, IReadOnlyList<double> deviations)
    {
        var table = new float[means.Count * Values];
        for (var channel = 0; channel < means.Count; channel++)
        {
            Fill(table.AsSpan(channel * Values, Values), (float)means[channel], (float)deviations[channel]);
        }

        return table;
    }
}
