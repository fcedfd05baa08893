using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>What the network's file says of it besides its tensors.</summary>
internal sealed record NetworkHeader(
    string Name, int[][] Layers, int Channels, int Height, int Width, bool BinaryActivations, bool BinaryWeights,
    string[] Classes, double[] Means, double[] Deviations)
{
    /// <exception cref="System.Text.Json.JsonException">Something is missing or does not fit together.</exception>
    public ModelDescription Describe()
    {
        if (Name is null || Layers is null || Classes is null || Means is null || Deviations is null
            || Array.Exists(Layers, layer => layer is not { Length: 2 })
            || Means.Length != Channels || Deviations.Length != Channels)
        {
            throw new System.Text.Json.JsonException("the network's description is incomplete");
        }

        return new ModelDescription(
            Name, [.. Layers.Select(layer => (layer[0], layer[1]))], Classes.Length, Channels, Height, Width);
    }
}

/// <summary>JSON of <see cref="NetworkHeader"/>.</summary>
[JsonSerializable(typeof(NetworkHeader))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class NetworkHeaderJson : JsonSerializerContext;

/// <summary>A network's tensors to and from a file.</summary>
internal static class NetworkTensors
{
    public static IReadOnlyList<NamedArray> Copy(Network network) =>
    [
        .. network.Store.All.Select(tensor => new NamedArray(
            tensor.Name, Dtype(tensor.Value.dtype), tensor.Shape, tensor.Value.detach().cpu().contiguous().bytes.ToArray())),
    ];

    /// <summary>Overwrites all of the network's tensors by the file's.</summary>
    /// <exception cref="BnnFileException">A tensor is missing, misshapen or too many; nothing was changed.</exception>
    public static void Restore(Network network, TensorFile file, string path)
    {
        const string remedy = "the file is of another network or another version";
        var found = file.Tensors.ToDictionary(tensor => tensor.Name);
        var problems = new List<string>();
        foreach (var tensor in network.Store.All)
        {
            if (!found.TryGetValue(tensor.Name, out var array))
            {
                problems.Add($"{tensor.Name} is missing");
            }
            else if (!array.Shape.SequenceEqual(tensor.Shape) || array.Dtype != Dtype(tensor.Value.dtype))
            {
                problems.Add(
                    $"{tensor.Name} is {array.Dtype} [{string.Join(", ", array.Shape)}] where {Dtype(tensor.Value.dtype)} "
                    + $"[{string.Join(", ", tensor.Shape)}] is expected");
            }
        }

        var known = network.Store.All.Select(tensor => tensor.Name).ToHashSet();
        problems.AddRange(found.Keys.Where(name => !known.Contains(name)).Select(name => $"{name} is unknown"));
        if (problems.Count > 0)
        {
            throw new BnnFileException(path, string.Join("; ", problems), remedy);
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var tensor in network.Store.All)
        {
            var copy = empty(tensor.Shape, tensor.Value.dtype);
            found[tensor.Name].Bytes.Span.CopyTo(copy.bytes);
            tensor.Value.copy_(copy);
        }
    }

    private static string Dtype(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Float64 => "F64",
        ScalarType.Int64 => "I64",
        _ => throw new NotSupportedException($"tensors of type {type} are not saved"),
    };
}
