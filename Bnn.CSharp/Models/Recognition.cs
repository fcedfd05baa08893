namespace Bnn;

/// <summary>Which network a file's tensors are of, by their names and shapes. Strides leave no trace in the weights: they are taken as
/// published (2 where a layer begins; in ReActNet where the width changes but to 64), and images as large as the published ones.</summary>
internal static class Recognition
{
    private const int LargeImage = 224;
    private const int SmallImage = 32;

    /// <exception cref="BnnFileException">The tensors are of no network that the library has.</exception>
    public static ModelDescription Of(IReadOnlyList<NamedArray> tensors, string path) =>
        Find(tensors) ?? throw new BnnFileException(
            path, $"has tensors of no known network; the first are {string.Join(", ", tensors.Take(3).Select(tensor => tensor.Name))}",
            "say which network it is of: BnnModel.Import(path, Models.ReActNetA())");

    /// <summary>The network; null where the library has none with such tensors.</summary>
    public static ModelDescription? Find(IReadOnlyList<NamedArray> tensors)
    {
        var shapes = tensors.GroupBy(tensor => tensor.Name).ToDictionary(named => named.Key, named => named.First().Shape);
        return Describe(shapes) is { } model && model.Validate().Count == 0 ? model : null;
    }

    private static ModelDescription? Describe(Dictionary<string, long[]> shapes)
    {
        bool Has(string name) => shapes.ContainsKey(name);
        return Has("feature.0.conv1.weight") ? ReActNet(shapes)
            : Has("conv0.weight") ? BinaryNet(shapes)
            : !Has("layer1.0.bn1.weight") ? null
            : Has("layer1.0.move0.bias") ? Layered("ReActNet-18", ModelFamily.ReActResNet, shapes, LargeImage, "prelu.weight")
            : Has("layer1.0.scale.rows") ? Layered("StrongBaseline", ModelFamily.StrongBaseline, shapes, LargeImage, "prelu.weight")
            : Has("layer1.0.binary_conv.weight") || Has("layer1.0.binary_conv.weights") ? Layered("Bi-Real-18", ModelFamily.BiReal, shapes, LargeImage, "bn1.weight")
            : Has("layer1.0.bn3.weight") ? Layered("ResNet", ModelFamily.BottleneckResNet, shapes, LargeImage, "bn3.weight")
            : Has("linear.weight") ? Layered("binary ResNet-20", ModelFamily.BinaryResNet20, shapes, SmallImage, "bn2.weight")
            : Layered("ResNet", ModelFamily.ResNet, shapes, LargeImage, "bn2.weight");
    }

    private static ModelDescription? ReActNet(Dictionary<string, long[]> shapes)
    {
        var stem = shapes["feature.0.conv1.weight"];
        var layers = new List<(int, int)> { ((int)stem[0], 2) };
        while (shapes.TryGetValue($"feature.{layers.Count}.prelu2.weight", out var slope) && slope is [var width])
        {
            layers.Add(((int)width, width != layers[^1].Item1 && width != 64 ? 2 : 1));
        }

        return Known(new("ReActNet", layers, Classes(shapes, "fc"), Channels(stem), LargeImage, LargeImage));
    }

    private static ModelDescription? BinaryNet(Dictionary<string, long[]> shapes)
    {
        var layers = new List<(int, int)>();
        while (shapes.TryGetValue($"bn{layers.Count}.weight", out var norm) && norm is [var width])
        {
            layers.Add(((int)width, layers.Count % 2 == 1 ? 2 : 1));
        }

        return new("BinaryNet", layers, Classes(shapes, "fc"), Channels(shapes["conv0.weight"]), SmallImage, SmallImage)
        {
            Family = ModelFamily.BinaryNet,
        };
    }

    private static ModelDescription? Layered(
        string name, ModelFamily family, Dictionary<string, long[]> shapes, int size, string width)
    {
        if (!shapes.TryGetValue("conv1.weight", out var stem))
        {
            return null;
        }

        var layers = new List<(int, int)> { ((int)stem[0], family == ModelFamily.BinaryResNet20 ? 1 : 2) };
        for (var layer = 1; shapes.ContainsKey($"layer{layer}.0.{width}"); layer++)
        {
            for (var block = 0; shapes.TryGetValue($"layer{layer}.{block}.{width}", out var norm); block++)
            {
                layers.Add(((int)norm[0], layer > 1 && block == 0 ? 2 : 1));
            }
        }

        var (height, columns) = family == ModelFamily.StrongBaseline ? ImageOf(shapes) : (size, size);
        return Known(new(name, layers, Classes(shapes, family == ModelFamily.BinaryResNet20 ? "linear" : "fc"), Channels(stem), height, columns)
        {
            Family = family,
        });
    }

    /// <summary>The size of StrongBaseline's images: its first scale has a factor for each row and column of a quarter of it.</summary>
    private static (int Height, int Width) ImageOf(Dictionary<string, long[]> shapes)
    {
        var (rows, columns) = (shapes["layer1.0.scale.rows"], shapes.GetValueOrDefault("layer1.0.scale.columns") ?? []);
        return rows is [_, _, var height, _] && columns is [_, _, _, var width] ? ((int)height * 4, (int)width * 4) : (LargeImage, LargeImage);
    }

    private static int Channels(long[] stem) => stem is [_, var channels, _, _] ? (int)Math.Min(channels, int.MaxValue) : 0;

    private static int Classes(Dictionary<string, long[]> shapes, string name) =>
        shapes.TryGetValue($"{name}.bias", out var bias) && bias is [var classes] ? (int)Math.Min(classes, int.MaxValue) : 0;

    /// <summary>A published network by its own name.</summary>
    private static ModelDescription Known(ModelDescription model)
    {
        var published = new[] { Models.ReActNetA(), Models.ResNet18(), Models.ResNet34(), Models.ResNet50() }
            .FirstOrDefault(known => known.Family == model.Family && known.Layers.SequenceEqual(model.Layers));
        return model with { Name = published?.Name ?? model.Name };
    }
}
