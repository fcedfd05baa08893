namespace Bnn;

/// <summary>A network as data: its family, its layers' widths and strides, and the images it is for. It holds no weights. The same
/// description is trained fully real, with binary activations, or all binary: the stage decides.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Layers">Width (output channels) and stride of each layer: first the real convolution, then the blocks (for BinaryNet the
/// convolutions). Strides are 1 or 2.</param>
/// <param name="Classes">How many classes it tells apart.</param>
/// <param name="Channels">The images' channels: 1 grey, 3 colour.</param>
/// <param name="Height">The images' height in pixels.</param>
/// <param name="Width">The images' width in pixels.</param>
public sealed record ModelDescription(
    string Name, IReadOnlyList<(int Width, int Stride)> Layers, int Classes, int Channels, int Height, int Width)
{
    /// <summary>How the layers are put together; default: ReActNet's blocks.</summary>
    public ModelFamily Family { get; init; }

    /// <summary>The size of an image.</summary>
    internal Extent3 Input => new(Channels, Height, Width);

    /// <summary>The same network with every width times a factor, rounded to a whole number of at least 1 (bottlenecks: to a multiple
    /// of 4).</summary>
    /// <param name="factor">Above 0; for instance 0.25.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not a finite number above 0.</exception>
    public ModelDescription Scaled(double factor)
    {
        if (!(factor > 0 && double.IsFinite(factor)))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "allowed: a finite number above 0");
        }

        var unit = Family == ModelFamily.BottleneckResNet ? 4 : 1;
        int Scale(int width) => (int)Math.Clamp(Math.Round(width * factor / unit), 1, int.MaxValue / 4) * unit;
        return this with
        {
            Name = FormattableString.Invariant($"{Name} x {factor}"),
            Layers = [.. Layers.Select(layer => (Scale(layer.Width), layer.Stride))],
        };
    }

    /// <summary>The network's layers, parameters, bytes and operations.</summary>
    /// <exception cref="BnnConfigurationException">Something is wrong with the description; lists every fault.</exception>
    public ModelSummary Summary() =>
        Validate() is { Count: > 0 } faults ? throw new BnnConfigurationException(faults) : Network.Outline(this).Summary;

    /// <summary>All that is wrong with the description.</summary>
    public IReadOnlyList<Fault> Validate()
    {
        var faults = new List<Fault>();

        void Check(bool holds, string name, object value, string allowed)
        {
            if (!holds)
            {
                faults.Add(new Fault($"model {Name}: {name}", $"{value}", allowed));
            }
        }

        Check(Enum.IsDefined(Family), "family", Family, "a ModelFamily");
        Check(Layers.Count >= 2, "layers", Layers.Count, "the first convolution and at least one block");
        for (var k = 0; k < Layers.Count; k++)
        {
            var (width, stride) = Layers[k];
            Check(stride is 1 or 2, $"stride of layer {k}", stride, "1 or 2");
            Check(width is >= 1 and <= 65536, $"width of layer {k}", width, "1 to 65536");
            var fault = k > 0 ? Family.WidthFault(Layers[k - 1].Width, width) : null;
            Check(fault is null, $"width of layer {k}", width, fault ?? "");
        }

        Check(Classes >= 2, "classes", Classes, "at least 2");
        Check(Channels >= 1, "channels", Channels, "at least 1");
        Check(Height >= 1 && Width >= 1, "image size", $"{Height} x {Width}", "at least 1 x 1");
        return faults;
    }

    /// <summary>Equal where all of the data are.</summary>
    public bool Equals(ModelDescription? other) =>
        other is not null && (Name, Family, Classes, Channels, Height, Width)
            == (other.Name, other.Family, other.Classes, other.Channels, other.Height, other.Width)
        && Layers.SequenceEqual(other.Layers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Family, Layers.Count, Classes, Channels, Height, Width);
}
