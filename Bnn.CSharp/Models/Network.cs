using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network with weights.</summary>
internal sealed class Network : IDisposable
{
    private readonly IReadOnlyList<INetworkLayer> layers;

    private Network(ModelDescription description)
    {
        Description = description;
        layers = ReActNet.Declare(Store, description);
        var size = new Extent3(description.Channels, description.Height, description.Width);
        foreach (var layer in layers)
        {
            (size, var cost) = layer.Trace(size);
            Cost += cost;
        }
    }

    public ModelDescription Description { get; }

    public ParameterStore Store { get; } = new();

    /// <summary>What one image costs with binary weights and activations.</summary>
    public NetworkCost Cost { get; }

    public long BinaryWeights => Store.Count(ParameterGroup.BinaryWeights);

    public long Parameters => ParameterGroups.All.Sum(Store.Count);

    public ModelInfo Info => new(Description.Name, Parameters, BinaryWeights, Cost.Operations);

    /// <summary>The flat latent weights of the binary convolutions.</summary>
    public Tensor LatentWeights => Store.Groups.First(group => group.Group == ParameterGroup.BinaryWeights).Weights;

    /// <summary>The network's layers and counts, without memory for weights.</summary>
    public static Network Outline(ModelDescription description) => new(description);

    /// <summary>A network with first weights drawn from the seed.</summary>
    public static Network Create(
        ModelDescription description, ulong seed, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        var network = new Network(description);
        network.Store.Allocate(device ?? CPU, type, seed);
        return network;
    }

    /// <summary>Logits N x classes for a batch N x C x H x W.</summary>
    public Tensor Forward(Tensor x, NetworkMode mode) =>
        layers.Aggregate(x, (activation, layer) => layer.Forward(activation, mode));

    public void Dispose() => Store.Dispose();
}
