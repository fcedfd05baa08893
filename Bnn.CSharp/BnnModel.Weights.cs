using System.Diagnostics.Contracts;
using System.Runtime.InteropServices;

namespace Bnn;

/// <summary>A network's learned numbers of one name.</summary>
/// <param name="Name">Its name in the network and in files, for instance <c>feature.1.binary_3x3.weight</c>.</param>
/// <param name="Group">What it is.</param>
/// <param name="Shape">Output channels first.</param>
/// <param name="Values">The numbers, the last index fastest: latent weights where weights are binary in use.</param>
public sealed record NamedWeights(string Name, ParameterGroup Group, IReadOnlyList<long> Shape, float[] Values)
{
    /// <summary>The numbers' signs, in the same order: 1 where a number is at least 0, else -1 (NaN too). Of weights that are binary in use they are what the
    /// network computes with, but for its scales.</summary>
    public sbyte[] Signs() => Array.ConvertAll(Values, value => value >= 0 ? (sbyte)1 : (sbyte)-1);
}

/// <summary>The network's weights, to look at and to change.</summary>
public sealed partial class BnnModel
{
    /// <summary>A copy of all that was learned, in the network's order. Of a network from a .bnn, or of a training's folder, the latent weights are
    /// alpha sign(w); its checkpoints and safetensors have them as they were trained.</summary>
    public IReadOnlyList<NamedWeights> Weights()
    {
        using var use = lifetime.Begin();
        return [.. network.Store.Parameters.Select(parameter => Copy(parameter.Tensor, parameter.Group))];
    }

    /// <summary>A copy of what was learned by one name, as in <see cref="Weights()"/>; no other tensor is copied.</summary>
    /// <param name="name">Its name, for instance <c>feature.1.binary_3x3.weight</c>.</param>
    /// <exception cref="ArgumentException">The network learns nothing of that name; says which names are near.</exception>
    public NamedWeights Weights(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var use = lifetime.Begin();
        return network.Store.Parameters.Where(parameter => parameter.Tensor.Name == name).Select(parameter => Copy(parameter.Tensor, parameter.Group)).FirstOrDefault()
            ?? throw new ArgumentException(
                $"{Description.Name} learns nothing of the name {name}; near are {NearNames.Of(name, network.Store.Parameters.Select(parameter => parameter.Tensor.Name))}",
                nameof(name));
    }

    /// <summary>The same network with these weights in place of its own; this one stays as it is. Batch norm's running statistics stay those of the
    /// network: <see cref="RecalibrateBatchNorm"/> computes them anew.</summary>
    /// <param name="changed">Weights by their names, of the network's shapes; what is not among them stays.</param>
    /// <exception cref="ArgumentException">A name is not the network's, or is there twice, or there are more or fewer numbers than the network has; lists all.</exception>
    [Pure]
    public BnnModel WithWeights(IEnumerable<NamedWeights> changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        using var use = lifetime.Begin();
        var own = network.Store.Parameters.ToDictionary(parameter => parameter.Tensor.Name, parameter => parameter.Tensor);
        var (given, problems) = (new Dictionary<string, NamedWeights>(), new List<string>());
        foreach (var weights in changed)
        {
            if (!own.TryGetValue(weights.Name, out var tensor))
            {
                problems.Add($"{weights.Name} is not in {Description.Name}");
            }
            else if (!given.TryAdd(weights.Name, weights))
            {
                problems.Add($"{weights.Name} is there twice");
            }
            else if (weights.Values.Length != tensor.Value.numel())
            {
                problems.Add($"{weights.Name} has {weights.Values.Length} numbers; the network has {tensor.Value.numel()} ({InvariantText.Join(" x ", tensor.Shape)})");
            }
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(changed));
        }

        var copy = new BnnModel(TorchNetwork.Create(Description, seed: 0, network.Device), mode, normalization, Classes) { Assumptions = Assumptions };
        try
        {
            NetworkTensors.Give(copy.network, NetworkTensors.Copy(network).Select(array => given.TryGetValue(array.Name, out var weights)
                ? array with { Bytes = MemoryMarshal.AsBytes(weights.Values.AsSpan()).ToArray() }
                : array));
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static NamedWeights Copy(NetworkTensor tensor, ParameterGroup group) => new(
        tensor.Name, group, [.. tensor.Shape], MemoryMarshal.Cast<byte, float>(TensorBytes.ToArray(tensor.Name, tensor.Value).Bytes.Span).ToArray());
}
