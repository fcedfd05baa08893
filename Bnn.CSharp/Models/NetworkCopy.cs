using static TorchSharp.torch;

namespace Bnn;

/// <summary>A network's tensors as they were.</summary>
internal sealed class NetworkCopy : IDisposable
{
    private readonly List<Tensor> values;

    public NetworkCopy(Network network)
    {
        using var noGradients = no_grad();
        values = [.. network.Store.All.Select(tensor => tensor.Value.clone().DetachFromDisposeScope())];
    }

    /// <summary>Gives the values to a network of the same description.</summary>
    public void RestoreTo(Network network)
    {
        using var noGradients = no_grad();
        foreach (var (tensor, value) in network.Store.All.Zip(values))
        {
            tensor.Value.copy_(value);
        }
    }

    public void Dispose() => values.ForEach(value => value.Dispose());
}
