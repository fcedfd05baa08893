using System.Globalization;
using System.Text;

namespace Bnn;

/// <summary>The size of what flows through a network: channels, height, width of one image.</summary>
public readonly record struct Extent3(long Channels, long Height, long Width)
{
    /// <summary>Half the height and width, rounded up.</summary>
    internal static Extent3 Halved(Extent3 size) => new(size.Channels, (size.Height + 1) / 2, (size.Width + 1) / 2);

    /// <summary>For instance <c>64 x 28 x 28</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Channels} x {Height} x {Width}");
}

/// <summary>A part of a network that has parameters or is counted.</summary>
/// <param name="Name">Its name, which its parameters' names begin with.</param>
/// <param name="Kind">What it is, in a word or two.</param>
/// <param name="Output">The size of its output for one image.</param>
public sealed record LayerSummary(string Name, string Kind, Extent3 Output)
{
    /// <summary>Parameters that are one bit each in use.</summary>
    public long BinaryParameters { get; init; }

    /// <summary>Parameters of 32 bits.</summary>
    public long RealParameters { get; init; }

    /// <summary>Scales of binary weights, one for each output channel of a binary convolution. They come from the latent weights, so they are
    /// no parameters.</summary>
    public long Scales { get; init; }

    /// <summary>Batch norm's running means and variances, which are no parameters either.</summary>
    public long Statistics { get; init; }

    /// <summary>BOPs: multiply-adds of binary weights with binary activations, for one image.</summary>
    public double BinaryOperations { get; init; }

    /// <summary>FLOPs, counted as the paper counts them: multiply-adds of real convolutions and the classifier, for one image.</summary>
    public double RealOperations { get; init; }
}

/// <summary>A network's layers, parameters, bytes and operations, all binary.</summary>
/// <param name="Model">The network's name.</param>
/// <param name="Input">The size of an image.</param>
/// <param name="Layers">Its parts, in order.</param>
public sealed record ModelSummary(string Model, Extent3 Input, IReadOnlyList<LayerSummary> Layers)
{
    /// <summary>All parameters.</summary>
    public long Parameters => BinaryParameters + RealParameters;

    /// <summary>Parameters that are one bit each in use.</summary>
    public long BinaryParameters => Layers.Sum(layer => layer.BinaryParameters);

    /// <summary>Parameters of 32 bits.</summary>
    public long RealParameters => Layers.Sum(layer => layer.RealParameters);

    /// <summary>Scales of binary weights.</summary>
    public long Scales => Layers.Sum(layer => layer.Scales);

    /// <summary>Batch norm's running means and variances.</summary>
    public long Statistics => Layers.Sum(layer => layer.Statistics);

    /// <summary>What the network's file <c>.bnn</c> stores: a bit for each binary parameter, rounded up to a byte, and 4 bytes for each other
    /// parameter, scale and statistic. Its header of about 1 kB, longer with many classes, comes on top.</summary>
    public long Bytes => (BinaryParameters + 7) / 8 + 4 * (RealParameters + Scales + Statistics);

    /// <summary>BOPs of one image.</summary>
    public double BinaryOperations => Layers.Sum(layer => layer.BinaryOperations);

    /// <summary>FLOPs of one image.</summary>
    public double RealOperations => Layers.Sum(layer => layer.RealOperations);

    /// <summary>OPs = BOPs / 64 + FLOPs.</summary>
    public double Operations => BinaryOperations / 64 + RealOperations;

    /// <summary>A table: a line for each layer, then the totals.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture).TrimEnd());

        var width = Math.Max(5, Layers.Max(layer => layer.Name.Length));
        Line($"{Model}, input {Input}");
        Line($"{"layer".PadRight(width)}  {"kind",-14}{"output",-18}{"1-bit",12}{"32-bit",12}{"BOPs",16}{"FLOPs",16}");
        foreach (var layer in Layers)
        {
            Line($"{layer.Name.PadRight(width)}  {layer.Kind,-14}{layer.Output,-18}{layer.BinaryParameters,12:N0}{layer.RealParameters,12:N0}{layer.BinaryOperations,16:N0}{layer.RealOperations,16:N0}");
        }

        Line($"parameters  {Parameters:N0}: {BinaryParameters:N0} of 1 bit, {RealParameters:N0} of 32 bits");
        Line($"file        {Bytes:N0} bytes, with {Scales:N0} scales of binary weights and {Statistics:N0} statistics of batch norm");
        Line($"operations  {Scientific(BinaryOperations, 3)} BOPs, {Scientific(RealOperations, 3)} FLOPs, {(Operations >= 1e7 ? $"{Operations / 1e8:F3}e8" : Scientific(Operations, 3))} OPs (BOPs / 64 + FLOPs)");
        return text.ToString().TrimEnd();
    }

    /// <summary>For instance 4.817e9.</summary>
    private static string Scientific(double value, int decimals)
    {
        var exponent = value > 0 ? (int)Math.Floor(Math.Log10(value)) : 0;
        return (value / Math.Pow(10, exponent)).ToString($"F{decimals}", CultureInfo.InvariantCulture) + $"e{exponent}";
    }
}
