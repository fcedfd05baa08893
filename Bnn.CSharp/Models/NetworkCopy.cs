using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network's tensors as they were.</summary>
internal sealed class NetworkCopy : IDisposable
{
    private readonly List<Tensor> values;

    public NetworkCopy(TorchNetwork network)
    {
        using var noGradients = no_grad();
        values = [.. network.Store.All.Select(tensor => tensor.Value.clone().DetachFromDisposeScope())];
    }

    /// <param name="network">The network that the values are of.</param>
    /// <param name="arrays">The values, by the tensors' names.</param>
    public NetworkCopy(TorchNetwork network, IReadOnlyList<NamedArray> arrays)
        : this(network)
    {
        Checkpoint.Restore(arrays, network.Store.All.Zip(values).ToDictionary(pair => pair.First.Name, pair => pair.Second));
    }

    /// <summary>The values as arrays, by the tensors' names.</summary>
    public IReadOnlyList<NamedArray> ToArrays(TorchNetwork network) =>
        [.. network.Store.All.Zip(values).Select(pair => TensorBytes.ToArray(pair.First.Name, pair.Second))];

    /// <summary>Gives the values to a network of the same description.</summary>
    public void RestoreTo(TorchNetwork network)
    {
        using var noGradients = no_grad();
        foreach (var (tensor, value) in network.Store.All.Zip(values))
        {
            tensor.Value.copy_(value);
        }
    }

    /// <summary>The same, and lets go of the values.</summary>
    public void MoveTo(TorchNetwork network)
    {
        RestoreTo(network);
        Dispose();
    }

    public void Dispose() => values.ForEach(value => value.Dispose());
}
