using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network with weights: the value, its tensors, and its forward pass on torch.</summary>
internal sealed class TorchNetwork : IDisposable
{
    private Forward forward;

    private TorchNetwork(ModelDescription description)
    {
        // the summary is of a sound network only: it raises every fault
        (Description, Summary, Output) = (description, ModelDescriptionModule.summary(description), description.Output);
        Store = new(NetworkModule.tensors(description.Input, description.Network));
        forward = NetworkGraph.Of(description, Store);
    }

    /// <summary>The network as a value, with the binarizers that it has now.</summary>
    public ModelDescription Description { get; private set; }

    public ParameterStore Store { get; }

    /// <summary>The size of what it gives for an image.</summary>
    public FeatureSize Output { get; }

    /// <summary>Its layers, and what one image costs with binary weights and activations.</summary>
    public ModelSummary Summary { get; private set; }

    /// <summary>The signs, whose inputs may saturate, in the network's order.</summary>
    public IReadOnlyList<string> SignNames => [.. Places.Where(place => TorchLayers.IsWatched(place.Layer)).Select(place => place.Name)];

    private IEnumerable<LayerPlace> Places => NetworkModule.places(Description.Input, Description.Network);

    /// <summary>The binary weights of which the sign tells all, and whether mean |w| of their output channel comes with it.</summary>
    public IEnumerable<(NetworkTensor Weight, bool HasScale)> SignedWeights() =>
        from place in Places
        let binarizer = LayerModule.weights(place.Layer)?.Value
        where binarizer is not null && !BinarizerModule.isNone(binarizer)
        let storage = WeightBinarizer.storage(binarizer)
        where !storage.IsLatent
        select (Store[$"{place.Name}.weight"], storage.IsMeanMagnitude);

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
    /// <exception cref="BnnConfigurationException">Something is wrong with the description; lists every fault.</exception>
    public static TorchNetwork Outline(ModelDescription description) => new(description);

    /// <summary>A network with first weights drawn from the seed.</summary>
    /// <exception cref="InsufficientMemoryException">There is not enough memory for its tensors; says how much they take.</exception>
    /// <exception cref="BnnConfigurationException">libtorch cannot be loaded.</exception>
    public static TorchNetwork Create(
        ModelDescription description, long seed, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        Native.RequireTorch();
        var network = new TorchNetwork(description);
        TooLittleMemory.Named(
            () => FormattableString.Invariant($"the weights and gradients of {description.Name}, which take {8 * network.Parameters:N0} bytes"),
            "use a machine with more memory, or a smaller network",
            () => network.Store.Allocate(device ?? CPU, type, seed));
        return network;
    }

    /// <summary>The network's output for a batch N x C x H x W; of a vector N x C, such as the logits of a classifier.</summary>
    public Tensor Forward(Tensor x, NetworkMode mode)
    {
        var y = forward(x, mode).Whole;
        return Output is { Height: 1, Width: 1 } ? y.flatten(1) : y;
    }

    /// <summary>The first tensor whose numbers are not all finite, in words such as "conv1.weight is NaN"; null where all are.</summary>
    public string? FirstLost() => Store.All.Where(tensor => !tensor.IsCounter)
        .Select(tensor => Finite.Fault(tensor.Value) is { } fault ? $"{tensor.Name} is {fault}" : null).FirstOrDefault(fault => fault is not null);

    /// <summary>The first layer whose outputs for a batch are not all finite, in words such as "conv1 gives NaN"; null where all are.</summary>
    public string? FirstLostLayer(Tensor x, NetworkMode mode)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        if (Finite.Fault(x) is { } given)
        {
            return $"the inputs are {given}";
        }

        string? first = null;
        Forward(x, mode with { Watch = null, Trace = (name, y) => first ??= Finite.Fault(y.Whole) is { } fault ? $"{name} gives {fault}" : null });
        return first;
    }

    /// <summary>Goes on with other binarizers and the same tensors.</summary>
    /// <param name="description">The same network but for its binarizers, which learn the same numbers.</param>
    public void Use(ModelDescription description)
    {
        // a summary is needed of other binarizers only: they decide what is one bit, and what the file stores
        Summary = description.Equals(Description) ? Summary : ModelDescriptionModule.summary(description);
        (Description, forward) = (description, NetworkGraph.Of(description, Store));
    }

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
            tensor.Value.copy_(start == BinaryStart.Fresh ? tensor.Initial(generator) : NetworkTensor.Uniform(tensor.Shape, generator).Times(0.001));
        }
    }

    public void Dispose() => Store.Dispose();
}
