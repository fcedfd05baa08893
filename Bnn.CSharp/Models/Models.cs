namespace Bnn;

/// <summary>A network as data: its family, its layers' widths and strides, and the images it is for. It holds no weights.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Layers">Width (output channels) and stride of each layer: first the real convolution, then the blocks. A
/// block keeps its width or doubles it; strides are 1 or 2.</param>
/// <param name="Classes">How many classes it tells apart.</param>
/// <param name="Channels">The images' channels: 1 grey, 3 colour.</param>
/// <param name="Height">The images' height in pixels.</param>
/// <param name="Width">The images' width in pixels.</param>
public sealed record ModelDescription(
    string Name, IReadOnlyList<(int Width, int Stride)> Layers, int Classes, int Channels, int Height, int Width)
{
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

        Check(Layers.Count >= 2, "layers", Layers.Count, "the first convolution and at least one block");
        for (var k = 0; k < Layers.Count; k++)
        {
            var (width, stride) = Layers[k];
            Check(stride is 1 or 2, $"stride of layer {k}", stride, "1 or 2");
            Check(width is >= 1 and <= 65536, $"width of layer {k}", width, "1 to 65536");
            if (k > 0)
            {
                var before = Layers[k - 1].Width;
                Check(width == before || width == 2 * before, $"width of layer {k}", width, $"{before} or {2 * before}, the width before it or its double");
            }
        }

        Check(Classes >= 2, "classes", Classes, "at least 2");
        Check(Channels >= 1, "channels", Channels, "at least 1");
        Check(Height >= 1 && Width >= 1, "image size", $"{Height} x {Width}", "at least 1 x 1");
        return faults;
    }

    /// <summary>Equal where all of the data are.</summary>
    public bool Equals(ModelDescription? other) =>
        other is not null && (Name, Classes, Channels, Height, Width) == (other.Name, other.Classes, other.Channels, other.Height, other.Width)
        && Layers.SequenceEqual(other.Layers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Layers.Count, Classes, Channels, Height, Width);
}

/// <summary>The networks.</summary>
public static class Models
{
    /// <summary>ReActNet-A (Liu et al., ECCV 2020): 29,343,592 parameters, 28,253,184 of them binary; 0.871e8 operations at
    /// 224 x 224.</summary>
    /// <param name="classes">Classes, at least 2; default 1000.</param>
    /// <param name="channels">Channels of the images; default 3.</param>
    /// <param name="size">Height and width of the images in pixels; default 224.</param>
    public static ModelDescription ReActNetA(int classes = 1000, int channels = 3, int size = 224) => new(
        "ReActNet-A",
        [
            (32, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1),
            (512, 1), (1024, 2), (1024, 1),
        ],
        classes, channels, size, size);

    /// <summary>A small ReActNet for small images: what the trainer takes where no model is named.</summary>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 1.</param>
    /// <param name="size">Height and width of the images in pixels; default 28.</param>
    public static ModelDescription ReActNetSmall(int classes = 10, int channels = 1, int size = 28) =>
        ReActNet([(32, 2), (64, 2), (128, 2), (128, 1)], classes, channels, size) with { Name = "ReActNet-small" };

    /// <summary>A ReActNet of free widths and strides.</summary>
    /// <param name="layers">Width and stride of the first convolution, then of each block.</param>
    /// <param name="classes">Classes, at least 2; default 10.</param>
    /// <param name="channels">Channels of the images; default 1.</param>
    /// <param name="size">Height and width of the images in pixels; default 28.</param>
    public static ModelDescription ReActNet(
        IEnumerable<(int Width, int Stride)> layers, int classes = 10, int channels = 1, int size = 28)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new("ReActNet", [.. layers], classes, channels, size, size);
    }
}
