using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network with weights.</summary>
internal sealed class Network : IDisposable
{
    private readonly Sequential layers;

    private Network(ModelDescription description)
    {
        Description = description;
        try
        {
            layers = new Sequential([.. ModelFamilies.Declare(Store, description)]);
            _ = Store.All.Sum(tensor => tensor.Count);
        }
        catch (OverflowException)
        {
            throw new BnnConfigurationException(
                [new Fault($"model {description.Name}: size", "more numbers than can be counted", "smaller widths or images, or fewer classes")]);
        }

        var rows = new List<LayerSummary>();
        _ = layers.Trace(description.Input, rows);
        Summary = new ModelSummary(description.Name, description.Input, rows);
    }

    public ModelDescription Description { get; }

    public ParameterStore Store { get; } = new();

    /// <summary>Its layers, and what one image costs with binary weights and activations.</summary>
    public ModelSummary Summary { get; }

    public long BinaryWeights => Store.Count(ParameterGroup.BinaryWeights);

    public long Parameters => ParameterGroupModule.all.Sum(Store.Count);

    public ModelInfo Info => new(Description.Name, Parameters, BinaryWeights, Summary.Operations);

    /// <summary>Where its memory is.</summary>
    public Device Device => Store.Groups[0].Weights.device;

    /// <summary>The flat latent weights of the binary convolutions; null in a real network.</summary>
    public Tensor? LatentWeights =>
        Store.Groups.FirstOrDefault(group => group.Group == ParameterGroup.BinaryWeights)?.Weights;

    /// <summary>A copy of the latent weights; empty in a real network.</summary>
    /// <param name="into">Memory that is used again where it is as long as they are.</param>
    public float[] LatentWeightsCopy(float[]? into = null)
    {
        using var weights = LatentWeights?.cpu();
        if (weights is null)
        {
            return [];
        }

        var from = Memory.Floats(weights);
        var to = into?.Length == from.Length ? into : new float[from.Length];
        from.CopyTo(to);
        return to;
    }

    /// <summary>Their gradients, in the same order.</summary>
    public Tensor? LatentGradients =>
        Store.Groups.FirstOrDefault(group => group.Group == ParameterGroup.BinaryWeights)?.Gradients;

    /// <summary>The network's layers and counts, without memory for weights.</summary>
    public static Network Outline(ModelDescription description) => new(description);

    /// <summary>A network with first weights drawn from the seed.</summary>
    public static Network Create(
        ModelDescription description, long seed, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        var network = new Network(description);
        network.Store.Allocate(device ?? CPU, type, seed);
        return network;
    }

    /// <summary>Logits N x classes for a batch N x C x H x W.</summary>
    public Tensor Forward(Tensor x, NetworkMode mode) =>
        layers.Forward(x, mode);

    /// <summary>Gives the binary layers new latent weights, unless they are inherited.</summary>
    public void Redraw(BinaryStart start, long seed)
    {
        if (start == BinaryStart.Inherited)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var generator = new Generator((ulong)seed);
        foreach (var (tensor, _) in Store.Parameters.Where(parameter => parameter.Group == ParameterGroup.BinaryWeights))
        {
            tensor.Value.copy_(start == BinaryStart.Fresh ? tensor.Initial(generator) : rand(tensor.Shape, generator: generator) * 0.001);
        }
    }

    public void Dispose() => Store.Dispose();
}
