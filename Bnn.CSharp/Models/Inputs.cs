using static TorchSharp.torch;

namespace Bnn;

/// <summary>Inputs and outputs of networks as other networks have them.</summary>
internal static class Inputs
{
    /// <summary>Inputs normalized in this way, normalized in another.</summary>
    public static Tensor To(this Normalization own, Normalization other, Tensor x)
    {
        if (own.IsSame(other))
        {
            return x;
        }

        Tensor PerChannel(IEnumerable<double> numbers) => tensor(numbers.ToArray(), x.dtype, x.device).view(1, -1, 1, 1);
        var channels = Enumerable.Range(0, own.Means.Count);
        var factors = channels.Select(channel => own.Divisor(channel) / other.Divisor(channel));
        var shifts = channels.Select(channel => (own.Means[channel] - other.Means[channel]) / other.Divisor(channel));
        return x.mul(PerChannel(factors)).Plus(PerChannel(shifts));
    }

    /// <summary>Outputs, one row an example, in this order.</summary>
    public static Tensor Of(this ClassOrder order, Tensor outputs)
    {
        if (order.Columns is null)
        {
            return outputs;
        }

        using var columns = tensor([.. order.Columns.Select(column => (long)column)], device: outputs.device);
        return outputs.index_select(1, columns);
    }
}
