using System.Text.Json.Serialization;

namespace Bnn;

/// <summary>What the network's file says of it besides its tensors.</summary>
internal sealed record NetworkHeader(
    string Name, int[][] Layers, int Channels, int Height, int Width, bool BinaryActivations, bool BinaryWeights,
    string[] Classes, double[] Means, double[] Deviations)
{
    /// <summary>The network's family; files of earlier versions have ReActNet's only, and do not say so.</summary>
    public string Family { get; init; } = nameof(ModelFamily.ReActNet);

    /// <summary>The header of a network that is used in this mode.</summary>
    public static NetworkHeader Of(ModelDescription model, NetworkMode mode, Normalization normalization, IReadOnlyList<string> classes) => new(
        model.Name, [.. model.Layers.Select(layer => new[] { layer.Width, layer.Stride })],
        model.Channels, model.Height, model.Width, mode.BinaryActivations, mode.BinaryWeights,
        [.. classes], [.. normalization.Means], [.. normalization.Deviations])
    {
        Family = $"{model.Family}",
    };

    /// <exception cref="System.Text.Json.JsonException">Something is missing or does not fit together.</exception>
    public ModelDescription Describe()
    {
        if (Name is null || Layers is null || Classes is null || Means is null || Deviations is null
            || Array.Exists(Layers, layer => layer is not { Length: 2 })
            || Means.Length != Channels || Deviations.Length != Channels)
        {
            throw new System.Text.Json.JsonException("the network's description is incomplete");
        }

        if (!Enum.TryParse<ModelFamily>(Family, out var family) || !Enum.IsDefined(family))
        {
            throw new System.Text.Json.JsonException($"the network's family {Family} is unknown");
        }

        return new ModelDescription(
            Name, [.. Layers.Select(layer => (layer[0], layer[1]))], Classes.Length, Channels, Height, Width)
        {
            Family = family,
        };
    }
}

/// <summary>JSON of <see cref="NetworkHeader"/>.</summary>
[JsonSerializable(typeof(NetworkHeader))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class NetworkHeaderJson : JsonSerializerContext;
